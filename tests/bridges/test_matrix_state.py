"""Matrix's state, read: who comes and goes, what the bot may do, what is pinned, and where a room went to."""

from typing import Any

import nio
import pytest

from bridges.matrix.moves import Moves
from bridges.matrix.raw import Odd
from bridges.matrix.rooms import Room, rights
from bridges.matrix.server import Server
from bridges.matrix.state import invited, inviter
from bridges.matrix.translate import translate
from bridges.model import AskedIn, Chat, Invited, Message, Moved, Pinned, Placed, Right, Stirred, Unreadable
from tests.bridges.matrix_raw import ANA, BEA, CHAT, ME, member, raw, room, told


def test_the_bot_is_placed_by_who_invited_and_by_who_put_it_out() -> None:
    here = room(levels={"users": {ME: 50}})
    came = told(member(ME, "join", "invite"), here)
    assert isinstance(came, Placed)
    assert (came.member, came.by.id, came.title, came.kind) == (True, BEA, "Tilleuls", "room")
    assert came.rights == {Right.SEND, Right.DELETE, Right.PIN, Right.RESTRICT}
    for membership in ("leave", "ban"):
        went = told(member(ME, membership, "join", sender=ANA), here)
        assert isinstance(went, Placed) and (went.member, went.by.id, went.rights) == (False, ANA, frozenset())
    assert told(member(ME, "leave", "invite"), here) is None


def test_new_power_levels_matter_only_where_they_change_what_the_bot_may_do() -> None:
    def levels(now: int, before: int) -> dict[str, Any]:
        unsigned = {"prev_content": {"users": {ME: before}}}
        return raw("m.room.power_levels", state_key="", content={"users": {ME: now}}, unsigned=unsigned)

    promoted = told(levels(100, 0), room())
    assert isinstance(promoted, Placed) and promoted.member and Right.ADMIN in promoted.rights
    assert told(levels(60, 50), room()) is None


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


def test_a_knock_is_told_where_the_bot_may_invite() -> None:
    knock, able = member("@eve:x", "knock", displayname="Eve", reason=" I live  here"), room(levels={"invite": 0})
    asked = told(knock, able)
    assert isinstance(asked, AskedIn) and asked.chat == CHAT
    assert (asked.sender.id, asked.sender.name, asked.words.split()) == ("@eve:x", "Eve", ["I", "live", "here"])
    nameless = told(member("@eve:x", "knock", reason=7), able)
    assert isinstance(nameless, AskedIn) and (nameless.sender.name, nameless.words) == ("eve", "")
    assert told(knock, room(levels={"invite": 50})) is None
    assert told(member("@eve:x", "knock", "knock"), able) is None  # the same knock under another name
    assert told(member("@eve:x", "knock", sender=BEA), able) is None
    assert told(member("@eve:x", "leave", "knock"), able) is None
    assert isinstance(told(member("@eve:x", "join", "invite"), able), Stirred)


def test_private_is_two_people_and_one_of_them_the_bot() -> None:
    for people, private in [((ME, ANA), True), ((ME, ANA, BEA), False), ((ANA, BEA), False)]:
        heard = told(raw(), room(*people))
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
        came = told(member(ME, "join", "invite"), talk)
        went = told(member(ME, "leave", "join"), talk)
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
        assert isinstance(told(event, room()), Unreadable)




def test_others_come_go_and_call_themselves_otherwise() -> None:
    def stirs(event: dict[str, Any]) -> str | None:
        stirred = told(event)
        assert stirred is None or (isinstance(stirred, Stirred) and (stirred.sender.id, stirred.chat) == (ANA, CHAT))
        return stirred.what if stirred else None

    was = {"prev_content": {"membership": "join", "displayname": "Ana", "avatar_url": "mxc://x/1"}}
    same: dict[str, Any] = {"displayname": "Ana", "avatar_url": "mxc://x/1"}
    assert stirs(member(ANA)) == stirs(member(ANA, "join", "invite")) == "joined"
    assert stirs(member(ANA, "leave", "join")) == stirs(member(ANA, "ban", "join", sender=BEA)) == "left"
    assert stirs({**member(ANA, **same | {"displayname": "Anna"}), "unsigned": was}) == "renamed"
    assert stirs({**member(ANA, **same | {"avatar_url": None}), "unsigned": was}) == "avatar"
    assert stirs({**member(ANA, **same), "unsigned": was}) is None
    assert stirs(member(ANA, "ban", "leave")) is None


def test_what_is_pinned_now_and_what_is_no_more() -> None:
    def pins(before: Any, after: Any) -> list[tuple[str, bool]]:
        event = raw("m.room.pinned_events", state_key="", content={"pinned": after})
        changes = translate({**event, "unsigned": {"prev_content": {"pinned": before}}}, room())
        assert all(isinstance(one, Pinned) and one.sender.id == ANA for one in changes)
        assert len({one.key for one in changes}) == len(changes)
        return [(one.ref.id, one.on) for one in changes if isinstance(one, Pinned)]

    assert pins([], ["$1"]) == pins(None, ["$1", "$1", 5]) == [("$1", True)]
    assert pins(["$1", "$2"], ["$2", "$3"]) == [("$3", True), ("$1", False)]
    assert pins(["$1"], "x") == [("$1", False)]
    assert len(pins([], [f"${n}" for n in range(1000)])) == 20


def test_a_move_is_what_two_rooms_say() -> None:
    gone = raw("m.room.tombstone", BEA, state_key="", content={"replacement_room": "!b", "body": "moved"})
    old, new = room(), Room("!b", ME)
    moved = told(gone, old)
    assert isinstance(moved, Moved)
    assert (moved.old, moved.new, moved.by.id, moved.entered) == (CHAT, Chat("matrix", "!b"), BEA, False)
    moves = Moves(Server(nio.AsyncClient("http://127.0.0.1:1")), {"!a": old, "!b": new})
    entrance = member(ME, "join", "invite")
    new.learn(entrance)
    came = told(entrance, new)
    assert isinstance(came, Placed)
    assert moves.arrived(came, entrance) is None
    new.learn(raw("m.room.create", BEA, state_key="", content={"predecessor": {"room_id": "!a"}}))
    assert moves.arrived(came, entrance) is None
    old.learn(gone)
    arrived = moves.arrived(came, entrance)
    assert arrived and (arrived.old, arrived.new, arrived.entered) == (CHAT, Chat("matrix", "!b"), True)
