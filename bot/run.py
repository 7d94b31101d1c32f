"""Puts everything together for `palier run`: one bot to a database, which begins and ends well."""

import asyncio
import fcntl
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from bot.app import App, make_rules
from bot.clock import make_clock
from bot.config import Settings
from bot.metrics import Metrics, Snapshot, count
from bot.seal import Seal, WrongKey
from bot.store import Rules, Store, now, open_engine, to_the_end
from bot.store.migrate import NewerDatabase, is_current, upgrade
from bot.texts import Texts
from bot.web import BridgeHealth, CannotListen, Health, make_web, serve
from bridges import markup
from bridges.matrix import MatrixBridge
from bridges.model import Chat
from bridges.port import Bridge, Capabilities, Cursor
from bridges.telegram import TelegramBridge

log = structlog.get_logger()

PATIENCE = 10.0  # seconds for calls under way to end, once the bot is asked to stop
EVERY = 15.0  # seconds between two counts of the outbox
KEY_CHECK = "palier.key-check"
ADVISORY = 0x70616C696572  # "palier": PostgreSQL's lock that one bot holds


class Unfit(Exception):
    """It cannot go on without a human: `key` names a sentence of `bot/texts` (`cli-...`), `args` fill it in."""

    def __init__(self, key: str, **args: object) -> None:
        super().__init__(key)
        self.key, self.filled = key, args


# --- the database


def file_of(url: str) -> Path | None:
    """The file of an SQLite database; None for a server."""
    made = make_url(url)
    if made.get_backend_name() != "sqlite":
        return None
    if not made.database or made.database == ":memory:":
        raise Unfit("cli-database-memory")
    return Path(made.database)


@asynccontextmanager
async def alone(url: str) -> AsyncIterator[None]:
    """Hold the only place at a database; Unfit where another Palier has it. It is free again when a process dies."""
    taken = hold_file(file) if (file := file_of(url)) else hold_server(url)
    async with taken:
        yield


@asynccontextmanager
async def hold_file(file: Path) -> AsyncIterator[None]:
    """A lock on a file beside the database."""
    beside = file.with_name(f"{file.name}.lock")
    try:
        handle = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unfit("cli-database-unusable", why=(error.strerror or "").lower()) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unfit("cli-already-running") from None
        yield
    finally:
        os.close(handle)


@asynccontextmanager
async def hold_server(url: str) -> AsyncIterator[None]:
    """An advisory lock that lasts as long as its connection."""
    engine = open_engine(url)
    try:
        async with sound():
            connection = await engine.execution_options(isolation_level="AUTOCOMMIT").connect()
            got = await connection.scalar(text(f"select pg_try_advisory_lock({ADVISORY})"))
        try:
            if not got:
                raise Unfit("cli-already-running")
            yield
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


# --- the bot


def connect(settings: Settings, cursor: Cursor) -> list[Bridge]:
    """The networks that the settings name."""
    bridges: list[Bridge] = []
    if telegram := settings.telegram:
        token = telegram.token.get_secret_value()
        bridges.append(TelegramBridge(token, api=telegram.api, paced=telegram.paced))
    if matrix := settings.matrix:
        password = matrix.password.get_secret_value()
        bridges.append(MatrixBridge(matrix.homeserver, matrix.user, password=password, cursor=cursor))
    return bridges


@asynccontextmanager
async def open_app(settings: Settings) -> AsyncIterator[App]:
    """The bot on a database that is ready, with nothing running yet."""
    bridges: dict[str, Bridge] = {}

    def can(chat: Chat) -> Capabilities:
        return bridges[chat.network].capabilities(chat)

    texts = Texts()
    # The bridges come later, since they keep their sessions in the store.
    rules = replace(make_rules(settings, texts, []), can=can, knows=lambda network: network in bridges)
    async with open_store(settings, rules) as store:
        bridges |= {bridge.name: bridge for bridge in connect(settings, store)}
        try:
            yield App(settings, store, list(bridges.values()), texts=texts)
        finally:
            await asyncio.gather(*(bridge.close() for bridge in bridges.values()))


