"""The store that nio's Olm machine asks: in memory, and what changed in it is saved through the cursor, sealed.

nio calls it without waiting. So nothing leaves this program that rests on a change before `flush` has returned.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from nio.crypto.device import DeviceStore, OlmDevice
from nio.crypto.key_request import OutgoingKeyRequest
from nio.crypto.memorystores import GroupSessionStore, SessionStore
from nio.crypto.sessions import InboundGroupSession, OlmAccount, Session

from bridges.matrix.keys.strange import suspicion
from bridges.port import Cursor

PREFIX = "matrix.keys."
ACCOUNT, OLM, MEGOLM, HEARD = f"{PREFIX}account", f"{PREFIX}olm.", f"{PREFIX}megolm.", f"{PREFIX}heard"
DAY = 86_400.0  # seconds
KEPT = 60 * DAY  # unused; twice as long as what is copied can still be edited or taken away
MOST_TALKS = 8  # Olm sessions with one device: the newest are those in use
MOST_KEYS = 1_000  # of one person


@dataclass(slots=True, kw_only=True)
class RoomKey:
    """A session of a room, and whose device sent it: nobody else's events may be encrypted with it.

    `used`: when something was last read with it, to the day, in seconds since 1970.
    """

    session: InboundGroupSession
    owner: str
    used: float = field(default_factory=time.time)

    @property
    def name(self) -> str:
        """Where it is kept; tells nothing to who does not know the session."""
        return MEGOLM + short(self.session.room_id, self.session.id, self.owner)


class Talks(SessionStore):
    """Olm sessions by the other device's key; asking for one of a stranger leaves nothing behind."""

    def get(self, sender_key: str) -> Session | None:
        return next(iter(self[sender_key]), None)

    def __getitem__(self, sender_key: str) -> list[Session]:
        return list(self._entries.get(sender_key, ()))

    def cut(self, sender_key: str) -> list[Session]:
        """Let go of all but the newest, and name those that went."""
        known = sorted(self[sender_key], key=lambda session: session.use_time, reverse=True)
        self._entries[sender_key] = known[:MOST_TALKS]
        return known[MOST_TALKS:]


