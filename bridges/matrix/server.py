"""What a homeserver is asked about rooms and events, and told to put into them: one method a call."""

import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlencode

import nio

from bridges.matrix.errors import answer, ask
from bridges.matrix.raw import Raw
from bridges.matrix.rooms import Room
from bridges.port import Refused

V1, V3 = "/_matrix/client/v1", "/_matrix/client/v3"
PAGE = 100
Seal = Callable[[str, str, dict[str, Any]], Awaitable[tuple[str, dict[str, Any]]]]
Unseal = Callable[[Raw, str], Raw | None]


class Server:
    """The client-server API over nio's connection; everything raises Refused, TryLater, Stopped."""

    def __init__(self, client: nio.AsyncClient) -> None:
        self._client = client
        self.seal: Seal | None = None  # what makes an event of what is said, where rooms may be encrypted
        self.unseal: Unseal | None = None

    async def say(self, room: str, kind: str, content: dict[str, Any], key: str) -> str:
        """Put an event into a room, once for a key; returns its id. Reactions stay open, as homeservers count them."""
        if self.seal and kind != "m.reaction":
            kind, content = await self.seal(room, kind, content)
        return str((await answer(self._client.room_send(room, kind, content, tx_id=key))).event_id)

    async def redact(self, room: str, event: str, key: str) -> None:
        """Take an event's content away, once for a key."""
        await answer(self._client.room_redact(room, event, tx_id=key))

    async def opened(self, room: str, event: Raw) -> Raw:
        """The event as its sender wrote it, where it was encrypted and the key is at hand; else as it is."""
        if self.unseal and event.get("type") == "m.room.encrypted":
            return self.unseal(event, room) or event
        return event

    async def event(self, room: str, event: str) -> Raw:
        """One event as it is today."""
        return await self.opened(room, await ask(self._client, "GET", f"{at(room)}/event/{quote(event, safe='')}"))

    async def relations(self, room: str, event: str, kind: str, most: float = math.inf) -> AsyncIterator[Raw]:
        """All that refers to an event in one way, newest first, in pages until `most`. nio's own loses errors."""
        path, token, seen = f"{at(room, V1)}/relations/{quote(event, safe='')}/{kind}", "", 0
        while seen < most:
            query = urlencode({"limit": PAGE} | ({"from": token} if token else {}))
            page = await ask(self._client, "GET", f"{path}?{query}")
            for one in page.get("chunk", []):
                yield await self.opened(room, one)
            seen += PAGE
            if not (token := page.get("next_batch", "")):
                return

    async def author(self, room: str, event: str) -> str:
        """Who sent an event, even one that was taken away; nobody, where the bot may not know."""
        with suppress(Refused):
            return str((await ask(self._client, "GET", f"{at(room)}/event/{quote(event, safe='')}")).get("sender"))
        return ""

    async def state(self, room: str, kind: str) -> dict[str, Any]:
        """The content of one piece of a room's state; empty, where there is none or it is not for us to see."""
        with suppress(Refused):
            return await self.state_there(room, kind)
        return {}

    async def state_there(self, room: str, kind: str) -> dict[str, Any]:
        """The same; raises Refused where there is none, or it is not for us to see."""
        return await ask(self._client, "GET", f"{at(room)}/state/{quote(kind, safe='')}")

    async def put_state(self, room: str, kind: str, content: dict[str, Any]) -> str:
        """Change one piece of a room's state; returns the event's id."""
        changed = await ask(self._client, "PUT", f"{at(room)}/state/{quote(kind, safe='')}", content)
        return str(changed.get("event_id"))

    async def member(self, room: str, what: str, user: str) -> None:
        """Do to somebody what this word says: invite, kick, ban, unban."""
        await ask(self._client, "POST", f"{at(room)}/{what}", {"user_id": user})

    async def room(self, room: str) -> Room:
        """A room as it is at this moment; empty, where it does not show itself: then we are not in it."""
        known = Room(room, self._client.user_id)
        with suppress(Refused):
            for event in (await answer(self._client.room_get_state(room))).events:
                known.learn(event)
        return known

    async def join(self, room: str, *via: str) -> None:
        """Enter a room, through servers that are in it where ours is not."""
        query = urlencode([(name, server) for server in via for name in ("via", "server_name")])
        await ask(self._client, "POST", f"{V3}/join/{quote(room, safe='')}?{query}", {})

    async def leave(self, room: str) -> None:
        """Go out and forget, or decline."""
        for step in ("leave", "forget"):
            with suppress(Refused):  # it was out already, or was never asked in
                await ask(self._client, "POST", f"{at(room)}/{step}", {})


def at(room: str, version: str = V3) -> str:
    """The path below which a room is."""
    return f"{version}/rooms/{quote(room, safe='')}"
