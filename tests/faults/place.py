"""Chats that are linked, two residents who write in them, and the Palier between them, which can be killed."""

import asyncio
import base64
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psycopg
from prometheus_client.parser import text_string_to_metric_families

from bot.config import load
from bot.demo.children import Child, ChildError
from bot.demo.resident import Resident, ResidentError
from bot.demo.town import until
from bot.gate import Choice
from bot.run import open_store, prepare
from bot.store import Circle, Linked, Room
from bridges.model import Chat, Person, Ref
from bridges.simulator import Control
from tests.faults.mined import Mined, Orders
from tests.faults.proxy import Proxy
from tests.faults.rows import Count
from tests.faults.tables import Tables

COMMUNE = "Bourg-Exemple"
KEY = base64.b64encode(secrets.token_bytes(32)).decode()


@dataclass(frozen=True, slots=True)
class Joined:
    """The chats of one circle."""

    groups: tuple[int, ...]
    rooms: tuple[str, ...]

    @property
    def group(self) -> int:
        return self.groups[0]

    @property
    def room(self) -> str:
        return self.rooms[0]


@dataclass(slots=True, kw_only=True)
class Place:
    """One bot on both networks."""

    folder: Path
    tables: Tables
    web: str
    control: Control
    amina: int  # on Telegram
    maelle: Resident  # on Matrix
    bot: int
    itself: Resident  # the bot's own Matrix account
    circles: list[Joined]
    secrets: dict[str, str]
    proxies: list[Proxy] = field(default_factory=list)
    workers: int = 1
    _palier: Child | None = None

    @property
    def config(self) -> Path:
        return self.folder / "palier.toml"

    # --- Palier's process

    @property
    def palier(self) -> Child:
        if self._palier is None:
            arguments = ["run", "--config", str(self.config)]
            if self.workers > 1:
                arguments += ["--workers", str(self.workers)]
            self._palier = Child("bot", arguments, self.folder / "palier.log", self.environment)
        return self._palier

    @property
    def environment(self) -> dict[str, str]:
        """What Palier has to know and nobody else."""
        return {**self.secrets, "PALIER_KEY": KEY}

    async def start(self, patience: float = 30) -> None:
        """Return when it is well and what is said from now on will be heard; a stopped one is started anew."""
        if self.palier.alive and (await self.health()).get("status") == "down":
            await self.stop()
        self.palier.start()
        await until("Palier, well", self._well, patience)

    async def _well(self) -> bool:
        if not self.palier.alive:
            raise ChildError(f"Palier ended by itself:\n{self.palier.last_lines()}")
        return (await self.health()).get("status") == "ok" and self.tables.remembers("matrix")

    def give(self, **secrets: str) -> None:
        """Other secrets, for the next start."""
        assert self._palier is None or not self._palier.alive
        self.secrets |= secrets
        self._palier = None

    async def stop(self) -> None:
        """In order, as an operator would."""
        await self.palier.stop(patience=15)

    async def kill(self) -> None:
        """`kill -9`."""
        await self.palier.kill()

    async def emptied(self, every: int, patience: float) -> bool:
        """Wait until so many messages were put into the outbox and nothing waits there; whether that came to be."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            with suppress(psycopg.OperationalError):  # a server that is about to come back
                ever, waiting = self.tables.outbox()
                if ever >= every and not waiting:
                    return True
            await asyncio.sleep(0.05)
        return False

    @asynccontextmanager
    async def mined(self, orders: Orders | None = None) -> AsyncIterator[Mined]:
        """Meanwhile it is a Palier that obeys orders that runs here."""
        async with self.crew(1, orders) as (palier,):
            yield palier

    @asynccontextmanager
    async def crew(self, size: int, orders: Orders | None = None) -> AsyncIterator[list[Mined]]:
        """Several of them, which share the work."""
        await self.stop()
        crew = [Mined(self.config, self.environment, self.folder / f"mined{n}.log") for n in range(size)]
        for palier in crew:
            palier.start(orders)
        try:
            await until("the first look into the rooms", self._has_looked, 30)
            yield crew
        finally:
            await asyncio.gather(*(palier.stop() for palier in crew))

    async def _has_looked(self) -> bool:
        return self.tables.remembers("matrix")

    async def health(self) -> dict[str, Any]:
        """What `/health` says; empty where nobody answers."""
        answer = await self._ask("/health")
        return dict(answer.json()) if answer else {}

    async def metrics(self, family: str) -> dict[str, float]:
        """A family of `/metrics`, by the last label; "" is 1 where there was an answer at all."""
        answer = await self._ask("/metrics")
        if answer is None:
            return {}
        found = {"": 1.0}
        for one in text_string_to_metric_families(answer.text):
            if one.name == family:
                for sample in one.samples:
                    if not sample.name.endswith("_created"):
                        found["/".join(sample.labels.values())] = sample.value
        return found

    async def _ask(self, path: str) -> httpx.Response | None:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=2) as http:
                return await http.get(self.web + path)
        except httpx.HTTPError:
            return None

    async def stopped(self, bridge: str, patience: float = 10) -> str:
        """Wait until a bridge has stopped; returns its sentence."""

        async def look() -> str:
            told = (await self.health()).get("bridges", {}).get(bridge, {})
            return str(told.get("why") or "?") if told.get("state") == "stopped" else ""

        return await until(f"the bridge to {bridge}, stopped", look, patience)

    async def quiet(self, patience: float = 60) -> None:
        """Wait until nothing waits to be sent."""

        async def look() -> bool:
            return bool((await self.health()).get("waiting", 1) == 0)

        await until("an empty outbox", look, patience)

    # --- what residents write

    async def telegram_says(self, group: int, text: str, **more: Any) -> int:
        """Amina's message; its number."""
        return int((await self.control.say(group, self.amina, text, **more))["message_id"])

    async def telegram_tells(self, update: Mapping[str, Any]) -> int:
        """A raw update, well-formed or not, written in ASCII alone: that way it may hold half a character. Its id."""
        body = json.dumps({"bot": self.bot, "update": update})
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(
                f"{self.control.url}/control/updates", content=body, headers={"Content-Type": "application/json"}
            )
        return int(answer.raise_for_status().json()["update_id"])

    async def matrix_says(self, room: str, text: str) -> str:
        """Maëlle's message; its id. While the server is away her app tries again, with the same transaction."""
        path = f"/rooms/{quote(room)}/send/m.room.message/{secrets.token_hex(8)}"
        body = {"msgtype": "m.text", "body": text, "m.mentions": {}}
        for _ in range(300):
            try:
                return str((await self.maelle.call("PUT", path, body))["event_id"])
            except (httpx.HTTPError, ValueError):
                await asyncio.sleep(0.1)
            except ResidentError as error:
                if not error.code.startswith("M_UNKNOWN"):
                    raise
                await asyncio.sleep(0.1)
        raise ChildError("the homeserver took no message for a long time")

    async def write(
        self, tag: str, count: int, *, telegram: Iterable[Joined] = (), matrix: Iterable[Joined] = (), pause: float = 0
    ) -> None:
        """Numbered messages into these circles' chats, on both networks at once, in order in each."""

        async def one(say: Callable[[str], Awaitable[object]]) -> None:
            for number in range(count):
                await say(f"{tag} {number:04d}")
                await asyncio.sleep(pause)

        await asyncio.gather(
            *(one(lambda text, at=circle: self.telegram_says(at.group, text)) for circle in telegram),  # type: ignore[misc]
            *(one(lambda text, at=circle: self.matrix_says(at.room, text)) for circle in matrix),  # type: ignore[misc]
        )

    async def chatter(self, tag: str, over: asyncio.Event, here: Joined, pause: float) -> tuple[int, int]:
        """Numbered messages into a group and a room until it is over; how many were written in each."""

        async def one(say: Callable[[str], Awaitable[object]]) -> int:
            number = 0
            while not over.is_set():
                await say(f"{tag} {number:04d}")
                number += 1
                await asyncio.sleep(pause)
            return number

        return await asyncio.gather(
            one(lambda text: self.telegram_says(here.group, text)), one(lambda text: self.matrix_says(here.room, text))
        )

    # --- what residents read

    async def on_telegram(self, group: int, last: int = 0) -> list[str]:
        """Every text that the bot has said in a group, or among the `last` messages, as it is shown, oldest first."""
        seen = (await self.control.view(group, self.amina, last))["messages"]
        return [message["text"] for message in seen if message["from"]["is_bot"] and "service" not in message]

    async def on_matrix(self, room: str) -> list[str]:
        """Every body that the bot has said in a room, oldest first, edits included."""
        return [str(content.get("body", "")) for _, content in await self._heard(room)]

    async def shown_on_matrix(self, room: str, last: int = 0) -> list[str]:
        """The same as it is shown, or as much of it as is among the `last` events: edited, and without what is gone."""
        shown: dict[str, str] = {}
        for id_, content in await self._heard(room, last):
            match content:
                case {"m.relates_to": {"rel_type": "m.replace", "event_id": first}, "m.new_content": {"body": words}}:
                    shown[first] = words
                case {"body": words}:
                    shown.setdefault(id_, words)
        return list(shown.values())

    async def _heard(self, room: str, last: int = 0) -> list[tuple[str, dict[str, Any]]]:
        if last:
            page = await self.maelle.call("GET", f"/rooms/{quote(room)}/messages", dir="b", limit=last)
        events = page["chunk"][::-1] if last else await self.maelle.history(room)
        return [
            (str(event["event_id"]), event["content"])
            for event in events
            if event["type"] == "m.room.message" and event["sender"] == self.itself.user
        ]

    async def counted(
        self, tag: str, count: int, *, telegram: Sequence[Joined] = (), matrix: Sequence[Joined] = (), patience: float
    ) -> list[Count]:
        """Wait until all numbers arrived in these chats, or as long as patience lasts, then long enough to see doubles.

        Those of the Telegram groups come first.
        """
        end = time.monotonic() + patience

        async def look() -> list[Count]:
            lists = [await self.on_telegram(circle.group) for circle in telegram]
            lists += [await self.on_matrix(circle.room) for circle in matrix]
            return [Count(count, numbers(tag, texts)) for texts in lists]

        while any(one.lost for one in await look()) and time.monotonic() < end:
            await asyncio.sleep(0.3)
        while time.monotonic() < end and self.tables.outbox()[1]:
            if (await self.health()).get("status") == "down":  # what waits for a human will not be empty
                break
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)
        return await look()


