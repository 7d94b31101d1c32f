"""What strangers can do to the Olm machine: nothing that anybody else would notice."""

import os
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridges.matrix.keys import machine as machines
from bridges.matrix.keys.machine import place_of
from bridges.matrix.keys.strange import Broken, Missing, is_key, unpadded
from tests.bridges.keys.machines import ROOM, Device, pair, room_key

KEY = b64encode(bytes(range(32))).decode().rstrip("=")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
WORDS = [
    "type", "sender", "content", "algorithm", "sender_key", "ciphertext", "body", "session_id", "room_id", "event_id",
    "keys", "signatures", "device_id", "user_id", "key", "unsigned", "m.relates_to", "signed_curve25519:AAAA",
]  # fmt: skip
VALUES = [
    "m.room.encrypted", "m.megolm.v1.aes-sha2", "m.olm.v1.curve25519-aes-sha2", "@ana:a.example", "$1", KEY, "\ud800",
    "A" * 43, "====", "é", "", {}, [], 0, 1, True, None, -1.5,
]  # fmt: skip


def mangled(value: Any, draw: st.DataObject) -> Any:
    """The same with something else in one place, at any depth."""
    if isinstance(value, dict) and value and draw.draw(st.integers(0, 3)):
        name = draw.draw(st.sampled_from(sorted(value)))
        other = mangled(value[name], draw)
        renamed = draw.draw(st.sampled_from([name, name, name, *WORDS]))
        return {**{k: v for k, v in value.items() if k != name}, renamed: other}
    if isinstance(value, str) and value and draw.draw(st.booleans()):
        at = draw.draw(st.integers(0, len(value) - 1))
        return value[:at] + draw.draw(st.sampled_from(["", "A", "=", "\0", "é", "AAAAAAAA"])) + value[at + 1 :]
    return draw.draw(st.sampled_from(VALUES) | JSON)


SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a machine that does much else

ANA, PALIER, SESSION = pair()
GOOD = ANA.says(SESSION, "$0")
BOX = ANA.box(PALIER, "m.room_key", room_key(SESSION))
KEYS = ANA.machine.device_keys()


@settings(SLOW, max_examples=400)
@given(st.data())
def test_whatever_an_event_holds_it_is_opened_or_it_is_not(draw: st.DataObject) -> None:
    event = mangled(GOOD, draw)
    try:
        clear = PALIER.machine.read(event, ROOM)
    except (Missing, Broken):
        return
    assert clear["type"] == "m.room.message" and clear["content"]["body"] == "x"
    assert clear["sender"] == ANA.user


@settings(SLOW, max_examples=400)
@given(st.data())
def test_whatever_is_sent_to_the_device(draw: st.DataObject) -> None:
    PALIER.machine.hear(mangled(BOX, draw))
    assert {key.owner for key in PALIER.store.every()} == {ANA.user}


@settings(SLOW, max_examples=300)
@given(st.data())
def test_whatever_a_server_tells_of_devices(draw: st.DataObject) -> None:
    palier = Device("@palier:p.example", "PALIER")
    palier.machine.learn(ANA.user, mangled({"ANA": KEYS}, draw))
    shown = palier.machine.devices([ANA.user])
    assert all(one.curve25519 == ANA.curve for one in shown.values())
    if shown:
        device = next(iter(shown.values()))
        palier.machine.meet(device, draw.draw(JSON))
        assert palier.machine.session_store.get(device.curve25519) is None


@settings(SLOW, max_examples=200)
@given(st.data())
def test_whatever_stands_in_what_is_said_to_the_device_alone(draw: st.DataObject) -> None:
    content = mangled(room_key(SESSION), draw)
    kind = draw.draw(st.sampled_from(["m.room_key", "m.forwarded_room_key", "m.dummy", "m.secret.send", ""]))
    if isinstance(content, dict):
        try:
            box = ANA.box(PALIER, kind, content)
        except AssertionError:
            return  # it cannot be said at all
        PALIER.machine.hear(box)
    assert all(key.owner == ANA.user for key in PALIER.store.every())


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_of_another_length_reaches_no_cryptography(length: int) -> None:
    odd = b64encode(os.urandom(length)).decode().rstrip("=")
    assert not is_key(odd) and is_key(KEY)
    palier = Device("@palier:p.example", "PALIER")
    keys = {"ed25519:ANA": odd, "curve25519:ANA": odd}
    palier.machine.learn(ANA.user, {"ANA": {**KEYS, "keys": keys}, "GOOD": KEYS})
    assert palier.machine.devices([ANA.user]) == {} and palier.odd["device"] == 2
    palier.machine.learn(ANA.user, {"BAD": {**KEYS, "keys": keys}, "ANA": KEYS})
    assert set(palier.machine.devices([ANA.user])) == {(ANA.user, "ANA")}


