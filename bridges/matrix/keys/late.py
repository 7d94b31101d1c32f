"""What could not be decrypted yet: kept sealed until its key comes, or its time is over."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bridges.port import Cursor

PREFIX = "matrix.late."
MOST_OF_ONE = 100  # events of one person in one room
MOST_BYTES = 8_000_000
KEPT = 7 * 86_400.0  # seconds
PATIENCE = 60.0  # before people are told: most keys come a moment after their message
NEEDED = ("algorithm", "ciphertext", "session_id", "sender_key", "m.relates_to")
Raw = Mapping[str, Any]


@dataclass(slots=True)
class Waiting:
    """One event without its key; `since` in seconds since 1970. `told`: the room need not hear of it any more."""

    room: str
    event: dict[str, Any]
    since: float
    size: int
    told: bool = False

    @property
    def id(self) -> str:
        return str(self.event["event_id"])


class Late:
    """In the order in which they came."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._waiting: dict[str, Waiting] = {}
        self._bytes = 0
        self._told: set[str] = set()  # rooms

    async def restore(self) -> None:
        """What waited before a restart."""
        found = []
        for value in (await self._cursor.load_all(PREFIX)).values():
            with suppress(ValueError, TypeError, KeyError):
                kept = json.loads(value)
                found.append(Waiting(kept["room"], kept["event"], float(kept["since"]), len(value)))
        now = time.time()
        for one in sorted(found, key=lambda one: one.since):
            one.told = now - one.since > PATIENCE
            self._waiting[one.id] = one
            self._bytes += one.size

    async def keep(self, room: str, event: Raw) -> bool:
        """Hold it until its key is there; False if it is held already. Who floods a room loses their own first."""
        content = {name: event["content"][name] for name in NEEDED if name in event["content"]}
        kept = {name: event[name] for name in ("type", "event_id", "sender", "origin_server_ts") if name in event}
        newest = next(reversed(self._waiting.values())).since if self._waiting else 0.0
        since = max(time.time(), newest + 1e-6)  # the order is kept, whatever the clock does
        value = json.dumps({"room": room, "event": {**kept, "content": content}, "since": since})
        one = Waiting(room, {**kept, "content": content}, since, len(value))
        if one.id in self._waiting or one.size > MOST_BYTES:
            return False
        lost = self._too_many(one)
        await self._cursor.save_all({PREFIX + one.id: value, **{PREFIX + id_: None for id_ in lost}})
        self._waiting[one.id] = one
        self._bytes += one.size
        self._let_go(lost)
        return True

    def _too_many(self, new: Waiting) -> list[str]:
        theirs = [w.id for w in self.all() if (w.room, w.event["sender"]) == (new.room, new.event["sender"])]
        lost = theirs[: max(0, len(theirs) + 1 - MOST_OF_ONE)]
        size = self._bytes + new.size - sum(self._waiting[id_].size for id_ in lost)
        for one in self.all():
            if size <= MOST_BYTES:
                break
            if one.id not in lost:
                lost.append(one.id)
                size -= one.size
        return lost

    def all(self) -> Iterator[Waiting]:
        """Every event that waits."""
        yield from list(self._waiting.values())

    def waits(self, room: str, session: str, sender: str) -> bool:
        """Whether something of somebody waits for this key."""
        wanted = room, session, sender
        return any((w.room, w.event["content"].get("session_id"), w.event["sender"]) == wanted for w in self.all())

    async def forget(self, *ids: str) -> None:
        """They were delivered, or never will be."""
        if held := [id_ for id_ in ids if id_ in self._waiting]:
            await self._cursor.save_all({PREFIX + id_: None for id_ in held})
            self._let_go(held)

    def _let_go(self, ids: Iterable[str]) -> None:
        for id_ in ids:
            self._bytes -= self._waiting.pop(id_).size

    async def forget_room(self, room: str) -> None:
        """The bot is there no more."""
        await self.forget(*(one.id for one in self.all() if one.room == room))

    async def tidy(self) -> None:
        """What never found its key is let go of."""
        now = time.time()
        await self.forget(*(one.id for one in self.all() if now - one.since > KEPT))

    def to_tell(self) -> list[Waiting]:
        """The first that has waited long in each room where nothing was said of it yet."""
        now, due = time.time(), []
        for one in self.all():
            if not one.told and now - one.since > PATIENCE:
                one.told = True
                if one.room not in self._told:
                    self._told.add(one.room)
                    due.append(one)
        return due