class KeyStore:
    """nio's store interface (`nio.store.MatrixStore`), as far as its Olm machine uses it, and the keys of rooms.

    `kept`: what is under `PREFIX`. Raises ValueError where the account cannot be opened with `pickle_key`; any other
    entry that cannot be opened is counted and left out. An account that was another device's is given up, its room keys
    stay. Devices of others are not kept: which changed while one was away is unknown, so they are asked for anew.
    """

    def __init__(self, kept: Mapping[str, str], pickle_key: str, device: str, odd: Counter[str]) -> None:
        self._key, self._device = pickle_key, device
        self._changed: dict[str, Callable[[], str] | None] = {}
        self._turn = asyncio.Lock()
        self._account: OlmAccount | None = None
        self._talks = Talks()
        self._rooms: dict[tuple[str, str], dict[str, RoomKey]] = {}
        self._owned: dict[str, dict[str, RoomKey]] = {}  # by owner and name, oldest first
        self.heard = frozenset[str](json.loads(kept.get(HEARD, "[]")))
        self._restore(kept, odd)

    def _restore(self, kept: Mapping[str, str], odd: Counter[str]) -> None:
        if known := kept.get(ACCOUNT):
            said = json.loads(known)
            if said["device"] == self._device:
                self._account = OlmAccount.from_pickle(said["pickle"].encode(), self._key, said["shared"])
        opened: list[RoomKey] = []
        for name, value in kept.items():
            with suspicion(odd, "key-kept"):
                if name.startswith(OLM):
                    if self._account:
                        self._restore_talk(json.loads(value))
                    else:
                        self._changed[name] = None
                elif name.startswith(MEGOLM):
                    opened.append(self._restored(json.loads(value)))
        for one in sorted(opened, key=lambda one: one.used):
            self._place(one)
        self.tidy()

    def _restore_talk(self, said: dict[str, Any]) -> None:
        made, used = (datetime.fromisoformat(said[name]) for name in ("made", "used"))
        self._talks.add(said["sender"], Session.from_pickle(said["pickle"].encode(), made, self._key, used))

    def _restored(self, said: dict[str, Any]) -> RoomKey:
        whose = said["fingerprint"], said["sender"], said["room"]
        session = InboundGroupSession.from_pickle(said["pickle"].encode(), *whose, self._key)
        return RoomKey(session=session, owner=said["owner"], used=float(said["used"]))

    async def flush(self, cursor: Cursor) -> None:
        """Save what changed until now, all or nothing; when it returns, that is durable."""
        async with self._turn:
            changed, self._changed = self._changed, {}
            try:
                if changed:
                    await cursor.save_all({name: make() if make else None for name, make in changed.items()})
            except BaseException:
                self._changed = changed | self._changed
                raise

    def note(self, heard: frozenset[str]) -> None:
        """These messages to the device are dealt with, should they come again."""
        self.heard = heard
        self._changed[HEARD] = lambda: json.dumps(sorted(heard))

    # --- the account, and sessions between two devices

    def load_account(self) -> OlmAccount | None:
        return self._account

    def save_account(self, account: OlmAccount) -> None:
        self._account = account
        self._changed[ACCOUNT] = lambda: json.dumps(
            {"device": self._device, "shared": account.shared, "pickle": account.pickle(self._key).decode()}
        )

    def load_sessions(self) -> SessionStore:
        return self._talks

    def save_session(self, curve_key: str, session: Session) -> None:
        self._changed[OLM + short(curve_key, session.id)] = lambda: json.dumps(
            {
                "sender": curve_key, "made": session.creation_time.isoformat(), "used": session.use_time.isoformat(),
                "pickle": session.pickle(self._key).decode(),
            }
        )  # fmt: skip
        for old in self._talks.cut(curve_key):
            self._changed[OLM + short(curve_key, old.id)] = None

    # --- keys of rooms

    def keep(self, session: InboundGroupSession, owner: str) -> None:
        """A room's key; where it is known already, the one that opens more."""
        known = self.find(session.room_id, session.id, owner)
        if known and known.session.first_known_index <= session.first_known_index:
            return
        self._save(one := RoomKey(session=session, owner=owner))
        self._place(one)
        while len(mine := self._owned[owner]) > MOST_KEYS:
            self._drop(next(iter(mine.values())))

    def find(self, room: str, session: str, owner: str) -> RoomKey | None:
        """The key of a room by its id and who made it: what events say of the device means nothing (MSC3700)."""
        return self._rooms.get((room, session), {}).get(owner)

    def touch(self, key: RoomKey) -> None:
        """Something was read with it."""
        if time.time() - key.used > DAY:
            key.used = time.time()
            self._save(key)

    def tidy(self) -> None:
        """Let go of keys that nobody has used for long."""
        oldest = time.time() - KEPT
        for one in [one for one in self.every() if one.used < oldest]:
            self._drop(one)

    def every(self) -> Iterator[RoomKey]:
        """Every key of a room."""
        for mine in self._owned.values():
            yield from mine.values()

    def _save(self, one: RoomKey) -> None:
        self._changed[one.name] = lambda: json.dumps(
            {
                "room": one.session.room_id, "sender": one.session.sender_key, "fingerprint": one.session.ed25519,
                "owner": one.owner, "used": one.used, "pickle": one.session.pickle(self._key).decode(),
            }
        )  # fmt: skip

    def _place(self, one: RoomKey) -> None:
        self._rooms.setdefault((one.session.room_id, one.session.id), {})[one.owner] = one
        self._owned.setdefault(one.owner, {})[one.name] = one

    def _drop(self, one: RoomKey) -> None:
        at = one.session.room_id, one.session.id
        self._rooms[at].pop(one.owner, None)
        if not self._rooms[at]:
            del self._rooms[at]
        self._owned[one.owner].pop(one.name, None)
        self._changed[one.name] = None

    # --- what is nio's alone, and not kept

    def load_inbound_group_sessions(self) -> GroupSessionStore:
        return GroupSessionStore()

    def load_device_keys(self) -> DeviceStore:
        return DeviceStore()

    def save_device_keys(self, device_keys: dict[str, dict[str, OlmDevice]]) -> None:
        """They are asked for anew after a start."""

    def load_outgoing_key_requests(self) -> dict[str, OutgoingKeyRequest]:
        return {}


def repickled(name: str, value: str, old: str, new: str) -> str:
    """What is kept under a name, to be opened with another pickle key; what cannot be opened stays as it is."""
    if name == HEARD:
        return value
    said = json.loads(value)
    with suspicion(Counter(), "key-kept"):
        pickle = said["pickle"].encode()
        if name == ACCOUNT:
            said["pickle"] = OlmAccount.from_pickle(pickle, old, said["shared"]).pickle(new).decode()
        elif name.startswith(OLM):
            made, used = (datetime.fromisoformat(said[when]) for when in ("made", "used"))
            said["pickle"] = Session.from_pickle(pickle, made, old, used).pickle(new).decode()
        elif name.startswith(MEGOLM):
            whose = said["fingerprint"], said["sender"], said["room"]
            said["pickle"] = InboundGroupSession.from_pickle(pickle, *whose, old).pickle(new).decode()
    return json.dumps(said)


def short(*parts: str) -> str:
    """A name made of these."""
    return sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:32]
