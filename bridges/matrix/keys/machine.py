"""nio's Olm machine between strangers: it takes nothing on trust, and what breaks it is counted."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, cast

import nio
import vodozemac
from nio.crypto import Olm
from nio.crypto.device import OlmDevice
from nio.crypto.sessions import InboundGroupSession, OutboundGroupSession

from bridges.matrix.keys.store import KeyStore, RoomKey
from bridges.matrix.keys.strange import Broken, Missing, is_key, is_theirs, suspicion, unpadded
from bridges.matrix.strangers import is_id, part

MEGOLM, OLM = "m.megolm.v1.aes-sha2", "m.olm.v1.curve25519-aes-sha2"
ENCRYPTED = "m.room.encrypted"
ENOUGH = 25  # one-time keys at the homeserver, of the fifty that may be there
SPARE = 7 * 86_400.0  # seconds for which one fallback key is offered
MOST_DEVICES = 100  # of one person: nobody has more, but a server may say so
MOST_STRANGE = 100
REMEMBERED = 20_000  # places in sessions
Raw = Mapping[str, Any]


class Machine(Olm):
    """The account of this device and what it shares with others; speaks to nobody by itself.

    `wanted(room, session, owner)` tells whether a key that somebody forwards was asked for.
    """

    def __init__(
        self, user: str, device: str, store: KeyStore, odd: Counter[str], wanted: Callable[[str, str, str], bool]
    ) -> None:
        super().__init__(user, device, cast("Any", store))
        self._keys, self._odd, self._wanted = store, odd, wanted
        self._seen: dict[tuple[str, int], str] = {}  # which event stood at a place in a session; oldest first
        self._curves: dict[str, tuple[str, str]] = {}  # whose device a key belongs to
        self._spare = float("-inf")  # when the fallback key was made
        # Who sent what cannot be opened, by devices that are not known yet.
        self.strange: dict[tuple[str, str], None] = {}

    # --- what this device shows of itself

    def device_keys(self) -> dict[str, Any]:
        """The device as the homeserver shows it to others, signed by itself."""
        keys = {f"{name}:{self.device_id}": key for name, key in self.account.identity_keys.items()}
        shown = {"algorithms": [OLM, MEGOLM], "device_id": self.device_id, "user_id": self.user_id, "keys": keys}
        return self.signed(shown)

    def signed(self, said: dict[str, Any]) -> dict[str, Any]:
        """The same with this device's signature."""
        return {**said, "signatures": {self.user_id: {f"ed25519:{self.device_id}": self.sign_json(dict(said))}}}

    def offer(self) -> dict[str, Any] | None:
        """What the homeserver has to be given for others (`/keys/upload`); None while it has enough.

        The fallback key is for when they have used up all others: then too they can reach this device.
        """
        first, left = not self.account.shared, self.uploaded_key_count
        if not first and (left is None or left >= ENOUGH):
            return None
        account: Any = self.account._account  # noqa: SLF001 - nio knows no fallback keys
        if wished := self.account.max_one_time_keys - (left or 0) - len(account.one_time_keys):
            account.generate_one_time_keys(max(0, wished))
        body: dict[str, Any] = {"device_keys": self.device_keys()} if first else {}
        body["one_time_keys"] = self._named(account.one_time_keys)
        if self._needs_spare:
            if not account.fallback_key:
                account.generate_fallback_key()
            body["fallback_keys"] = self._named(account.fallback_key, fallback=True)
        self.save_account()
        return body

    @property
    def _needs_spare(self) -> bool:
        return time.monotonic() - self._spare > SPARE

    def _named(self, keys: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        return {f"signed_curve25519:{n}": self.signed({"key": key.to_base64(), **more}) for n, key in keys.items()}

    def offered(self, left: int) -> None:
        """The homeserver has it, and now so many."""
        self.account.shared, self.uploaded_key_count = True, left
        self._spare = time.monotonic() if self._needs_spare else self._spare
        self.mark_keys_as_published()
        self.save_account()

    # --- what others show of themselves

    def learn(self, user: str, devices: object) -> None:
        """Somebody's devices, as their server tells them; those that are not well signed do not exist."""
        known: dict[str, object] = devices if isinstance(devices, dict) else {}
        good = {}
        for id_, said in islice(known.items(), MOST_DEVICES):
            with suspicion(self._odd, "device"):
                if (device := self._proven(user, id_, said)) is not None:
                    good[id_] = device
        with suspicion(self._odd, "device"):
            self._handle_key_query(nio.KeysQueryResponse({user: good}, {}))
        self._index(user)

    def _proven(self, user: str, id_: str, said: object) -> dict[str, Any] | None:
        """A device that signed itself, and whose key is no other device's: sessions are found by it."""
        match said:
            case {"user_id": who, "device_id": name, "keys": dict(keys), "signatures": dict()} if (
                who == user and name == id_ and is_id(id_)
            ):
                plain = {name: value for name, value in cast("Raw", said).items() if name != "unsigned"}
            case _:
                self._odd["device"] += 1
                return None
        ed25519, curve25519 = keys.get(f"ed25519:{id_}"), keys.get(f"curve25519:{id_}")
        fit = is_key(ed25519) and is_key(curve25519) and self._whose(curve25519) in (None, (user, id_))
        if not fit or not self.verify_json(plain, ed25519, user, id_):
            self._odd["device"] += 1
            return None
        return plain

    def _whose(self, key: str) -> tuple[str, str] | None:
        if key == self.account.identity_keys["curve25519"]:
            return self.user_id, self.device_id
        return self._curves.get(key)

    def forget(self, user: str) -> None:
        """Nobody shares a room with them any more."""
        self.device_store[user].clear()
        self._index(user)

    def _index(self, user: str) -> None:
        self._curves = {key: at for key, at in self._curves.items() if at[0] != user}
        self._curves |= {one.curve25519: (user, one.id) for one in self.device_store.active_user_devices(user)}

    def devices(self, people: Iterable[str]) -> dict[tuple[str, str], OlmDevice]:
        """All devices of these people but this one."""
        every = (one for user in people for one in self.device_store.active_user_devices(user))
        mine = self.user_id, self.device_id
        return {at: one for one in every if (at := (one.user_id, one.id)) != mine}

    def meet(self, device: OlmDevice, claimed: object) -> None:
        """Begin a session with a device by the one-time key that its server gave (`/keys/claim`)."""
        match claimed:
            case {**keys} if len(keys) == 1 and is_key(part(next(iter(keys.values())), "key")):
                with suspicion(self._odd, "one-time-key"):
                    self._handle_key_claiming(nio.KeysClaimResponse({device.user_id: {device.id: keys}}, {}))
            case _:
                self._odd["one-time-key"] += 1

    # --- between two devices

    def seal(self, device: OlmDevice, kind: str, content: dict[str, Any]) -> dict[str, Any] | None:
        """What is said to one device alone; None where there is no session with it."""
        with suspicion(self._odd, "device"):
            if session := self.session_store.get(device.curve25519):
                return dict(self._olm_encrypt(session, device, kind, content))
        return None

    def hear(self, event: object) -> None:
        """What somebody sent to this device, encrypted or not."""
        match event:
            case {
                "type": "m.room.encrypted", "sender": str(sender),
                "content": {"algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": key, "ciphertext": dict(boxes)},
            } if is_key(key):  # fmt: skip
                with suspicion(self._odd, "to-device"):
                    self._open(sender, key, boxes.get(self.account.identity_keys["curve25519"]))

    def _open(self, sender: str, key: str, box: object) -> None:
        message: vodozemac.PreKeyMessage | vodozemac.AnyOlmMessage
        match box:
            case {"type": 0, "body": str(body)}:
                message = vodozemac.PreKeyMessage.from_base64(body)
            case {"type": 1, "body": str(body)}:
                message = vodozemac.AnyOlmMessage.normal(unpadded(body))
            case _:
                return
        try:
            self.decrypt(sender, key, message)
        except vodozemac.SessionCreationException:  # it rests on a one-time key that is gone
            self._mark_device_for_unwedging(sender, key)

    def _mark_device_for_unwedging(self, sender: str, sender_key: str) -> None:
        if self.device_store.device_from_sender_key(sender, sender_key):
            super()._mark_device_for_unwedging(sender, sender_key)
        elif len(self.strange) < MOST_STRANGE and is_id(sender):
            self.strange[sender, sender_key] = None

    def recognise(self) -> None:
        """Their devices are known now, if they have any: what is broken with them begins anew."""
        strange, self.strange = self.strange, {}
        for sender, key in strange:
            if self.device_store.device_from_sender_key(sender, key):
                super()._mark_device_for_unwedging(sender, key)

    def _handle_olm_event(self, sender: str, sender_key: str, payload: dict[str, Any]) -> None:
        """A room's key from who made it, or one that was asked for, from who made it too: nobody vouches for others."""
        match payload:
            case {
                "type": "m.room_key" | "m.forwarded_room_key" as kind,
                "content": {"algorithm": "m.megolm.v1.aes-sha2", "room_id": room, "session_id": str(id_),
                            "session_key": str(secret), **more},
                "keys": {"ed25519": str(fingerprint)},
            } if is_id(room):  # fmt: skip
                pass
            case _:
                return
        if kind == "m.room_key":
            session = InboundGroupSession(secret, fingerprint, sender_key, room)
        elif more.get("sender_key") == sender_key and self._wanted(room, id_, sender):
            session = InboundGroupSession.import_session(secret, fingerprint, sender_key, room)
        else:
            return
        if session.id == id_:
            self._keys.keep(session, sender)
        else:
            self._odd["room-key"] += 1

    # --- in rooms

    def begin(self, room: str) -> OutboundGroupSession:
        """A new session for what this device says in a room, and its key for what has to be read again."""
        session, mine = OutboundGroupSession(), self.account.identity_keys
        own = InboundGroupSession(session.session_key, mine["ed25519"], mine["curve25519"], room)
        self._keys.keep(own, self.user_id)
        session.mark_as_shared()
        return session

    def write(self, session: OutboundGroupSession, room: str, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        """The content of an `m.room.encrypted`."""
        ciphertext = session.encrypt(json.dumps({"type": kind, "content": content, "room_id": room}))
        sealed = {
            "algorithm": MEGOLM, "ciphertext": ciphertext, "session_id": session.id, "device_id": self.device_id,
            "sender_key": self.account.identity_keys["curve25519"],
        }  # fmt: skip
        return sealed | ({"m.relates_to": about} if (about := content.get("m.relates_to")) else {})

    def read(self, event: Raw, room: str) -> Raw:
        """The event as its sender wrote it; raises Missing, Broken."""
        try:
            return self._read(event, room)
        except (Missing, Broken):
            raise
        except BaseException as error:
            if not is_theirs(error):
                raise
            raise Broken("ciphertext") from None

    def _read(self, event: Raw, room: str) -> Raw:
        content = event["content"]
        if content.get("algorithm") != MEGOLM:
            raise Missing
        key = self._keys.find(room, content["session_id"], event["sender"])
        message = vodozemac.MegolmMessage.from_base64(content["ciphertext"])
        if key is None or message.message_index() < key.session.first_known_index:
            raise Missing
        said = json.loads(key.session.decrypt(content["ciphertext"])[0])
        match said:
            case {"type": str(kind), "content": dict(inside), "room_id": str(where)} if where == room:
                pass
            case _:
                raise Broken("forged")
        # The homeserver judged none of this: it can be no state, and takes nothing away.
        if (kind.startswith("m.room.") and kind != "m.room.message") or "state_key" in event or "state_key" in said:
            raise Broken("forged")
        self._only_once(key, message.message_index(), event["event_id"])
        self._keys.touch(key)
        if (about := content.get("m.relates_to")) is not None:
            inside = {**inside, "m.relates_to": about}
        clear = {name: value for name, value in event.items() if name not in {"type", "content"}}
        return {**clear, "type": kind, "content": inside}

    def _only_once(self, key: RoomKey, index: int, event: str) -> None:
        """A place in a session belongs to the event that was there first: another one repeats what it said."""
        at = key.session.id, index
        if self._seen.setdefault(at, event) != event:
            raise Broken("forged")
        if len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]


def place_of(event: Raw) -> tuple[str, int] | None:
    """Session and place in it of what is encrypted, None where it is not or says neither."""
    match event.get("content"):
        case {"algorithm": "m.megolm.v1.aes-sha2", "session_id": str(session), "ciphertext": str(ciphertext)}:
            try:
                return session, vodozemac.MegolmMessage.from_base64(ciphertext).message_index()
            except ValueError:
                return None
    return None
