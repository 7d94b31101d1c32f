"""What residents do beside writing: files, albums, places, polls, forwards, pins, topics, and the rules of a chat."""

from typing import Any

import pytest

from bridges.simulator import Item, Rejected
from bridges.simulator.files import MEGABYTE
from bridges.simulator.media import MEDIA, SAMPLES
from tests.simulator.conftest import Failed, Town
from tests.simulator.test_files import picture

NOW = 1_790_000_000
USER = {"id": 5, "is_bot": False, "first_name": "Zoé"}
STICKER = {
    "file_id": "a", "file_unique_id": "b", "type": "regular", "width": 512, "height": 512, "is_animated": False,
    "is_video": False,
}  # fmt: skip
SIZE = {"file_id": "a", "file_unique_id": "b", "width": 9, "height": 9}
ODD: list[Any] = [
    {"dice": {"emoji": "🎲", "value": 3}},
    {"contact": {"phone_number": "+33100000000", "first_name": "Mairie"}},
    {"story": {"chat": {"id": 5, "type": "private", "first_name": "Zoé"}, "id": 1}},
    {"game": {"title": "Pétanque", "description": "Tirer ou pointer", "photo": [SIZE]}},
    {"gift": {"gift": {"id": "1", "sticker": STICKER, "star_count": 15}}},
    {"paid_media": {"star_count": 5, "paid_media": [{"type": "preview", "width": 9, "height": 9}]}},
    {"checklist": {"title": "Courses", "tasks": [{"id": 1, "text": "Pain"}]}},
    {"rich_message": {"blocks": [{"type": "paragraph", "text": ["Bon", {"type": "bold", "text": "jour"}]}]}},
    {"giveaway_created": {}},
]


async def heard(town: Town) -> Any:
    """The last message that the bot was told of."""
    update = (await town.api.updates())[-1]
    return update.get("message") or update["edited_message"]


@pytest.mark.parametrize("kind", MEDIA)
async def test_every_kind_of_file(town: Town, kind: str) -> None:
    await town.control.send(town.group, town.alice, Item(kind=kind))
    message = await heard(town)
    shown = message[kind][-1] if kind == "photo" else message[kind]
    assert message["from"]["id"] == town.alice
    data = await town.api.fetch(shown["file_id"])
    assert len(data) == shown["file_size"]
    seen = await town.last(town.bruno)
    assert seen["kind"] == kind and await town.control.file(seen["file"]["id"]) == data


async def test_a_file_with_all_that_can_be_said_of_it(town: Town) -> None:
    film = Item(
        kind="video", data=b"no film at all", name="fête.mp4", caption="La fête 😀", spoiler=True, width=640,
        height=360, duration=61, thumbnail=True, entities=[{"type": "bold", "offset": 3, "length": 4}],
    )  # fmt: skip
    await town.control.send(town.group, town.alice, film)
    message = await heard(town)
    video = message["video"]
    assert (video["width"], video["height"], video["duration"], video["file_name"]) == (640, 360, 61, "fête.mp4")
    assert video["mime_type"] == "video/mp4" and video["thumbnail"]["width"] == 320
    assert message["has_media_spoiler"] and message["caption"] == "La fête 😀" and message["caption_entities"]
    assert await town.api.fetch(video["file_id"]) == b"no film at all"


@pytest.mark.parametrize(
    ("sample", "flags"), [("sticker.webp", (0, 0)), ("sticker.tgs", (1, 0)), ("sticker.webm", (0, 1))]
)
async def test_stickers(town: Town, sample: str, flags: tuple[int, int]) -> None:
    await town.control.send(town.group, town.alice, Item(kind="sticker", sample=sample, emoji="🏡", thumbnail=True))
    sticker = (await heard(town))["sticker"]
    assert (sticker["is_animated"], sticker["is_video"]) == flags and sticker["emoji"] == "🏡" and sticker["thumbnail"]
    assert await town.api.fetch(sticker["file_id"]) == (SAMPLES / sample).read_bytes()


async def test_a_file_of_which_only_the_size_is_known(town: Town) -> None:
    await town.control.send(town.group, town.alice, Item(kind="document", size=30 * MEGABYTE, name="film.mkv"))
    document = (await heard(town))["document"]
    assert document["file_size"] == 30 * MEGABYTE and document["file_name"] == "film.mkv"
    assert await town.api.refused("getFile", file_id=document["file_id"]) == "file is too big"


