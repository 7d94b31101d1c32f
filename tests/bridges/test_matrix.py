"""What can be said of Matrix without a homeserver: events read, contents written, errors understood."""

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import nio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.markup import plain
from bridges.matrix import MatrixBridge, content, sync
from bridges.matrix.errors import AlreadyThere, answer, meaning
from bridges.matrix.rooms import Room, rights
from bridges.matrix.strangers import is_id
from bridges.matrix.translate import Odd, bare, dressed, invited, inviter, translate
from bridges.model import (
    Button,
    Chat,
    Edit,
    Edited,
    Event,
    Invited,
    Message,
    Person,
    Placed,
    Reacted,
    Ref,
    Removed,
    Right,
    Send,
    Unreadable,
)
from bridges.port import Refused, Stopped, TryLater
from tests.bridges.matrix_lab import Memory

ME, ANA, BEA = "@palier:x", "@ana:x", "@bea:x"
CHAT = Chat("matrix", "!a")
FIRST = Ref(CHAT, "$1")


def raw(kind: str = "m.room.message", /, sender: str = ANA, **more: Any) -> dict[str, Any]:
    inside = more.pop("content", {"msgtype": "m.text", "body": "a < b"})
    return {"type": kind, "event_id": "$2", "sender": sender, "origin_server_ts": 9000, "content": inside, **more}


def member(user: str, membership: str = "join", before: str = "", **more: Any) -> dict[str, Any]:
    unsigned = {"unsigned": {"prev_content": {"membership": before}, "prev_sender": BEA}} if before else {}
    sender = more.pop("sender", user)
    return raw("m.room.member", sender, state_key=user, content={"membership": membership, **more}, **unsigned)


def room(*people: str, levels: dict[str, Any] | None = None) -> Room:
    known = Room("!a", ME)
    known.learn(raw("m.room.create", BEA, state_key="", content={"room_version": "12"}))
    known.learn(raw("m.room.name", BEA, state_key="", content={"name": "Tilleuls"}))
    for user in people or (ME, ANA, BEA):
        known.learn(member(user, displayname=user[1:4].title()))
    if levels is not None:
        known.learn(raw("m.room.power_levels", BEA, state_key="", content=levels))
    return known


def message(**inside: Any) -> Event | None:
    return translate(raw(content={"msgtype": "m.text", "body": "a < b", **inside}), room())


def test_a_message_is_read_whole() -> None:
    heard = translate(raw(), room())
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
        (raw(content={"msgtype": "m.image", "body": "x.png", "url": "mxc://x/1"}), "media"),
        (raw("m.sticker", content={"body": "x", "url": "mxc://x/1"}), "media"),
        (raw(content={"msgtype": "m.text", "body": 5}), "malformed"),
        (raw(content={}), "malformed"),
        (raw(content={"msgtype": ["m.text"], "body": "x"}), "malformed"),
        (raw(content={"msgtype": "m.text", "body": " \n"}), "empty"),
        (raw(content={"msgtype": "m.text", "body": "x", "m.relates_to": {"rel_type": "m.replace"}}), "malformed"),
        (raw("m.reaction", content={"m.relates_to": {"rel_type": "m.annotation", "event_id": "$1"}}), "malformed"),
        (raw("m.room.redaction", content={}), "malformed"),
        (raw("m.room.tombstone", state_key="", content={"replacement_room": "!b"}), "tombstone"),
        (raw("m.poll.start", content={}), "poll"),
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
        member(ANA),
        member(ME, before="join", displayname="Another name"),
    ],
)
def test_what_is_nothing_to_palier_is_no_event_and_not_odd(event: dict[str, Any]) -> None:
    assert translate(event, room()) is None


NAMES = ["msgtype", "body", "m.relates_to", "rel_type", "event_id", "m.in_reply_to", "key", "m.new_content", "x"]
NAMES += ["membership", "users", "events", "redacts", "format", "formatted_body", "prev_content", "unsigned"]
JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=12,
)
KINDS = ["m.room.message", "m.reaction", "m.room.redaction", "m.room.member", "m.room.power_levels", "m.room.encrypted"]


