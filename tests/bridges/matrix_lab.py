"""What tests of the Matrix bridge stand on: a memory for its cursor, a bot that listens, people who write."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bot.demo.resident import Resident
from bot.demo.synapse import Synapse
from bridges.matrix import MatrixBridge
from bridges.model import Event, Media, MediaKind, Message
from bridges.port import Cursor, Depot, File, Refused

E = TypeVar("E", bound=Event)
NUMBERS = itertools.count()


class Memory(Cursor):
    """A cursor that outlives its bridge."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.behind = False  # whether something was heard that no saved token covers yet

    async def load(self, name: str) -> str | None:
        return self.kept.get(name)

    async def load_all(self, prefix: str) -> dict[str, str]:
        return {name: value for name, value in self.kept.items() if name.startswith(prefix)}

    async def save(self, name: str, value: str) -> None:
        await self.save_all({name: value})

    async def save_all(self, values: Mapping[str, str | None]) -> None:
        for name, value in values.items():
            if value is None:
                self.kept.pop(name, None)
            else:
                self.kept[name] = value
        self.behind = False


@dataclass(frozen=True, slots=True)
class Shelved(File):
    """A file that a test put down."""

    path: Path
    kind: MediaKind
    name: str
    type: str
    size: int
    width: int = 0
    height: int = 0
    seconds: float = 0


class Shelf(Depot):
    """A depot that has what tests put on it, under the names of its sources; nothing is converted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.brought = 0

    def put(self, name: str, data: bytes) -> str:
        """Put a file down; returns its source."""
        (self._folder / name).write_bytes(data)
        return name

    @asynccontextmanager
    async def bring(
        self, media: Media, *, largest: int | None, accepts: Callable[[MediaKind, str], bool]
    ) -> AsyncIterator[File]:
        path = self._folder / media.source
        if largest is not None and path.stat().st_size > largest:
            raise Refused("too-large")
        self.brought += 1
        kind, size = media.kind if accepts(media.kind, media.type) else MediaKind.FILE, path.stat().st_size
        yield Shelved(path, kind, media.name, media.type, size, media.width, media.height, media.seconds)


class Ear:
    """An inbox that remembers what it was given; `strike` makes it fail once, before it takes the next batch."""

    def __init__(self, memory: Memory | None = None) -> None:
        self.memory = memory or Memory()
        self.heard: list[Event] = []
        self.strike: Exception | None = None

    async def __call__(self, events: Sequence[Event]) -> None:
        if self.strike:
            strike, self.strike = self.strike, None
            raise strike
        self.memory.behind = True
        self.heard += events

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.heard if isinstance(event, kind)]

    def ids(self) -> list[str]:
        """The messages that were heard, in order."""
        return [message.ref.id for message in self.of(Message)]


class Bot:
    """An account on the homeserver and what it remembers; `up` runs a bridge on it, again and again."""

    def __init__(self, synapse: Synapse, user: str, password: str) -> None:
        self.synapse, self.user, self.password = synapse, user, password
        self.memory = Memory()
        self.ear = Ear(self.memory)
        self.more: dict[str, Any] = {}  # for the bridge: a depot, a pace

    def itself(self) -> Resident:
        """The bot's own account, used past the bridge."""
        token = json.loads(self.memory.kept["matrix.session"])["access_token"]
        return Resident(self.synapse.url, self.user, token)

    def bridge(self) -> MatrixBridge:
        localpart = self.user[1:].partition(":")[0]
        return MatrixBridge(
            self.synapse.url, localpart, password=self.password, cursor=self.memory, **self.more
        )

    @asynccontextmanager
    async def up(self) -> AsyncIterator[MatrixBridge]:
        """A bridge that listens; ready when its first sync is done."""
        before, bridge = self.memory.kept.get("matrix"), self.bridge()
        running = asyncio.create_task(bridge.run(self.ear))
        try:
            await until(lambda: running.done() or self.memory.kept.get("matrix") != before or bridge._known)
            if running.done():
                running.result()
            yield bridge
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await bridge.close()


async def until(true: Callable[[], object], patience: float = 20) -> None:
    """Wait for something to become so."""
    async with asyncio.timeout(patience):
        while not true():
            await asyncio.sleep(0.02)


async def bot(synapse: Synapse) -> Bot:
    """A new account for a bot."""
    name = f"palier{next(NUMBERS)}"
    await synapse.register(name, "secret", "Palier")
    return Bot(synapse, f"@{name}:{synapse.server_name}", "secret")


async def resident(synapse: Synapse, displayname: str) -> Resident:
    """A new account for a person."""
    name = f"{displayname.lower()}{next(NUMBERS)}"
    token = await synapse.register(name, "secret", displayname)
    return Resident(synapse.url, f"@{name}:{synapse.server_name}", token)