def test_what_was_said_is_read() -> None:
    ana, palier, session = pair()
    first = ana.says(session, "$1", "bonjour")
    clear = palier.machine.read({**first, "origin_server_ts": 5, "unsigned": {"age": 1}}, ROOM)
    assert clear == {
        "type": "m.room.message", "content": {"msgtype": "m.text", "body": "bonjour"}, "sender": ana.user,
        "event_id": "$1", "origin_server_ts": 5, "unsigned": {"age": 1},
    }  # fmt: skip
    assert palier.machine.read(first, ROOM)["content"]["body"] == "bonjour"  # as often as one likes
    bare = {name: first["content"][name] for name in ("algorithm", "ciphertext", "session_id")}
    assert palier.machine.read({**first, "content": bare}, ROOM)["content"]["body"] == "bonjour"  # MSC3700


def test_what_an_event_refers_to_is_what_the_homeserver_saw() -> None:
    ana, palier, session = pair()
    about = {"rel_type": "m.replace", "event_id": "$0"}
    event = ana.says(session, "$1", content={"msgtype": "m.text", "body": "x", "m.relates_to": about})
    assert event["content"]["m.relates_to"] == about
    event["content"]["m.relates_to"] = {"rel_type": "m.thread", "event_id": "$2"}
    assert palier.machine.read(event, ROOM)["content"]["m.relates_to"]["event_id"] == "$2"


@pytest.mark.parametrize("kind", ["m.room.redaction", "m.room.power_levels", "m.room.member", "m.room.encrypted"])
def test_what_a_homeserver_has_to_allow_cannot_come_encrypted(kind: str) -> None:
    ana, palier, session = pair()
    content = {"users": {ana.user: 100}, "redacts": "$0", "membership": "join"}
    with pytest.raises(Broken, match="forged"):
        palier.machine.read(ana.says(session, "$1", type=kind, content=content), ROOM)
    with pytest.raises(Broken, match="forged"):
        palier.machine.read({**ana.says(session, "$2"), "state_key": ""}, ROOM)


def test_nobody_speaks_for_another() -> None:
    ana, palier, session = pair()
    mallory = Device("@mallory:m.example", "M")
    mallory.meets(palier)
    mallory.gives(palier, session)  # who is in the room has the key, and can claim it
    event = ana.says(session, "$1", "mine")
    assert palier.machine.read(event, ROOM)["content"]["body"] == "mine"
    with pytest.raises(Broken):
        palier.machine.read({**event, "event_id": "$2", "sender": mallory.user}, ROOM)
    with pytest.raises(Missing):
        palier.machine.read({**event, "sender": "@eve:e.example"}, ROOM)
    assert palier.machine.read(event, ROOM)["content"]["body"] == "mine"


def test_nothing_is_said_twice_nor_elsewhere() -> None:
    ana, palier, session = pair()
    event = ana.says(session, "$1")
    palier.machine.read(event, ROOM)
    with pytest.raises(Broken, match="forged"):
        palier.machine.read({**event, "event_id": "$2"}, ROOM)
    with pytest.raises(Missing):
        palier.machine.read(ana.says(session, "$3"), "!elsewhere")
    with pytest.raises(Broken, match="forged"):
        palier.machine.read(ana.says(session, "$4", room_id="!elsewhere"), ROOM)


def test_how_many_places_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "REMEMBERED", 5)
    ana, palier, session = pair()
    for n in range(20):
        palier.machine.read(ana.says(session, f"${n}"), ROOM)
    assert len(palier.machine._seen) == 5


def test_a_key_from_a_later_place_spoils_nothing() -> None:
    ana, palier, session = pair()
    early = ana.says(session, "$1")
    ana.says(session, "$2")
    ana.gives(palier, session)
    assert palier.machine.read(early, ROOM)["event_id"] == "$1"
    late = Device("@late:p.example", "LATE")
    ana.meets(late)
    ana.gives(late, session)
    with pytest.raises(Missing):
        late.machine.read(early, ROOM)
    assert late.machine.read(ana.says(session, "$3"), ROOM)["event_id"] == "$3"


def test_a_session_under_a_name_that_is_not_its_own_is_no_key() -> None:
    ana, palier, _ = pair()
    session = ana.machine.begin(ROOM)
    palier.machine.hear(ana.box(palier, "m.room_key", {**room_key(session), "session_id": "other"}))
    assert palier.odd["room-key"] == 1 and palier.store.find(ROOM, "other", ana.user) is None