def numbers(tag: str, texts: Iterable[str]) -> tuple[int, ...]:
    """The numbers behind a tag, in the order of the texts."""
    return tuple(int(found[1]) for text in texts if (found := re.search(rf"\b{tag} (\d{{4}})\b", text)))


def write_config(
    folder: Path, *, database: str, port: int, telegram: str, matrix: str, user: str, circles: int
) -> None:
    """What `palier setup` would write; speed limits are not what is tried here."""
    places = ", ".join(f'"Rue {number}"' for number in range(circles))
    (folder / "palier.toml").write_text(
        f'database = "{database}"\n'
        f'[telegram]\napi = "{telegram}"\npaced = false\n'
        f'[matrix]\nhomeserver = "{matrix}"\nuser = "{user}"\npaced = false\n'
        f'[web]\nport = {port}\n[log]\nlevel = "warning"\n'
        "[moderation]\nchecks.flood.on = false\nchecks.duplicates.on = false\n"  # nobody writes so much
        f'[[commune]]\nname = "{COMMUNE}"\nneighbourhoods = [{places}]\n',
        encoding="utf-8",
    )


async def seed(place: Place) -> None:
    """The circles as people would have linked them, and both residents' yes, straight into the database.

    Whoever links a group says so there: one number of it is known, after which a call without an answer is looked for.
    """
    settings = load(place.config, place.environment)
    await prepare(settings)
    async with open_store(settings) as store, store.work() as work:
        for number, joined in enumerate(place.circles):
            circle = Circle(commune=COMMUNE, neighbourhood=f"Rue {number}", name=f"Rue {number}")
            work.add(circle)
            await work.flush()
            assert circle.id is not None
            chats = [Chat("telegram", str(group)) for group in joined.groups]
            chats += [Chat("matrix", room) for room in joined.rooms]
            for chat in chats:
                kind = "supergroup" if chat.network == "telegram" else "room"
                work.add(Room(network=chat.network, id=chat.id, title=circle.name, kind=kind))
                work.add(Linked(network=chat.network, room=chat.id, circle=circle.id))
            for group in joined.groups:
                newest = (await place.control.view(group, place.amina))["messages"][-1]
                work.sight(Ref(Chat("telegram", str(group)), str(newest["message_id"])))
            await work.decide(Person(str(place.amina), chats[0], "Amina"), circle, Choice.NAMED)
            await work.decide(Person(place.maelle.user, chats[-1], "Maëlle"), circle, Choice.NAMED)
