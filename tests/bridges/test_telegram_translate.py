"""What Telegram's updates mean, without a network."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bridges.model import (
    AskedIn,
    Chat,
    Edited,
    Event,
    Message,
    Moved,
    Person,
    Pinned,
    Placed,
    Reacted,
    Ref,
    Right,
    Stirred,
    Tapped,
)
from bridges.telegram.translate import translate
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
    events = translate({"update_id": 7, **update}, NOW)
    assert len(events) < 2
    return events[0] if events else None


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


@pytest.mark.parametrize("who", [{"from": BOT}, {"from": PEOPLE, "via_bot": BOT}], ids=["bot", "by way of a bot"])
def test_what_no_person_said_is_not_delivered(who: dict[str, Any]) -> None:
    assert event(message=said(7, "hi", **who)) is None
    assert event(edited_message=said(7, "hi", **who)) is None
    assert event(message=said(7, "hi", pinned_message=said(3, "x"), **who)) is None


ANONYMOUS = {"from": BOT | {"username": "GroupAnonymousBot"}, "sender_chat": GROUP}
LINKED = {
    "from": PEOPLE | {"id": 777000}, "sender_chat": {"id": -6, "type": "channel", "title": "Mairie"},
    "is_automatic_forward": True, "forward_origin": {"type": "user", "date": 0, "sender_user": PEOPLE | {"id": 10}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("who", "sender"),
    [(ANONYMOUS, Person("-5", CHAT, "Rue", collective=True)), (LINKED, Person("-6", CHAT, "Mairie", collective=True))],
    ids=["anonymous administrator", "linked channel"],
)
def test_a_group_or_a_channel_speaks_as_nobody_in_person(who: dict[str, Any], sender: Person) -> None:
    said_ = heard(**who)
    assert (said_.sender, said_.html, said_.origin, said_.shared) == (sender, "hi", "", "")
    edit = event(edited_message=said(7, "hi", **who))
    assert isinstance(edit, Edited) and edit.sender == sender


def remark(**what: Any) -> list[Event]:
    message = said(7, "", **what)
    del message["text"]
    return translate({"update_id": 7, "message": message}, NOW)


def test_who_comes_and_who_goes_is_told_one_by_one() -> None:
    bea = {"id": 10, "is_bot": False, "first_name": "Bea", "last_name": "Secret"}
    came = remark(new_chat_members=[PEOPLE, BOT, bea])
    assert came == [
        Stirred(key=f"telegram 7 {one.id}", at=EPOCH, chat=CHAT, sender=one, what="joined")
        for one in (ANA, Person("10", CHAT, "Bea"))
    ]
    assert remark(left_chat_member=bea) == [
        Stirred(key="telegram 7", at=EPOCH, chat=CHAT, sender=Person("10", CHAT, "Bea"), what="left")
    ]
    assert remark(left_chat_member=BOT) == remark(new_chat_members=[BOT]) == []


def test_both_groups_tell_of_one_move() -> None:
    old, new = Chat("telegram", "-4"), Chat("telegram", "-100")
    out = remark(migrate_to_chat_id=-100, chat={"id": -4, "type": "group"})
    into = remark(migrate_from_chat_id=-4, chat={"id": -100, "type": "supergroup"}, **ANONYMOUS)
    assert out == [Moved(key="telegram moved -4", at=EPOCH, old=old, new=new, by=Person("9", old, "Ana"))]
    [moved] = into
    assert isinstance(moved, Moved) and (moved.key, moved.old, moved.new) == ("telegram moved -4", old, new)


def test_a_pin_names_the_message_and_who_pinned_it() -> None:
    pin = Pinned(key="telegram 7", at=EPOCH, ref=Ref(CHAT, "3"), sender=ANA)
    assert remark(pinned_message=said(3, "x")) == [pin]
    assert remark(pinned_message={"message_id": 3, "date": 0, "chat": GROUP}) == [pin]
    [quiet] = remark(pinned_message=said(3, "x"), **ANONYMOUS)
    assert isinstance(quiet, Pinned) and quiet.sender == Person("-5", CHAT, "Rue", collective=True)
    assert remark(pinned_message=said(3, "x"), **{"from": BOT}) == []


@pytest.mark.parametrize(
    "what",
    [
        {"forum_topic_created": {"name": "t", "icon_color": 1}},
        {"new_chat_title": "Rue haute"},
        {"delete_chat_photo": True},
        {"video_chat_started": {}},
        {"message_auto_delete_timer_changed": {"message_auto_delete_time": 5}},
    ],
    ids=lambda what: next(iter(what)),
)
def test_telegrams_other_remarks_are_not_delivered(what: dict[str, Any]) -> None:
    assert remark(**what) == []


def test_a_topic_is_told_with_its_title() -> None:
    assert heard(**IN_TOPIC, reply_to_message=OPENING).topic == "t"


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


def test_a_tap_about_a_picture_tells_of_it() -> None:
    photo = said(3, "", photo=[{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}])
    del photo["text"]
    got = tap(said(7, "?", **{"from": BOT}, reply_to_message=photo))
    assert isinstance(got, Tapped) and got.about and got.about.media and got.about.media.source == "f"


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


def test_somebody_asks_to_be_let_in_and_their_profile_is_not_read() -> None:
    request = {"chat": GROUP, "from": PEOPLE, "user_chat_id": 9, "date": 0, "bio": "Numéro 9", "query_id": "q"}
    assert event(chat_join_request=request) == AskedIn(key="telegram 7", at=EPOCH, chat=CHAT, sender=ANA)
    assert event(chat_join_request=request | {"from": BOT}) is None


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
