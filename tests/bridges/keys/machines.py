"""Olm machines that talk to one another without a homeserver."""

import logging
from collections import Counter
from typing import Any

from nio.crypto.sessions import OutboundGroupSession

from bridges.matrix.keys.machine import Machine
from bridges.matrix.keys.store import KeyStore

ROOM = "!room"
# As the bridge silences it: it logs what strangers wrote, which need not even be Unicode.
logging.getLogger("nio").propagate = False
logging.getLogger("nio").addHandler(logging.NullHandler())


class Device:
    """A machine with its store and its counts; `asked`: the forwarded keys that it wants."""

    def __init__(self, user: str, id_: str, kept: dict[str, str] | None = None) -> None:
        self.user, self.id, self.odd = user, id_, Counter[str]()
        self.asked: set[tuple[str, str, str]] = set()
        self.store = KeyStore(kept or {}, "a key of tests", id_, self.odd)
        self.machine = Machine(user, id_, self.store, self.odd, lambda *key: key in self.asked)

    @property
    def curve(self) -> str:
        return str(self.machine.account.identity_keys["curve25519"])

    def meets(self, other: "Device") -> None:
        """Know another device, and have a talk with it."""
        self.machine.learn(other.user, {other.id: other.machine.device_keys()})
        offer = other.machine.offer()
        if offer is None:
            other.machine.uploaded_key_count = 0
            offer = other.machine.offer()
        assert offer
        other.machine.offered(50)
        name, key = next(iter(offer["one_time_keys"].items()))
        device = self.machine.devices([other.user])[other.user, other.id]
        self.machine.meet(device, {name: key})
        assert self.machine.session_store.get(device.curve25519), self.odd

    def box(self, other: "Device", kind: str, content: dict[str, Any]) -> dict[str, Any]:
        """What arrives at another device that this one has met."""
        device = self.machine.devices([other.user])[other.user, other.id]
        sealed = self.machine.seal(device, kind, content)
        assert sealed
        return {"type": "m.room.encrypted", "sender": self.user, "content": sealed}

    def gives(self, other: "Device", session: OutboundGroupSession, room: str = ROOM) -> None:
        """Let another device have the key of a room."""
        other.machine.hear(self.box(other, "m.room_key", room_key(session, room)))

    def says(self, session: OutboundGroupSession, event_id: str, words: str = "x", **more: Any) -> dict[str, Any]:
        """An event of this device's user."""
        said = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": words}, "room_id": ROOM} | more
        kind, content, room = said["type"], said["content"], said["room_id"]
        sealed = self.machine.write(session, room, kind, content)
        return {"type": "m.room.encrypted", "event_id": event_id, "sender": self.user, "content": sealed}


def room_key(session: OutboundGroupSession, room: str = ROOM) -> dict[str, Any]:
    return {
        "algorithm": "m.megolm.v1.aes-sha2", "room_id": room, "session_id": session.id,
        "session_key": session.session_key,
    }  # fmt: skip


def pair() -> tuple[Device, Device, OutboundGroupSession]:
    """Ana, who has given the key of a room to the bot, and met it."""
    ana, palier = Device("@ana:a.example", "ANA"), Device("@palier:p.example", "PALIER")
    ana.meets(palier)
    session = ana.machine.begin(ROOM)
    ana.gives(palier, session)
    return ana, palier, session
