"""A bot's account on a Matrix homeserver: one sync loop inwards, one call per action outwards."""

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import nio

from bridges.kept import Kept
from bridges.matrix import polls, sync
from bridges.matrix.acts import Acts
from bridges.matrix.client import Client
from bridges.matrix.direct import Talks
from bridges.matrix.edits import Edits
from bridges.matrix.errors import answer, ask
from bridges.matrix.files import LARGEST, Files
from bridges.matrix.keys import Keys
from bridges.matrix.moves import Moves
from bridges.matrix.outward import Outward
from bridges.matrix.raw import Odd, Raw
from bridges.matrix.rooms import Room
from bridges.matrix.server import V3, Server
from bridges.matrix.state import invited, inviter
from bridges.matrix.strangers import part
from bridges.matrix.threads import Threads
from bridges.matrix.translate import recalled, translate
from bridges.model import (
    Action,
    Chat,
    Edited,
    Event,
    Menu,
    Message,
    Moved,
    Placed,
    PollClosed,
    Ref,
    Removed,
    Right,
    Send,
    Unreadable,
)
from bridges.port import (
    ACTS,
    Bridge,
    Capabilities,
    Cursor,
    Depot,
    Fate,
    Inbox,
    Pace,
    Refused,
    Standing,
    Stopped,
    TryLater,
)

POLL = 30_000  # milliseconds
MOST_VOTES = 5_000  # that are counted, the newest
FIRST_SYNC = 180  # seconds: every room's whole state comes, and nio sets no bound to it
ECHO, ECHOES = 0.03, 0.3  # seconds of rest after the bot's own echo, and at most, while it goes on: more comes together
LAZY = 2.0  # seconds for which a place in the stream that only the bot's own echo has moved is not written
# Synapse forgets transaction ids after 24 hours.
REMEMBERED = timedelta(hours=20)
CAN = Capabilities(
    text_length=16_000, caption_length=16_000, prefix="!", direct=True, keeps_old_text=True, albums=1, uploads=LARGEST,
    spots_with_text=True, threads=True, repeats=True, wants=(Right.DELETE, Right.PIN),
    acts=ACTS,
    # What makes an event; Synapse counts comings and goings, too.
    counts=frozenset((
        "send", "edit", "remove", "react", "mirror", "unreact", "pin", "join", "leave", "restrict", "lock", "clear",
        "admit",
    )),
)  # fmt: skip
SYNAPSE = (Pace(count=10, per=timedelta(seconds=50), leaky=True),)  # `rc_message`, where nobody changed it