async def test_an_album_arrives_as_single_updates(town: Town) -> None:
    sent = await town.control.album(
        town.group, town.alice, [Item(kind="photo", caption="un"), Item(kind="video"), Item(kind="photo", spoiler=True)]
    )
    updates = [update["message"] for update in await town.api.updates()]
    assert updates == sent and len({message["media_group_id"] for message in updates}) == 1
    assert updates[0]["caption"] == "un" and "caption" not in updates[1]
    with pytest.raises(Rejected):
        await town.control.album(town.group, town.alice, [Item(kind="photo")])


async def test_captions_and_files_are_edited(town: Town) -> None:
    photo = await town.control.send(town.group, town.alice, Item(kind="photo", caption="avant"))
    await town.control.edit(town.group, town.alice, photo["message_id"], "après")
    edited = (await town.api.updates())[-1]["edited_message"]
    assert edited["caption"] == "après" and edited["photo"] == photo["photo"]
    await town.control.replace(town.group, town.alice, photo["message_id"], Item(kind="photo", data=picture(50, 50)))
    edited = (await town.api.updates())[-1]["edited_message"]
    assert edited["photo"][-1]["width"] == 50 and "caption" not in edited
    with pytest.raises(Rejected):
        await town.control.send(town.group, town.alice, Item(kind="photo", caption="a" * 1025))
    with pytest.raises(Rejected):
        await town.control.send(town.group, town.alice, Item(kind="sticker", caption="a"))


async def test_places_and_live_locations(town: Town) -> None:
    await town.control.place(town.group, town.alice, 45.76, 4.83)
    assert (await heard(town))["location"] == {"latitude": 45.76, "longitude": 4.83}
    await town.control.place(town.group, town.alice, 45.76, 4.83, title="Mairie", address="1 place")
    assert (await heard(town))["venue"]["title"] == "Mairie" and (await town.last())["kind"] == "venue"
    live = await town.control.place(town.group, town.alice, 45.76, 4.83, live_period=600)
    assert live["location"]["live_period"] == 600
    await town.control.move(town.group, town.alice, live["message_id"], 45.77, 4.83)
    assert (await heard(town))["location"] == {"latitude": 45.77, "longitude": 4.83, "live_period": 600}
    await town.control.arrive(town.group, town.alice, live["message_id"])
    assert (await heard(town))["location"] == {"latitude": 45.77, "longitude": 4.83}
    with pytest.raises(Rejected):
        await town.control.arrive(town.group, town.alice, live["message_id"])


@pytest.mark.parametrize("body", ODD, ids=lambda body: next(iter(body)))
async def test_everything_else_is_shown_as_it_stands(town: Town, body: Any) -> None:
    await town.control.show(town.group, town.alice, body)
    message = await heard(town)
    assert message.items() >= body.items()
    assert (await town.last())["kind"] == next(iter(body))


@pytest.mark.parametrize("kind", ["user", "hidden", "chat", "channel"])
async def test_forwards(town: Town, kind: str) -> None:
    channel = await town.control.chat("Mairie", type="channel")
    told: Any = {
        "user": {"user": town.bruno}, "hidden": {"hidden": "Zoé"}, "chat": {"chat": town.group},
        "channel": {"channel": channel, "message": 7},
    }[kind]  # fmt: skip
    await town.control.send(town.group, town.alice, Item(kind="photo"), forward=told)
    origin = (await heard(town))["forward_origin"]
    match kind:
        case "user":
            assert origin["sender_user"]["id"] == town.bruno
        case "hidden":
            assert origin["type"] == "hidden_user" and origin["sender_user_name"] == "Zoé"
        case "chat":
            assert origin["sender_chat"]["id"] == town.group
        case _:
            assert (origin["chat"]["id"], origin["message_id"]) == (channel, 7)
    assert (await town.last())["forward"] == origin


async def test_quotes_mentions_and_custom_emoji(town: Town) -> None:
    first = await town.control.send(town.group, town.alice, Item(kind="photo", caption="La fête de juin"))
    entities = [
        {"type": "text_mention", "offset": 0, "length": 5, "user": town.bruno},
        {"type": "custom_emoji", "offset": 6, "length": 2, "custom_emoji_id": "5368324170671202286"},
    ]
    await town.control.say(
        town.group, town.chloe, "Bruno 😀 ?", entities=entities, reply_to=first["message_id"], quote="fête",
        extra={"via_bot": {"id": 9, "is_bot": True, "first_name": "Gif"}},
    )  # fmt: skip
    message = await heard(town)
    assert message["quote"] == {"text": "fête", "position": 3, "is_manual": True} and message["via_bot"]["id"] == 9
    assert message["reply_to_message"]["caption"] == "La fête de juin"
    assert message["entities"][0]["user"]["first_name"] == "Bruno"
    assert message["entities"][1]["custom_emoji_id"] == "5368324170671202286"


