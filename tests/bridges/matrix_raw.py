"""Events as a homeserver gives them, and a room in which they happen, for tests without a homeserver."""

from typing import Any

from bridges.matrix.rooms import Room
from bridges.matrix.translate import translate
from bridges.model import Chat, Event, Ref

ME, ANA, BEA = "@palier:x", "@ana:x", "@bea:x"
CHAT = Chat("matrix", "!a")
FIRST = Ref(CHAT, "$1")


def raw(kind: str = "m.room.message", /, sender: str = ANA, **more: Any) -> dict[str, Any]:
    inside = more.pop("content", {"msgtype": "m.text", "body": "a < b"})
    return {"type": kind, "event_id": "$2", "sender": sender, "origin_server_ts": 9000, "content": inside, **more}


def member(user: str, membership: str = "join", before: str = "", **more: Any) -> dict[str, Any]:
    unsigned = {"unsigned": {"prev_content": {"membership": before}, "prev_sender": BEA}} if before else {}
    sender = more.pop("sender", user)
    return raw("m.room.member", sender, state_key=user, content={"membership": membership, **more}, **unsigned)


def room(*people: str, levels: dict[str, Any] | None = None) -> Room:
    known = Room("!a", ME)
    known.learn(raw("m.room.create", BEA, state_key="", content={"room_version": "12"}))
    known.learn(raw("m.room.name", BEA, state_key="", content={"name": "Tilleuls"}))
    for user in people or (ME, ANA, BEA):
        known.learn(member(user, displayname=user[1:4].title()))
    if levels is not None:
        known.learn(raw("m.room.power_levels", BEA, state_key="", content=levels))
    return known


def told(event: dict[str, Any], here: Room | None = None) -> Event | None:
    """The one thing that an event means, if it means anything."""
    every = translate(event, here or room())
    assert len(every) < 2
    return every[0] if every else None


def message(**inside: Any) -> Event | None:
    return told(raw(content={"msgtype": "m.text", "body": "a < b", **inside}))
