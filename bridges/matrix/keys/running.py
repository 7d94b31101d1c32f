"""The keys at work while the bridge listens: each sync is taken in, and what follows from it is done beside."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from hashlib import sha256
from typing import Any
from uuid import uuid4

import nio

from bridges.matrix.errors import ask
from bridges.matrix.keys.devices import Devices
from bridges.matrix.keys.late import Late
from bridges.matrix.keys.machine import ENCRYPTED, MEGOLM, Machine, place_of
from bridges.matrix.keys.sharing import Sharing
from bridges.matrix.keys.signing import cross_sign
from bridges.matrix.keys.store import KeyStore
from bridges.matrix.strangers import is_id, part
from bridges.port import BridgeError, Cursor, Refused, TryLater

V3 = "/_matrix/client/v3"
HOUR, REST = 3600.0, 20.0  # seconds
MOST_WISHES, MOST_ASKED = 50, 5_000
Raw = Mapping[str, Any]
People = Callable[[str], Collection[str]]


class Running:
    """What is in memory, and the chores that no server and nobody's device may hold the sync up with.

    `password`: for a homeserver that asks for it before it takes the account's keys.
    """

    password: str | None = None

    def __init__(self, client: nio.AsyncClient, cursor: Cursor, store: KeyStore, late: Late, odd: Counter[str]) -> None:
        self._client, self._cursor, self._store, self._late, self._odd = client, cursor, store, late, odd
        self.machine = Machine(client.user_id, client.device_id or "", store, odd, late.waits)
        self._devices = Devices(client, self.machine, self._flush, odd)
        self.sharing = Sharing(self.machine, self._devices, self._flush)
        self._signed: bool | None = None  # None: not tried to the end yet
        self._asked: dict[tuple[str, str], None] = {}  # whose keys were asked for; oldest first
        self._wishes: list[tuple[str, str, dict[str, Any]]] = []  # keys to ask for: of whom, of which device
        self._missed: list[tuple[str, str, int, frozenset[str]]] = []
        self._chores: asyncio.Task[None] | None = None
        self._more = False
        self._rest: dict[str, float] = {}  # chores that were hindered, until when they are left alone
        self._tidied = float("-inf")

    async def _flush(self) -> None:
        await self._store.flush(self._cursor)

    async def introduce(self) -> None:
        """Show this device to others, as far as the homeserver lets it by now."""
        await self._try(self._upload)
        await self._try(self._sign)

    async def close(self) -> None:
        if self._chores:
            self._chores.cancel()
            await asyncio.wait([self._chores])

    # --- with every sync

    async def after_sync(self, batch: nio.SyncResponse, people: People) -> None:
        came = [event.source for event in batch.to_device_events if event]
        marks = [mark(event) for event in came]
        for event, known in zip(came, marks, strict=True):
            if known not in self._store.heard:
                self.machine.hear(event)
        if came:
            self._store.note(frozenset(marks))
        self._devices.changed(batch.device_list.changed)
        self._devices.gone(batch.device_list.left)
        if (count := batch.device_key_count.signed_curve25519) is not None:
            self.machine.uploaded_key_count = count
        self._missed += [one for one in said_by(self._client.user_id, batch, people) if self.sharing.misses(*one)]
        if time.monotonic() - self._tidied > HOUR:
            self._tidied = time.monotonic()
            self._store.tidy()
            await self._late.tidy()
        for room in batch.rooms.leave:
            self.sharing.leave(room)
            await self._late.forget_room(room)
        await self._flush()
        self._go_on()

    def ask_for(self, room: str, event: Raw) -> None:
        """Ask all devices of an event's sender for its key, once (`m.room_key_request`)."""
        content = event["content"]
        session, sender = content.get("session_id"), str(event["sender"])
        if content.get("algorithm") != MEGOLM or not is_id(session) or (sender, session) in self._asked:
            return
        if len(self._wishes) < MOST_WISHES:
            self._asked[sender, session] = None
            if len(self._asked) > MOST_ASKED:
                del self._asked[next(iter(self._asked))]
            body = {"algorithm": MEGOLM, "room_id": room, "session_id": session}
            body["sender_key"] = str(content.get("sender_key", ""))
            number, me = uuid4().hex, self._client.device_id
            wish = {"action": "request", "body": body, "request_id": number, "requesting_device_id": me}
            self._wishes.append((sender, "*", wish))
            self._go_on()

    # --- beside it

    def _go_on(self) -> None:
        self._more = True
        if self._chores is None or self._chores.done():
            self._chores = asyncio.create_task(self._do_chores())

    async def _do_chores(self) -> None:
        while self._more:
            self._more = False
            for chore in (self._upload, self._sign, self._mend, self._wish, self._make_up):
                await self._try(chore)

    async def _try(self, chore: Callable[[], Awaitable[None]]) -> None:
        """Whatever hinders it, a later sync brings it up again; a session that is lost is seen there, too."""
        if self._rest.get(chore.__name__, 0.0) > time.monotonic():
            return
        try:
            await chore()
        except TryLater:
            self._odd["keys-later"] += 1
        except BridgeError:
            self._odd["keys-refused"] += 1
        except Exception:  # the database is away: the sync cannot go on either, and says so
            self._odd["keys"] += 1
        else:
            return
        self._rest[chore.__name__] = time.monotonic() + REST

    async def _upload(self) -> None:
        """`/keys/upload`. What others are told is saved before."""
        if (body := self.machine.offer()) is not None:
            await self._flush()
            try:
                said = await ask(self._client, "POST", f"{V3}/keys/upload", body)
            except Refused:  # their names are taken, if the database was set back: the next ones have other names
                self.machine.mark_keys_as_published()
                self.machine.save_account()
                raise
            left = part(said, "one_time_key_counts", "signed_curve25519")
            self.machine.offered(left if isinstance(left, int) else 0)
            await self._flush()

    async def _sign(self) -> None:
        if self._signed is None and self.machine.account.shared:
            self._signed = await cross_sign(self._client, self._cursor, self.machine, self.password)
            if not self._signed:
                self._odd["cross-signing"] += 1

    async def _mend(self) -> None:
        """Begin broken talks anew, and say so to the other device, which cannot know."""
        if self.machine.strange:
            await self._devices.learn({sender for sender, _ in self.machine.strange})
            self.machine.recognise()
        if broken := list(self.machine.wedged_devices):
            await self._devices.begin(broken)
            self.machine.wedged_devices[:] = [one for one in self.machine.wedged_devices if one not in broken]
        while self.machine.outgoing_to_device_messages:
            one = self.machine.outgoing_to_device_messages[0]
            await self._devices.tell(one.type, {one.recipient: {one.recipient_device: one.content}})
            self.machine.outgoing_to_device_messages.pop(0)

    async def _wish(self) -> None:
        while self._wishes:
            user, device, wish = self._wishes[0]
            await self._devices.tell("m.room_key_request", {user: {device: wish}})
            self._wishes.pop(0)

    async def _make_up(self) -> None:
        while self._missed:
            await self.sharing.make_up(*self._missed[0])
            self._missed.pop(0)


def mark(event: Raw) -> str:
    """By what a message to the device is known again, should the same batch come twice."""
    return sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()[:32]


def said_by(me: str, batch: nio.SyncResponse, people: People) -> Iterator[tuple[str, str, int, frozenset[str]]]:
    """What was said here in encrypted rooms: room, session, place in it, and who was there by then.

    The order in which the homeserver tells it decides who was.
    """
    for room, info in batch.rooms.join.items():
        timeline = [event.source for event in info.timeline.events]
        if not any(event.get("sender") == me and event.get("type") == ENCRYPTED for event in timeline):
            continue
        coming = {str(event.get("state_key")) for event in timeline if enters(event)}
        there = set(people(room)) - coming
        for event in (*(one.source for one in info.state), *timeline):
            if enters(event):
                there.add(str(event.get("state_key")))
            elif leaves(event):
                there.discard(str(event.get("state_key")))
            elif event.get("sender") == me and (place := place_of(event)):
                yield room, *place, frozenset(there)


def enters(event: Raw) -> bool:
    return event.get("type") == "m.room.member" and part(event, "content", "membership") == "join"


def leaves(event: Raw) -> bool:
    return event.get("type") == "m.room.member" and part(event, "content", "membership") in ("leave", "ban")
