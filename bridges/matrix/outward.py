"""From our actions to calls of a homeserver: one or more a kind, repeated without harm under the same key."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import nio

from bridges.matrix import content, media, sync
from bridges.matrix.acts import Acts
from bridges.matrix.direct import Talks
from bridges.matrix.emoji import bare, dressed
from bridges.matrix.errors import AlreadyThere, answer
from bridges.matrix.files import Files
from bridges.matrix.raw import MARK
from bridges.matrix.server import Server
from bridges.matrix.state import PINNED
from bridges.matrix.threads import Threads
from bridges.model import (
    Action,
    Admit,
    Chat,
    ClearReactions,
    Edit,
    Join,
    Leave,
    Lock,
    Mirror,
    Pin,
    React,
    Ref,
    Remove,
    Restrict,
    Right,
    Send,
    Toast,
    Unreact,
)
from bridges.port import Depot, Refused, Shut

MESSAGE = "m.room.message"


class Outward:
    """Carries actions out; `is_encrypted` tells of a room whether what goes into it has to be encrypted."""

    def __init__(
        self,
        client: nio.AsyncClient,
        server: Server,
        files: Files,
        talks: Talks,
        *,
        depot: Depot | None,
        threads: Threads,
        acts: Acts,
        is_encrypted: Callable[[str], Awaitable[bool]],
    ) -> None:
        self._client, self._server, self._files, self._talks = client, server, files, talks
        self._depot, self._threads, self._acts, self._is_encrypted = depot, threads, acts, is_encrypted

    async def do(self, action: Action, key: str) -> Ref | None:
        """As `Bridge.do`. What the room forbids may be allowed later: Shut says what is missing."""
        try:
            return await self._do(action, key)
        except Refused as no:
            if no.why == "rights" and not isinstance(action, Join | Leave | Toast):
                here = await self._server.room(action.chat.id)
                if not here.is_member:
                    raise Shut("kicked") from no
                if isinstance(action, Send | Edit) and Right.SEND not in here.rights:
                    raise Shut("rights") from no
            raise

    async def _do(self, action: Action, key: str) -> Ref | None:
        room = action.chat.id
        match action:
            case Send():
                return await self._send(action, key)
            case Edit():
                await self._edit(action, key)
            case Remove():
                await self._remove(room, action.ref.id, key)
            case React() | Mirror():
                await self._react(room, action.ref.id, action.emoji, key)
            case Unreact():
                await self._server.redact(room, action.ref.id, key)
            case Pin():
                await self._pin(room, action.ref.id, on=action.on)
            case Join(accept=True):
                await self._server.join(room)
                return None
            case Join() | Leave():
                await self._server.leave(room)
                return None
            case Toast():
                return None
            case Restrict() | Lock() | ClearReactions() | Admit():
                await self._acts.do(action, key)
                return None
        return action.ref

    async def _send(self, send: Send, key: str) -> Ref:
        room = await self.where(send, open_one=True) or send.chat.id
        chat = send.chat if room == send.chat.id else Chat(send.chat.network, room)
        last = self._threads.last(chat)
        said = await self._carried(send, room, last) if send.media else content.message(send, room=room, last=last)
        ref = Ref(chat, await self._server.say(room, MESSAGE, said, key))
        self._threads.note(ref)
        return ref

    async def _carried(self, send: Send, room: str, last: str) -> dict[str, Any]:
        """The message for a file, which is on the homeserver by then."""
        if self._depot is None or send.media is None:
            raise Refused("defect")
        async with self._depot.bring(send.media, largest=self._files.largest, accepts=media.accepts) as file:
            where = await self._files.upload(file, encrypted=await self._is_encrypted(room))
            return content.carrying(send, file, where, room=room, last=last)

    async def _edit(self, edit: Edit, key: str) -> None:
        """A file or a point stays what it is: what the event says of it has to be said again beside the new words."""
        room, original = edit.chat.id, None
        if edit.form:
            original = (await self._server.event(room, edit.ref.id)).get("content")
            if not isinstance(original, dict) or "msgtype" not in original:
                raise Refused("gone")
        await self._server.say(room, MESSAGE, content.message(edit, room=room, original=original), key)

    async def _remove(self, room: str, event: str, key: str) -> None:
        """An edit's text stays in the history unless it is redacted too; first, since the event leads to its edits."""
        for edit in [edit async for edit in self._server.relations(room, event, "m.replace")]:
            try:
                await self._server.redact(room, edit["event_id"], f"{key}-{edit['event_id']}")
            except Refused:
                if edit["sender"] == self._client.user_id:  # anybody may send an edit of anything; that is not ours
                    raise
        await self._server.redact(room, event, key)

    async def _react(self, room: str, event: str, emoji: Iterable[str], key: str) -> None:
        wanted, given, me = {bare(one) for one in emoji}, set(), self._client.user_id
        for mark in [mark async for mark in self._server.relations(room, event, "m.annotation")]:
            match mark:
                case {"sender": who, "content": {"m.relates_to": {"key": str(one)}}, "event_id": str(id_)} if who == me:
                    given.add(bare(one))
                    if bare(one) not in wanted:
                        await self._server.redact(room, id_, f"{key}-{id_}")
        for one in sorted(wanted - given):
            about = {"rel_type": "m.annotation", "event_id": event, "key": dressed(one)}
            with suppress(AlreadyThere):
                await self._server.say(room, "m.reaction", {"m.relates_to": about, MARK: True}, f"{key}-{one}")

    async def _pin(self, room: str, event: str, *, on: bool) -> None:
        pinned = (await self._server.state(room, PINNED)).get("pinned")
        before = pinned if isinstance(pinned, list) else []
        after = [*(one for one in before if one != event), *([event] if on else [])]
        if (event in before) != on:
            await self._server.put_state(room, PINNED, {"pinned": after})

    async def where(self, send: Send, *, open_one: bool) -> str | None:
        """The room that a message belongs in; None where there is none yet and none shall be opened."""
        if send.to is None:
            return send.chat.id
        return await self._talks.room(send.to.id, send.chat.id, open_one=open_one)

    async def echo(self, send: Send, key: str, since: datetime) -> Ref | None:
        """The message that this transaction made; a homeserver shows the transaction to the device that sent it."""
        room = await self.where(send, open_one=False)
        token, oldest = None, (since - timedelta(hours=1)).timestamp() * 1000
        while room:
            page = await answer(self._client.room_messages(room, token, limit=sync.PAGE))
            for event in (one.source for one in page.chunk):
                match event:
                    case {"sender": who, "event_id": str(it), "unsigned": {"transaction_id": tx}} if (
                        who == self._client.user_id and tx == key
                    ):
                        return Ref(send.chat if room == send.chat.id else Chat(send.chat.network, room), it)
                    case {"origin_server_ts": int(at)} if at < oldest:
                        return None
            if not page.end or page.end == token:
                return None
            token = page.end
        return None
