"""The store that nio's Olm machine asks: in memory, and what changed in it is saved through the cursor, sealed.

nio calls it without waiting. So nothing leaves this program that rests on a change before `flush` has returned.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from nio.crypto.device import DeviceStore, OlmDevice
from nio.crypto.key_request import OutgoingKeyRequest
from nio.crypto.memorystores import GroupSessionStore, SessionStore
from nio.crypto.sessions import InboundGroupSession, OlmAccount, Session

from bridges.port import Cursor

PREFIX = "matrix.keys."
ACCOUNT, OLM, MEGOLM = f"{PREFIX}account", f"{PREFIX}olm.", f"{PREFIX}megolm."
KEPT = timedelta(days=60)  # twice as long as what is copied can still be edited or taken away


class KeyStore:
    """nio's store interface (`nio.store.MatrixStore`), as far as its Olm machine uses it.

    Devices of others are not kept: which changed while one was away is unknown, so they are asked for anew. None of
    them is verified by hand; whoever is in a room may read it.
    """

    def __init__(self, kept: dict[str, str], pickle_key: str) -> None:
        self._kept, self._key = kept, pickle_key
        self._changed: dict[str, str | None] = {}

    async def flush(self, cursor: Cursor) -> None:
        """Save what changed; what changes meanwhile is saved next time."""
        if self._changed:
            changed, self._changed = self._changed, {}
            try:
                await cursor.save_all(changed)
            except BaseException:
                self._changed = changed | self._changed
                raise

    def _put(self, name: str, pickle: bytes, **more: Any) -> None:
        self._kept[name] = self._changed[name] = json.dumps({"pickle": b64encode(pickle).decode(), **more})

    def _read(self, prefix: str) -> Iterable[tuple[bytes, dict[str, Any]]]:
        for name, value in list(self._kept.items()):
            if name.startswith(prefix):
                kept = json.loads(value)
                yield b64decode(kept["pickle"]), kept

    # --- the account, and sessions between two devices

    def load_account(self) -> OlmAccount | None:
        for pickle, kept in self._read(ACCOUNT):
            return OlmAccount.from_pickle(pickle, self._key, kept["shared"])
        return None

    def save_account(self, account: OlmAccount) -> None:
        self._put(ACCOUNT, account.pickle(self._key), shared=account.shared)

    def load_sessions(self) -> SessionStore:
        store = SessionStore()
        for pickle, kept in self._read(OLM):
            made = datetime.fromisoformat(kept["made"])
            store.add(kept["sender"], Session.from_pickle(pickle, made, self._key))
        return store

    def save_session(self, curve_key: str, session: Session) -> None:
        name = OLM + sha256(f"{curve_key} {session.id}".encode()).hexdigest()
        made = session.creation_time.isoformat()
        self._put(name, session.pickle(self._key), sender=curve_key, made=made)

    # --- sessions of rooms

    def load_inbound_group_sessions(self) -> GroupSessionStore:
        store, now = GroupSessionStore(), datetime.now(UTC)
        for pickle, kept in self._read(MEGOLM):
            if now - datetime.fromisoformat(kept["made"]) > KEPT:
                name = megolm(kept["room"], kept["id"])
                self._kept.pop(name, None)
                self._changed[name] = None
                continue
            whose = kept["fingerprint"], kept["sender"], kept["room"]
            store.add(InboundGroupSession.from_pickle(pickle, *whose, self._key, kept["chain"]))
        return store

    def save_inbound_group_session(self, session: InboundGroupSession) -> None:
        self._put(
            megolm(session.room_id, session.id), session.pickle(self._key), id=session.id, room=session.room_id,
            sender=session.sender_key, fingerprint=session.ed25519, chain=list(session.forwarding_chain),
            made=datetime.now(UTC).isoformat(),
        )  # fmt: skip

    # --- what is not kept

    def load_device_keys(self) -> DeviceStore:
        return DeviceStore()

    def save_device_keys(self, device_keys: dict[str, dict[str, OlmDevice]]) -> None:
        """They are asked for anew after a start."""

    def load_outgoing_key_requests(self) -> dict[str, OutgoingKeyRequest]:
        return {}

    def add_outgoing_key_request(self, key_request: OutgoingKeyRequest) -> None:
        """Each is asked for once while the program runs."""

    def remove_outgoing_key_request(self, key_request: OutgoingKeyRequest) -> None:
        """The same."""

    def ignore_devices(self, devices: list[OlmDevice]) -> None:
        """That nobody verified them is nothing to be remembered."""

    def is_device_verified(self, device: OlmDevice) -> bool:
        return False

    def is_device_blacklisted(self, device: OlmDevice) -> bool:
        return False

    def is_device_ignored(self, device: OlmDevice) -> bool:
        return True


def megolm(room: str, session: str) -> str:
    """The name under which a room's session is kept."""
    return MEGOLM + sha256(f"{room} {session}".encode()).hexdigest()
