"""The watchdog: what is slow is named, what never ends is cut off, what holds the loop is told while it holds it."""

import asyncio
import time
from collections import Counter
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot import watchdog
from bot.feature import Context, Feature
from bot.watchdog import Stuck, Watchdog
from bridges.model import Message
from tests.conftest import open_town


async def test_a_slow_handler_is_named_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "SLOW", 0.05)
    tally = Counter[str]()
    dog = Watchdog(tally)

    async def dawdle(words: str) -> str:
        await asyncio.sleep(0.1)
        return words

    async def hurry(words: str) -> str:
        return words

    with capture_logs() as logs:
        assert await dog.call("relay", dawdle, "canari") == "canari"
        assert await dog.call("relay", hurry, "canari") == "canari"
    (entry,) = logs
    assert entry["handler"] == "relay.dawdle" and entry["seconds"] >= 0.1
    assert tally == {"slow_relay": 1} and "canari" not in str(logs)


async def test_what_a_handler_raises_is_not_changed() -> None:
    dog = Watchdog(Counter())

    async def fails() -> None:
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        await dog.call("relay", fails)


async def test_one_that_never_ends_is_cut_off_and_sooner_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "LONGEST", 0.2)
    monkeypatch.setattr(watchdog, "AGAIN", 0.05)
    tally = Counter[str]()
    dog = Watchdog(tally)

    async def waits() -> None:
        await asyncio.Event().wait()

    for longest in (0.3, 0.15):
        began = time.monotonic()
        with pytest.raises(Stuck):
            await dog.call("relay", waits)
        assert time.monotonic() - began < longest
    assert tally["stuck_relay"] == 2


async def test_who_holds_the_loop_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "BLOCKED", 0.3)
    monkeypatch.setattr(watchdog, "BEAT", 0.05)
    tally = Counter[str]()
    dog = Watchdog(tally)

    async def waits() -> None:
        await asyncio.sleep(2)

    async def holds(seconds: float) -> None:
        deeper(seconds)

    def deeper(seconds: float) -> None:
        time.sleep(seconds)

    with capture_logs() as logs:
        beside = [asyncio.create_task(dog.run()), asyncio.create_task(dog.call("help", waits))]
        await asyncio.sleep(0.1)
        await dog.call("relay", holds, 0.8)
        await asyncio.sleep(0.2)
        assert [entry["handler"] for entry in logs if entry["event"] == "the loop is held"] == ["relay.holds"]
        await dog.call("relay", holds, 0.5)
        await asyncio.sleep(0.2)
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
    assert tally["blocked"] == 2


async def test_a_handler_that_never_ends_costs_its_own_event_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch of three, of which one is stuck: the others are kept, and what the stuck one wrote is not."""
    monkeypatch.setattr(watchdog, "LONGEST", 0.3)
    monkeypatch.setattr(watchdog, "AGAIN", 0.1)
    feature = Feature("odd")

    @feature.on(Message)
    async def hear(ctx: Context, message: Message) -> None:
        await ctx.reply("broken", reference=f"of {message.html}")
        if message.html == "stuck":
            await asyncio.Event().wait()

    async with open_town(f"sqlite:///{tmp_path}/town.db", [feature]) as town:
        await town.telegram.says("amina", "one", "stuck", "two")
        await town.settles()
        said = [html for html in town.telegram.heard() if "of " in html]
        assert [html.rpartition("of ")[2] for html in said] == ["one", "two"]
        assert town.app.tally["feature_errors"] == 1 and town.app.tally["stuck_odd"] == 2
        async with town.store.work() as work:
            assert await work.fresh(["telegram 2"]) == set()  # it does not come again
