"""The two networks of a run, and places on them: chats that are linked, with a Palier of their own."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Self

import httpx

from bot.demo.children import Child
from bot.demo.resident import Resident
from bot.demo.synapse import Synapse, free_port
from bot.demo.town import until
from bridges.simulator import Control
from tests.faults.place import Joined, Place, seed, write_config
from tests.faults.postgres import Postgres
from tests.faults.proxy import Proxy
from tests.faults.tables import Tables

# What each place is made of: how many groups and rooms each of its circles joins.
DIRECT = [(1, 1)] * 4
BEHIND = [(1, 1), (2, 2), (1, 1), (1, 1)]  # with a proxy before each network


@dataclass(slots=True)
class World:
    """A homeserver and a simulator as processes, one resident on each, and the places that were opened so far."""

    folder: Path
    short: bool
    runs: int  # of what is tried again and again; 0: as many as the form has
    seed: int
    random: Random
    synapse: Synapse
    simulator: Child
    control: Control
    postgres: Postgres
    amina: int = 0
    _maelle: Resident | None = None
    _places: dict[str, tuple[Place, AsyncExitStack]] = field(default_factory=dict)

    @property
    def maelle(self) -> Resident:
        """Who writes on Matrix."""
        assert self._maelle
        return self._maelle

    async def start(self) -> Self:
        """Return when both networks answer."""
        self.simulator.start()
        await asyncio.gather(self.synapse.start(), until("the simulator", self._simulated, 30))
        await self.control.settings(limits=False)
        self.amina = await self.control.user("Amina", language_code="fr")
        token = await self.synapse.register("maelle", secrets.token_urlsafe(16), "Maëlle")
        self._maelle = Resident(self.synapse.url, f"@maelle:{self.synapse.server_name}", token)
        return self

    async def _simulated(self) -> bool:
        try:
            return bool(await self.control.world())
        except httpx.HTTPError:
            return False

    async def place(
        self, name: str, circles: Sequence[tuple[int, int]], *, proxied: bool = False, workers: int = 0,
        running: bool = True,
    ) -> Place:  # fmt: skip
        """The place of this name, made when it is first asked for, with everything in order and Palier running or not.

        With `workers`, so many processes share the work at a PostgreSQL database.
        """
        if name not in self._places:
            stack = AsyncExitStack()
            opening = self._open(f"{name}-{secrets.token_hex(2)}", circles, proxied=proxied, workers=workers)
            place = await stack.enter_async_context(opening)
            self._places[name] = place, stack
        place = self._places[name][0]
        await self.control.no_faults()
        await self.control.no_delays()
        for proxy in place.proxies:
            proxy.heal()
            await proxy.start()
        await (place.start() if running else place.stop())
        return place

    async def close_places(self) -> None:
        """After a failure nothing of it shall befall the next scenario."""
        while self._places:
            _, (_, stack) = self._places.popitem()
            await stack.aclose()

    async def close(self) -> None:
        """Leave nothing running."""
        await self.close_places()
        if self._maelle:
            await self._maelle.close()
        await self.control.close()
        await asyncio.gather(self.simulator.stop(), self.synapse.stop(), self.postgres.close())

    @asynccontextmanager
    async def _open(
        self, name: str, circles: Sequence[tuple[int, int]], *, proxied: bool, workers: int
    ) -> AsyncIterator[Place]:
        folder = self.folder / name
        folder.mkdir()
        bot = await self.control.bot(f"{name.replace('-', '_')}_bot", "Palier")
        password = secrets.token_urlsafe(16)
        me = Resident(self.synapse.url, f"@{name}:{self.synapse.server_name}", "")
        token = await self.synapse.register(name, password, "Palier")
        itself = Resident(self.synapse.url, me.user, token)
        await me.close()
        joined = [await self._circle(n, bot["id"], itself, size) for n, size in enumerate(circles)]
        proxies = [Proxy(self.control.url), Proxy(self.synapse.url)] if proxied else []
        urls = [proxy.url for proxy in proxies] or [self.control.url, self.synapse.url]
        port = free_port()
        file = f"sqlite:///{folder}/palier.db"
        database = await self.postgres.database(name.replace("-", "_")) if workers else file
        write_config(
            folder, database=database, port=port, telegram=urls[0], matrix=urls[1], user=itself.user,
            circles=len(joined),
        )  # fmt: skip
        place = Place(
            folder=folder, tables=Tables(database), workers=workers, web=f"http://127.0.0.1:{port}",
            control=self.control, amina=self.amina, maelle=self.maelle,
            bot=bot["id"], itself=itself, circles=joined, proxies=proxies,
            secrets={"PALIER_TELEGRAM_TOKEN": bot["token"], "PALIER_MATRIX_PASSWORD": password},
        )  # fmt: skip
        await seed(place)
        try:
            yield place
        finally:
            await place.stop()
            await itself.close()
            for proxy in proxies:
                await proxy.stop()

    async def _circle(self, number: int, bot: int, itself: Resident, size: tuple[int, int]) -> Joined:
        groups, rooms = [], []
        for _ in range(size[0]):
            groups.append(group := await self.control.chat(f"Rue {number}", members=[self.amina]))
            await self.control.say(group, self.amina, "before Palier came")
            rights = dict.fromkeys(["can_delete_messages", "can_pin_messages"], True)
            await self.control.member(group, bot, "administrator", rights=rights)
        for _ in range(size[1]):
            rooms.append(room := await self.maelle.create_room(f"Rue {number}", [itself.user]))
            await itself.join(room)
            await self.maelle.appoint(room, itself.user, 50)
        return Joined(tuple(groups), tuple(rooms))


def make_world(folder: Path, *, short: bool, seed: int, runs: int = 0) -> World:
    """Nothing runs yet."""
    port, dice = free_port(), Random(seed)  # noqa: S311 - moments, not secrets
    simulator = Child("bridges.simulator", ["--port", str(port), "--keep", "0"], folder / "simulator.log")
    control = Control(f"http://127.0.0.1:{port}")
    synapse, postgres = Synapse(folder / "synapse"), Postgres(folder / "postgres")
    return World(folder, short, runs, seed, dice, synapse, simulator, control, postgres)
