"""What could not be decrypted yet: kept sealed until its key comes, or its time is over."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bridges.port import Cursor

PREFIX = "matrix.late."
MOST = 500  # events
KEPT = 7 * 86_400.0  # seconds
PATIENCE = 60.0  # before people are told: most keys come a moment after their message


@dataclass(slots=True)
class Waiting:
    """One event without its key. `told`: its room knows that it cannot be read."""

    room: str
    event: dict[str, Any]
    since: float
    told: bool = False


class Late:
    """In the order in which they came."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}

    async def restore(self, cursor: Cursor) -> None:
        """What waited before a restart."""
        for name, value in (await cursor.load_all(PREFIX)).items():
            kept = json.loads(value)
            self._waiting[name.removeprefix(PREFIX)] = Waiting(kept["room"], kept["event"], kept["since"], told=True)
        self._waiting = dict(sorted(self._waiting.items(), key=lambda one: one[1].since))

    async def keep(self, cursor: Cursor, room: str, event: dict[str, Any]) -> bool:
        """Hold it until its key is there; False if it is held already, or there are too many."""
        id_ = str(event["event_id"])
        if id_ in self._waiting or len(self._waiting) >= MOST:
            return False
        self._waiting[id_] = Waiting(room, event, time.time())
        kept = {"room": room, "event": event, "since": self._waiting[id_].since}
        await cursor.save(PREFIX + id_, json.dumps(kept))
        return True

    def all(self) -> Iterator[Waiting]:
        """Every event that waits."""
        yield from list(self._waiting.values())

    async def forget(self, cursor: Cursor, *ids: str) -> None:
        """They were delivered."""
        for id_ in ids:
            self._waiting.pop(id_, None)
        if ids:
            await cursor.save_all({PREFIX + id_: None for id_ in ids})

    async def tidy(self, cursor: Cursor) -> None:
        """What never found its key is let go of."""
        old = [id_ for id_, one in self._waiting.items() if time.time() - one.since > KEPT]
        await self.forget(cursor, *old)

    def to_tell(self) -> list[Waiting]:
        """Those that nobody can read, after a while; each is named once."""
        due = [one for one in self._waiting.values() if not one.told and time.time() - one.since > PATIENCE]
        for one in due:
            one.told = True
        return due
