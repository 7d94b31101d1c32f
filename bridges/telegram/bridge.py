"""The bridge to Telegram: what happens there comes in, and actions are carried out."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
from telegram import Bot, ChatMember, Update
from telegram.request import HTTPXRequest

from bridges.model import (
    Action,
    Chat,
    Edit,
    Event,
    Join,
    Leave,
    Menu,
    Mirror,
    Pin,
    React,
    Ref,
    Remove,
    Right,
    Send,
    Toast,
    Unreact,
)
from bridges.port import Bridge, Capabilities, Fate, Inbox, Pace, Refused, Standing, Stopped
from bridges.telegram.calls import (
    LONGEST,
    REACTIONS,
    Call,
    commands,
    message_id,
    number,
    privately,
    reaction,
    sending,
    weaker,
    words,
)
from bridges.telegram.errors import Refusal, answer
from bridges.telegram.translate import Odd, is_member, rights, translate

WANTED = ["message", "edited_message", "callback_query", "message_reaction", "my_chat_member"]
WAIT = 50  # seconds that the server may hold a question for news
DELETABLE = timedelta(hours=48)
POWERS = "delete_messages+pin_messages+restrict_members+manage_topics"

# What these write down may hold the token, which is in every address, or people's words.
for _name in ("telegram", "httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


class Api(Bot):
    """The library's calls, with plain dicts both ways.

    Telegram is ahead of the library's models, and one update that they do not understand must not stop the others.
    """

    async def call(self, method: str, arguments: Call, *, wait: float = 0) -> Any:
        """Any method of the Bot API; `wait` is how many seconds the server may take on purpose."""
        return await answer(self._post(method, arguments, read_timeout=30 + wait))

    def __repr__(self) -> str:
        return "Api"  # the library's own shows the token


class TelegramBridge(Bridge):
    """The Bot API by long polling. `api` is the server's address; unless `paced`, the server has no limits of pace.

    `transport` replaces the network in tests.
    """

    name = "telegram"

    def __init__(
        self,
        token: str,
        *,
        api: str = "https://api.telegram.org",
        paced: bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.address, self.odd = "", Counter[str]()
        more = {"transport": transport} if transport else {}
        # Questions for news are held open by the server, and must not take the place of calls.
        self._pools = [HTTPXRequest(connection_pool_size=size, httpx_kwargs=more) for size in (64, 2)]
        base = f"{api.rstrip('/')}/bot"
        self._api = Api(token, base_url=base, request=self._pools[0], get_updates_request=self._pools[1])
        self._paced = paced
        self._whispers = True

    # --- what happens

    async def run(self, inbox: Inbox) -> None:
        """Asking with the next offset confirms a batch (`getUpdates`), so it is handled before the next question.

        No offset is remembered: what was not confirmed comes again, and after a quiet week ids start anywhere.
        """
        await self._introduce()
        await self._call("deleteWebhook", drop_pending_updates=False)  # with one set, the server refuses to be asked
        question: Call = {"timeout": WAIT, "allowed_updates": WANTED}
        while True:
            batch = await self._api.call("getUpdates", dict(question), wait=WAIT)
            if events := [event for update in batch if (event := self._read(update))]:
                await inbox(events)
            if batch:
                question["offset"] = batch[-1]["update_id"] + 1

    async def _introduce(self) -> int:
        """Learn one's own name and number (`getMe`)."""
        try:
            me = await self._call("getMe")
        except Refusal:
            raise Stopped("telegram-token") from None
        self.address = f"@{me['username']}"
        return int(me["id"])

    def _read(self, update: Call) -> Event | None:
        """One update by itself: what cannot be understood is counted, and takes nothing else with it."""
        try:
            return translate(Update.de_json(update), datetime.now(UTC))
        except Odd as odd:
            self.odd[str(odd)] += 1
        except Exception:
            self.odd["malformed"] += 1
        return None

    # --- what is to be done

    async def do(self, action: Action, *, key: str) -> Ref | None:
        """Carry out one action. Telegram knows no keys: the same `Send` again is a second message."""
        match action:
            case Send():
                return await self._send(action)
            case Edit(ref=ref):
                await self._change("editMessageText", ref, **words(action))
            case Remove():
                await self._remove(action)
            case React(ref=ref, emoji=emoji) | Mirror(ref=ref, emoji=emoji):
                await self._change("setMessageReaction", ref, reaction=reaction(emoji))
            case Pin(ref=ref, on=True):
                await self._change("pinChatMessage", ref, disable_notification=True)
            case Pin(ref=ref):
                await self._change("unpinChatMessage", ref)
            case Toast(tap=tap, text=text):
                await self._unless("stale", "answerCallbackQuery", callback_query_id=tap, text=text[:200])
                return None
            case Leave(chat=chat):
                await self._leave(chat)
                return None
            case Join():  # bots are added here, not asked
                return None
            case Unreact():  # nobody can take another's reaction away here
                raise Refused("defect")
        return Ref(action.chat, action.ref.id)

    async def settle(self, action: Action, *, key: str, since: datetime, ids: Sequence[str] = ()) -> Ref | Fate:
        """All but a new message may be repeated; whether that one arrived, nobody knows."""
        return Fate.UNKNOWN if isinstance(action, Send) else Fate.AGAIN

    async def _send(self, send: Send) -> Ref:
        call = sending(send)
        if send.instead and await self._replace(call, send.instead):
            return send.instead
        if "ephemeral_message_parameters" in call and not self._whispers:
            call = privately(call)
        call, made = await self._say(call)
        if "ephemeral_message_parameters" in call and "ephemeral_message_id" not in made:
            # A server from before whispers has just told everyone: take it back, and never ask it for one again.
            self._whispers = False
            self.odd["whisper"] += 1
            await self._call("deleteMessage", chat_id=call["chat_id"], message_id=made["message_id"])
            call, made = await self._say(privately(call))
        chat = send.chat if call["chat_id"] == int(send.chat.id) else Chat(self.name, str(call["chat_id"]))
        whispered = made.get("ephemeral_message_id")
        return Ref(chat, str(made["message_id"]) if whispered is None else f"e{whispered}")

    async def _say(self, call: Call) -> tuple[Call, Call]:
        """Send it, or what is left of it where Telegram refuses a part; returns what was sent and what came back."""
        try:
            return call, await self._call("sendMessage", **call)
        except Refusal as no:
            less = weaker(call, no.hint or no.why)
            if less is None:
                raise
            if no.hint == "entities":
                self.odd["entities"] += 1
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
                await self._unless("unchanged", "editEphemeralMessageText", chat_id=call["chat_id"], **said)
            elif receiver > 0 and old.chat.id == str(receiver):
                await self._change("editMessageText", old, **said)
            else:
                return False
        except Refused:
            return False  # it is gone: the person gets a new one
        return True

    async def _remove(self, remove: Remove) -> None:
        """Older than 48 hours, only the words can be taken away (`deleteMessage`)."""
        try:
            if remove.sent_at is None or datetime.now(UTC) - remove.sent_at < DELETABLE:
                await self._change("deleteMessage", remove.ref)
                return
        except Refusal as no:
            if no.why == "gone":
                return
            if no.hint != "undeletable":
                raise
        try:
            await self._change("editMessageText", remove.ref, text=remove.stub)
        except Refusal:
            raise Refused("kept") from None

    async def _leave(self, chat: Chat) -> None:
        try:
            await self._call("leaveChat", chat_id=int(chat.id))
        except Refusal as no:
            if no.why not in ("kicked", "unreachable"):
                raise

    async def _change(self, method: str, ref: Ref, **more: Any) -> None:
        """Do something to a message; that it is so already is as good, and words count more than their formatting."""
        which = {"chat_id": int(ref.chat.id), "message_id": message_id(ref)}
        try:
            await self._unless("unchanged", method, **which, **more)
        except Refusal as no:
            if no.hint != "entities" or not more.pop("entities", None):
                raise
            self.odd["entities"] += 1
            await self._unless("unchanged", method, **which, **more)

    async def _unless(self, hint: str, method: str, **arguments: Any) -> None:
        """A call that one kind of refusal does not matter to."""
        try:
            await self._call(method, **arguments)
        except Refusal as no:
            if no.hint != hint:
                raise

    async def _call(self, method: str, **arguments: Any) -> Any:
        return await self._api.call(method, arguments)

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

    # --- what can be done

    def capabilities(self, chat: Chat) -> Capabilities:
        """Groups have negative ids, persons positive ones; the paces are those of the Bot API's FAQ."""
        group, second, minute = chat.id.startswith("-"), timedelta(seconds=1), timedelta(minutes=1)
        paces = (Pace(count=1, per=second), *((Pace(count=20, per=minute),) if group else ()))
        return Capabilities(
            text_length=LONGEST, entities=100, prefix="/", buttons=True, whispers=group and self._whispers,
            reactions=REACTIONS, reactions_per_message=1, remove_within=DELETABLE,
            wants=(Right.ADMIN, Right.DELETE, Right.PIN) if group else (),
            paces=paces if self._paced else (), pace_of_all=(Pace(count=30, per=second),) if self._paced else (),
        )  # fmt: skip

    def whereabouts(self, person: str) -> list[Chat]:
        """Telegram does not tell a bot who is in a group."""
        return []

    def link(self, *, start: str = "", group: str = "") -> str:
        """A `t.me` link (Bot API, "Deep linking"); codes are at most 64 of `A-Za-z0-9_-`."""
        if not self.address:
            return ""
        me = f"https://t.me/{self.address.removeprefix('@')}"
        if group:
            return f"{me}?startgroup={quote(group)}&admin={POWERS}"
        return f"{me}?start={quote(start)}" if start else me

    async def inspect(self, chat: Chat) -> Standing:
        """Ask `getChat` and `getChatMember`; a chat that shows itself to the bot no more is one that it is not in."""
        where, myself = int(chat.id), await self._introduce()
        try:
            about = await self._call("getChat", chat_id=where)
            me = ChatMember.de_json(await self._call("getChatMember", chat_id=where, user_id=myself))
        except Refusal as no:
            if no.why not in ("kicked", "unreachable"):
                raise
            return Standing(title="", kind="", member=False, rights=frozenset())
        title = about.get("title", "")
        return Standing(title=title, kind=about["type"], member=is_member(me), rights=rights(me))

    async def offer(self, menus: Sequence[Menu]) -> None:
        """Show the commands in groups and in private (`setMyCommands`); the first menu is for all other languages."""
        for scope in ("all_group_chats", "all_private_chats"):
            for language, menu in [("", menu) for menu in menus[:1]] + [(menu.language, menu) for menu in menus]:
                call = {"scope": {"type": scope}, "language_code": language or None}
                whispered = scope == "all_group_chats"  # in private there is nobody to hide from
                try:
                    await self._call("setMyCommands", commands=commands(menu, whispered=whispered), **call)
                except Refusal:
                    await self._call("setMyCommands", commands=commands(menu, whispered=False), **call)

    async def close(self) -> None:
        """Let go of the connections."""
        await asyncio.gather(*(pool.shutdown() for pool in self._pools))
