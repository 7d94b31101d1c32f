"""A worker's place among others at one PostgreSQL database: its number, what only one may do, and who is there."""

import asyncio
import time
import zlib
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from secrets import randbits
from typing import Any

import psycopg
import structlog
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot.run.database import HERE, Unfit
from bot.store import Work, patient

log = structlog.get_logger()

WORKERS, DUTIES = 0x70616C69, 0x70616C6A  # the first halves of PostgreSQL's advisory locks, "pali" and "palj"
CLAIMS = 0x70616C696574  # held in every transaction that claims, until its commit
BEAT = 1.0  # seconds between two signs of life
PATIENCE = 3.0  # seconds that the database may take to answer one
GRACE = 5.0  # seconds for which a worker that is gone may come back, before what it was sending is looked after
LONGEST_PAUSE = 3.0
HANGS = "20s"  # a worker that gives no sign of life for so long loses its place; the others go on

HERE_ALONE = "granted and database = (select oid from pg_database where datname = current_database())"
LOCKS = f"from pg_locks where locktype = 'advisory' and objsubid = 2 and {HERE_ALONE}"
WHO = text(
    f"select objid::bigint, true {LOCKS} and classid = :workers"  # noqa: S608 - all of it stands here
    " union all select distinct worker, false from outgoing where state = 'SENDING'"
)
ON_DUTY = text(f"select objid::bigint {LOCKS} and classid = :duties")
ENDS = f"select pg_terminate_backend(pid) {LOCKS} and classid = %s and objid = %s and pid <> pg_backend_pid()"
TRIES = "select n, pg_try_advisory_lock(%s::int, n) from unnest(%s::int[]) as duty (n)"
Side = Callable[[], Awaitable[object]]


@dataclass(slots=True)
class Turn:
    """Whether it is this worker that has a duty."""

    held: asyncio.Event = field(default_factory=asyncio.Event)
    lost: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self) -> None:
        self.lost.clear()
        self.held.set()

    def lose(self) -> None:
        self.held.clear()
        self.lost.set()