# --- polls


async def test_a_resident_s_poll_tells_its_result_when_it_is_stopped(town: Town) -> None:
    asked = await town.control.poll(town.group, town.alice, "Quand ?", ["samedi", "dimanche"], public=True)
    await town.control.vote(town.group, town.bruno, asked["message_id"], 1)
    (told,) = [update["message"]["poll"] for update in await town.api.updates()]
    assert told["question"] == "Quand ?" and not told["is_anonymous"] and told["total_voter_count"] == 0
    await town.control.stop_poll(town.group, town.alice, asked["message_id"])
    (update,) = await town.api.updates()
    assert update["poll"]["is_closed"] and [o["voter_count"] for o in update["poll"]["options"]] == [0, 1]
    assert (await town.last())["poll"] == {
        "question": "Quand ?", "options": [{"text": "samedi", "votes": 0}, {"text": "dimanche", "votes": 1}],
        "closed": True, "anonymous": False, "several": False,
    }  # fmt: skip
    for vote in ([0], [0, 1]):
        with pytest.raises(Rejected):
            await town.control.vote(town.group, town.bruno, asked["message_id"], *vote)


async def test_how_many_voted_is_known_before_what(town: Town) -> None:
    asked = await town.control.poll(town.group, town.alice, "Quand ?", ["samedi", "dimanche"])
    await town.control.vote(town.group, town.bruno, asked["message_id"], 1)
    reply = await town.api(
        "sendMessage", chat_id=town.group, text="Votez !", reply_parameters={"message_id": asked["message_id"]}
    )
    poll = reply["reply_to_message"]["poll"]
    assert poll["total_voter_count"] == 1 and [option["voter_count"] for option in poll["options"]] == [0, 0]


async def test_a_quiz_and_a_vote_taken_back(town: Town) -> None:
    quiz = await town.control.poll(town.group, town.alice, "2 + 2 ?", ["3", "4"], right=[1])
    assert quiz["poll"]["type"] == "quiz" and "correct_option_ids" not in quiz["poll"]
    several = await town.control.poll(town.group, town.alice, "Qui ?", ["a", "b", "c"], several=True)
    await town.control.vote(town.group, town.bruno, several["message_id"], 0, 2)
    await town.control.vote(town.group, town.bruno, several["message_id"])
    assert (await town.control.stop_poll(town.group, town.alice, several["message_id"]))["total_voter_count"] == 0


# --- who speaks, and where


async def test_a_linked_channel_and_a_person_as_their_channel(town: Town) -> None:
    channel = await town.control.chat("Mairie", type="channel")
    await town.control.member(channel, town.alice, "creator")
    await town.control.link(town.group, channel)
    post = await town.control.send(channel, town.alice, Item(kind="photo", caption="Avis"))
    message = await heard(town)
    assert message["is_automatic_forward"] and message["sender_chat"]["id"] == channel and message["caption"] == "Avis"
    assert message["from"]["id"] == 777000
    assert message["forward_origin"]["message_id"] == post["message_id"]
    await town.control.say(town.group, town.alice, "nous", as_chat=channel)
    message = await heard(town)
    assert message["from"]["id"] == 136817688 and message["sender_chat"]["id"] == channel
    assert (await town.last())["from"]["name"] == "Mairie"
    await town.control.send(town.group, town.alice, Item(kind="voice"), anonymous=True)
    assert (await heard(town))["sender_chat"]["id"] == town.group


async def test_pins(town: Town) -> None:
    message = await town.control.send(town.group, town.alice, Item(kind="photo", caption="Plan"))
    await town.control.pin(town.group, town.alice, message["message_id"])
    pinned = (await heard(town))["pinned_message"]
    assert pinned["caption"] == "Plan" and pinned["message_id"] == message["message_id"]
    view = await town.control.view(town.group, town.bruno)
    assert view["pinned"] == [message["message_id"]]
    assert next(m for m in view["messages"] if m["message_id"] == message["message_id"])["pinned"]
    await town.control.pin(town.group, town.alice, message["message_id"], on=False)
    assert (await town.control.view(town.group, town.bruno))["pinned"] == []
    assert await town.api.updates() == []  # nobody is told of what is taken down
    with pytest.raises(Rejected):
        await town.control.pin(town.group, town.bruno, message["message_id"])