def explain(settings: Settings) -> Callable[[str], str]:
    """The sentence that says what to do where a bridge has stopped; empty for any other reason."""
    texts = Texts()

    def sentence(why: str) -> str:
        key = f"stopped-{why}"
        return markup.plain(texts.say(settings.language, key)) if texts.has(key) else ""

    return sentence


class Watch:
    """Knows how the bot is, for whoever watches over it."""

    def __init__(self, app: App) -> None:
        self._app, self.metrics = app, Metrics(app)
        self._sentence = explain(app.world.settings)
        self._writable, self._tried = True, float("-inf")

    async def health(self) -> Health:
        """Ask the database now, and once a second at most whether it can be written."""
        if time.monotonic() - self._tried > 1:
            await self._write()
            self._tried = time.monotonic()
        try:
            self.metrics.snapshot = await to_the_end(self._count())
            database = "ok" if self._writable else "cannot be written"
        except Exception as error:
            log.error("the database does not answer", kind=type(error).__name__)
            database = "no answer"
        seen = self.metrics.snapshot
        return Health(
            database=database,
            bridges={name: self._bridge(name) for name in self._app.bridges},
            oldest_waiting_seconds=seen.oldest_seconds,
            waiting=sum(queue.waiting for queue in seen.queues.values()),
            dead=sum(queue.dead for queue in seen.queues.values()),
        )

    def _bridge(self, name: str) -> BridgeHealth:
        line, stopped = self._app.lines[name], self._app.courier.stopped.get(name)
        why = stopped or line.why
        if stopped or line.state == "stopped":
            return BridgeHealth(state="stopped", since=line.since, why=self._sentence(why) or why or None)
        return BridgeHealth(state="running" if line.state == "running" else "waiting", since=line.since)

    async def run(self) -> None:
        """Keep what is counted fresh between two questions."""
        while True:
            await self.health()
            await asyncio.sleep(EVERY)

    async def _count(self) -> Snapshot:
        async with self._app.store.work() as work:
            return await count(work)

    async def _write(self) -> None:
        """Try whether anything can be written: a full disk can still be read from."""
        try:
            await self._app.store.save("palier.alive", now().isoformat())
        except Exception as error:
            if self._writable:
                log.error("the database cannot be written", kind=type(error).__name__)
            self._writable = False
        else:
            self._writable = True


async def run(settings: Settings, stop: asyncio.Event | None = None) -> None:
    """Run the bot until SIGTERM, SIGINT or `stop`; Unfit where it cannot begin."""
    began, stop = time.monotonic(), stop or asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with alone(settings.database):
        await prepare(settings)
        async with open_app(settings) as app:
            await work_until(stop, app, began)
    log.info("stopped")


async def work_until(stop: asyncio.Event, app: App, began: float) -> None:
    """Everything that runs side by side; when one of them fails, or on request, all end."""
    settings, watch = app.world.settings, Watch(app)
    clock = make_clock(app.world.features, settings.timezone, app.handle, app.store)
    sides: list[Coroutine[Any, Any, object]] = [app.run(), watch.run(), stop.wait()]
    if settings.web.enabled:
        sides.append(serve(make_web(watch.health, watch.metrics.text), settings.web.host, settings.web.port))
    clock.start()
    tasks = [asyncio.create_task(side) for side in sides]
    log.info("ready", networks=sorted(app.bridges), seconds=round(time.monotonic() - began, 2))
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        clock.shutdown(wait=False)
        await finish(app)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in ended:
        match task.exception():
            case CannotListen() as error:
                raise Unfit("cli-cannot-listen", why=error) from None
            case Exception() as error:
                raise error


async def finish(app: App) -> None:
    """Begin no more calls, and let those under way end: one that is cut off may have been done, and is doubtful."""
    for name in app.bridges:
        app.courier.stopped.setdefault(name, "closing")
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while app.courier.calling:
                await asyncio.sleep(0.05)


def shown(url: str) -> str:
    """A database's address as people and other programs write it, without its password."""
    made = make_url(url)
    return made._replace(drivername=made.get_backend_name(), password=None).render_as_string()
