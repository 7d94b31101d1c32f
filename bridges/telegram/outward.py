"""What is done on Telegram: each action as the calls that it takes."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from telegram import InputFile, InputMediaDocument, InputMediaPhoto

from bridges.model import Chat, Edit, MediaKind, Ref, Remove, Send
from bridges.port import BridgeError, Depot, Doubtful, Fate, File, Refused, Shut, TryLater
from bridges.telegram import media
from bridges.telegram.api import Server
from bridges.telegram.calls import (
    Call,
    addressed,
    captioned,
    keyboard,
    number,
    privately,
    reaction,
    sending,
    weaker,
    which,
    words,
)
from bridges.telegram.errors import Refusal

DELETABLE = timedelta(hours=48)
PROBES = 5
KNOCK = timedelta(minutes=1)
MOST_HELD = 10_000  # reactions of its own that the bridge remembers
Brought = tuple[File, BinaryIO]


class Outward:
    """Sends, changes and removes. `whispers`: the server can show a message to one member alone."""

    def __init__(self, server: Server, depot: Depot | None, odd: Counter[str]) -> None:
        self._server, self._depot, self._odd = server, depot, odd
        self.whispers = True
        self._looked: dict[str, dict[str, str]] = {}  # what `settle` has seen, by the call it looks for
        self._held: dict[tuple[str, str], list[Call]] = {}  # the bot's reactions, as long as this process lives

    # --- new messages

    async def send(self, send: Send) -> Ref:
        """One message of any kind."""
        if (send.media or send.spot) and send.to:  # an older server would show it to everyone
            send = replace(send, chat=Chat("telegram", send.to.id), to=None, reply_to=None)
        if send.media:
            return await self._one_file(send)
        if send.spot:
            return await self._place(send)
        call = sending(send)
        if send.instead and await self._replace(call, send.instead):
            return send.instead
        if "ephemeral_message_parameters" in call and not self.whispers:
            call = privately(call)
        call, made = await self._say(call)
        id_ = name_of(made)
        if "ephemeral_message_parameters" in call and not id_.startswith("e"):
            # A server from before whispers has just told everyone: take it back, and never ask it for one again.
            self.whispers = False
            self._odd["whisper"] += 1
            await self._unsay(call["chat_id"], int(id_))
            call, made = await self._say(privately(call))
            id_ = name_of(made)
        chat = send.chat if call["chat_id"] == int(send.chat.id) else Chat("telegram", str(call["chat_id"]))
        return Ref(chat, id_)

    async def _unsay(self, chat: int, message: int) -> None:
        """What one person alone should have seen must not stay for want of patience."""
        for pause in (1, 5, 25):
            try:
                await self._server.call("deleteMessage", chat_id=chat, message_id=message)
            except Refused:
                return
            except TryLater as later:
                await asyncio.sleep(later.after.total_seconds() if later.after else pause)
            else:
                return

    async def _say(self, call: Call) -> tuple[Call, Call]:
        """A text, or what is left of it where Telegram refuses a part; returns what was sent and what came back."""
        return await self._least(call, lambda call: self._server.call("sendMessage", **call))

    async def _least(self, call: Call, make: Callable[[Call], Awaitable[Any]]) -> tuple[Call, Any]:
        """Leave out what is refused, one thing after the other."""
        while True:
            try:
                return call, await make(call)
            except Refusal as no:
                if (less := weaker(call, no.hint or no.why)) is None:
                    raise
                if no.hint == "entities":
                    self._odd["entities"] += 1
            call = less

    async def _replace(self, call: Call, old: Ref) -> bool:
        """Edit what one person alone sees, a whisper or a private message, and tell whether that was possible."""
        whisper = call.get("ephemeral_message_parameters")
        receiver = whisper["receiver_user_id"] if whisper else call["chat_id"]
        content = ("text", "entities", "reply_markup", "link_preview_options")
        said = {name: call[name] for name in content if name in call}
        try:
            if whisper and old.id.startswith("e"):
                said |= {"receiver_user_id": receiver, "ephemeral_message_id": number(old.id[1:])}
                await self.unless("unchanged", "editEphemeralMessageText", chat_id=call["chat_id"], **said)
            elif receiver > 0 and old.chat.id == str(receiver):
                await self.change("editMessageText", old, **said)
            else:
                return False
        except Refused:
            return False  # it is gone: the person gets a new one
        return True

    async def _place(self, send: Send) -> Ref:
        """A point on the map carries no words; a place carries its own (`sendLocation`, `sendVenue`)."""
        assert send.spot
        spot, method = send.spot, "sendLocation"
        call = addressed(send) | {"latitude": spot.latitude, "longitude": spot.longitude}
        if spot.title:
            method, call = "sendVenue", call | {"title": spot.title, "address": spot.address or spot.title}
        _, made = await self._least(call, lambda call: self._server.call(method, **call))
        return Ref(send.chat, name_of(made))

    # --- files

    async def _one_file(self, send: Send) -> Ref:
        with ExitStack() as stack:
            file, handle = await self._brought(stack, send)
            kind = media.shown_as(file)
            while True:
                try:
                    made = await self._file(send, file, handle, kind)
                except Refusal as no:
                    if no.hint != "picture" or kind is MediaKind.FILE:
                        raise
                    kind = MediaKind.FILE  # what is no picture to Telegram is still a file
                else:
                    return Ref(send.chat, name_of(made))

    async def _brought(self, stack: ExitStack, send: Send) -> Brought:
        """A file at hand. It stays readable while it is open, so the depot, which lends a few at once, gets it back."""
        if self._depot is None or send.media is None:
            raise Refused("defect")
        async with self._depot.bring(send.media, largest=media.UPLOADS, accepts=media.accepts) as file:
            return file, stack.enter_context(file.path.open("rb"))

    async def _file(self, send: Send, file: File, handle: BinaryIO, kind: MediaKind) -> Call:
        assert send.media
        method, field = media.METHODS[kind]
        more = media.about(send.media, file, kind)

        async def make(call: Call) -> Any:
            handle.seek(0)
            return await self._server.upload(method, **call, **more, **{field: media.upload(file, handle)})

        _, made = await self._least(addressed(send) | captioned(send), make)
        return dict(made)

    async def album(self, sends: Sequence[Send]) -> list[Ref]:
        """Files as one album (`sendMediaGroup`): all of them are sent, or none.

        What Telegram does not let stand together, or not as pictures, goes as documents.
        """
        if len(sends) == 1:
            return [await self.send(sends[0])]
        with ExitStack() as stack:
            brought = [await self._brought(stack, send) for send in sends]
            kinds, plain = media.together([media.shown_as(file) for file, _ in brought]), False
            while True:
                try:
                    made = await self._album(sends, brought, kinds, plain=plain)
                except Refusal as no:
                    if no.hint == "picture" and MediaKind.FILE not in kinds:
                        kinds = [MediaKind.FILE] * len(sends)
                    elif no.hint == "entities" and not plain:
                        plain = True
                        self._odd["entities"] += 1
                    else:
                        raise
                else:
                    return [Ref(send.chat, name_of(one)) for send, one in zip(sends, made, strict=True)]

    async def _album(
        self, sends: Sequence[Send], brought: Sequence[Brought], kinds: Sequence[MediaKind], *, plain: bool
    ) -> list[Call]:
        async def make(call: Call) -> Any:
            items = []
            for send, (file, handle), kind in zip(sends, brought, kinds, strict=True):
                handle.seek(0)
                items.append(media.item(send, file, handle, kind, plain=plain))
            return await self._server.upload("sendMediaGroup", **call, media=items)

        _, made = await self._least(addressed(sends[0]), make)
        return list(made)

    # --- what is there

    async def edit(self, edit: Edit) -> None:
        """Words or a caption read differently; a point on the map has none."""
        if edit.form == "spot":
            raise Refused("kept")
        if edit.form:
            await self.change("editMessageCaption", edit.ref, **captioned(edit))
        else:
            await self.change("editMessageText", edit.ref, **words(edit))

    async def remove(self, remove: Remove) -> None:
        """After 48 hours (`deleteMessage`) only the words can be taken away, and some files. Raises Refused("kept")."""
        if remove.sent_at is None or datetime.now(UTC) - remove.sent_at < DELETABLE:
            try:
                await self.unless("absent", "deleteMessage", **which(remove.ref))
            except Refusal as no:
                if no.hint != "undeletable":
                    raise
            else:
                return
        if not await self._empty(remove):
            raise Refused("kept")

    async def _empty(self, remove: Remove) -> bool:
        """Leave the stub alone where words, a picture, a film, music or a document stood."""
        if remove.form == "spot":
            return False
        if not remove.form:
            return await self._took("editMessageText", remove.ref, text=remove.stub)
        # Inside an album, a document stays a document, and a picture or a film stays one of these.
        for blank in (InputMediaPhoto, InputMediaDocument):
            item = blank(media=InputFile(media.BLANK, filename="x.png", attach=True), caption=remove.stub)
            if await self._took("editMessageMedia", remove.ref, media=item):
                return True
        await self._took("editMessageCaption", remove.ref, caption=remove.stub)
        return False  # the voice, or whatever it is, can still be heard

    async def _took(self, method: str, ref: Ref, **more: Any) -> bool:
        """Whether an edit left nothing of a message, or nothing was there; a chat that is shut is waited for."""
        call = self._server.upload if "media" in more else self._server.call
        try:
            await call(method, **which(ref), **more)
        except Refusal as no:
            if no.hint == "shut":
                raise
            return no.hint in {"absent", "unchanged"}
        return True

    async def react(self, ref: Ref, emoji: Sequence[str]) -> None:
        """The bot's one reaction on a message, or none (`setMessageReaction`)."""
        held, place = reaction(emoji), (ref.chat.id, ref.id)
        await self.change("setMessageReaction", ref, reaction=held)
        self._held.pop(place, None)
        if held:
            self._held[place] = held
            while len(self._held) > MOST_HELD:
                del self._held[next(iter(self._held))]

    async def stands(self, ref: Ref) -> bool | None:
        """Set the reaction that the bot holds, or none, once more: only a message that is gone refuses that."""
        if not ref.id.isdecimal():
            return None  # a whisper
        held = self._held.get((ref.chat.id, ref.id), [])
        try:
            await self._server.call("setMessageReaction", **which(ref), reaction=held)
        except Refusal as no:
            return {"unchanged": True, "absent": False}.get(no.hint)
        return True

    async def change(self, method: str, ref: Ref, **more: Any) -> None:
        """Do something to a message; that it is so already is as good, and words count more than their formatting."""
        await self._least(more, lambda call: self.unless("unchanged", method, **which(ref), **call))

    async def unless(self, hint: str, method: str, **arguments: Any) -> None:
        """A call that one kind of refusal does not matter to."""
        try:
            await self._server.call(method, **arguments)
        except Refusal as no:
            if no.hint != hint:
                raise

    # --- what became of it

    async def settle(self, send: Send, key: str, ids: Sequence[str]) -> Ref | Fate:
        """Look for a message among these numbers, by an edit that changes nothing (`editMessageReplyMarkup`).

        Its own keyboard is not "modified" where it is ours, and whatever else stands there cannot be edited. The probes
        share the pace of the chat: after a wait, those that found nothing are not made again.
        """
        found = self._looked.setdefault(key, {})
        for id_ in ids[:PROBES]:
            if id_ not in found:
                found[id_] = await self._probe(Ref(send.chat, id_), keyboard(send.buttons))
            if found[id_] == "ours":
                break
        del self._looked[key]
        if ours := next((id_ for id_, what in found.items() if what == "ours"), None):
            return Ref(send.chat, ours)
        last = found.get(ids[-1]) if ids and len(ids) <= PROBES else ""
        # Where others' messages go on to the end of what could be looked at, ours may stand behind them.
        return Fate.AGAIN if last == "absent" and "" not in found.values() else Fate.UNKNOWN

    async def _probe(self, ref: Ref, keyboard: Call) -> str:
        """What a message is: ours, foreign, absent; empty where the answer does not tell."""
        try:
            await self._server.call("editMessageReplyMarkup", **which(ref), **keyboard)
        except Refusal as no:
            if no.hint == "shut":
                raise
            return {"unchanged": "ours", "absent": "absent", "foreign": "foreign"}.get(no.hint, "")
        return "ours"


def name_of(made: Any) -> str:
    """The id of a message that was just made. Raises Doubtful: something was, but the answer does not say what."""
    match made:
        case {"ephemeral_message_id": int(whisper)}:
            return f"e{whisper}"
        case {"message_id": int(number)}:
            return str(number)
    raise Doubtful


def shut(error: BridgeError, chat: Chat) -> BridgeError:
    """A group that takes nothing from the bot is waited for."""
    if isinstance(error, Refusal) and error.hint == "shut" and chat.id.startswith("-"):
        return Shut(error.why, KNOCK)
    return error