@given(st.sampled_from(KINDS), JSON, JSON, st.sampled_from([ME, "", None]), JSON)
def test_nothing_that_people_send_stops_the_sync(kind: str, inside: Any, unsigned: Any, key: Any, at: Any) -> None:
    bridge = MatrixBridge("http://127.0.0.1:1", "palier", password="x", cursor=Memory())
    known, event = room(), {**raw(kind, content=inside), "unsigned": unsigned, "origin_server_ts": at}
    event |= {} if key is None else {"state_key": key}
    known.learn(event)
    sync.stay([event], ME, inside=True)
    before = bridge.odd.total()
    understood = bridge._understood(event, known)
    assert understood is None or bridge.odd.total() == before
    assert known.rights is not None and known.title == "Tilleuls"


def test_reactions_and_removals() -> None:
    about = {"rel_type": "m.annotation", "event_id": "$1", "key": "❤️"}
    heart = translate(raw("m.reaction", content={"m.relates_to": about}), room())
    assert isinstance(heart, Reacted) and (heart.ref, heart.added, heart.mark) == (FIRST, ("❤",), "$2")
    told: list[dict[str, Any]] = [{"content": {"redacts": "$1"}}, {"content": {}, "redacts": "$1"}]
    for event in told:
        gone = translate(raw("m.room.redaction", **event), room())
        assert isinstance(gone, Removed) and (gone.ref, gone.sender.id) == (FIRST, ANA)


def reaction(key: str) -> Event | None:
    about = {"rel_type": "m.annotation", "event_id": "$1", "key": key}
    return translate(raw("m.reaction", content={"m.relates_to": about}), room())


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


def test_the_bot_is_placed_by_who_invited_and_by_who_put_it_out() -> None:
    here = room(levels={"users": {ME: 50}})
    came = translate(member(ME, "join", "invite"), here)
    assert isinstance(came, Placed)
    assert (came.member, came.by.id, came.title, came.kind) == (True, BEA, "Tilleuls", "room")
    assert came.rights == {Right.SEND, Right.DELETE, Right.PIN, Right.RESTRICT}
    for membership in ("leave", "ban"):
        went = translate(member(ME, membership, "join", sender=ANA), here)
        assert isinstance(went, Placed) and (went.member, went.by.id, went.rights) == (False, ANA, frozenset())
    assert translate(member(ME, "leave", "invite"), here) is None


def test_new_power_levels_matter_only_where_they_change_what_the_bot_may_do() -> None:
    def levels(now: int, before: int) -> dict[str, Any]:
        unsigned = {"prev_content": {"users": {ME: before}}}
        return raw("m.room.power_levels", state_key="", content={"users": {ME: now}}, unsigned=unsigned)

    promoted = translate(levels(100, 0), room())
    assert isinstance(promoted, Placed) and promoted.member and Right.ADMIN in promoted.rights
    assert translate(levels(60, 50), room()) is None


def test_rights_by_level_and_by_room_version() -> None:
    assert rights({}, ME) == {Right.SEND}
    assert rights({"users": {ME: "100"}}, ME) == {Right.SEND, Right.DELETE, Right.PIN, Right.RESTRICT, Right.ADMIN}
    assert rights({"events_default": 10}, ME) == frozenset()
    assert rights({"events": {"m.room.pinned_events": 0}}, ME) == {Right.SEND, Right.PIN}
    for version, above in [("12", True), ("11", False), ("org.example.13", True)]:
        made = Room("!a", ME)
        made.learn(raw("m.room.create", ME, state_key="", content={"room_version": version}))
        made.learn(raw("m.room.power_levels", ME, state_key="", content={"users": {BEA: 100}}))
        made.learn(member(ME))
        assert (Right.ADMIN in made.rights) is above


def test_private_is_two_people_and_one_of_them_the_bot() -> None:
    for people, private in [((ME, ANA), True), ((ME, ANA, BEA), False), ((ANA, BEA), False)]:
        heard = translate(raw(), room(*people))
        assert isinstance(heard, Message) and heard.private is private


def test_a_room_that_was_made_for_a_talk_is_private_until_others_come() -> None:
    entrance = member(ME, "join", "invite")
    entrance["unsigned"]["prev_content"]["is_direct"] = True
    asked, listed, own = room(ME, ANA), room(ME, ANA), Room("!a", ME)
    asked.learn(entrance)
    asked.learn(member(ME, "join", "join", displayname="Palier"))
    listed.listed = True
    own.learn(raw("m.room.create", ME, state_key="", content={}))
    own.learn(member(ME))
    for talk in (asked, listed, own):
        came = translate(member(ME, "join", "invite"), talk)
        went = translate(member(ME, "leave", "join"), talk)
        assert isinstance(came, Placed) and isinstance(went, Placed) and came.kind == went.kind == "private"
        for other in (ANA, BEA):
            talk.learn(member(other))
        assert talk.kind == "room"
    assert room(ME, ANA).kind == "room"


