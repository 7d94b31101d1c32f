"""What Telegram's updates mean, without a network."""

from datetime import UTC, datetime
from typing import Any

import pytest
from telegram import Update

from bridges.model import Chat, Edited, Event, Message, Person, Placed, Reacted, Ref, Right, Tapped
from bridges.telegram.translate import Odd, translate
from tests.bridges.telegram_server import ANA, CHAT, PRIVATE, SEVEN, WHISPER, said

NOW = datetime(2026, 5, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TOPIC = Chat("telegram", "-5", "12")
PEOPLE = {"id": 9, "is_bot": False, "first_name": "Ana", "last_name": "Secret", "username": "secret"}
BOT = {"id": 1, "is_bot": True, "first_name": "P", "username": "palier_bot"}
GROUP = {"id": -5, "type": "supergroup", "title": "Rue"}
MINE = {"id": 9, "type": "private", "first_name": "Ana"}
OPENING = said(12, "", forum_topic_created={"name": "t", "icon_color": 1})
IN_TOPIC = {"is_topic_message": True, "message_thread_id": 12}


def event(**update: Any) -> Event | None:
    return translate(Update.de_json({"update_id": 7, **update}), NOW)


def heard(text: str = "hi", /, **more: Any) -> Message:
    message = event(message=said(7, text, **more))
    assert isinstance(message, Message)
    return message


def test_words_with_their_author_and_formatting() -> None:
    entities = [{"type": "bold", "offset": 0, "length": 2}]
    assert heard("hi <b>", entities=entities) == Message(
        key="telegram 7", at=EPOCH, ref=SEVEN, sender=ANA, html="<b>hi</b> &lt;b&gt;"
    )


def test_a_first_name_is_all_that_is_told() -> None:
    assert heard(**{"from": PEOPLE}).sender == ANA


def test_a_reply_and_the_part_it_answers() -> None:
    reply = heard(reply_to_message=said(3, "what was said"), quote={"text": "was", "position": 5})
    assert (reply.reply_to, reply.quote) == (Ref(CHAT, "3"), "was")


def test_a_quote_from_another_chat_is_not_told() -> None:
    origin = {"type": "hidden_user", "date": 0, "sender_user_name": "Bea"}
    assert heard(external_reply={"origin": origin}, quote={"text": "secret", "position": 0}).quote == ""


def test_a_topic_is_a_chat_of_its_own() -> None:
    message = heard(**IN_TOPIC, reply_to_message=OPENING)
    assert (message.ref, message.sender.chat, message.reply_to) == (Ref(TOPIC, "7"), TOPIC, None)
    answer = heard(**IN_TOPIC, reply_to_message=said(3, "x", **IN_TOPIC))
    assert answer.reply_to == Ref(TOPIC, "3")


def test_a_thread_of_answers_is_no_topic() -> None:
    message = heard(message_thread_id=3, reply_to_message=said(3, "x"))
    assert (message.ref, message.reply_to) == (SEVEN, Ref(CHAT, "3"))


def test_a_private_chat() -> None:
    message = heard("/start abc", chat=MINE, entities=[{"type": "bot_command", "offset": 0, "length": 6}])
    assert message.private and message.ref.chat == PRIVATE and message.html == "/start abc"


def test_a_whispered_command() -> None:
    update = said(0, "/aide", ephemeral_message_id=70, receiver_user=BOT)
    message = event(message=update)
    assert isinstance(message, Message)
    assert message.whispered and message.ref == WHISPER and not message.private


def test_an_edit_is_dated_by_the_edit() -> None:
    assert event(edited_message=said(7, "new", edit_date=60)) == Edited(
        key="telegram 7", at=datetime(1970, 1, 1, 0, 1, tzinfo=UTC), ref=SEVEN, sender=ANA, html="new"
    )


NOBODY: list[dict[str, Any]] = [
    {"from": BOT},
    {"from": BOT | {"username": "GroupAnonymousBot"}, "sender_chat": GROUP},
    {"from": PEOPLE | {"id": 777000}, "sender_chat": {"id": -6, "type": "channel"}, "is_automatic_forward": True},
    {"from": PEOPLE, "via_bot": BOT},
]


@pytest.mark.parametrize("who", NOBODY, ids=["bot", "anonymous administrator", "linked channel", "by way of a bot"])
def test_what_no_person_said_is_not_delivered(who: dict[str, Any]) -> None:
    assert event(message=said(7, "hi", **who)) is None
    assert event(edited_message=said(7, "hi", **who)) is None


@pytest.mark.parametrize(
    "remark",
    [
        {"new_chat_members": [PEOPLE]},
        {"migrate_to_chat_id": -100},
        {"pinned_message": said(3, "x")},
        {"forum_topic_created": {"name": "t", "icon_color": 1}},
    ],
    ids=lambda remark: next(iter(remark)),
)
def test_telegrams_own_remarks_are_not_delivered(remark: dict[str, Any]) -> None:
    message = said(7, "", **remark)
    del message["text"]
    assert event(message=message) is None


FILE = {"file_id": "f", "file_unique_id": "u"}


@pytest.mark.parametrize(
    "content",
    [
        {"photo": [FILE | {"width": 1, "height": 1}], "caption": "x"},
        {"voice": FILE | {"duration": 1}},
        {"location": {"latitude": 1, "longitude": 2}},
        {"contact": {"phone_number": "1", "first_name": "Bea"}},
        {"rich_message": {"blocks": []}},
    ],
    ids=lambda content: next(iter(content)),
)
def test_what_is_not_text_is_counted(content: dict[str, Any]) -> None:
    message = said(7, "", **content)
    del message["text"]
    with pytest.raises(Odd, match="media"):
        event(message=message)


def test_words_of_somebody_else_are_counted_only() -> None:
    origin: dict[str, Any] = {"type": "user", "date": 0, "sender_user": PEOPLE | {"id": 10}}
    with pytest.raises(Odd, match="forwarded"):
        event(message=said(7, "x", forward_origin=origin))
    assert heard(forward_origin=origin | {"sender_user": PEOPLE}).html == "hi"


def tap(message: dict[str, Any], **more: Any) -> Event | None:
    query = {"id": "q", "from": PEOPLE, "chat_instance": "c", "data": "yes", "message": message, **more}
    return event(callback_query=query)


def test_a_tap_in_a_topic() -> None:
    message = said(7, "?", **IN_TOPIC, **{"from": BOT}, reply_to_message=said(3, "x", **IN_TOPIC))
    got = tap(message)
    assert isinstance(got, Tapped) and got.about
    assert (got.at, got.ref, got.sender.chat, got.data, got.tap) == (NOW, Ref(TOPIC, "7"), TOPIC, "yes", "q")
    assert (got.about.key, got.about.ref) == ("telegram about 7", Ref(TOPIC, "3"))


def test_a_tap_on_what_the_bot_can_see_no_more() -> None:
    got = tap({"message_id": 7, "date": 0, "chat": GROUP})
    assert isinstance(got, Tapped) and (got.ref, got.about) == (SEVEN, None)


def test_a_tap_about_a_picture_is_a_tap() -> None:
    photo = said(3, "", photo=[FILE | {"width": 1, "height": 1}])
    del photo["text"]
    got = tap(said(7, "?", **{"from": BOT}, reply_to_message=photo))
    assert isinstance(got, Tapped) and got.about is None


def test_a_tap_in_private() -> None:
    got = tap(said(7, "?", chat=MINE, **{"from": BOT}))
    assert isinstance(got, Tapped) and got.private


def emoji(*given: str) -> list[dict[str, Any]]:
    return [{"type": "emoji", "emoji": one} for one in given]


def reaction(old: list[dict[str, Any]], new: list[dict[str, Any]], **who: Any) -> Event | None:
    who = who or {"user": PEOPLE}
    change = {"chat": GROUP, "message_id": 7, "date": 0, "old_reaction": old, "new_reaction": new}
    return event(message_reaction=change | who)


def test_a_reaction_is_what_changed() -> None:
    assert reaction(emoji("👍", "🎉"), emoji("🎉", "❤")) == Reacted(
        key="telegram 7", at=EPOCH, ref=SEVEN, sender=ANA, added=("❤",), removed=("👍",)
    )


def test_reactions_that_are_nobodys_or_no_emoji() -> None:
    custom = [{"type": "custom_emoji", "custom_emoji_id": "1"}, {"type": "paid"}]
    assert reaction([], custom) is None
    assert reaction([], emoji("👍"), actor_chat=GROUP) is None
    assert reaction([], emoji("👍"), user=BOT) is None


def placed(new: dict[str, Any], chat: dict[str, Any] = GROUP) -> Placed:
    me = {"user": BOT, "status": "left"}
    change = {"chat": chat, "from": PEOPLE, "date": 0, "old_chat_member": me, "new_chat_member": me | new}
    got = event(my_chat_member=change)
    assert isinstance(got, Placed)
    return got


ALL = (
    "can_be_edited", "can_manage_chat", "can_change_info", "can_delete_messages", "can_invite_users",
    "can_restrict_members", "can_promote_members", "can_manage_video_chats", "can_post_stories", "can_edit_stories",
    "can_delete_stories", "is_anonymous",
)  # fmt: skip
MAY_WRITE = (
    "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
    "can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages",
    "can_add_web_page_previews", "can_change_info", "can_invite_users", "can_pin_messages", "can_manage_topics",
    "can_react_to_messages", "can_edit_tag",
)  # fmt: skip


def test_the_bot_becomes_an_administrator() -> None:
    admin = dict.fromkeys(ALL, False) | {"status": "administrator", "can_restrict_members": True}
    got = placed(admin | {"can_pin_messages": True, "can_manage_topics": True})
    assert got == Placed(
        key="telegram 7", at=EPOCH, chat=CHAT, by=ANA, title="Rue", kind="supergroup", member=True,
        rights=frozenset({Right.ADMIN, Right.SEND, Right.RESTRICT, Right.PIN, Right.TOPICS}),
    )  # fmt: skip


def test_the_bot_comes_is_muted_and_goes() -> None:
    assert (placed({"status": "member"}).member, placed({"status": "member"}).rights) == (True, frozenset({Right.SEND}))
    muted = dict.fromkeys(MAY_WRITE, False) | {"status": "restricted", "is_member": True, "until_date": 0}
    assert (placed(muted).member, placed(muted).rights) == (True, frozenset())
    assert not placed(muted | {"is_member": False}).member
    for gone in ({"status": "left"}, {"status": "kicked", "until_date": 0}):
        assert (placed(gone).member, placed(gone).rights) == (False, frozenset())


def test_somebody_blocks_the_bot() -> None:
    got = placed({"status": "kicked", "until_date": 0}, MINE)
    assert (got.kind, got.member, got.by) == ("private", False, Person("9", PRIVATE, "Ana"))
