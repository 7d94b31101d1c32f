"""The way of an event, and what the app does when features, the store or a bridge fail."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from bot.app import App
from bot.feature import Context, Feature
from bot.store import Outgoing
from bridges.fake import FakeBridge
from bridges.model import Message
from bridges.port import Inbox, Stopped, TryLater
from tests.conftest import Town
from tests.features.test_relay import agrees


async def test_a_feature_that_breaks_harms_only_itself(linked: Town) -> None:
    await agrees(linked, "Ana")
    broken = Feature("aaa")

    @broken.on(Message)
    async def fail(ctx: Context, _: Message) -> None:
        ctx.work.add(Outgoing(key="x", lane="x", network="matrix", place="x", kind="send"))
        raise KeyError("words of a person")

    linked.app.world.features.insert(0, broken)  # type: ignore[attr-defined]  # a list, as the app makes it
    await linked.telegram.says("Ana", "un", "deux")
    assert linked.app.tally["feature_errors"] == 2
    linked.app.world.features.pop(0)  # type: ignore[attr-defined]
    await linked.telegram.says("Ana", "trois")
    await linked.settles()
    assert linked.matrix.heard()[-1] == "<b>Ana · Telegram</b>: trois"
    async with linked.store.work() as work:
        assert await work.get(Outgoing, 1) is None or (await work.get_one(Outgoing, 1)).key != "x"


async def test_a_command_that_breaks_answers_with_a_reference(linked: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise KeyError

    command = next(c for f in linked.app.world.features for c in f.commands if c.name == "privacy")
    monkeypatch.setitem(linked.app._commands, "privacy", type(command)("privacy", frozenset(), fail))
    await linked.telegram.says("Ana", "/privacy")
    await linked.settles()
    assert "donnez cette référence" in linked.telegram.heard()[-1]


async def test_when_the_store_fails_nothing_is_confirmed_and_all_comes_again(
    linked: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await agrees(linked, "Ana")

    async def full(*_: object) -> None:
        raise OperationalError("insert", {}, OSError("disk full"))

    with monkeypatch.context() as patch:
        patch.setattr(linked.app, "_route", full)
        with pytest.raises(OperationalError):
            await linked.telegram.says("Ana", "un")
    await linked.telegram.tells(linked.telegram.last)
    await linked.settles()
    assert linked.matrix.heard()[-1:] == ["<b>Ana · Telegram</b>: un"]


class Flaky(FakeBridge):
    """A bridge whose `run` fails as told, and then runs."""

    def __init__(self, *failures: Exception) -> None:
        super().__init__("telegram")
        self.runs, self._fails = 0, list(failures)

    async def run(self, inbox: Inbox) -> None:
        self.runs += 1
        if self._fails:
            raise self._fails.pop(0)
        await asyncio.Event().wait()


async def listening(town: Town, bridge: Flaky) -> App:
    """An app that runs this bridge for a moment."""
    app = App(town.app.world.settings, town.store, [bridge], texts=town.app.world.texts)
    running = asyncio.create_task(app.run())
    await asyncio.sleep(0.8)
    running.cancel()
    await asyncio.wait([running])
    return app


async def test_a_bridge_that_fails_for_a_while_is_run_again(town: Town) -> None:
    bridge = Flaky(TryLater(timedelta(0)), TryLater(timedelta(0)))
    app = await listening(town, bridge)
    assert (bridge.runs, app.lines["telegram"].state) == (3, "running")
    assert [menu.language for menu in bridge.menus] == ["fr", "en"]


async def test_a_bridge_that_stops_is_left_alone_with_its_reason(town: Town) -> None:
    bridge = Flaky(Stopped("telegram-token"))
    app = await listening(town, bridge)
    assert (bridge.runs, app.lines["telegram"].state) == (1, "stopped")
    assert app.courier.stopped == {"telegram": "telegram-token"}


async def test_a_defect_in_a_bridge_does_not_spin(town: Town) -> None:
    bridge = Flaky(*(KeyError() for _ in range(50)))
    app = await listening(town, bridge)
    assert (bridge.runs, app.lines["telegram"].state, app.tally["bridge_errors"]) == (2, "waiting", 2)