class Seat:
    """One connection that lasts as long as the process: PostgreSQL frees what it holds when it ends, however it ends.

    `news` is called when something was queued anywhere, `reload` when the settings are to be read anew. Works only
    where the connection is the worker's own: not through a pooler that lends connections by transaction.
    """

    def __init__(
        self, url: str, duties: Iterable[str], *, news: Callable[[], None], reload: Callable[[], None]
    ) -> None:
        self.number = 1 + randbits(30)
        self._url, self._news, self._reload = make_url(url), news, reload
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._turns = {duty: Turn() for duty in duties}
        self._missed: dict[int, float] = {}  # since when workers that were sending something are gone

    # --- what others may ask

    @property
    def taken(self) -> bool:
        """Whether this worker has its place."""
        return self._connection is not None

    def has(self, duty: str) -> bool:
        """Whether this worker is the one that does it."""
        return self._turns[duty].held.is_set()

    async def alive(self, work: Work) -> frozenset[int]:
        """The numbers of the workers that are there, or were a moment ago; until the commit, nobody else claims.

        Raises ConnectionError while this worker has no place: others may take it for dead.
        """
        calls: Any = await work.run_sync(
            lambda session: (
                session.connection().execute(text(f"select pg_advisory_xact_lock({CLAIMS})")),
                session.connection().execute(WHO, {"workers": WORKERS}).all(),
            )[1]
        )
        there = {number for number, lives in calls if lives}
        if self._connection is None or self.number not in there:
            raise ConnectionError("this worker has lost its place")
        moment, gone = time.monotonic(), {number for number, _ in calls} - there - {0}
        self._missed = {number: self._missed.get(number, moment) for number in gone}
        return frozenset(there | {number for number, since in self._missed.items() if moment - since < GRACE})

    async def while_mine(self, duty: str, side: Side) -> None:
        """Do it for ever, but only while no other worker does; it is cancelled when this one may no longer."""
        turn = self._turns[duty]
        while True:
            await turn.held.wait()
            doing, lost = asyncio.ensure_future(side()), asyncio.create_task(turn.lost.wait())
            try:
                await asyncio.wait([doing, lost], return_when=asyncio.FIRST_COMPLETED)
                if doing.done():
                    doing.result()
                    await lost  # it has come to an end here; another worker would see the same
            finally:
                for task in (doing, lost):
                    task.cancel()
                await asyncio.wait([doing, lost])

    # --- the connection

    async def take(self) -> None:
        """Sit down for the first time; Unfit where that cannot be."""
        try:
            with suppress(Unfit):  # somebody who only looked whether a bot is there
                await self._sit()
                return
            await asyncio.sleep(BEAT)
            await self._sit()
        except (psycopg.Error, OSError, TimeoutError) as error:
            raise Unfit("cli-database-unusable", why=str(error).strip().split("\n")[0]) from None

    async def run(self) -> None:
        """Keep the place until cancelled; when it is lost, have it again as soon as can be."""
        failures = 0
        try:
            while True:
                try:
                    if self._connection is None:
                        await self._sit()
                        log.info("the place at the database is taken again", worker=self.number)
                    failures = 0
                    await self._stay()
                except (psycopg.Error, OSError, TimeoutError, Unfit) as error:
                    failures += 1
                    log.error("the place at the database is lost", worker=self.number, kind=type(error).__name__)
                await self.leave()
                await asyncio.sleep(min(LONGEST_PAUSE, 0.1 * 2.0 ** min(failures, 8)))
        finally:
            await self.leave()

    async def _sit(self) -> None:
        """The number first: while another connection of ours still seems to hold it, that one is ended."""
        url = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await psycopg.AsyncConnection.connect(url, autocommit=True, **patient(self._url))  # type: ignore[arg-type]
        try:
            async with asyncio.timeout(PATIENCE):
                await self._settle_down(connection)
        except BaseException:
            await connection.close()
            raise
        self._connection = connection
        self._news()  # what was said meanwhile was not heard

    async def _settle_down(self, connection: psycopg.AsyncConnection[Any]) -> None:
        with suppress(psycopg.errors.UndefinedObject):  # before PostgreSQL 14
            await ask(connection, f"set idle_session_timeout = '{HANGS}'")
        if not (await ask(connection, "select pg_try_advisory_lock_shared(%s)", HERE))[0][0]:
            raise Unfit("cli-already-running")
        await ask(connection, ENDS, WORKERS, self.number)
        await ask(connection, "select pg_advisory_lock(%s, %s)", WORKERS, self.number)
        await ask(connection, "listen palier")

    async def _stay(self) -> None:
        """Take over what nobody does, which is a sign of life too, and hear of news."""
        assert self._connection
        while True:
            async with asyncio.timeout(PATIENCE):
                await self._take_over(self._connection)
            async with aclosing(self._connection.notifies(timeout=BEAT)) as notes:
                async for note in notes:
                    (self._reload if note.payload == "reload" else self._news)()

    async def _take_over(self, connection: psycopg.AsyncConnection[Any]) -> None:
        free = {number_of(duty): turn for duty, turn in self._turns.items() if not turn.held.is_set()}
        for number, ours in await ask(connection, TRIES, DUTIES, list(free)):
            if ours:
                free[number].take()

    async def leave(self) -> None:
        """Give the place up."""
        connection, self._connection = self._connection, None
        for turn in self._turns.values():
            turn.lose()
        if connection:
            with suppress(Exception):
                await connection.close()


async def held(work: Work, duties: Iterable[str]) -> frozenset[str]:
    """Those of these duties that some worker has."""
    found: Any = await work.run_sync(lambda session: session.connection().execute(ON_DUTY, {"duties": DUTIES}).all())
    numbers = {number for (number,) in found}
    return frozenset(duty for duty in duties if number_of(duty) in numbers)


def number_of(duty: str) -> int:
    """The second half of a duty's lock."""
    return 1 + (zlib.crc32(duty.encode()) >> 1)


async def ask(connection: psycopg.AsyncConnection[Any], query: str, *values: object) -> list[Any]:
    """The rows of an answer."""
    cursor = await connection.execute(query.encode(), values)
    return await cursor.fetchall() if cursor.description else []