class MatrixBridge(Bridge):
    """The client-server API by matrix-nio; `cursor` keeps the session ("matrix.session") and the sync token ("matrix").

    It logs in once, with `password`, or takes the session that `token` belongs to; device and token stay the same from
    then on, because transaction ids belong to them.

    `pickle_key`: what wraps the keys of encrypted rooms; without it, these cannot be read. `depot` brings the files of
    other networks. `paced`: the homeserver keeps Synapse's limits, and the account has no exemption from them.

    Whoever takes an edit of theirs away takes words away: that is `Removed` for the message itself, although Matrix
    shows its older words again.
    """

    name = "matrix"

    def __init__(
        self,
        homeserver: str,
        user: str,
        *,
        cursor: Cursor,
        password: str | None = None,
        token: str | None = None,
        device_name: str = "Palier",
        depot: Depot | None = None,
        paced: bool = False,
        pickle_key: str = "",
    ) -> None:
        self.odd: Counter[str] = Counter()
        silence = logging.getLogger("nio")  # it logs contents of malformed events, hence words and names
        silence.propagate, silence.handlers = False, [logging.NullHandler()]
        # Waiting is the courier's: left alone, nio waits and repeats without bound inside one call.
        config = nio.AsyncClientConfig(
            max_limit_exceeded=0, max_timeouts=0, request_timeout=30, encryption_enabled=False, store_sync_tokens=False
        )
        self._client = Client(homeserver.rstrip("/"), user, config=config)
        self._cursor, self._password, self._token, self._device_name = cursor, password, token, device_name
        self._rooms: dict[str, Room] = {}
        self._server, self._files = Server(self._client), Files(self._client)
        self._talks = Talks(self._client, self._server, self._rooms)
        self._edits, self._threads, self._moves = Edits(), Threads(), Moves(self._server, self._rooms)
        self._outward = Outward(
            self._client, self._server, self._files, self._talks, depot=depot, threads=self._threads,
            acts=Acts(self._client, self._server, Kept(cursor, "matrix.before")), is_encrypted=self._is_encrypted,
        )  # fmt: skip
        self._keys = Keys(self._client, cursor, pickle_key, self.odd) if pickle_key else None
        if self._keys:
            self._server.seal, self._server.unseal = self._sealed, self._keys.opened
        self._can = replace(CAN, pace_of_all=SYNAPSE) if paced else CAN
        self._known = False  # whether the rooms' whole state has come
        self._entering = asyncio.Lock()
        self.address = ""

    # --- the session

    async def _enter(self) -> None:
        """Have a session: the stored one, or the first and only login. Raises Stopped, TryLater."""
        async with self._entering:
            if self.address:
                return
            if stored := await self._cursor.load("matrix.session"):
                session = json.loads(stored)
            else:
                session = await self._first_session()
                await self._cursor.save("matrix.session", json.dumps(session))
            self._client.user_id, self._client.device_id = session["user_id"], session["device_id"]
            self._client.access_token = session["access_token"]
            with suppress(TryLater):  # it is asked again before the first file
                await self._files.learn()
            self.address = session["user_id"]

    async def _first_session(self) -> dict[str, str]:
        try:
            if self._token:
                self._client.access_token = self._token
                who = await ask(self._client, "GET", f"{V3}/account/whoami")
                return {"user_id": who["user_id"], "device_id": who.get("device_id", ""), "access_token": self._token}
            if not self._password:
                raise Stopped("matrix-login")
            came = await answer(self._client.login(self._password, self._device_name))
        except Refused as error:
            raise Stopped("matrix-login") from error
        return {"user_id": came.user_id, "device_id": came.device_id, "access_token": came.access_token}

    # --- inwards

    async def run(self, inbox: Inbox) -> None:
        """The token is saved after its events were handled; what was said before the first start is not ours."""
        await self._enter()
        if self._keys:  # not sooner nor longer: of several processes, only the one that listens may use them
            await self._keys.start(self._password)
        try:
            await self._listen(inbox)
        finally:
            if self._keys:
                await self._keys.close()

    async def _listen(self, inbox: Inbox) -> None:
        since, saved, rest = await self._cursor.load(self.name), -LAZY, ECHO
        await self._edits.restore(self._cursor)
        while True:
            batch = await self._sync(since)
            if self._keys:
                await self._keys.after_sync(batch, self._readers)
                if self._known:
                    await self._deliver_late(self._keys, inbox)
            for events in await self._happened(batch, since):
                await inbox(events)
            if self._keys and not self._known:  # the rooms had to be learnt first
                await self._deliver_late(self._keys, inbox)
            since, self._known = batch.next_batch, True
            for gone in batch.rooms.leave:
                self._edits.forget(gone)
            echo = self._client.only_echo and not batch.to_device_events
            if not echo or time.monotonic() - saved > LAZY:
                await self._cursor.save_all({self.name: since, **self._edits.news()})
                self._edits.saved()
                saved = time.monotonic()
            if echo:
                await asyncio.sleep(rest)
            rest = min(2 * rest, ECHOES) if echo else ECHO
            for gone in batch.rooms.leave:  # not sooner: if the inbox fails, the same comes again and needs the names
                self._rooms.pop(gone, None)

    async def _deliver_late(self, keys: Keys, inbox: Inbox) -> None:
        """What can be read only now; and, once, that something cannot."""
        ready = await keys.late()
        for room, event in ready:
            known = self._rooms.get(room)
            meant = await self._meant(event, known) if known else []
            if late := [replace(one, late=True) if isinstance(one, Message) else one for one in meant]:
                await inbox(late)
        await keys.forget([event for _, event in ready])
        for one in keys.unreadable():
            if known := self._rooms.get(one.room):
                at, who = datetime.now(UTC), known.person(str(one.event.get("sender")))
                key = f"matrix unreadable {one.event.get('event_id')}"
                await inbox([Unreadable(key=key, at=at, chat=known.chat, sender=who)])

    async def _sync(self, since: str | None) -> nio.SyncResponse:
        call = self._client.sync(POLL if since and self._known else 0, sync.FILTER, since, full_state=not self._known)
        try:
            async with asyncio.timeout(FIRST_SYNC):
                return await answer(call)
        except (Refused, TimeoutError) as error:
            self.odd["sync"] += 1
            raise TryLater(everywhere=True) from error

    async def _happened(self, batch: nio.SyncResponse, since: str | None) -> list[list[Event]]:
        """One list per room, in its order; the same again if the batch comes again."""
        for data in batch.account_data_events:
            if getattr(data, "type", "") == "m.direct":
                self._talks.learn(getattr(data, "content", None))
        happened = [self._asked(room, info.invite_state, since) for room, info in batch.rooms.invite.items()]
        for id_, info in {**batch.rooms.join, **batch.rooms.leave}.items():
            room = self._rooms.setdefault(id_, Room(id_, self.address))
            room.listed = id_ in self._talks
            for event in (*info.state, *info.timeline.events):
                room.learn(event.source)
            if since:
                missed = await self._gap(id_, info.timeline, since)
                events = [*missed, *(event.source for event in info.timeline.events)]
                inside, alone = id_ in batch.rooms.join, room.is_private()
                kept = sync.stay(events, self.address, inside=inside, alone=alone)
                kept = [clear for event in kept if (clear := await self._clear(event, room)) is not None]
                happened.append([one for event in kept for one in await self._meant(event, room)])
                for event in kept:
                    if friend := inviter(event, self.address):
                        with suppress(Refused):
                            await self._talks.note(friend, id_)
        return [events for events in happened if events]

    async def _gap(self, room: str, timeline: nio.Timeline, since: str) -> list[Raw]:
        try:
            return await sync.gap(self._client, room, timeline, since)
        except Refused:  # one room that does not show its past must not hold the others
            self.odd["gap"] += 1
            return []

    def _understood(self, event: Raw, room: Room) -> Sequence[Event]:
        try:
            return translate(event, room)
        except Odd as odd:
            self.odd[odd.kind] += 1
        except Exception:  # whatever people send, the next event is read
            self.odd["malformed"] += 1
        return []

    async def _meant(self, event: Raw, room: Room) -> list[Event]:
        """What is understood, with what other events and other rooms say of it; raises TryLater, Stopped."""
        meant: list[Event] = []
        for understood in self._understood(event, room):
            meant.append(understood)
            match understood:
                case Edited(ref=first, sender=author):
                    self._edits.note(Ref(room.chat, event["event_id"]), first, author.id)
                case Message(ref=ref):
                    self._threads.note(ref)
                case Removed(ref=edit) if known := self._edits.of(edit):
                    first, by = known
                    if await self._server.author(room.id, first.id) == by:  # anybody may send an edit of anything
                        meant[-1] = replace(understood, ref=first)
                case Moved():
                    meant[-1] = await self._moves.follow(understood)
                case Placed() if moved := self._moves.arrived(understood, event):
                    meant.append(moved)
                case PollClosed():
                    meant[-1:] = [closed] if (closed := await self._counted(understood, event, room)) else []
        return meant

    async def _counted(self, over: PollClosed, event: Raw, room: Room) -> PollClosed | None:
        """A poll's end with its result; nothing, where it does not end that poll."""
        try:
            start = await self._server.event(room.id, over.poll.id)
            related = [one async for one in self._server.relations(room.id, over.poll.id, "m.reference", MOST_VOTES)]
            poll = polls.closed(start, event, related, may=lambda user: room.may(user, Right.DELETE))
        except (Odd, Refused):
            self.odd["poll"] += 1
            return None
        return replace(over, poll=poll)

    async def _clear(self, event: Raw, room: Room) -> Raw | None:
        """An event that can be read; None where its key is missing yet, or where it only says that keys are needed."""
        if self._keys is None or event.get("sender") == self.address:
            return event
        match event.get("type"):
            case "m.room.encrypted" if part(event, "unsigned", "redacted_because") is None and "state_key" not in event:
                return await self._keys.decrypted(event, room.id)
            case "m.room.encryption":
                return None
        return event

    async def _sealed(self, room: str, kind: str, said: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """What is said in a room as an event: encrypted for everybody who is there or invited, where it has to be."""
        known = await self._room(room)
        if self._keys is None or not known.encrypted:
            return kind, said
        return "m.room.encrypted", await self._keys.encrypted(room, kind, said, known.readers)

    def _readers(self, room: str) -> set[str]:
        """Who may read what is said in a room from now on, as far as the sync has told."""
        return self._rooms[room].readers() if room in self._rooms else set()

    async def _is_encrypted(self, room: str) -> bool:
        """Whether what goes into a room has to be encrypted, files too."""
        return (await self._room(room)).encrypted

    async def _room(self, room: str) -> Room:
        """A room as the sync tells it, or else the homeserver."""
        known = self._rooms.get(room) if self._known else None
        return known or await self._server.room(room)

    def _asked(self, room: str, state: Sequence[Any], since: str | None) -> list[Event]:
        try:
            whole = [{**event.source, "content": event.content} for event in state if hasattr(event, "content")]
            return [invited(room, self.address, whole, since or "")]
        except Exception:
            self.odd["malformed"] += 1
        return []

    # --- outwards

    async def do(self, action: Action, *, key: str) -> Ref | None:
        """With the same key again, it is the same event for the homeserver. Raises Refused, Shut, TryLater, Stopped."""
        await self._enter()
        return await self._outward.do(action, key)

    async def together(self, sends: Sequence[Send], *, key: str) -> list[Ref]:
        """One after the other: Matrix has no albums."""
        made = [await self.do(send, key=f"{key}-{n}") for n, send in enumerate(sends)]
        return [ref for ref in made if ref]

    async def settle(self, action: Action, *, key: str, since: datetime, ids: Sequence[str] = ()) -> Ref | Fate:
        """Again, as long as the homeserver knows the transaction; later, the echo tells what was said."""
        if not isinstance(action, Send) or datetime.now(UTC) - since < REMEMBERED:
            return Fate.AGAIN
        await self._enter()
        return await self._outward.echo(action, key, since) or Fate.AGAIN

    @asynccontextmanager
    async def fetch(self, source: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """A file from the content repository, decrypted; that it is whole is certain only when it ended."""
        await self._enter()
        async with self._files.fetch(source) as pieces:
            yield pieces

    async def recall(self, ref: Ref) -> str | None:
        """What a message, or the caption of a file, says by now; None where it was taken away."""
        await self._enter()
        with suppress(Refused):
            event = await self._server.event(ref.chat.id, ref.id)
            edit = part(event, "unsigned", "m.relations", "m.replace")
            return recalled(event, await self._server.opened(ref.chat.id, edit) if isinstance(edit, dict) else None)
        return None

    async def stands(self, ref: Ref) -> bool | None:
        """What was redacted says so (`unsigned.redacted_because`); None where the room is not for us to see."""
        await self._enter()
        try:
            event = await self._server.event(ref.chat.id, ref.id)
        except Refused as no:
            return False if no.why == "gone" else None
        return part(event, "unsigned", "redacted_because") is None

    async def receive(self, inbox: Inbox, headers: Mapping[str, str], body: bytes) -> int:
        """No webhook here."""
        return 404

    # --- what is where

    def capabilities(self, chat: Chat) -> Capabilities:
        """The same in every room."""
        if self._can.uploads != self._files.largest:
            self._can = replace(self._can, uploads=self._files.largest)
        return self._can

    def whereabouts(self, person: str) -> list[Chat]:
        """The rooms shared with somebody, but for direct ones."""
        here = [room for room in self._rooms.values() if room.is_member]
        return [room.chat for room in here if room.has(person) and room.id not in self._talks]

    def link(self, *, start: str = "", group: str = "") -> str:
        """Where the bot can be written to; Matrix links carry no code and add nobody to a room."""
        return f"https://matrix.to/#/{self.address}" if self.address and not (start or group) else ""

    async def inspect(self, chat: Chat) -> Standing:
        """Out of the room's whole state as it is now. Raises TryLater, Stopped."""
        await self._enter()
        room = await self._server.room(chat.id)
        room.listed = chat.id in self._talks
        return Standing(
            title=room.title, kind=room.kind, member=room.is_member, rights=room.rights, encrypted=room.encrypted
        )

    async def offer(self, menus: Sequence[Menu]) -> None:
        """Matrix shows no commands while people type."""

    async def close(self) -> None:
        """Let go of connections."""
        if self._keys:
            await self._keys.close()
        await self._client.close()  # type: ignore[no-untyped-call]
