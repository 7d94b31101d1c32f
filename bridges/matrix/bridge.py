"""A bot's account on a Matrix homeserver: one sync loop inwards, one call per action outwards."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import nio

from bridges.matrix import content, sync
from bridges.matrix.direct import Talks
from bridges.matrix.errors import AlreadyThere, answer, ask
from bridges.matrix.rooms import Room
from bridges.matrix.translate import Odd, Raw, bare, dressed, invited, inviter, translate
from bridges.model import (
    Action,
    Chat,
    Edit,
    Edited,
    Event,
    Join,
    Leave,
    Menu,
    Mirror,
    Pin,
    React,
    Ref,
    Remove,
    Removed,
    Right,
    Send,
    Toast,
    Unreact,
)
from bridges.port import Bridge, Capabilities, Cursor, Fate, Inbox, Refused, Standing, Stopped, TryLater

V1, V3 = "/_matrix/client/v1", "/_matrix/client/v3"
POLL = 30_000  # milliseconds
FIRST_SYNC = 180  # seconds: every room's whole state comes, and nio sets no bound to it
# Synapse forgets transaction ids after 24 hours.
REMEMBERED = timedelta(hours=20)
EDITS = 5_000  # how many are known to be edits, should they be taken away
WANTS = (Right.DELETE, Right.PIN)
CAN = Capabilities(text_length=16_000, prefix="!", direct=True, keeps_old_text=True, wants=WANTS)


class Client(nio.AsyncClient):
    """nio without its own picture of the rooms: ours knows room version 12, and does not fail on what people send."""

    async def receive_response(self, response: nio.Response) -> None:
        if not isinstance(response, nio.SyncResponse):
            await super().receive_response(response)


class MatrixBridge(Bridge):
    """The client-server API by matrix-nio; `cursor` keeps the session ("matrix.session") and the sync token ("matrix").

    It logs in once, with `password`, or takes the session that `token` belongs to; device and token stay the same from
    then on, because transaction ids belong to them.

    Whoever takes an edit of theirs away takes words away: that is `Removed` for the message itself, although Matrix
    shows its older words again. Which events were edits is remembered of the last `EDITS`, and not across restarts.
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
    ) -> None:
        silence = logging.getLogger("nio")  # it logs contents of malformed events, hence words and names
        silence.propagate, silence.handlers = False, [logging.NullHandler()]
        # Waiting is the courier's: left alone, nio waits and repeats without bound inside one call.
        config = nio.AsyncClientConfig(
            max_limit_exceeded=0, max_timeouts=0, request_timeout=30, encryption_enabled=False, store_sync_tokens=False
        )
        self._client = Client(homeserver.rstrip("/"), user, config=config)
        self._cursor, self._password, self._token, self._device_name = cursor, password, token, device_name
        self._rooms: dict[str, Room] = {}
        self._talks = Talks(self._client, self._rooms)
        self._edits: dict[Ref, tuple[Ref, str]] = {}  # what each changed, and who sent it; oldest first
        self._known = False  # whether the rooms' whole state has come
        self._entering = asyncio.Lock()
        self.address = ""
        self.odd: Counter[str] = Counter()

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
        since = await self._cursor.load(self.name)
        while True:
            batch = await self._sync(since)
            for events in await self._happened(batch, since):
                await inbox(events)
            since, self._known = batch.next_batch, True
            await self._cursor.save(self.name, since)
            for gone in batch.rooms.leave:  # not sooner: if the inbox fails, the same comes again and needs the names
                self._rooms.pop(gone, None)

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
                happened.append([one for event in kept if (one := await self._meant(event, room))])
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

    def _understood(self, event: Raw, room: Room) -> Event | None:
        try:
            return translate(event, room)
        except Odd as odd:
            self.odd[odd.kind] += 1
        except Exception:  # whatever people send, the next event is read
            self.odd["malformed"] += 1
        return None

    async def _meant(self, event: Raw, room: Room) -> Event | None:
        """What is understood, where an edit that was taken away stands for its message; raises TryLater, Stopped."""
        understood = self._understood(event, room)
        match understood:
            case Edited(ref=first, sender=author):
                self._edits[Ref(room.chat, event["event_id"])] = first, author.id
                if len(self._edits) > EDITS:
                    del self._edits[next(iter(self._edits))]
            case Removed(ref=edit) if edit in self._edits:
                first, by = self._edits[edit]
                if await self._author(first) == by:  # anybody may send an edit of anything
                    return replace(understood, ref=first)
        return understood

    async def _author(self, ref: Ref) -> str:
        """Who sent an event, even one that was taken away; nobody, where the bot may not know."""
        with suppress(Refused):
            path = f"{V3}/rooms/{quote(ref.chat.id, safe='')}/event/{quote(ref.id, safe='')}"
            return str((await ask(self._client, "GET", path)).get("sender"))
        return ""

    def _asked(self, room: str, state: Sequence[Any], since: str | None) -> list[Event]:
        try:
            whole = [{**event.source, "content": event.content} for event in state if hasattr(event, "content")]
            return [invited(room, self.address, whole, since or "")]
        except Exception:
            self.odd["malformed"] += 1
        return []

    # --- outwards

    async def do(self, action: Action, *, key: str) -> Ref | None:
        """With the same key again, it is the same event for the homeserver. Raises Refused, TryLater, Stopped."""
        await self._enter()
        room = action.chat.id
        match action:
            case Send():
                room = await self._where(action, open_one=True) or room
                return Ref(Chat(self.name, room), await self._say(room, action, key))
            case Edit():
                await self._say(room, action, key)
            case Remove():
                await self._remove(room, action.ref.id, key)
            case React() | Mirror():
                await self._react(room, action.ref.id, action.emoji, key)
            case Unreact():
                await self._redact(room, action.ref.id, key)
            case Pin():
                await self._pin(room, action.ref.id, on=action.on)
            case Join():
                await self._join(room, accept=action.accept)
                return None
            case Leave():
                await self._leave(room)
                return None
            case Toast():
                return None
        return action.ref

    async def settle(self, action: Action, *, key: str, since: datetime, ids: Sequence[str] = ()) -> Ref | Fate:
        """Again, as long as the homeserver knows the transaction; later, the echo tells what was said."""
        if not isinstance(action, Send) or datetime.now(UTC) - since < REMEMBERED:
            return Fate.AGAIN
        await self._enter()
        room = await self._where(action, open_one=False)
        sent = await self._echo(room, key, since) if room else None
        return Ref(Chat(self.name, room), sent) if room and sent else Fate.AGAIN

    async def _say(self, room: str, said: Send | Edit, key: str) -> str:
        reply = isinstance(said, Send) and said.reply_to is not None and said.reply_to.chat.id == room
        body = content.message(said, reply=reply)
        return str((await answer(self._client.room_send(room, "m.room.message", body, tx_id=key))).event_id)

    async def _redact(self, room: str, event: str, key: str) -> None:
        await answer(self._client.room_redact(room, event, tx_id=key))

    async def _remove(self, room: str, event: str, key: str) -> None:
        """An edit's text stays in the history unless it is redacted too; first, since the event leads to its edits."""
        for edit in [edit async for edit in self._relations(room, event, "m.replace")]:
            try:
                await self._redact(room, edit["event_id"], f"{key}-{edit['event_id']}")
            except Refused:
                if edit["sender"] == self.address:  # anybody may send an edit of anything; theirs is not ours to take
                    raise
        await self._redact(room, event, key)

    async def _react(self, room: str, event: str, emoji: Iterable[str], key: str) -> None:
        wanted, given = {bare(one) for one in emoji}, set()
        for mark in [mark async for mark in self._relations(room, event, "m.annotation")]:
            match mark:
                case {"sender": self.address, "content": {"m.relates_to": {"key": str(one)}}, "event_id": str(id_)}:
                    given.add(bare(one))
                    if bare(one) not in wanted:
                        await self._redact(room, id_, f"{key}-{id_}")
        for one in sorted(wanted - given):
            about = {"rel_type": "m.annotation", "event_id": event, "key": dressed(one)}
            with suppress(AlreadyThere):
                sending = self._client.room_send(room, "m.reaction", {"m.relates_to": about}, tx_id=f"{key}-{one}")
                await answer(sending)

    async def _pin(self, room: str, event: str, *, on: bool) -> None:
        path = f"{V3}/rooms/{quote(room, safe='')}/state/m.room.pinned_events"
        before: list[Any] = []
        with suppress(Refused):  # nothing was ever pinned
            match await ask(self._client, "GET", path):
                case {"pinned": list(before)}:
                    pass
        after = [*(one for one in before if one != event), *([event] if on else [])]
        if (event in before) != on:
            await ask(self._client, "PUT", path, {"pinned": after})

    async def _join(self, room: str, *, accept: bool) -> None:
        if accept:
            await answer(self._client.join(room))
        else:
            await self._leave(room)

    async def _leave(self, room: str) -> None:
        path = f"{V3}/rooms/{quote(room, safe='')}"
        for step in ("leave", "forget"):
            with suppress(Refused):  # it was out already, or was never asked in
                await ask(self._client, "POST", f"{path}/{step}", {})

    async def _relations(self, room: str, event: str, kind: str) -> AsyncIterator[Raw]:
        """All that refers to an event in one way, newest first. nio's own loses errors."""
        path, token = f"{V1}/rooms/{quote(room, safe='')}/relations/{quote(event, safe='')}/{kind}", ""
        while True:
            query = urlencode({"limit": 100} | ({"from": token} if token else {}))
            page = await ask(self._client, "GET", f"{path}?{query}")
            for one in page.get("chunk", []):
                yield one
            if not (token := page.get("next_batch", "")):
                return

    async def _echo(self, room: str, key: str, since: datetime) -> str | None:
        """The event that this transaction made; a homeserver shows the transaction to the device that sent it."""
        token, oldest = None, (since - timedelta(hours=1)).timestamp() * 1000
        while True:
            page = await answer(self._client.room_messages(room, token, limit=sync.PAGE))
            for event in (one.source for one in page.chunk):
                match event:
                    case {"sender": self.address, "event_id": str(it), "unsigned": {"transaction_id": tx}} if tx == key:
                        return it
                    case {"origin_server_ts": int(at)} if at < oldest:
                        return None
            if not page.end or page.end == token:
                return None
            token = page.end

    async def _where(self, send: Send, *, open_one: bool) -> str | None:
        """The room that a message belongs in; None where there is none yet and none shall be opened."""
        if send.to is None:
            return send.chat.id
        return await self._talks.room(send.to.id, send.chat.id, open_one=open_one)

    async def together(self, sends: Sequence[Send], *, key: str) -> list[Ref]:
        """One after the other."""
        made = [await self.do(send, key=f"{key}-{n}") for n, send in enumerate(sends)]
        return [ref for ref in made if ref]

    @asynccontextmanager
    async def fetch(self, source: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """No file is carried yet."""
        raise Refused("gone")
        yield

    async def recall(self, ref: Ref) -> str | None:
        """This network does not tell."""
        return None

    async def receive(self, inbox: Inbox, headers: Mapping[str, str], body: bytes) -> int:
        """No webhook here."""
        return 404

    # --- what is where

    def capabilities(self, chat: Chat) -> Capabilities:
        """The same in every room; how fast one may write is known to the homeserver alone."""
        return CAN

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
        room = Room(chat.id, self.address)
        room.listed = chat.id in self._talks
        with suppress(Refused):  # a room that does not show itself is one we are not in
            for event in (await answer(self._client.room_get_state(chat.id))).events:
                room.learn(event)
        return Standing(
            title=room.title, kind=room.kind, member=room.is_member, rights=room.rights, encrypted=room.encrypted
        )

    async def offer(self, menus: Sequence[Menu]) -> None:
        """Matrix shows no commands while people type."""

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.close()  # type: ignore[no-untyped-call]
