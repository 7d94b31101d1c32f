"""Keys outlive the process by the cursor alone, and what is not durable yet is not lost."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Mapping

import nio
import pytest

from bridges.matrix.keys import Keys, store
from bridges.matrix.keys.store import HEARD, KeyStore
from bridges.port import Stopped
from tests.bridges.keys.machines import ROOM, Device, pair
from tests.bridges.matrix_lab import Memory


class Failing(Memory):
    """Fails as often as it is told to."""

    failures = 0

    async def save_all(self, values: Mapping[str, str | None]) -> None:
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise OSError("the disk is full")
        await super().save_all(values)


async def test_all_is_there_again() -> None:
    ana, palier, session = pair()
    palier.meets(ana)
    memory = Memory()
    await palier.store.flush(memory)
    assert set(memory.kept) and all(name.startswith("matrix.keys.") for name in memory.kept)
    again = Device(palier.user, palier.id, memory.kept)
    assert not again.odd
    assert again.machine.account.identity_keys == palier.machine.account.identity_keys
    assert again.machine.account.shared
    assert again.machine.read(ana.says(session, "$1"), ROOM)["event_id"] == "$1"
    # The talk goes on where it was.
    again.machine.learn(ana.user, {"ANA": ana.machine.device_keys()})
    session = again.machine.begin(ROOM)
    again.gives(ana, session)
    assert ana.machine.read(again.says(session, "$2"), ROOM)["event_id"] == "$2"


async def test_what_is_kept_tells_nobody_who_they_are() -> None:
    _, palier, _ = pair()
    memory = Memory()
    await palier.store.flush(memory)
    assert not any("ana" in name or "a.example" in name or ROOM in name for name in memory.kept)
    assert any("@ana:a.example" in value for value in memory.kept.values())  # which the cursor seals


async def test_what_could_not_be_saved_is_saved_next_time() -> None:
    ana, palier, session = pair()
    memory = Failing()
    memory.failures = 1
    with pytest.raises(OSError, match="full"):
        await palier.store.flush(memory)
    await palier.store.flush(memory)
    again = Device(palier.user, palier.id, memory.kept)
    assert again.machine.read(ana.says(session, "$1"), ROOM)["event_id"] == "$1"
    kept = dict(memory.kept)
    memory.kept.clear()
    await palier.store.flush(memory)  # nothing is new
    assert not memory.kept and kept


async def test_of_two_that_save_at_once_the_later_is_no_sooner_done() -> None:
    _, palier, _ = pair()
    memory = Failing()
    palier.store.note(frozenset(["1"]))
    first = asyncio.create_task(palier.store.flush(memory))
    await asyncio.sleep(0)
    palier.store.note(frozenset(["2"]))
    await palier.store.flush(memory)
    assert first.done() and json.loads(memory.kept[HEARD]) == ["2"]


async def test_another_key_opens_nothing_and_changes_nothing() -> None:
    _, palier, _ = pair()
    memory = Memory()
    await palier.store.flush(memory)
    before = dict(memory.kept)
    with pytest.raises(ValueError, match=r"MAC|pickle"):
        KeyStore(memory.kept, "another key", palier.id, Counter())
    client = nio.AsyncClient("http://127.0.0.1:1", palier.user, palier.id)
    with pytest.raises(Stopped, match="matrix-keys"):
        await Keys(client, memory, "another key", Counter()).start(None)
    assert memory.kept == before


async def test_one_entry_that_is_spoilt_costs_only_itself() -> None:
    ana, palier, session = pair()
    memory = Memory()
    await palier.store.flush(memory)
    (name,) = (name for name in memory.kept if ".olm." in name)
    memory.kept |= {name: "{", "matrix.keys.megolm.x": '{"pickle": "x"}', "matrix.keys.later": "1"}
    again = Device(palier.user, palier.id, memory.kept)
    assert again.odd == {"key-kept": 2}
    assert again.machine.read(ana.says(session, "$1"), ROOM)["event_id"] == "$1"


async def test_another_device_of_the_account_reads_what_the_first_could() -> None:
    ana, palier, session = pair()
    memory = Memory()
    await palier.store.flush(memory)
    other = Device(palier.user, "OTHER", memory.kept)
    assert other.curve != palier.curve and not other.machine.account.shared
    assert other.machine.read(ana.says(session, "$1"), ROOM)["event_id"] == "$1"
    await other.store.flush(memory)
    assert not any(".olm." in name for name in memory.kept)
    assert json.loads(memory.kept["matrix.keys.account"])["device"] == "OTHER"


async def test_talks_with_one_device_do_not_pile_up() -> None:
    ana, palier = Device("@ana:a.example", "A"), Device("@palier:p.example", "P")
    for _ in range(store.MOST_TALKS + 5):
        ana.meets(palier)
        palier.machine.hear(ana.box(palier, "m.dummy", {}))
    memory = Memory()
    await palier.store.flush(memory)
    assert len(palier.machine.session_store[ana.curve]) == store.MOST_TALKS
    assert sum(".olm." in name for name in memory.kept) == store.MOST_TALKS
    newest = palier.machine.session_store.get(ana.curve)
    assert newest and newest.id == ana.machine.session_store[palier.curve][0].id
    # A stranger's key leaves no trace.
    before = len(palier.machine.session_store._entries)
    assert palier.machine.session_store["nobody"] == [] and palier.machine.session_store.get("nobody") is None
    assert len(palier.machine.session_store._entries) == before


async def test_who_sends_keys_without_end_loses_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_KEYS", 3)
    ana, palier, session = pair()
    mallory, memory = Device("@mallory:m.example", "M"), Memory()
    mallory.meets(palier)
    for n in range(10):
        mallory.gives(palier, mallory.machine.begin(ROOM), f"!{n}")
        await palier.store.flush(memory)
    assert [key.session.room_id for key in palier.store.every() if key.owner == mallory.user] == ["!7", "!8", "!9"]
    assert palier.machine.read(ana.says(session, "$1"), ROOM)["event_id"] == "$1"
    assert sum(".megolm." in name for name in memory.kept) == 4


async def test_keys_that_nobody_uses_are_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    ana, palier, session = pair()
    unused = ana.machine.begin("!old")
    ana.gives(palier, unused, "!old")
    memory, now = Memory(), time.time()
    await palier.store.flush(memory)
    monkeypatch.setattr(time, "time", lambda: now + store.KEPT - 5)
    palier.machine.read(ana.says(session, "$1"), ROOM)
    await palier.store.flush(memory)
    monkeypatch.setattr(time, "time", lambda: now + store.KEPT + 5)
    again = Device(palier.user, palier.id, memory.kept)
    assert [key.session.room_id for key in again.store.every()] == [ROOM]
    await again.store.flush(memory)
    assert sum(".megolm." in name for name in memory.kept) == 1
