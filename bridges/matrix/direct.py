"""Where the bot speaks with one person alone: finds their direct room, or opens it once."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import quote

import nio

from bridges.matrix.errors import ask
from bridges.matrix.rooms import Room
from bridges.matrix.server import V3, Server
from bridges.port import Refused


class Talks:
    """The account's direct rooms (`m.direct`), beside `rooms`, which the sync keeps."""

    def __init__(self, client: nio.AsyncClient, server: Server, rooms: Mapping[str, Room]) -> None:
        self._client, self._server, self._rooms = client, server, rooms
        self._listed: dict[str, list[str]] | None = None
        self._opening = asyncio.Lock()  # two messages to one person are no two invitations

    def __contains__(self, room: str) -> bool:
        return any(room in rooms for rooms in (self._listed or {}).values())

    def learn(self, said: object) -> None:
        """Take the account's list in, as the homeserver tells it."""
        self._listed = directs(said)

    async def room(self, person: str, here: str, *, open_one: bool) -> str | None:
        """Where that person alone can read and nobody else ever could: a nameless room that was made for a talk.

        `here` comes first, if it is one; a group's room in which one person is left is none. None where there is no
        such room yet and none shall be opened. Raises Refused("unreachable") where they left it.
        """
        async with self._opening:
            left = False
            for room in await self._candidates(person, here):
                known = await self._server.room(room)
                if known.is_private_with(person) and not known.title:
                    return room
                left = left or set(known.people()) == {self._client.user_id}
            if left:
                raise Refused("unreachable")
            return await self._open(person) if open_one else None

    async def note(self, person: str, room: str) -> None:
        """Put into the account that this is the room with that person, for oneself and for other clients."""
        known = await self._list()
        if room not in (rooms := known.get(person, [])):
            known = {**known, person: [*rooms, room]}
            await ask(self._client, "PUT", self._path(), known)
            self._listed = known

    async def _candidates(self, person: str, here: str) -> list[str]:
        """Here if they are alone, then the newest first; the list may lack a room that was opened before a crash."""
        listed = (await self._list()).get(person, [])
        unlisted = [room.id for room in self._rooms.values() if room.is_private_with(person) and room.is_direct]
        first = [room for room in (*listed, *unlisted) if room == here]
        return list(dict.fromkeys([*first, *reversed(listed), *unlisted]))

    async def _open(self, person: str) -> str:
        body = {"is_direct": True, "invite": [person], "preset": "trusted_private_chat", "visibility": "private"}
        try:
            room = str((await ask(self._client, "POST", f"{V3}/createRoom", body))["room_id"])
        except Refused as error:
            raise Refused("unreachable") from error
        await self.note(person, room)
        return room

    async def _list(self) -> dict[str, list[str]]:
        if self._listed is None:
            said: object = {}
            with suppress(Refused):  # the account has no such list yet
                said = await ask(self._client, "GET", self._path())
            self._listed = directs(said)
        return self._listed

    def _path(self) -> str:
        return f"{V3}/user/{quote(self._client.user_id, safe='')}/account_data/m.direct"


def directs(said: object) -> dict[str, list[str]]:
    """The content of `m.direct`, without what is malformed in it."""
    if not isinstance(said, dict):
        return {}
    lists = {str(user): rooms for user, rooms in said.items() if isinstance(rooms, list)}
    return {user: [room for room in rooms if isinstance(room, str)] for user, rooms in lists.items()}
