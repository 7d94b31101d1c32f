"""Follows a room that became another one, where both say so (client-server API, "Room Upgrades")."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256

from bridges.matrix.raw import Raw, head
from bridges.matrix.rooms import CREATE, Room
from bridges.matrix.server import Server
from bridges.matrix.strangers import part
from bridges.model import Chat, Moved, Placed
from bridges.port import Refused, TryLater

PATIENCE = 3  # how often a server that does not answer may hold the sync up


class Moves:
    """What became of rooms that moved; `rooms` are those that the sync keeps."""

    def __init__(self, server: Server, rooms: Mapping[str, Room]) -> None:
        self._server, self._rooms = server, rooms
        self._tried: Counter[str] = Counter()
        self._followed: set[str] = set()

    async def follow(self, moved: Moved) -> Moved:
        """Enter the new room; it counts as entered only if it names the old one, since anybody can point anywhere.

        Raises TryLater while it is worth another try.
        """
        new, old = moved.new.id, moved.old.id
        was_in = new in self._rooms and self._rooms[new].is_member
        try:
            if not was_in:
                await self._server.join(new, *{who.partition(":")[2] for who in (moved.by.id, old, new) if ":" in who})
            predecessor = part(await self._server.state(new, CREATE), "predecessor", "room_id")
        except Refused:  # nobody let us in
            return moved
        except TryLater:
            self._tried[moved.key] += 1
            if self._tried[moved.key] < PATIENCE:
                raise
            return moved
        if predecessor == old:
            self._followed.add(new)
            return entered(moved)
        if not was_in:
            with suppress(TryLater):
                await self._server.leave(new)
        return moved

    def arrived(self, placed: Placed, event: Raw) -> Moved | None:
        """What it means that the bot came into a room: perhaps that it was let in where another one had moved to."""
        old = self._rooms.get(self._rooms[placed.chat.id].predecessor) if placed.member else None
        if old is None or old.successor != placed.chat.id or placed.chat.id in self._followed:
            return None
        moved = Moved(**head(event), old=old.chat, new=Chat(placed.chat.network, placed.chat.id), by=placed.by)
        return entered(moved)


def entered(moved: Moved) -> Moved:
    """The move as one that is done, under one name however it is learnt."""
    name = sha256(f"{moved.old.id}\0{moved.new.id}".encode()).hexdigest()[:32]
    return replace(moved, key=f"matrix {name}", entered=True)
