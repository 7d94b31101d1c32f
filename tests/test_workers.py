"""Several workers at one PostgreSQL database: who does what, what is seen of each other, and one that is killed."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from sqlmodel import select

from bot.app import make_rules
from bot.courier import Courier
from bot.run import Unfit, alone, prepare_together
from bot.run import seat as places
from bot.run.seat import WORKERS, Seat, held
from bot.seal import Seal
from bot.store import Outgoing, State, Store, open_engine
from bot.texts import Texts
from bridges.fake import FakeBridge
from bridges.model import Action, Chat, Person, Ref, Send, Voice
from bridges.port import Pace
from tests.conftest import KEY, TELEGRAM, make_settings, new_database


@pytest.fixture
async def database(postgresql: str) -> str:
    """A fresh database on a server."""
    settings = make_settings(await new_database(postgresql))
    await prepare_together(settings)
    return settings.database


async def until(look: Callable[[], bool], seconds: float = 10) -> float:
    """How many seconds it took."""
    began = time.monotonic()
    while not look():
        assert time.monotonic() - began < seconds
        await asyncio.sleep(0.02)
    return time.monotonic() - began


class Place:
    """A seat, and what it was told."""

    def __init__(self, url: str, *duties: str) -> None:
        self.news, self.reloads = 0, 0
        self.seat = Seat(url, duties, news=self.hear, reload=self.read)
        self.running: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        await self.seat.take()
        self.running = asyncio.create_task(self.seat.run())

    async def dies(self) -> None:
        """As with kill -9: the connection ends."""
        if self.running:
            self.running.cancel()
            await asyncio.wait([self.running])

    def hear(self) -> None:
        self.news += 1

    def read(self) -> None:
        self.reloads += 1


@asynccontextmanager
async def seated(*made: Place) -> AsyncIterator[None]:
    for place in made:
        await place.begin()
    try:
        yield
    finally:
        for place in made:
            await place.dies()


@asynccontextmanager
async def open_store(url: str, bridge: FakeBridge) -> AsyncIterator[Store]:
    store = Store(open_engine(url), Seal(KEY), make_rules(make_settings(url), Texts(), [bridge]))
    try:
        yield store
    finally:
        await store.close()


async def do_on(url: str, query: str, *values: object) -> None:
    plain = url.replace("+psycopg", "")
    async with await psycopg.AsyncConnection.connect(plain, autocommit=True) as connection:
        await connection.execute(query.encode(), values)


async def unseat(url: str, seat: Seat) -> None:
    """Take a seat's connection away, as a server that restarts does."""
    ends = "select pg_terminate_backend(pid) from pg_locks where classid = %s and objid = %s"
    await do_on(url, ends, WORKERS, seat.number)


# --- places


async def test_each_has_a_number_and_one_has_each_duty(database: str) -> None:
    one, two = Place(database, "clock", "listen telegram"), Place(database, "clock", "listen telegram")
    async with seated(one, two), open_store(database, FakeBridge()) as store:
        await until(lambda: one.seat.has("clock"))
        await asyncio.sleep(places.BEAT * 1.5)
        assert one.seat.has("listen telegram") and not two.seat.has("clock")
        async with store.work() as work:
            assert await two.seat.alive(work) == {one.seat.number, two.seat.number}
            assert await held(work, ["clock", "listen telegram", "listen matrix"]) == {"clock", "listen telegram"}
        began = time.monotonic()
        await one.dies()
        await until(lambda: two.seat.has("clock"))
        assert time.monotonic() - began < 3


async def test_what_is_queued_by_one_is_heard_by_all(database: str) -> None:
    one, two = Place(database), Place(database)
    bridge = FakeBridge()
    async with seated(one, two), open_store(database, bridge) as store:
        await asyncio.sleep(0.1)
        before = one.news, two.news
        async with store.work() as work:
            await work.do(Send(chat=bridge.chat, html="a", of=Voice.BOT))
        assert await until(lambda: one.news > before[0] and two.news > before[1]) < 0.5
        await do_on(database, "notify palier, 'reload'")
        await until(lambda: one.reloads == two.reloads == 1)


