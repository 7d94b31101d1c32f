"""Encrypts and decrypts for the bridge, and keeps up with devices and keys; nio's Olm machine does the mathematics."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote
from uuid import uuid4

import nio
import vodozemac
from nio.crypto import Olm
from nio.events.to_device import ToDeviceEvent

from bridges.matrix.errors import ask
from bridges.matrix.keys.late import Late, Waiting
from bridges.matrix.keys.signing import cross_sign
from bridges.matrix.keys.store import PREFIX, KeyStore
from bridges.port import Cursor, Refused

MEGOLM = "m.megolm.v1.aes-sha2"
ENCRYPTED = "m.room.encrypted"
AGAIN = 600.0  # seconds
V3 = "/_matrix/client/v3"
Raw = Mapping[str, Any]


class Keys:
    """One device's keys. Everything that is sent or confirmed rests on keys that are saved already.

    `pickle_key`: nio wraps what it gives to the store with it; the store is sealed besides.
    """

    def __init__(self, client: nio.AsyncClient, cursor: Cursor, pickle_key: str, odd: Counter[str]) -> None:
        self._client, self._cursor, self._key, self._odd = client, cursor, pickle_key, odd
        self._late, self._turn = Late(), asyncio.Lock()
        self._asked: set[str] = set()  # sessions whose key was asked for
        self._barren: dict[tuple[str, str], float] = {}  # devices that had no key to begin with, and until when
        self._store: KeyStore
        self._olm: Any = None

    async def start(self, password: str | None) -> None:
        """With what was kept; the first time with a new account, whose device is cross-signed. Raises TryLater."""
        if self._olm is not None:
            return
        self._store = KeyStore(await self._cursor.load_all(PREFIX), self._key)
        olm = Olm(self._client.user_id, self._client.device_id or "", cast("Any", self._store))
        await self._late.restore(self._cursor)
        self._olm = olm
        await self._upload()
        try:
            signed = await cross_sign(self._client, self._cursor, olm, password)
        except Refused:
            signed = False
        if not signed:
            self._odd["cross-signing"] += 1

    async def _upload(self) -> None:
        """New one-time keys, while there are too few (`/keys/upload`)."""
        while self._olm.should_upload_keys:
            keys = self._olm.share_keys()
            self._olm.save_account()
            await self._flush()
            said = await ask(self._client, "POST", f"{V3}/keys/upload", keys)
            self._olm.account.shared = True
            self._olm.uploaded_key_count = said.get("one_time_key_counts", {}).get("signed_curve25519", 0)
            self._olm.mark_keys_as_published()
            self._olm.save_account()
            await self._flush()

    async def _flush(self) -> None:
        await self._store.flush(self._cursor)

    # --- inwards

    async def after_sync(self, batch: nio.SyncResponse) -> None:
        """Take in what concerns keys. When it returns, nothing of it can be lost, so the token may move."""
        async with self._turn:
            for event in batch.to_device_events:
                self._hear(event)
            counts = batch.device_key_count
            if counts and counts.signed_curve25519 is not None:
                self._olm.uploaded_key_count = counts.signed_curve25519
            changed = {user for user in batch.device_list.changed if user in self._olm.tracked_users}
            self._olm.add_changed_users(changed)
            await self._flush()
            await self._upload()
            await self._tell_devices()
            await self._late.tidy(self._cursor)

    def _hear(self, event: ToDeviceEvent) -> None:
        try:
            self._olm.handle_to_device_event(event)
        except Exception:  # anybody may send anything to a device
            self._odd["to-device"] += 1

    async def _tell_devices(self) -> None:
        """What the Olm machine wants to tell other devices: it begins broken talks anew."""
        if self._olm.wedged_devices:
            await self._claim(self._olm.get_users_for_key_claiming())
        for message in list(self._olm.outgoing_to_device_messages):
            await self._flush()
            body = {message.recipient: {message.recipient_device: message.content}}
            await self._to_devices(message.type, body)
            self._olm._mark_to_device_message_as_sent(message)  # noqa: SLF001 - it has no other way

    async def decrypted(self, event: Raw, room: str) -> Raw | None:
        """The event as its sender wrote it, None where the key is missing. It is kept then, and the key asked for.

        Raises TryLater.
        """
        if isinstance(sender := event.get("sender"), str):
            async with self._turn:
                await self._learn_devices([sender])
        if (opened := self.opened(event, room)) is not None:
            return opened
        if isinstance(event.get("event_id"), str) and await self._late.keep(self._cursor, room, dict(event)):
            await self._ask_for(event, room)
        return None

    def opened(self, event: Raw, room: str) -> Raw | None:
        """The same, without a trace where it fails."""
        try:
            return self._opened(event, room)
        except Exception:  # strangers wrote it
            self._odd["ciphertext"] += 1
            return None

    def _opened(self, event: Raw, room: str) -> Raw | None:
        content = event["content"]
        if content.get("algorithm") != MEGOLM:
            return None
        session = self._session(room, content)
        if session is None:
            return None
        try:
            plain, index = session.decrypt(content["ciphertext"])
        except (vodozemac.MegolmDecryptionException, vodozemac.DecodeException):
            return None
        if not self._is_theirs(event["sender"], session) or not self._is_first(session, index, event):
            self._odd["forged"] += 1
            return None
        said = json.loads(plain)
        if said.get("room_id") != room or not isinstance(said.get("content"), dict):
            return None
        about = content.get("m.relates_to")
        inside = {**({"m.relates_to": about} if about else {}), **said["content"]}
        clear = {name: value for name, value in event.items() if name not in {"type", "content"}}
        return {**clear, "type": said["type"], "content": inside}

    def _session(self, room: str, content: Raw) -> Any:
        """By its id alone where the sender's key is left out (MSC3700)."""
        id_, sender = content["session_id"], content.get("sender_key")
        if sender and (found := self._olm.inbound_group_store.get(room, sender, id_)):
            return found
        there = (one for one in self._olm.inbound_group_store if one.room_id == room and one.id == id_)
        return next(there, None)

    def _is_theirs(self, user: str, session: Any) -> bool:
        """Whether the session belongs to a device of the sender's, as far as their devices are known."""
        if session.sender_key == self._olm.account.identity_keys["curve25519"]:
            return bool(user == self._client.user_id)
        others = [d.user_id for d in self._olm.device_store if d.curve25519 == session.sender_key]
        return not others or user in others

    def _is_first(self, session: Any, index: int, event: Raw) -> bool:
        """Whether this place in a session belongs to this event (a replay would be another one)."""
        name = (session.sender_key, session.id, index)
        seen = self._olm.message_index_store.get(name)
        self._olm.message_index_store[name] = event["event_id"]
        return seen in (None, event["event_id"])

    async def _ask_for(self, event: Raw, room: str) -> None:
        """Ask the sender's devices for the key, once (`m.room_key_request`)."""
        content = event.get("content")
        if not isinstance(content, dict) or not isinstance(session := content.get("session_id"), str):
            return
        if session in self._asked or not isinstance(event.get("sender"), str):
            return
        self._asked.add(session)
        about = {"algorithm": MEGOLM, "room_id": room, "session_id": session}
        about["sender_key"] = content.get("sender_key", "")
        me, number = self._client.device_id, uuid4().hex
        wish = {"action": "request", "body": about, "request_id": number, "requesting_device_id": me}
        try:
            await self._to_devices("m.room_key_request", {event["sender"]: {"*": wish}})
        except Refused:
            self._odd["key-request"] += 1

    def late(self) -> list[tuple[str, Raw]]:
        """Events whose keys have come, with their rooms, in order; they come again until they are forgotten."""
        ready = [(one.room, self.opened(one.event, one.room)) for one in self._late.all()]
        return [(room, event) for room, event in ready if event is not None]

    async def forget(self, events: Sequence[Raw]) -> None:
        """These were delivered."""
        await self._late.forget(self._cursor, *(str(event["event_id"]) for event in events))

    def unreadable(self) -> list[Waiting]:
        """Events that waited long enough for their key to be spoken of, each once."""
        return self._late.to_tell()

    # --- outwards

    async def encrypted(self, room: str, kind: str, content: dict[str, Any], people: Collection[str]) -> dict[str, Any]:
        """The content of an `m.room.encrypted` that every device of these people can read; raises TryLater, Refused.

        The room's session is made anew when somebody, or one of their devices, came or went: who left reads nothing
        more, and who came reads nothing from before.
        """
        async with self._turn:
            await self._learn_devices(people)
            await self._meet(people)
            devices = {(d.user_id, d.id) for d in self._devices(people) if self._olm.session_store.get(d.curve25519)}
            session = self._olm.outbound_group_sessions.get(room)
            if session is None or not session.shared or session.expired or session.users_shared_with != devices:
                await self._share(room, people)
            sealed = dict(self._olm.group_encrypt(room, {"type": kind, "content": content}))
            await self._flush()
        about = content.get("m.relates_to")
        return {**sealed, **({"m.relates_to": about} if about else {})}

    def _devices(self, people: Collection[str]) -> Iterator[Any]:
        """All but our own."""
        for user in people:
            for device in self._olm.device_store.active_user_devices(user):
                if (user, device.id) != (self._client.user_id, self._client.device_id):
                    yield device

    async def _learn_devices(self, people: Collection[str]) -> None:
        """Those of people who are not known yet, or have changed theirs (`/keys/query`)."""
        new = {user for user in people if user not in self._olm.tracked_users} | {
            user for user in people if user in self._olm.users_for_key_query
        }
        if new:
            body: dict[str, Any] = {"device_keys": {user: [] for user in sorted(new)}}
            said = await ask(self._client, "POST", f"{V3}/keys/query", body)
            self._olm.handle_response(nio.KeysQueryResponse.from_dict(said))
            self._olm.tracked_users |= new
            self._olm.users_for_key_query -= new

    async def _meet(self, people: Collection[str]) -> None:
        """Have a session with each device (`/keys/claim`); one that has no key left is asked again after a while."""
        missing: dict[str, list[str]] = {}
        for device in self._devices(people):
            name = (device.user_id, device.id)
            if not self._olm.session_store.get(device.curve25519) and time.monotonic() > self._barren.get(name, 0):
                missing.setdefault(device.user_id, []).append(device.id)
                self._barren[name] = time.monotonic() + AGAIN
        if missing:
            await self._claim(missing)

    async def _claim(self, devices: Mapping[str, Sequence[str]]) -> None:
        wanted = {user: dict.fromkeys(names, "signed_curve25519") for user, names in devices.items()}
        said = await ask(self._client, "POST", f"{V3}/keys/claim", {"one_time_keys": wanted})
        try:
            self._olm.handle_response(nio.KeysClaimResponse.from_dict(said, ""))
        except Exception:  # one device with a bad key must not silence the room
            self._odd["one-time-key"] += 1
        await self._flush()

    async def _share(self, room: str, people: Collection[str]) -> None:
        self._olm.create_outbound_group_session(room)
        session = self._olm.outbound_group_sessions[room]
        shared = self._olm.share_group_session_parallel(room, list(people), ignore_unverified_devices=True)
        for devices, message in shared:
            await self._flush()
            await self._to_devices(ENCRYPTED, message["messages"])
            session.users_shared_with.update(devices)
        session.mark_as_shared()
        await self._flush()

    async def _to_devices(self, kind: str, messages: Mapping[str, Any]) -> None:
        path = f"{V3}/sendToDevice/{quote(kind)}/{uuid4().hex}"
        await ask(self._client, "PUT", path, {"messages": messages})


