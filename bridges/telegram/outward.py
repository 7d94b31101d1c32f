"""What is done on Telegram: each action as the calls that it takes."""

from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from telegram import InputFile, InputMediaPhoto

from bridges.model import Chat, Edit, MediaKind, Ref, Remove, Send
from bridges.port import BridgeError, Depot, Fate, File, Refused, Shut
from bridges.telegram import media
from bridges.telegram.api import Server
from bridges.telegram.calls import Call, addressed, message_id, number, privately, sending, weaker, words
from bridges.telegram.errors import Refusal

DELETABLE = timedelta(hours=48)
PROBES = 5
KNOCK = timedelta(minutes=1)


class Outward:
    """Sends, changes and removes. `whispers`: the server can show a message to one member alone."""

    def __init__(self, server: Server, depot: Depot | None, odd: Counter[str]) -> None:
        self._server, self._depot, self._odd = server, depot, odd
        self.whispers = True

    # --- new messages

    async def send(self, send: Send) -> Ref:
        """One message of any kind."""
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
        if "ephemeral_message_parameters" in call and "ephemeral_message_id" not in made:
            # A server from before whispers has just told everyone: take it back, and never ask it for one again.
            self.whispers = False
            self._odd["whisper"] += 1
            await self._server.call("deleteMessage", chat_id=call["chat_id"], message_id=made["message_id"])
            call, made = await self._say(privately(call))
        chat = send.chat if call["chat_id"] == int(send.chat.id) else Chat("telegram", str(call["chat_id"]))
        whispered = made.get("ephemeral_message_id")
        return Ref(chat, str(made["message_id"]) if whispered is None else f"e{whispered}")

    async def _say(self, call: Call) -> tuple[Call, Call]:
        """Send it, or what is left of it where Telegram refuses a part; returns what was sent and what came back."""
        try:
            return call, await self._server.call("sendMessage", **call)
        except Refusal as no:
            less = weaker(call, no.hint or no.why)
            if less is None:
                raise
            if no.hint == "entities":
                self._odd["entities"] += 1
        return await self._say(less)

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
        spot, call = send.spot, addressed(send)
        call |= {"latitude": spot.latitude, "longitude": spot.longitude}
        if spot.title:
            made = await self._server.call("sendVenue", **call, title=spot.title, address=spot.address or spot.title)
        else:
            made = await self._server.call("sendLocation", **call)
        return Ref(send.chat, str(made["message_id"]))

    # --- files

    async def _one_file(self, send: Send) -> Ref:
        async with AsyncExitStack() as stack:
            (file, handle), = await self._brought(stack, [send])
            try:
                return await self._file(send, file, handle)
            except Refusal as no:
                if no.hint not in {"picture", "entities", "quote", "reply"}:
                    raise
                kind = MediaKind.FILE if no.hint == "picture" else None
                handle.seek(0)
                return await self._file(send, file, handle, without=no.hint, kind=kind)

    async def _brought(self, stack: AsyncExitStack, sends: Sequence[Send]) -> list[tuple[File, BinaryIO]]:
        if self._depot is None:
            raise Refused("defect")
        files: list[tuple[File, BinaryIO]] = []
        for send in sends:
            assert send.media
            bring = self._depot.bring(send.media, largest=media.UPLOADS, accepts=media.accepts)
            file = await stack.enter_async_context(bring)
            files.append((file, stack.enter_context(file.path.open("rb"))))
        return files

    async def _file(
        self, send: Send, file: File, handle: BinaryIO, *, without: str = "", kind: MediaKind | None = None
    ) -> Ref:
        assert send.media
        kind = kind or media.shown_as(file)
        method, field = media.METHODS[kind]
        said = words(send, caption=True)
        call: dict[str, Any] = {**addressed(send, quote=without != "quote"), "caption": said["text"]}
        if without == "reply":
            call.pop("reply_parameters", None)
        if "entities" in said and without != "entities":
            call["caption_entities"] = said["entities"]
        if without == "entities":
            self._odd["entities"] += 1
        call |= {name: said[name] for name in ("reply_markup",) if name in said}
        if kind is MediaKind.FILE:
            call["disable_content_type_detection"] = True
        call |= media.about(send.media, file, kind)
        made = await self._server.upload(method, **call, **{field: media.upload(file, handle)})
        return Ref(send.chat, str(made["message_id"]))

    async def album(self, sends: Sequence[Send]) -> list[Ref]:
        """Files of one author, as few albums as their kinds allow (`sendMediaGroup`)."""
        refs: list[Ref] = []
        async with AsyncExitStack() as stack:
            brought = await self._brought(stack, sends)
            for run in media.runs([media.shown_as(file) for file, _ in brought]):
                if len(run) == 1:
                    refs.append(await self._file(sends[run[0]], *brought[run[0]]))
                    continue
                items = [media.item(sends[n], *brought[n], words(sends[n], caption=True)) for n in run]
                made = await self._server.upload("sendMediaGroup", **addressed(sends[run[0]]), media=items)
                refs += [Ref(sends[n].chat, str(one["message_id"])) for n, one in zip(run, made, strict=True)]
        return refs

    # --- what is there

    async def edit(self, edit: Edit) -> None:
        """Words or a caption read differently; what has none stays as it is."""
        if edit.form == "spot":
            raise Refused("kept")
        if not edit.form:
            await self.change("editMessageText", edit.ref, **words(edit))
            return
        said = words(edit, caption=True)
        more = {"caption_entities": said["entities"]} if "entities" in said else {}
        await self.change("editMessageCaption", edit.ref, caption=said["text"], **more)

    async def remove(self, remove: Remove) -> None:
        """Older than 48 hours, only the words can be taken away (`deleteMessage`), or the picture."""
        try:
            if remove.sent_at is None or datetime.now(UTC) - remove.sent_at < DELETABLE:
                await self.change("deleteMessage", remove.ref)
                return
        except Refusal as no:
            if no.why == "gone":
                return
            if no.hint != "undeletable":
                raise
        try:
            await self._blank(remove)
        except Refusal:
            raise Refused("kept") from None

    async def _blank(self, remove: Remove) -> None:
        """Leave the stub where words, a picture, a film or a file stood; other things cannot be changed."""
        match remove.form:
            case "":
                await self.change("editMessageText", remove.ref, text=remove.stub)
            case "photo" | "video" | "animation" | "file" | "sticker" | "round":
                blank = InputFile(media.BLANK, filename="x.png", attach=True)
                item = InputMediaPhoto(media=blank, caption=remove.stub)
                where = {"chat_id": int(remove.ref.chat.id), "message_id": message_id(remove.ref)}
                await self._server.upload("editMessageMedia", **where, media=item)
            case _:
                raise Refused("kept")

    async def change(self, method: str, ref: Ref, **more: Any) -> None:
        """Do something to a message; that it is so already is as good, and words count more than their formatting."""
        which = {"chat_id": int(ref.chat.id), "message_id": message_id(ref)}
        try:
            await self.unless("unchanged", method, **which, **more)
        except Refusal as no:
            marks = [name for name in ("entities", "caption_entities") if more.pop(name, None)]
            if no.hint != "entities" or not marks:
                raise
            self._odd["entities"] += 1
            await self.unless("unchanged", method, **which, **more)

    async def unless(self, hint: str, method: str, **arguments: Any) -> None:
        """A call that one kind of refusal does not matter to."""
        try:
            await self._server.call(method, **arguments)
        except Refusal as no:
            if no.hint != hint:
                raise

    # --- what became of it

    async def settle(self, send: Send, ids: Sequence[str]) -> Ref | Fate:
        """Look for a message among these numbers, by an edit that changes nothing (`editMessageReplyMarkup`).

        Its own keyboard is not "modified" where it is ours; whatever else stands there cannot be edited. After a number
        that is not there, its neighbour is not looked for: numbers run by one, so nothing is behind it.
        """
        keyboard = {"reply_markup": markup} if (markup := sending(wordless(send)).get("reply_markup")) else {}
        absent = -1
        for id_ in ids[:PROBES]:
            if int(id_) == absent + 1:
                break
            try:
                where = {"chat_id": int(send.chat.id), "message_id": int(id_)}
                await self._server.call("editMessageReplyMarkup", **where, **keyboard)
            except Refusal as no:
                if no.hint == "unchanged":
                    return Ref(send.chat, id_)
                absent = int(id_) if no.hint == "absent" else -1
            else:
                return Ref(send.chat, id_)
        return Fate.AGAIN


def wordless(send: Send) -> Send:
    """The same without words, which do not matter to its keyboard."""
    return Send(chat=send.chat, html="", of=send.of, buttons=send.buttons)


def shut(error: BridgeError, chat: Chat) -> BridgeError:
    """A group that takes nothing from the bot is waited for."""
    if isinstance(error, Refusal) and error.hint == "shut" and chat.id.startswith("-"):
        return Shut(error.why, KNOCK)
    return error
