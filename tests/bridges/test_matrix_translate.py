"""Matrix's events, read: words, answers, threads, edits, reactions, removals, and what nobody should relay."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bridges.matrix.emoji import bare, dressed
from bridges.matrix.raw import Odd
from bridges.matrix.state import invited
from bridges.matrix.strangers import is_id
from bridges.matrix.translate import recalled, translate
from bridges.model import Chat, Edited, Event, Message, Person, Reacted, Ref, Removed
from tests.bridges.matrix_raw import ANA, BEA, CHAT, FIRST, ME, member, message, raw, room, told


def test_a_message_is_read_whole() -> None:
    heard = told(raw())
    sender, at = Person(ANA, CHAT, "Ana"), datetime(1970, 1, 1, 0, 0, 9, tzinfo=UTC)
    assert heard == Message(key="matrix $2", at=at, ref=Ref(CHAT, "$2"), sender=sender, html="a &lt; b")


def test_answers_and_edits_are_understood() -> None:
    answer = message(**{"m.relates_to": {"m.in_reply_to": {"event_id": "$1"}}})
    assert isinstance(answer, Message) and answer.reply_to == FIRST
    thread = {"rel_type": "m.thread", "event_id": "$0", "is_falling_back": True, "m.in_reply_to": {"event_id": "$1"}}
    in_thread = message(**{"m.relates_to": thread})
    assert isinstance(in_thread, Message) and in_thread.reply_to is None
    replaces = {"rel_type": "m.replace", "event_id": "$1"}
    edited = message(**{"m.relates_to": replaces, "m.new_content": {"msgtype": "m.text", "body": "c"}})
    assert isinstance(edited, Edited) and (edited.ref, edited.html, edited.key) == (FIRST, "c", "matrix $2")


def test_the_quoted_fallback_of_an_answer_is_not_said_again() -> None:
    body = "> <@bea:x> before\n\nafter"
    formatted = "<mx-reply><blockquote>before</blockquote></mx-reply><b>after</b>"
    html = {"format": "org.matrix.custom.html", "formatted_body": formatted}
    answer = message(body=body, **html, **{"m.relates_to": {"m.in_reply_to": {"event_id": "$1"}}})
    assert isinstance(answer, Message) and answer.html == "<b>after</b>"


QUOTING = {"format": "org.matrix.custom.html", "formatted_body": "<MX-reply>before</MX-reply><b>after</b>"}


def test_no_quote_comes_through_an_edit_or_an_undeclared_answer() -> None:
    replaces = {"rel_type": "m.replace", "event_id": "$1"}
    for new in ({"body": "> <@bea:x> before\n\nafter"}, {"body": "x", **QUOTING}):
        edited = message(**{"m.relates_to": replaces, "m.new_content": {"msgtype": "m.text", **new}})
        assert isinstance(edited, Edited) and edited.html in {"after", "<b>after</b>"}
    undeclared = message(body="> <@bea:x> before\n\nafter", **QUOTING)
    assert isinstance(undeclared, Message) and undeclared.html == "<b>after</b>"
    with pytest.raises(Odd, match="empty"):
        message(body="> <@bea:x> before\n\n", **{**QUOTING, "formatted_body": "<mx-reply>before"})
    plain_words = message(body="> <@bea:x> her own words")
    assert isinstance(plain_words, Message) and "her own words" in plain_words.html


BAD_IDS = ["", "$a\0", "$a\nb", "$\ud800", "$\u2028", "$" + "a" * 255, "$" + "é" * 127 + "a"]


@pytest.mark.parametrize("bad", BAD_IDS)
def test_what_cannot_be_an_id_refers_to_nothing(bad: str) -> None:
    answer = message(**{"m.relates_to": {"m.in_reply_to": {"event_id": bad}}})
    assert isinstance(answer, Message) and answer.reply_to is None and answer.html == "a &lt; b"
    edit = {"m.relates_to": {"rel_type": "m.replace", "event_id": bad}, "m.new_content": {"body": "x"}}
    aimed = [
        raw(content={"msgtype": "m.text", "body": "x", **edit}),
        raw("m.reaction", content={"m.relates_to": {"rel_type": "m.annotation", "event_id": bad, "key": "👍"}}),
        raw("m.room.redaction", content={"redacts": bad}),
        raw("m.room.redaction", redacts=bad, content={}),
        {**raw(), "event_id": bad},
        raw(sender=bad),
    ]
    for event in aimed:
        with pytest.raises(Odd, match="malformed"):
            translate(event, room())
    assert is_id("$" + "é" * 127)


def test_names_titles_and_reasons_are_one_clean_line() -> None:
    wild = "A\0n\ud800a\n\u202e Roy\x1b "
    here = room()
    here.learn(member(ANA, displayname=wild))
    here.learn(raw("m.room.name", BEA, state_key="", content={"name": wild}))
    assert here.person(ANA).name == here.title == "Ana Roy"
    here.learn(member(ANA, displayname="\0\n"))
    here.learn(raw("m.room.name", BEA, state_key="", content={"name": "\x07"}))
    assert (here.person(ANA).name, here.title) == ("ana", "")
    here.learn(member(ANA, displayname="👩\u200d🚒 " + "a" * 1000))
    assert here.person(ANA).name.startswith("👩\u200d🚒 a") and len(here.person(ANA).name) == 255
    asked = raw("m.room.member", ANA, state_key=ME, content={"membership": "invite", "reason": "co\0de\ud800"})
    assert invited("!a", ME, [asked]).reason == "code"


def test_an_emote_does_not_carry_the_name() -> None:
    waves = message(msgtype="m.emote", body="waves")
    assert isinstance(waves, Message) and waves.html == "* waves"


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (raw(content={"msgtype": "m.image", "body": "x.png", "url": "https://x/1"}), "malformed"),
        (raw(content={"msgtype": "m.location", "body": "x", "geo_uri": "geo:91,0"}), "malformed"),
        (raw("m.sticker", content={"body": "x", "url": 7}), "malformed"),
        (raw("m.sticker", state_key="", content={"body": "x", "url": "mxc://x/1"}), "malformed"),
        (raw(content={"msgtype": "m.text", "body": 5}), "malformed"),
        (raw(content={}), "malformed"),
        (raw(content={"msgtype": ["m.text"], "body": "x"}), "malformed"),
        (raw(content={"msgtype": "m.text", "body": " \n"}), "empty"),
        (raw(content={"msgtype": "m.text", "body": "x", "m.relates_to": {"rel_type": "m.replace"}}), "malformed"),
        (raw("m.reaction", content={"m.relates_to": {"rel_type": "m.annotation", "event_id": "$1"}}), "malformed"),
        (raw("m.room.redaction", content={}), "malformed"),
        (raw("m.room.tombstone", state_key="", content={"replacement_room": "!a"}), "malformed"),
        (raw("m.poll.start", content={}), "malformed"),
        (raw("m.poll.end", content={}), "malformed"),
        ({"type": "m.room.message"}, "malformed"),
    ],
)
def test_what_cannot_be_passed_on_is_counted_by_kind(event: dict[str, Any], kind: str) -> None:
    with pytest.raises(Odd) as odd:
        translate(event, room())
    assert odd.value.kind == kind


@pytest.mark.parametrize(
    "event",
    [
        raw(sender=ME),
        raw(content={"msgtype": "m.notice", "body": "beep"}),
        raw(content={}, unsigned={"redacted_because": {}}),
        raw("m.reaction", ME, content={"m.relates_to": {"rel_type": "m.annotation", "event_id": "$1", "key": "x"}}),
        raw("m.room.topic", state_key="", content={"topic": "x"}),
        member(ANA, before="join"),
        member(ANA, "invite"),
        member(ANA, "leave", "invite"),
        raw("m.beacon", content={"org.matrix.msc3488.location": {"uri": "geo:1,2"}}),
        raw("m.call.invite", content={"body": "x"}),
        raw("com.example.thing", content={"x": 1}),
        raw(content={"msgtype": "m.key.verification.request", "body": "x"}),
        member(ME, before="join", displayname="Another name"),
    ],
)
def test_what_is_nothing_to_palier_is_no_event_and_not_odd(event: dict[str, Any]) -> None:
    assert told(event) is None


def test_reactions_and_removals() -> None:
    about = {"rel_type": "m.annotation", "event_id": "$1", "key": "❤️"}
    heart = told(raw("m.reaction", content={"m.relates_to": about}))
    assert isinstance(heart, Reacted) and (heart.ref, heart.added, heart.mark) == (FIRST, ("❤",), "$2")
    ways: list[dict[str, Any]] = [{"content": {"redacts": "$1"}}, {"content": {}, "redacts": "$1"}]
    for way in ways:
        gone = told(raw("m.room.redaction", **way))
        assert isinstance(gone, Removed) and (gone.ref, gone.sender.id) == (FIRST, ANA)


def reaction(key: str) -> Event | None:
    about = {"rel_type": "m.annotation", "event_id": "$1", "key": key}
    return told(raw("m.reaction", content={"m.relates_to": about}))


EMOJI = ["👍", "👍🏽", "❤️", "❤️\u200d🔥", "🤷\u200d♂️", "1️⃣", "#️⃣", "🇫🇷"]
EMOJI += ["🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"]
EMOJI += ["©️", "‼️", "↔️", "ℹ️", "Ⓜ️", "🅰️", "🆗", "㊗️", "⭐", "✅", "☝🏿", "🫨", "🏳️\u200d🌈"]
EMOJI += ["👨🏽\u200d👩🏽\u200d👧🏽\u200d👦🏽", "👩🏽\u200d❤️\u200d💋\u200d👨🏽"]


@pytest.mark.parametrize("key", EMOJI)
def test_a_reaction_is_one_emoji(key: str) -> None:
    given = reaction(key)
    assert isinstance(given, Reacted) and given.added == (bare(key),)


NO_EMOJI = ["a", "+1", "1", "👍👍", "👍 ", "👍a", "call 0600000000", "🇫", "🇫🇷🇧🇪", "❤\u200d", "\u200d", "🏽🏽"]
NO_EMOJI += ["🄰", "❶", "é", "mxc://x/1", "👍\0", "\ud83d", "👩" + "\u200d👩" * 6, "👍\u0301", "\U000e0061", "<b>", "漢"]


@pytest.mark.parametrize("key", NO_EMOJI)
def test_a_reaction_that_is_text_is_counted_and_stays(key: str) -> None:
    with pytest.raises(Odd, match="reaction"):
        reaction(key)


@pytest.mark.parametrize("emoji", ["❤️", "👍️", "🙊", "🤷‍♂️", "❤️‍🔥", "👍🏽"])
def test_emoji_cross_without_their_selector_and_come_back_with_it(emoji: str) -> None:
    assert "\ufe0f" not in bare(emoji)
    assert dressed(bare(emoji)) == dressed(emoji) == emoji




# --- threads, and what has no words


def test_a_thread_is_a_chat_and_its_fallback_is_no_answer() -> None:
    thread = {"rel_type": "m.thread", "event_id": "$0", "m.in_reply_to": {"event_id": "$1"}}
    inside, chat = Chat("matrix", "!a", "$0"), message(**{"m.relates_to": {**thread, "is_falling_back": True}})
    assert isinstance(chat, Message) and (chat.ref, chat.reply_to) == (Ref(inside, "$2"), None)
    assert chat.sender == Person(ANA, inside, "Ana") and chat.topic == ""
    answer = message(**{"m.relates_to": thread})
    assert isinstance(answer, Message) and (answer.ref.chat, answer.reply_to) == (inside, Ref(inside, "$1"))
    broken = message(**{"m.relates_to": {"rel_type": "m.thread", "event_id": 5}})
    assert isinstance(broken, Message) and broken.ref.chat == CHAT


def test_what_is_not_known_is_a_note_and_never_silence() -> None:
    for event in (
        raw(content={"msgtype": "com.example.dance", "body": "x"}),
        raw("com.example.thing", content={"org.matrix.msc1767.text": "x"}),
        raw("com.example.thing", content={"m.text": [{"mimetype": "text/html", "body": "<b>"}, {"body": "x"}]}),
    ):
        heard = told(event)
        assert isinstance(heard, Message) and (heard.shared, heard.html) == ("unknown", "")


def test_who_shares_their_way_is_told_once_and_the_points_are_not_read() -> None:
    begun = raw("org.matrix.msc3672.beacon_info", state_key=ANA, content={"live": True, "description": "my way"})
    heard = told(begun)
    assert isinstance(heard, Message) and (heard.shared, heard.html, heard.sender.id) == ("live-location", "", ANA)
    assert told({**begun, "unsigned": {"prev_content": {"live": True}}}) is None
    assert told({**begun, "content": {"live": False}}) is None


# --- no loops


PROFILE = {"com.beeper.per_message_profile": {"id": "x", "displayname": "Carl", "has_fallback": True}}
THEIRS: list[dict[str, Any]] = [PROFILE, {"palier.copy": True}, {"m.new_content": PROFILE}]


@pytest.mark.parametrize("mark", THEIRS)
def test_what_another_bridge_carried_here_is_nothing(mark: dict[str, Any]) -> None:
    image = {"msgtype": "m.image", "body": "x.png", "url": "mxc://x/1"}
    poll = {"m.poll": {"question": {"m.text": "?"}, "answers": [{"m.id": "1", "m.text": "yes"}]}}
    about = {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$1", "key": "👍"}}
    edit = {"m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}, "msgtype": "m.text", "body": "x"}
    assert message(**mark) is None
    events: dict[str, dict[str, Any]] = {"m.room.message": image, "m.poll.start": poll, "m.reaction": about}
    for kind, inside in events.items():
        assert told(raw(kind, content=inside)) is not None
        assert told(raw(kind, content={**inside, **mark})) is None
    assert told(raw(content={**edit, **mark})) is None
    assert told(raw("m.room.redaction", content={"redacts": "$1", **mark})) is not None


def test_a_profile_without_a_fallback_is_a_person_s_own() -> None:
    own = {"com.beeper.per_message_profile": {"id": "x", "displayname": "Ana at work"}}
    assert isinstance(message(**own), Message)


@pytest.mark.parametrize("ghost", ["@irc_carl:x", "@_irc_carl:x", "@bridge:x"])
def test_ghosts_of_another_bridge_are_nobody(ghost: str) -> None:
    here = room()
    assert isinstance(told(raw(sender=ghost), here), Message)
    here.learn(raw("m.bridge", state_key="x", content={"bridgebot": "@bridge:x", "protocol": {"id": "irc"}}))
    assert told(raw(sender=ghost), here) is None
    assert told(member(ghost), here) is None
    assert isinstance(told(raw(), here), Message)


# --- what a message says by now


def test_the_last_words_of_the_author_are_recalled() -> None:
    said = raw(content={"msgtype": "m.text", "body": "first"})
    assert recalled(said) == "first"
    edit = raw(content={"m.new_content": {"msgtype": "m.text", "body": "then"}, "msgtype": "m.text", "body": "* then"})
    assert recalled(said, edit) == "then"
    assert recalled({**said, "sender": BEA}, edit) == "first"
    caption = {"msgtype": "m.image", "body": "words", "filename": "a.png", "url": "mxc://x/1"}
    assert recalled(raw(content=caption)) == "words"
    assert recalled(raw(content={})) is None
    assert recalled(raw("m.sticker", content={"body": "x", "url": "mxc://x/1"})) is None