def test_a_name_outlives_who_bore_it_and_falls_back_on_the_address() -> None:
    here = room()
    here.learn(member(ANA, "leave", "join"))
    assert (here.person(ANA).name, here.has(ANA)) == ("Ana", False)
    assert here.person("@carl:x").name == "carl"
    here.learn(member(BEA, displayname=7))
    assert here.person(BEA).name == "bea"


def test_an_invitation_carries_its_reason() -> None:
    inside = {"membership": "invite", "reason": "code", "is_direct": True}
    asked = raw("m.room.member", ANA, state_key=ME, content=inside)
    state = [member(ANA, displayname="Ana"), asked]
    first, again = invited("!a", ME, state), invited("!a", ME, state)
    assert isinstance(first, Invited) and (first.reason, first.direct, first.by.name) == ("code", True, "Ana")
    assert first.key == again.key != invited("!a", ME, state, "another token").key
    with pytest.raises(Odd):
        invited("!a", ME, [member(ANA)])


def test_who_asked_for_a_talk_is_told_by_the_entrance() -> None:
    entrance = member(ME, "join", "invite")
    assert inviter(entrance, ME) == ""
    entrance["unsigned"]["prev_content"]["is_direct"] = True
    assert inviter(entrance, ME) == BEA


def test_encryption_is_told() -> None:
    for event in [raw("m.room.encrypted", content={"algorithm": "x"}), raw("m.room.encryption", state_key="")]:
        assert isinstance(translate(event, room()), Unreadable)


def test_only_what_happened_during_the_stay_is_kept() -> None:
    out, back = member(ME, "leave", "join"), member(ME, "join", "invite")
    a, b, c = ({**raw(), "event_id": f"${name}"} for name in "abc")
    assert sync.stay([a, out, b, back, c], ME, inside=True) == [a, out, back, c]
    assert sync.stay([b, back, c], ME, inside=True) == [back, c]
    assert sync.stay([a, out], ME, inside=False) == [a, out]
    assert sync.stay([a, b], ME, inside=True) == [a, b]
    assert sync.stay([a, b], ME, inside=False) == []


class Pages:
    """A homeserver's `/messages`, in prepared pages: what they hold, and where the next begins."""

    def __init__(self, **pages: tuple[list[dict[str, Any]], str | None]) -> None:
        self.pages, self.asked = pages, list[str]()

    async def room_messages(self, room: str, start: str, end: str, limit: int) -> nio.RoomMessagesResponse:
        self.asked.append(start)
        events, then = self.pages[start]
        return nio.RoomMessagesResponse(room, [nio.Event.parse_event(event) for event in events], start, then or "")


async def test_a_gap_is_filled_through_pages_that_show_nothing() -> None:
    a, b, c = ({**raw(), "event_id": f"${name}"} for name in "abc")
    for last in (None, "t3"):  # no end, or the same end again: that was all
        pages: Any = Pages(t0=([c], "t1"), t1=([], "t2"), t2=([b, a], "t3"), t3=([], last))
        assert await sync.gap(pages, "!a", nio.Timeline([], True, "t0"), "since") == [a, b, c]
        assert pages.asked == ["t0", "t1", "t2", "t3"]
    assert await sync.gap(pages, "!a", nio.Timeline([], False, "t0"), "since") == []


# --- contents


def test_words_are_text_asides_are_notices_and_no_name_pings() -> None:
    said = [content.message(Send(chat=CHAT, html="x", aside=aside)) for aside in (False, True)]
    assert [one["msgtype"] for one in said] == ["m.text", "m.notice"]
    assert all(one["m.mentions"] == {} and content.PROFILE not in one for one in said)


