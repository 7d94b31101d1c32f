"""Palier as it really runs, between two networks, on a durable SQLite database of its own."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from bot.config import Settings, load
from bot.demo.children import Child, ChildError
from bot.demo.synapse import free_port
from bot.demo.town import until
from bot.gate import Choice
from bot.run import open_store, prepare
from bot.store import Circle, Linked, Room
from bridges.model import Chat, Person

COMMUNE = "Bourg-Exemple"
PROFILED = "tests.measures.profiled"


@dataclass(slots=True, kw_only=True)
class Palier:
    """The process `palier run`; `pairs` are the chats that it joins, two and two, a Telegram group and a Matrix room.

    `profile`: a file into which goes where its time went, when it has ended.
    """

    folder: Path
    telegram: str
    homeserver: str
    user: str
    pairs: Sequence[tuple[int, str]]
    people: tuple[str, str]  # who writes, on Telegram and on Matrix; both have said yes
    token: str = "8100000001:bench"
    password: str = "bench"
    paced: bool = False
    paced_matrix: bool = False
    profile: Path | None = None
    _port: int = field(default_factory=free_port)
    _child: Child | None = None
    _http: httpx.AsyncClient | None = None

    @property
    def settings(self) -> Settings:
        return load(self.folder / "palier.toml", self._secrets)

    async def prepare(self) -> None:
        """Write what `palier setup` would write, and link the chats as people would have."""
        self.folder.mkdir(parents=True, exist_ok=True)
        places = ", ".join(f'"Rue {n}"' for n in range(len(self.pairs) or 1))
        paced = str(self.paced).lower()
        (self.folder / "palier.toml").write_text(
            f'database = "sqlite:///palier.db"\n'
            f'[telegram]\napi = "{self.telegram}"\npaced = {paced}\n'
            f'[matrix]\nhomeserver = "{self.homeserver}"\nuser = "{self.user}"\n'
            f"paced = {str(self.paced_matrix).lower()}\n"
            f'[web]\nport = {self._port}\n[log]\nlevel = "warning"\n'
            "[moderation]\nchecks.flood.on = false\nchecks.duplicates.on = false\n"  # nobody writes so much
            f'[[commune]]\nname = "{COMMUNE}"\nneighbourhoods = [{places}]\n',
            encoding="utf-8",
        )
        await prepare(self.settings)
        await self._seed()

    async def _seed(self) -> None:
        async with open_store(self.settings) as store, store.work() as work:
            for n, (group, room) in enumerate(self.pairs):
                circle = Circle(commune=COMMUNE, neighbourhood=f"Rue {n}", name=f"Rue {n}")
                work.add(circle)
                await work.flush()
                assert circle.id is not None
                chats = (Chat("telegram", str(group)), Chat("matrix", room))
                for chat, kind, person in zip(chats, ("supergroup", "room"), self.people, strict=True):
                    work.add(Room(network=chat.network, id=chat.id, title=circle.name, kind=kind))
                    work.add(Linked(network=chat.network, room=chat.id, circle=circle.id))
                    await work.decide(Person(person, chat, "Amina"), circle, Choice.NAMED)

    @property
    def _secrets(self) -> dict[str, str]:
        return {"PALIER_TELEGRAM_TOKEN": self.token, "PALIER_MATRIX_PASSWORD": self.password, "PALIER_KEY": KEY}

    async def start(self) -> None:
        """Return when /health is content."""
        arguments, module = ["run", "--config", str(self.folder / "palier.toml")], "bot"
        if self.profile:
            arguments, module = [str(self.profile), *arguments], PROFILED
        self._child = Child(module, arguments, self.folder / "palier.log", self._secrets)
        self._child.start()
        self._http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self._port}", trust_env=False, timeout=5)
        await until("Palier, well", self._well, 60)

    async def _well(self) -> bool:
        assert self._child and self._http
        if not self._child.alive:
            raise ChildError(f"Palier ended by itself:\n{self._child.last_lines()}")
        try:
            return bool((await self._http.get("/health")).json()["status"] == "ok")
        except httpx.HTTPError:
            return False

    async def stop(self) -> None:
        """In order."""
        if self._child and self._http:
            await self._child.stop(patience=30)
            await self._http.aclose()

    @property
    def memory(self) -> float:
        """Resident, in megabytes (10^6 bytes)."""
        assert self._child
        return float(psutil.Process(self._child.pid).memory_info().rss / 1e6)

    async def refusals(self) -> int:
        """How often a network told it to wait."""
        assert self._http
        lines = (await self._http.get("/metrics")).text.splitlines()
        found = [line for line in lines if line.startswith("palier_tally_total") and 'what="retries"' in line]
        return int(float(found[0].rpartition(" ")[2])) if found else 0

    @property
    def log(self) -> str:
        """The end of what it wrote."""
        return self._child.last_lines() if self._child else ""


KEY = base64.b64encode(secrets.token_bytes(32)).decode()
