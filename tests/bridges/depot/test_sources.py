"""What the network where a file lies does wrong stays there: it says nothing of the one where the file goes."""

import asyncio
import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridges.depot import Carrier, absent, carrier
from bridges.depot.absent import LATELY, LONG, SHORT, Absent
from bridges.fake import FakeBridge
from bridges.model import Media, MediaKind
from bridges.port import Doubtful, Refused, Shut, Stopped, TryLater

PAPER = b"%PDF-1.7 x"


class Failing(FakeBridge):
    """Fails as it is told, or gives a byte at a time."""

    def __init__(self, error: Exception | None = None, *, pause: float = 0, count: int = 10) -> None:
        super().__init__("there")
        self.error, self.pause, self.count = error, pause, count

    @asynccontextmanager
    async def fetch(self, source: str) -> AsyncIterator[AsyncIterator[bytes]]:
        if self.error:
            raise self.error
        yield self._drip()

    async def _drip(self) -> AsyncIterator[bytes]:
        for _ in range(self.count):
            await asyncio.sleep(self.pause)
            yield PAPER


async def bring(depot: Carrier, network: str = "there", **more: Any) -> int:
    media = Media(kind=MediaKind.FILE, network=network, source="x", **more)
    async with depot.bring(media, largest=1000, accepts=lambda *_: True) as file:
        return file.size


@pytest.mark.parametrize(
    ("error", "after"),
    [
        (TryLater(timedelta(seconds=7), everywhere=True), timedelta(seconds=7)),
        (Stopped("matrix-login"), None),
        (Shut("kicked"), None),
        (Doubtful(), None),
        (ConnectionResetError(), None),
    ],
)
async def test_a_network_that_fails_holds_or_stops_no_other(
    tmp_path: Path, error: Exception, after: timedelta | None
) -> None:
    depot = Carrier({"there": Failing(error)}, tmp_path)
    with pytest.raises(TryLater) as caught:
        await bring(depot)
    assert type(caught.value) is TryLater and caught.value.after == after and not caught.value.everywhere
    assert list(tmp_path.iterdir()) == []


async def test_a_defect_of_a_bridge_is_no_crash(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="defect"):
        await bring(Carrier({"there": Failing(KeyError("mxc"))}, tmp_path))


async def test_a_full_disk_is_waited_for_however_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    depot = Carrier({"there": Failing()}, tmp_path)

    def full(*_: object) -> Path:
        raise OSError(errno.ENOSPC, "full")

    for constant in ("LONG", "SHORT"):
        monkeypatch.setattr(absent, constant, 0)
    with monkeypatch.context() as patch:
        patch.setattr(depot._shelf, "place", full)
        with pytest.raises(TryLater):
            await bring(depot)
    assert await bring(depot) == 100


# --- files that never come


class Clock:
    """Stands in for the monotonic clock."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_file_that_does_not_come_is_given_up_some_day() -> None:
    files = Absent(clock := Clock())
    assert not files.failed("there", "x")
    clock.now += LONG - 1
    assert not files.failed("there", "x") and not files.failed("there", "y")
    clock.now += 1
    assert files.failed("there", "x") and not files.failed("there", "y")


def test_where_others_come_a_file_is_given_up_soon() -> None:
    files = Absent(clock := Clock())
    assert not files.failed("there", "x") and not files.failed("elsewhere", "x")
    clock.now += 1
    files.came("there", "y")
    clock.now += SHORT
    assert files.failed("there", "x") and not files.failed("elsewhere", "x")


def test_after_one_was_given_up_the_next_holds_a_chat_for_a_moment_only() -> None:
    files = Absent(clock := Clock())
    files.failed("there", "x")
    clock.now += LONG
    assert files.failed("there", "x")
    for name in "abc":
        assert not files.failed("there", name)
        clock.now += SHORT
        assert files.failed("there", name)
    clock.now += LATELY
    files.failed("there", "y")
    clock.now += SHORT
    assert not files.failed("there", "y")


def test_what_comes_after_all_begins_anew() -> None:
    files = Absent(clock := Clock())
    files.failed("there", "x")
    clock.now += LONG
    files.came("there", "x")
    assert not files.failed("there", "x")


async def test_a_dead_server_does_not_hold_a_chat_for_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    depot = Carrier({"there": Failing(TryLater())}, tmp_path)
    with pytest.raises(TryLater):
        await bring(depot)
    monkeypatch.setattr(absent, "LONG", 0)
    with pytest.raises(Refused, match="gone"):
        await bring(depot)


# --- slow ones


async def test_what_drips_is_not_waited_for(tmp_path: Path) -> None:
    depot = Carrier({"there": Failing(pause=0.03, count=1000)}, tmp_path, patience=0.1)
    async with asyncio.timeout(5):
        with pytest.raises(TryLater):
            await bring(depot)


async def test_what_runs_may_take_longer_than_the_patience(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrier, "_SLOWEST", 20)
    depot = Carrier({"there": Failing(pause=0.03)}, tmp_path, patience=0.2)
    assert await bring(depot) == 100


async def test_a_slow_network_holds_no_other(tmp_path: Path) -> None:
    quick = FakeBridge("quick")
    quick.files["x"] = PAPER
    depot = Carrier({"there": Failing(pause=60), "quick": quick}, tmp_path, at_once=1)
    slow = [asyncio.create_task(bring(depot)) for _ in range(3)]
    async with asyncio.timeout(10):
        assert await bring(depot, "quick") == len(PAPER)
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    assert list(tmp_path.iterdir()) == []
    await depot.close()


@pytest.mark.parametrize("told", [None, 0, -5, 1, 10**12])
async def test_a_stream_is_stopped_when_it_is_too_long(tmp_path: Path, told: int | None) -> None:
    endless = Failing(count=10**9)
    with pytest.raises(Refused, match="too-large"):
        await bring(Carrier({"there": endless}, tmp_path), size=told)
    assert list(tmp_path.iterdir()) == []