def test_a_signature_is_a_profile_with_a_readable_fallback() -> None:
    send = content.message(Send(chat=CHAT, html="1 &lt; 2\n3", by="Ana <3 · Telegram"))
    assert send["body"] == "Ana <3 · Telegram: 1 < 2\n3"
    start = "<strong data-mx-profile-fallback>Ana &lt;3 · Telegram: </strong>"
    assert send["formatted_body"] == start + "1 &lt; 2<br>3"
    assert send[content.PROFILE] | {"id": ""} == {"id": "", "displayname": "Ana <3 · Telegram", "has_fallback": True}
    edit = content.message(Edit(chat=CHAT, html="z", by="Ana", ref=FIRST))
    assert edit["m.new_content"][content.PROFILE]["displayname"] == "Ana"
    assert edit["m.new_content"]["body"] == "Ana: z" and edit["body"] == "* Ana: z"
    assert edit["m.relates_to"] == {"rel_type": "m.replace", "event_id": "$1"}


def test_an_answer_shows_the_part_it_answers() -> None:
    send = Send(chat=CHAT, html="yes", reply_to=FIRST, quote="a < b")
    there, elsewhere = content.message(send, reply=True), content.message(send)
    assert there["m.relates_to"] == {"m.in_reply_to": {"event_id": "$1"}}
    assert there["body"] == "> a < b\nyes"
    assert "m.relates_to" not in elsewhere and elsewhere["body"] == "yes"


def test_a_button_with_an_address_is_a_line_below() -> None:
    row = (Button("Details", url="https://example.org/?a=1&b=2"), Button("Yes", data="yes"))
    said = content.message(Send(chat=CHAT, html="Ready?", buttons=(row,)))
    assert '<a href="https://example.org/?a=1&amp;b=2">Details</a>' in said["formatted_body"]
    assert "Yes" not in said["formatted_body"] and "Details" in said["body"]


@pytest.mark.parametrize("html", ["a" * 16_000, "é" * 16_000, f"<b>{'é' * 16_000}</b>", "<i>漢</i>" * 16_000])
def test_the_longest_text_fits_an_event_and_its_edit(html: str) -> None:
    for said in (Send(chat=CHAT, html=html, by="Ana"), Edit(chat=CHAT, html=html, by="Ana", ref=FIRST)):
        made = content.message(said)
        assert content.size(made) <= content.LARGEST
        assert plain(html) in made.get("m.new_content", made)["body"]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(Refused, match="too-long"):
        content.message(Send(chat=CHAT, html="漢" * 40_000))


# --- errors


def test_what_refusals_mean() -> None:
    pause = meaning(429, "M_LIMIT_EXCEEDED", 1500)
    assert isinstance(pause, TryLater) and pause.after == timedelta(seconds=1.5)
    reasons = [("M_FORBIDDEN", "rights"), ("M_NOT_FOUND", "gone"), ("M_TOO_LARGE", "too-long"), (None, "too-long")]
    for (code, why), status in zip(reasons, (403, 404, 413, 413), strict=True):
        refusal = meaning(status, code)
        assert isinstance(refusal, Refused) and refusal.why == why
    for status, code in [(500, "M_UNKNOWN"), (502, None), (429, None), (200, None)]:
        assert isinstance(meaning(status, code), TryLater)
    for status, code in [(401, "M_UNKNOWN_TOKEN"), (401, None), (403, "M_USER_DEACTIVATED")]:
        assert isinstance(meaning(status, code), Stopped)
    assert isinstance(meaning(400, "M_DUPLICATE_ANNOTATION"), AlreadyThere)


async def test_silence_is_worth_another_try() -> None:
    async def fails(error: Exception) -> nio.RoomSendResponse:
        raise error

    for error in (aiohttp.ClientConnectionError(), TimeoutError(), aiohttp.ClientPayloadError()):
        with pytest.raises(TryLater):
            await answer(fails(error))


async def test_no_server_is_no_reason_to_stop() -> None:
    bridge = MatrixBridge("http://127.0.0.1:1", "palier", password="x", cursor=Memory())
    with pytest.raises(TryLater):
        await bridge.do(Send(chat=CHAT, html="x"), key="1")
    await bridge.close()


def test_the_library_does_not_log_what_people_sent(caplog: pytest.LogCaptureFixture) -> None:
    MatrixBridge("http://127.0.0.1:1", "palier", password="x", cursor=Memory())
    with caplog.at_level(logging.DEBUG):
        nio.Event.parse_event({**raw(content={"msgtype": "m.text", "body": {"secret": "words"}})})
    assert json.dumps([record.getMessage() for record in caplog.records]) == "[]"