async def test_a_place_that_is_lost_is_noticed_and_taken_again(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "GRACE", 2.0)
    one, two = Place(database, "clock"), Place(database)
    did: list[str] = []

    async def side() -> None:
        did.append("began")
        try:
            await asyncio.Event().wait()
        finally:
            did.append("ended")

    bridge = FakeBridge()
    async with seated(one, two), open_store(database, bridge) as store:
        working = asyncio.create_task(one.seat.while_mine("clock", side))
        await until(lambda: did == ["began"])
        async with store.work() as work:
            await work.do(Send(chat=bridge.chat, html="a", of=Voice.BOT))
        async with store.work() as work:
            row = (await work.exec(select(Outgoing))).one()
            row.state, row.worker = State.SENDING, one.seat.number
        number = one.seat.number
        await unseat(database, one.seat)
        await until(lambda: did == ["began", "ended"], 3)
        with pytest.raises(ConnectionError):
            async with store.work() as work:
                await one.seat.alive(work)
        async with store.work() as work:  # it may come back: what it is sending is not touched
            assert number in await two.seat.alive(work)
        await until(lambda: did == ["began", "ended", "began"], 5)
        assert one.seat.number == number
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
        await one.dies()
        gone = time.monotonic()
        while True:
            async with store.work() as work:
                if number not in await two.seat.alive(work):
                    break
            await asyncio.sleep(0.05)
        assert 1.5 < time.monotonic() - gone < 6


async def test_nobody_works_beside_one_who_must_be_alone(database: str) -> None:
    one = Place(database)
    async with alone(database):
        with pytest.raises(Unfit, match="already-running"):
            await one.seat.take()
    async with seated(one):
        with pytest.raises(Unfit, match="already-running"):
            async with alone(database):
                pass
    async with alone(database):
        pass


async def test_the_database_is_made_ready_by_one_while_the_others_wait(postgresql: str) -> None:
    settings = make_settings(await new_database(postgresql))
    await asyncio.gather(*(prepare_together(settings) for _ in range(4)))
    one = Place(settings.database)
    async with seated(one):
        await prepare_together(settings)  # nothing is to be changed, so it may run beside others
        await do_on(settings.database, "delete from alembic_version")
        with pytest.raises(Unfit, match="already-running"):
            await prepare_together(settings)


# --- claims


@asynccontextmanager
async def couriers(url: str, bridge: FakeBridge, count: int) -> AsyncIterator[list[Courier]]:
    """So many workers with a courier each, which all work on one network."""
    made = [Place(url) for _ in range(count)]
    async with seated(*made), open_store(url, bridge) as store:
        working = []
        for place in made:

            async def given_up(*_: object) -> None:
                raise AssertionError

            one = Courier(store, {bridge.name: bridge}, given_up, worker=place.seat.number, alive=place.seat.alive)
            place.seat._news = one.ring
            working.append(one)
        tasks = [asyncio.create_task(one.run()) for one in working]
        try:
            yield working
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


class Slow(FakeBridge):
    """It takes its time, and notes who was called when, and how many calls were under way at once."""

    def __init__(self, seconds: float, *paces: Pace) -> None:
        super().__init__(can=replace(TELEGRAM, paces=paces))
        self.seconds, self.calls, self.at_once, self.most = seconds, list[tuple[float, Send]](), 0, 0

    async def do(self, action: Action, *, key: str) -> Ref | None:
        assert isinstance(action, Send) and key not in self.did
        self.calls.append((time.monotonic(), action))
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(self.seconds)
        self.at_once -= 1
        return await super().do(action, key=key)


async def test_claims_take_turns_but_calls_do_not(database: str) -> None:
    bridge, chats, each = Slow(0.1), 12, 5
    async with open_store(database, bridge) as store, store.work() as work:
        for n in range(each):
            for chat in range(chats):
                await work.do(Send(chat=Chat("fake", str(chat)), html=str(n), of=Voice.BOT))
    began = time.monotonic()
    async with couriers(database, bridge, 3):
        await until(lambda: len(bridge.did) == chats * each)
        took = time.monotonic() - began
    for chat in range(chats):
        assert [send.html for _, send in bridge.calls if send.chat.id == str(chat)] == [str(n) for n in range(each)]
    assert bridge.most >= chats / 2 and took < chats * each * 0.1 / 3


async def test_three_workers_keep_the_pace_that_one_would(database: str) -> None:
    """Ten lanes into one room: what somebody whispers to each of ten members."""
    bridge = Slow(0.05, Pace(count=2, per=timedelta(seconds=0.5)))
    async with open_store(database, bridge) as store, store.work() as work:
        for n in range(10):
            person = Person(str(n), bridge.chat, str(n))
            await work.do(Send(chat=bridge.chat, html=str(n), of=Voice.BOT, to=person))
    async with couriers(database, bridge, 3):
        await until(lambda: len(bridge.did) == 10, 20)
    starts = [at for at, _ in bridge.calls]
    assert all(later - earlier > 0.49 for earlier, later in zip(starts, starts[2:], strict=False))
    assert starts[-1] - starts[0] < 6
