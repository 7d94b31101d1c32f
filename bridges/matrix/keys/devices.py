"""Which devices people have, asked of the homeserver, and the talks with them alone in which keys are handed over."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import nio
from nio.crypto.device import OlmDevice

from bridges.matrix.errors import ask
from bridges.matrix.keys.machine import Machine
from bridges.matrix.strangers import part
from bridges.port import Refused

V3 = "/_matrix/client/v3"
SILENCE = 60.0  # seconds before a server that does not answer is asked again
BARREN = 600.0  # the same for a device that has no key left to begin with
PATIENCE = 5_000  # milliseconds that our homeserver waits for others
MOST = 250  # people or devices in one call


class Devices:
    """The devices of others, as the homeserver told last; `version` changes when they do.

    `flush`: what makes durable that a talk has moved on, before anything said in it leaves.
    """

    def __init__(
        self, client: nio.AsyncClient, machine: Machine, flush: Callable[[], Awaitable[None]], odd: Counter[str]
    ) -> None:
        self._client, self._machine, self._flush, self._odd = client, machine, flush, odd
        self._asking = asyncio.Lock()
        self._known: set[str] = set()
        self._stale: dict[str, int] = {}  # people whose devices have changed, and at which of all changes
        self._changes = itertools.count()
        self._silent: dict[str, float] = {}  # people whose server does not answer, until when they are left alone
        self._barren: dict[tuple[str, str], float] = {}
        self.version = 0

    def changed(self, people: Iterable[str]) -> None:
        """Somebody has other devices now."""
        for user in people:
            if user in self._known:
                self._stale[user] = next(self._changes)
                self.version += 1
        for at in [at for at in self._barren if at[0] in self._stale]:
            del self._barren[at]

    def gone(self, people: Iterable[str]) -> None:
        """No room is shared with them any more; nobody tells when they change."""
        for user in people:
            if user in self._known:
                self._known.discard(user)
                self._stale.pop(user, None)
                self._machine.forget(user)
                self.version += 1

    async def learn(self, people: Iterable[str]) -> None:
        """Know their devices of today, as far as their servers answer. Raises TryLater."""
        people = set(people)
        if self._unsure(people):
            async with self._asking:
                unsure = sorted(self._unsure(people))
                for n in range(0, len(unsure), MOST):
                    await self._query(unsure[n : n + MOST])

    def _unsure(self, people: set[str]) -> set[str]:
        now = time.monotonic()
        unsure = (people - self._known) | (people & self._stale.keys())
        return {user for user in unsure if self._silent.get(user, 0) <= now}

    async def _query(self, people: Sequence[str]) -> None:
        """`/keys/query`; what changes while it is asked will be asked again. One odd name must not hide the others."""
        before = {user: self._stale.get(user) for user in people}
        body = {"device_keys": {user: [] for user in people}, "timeout": PATIENCE}
        try:
            said = await ask(self._client, "POST", f"{V3}/keys/query", body)
        except Refused:
            self._odd["keys-query"] += 1
            if len(people) > 1:
                await self._query(people[: len(people) // 2])
                await self._query(people[len(people) // 2 :])
            else:
                self._silent[people[0]] = time.monotonic() + BARREN
            return
        for user in people:
            if self._answered(said, user):
                self._machine.learn(user, part(said, "device_keys", user))
                self._known.add(user)
                self._silent.pop(user, None)
                if self._stale.get(user) == before[user]:
                    self._stale.pop(user, None)
        self.version += 1

    def _answered(self, said: Mapping[str, Any], user: str) -> bool:
        if part(said, "failures", user.partition(":")[2]) is None:
            return True
        self._silent[user] = time.monotonic() + SILENCE
        return False

    async def meet(self, devices: Iterable[OlmDevice]) -> None:
        """Have a talk with each (`/keys/claim`); one without a key to begin with is left alone for a while."""
        now = time.monotonic()
        new = [one for one in devices if not self._machine.session_store.get(one.curve25519)]
        new = [one for one in new if self._barren.get((one.user_id, one.id), 0) <= now]
        for n in range(0, len(new), MOST):
            await self.begin(new[n : n + MOST])

    async def begin(self, devices: Sequence[OlmDevice]) -> None:
        """Begin a talk with each, even where there is one already."""
        wanted: dict[str, dict[str, str]] = {}
        for one in devices:
            wanted.setdefault(one.user_id, {})[one.id] = "signed_curve25519"
        said: Mapping[str, Any] = {}
        try:
            body = {"one_time_keys": wanted, "timeout": PATIENCE}
            said = await ask(self._client, "POST", f"{V3}/keys/claim", body)
        except Refused:
            self._odd["keys-claim"] += 1
        for one in devices:
            if (claimed := part(said, "one_time_keys", one.user_id, one.id)) is not None:
                self._machine.meet(one, claimed)
            if not self._machine.session_store.get(one.curve25519):
                self._barren[one.user_id, one.id] = time.monotonic() + BARREN

    async def tell(self, kind: str, messages: Mapping[str, Mapping[str, Any]]) -> None:
        """Send to devices, by person and device (`/sendToDevice`), what rests on what is saved by then."""
        await self._flush()
        path = f"{V3}/sendToDevice/{quote(kind, safe='')}/{uuid4().hex}"
        try:
            await ask(self._client, "PUT", path, {"messages": messages})
        except Refused:
            self._odd["to-device"] += 1
