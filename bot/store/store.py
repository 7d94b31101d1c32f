"""Hands out transactions on SQLite or PostgreSQL, and keeps what bridges remember."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, nullcontext
from typing import Any, TypeVar

from sqlalchemy import URL, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import col, delete, select

from bot.seal import Seal
from bot.store.circles import Rules, Shared
from bot.store.inline import begin_to_write
from bot.store.tables import Remembered
from bot.store.work import Work

T = TypeVar("T")


def open_engine(url: str) -> AsyncEngine:
    """An engine for a database address, set up so that what is committed survives a power cut."""
    made = make_url(url)
    if made.get_backend_name() != "sqlite":
        return create_async_engine(made, connect_args=patient(made))
    engine = create_async_engine(made.set(drivername="sqlite+inline"))
    event.listen(engine.sync_engine, "connect", set_up_sqlite)
    event.listen(engine.sync_engine, "begin", lambda begun: begin_to_write(begun.connection.driver_connection))
    return engine


def patient(url: URL) -> dict[str, str | int]:
    """How a server is spoken to: each side notices within seconds that the other one is gone.

    A process that hangs within a transaction loses it, since others may wait for what it holds.
    """
    probes = {"idle": 5, "interval": 2, "count": 3}
    settings = {f"tcp_keepalives_{name}": value for name, value in probes.items()}
    settings["idle_in_transaction_session_timeout"] = 30_000
    options = " ".join([str(url.query.get("options", "")), *(f"-c {name}={value}" for name, value in settings.items())])
    beats = {f"keepalives_{name}": value for name, value in probes.items()}
    return {**beats, "connect_timeout": 5, "tcp_user_timeout": 15_000, "options": options.strip()}


def set_up_sqlite(connection: Any, _: Any) -> None:
    """Durable write-ahead log; deleted rows are overwritten; transactions begin where SQLAlchemy says."""
    connection.isolation_level = None  # else the driver begins by itself, too late for savepoints
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "busy_timeout=0"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


async def to_the_end(call: Coroutine[Any, Any, T]) -> T:
    """Wait for a call even when cancelled: a transaction that is broken off in the middle leaves the file locked.

    Whoever uses `Store.work` in a task that may be cancelled wraps it in this.
    """
    task = asyncio.ensure_future(call)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


class Store:
    """One database, one key."""

    def __init__(self, engine: AsyncEngine, seal: Seal, rules: Rules) -> None:
        self.engine, self.seal, self.rules = engine, seal, rules
        self._shared = Shared() if engine.dialect.name == "sqlite" else None
        # SQLite has one writer; a turn lasts a transaction, never a call to a network.
        self._turn = asyncio.Lock() if engine.dialect.name == "sqlite" else nullcontext()

    def adopt(self, rules: Rules) -> None:
        """Go by other rules from the next transaction on."""
        self.rules = rules
        if self._shared:
            self._shared.changes += 1

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        """A transaction: committed at the end, rolled back where something is raised."""
        async with self._turn, Work(self.engine, expire_on_commit=False, autoflush=True) as work:
            work.begin_anew(self.seal, self.rules, self._shared)
            try:
                yield work
                await work.finish()
                await to_the_end(work.commit())
            except BaseException:
                work.undone()
                await to_the_end(work.rollback())
                raise

    async def load(self, name: str) -> str | None:
        """What a bridge saved under a name."""
        return await to_the_end(self._load(name))

    async def _load(self, name: str) -> str | None:
        async with self.work() as work:
            kept = await work.get(Remembered, name)
            return self.seal.open(kept.value) if kept else None

    async def load_all(self, prefix: str) -> dict[str, str]:
        """Everything that was saved under names that begin so."""
        return await to_the_end(self._load_all(prefix))

    async def _load_all(self, prefix: str) -> dict[str, str]:
        async with self.work() as work:
            kept = await work.exec(select(Remembered).where(col(Remembered.name).startswith(prefix, autoescape=True)))
            return {one.name: self.seal.open(one.value) for one in kept}

    async def save(self, name: str, value: str) -> None:
        """Keep it durably."""
        await self.save_all({name: value})

    async def save_all(self, values: Mapping[str, str | None]) -> None:
        """Keep all of these or none, durably; forget those that are None."""
        await to_the_end(self._save_all(values))

    async def _save_all(self, values: Mapping[str, str | None]) -> None:
        async with self.work() as work:
            gone = [name for name, value in values.items() if value is None]
            if gone:
                await work.exec(delete(Remembered).where(col(Remembered.name).in_(gone)))
            for name, value in sorted(values.items()):  # in one order: two workers must not lock each other
                if value is not None:
                    await work.keep(name, self.seal.close(value))

    async def truncate(self) -> None:
        """Leave nothing of what was deleted in SQLite's log; while somebody reads it, the next time does."""
        if self.engine.dialect.name != "sqlite":
            return
        async with self._turn, self.engine.connect() as connection:
            raw: Any = (await connection.get_raw_connection()).driver_connection
            await to_the_end(asyncio.to_thread(lambda: raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()))

    async def close(self) -> None:
        """Let go of the database."""
        await self.engine.dispose()
