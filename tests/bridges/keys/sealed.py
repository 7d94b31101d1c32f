"""A resident's client that speaks in encrypted rooms, and only to devices that their owners have cross-signed."""

import asyncio
import json
from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import uuid4

import httpx
import nio
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nio.crypto.sessions import OutboundGroupSession
from nio.store import SqliteMemoryStore

from bot.demo.synapse import Synapse


def decoded(text: str) -> bytes:
    return b64decode(text + "=" * (-len(text) % 4))


def is_signed(said: dict[str, Any], user: str, key: str, name: str = "") -> bool:
    """Whether a JSON object holds the signature of this key, whose name may be another (Appendices, "Signing JSON")."""
    bare = {name: value for name, value in said.items() if name not in {"signatures", "unsigned"}}
    text = json.dumps(bare, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    signature = said.get("signatures", {}).get(user, {}).get(f"ed25519:{name or key}")
    try:
        Ed25519PublicKey.from_public_bytes(decoded(key)).verify(decoded(signature or ""), text)
    except (InvalidSignature, ValueError):
        return False
    return True


def signed_devices(said: dict[str, Any], user: str) -> set[str]:
    """The devices of somebody that their own keys vouch for: master -> self-signing -> device."""
    master, own = (said.get(f"{name}_keys", {}).get(user) for name in ("master", "self_signing"))
    if not master or not own:
        return set()
    (first,), (second,) = master["keys"].values(), own["keys"].values()
    if not is_signed(own, user, first):
        return set()
    return {name for name, device in said["device_keys"].get(user, {}).items() if is_signed(device, user, second)}


@dataclass(slots=True)
class Sealed:
    """One account with one device."""

    url: str
    client: nio.AsyncClient
    heard: list[dict[str, Any]] = field(default_factory=list)  # decrypted messages of others, as events
    unreadable: list[nio.MegolmEvent] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)  # of sessions that were kept back, by room
    ids: dict[str, str] = field(default_factory=dict)  # of these sessions
    _held: dict[str, OutboundGroupSession] = field(default_factory=dict)

    @classmethod
    async def login(cls, synapse: Synapse, name: str, displayname: str = "") -> Self:
        await synapse.register(name, "secret", displayname or name)
        config = nio.AsyncClientConfig(encryption_enabled=True, pickle_key="test", store=SqliteMemoryStore)
        client = nio.AsyncClient(synapse.url, f"@{name}:{synapse.server_name}", store_path="/", config=config)
        await client.login("secret")
        one = cls(synapse.url, client)
        client.add_event_callback(one._hear, nio.Event)
        await one.sync()
        if client.should_upload_keys:
            await client.keys_upload()
        return one

    async def _hear(self, room: nio.MatrixRoom, event: nio.Event) -> None:
        if event.sender != self.client.user_id:
            if isinstance(event, nio.MegolmEvent):
                event.room_id = room.room_id
                self.unreadable.append(event)
            elif event.source.get("type") == "m.room.message":
                self.heard.append(event.source)

    @property
    def user(self) -> str:
        return str(self.client.user_id)

    async def sync(self, wait: int = 0) -> None:
        """Read what is new, or what comes within so many milliseconds."""
        all_ = {"room": {"timeline": {"limit": 100}}}
        await self.client.sync(wait, all_, full_state=not self.client.rooms)
        for event in list(self.unreadable):
            with suppress(nio.EncryptionError):  # its key may have come by now
                self.heard.append(self.client.decrypt_event(event).source)
                self.unreadable.remove(event)

    async def until(self, words: str, patience: float = 20) -> dict[str, Any]:
        """The message that holds these words, once it can be read."""
        async with asyncio.timeout(patience):
            while True:
                for event in self.heard:
                    if words in event["content"].get("body", ""):
                        return event
                await self.sync(300)

    async def room(self, *invited: str, history: str = "shared") -> str:
        """A new encrypted room."""
        state = [
            {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}},
            {"type": "m.room.history_visibility", "state_key": "", "content": {"history_visibility": history}},
        ]
        made = await self.client.room_create(name="Chiffré", invite=list(invited), initial_state=state)
        await self.sync()
        return str(made.room_id)

    async def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.client.access_token}"}
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.request(method, f"{self.url}{path}", json=body, headers=headers)
        return dict(answer.json())

    async def query(self, *users: str) -> dict[str, Any]:
        """`/keys/query`, as it comes."""
        return await self._ask("POST", "/_matrix/client/v3/keys/query", {"device_keys": {user: [] for user in users}})

    async def ignore_unsigned(self) -> None:
        """Refuse keys to every device that is not cross-signed by its owner."""
        olm = self.client.olm
        assert olm
        if self.client.should_query_keys:
            await self.client.keys_query()
        people = [user for user in olm.device_store.users if user != self.user]
        said = await self.query(*people)
        for user in people:
            signed = signed_devices(said, user)
            for device in olm.device_store.active_user_devices(user):
                if device.id not in signed:
                    self.client.blacklist_device(device)

    async def say(self, room: str, text: str, **more: Any) -> str:
        """Write to those whose devices are signed."""
        await self.sync()
        await self.ignore_unsigned()
        content = {"msgtype": "m.text", "body": text, "m.mentions": {}, **more}
        sent = await self.client.room_send(room, "m.room.message", content, ignore_unverified_devices=True)
        assert isinstance(sent, nio.RoomSendResponse), sent
        return sent.event_id

    async def say_without_key(self, room: str, text: str, *, again: bool = False) -> str:
        """Write, and keep the key back; `again`: with the same one as before."""
        olm = self.client.olm
        assert olm
        before = olm.outbound_group_sessions.pop(room, None)
        if not again:
            olm.create_outbound_group_session(room)
            session = olm.outbound_group_sessions[room]
            self.keys[room], self.ids[room] = session.session_key, session.id
            session.mark_as_shared()  # type: ignore[no-untyped-call]
            self._held[session.id] = session
        olm.outbound_group_sessions[room] = self._held[self.ids[room]]
        content = {"msgtype": "m.text", "body": text, "m.mentions": {}}
        sealed = olm.group_encrypt(room, {"type": "m.room.message", "content": content})
        del olm.outbound_group_sessions[room]
        if before:
            olm.outbound_group_sessions[room] = before
        path = f"/_matrix/client/v3/rooms/{room}/send/m.room.encrypted/{uuid4().hex}"
        return str((await self._ask("PUT", path, sealed))["event_id"])

    async def give_key(self, room: str, user: str, *, forwarded: bool = False) -> None:
        """Let somebody have the key that was kept back."""
        olm = self.client.olm
        assert olm
        await self.sync()
        if self.client.should_query_keys:
            await self.client.keys_query()
        if missing := olm.get_missing_sessions([user]):
            await self.client.keys_claim(missing)
        mine, id_ = olm.account.identity_keys, self.ids[room]
        kind, content = "m.room_key", {"algorithm": "m.megolm.v1.aes-sha2", "room_id": room, "session_id": id_}
        content["session_key"] = self.keys[room]
        if forwarded:
            own = olm.inbound_group_store.get(room, mine["curve25519"], id_)
            assert own
            kind, content["session_key"] = "m.forwarded_room_key", own.export_session(0)
            content |= {"sender_key": mine["curve25519"], "sender_claimed_ed25519_key": mine["ed25519"]}
        for device in olm.device_store.active_user_devices(user):
            session = olm.session_store.get(device.curve25519)
            sealed = olm._olm_encrypt(session, device, kind, content)  # type: ignore[no-untyped-call]
            path = f"/_matrix/client/v3/sendToDevice/m.room.encrypted/{uuid4().hex}"
            await self._ask("PUT", path, {"messages": {user: {device.id: sealed}}})

    async def close(self) -> None:
        with suppress(Exception):
            await self.client.close()  # type: ignore[no-untyped-call]
