"""The database as the operator's commands and the running bot find it: of this version, of this key, and whose."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.app import make_rules
from bot.config import Settings
from bot.seal import Seal, WrongKey
from bot.store import Rules, Store, open_engine
from bot.store.migrate import NewerDatabase, is_current, upgrade
from bot.texts import Texts

KEY_CHECK = "palier.key-check"
FOUND_BY = "palier.found-by"  # what hashes were made with under earlier keys
HERE = 0x70616C696572  # "palier": PostgreSQL's lock that workers share, and that whoever must be alone takes whole
DOOR = 0x70616C696573  # held by the one that looks whether the database is ready


class Unfit(Exception):
    """It cannot go on without a human: `key` names a sentence of `bot/texts` (`cli-...`), `args` fill it in."""

    def __init__(self, key: str, **args: object) -> None:
        super().__init__(key)
        self.key, self.filled = key, args


def file_of(url: str) -> Path | None:
    """The file of an SQLite database; None for a server."""
    made = make_url(url)
    if made.get_backend_name() != "sqlite":
        return None
    if not made.database or made.database == ":memory:":
        raise Unfit("cli-database-memory")
    return Path(made.database)


def lock_of(file: Path) -> Path:
    """The file that is locked while somebody works on an SQLite database; it holds the number of that process."""
    return file.with_name(f"{file.name}.lock")


@asynccontextmanager
async def alone(url: str) -> AsyncIterator[None]:
    """Have a database to oneself; Unfit where a Palier works on it. It is free again when a process dies."""
    taken = hold_file(file) if (file := file_of(url)) else hold_server(url)
    async with taken:
        yield


async def is_at_work(url: str) -> bool:
    """Whether a Palier works on a database; Unfit where that cannot be told."""
    try:
        async with alone(url):
            return False
    except Unfit as error:
        if error.key != "cli-already-running":
            raise
        return True


@asynccontextmanager
async def hold_file(file: Path) -> AsyncIterator[None]:
    """A lock on a file beside the database."""
    try:
        handle = os.open(lock_of(file), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unfit("cli-database-unusable", why=(error.strerror or "").lower()) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unfit("cli-already-running") from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


@asynccontextmanager
async def hold_server(url: str) -> AsyncIterator[None]:
    """The lock of all workers, taken whole; it lasts as long as its connection."""
    async with connected(url) as connection:
        async with sound():
            got = await connection.scalar(text(f"select pg_try_advisory_lock({HERE})"))
        if not got:
            raise Unfit("cli-already-running")
        yield


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncConnection]:
    """A connection to a server by itself, without transactions; Unfit where there is none."""
    engine = open_engine(url)
    try:
        async with sound():
            connection = await engine.execution_options(isolation_level="AUTOCOMMIT").connect()
        try:
            yield connection
        finally:
            await connection.close()
    finally:
        await engine.dispose()


@asynccontextmanager
async def sound() -> AsyncIterator[None]:
    """Turn what a database may complain of into a sentence."""
    try:
        yield
    except NewerDatabase:
        raise Unfit("cli-database-newer") from None
    except WrongKey:
        raise Unfit("cli-wrong-key") from None
    except DBAPIError as error:
        raise Unfit("cli-database-unusable", why=str(error.orig).strip().split("\n")[0]) from None


@asynccontextmanager
async def open_store(settings: Settings, rules: Rules | None = None) -> AsyncIterator[Store]:
    """A database of this version that was written with this key; Unfit otherwise."""
    if (file := file_of(settings.database)) and not file.exists():
        raise Unfit("cli-database-absent", file=file)
    engine = open_engine(settings.database)
    store = Store(engine, Seal(settings.key.get_secret_value()), rules or make_rules(settings, Texts(), []))
    try:
        async with sound():
            async with engine.connect() as connection:
                if not await connection.run_sync(is_current):
                    raise Unfit("cli-database-older")
            await store.load(KEY_CHECK)
            if earlier := await store.load(FOUND_BY):
                key = settings.key.get_secret_value()
                store.seal = Seal(key, [bytes.fromhex(mac) for mac in earlier.split()])
        yield store
    finally:
        await asyncio.shield(store.close())


async def prepare(settings: Settings) -> None:
    """Bring the database to this version, and note with which key it is written. Only for who is `alone`."""
    async with sound():
        await upgrade(settings.database)
    async with open_store(settings) as store, sound():
        if await store.load(KEY_CHECK) is None:
            await store.save(KEY_CHECK, "palier")


async def prepare_together(settings: Settings) -> None:
    """The same where several begin at once: one does it, the others wait. What works on it already needs no change."""
    async with connected(settings.database) as connection:
        async with sound():
            await connection.execute(text(f"select pg_advisory_lock({DOOR})"))
            current = await connection.run_sync(is_current)
        if current:
            await prepare(settings)
        else:
            async with alone(settings.database):
                await prepare(settings)


def shown(url: str) -> str:
    """A database's address as people and other programs write it, without its password."""
    made = make_url(url)
    return made._replace(drivername=made.get_backend_name(), password=None).render_as_string()
