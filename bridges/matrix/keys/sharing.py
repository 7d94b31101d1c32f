"""What this device says in rooms: one session each, whose key everybody who may read has before it is used."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from nio.crypto.device import OlmDevice
from nio.crypto.sessions import OutboundGroupSession

from bridges.matrix.keys.devices import Devices
from bridges.matrix.keys.machine import ENCRYPTED, MEGOLM, Machine

AT_ONCE = 50  # devices in one call
STEPS = 50  # places in a session whose keys are at hand, for people who came in between
Readers = Callable[[], Collection[str]]


@dataclass(slots=True)
class Outbound:
    """A session and who has its key: `people` all have it if their devices are those of `version`.

    It lives no longer than this process: no place in it can ever hold two different things.
    """

    session: OutboundGroupSession
    people: frozenset[str] = frozenset()
    version: int = -1
    steps: dict[int, str] = field(default_factory=dict)  # the key from each of the last places on


class Sharing:
    """Encrypts for rooms. A session ends when somebody, or one of their devices, has gone; who comes, gets its key from
    then on. Devices are not judged: whoever is in a room may read it.
    """

    def __init__(self, machine: Machine, devices: Devices, flush: Callable[[], Awaitable[None]]) -> None:
        self._machine, self._devices, self._flush = machine, devices, flush
        self._rooms: dict[str, Outbound] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def encrypt(self, room: str, kind: str, content: dict[str, Any], readers: Readers) -> dict[str, Any]:
        """The content of an `m.room.encrypted` that all devices of the readers can open. Raises TryLater."""
        async with self._turns[room]:
            out = await self._ready(room, readers)
            out.steps[out.session.message_index] = out.session.session_key
            if len(out.steps) > STEPS:
                del out.steps[next(iter(out.steps))]
            sealed = self._machine.write(out.session, room, kind, content)
            await self._flush()  # what we said has to be read again, by us too
            return sealed

    async def _ready(self, room: str, readers: Readers) -> Outbound:
        people = frozenset[str]()
        while people != (now := frozenset(readers())):  # somebody may come or go while others are asked
            people = now
            await self._devices.learn(people)
        out, version = self._rooms.get(room), self._devices.version
        if out and not out.session.expired and (out.people, out.version) == (people, version):
            return out
        wanted = self._machine.devices(people)
        if out is None or out.session.expired or not out.session.users_shared_with <= wanted.keys():
            out = self._rooms[room] = Outbound(self._machine.begin(room))
        await self._devices.meet(without(out, wanted))
        await self._hand(out, room, out.session.session_key, without(out, wanted))
        out.people, out.version = people, -1 if without(out, wanted) else version
        return out

    async def _hand(self, out: Outbound, room: str, key: str, left: list[OlmDevice]) -> None:
        content = {"algorithm": MEGOLM, "room_id": room, "session_id": out.session.id, "session_key": key}
        while left:
            some, left = left[:AT_ONCE], left[AT_ONCE:]
            messages: dict[str, dict[str, Any]] = {}
            for one in some:
                if sealed := self._machine.seal(one, "m.room_key", content):
                    messages.setdefault(one.user_id, {})[one.id] = sealed
            if messages:
                await self._devices.tell(ENCRYPTED, messages)
                out.session.users_shared_with |= {(user, id_) for user, by in messages.items() for id_ in by}

    def misses(self, room: str, session: str, index: int, people: frozenset[str]) -> bool:
        """Whether some of these, who were there when something of ours was said, may have no key to it."""
        out = self._rooms.get(room)
        return bool(out and out.session.id == session and index in out.steps and not people <= out.people)

    async def make_up(self, room: str, session: str, index: int, people: frozenset[str]) -> None:
        """They came after it was encrypted and before it was said: give them its key. Raises TryLater."""
        async with self._turns[room]:
            if self.misses(room, session, index, people):
                out = self._rooms[room]
                await self._devices.learn(people)
                missing = without(out, self._machine.devices(people))
                await self._devices.meet(missing)
                await self._hand(out, room, out.steps[index], missing)

    def leave(self, room: str) -> None:
        """Nothing more is said there."""
        self._rooms.pop(room, None)


def without(out: Outbound, wanted: Mapping[tuple[str, str], OlmDevice]) -> list[OlmDevice]:
    """Those devices that have not got the key."""
    return [one for at, one in wanted.items() if at not in out.session.users_shared_with]