def test_only_who_made_a_key_may_forward_it_and_only_when_asked() -> None:
    ana, palier, _ = pair()
    session = ana.machine.begin(ROOM)
    own = ana.store.find(ROOM, session.id, ana.user)
    assert own
    exported = {**room_key(session), "session_key": own.session.export_session(0), "sender_key": ana.curve}
    event = ana.says(session, "$1")

    def forward(of: Device) -> None:
        palier.machine.hear(of.box(palier, "m.forwarded_room_key", exported))

    forward(ana)
    assert palier.store.find(ROOM, session.id, ana.user) is None
    mallory = Device("@mallory:m.example", "M")
    mallory.meets(palier)
    palier.asked |= {(ROOM, session.id, mallory.user), (ROOM, session.id, ana.user)}
    forward(mallory)
    assert palier.store.find(ROOM, session.id, mallory.user) is None
    forward(ana)
    assert palier.machine.read(event, ROOM)["event_id"] == "$1"


def test_one_key_belongs_to_one_device() -> None:
    """Else a session begun with a copy of it would take the place of those with the real one."""
    ana, palier, mallory = Device("@ana:a.example", "A"), Device("@palier:p.example", "P"), Device("@m:m.example", "M")
    palier.machine.learn(ana.user, {"A": ana.machine.device_keys()})
    for copied in (ana.curve, palier.curve):
        shown = mallory.machine.device_keys()
        del shown["signatures"]
        fake = mallory.machine.signed({**shown, "keys": {**shown["keys"], "curve25519:M": copied}})
        palier.machine.learn(mallory.user, {"M": fake})
        assert palier.machine.devices([mallory.user]) == {}
    palier.machine.forget(ana.user)
    assert palier.machine.devices([ana.user]) == {}
    palier.machine.learn(ana.user, {"A": ana.machine.device_keys()})
    assert set(palier.machine.devices([ana.user])) == {(ana.user, "A")}


def test_a_device_that_is_gone_comes_no_more_and_there_are_not_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "MOST_DEVICES", 3)
    palier = Device("@palier:p.example", "P")
    all_ = {f"A{n}": Device("@ana:a.example", f"A{n}").machine.device_keys() for n in range(5)}
    palier.machine.learn("@ana:a.example", all_)
    assert len(palier.machine.devices(["@ana:a.example"])) == 3
    palier.machine.learn("@ana:a.example", {"A0": all_["A0"]})
    assert set(palier.machine.devices(["@ana:a.example"])) == {("@ana:a.example", "A0")}


def test_a_talk_that_is_broken_begins_anew() -> None:
    ana = Device("@ana:a.example", "ANA")
    lost = Device("@palier:p.example", "P2")  # has none of the one-time keys that Ana was given
    ana.meets(lost)
    box = ana.box(lost, "m.dummy", {})
    again = Device("@palier:p.example", "P2")
    box["content"]["ciphertext"] = {again.curve: next(iter(box["content"]["ciphertext"].values()))}
    again.machine.hear(box)
    assert again.machine.strange == {(ana.user, ana.curve): None}
    again.machine.learn(ana.user, {"ANA": ana.machine.device_keys()})
    again.machine.recognise()
    assert [one.id for one in again.machine.wedged_devices] == ["ANA"] and not again.machine.strange


def test_one_time_keys_are_offered_when_they_run_out_and_one_is_always_left() -> None:
    palier = Device("@palier:p.example", "P")
    first = palier.machine.offer()
    assert first and len(first["one_time_keys"]) == 50 and first["device_keys"]["device_id"] == "P"
    ((name, spare),) = first["fallback_keys"].items()
    assert spare["fallback"] is True and name.startswith("signed_curve25519:")
    again = palier.machine.offer()  # no answer came
    assert again and again["one_time_keys"] == first["one_time_keys"]
    palier.machine.offered(50)
    assert palier.machine.offer() is None
    palier.machine.uploaded_key_count = 10
    more = palier.machine.offer()
    assert more and len(more["one_time_keys"]) == 40 and "device_keys" not in more and "fallback_keys" not in more
    assert not set(more["one_time_keys"]) & set(first["one_time_keys"])


def test_where_something_of_ours_stands() -> None:
    ana, _, session = pair()
    ana.says(session, "$0")
    assert place_of(ana.says(session, "$1")) == (session.id, 1)
    for content in ({}, {"algorithm": "m.megolm.v1.aes-sha2", "session_id": "x", "ciphertext": "?"}, None):
        assert place_of({"content": content}) is None


def test_base64_is_read_strictly() -> None:
    assert unpadded("YQ") == unpadded("YQ==") == b"a"
    with pytest.raises(ValueError, match="base64"):
        unpadded("Y\nQ")
