"""What waits for its key: in order, not too much of it, not for ever, and told of only when it takes long."""

import time
from typing import Any

import pytest

from bridges.matrix.keys import late
from bridges.matrix.keys.late import KEPT, PATIENCE, PREFIX, Late
from tests.bridges.matrix_lab import Memory


def event(n: int, sender: str = "@ana:a.example", **more: Any) -> dict[str, Any]:
    content = {"algorithm": "m.megolm.v1.aes-sha2", "session_id": "s", "ciphertext": f"c{n}", **more}
    return {"type": "m.room.encrypted", "event_id": f"${n}", "sender": sender, "content": content, "unsigned": {"x": n}}


async def known(memory: Memory) -> list[str]:
    """Which wait, as a new process sees it."""
    waiting = Late(memory)
    await waiting.restore()
    return [one.id for one in waiting.all()]


async def test_it_waits_across_restarts_in_order_whatever_the_clock_does(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    waiting = Late(memory)
    now = time.time()
    for n in (3, 1, 2):
        monkeypatch.setattr(time, "time", lambda n=n: now - 1000 * n)
        assert await waiting.keep("!room", event(n))
    monkeypatch.setattr(time, "time", lambda: now - 5000)
    assert await waiting.keep("!room", event(0))
    assert not await waiting.keep("!room", event(1))
    assert [one.id for one in waiting.all()] == await known(memory) == ["$3", "$1", "$2", "$0"]
    assert waiting.waits("!room", "s", "@ana:a.example")
    assert not waiting.waits("!room", "s", "@bea:a.example") and not waiting.waits("!other", "s", "@ana:a.example")
    await waiting.forget("$1", "$nothing")
    assert await known(memory) == ["$3", "$2", "$0"] and set(memory.kept) == {f"{PREFIX}${n}" for n in (3, 2, 0)}


async def test_only_what_is_needed_is_kept() -> None:
    memory = Memory()
    await Late(memory).keep("!room", {**event(1, device_id="D", body="?"), "room_id": "!room"})
    (value,) = memory.kept.values()
    assert "unsigned" not in value and "device_id" not in value and "body" not in value


async def test_who_floods_loses_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late, "MOST_OF_ONE", 3)
    memory = Memory()
    waiting = Late(memory)
    await waiting.keep("!room", event(0, "@bea:a.example"))
    for n in range(1, 10):
        await waiting.keep("!room", event(n))
    await waiting.keep("!other", event(10))
    assert [one.id for one in waiting.all()] == await known(memory) == ["$0", "$7", "$8", "$9", "$10"]


async def test_there_is_an_end_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late, "MOST_BYTES", 3000)
    memory = Memory()
    waiting = Late(memory)
    assert not await waiting.keep("!room", event(0, ciphertext="x" * 4000))
    for n in range(1, 9):
        assert await waiting.keep("!room", event(n, f"@{n}:a.example", ciphertext="x" * 500))
    left = await known(memory)
    assert left == [one.id for one in waiting.all()] and left[-1] == "$8" and 3 <= len(left) <= 5
    assert sum(map(len, memory.kept.values())) <= 3000
    await waiting.forget_room("!room")
    assert not memory.kept and waiting._bytes == 0


async def test_after_a_week_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, now = Memory(), time.time()
    waiting = Late(memory)
    await waiting.keep("!room", event(1))
    monkeypatch.setattr(time, "time", lambda: now + KEPT / 2)
    await waiting.keep("!room", event(2))
    await waiting.tidy()
    assert len(memory.kept) == 2
    monkeypatch.setattr(time, "time", lambda: now + KEPT + 10)
    await waiting.tidy()
    assert await known(memory) == ["$2"]


async def test_a_room_is_told_once_and_only_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, now = Memory(), time.time()
    waiting = Late(memory)
    for n in (1, 2):
        await waiting.keep("!room", event(n))
    await waiting.keep("!other", event(3))
    assert waiting.to_tell() == []
    again = Late(memory)
    await again.restore()
    monkeypatch.setattr(time, "time", lambda: now + PATIENCE + 5)
    for one in (waiting, again):  # a restart in between keeps nobody from hearing of it
        assert [(told.room, told.id) for told in one.to_tell()] == [("!room", "$1"), ("!other", "$3")]
        assert one.to_tell() == []
    later = Late(memory)
    await later.restore()
    assert later.to_tell() == []


async def test_what_is_spoilt_waits_no_more() -> None:
    memory = Memory()
    await Late(memory).keep("!room", event(1))
    memory.kept |= {f"{PREFIX}$2": "{", f"{PREFIX}$3": "[]", f"{PREFIX}$4": "{}"}
    assert await known(memory) == ["$1"]
