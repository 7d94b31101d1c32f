"""What the bridge asks of its keys: to open what comes, now or later, and to close what goes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import nio

from bridges.matrix.errors import ask
from bridges.matrix.keys.late import Late, Waiting
from bridges.matrix.keys.running import People, Running
from bridges.matrix.keys.sharing import Readers
from bridges.matrix.keys.store import PREFIX, KeyStore
from bridges.matrix.keys.strange import Broken, Missing
from bridges.matrix.strangers import is_id, part
from bridges.port import Cursor, Refused, Stopped, TryLater

V3 = "/_matrix/client/v3"
NOT_YET = timedelta(seconds=2)
Raw = Mapping[str, Any]


class Keys:
    """One device's keys. Everything that is sent or confirmed rests on keys that are saved already.

    `pickle_key`: nio wraps what it gives to the store with it; the store is sealed besides. Only one process may run
    this for one account at a time (`start`); another one takes it over from the cursor alone.
    """

    def __init__(self, client: nio.AsyncClient, cursor: Cursor, pickle_key: str, odd: Counter[str]) -> None:
        self._client, self._cursor, self._pickle_key, self._odd = client, cursor, pickle_key, odd
        self._late = Late(cursor)
        self._running: Running | None = None
        self._closed = True

    async def start(self, password: str | None) -> None:
        """With what was kept; the first time with a new account, whose device is cross-signed.

        Raises Stopped("matrix-keys") where what was kept cannot be opened with this pickle key.
        """
        if self._running is None:
            kept = await self._cursor.load_all(PREFIX)
            try:
                store = KeyStore(kept, self._pickle_key, self._client.device_id or "", self._odd)
            except ValueError as error:
                raise Stopped("matrix-keys") from error
            await self._late.restore()
            self._running = Running(self._client, self._cursor, store, self._late, self._odd)
            self._running.password = password
        self._closed = False
        await self._running.introduce()

    async def close(self) -> None:
        """Leave nothing running, and encrypt no more until the next start."""
        self._closed = True
        if self._running:
            await self._running.close()

    async def after_sync(self, batch: nio.SyncResponse, people: People) -> None:
        """Take in what concerns keys. When it returns, nothing of it can be lost, so the token may move.

        `people`: who may read in a room, before this batch. What follows from it is done beside the sync.
        """
        assert self._running
        await self._running.after_sync(batch, people)

    async def decrypted(self, event: Raw, room: str) -> Raw | None:
        """The event as its sender wrote it, None where that cannot be read.

        Where only the key is missing, the event is kept, and its sender's devices are asked for it once.
        """
        assert self._running
        try:
            return self._running.machine.read(event, room)
        except Broken as error:
            self._odd[error.kind] += 1
        except Missing:
            if is_id(event.get("event_id")) and is_id(event.get("sender")) and await self._late.keep(room, event):
                self._running.ask_for(room, event)
        return None

    def opened(self, event: Raw, room: str) -> Raw | None:
        """The same of an event of any age, without a trace where it fails."""
        try:
            return self._running.machine.read(event, room) if self._running else None
        except (Missing, Broken):
            return None

    async def late(self) -> list[tuple[str, Raw]]:
        """Events whose keys have come, with their rooms, in order; the same again until they are forgotten.

        What was taken away meanwhile is not among them. Raises TryLater, Stopped.
        """
        assert self._running
        ready: list[tuple[str, Raw]] = []
        for one in self._late.all():
            try:
                clear = self._running.machine.read(one.event, one.room)
            except Missing:
                continue
            except Broken as error:
                self._odd[error.kind] += 1
            else:
                if await self._still_stands(one):
                    ready.append((one.room, clear))
                    continue
            await self._late.forget(one.id)
        return ready

    async def _still_stands(self, one: Waiting) -> bool:
        path = f"{V3}/rooms/{quote(one.room, safe='')}/event/{quote(one.id, safe='')}"
        try:
            now = await ask(self._client, "GET", path)
        except Refused:  # the bot may see it no more
            return False
        return bool(part(now, "content", "ciphertext") == one.event["content"].get("ciphertext"))

    async def forget(self, events: Sequence[Raw]) -> None:
        """These were delivered."""
        await self._late.forget(*(str(event["event_id"]) for event in events))

    def unreadable(self) -> list[Waiting]:
        """In each room, once: an event that waited long enough for its key to be spoken of."""
        return self._late.to_tell()

    async def encrypted(self, room: str, kind: str, content: dict[str, Any], readers: Readers) -> dict[str, Any]:
        """The content of an `m.room.encrypted` that every device of those who may read by then can open.

        Raises TryLater, also while this process does not run the account's keys.
        """
        if self._running is None or self._closed:
            raise TryLater(NOT_YET)
        return await self._running.sharing.encrypt(room, kind, content, readers)
