"""Order, lanes, pauses, and what a crash leaves behind: on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlmodel import col, select

from bot.events import Undelivered
from bot.store import Outgoing, State
from bridges.fake import FakeBridge
from bridges.model import Admit, Chat, Edit, Lock, Ref, Restrict, Send, Voice
from bridges.port import Doubtful, Fate, Pace, Refused, Stopped, TryLater
from tests.conftest import Town, new_database, open_town

NOW = timedelta(0)


@pytest.fixture(params=["sqlite", "postgresql"])
async def town(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    """A linked town on either database."""
    database = f"sqlite:///{tmp_path}/town.db"
    if request.param == "postgresql":
        database = await new_database(request.getfixturevalue("postgresql"))
    async with open_town(database) as made:
        await made.links(made.telegram.chat, made.matrix.chat)
        yield made


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not so():
            await asyncio.sleep(0.01)


async def queue(town: Town, *lines: str, chat: Chat | None = None, **more: object) -> None:
    """Have the bot say something."""
    async with town.store.work() as work:
        for line in lines:
            await work.do(Send(chat=chat or town.matrix.chat, html=line, of=Voice.BOT, **more))  # type: ignore[arg-type]
    town.app.courier.ring()


async def rows(town: Town) -> list[Outgoing]:
    async with town.store.work() as work:
        return list(await work.exec(select(Outgoing).order_by(col(Outgoing.id))))


async def test_a_slow_chat_does_not_hold_another(town: Town) -> None:
    town.telegram.answers.clear()
    async with asyncio.TaskGroup() as tasks:
        courier = tasks.create_task(town.app.courier.run())
        await queue(town, "un", "deux", "trois", chat=town.telegram.chat)
        await queue(town, "un", "deux", "trois")
        await until(lambda: len(town.matrix.heard()) == 3)
        assert len(town.telegram.heard()) == 1
        town.telegram.answers.set()
        await until(lambda: town.telegram.heard() == town.matrix.heard())
        courier.cancel()


async def test_a_flood_limit_holds_its_own_lane_and_keeps_its_order(town: Town) -> None:
    town.matrix.failures.append(TryLater(timedelta(seconds=0.3)))
    await queue(town, "un", "deux", "trois")
    await queue(town, "un", chat=town.telegram.chat)
    await town.settles()
    assert (town.matrix.heard(), town.telegram.heard()) == ([], ["un"])
    await asyncio.sleep(0.35)
    await town.settles()
    assert town.matrix.heard() == ["un", "deux", "trois"]


async def test_several_chats_refused_at_once_hold_the_whole_network(town: Town) -> None:
    town.matrix.failures += [TryLater(timedelta(hours=1))] * 3
    for name in ("a", "b", "c"):
        await queue(town, "un", chat=Chat("matrix", name))
    await town.settles()
    await queue(town, "deux", chat=Chat("matrix", "d"))
    await queue(town, "deux", chat=town.telegram.chat)
    await town.settles()
    assert (town.matrix.heard(chat=Chat("matrix", "d")), town.telegram.heard()) == ([], ["deux"])


async def test_pauses_grow_while_the_network_gives_none(town: Town) -> None:
    town.matrix.failures += [TryLater() for _ in range(4)]
    await queue(town, "un")
    waits, moment = [], datetime.now(UTC)
    for _ in range(4):
        with time_machine.travel(moment, tick=False):
            await town.settles()
            (row,) = await rows(town)
            waits.append((row.not_before - moment).total_seconds())
            moment = row.not_before
    assert waits == [0.5, 1, 2, 4]
    with time_machine.travel(moment, tick=False):
        await town.settles()
    assert town.matrix.heard() == ["un"]


async def test_a_crash_between_call_and_commit_shows_one_copy(town: Town) -> None:
    town.matrix.answers.clear()
    await queue(town, "un", copy_of=Ref(town.telegram.chat, "7"))
    crashing = asyncio.create_task(town.app.courier.run())
    await until(lambda: len(town.matrix.heard()) == 1)
    crashing.cancel()
    await asyncio.wait([crashing])
    assert [row.state for row in await rows(town)] == [State.SENDING]
    town.matrix.answers.set()
    town.restarts_courier()
    async with town.store.work() as work:
        await work.do(Edit(chat=town.matrix.chat, ref=Ref(town.telegram.chat, "7"), html="deux", of=Voice.BOT))
    await town.settles()
    assert town.matrix.heard() == ["deux"]


async def test_an_unknown_fate_is_sent_again_and_counted(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody_knows(*_: object, **__: object) -> Fate:
        return Fate.UNKNOWN

    monkeypatch.setattr(FakeBridge, "settle", nobody_knows)
    town.matrix.failures.append(Doubtful(NOW))
    await queue(town, "un", "deux")
    await town.settles()
    assert town.matrix.heard() == ["un", "deux"]
    assert town.app.tally["doubts"] == 1


async def test_an_edit_never_overtakes_its_message(town: Town) -> None:
    town.matrix.failures += [TryLater(NOW), Doubtful(NOW), TryLater(NOW)]
    origin = Ref(town.telegram.chat, "7")
    await queue(town, "un", copy_of=origin)
    async with town.store.work() as work:
        await work.do(Edit(chat=town.matrix.chat, ref=origin, html="deux", of=Voice.BOT))
    await town.settles()
    assert [type(action) for action, _ in town.matrix.did.values()] == [Send, Edit]


@pytest.mark.parametrize("failure", [Refused("rights"), KeyError("a defect")])
async def test_what_can_never_succeed_is_dead_told_and_the_next_passes(
    town: Town, failure: Exception
) -> None:
    told: list[Undelivered] = []

    async def listen(_: object, event: Undelivered) -> None:
        told.append(event)

    town.app.world.features[0].listeners.append((Undelivered, listen))
    try:
        town.matrix.failures.append(failure)
        await queue(town, "un", "deux")
        await town.settles()
    finally:
        town.app.world.features[0].listeners.pop()
    assert town.matrix.heard() == ["deux"]
    dead, done = await rows(town)
    assert (dead.state, done.state) == (State.DEAD, State.DONE)
    assert [event.why for event in told] == [dead.why] == ["rights" if isinstance(failure, Refused) else "defect"]


async def test_what_moderators_do_waits_for_nothing_that_is_said_and_keeps_its_order(town: Town) -> None:
    chat, network = town.telegram.chat, town.telegram
    mute = Restrict(chat=chat, person=network.person("Eve"), what="mute", until=datetime.now(UTC) + timedelta(days=1))
    network.answers.clear()
    async with asyncio.TaskGroup() as tasks:
        courier = tasks.create_task(town.app.courier.run())
        await queue(town, "un", "deux", chat=chat)
        async with town.store.work() as work:
            await work.do(mute)
            await work.do(replace(mute, chat=replace(chat, thread="7"), what="free"))
            await work.do(Lock(chat=chat, on=True))
        town.app.courier.ring()
        await until(lambda: network.muted == {(chat, "Eve"): mute.until})
        assert network.heard() == ["un"] and not network.locked
        network.answers.set()
        await until(lambda: network.locked == {chat} and network.heard() == ["un", "deux"])
        assert not network.muted
        courier.cancel()


async def test_an_act_that_is_refused_is_told(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Undelivered] = []

    async def listen(_: object, event: Undelivered) -> None:
        told.append(event)

    monkeypatch.setattr(town.app.world.features[0], "listeners", [(Undelivered, listen)])
    town.telegram.admins = {town.telegram.chat: {"Ana"}}
    ban = Restrict(chat=town.telegram.chat, person=town.telegram.person("Ana"), what="ban")
    async with town.store.work() as work:
        await work.do(ban)
        await work.do(Admit(chat=town.matrix.chat, person=town.matrix.person("Eve"), yes=True))
    await town.settles()
    assert {(one.action, one.why) for one in told} == {
        (ban, "is-admin"), (Admit(chat=town.matrix.chat, person=town.matrix.person("Eve"), yes=True), "not-there"),
    }  # fmt: skip


async def test_what_was_refused_for_two_days_is_given_up(town: Town) -> None:
    await queue(town, "un")
    town.matrix.failures.append(TryLater())
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=49)):
        await town.settles()
    assert [(row.state, row.why) for row in await rows(town)] == [(State.DEAD, "too-late")]


async def test_a_stopped_bridge_keeps_its_rows_and_does_not_spin(town: Town) -> None:
    town.matrix.failures.append(Stopped("matrix-login"))
    await queue(town, "un", "deux")
    await queue(town, "un", chat=town.telegram.chat)
    await town.settles()
    assert town.app.courier.stopped == {"matrix": "matrix-login"}
    assert (town.matrix.did, town.telegram.heard()) == ({}, ["un"])
    town.restarts_courier()
    await town.settles()
    assert town.matrix.heard() == ["un", "deux"]


async def test_the_networks_pace_is_kept_before_it_complains(town: Town) -> None:
    town.matrix.can = type(town.matrix.can)(text_length=100, paces=(Pace(count=2, per=timedelta(seconds=2)),))
    await queue(town, *"abcde")
    await town.settles()
    assert town.matrix.heard() == ["a", "b"]
    async with asyncio.TaskGroup() as tasks:
        courier = tasks.create_task(town.app.courier.run())
        await until(lambda: len(town.matrix.heard()) == 5)
        courier.cancel()
    assert town.matrix.heard() == list("abcde")
    times = [post.at for post in town.matrix.seen()]
    assert times[2] - times[0] > timedelta(seconds=1.99) and times[4] - times[2] > timedelta(seconds=1.99)


async def test_unasked_messages_are_paid_from_the_days_budget(town: Town) -> None:
    await queue(town, *"abcde", unasked=1)
    await queue(town, "asked")
    await town.settles()
    assert sorted(town.matrix.heard()) == ["a", "asked", "b", "c"]
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1, hours=9)):
        await town.settles()
    assert sorted(town.matrix.heard()) == ["a", "asked", "b", "c", "d", "e"]


async def test_work_in_bulk_yields_to_what_is_said_meanwhile(town: Town) -> None:
    async with town.store.work() as work:
        for line in ("un", "deux"):
            await work.do(Send(chat=town.matrix.chat, html=f"bulk {line}", of=Voice.BOT), bulk=True)
    await queue(town, "now", "now too")
    await town.settles()
    assert town.matrix.heard() == ["now", "now too", "bulk un", "bulk deux"]


async def test_a_row_that_cannot_be_read_holds_nothing(town: Town) -> None:
    await queue(town, "un", "deux")
    async with town.store.work() as work:
        first = (await work.exec(select(Outgoing).order_by(col(Outgoing.id)))).first()
        assert first
        first.payload = b"not sealed by us, thirty bytes"
    await town.settles()
    assert town.matrix.heard() == ["deux"]



async def test_a_clock_that_is_set_back_holds_nothing(town: Town) -> None:
    town.matrix.failures.append(TryLater(timedelta(minutes=5)))
    await queue(town, "un", "deux")
    await town.settles()
    assert town.matrix.heard() == []
    with time_machine.travel(datetime.now(UTC) - timedelta(days=30)):
        await town.settles()
    assert town.matrix.heard() == ["un", "deux"]