async def test_topics(town: Town) -> None:
    forum = await town.control.chat("Forum", is_forum=True, members=[town.bruno])
    await town.control.member(forum, town.alice, "creator")
    await town.control.member(forum, town.bot, "administrator")
    topic = await town.control.topic(forum, "Vélos", town.alice)
    await town.control.send(forum, town.bruno, Item(kind="photo", caption="le mien"), thread=topic)
    message = await heard(town)
    assert message["is_topic_message"] and message["message_thread_id"] == topic
    assert message["reply_to_message"]["message_id"] == topic
    await town.control.edit_topic(forum, topic, town.alice, name="Vélos et trottinettes")
    assert (await heard(town))["forum_topic_edited"] == {"name": "Vélos et trottinettes"}
    assert (await town.control.view(forum, town.bruno, last=2))["messages"][0]["topic"] == "Vélos et trottinettes"
    await town.control.edit_topic(forum, topic, town.alice, closed=True)
    assert (await heard(town))["forum_topic_closed"] == {}
    with pytest.raises(Rejected):
        await town.control.send(forum, town.bruno, Item(kind="photo"), thread=topic)
    await town.control.edit_topic(forum, topic, town.alice, closed=False)
    assert (await heard(town))["forum_topic_reopened"] == {}
    with pytest.raises(Rejected):
        await town.control.edit_topic(forum, topic, town.bruno, closed=True)


async def test_names(town: Town) -> None:
    await town.control.rename(town.group, town.alice, "Rue des Roses")
    message = await heard(town)
    assert message["new_chat_title"] == message["chat"]["title"] == "Rue des Roses"
    await town.control.rename_user(town.bruno, first_name="Bruno", last_name="Petit")
    await town.control.say(town.group, town.bruno, "moi")
    assert (await heard(town))["from"]["last_name"] == "Petit"
    with pytest.raises(Rejected):
        await town.control.rename(town.group, town.bruno, "Chez moi")


async def test_read_only_and_slow_mode(town: Town) -> None:
    await town.control.slow(town.group, 30)
    await town.control.say(town.group, town.bruno, "un")
    with pytest.raises(Rejected):
        await town.control.say(town.group, town.bruno, "deux")
    await town.control.say(town.group, town.alice, "les administrateurs n’attendent pas")
    await town.control.say(town.group, town.alice, "non")
    for text in ("les", "robots", "non plus"):
        await town.api("sendMessage", chat_id=town.group, text=text)
    assert (await town.api("getChat", chat_id=town.group))["slow_mode_delay"] == 30
    await town.control.member(town.group, town.bot, "member")
    with pytest.raises(Failed) as failure:
        await town.api("sendMessage", chat_id=town.group, text="a")
    assert failure.value.code == 429 and 28 <= failure.value.parameters["retry_after"] <= 30
    town.shift(31)
    await town.control.say(town.group, town.bruno, "deux")
    await town.api("sendMessage", chat_id=town.group, text="a")
    await town.control.permit(town.group, everything=False)
    with pytest.raises(Rejected):
        await town.control.say(town.group, town.chloe, "trois")
    with pytest.raises(Rejected):
        await town.control.permit(town.group, can_fly=True)


async def test_the_bot_is_thrown_out(town: Town) -> None:
    await town.control.member(town.group, town.bot, "kicked", by=town.alice)
    placed = (await town.api.updates())[0]["my_chat_member"]
    assert placed["new_chat_member"]["status"] == "kicked" and placed["from"]["id"] == town.alice
    with pytest.raises(Failed) as failure:
        await town.api("sendMessage", chat_id=town.group, text="a")
    assert failure.value.code == 403 and str(failure.value) == "Forbidden: bot was kicked from the supergroup chat"


async def test_ids_after_a_migration_start_again(town: Town) -> None:
    small = await town.control.chat("Palier", type="group", members=[town.alice, town.bot])
    await town.control.send(small, town.alice, Item(kind="photo"))
    new = await town.control.migrate(small)
    photo = await town.control.send(new, town.alice, Item(kind="photo"))
    assert photo["message_id"] == 2  # after the service message that says so
    with pytest.raises(Rejected):
        await town.control.send(small, town.alice, Item(kind="photo"))


async def test_only_the_last_messages_are_kept(town: Town) -> None:
    await town.control.settings(keep=5)
    above = await town.say("0")
    for n in range(1, 12):
        above = await town.control.say(town.group, town.bruno, f"{n}", reply_to=above["message_id"])
    assert await town.texts(town.alice) == ["7", "8", "9", "10", "11"]
    assert len(await town.control.calls()) <= 5
    words = await town.api.refused("editMessageText", chat_id=town.group, message_id=above["message_id"] - 9, text="a")
    assert words == "message to edit not found"
    kept = list(town.sim.server.world.chats[town.group].messages.values())
    assert kept[0].reply_to is not None and kept[0].reply_to.reply_to is None  # the rest of the chain is gone
