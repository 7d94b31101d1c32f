"""The bridge to Telegram: what happens there comes in, and actions are carried out."""

import asyncio
import hmac
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from telegram import ChatMember

from bridges.kept import Kept
from bridges.model import (
    Action,
    Admit,
    Chat,
    ClearReactions,
    Edit,
    Event,
    Join,
    Leave,
    Lock,
    Menu,
    Mirror,
    Person,
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
from bridges.port import (
    ACTS,
    Bridge,
    BridgeError,
    Capabilities,
    Cursor,
    Depot,
    Fate,
    Inbox,
    Pace,
    Refused,
    Standing,
    Stopped,
)
from bridges.telegram.acts import Acts
from bridges.telegram.api import Server
from bridges.telegram.calls import CAPTION, LONGEST, REACTIONS, Call, commands
from bridges.telegram.errors import Migrated, Refusal
from bridges.telegram.media import UPLOADS
from bridges.telegram.outward import DELETABLE, Outward, shut
from bridges.telegram.translate import Odd, is_member, moved, rights, translate

T = TypeVar("T")
WANTED = [
    "message", "edited_message", "callback_query", "message_reaction", "my_chat_member", "poll", "chat_join_request",
]  # fmt: skip
WAIT = 50  # seconds that the server may hold a question for news
POWERS = "delete_messages+pin_messages+restrict_members+invite_users+manage_topics"
BASIC = frozenset({"ban", "lock", "clear", "admit"})  # what a basic group knows of them; who is banned may come back
SHOWN = "x-telegram-bot-api-secret-token"
STILL_SET = 600.0  # seconds between two looks whether the webhook is still ours


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where Telegram brings its news, instead of being asked; `secret` is what it shows then (`setWebhook`)."""

    url: str
    secret: str = field(repr=False)


class TelegramBridge(Bridge):
    """The Bot API by long polling, or by a webhook. `api` is the server's address; unless `paced`, it has no limits.

    `cursor` keeps what a group's members were permitted before it was locked; without one, none can be. `depot` brings
    the files of other networks. `transport` replaces the network in tests.
    """

    name = "telegram"

    def __init__(
        self,
        token: str,
        *,
        api: str = "https://api.telegram.org",
        paced: bool = True,
        cursor: Cursor | None = None,
        depot: Depot | None = None,
        webhook: Webhook | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.address, self.odd = "", Counter[str]()
        self._server = Server(token, api, transport)
        self._outward = Outward(self._server, depot, self.odd)
        self._acts = Acts(self._server, Kept(cursor, "telegram.before"))
        self._paced, self._webhook = paced, webhook
        self._inbox: Inbox | None = None

    # --- what happens

    async def run(self, inbox: Inbox) -> None:
        """Asking with the next offset confirms a batch (`getUpdates`), so it is handled before the next question.

        No offset is remembered: what was not confirmed comes again, and after a quiet week ids start anywhere.
        """
        await self._introduce()
        self._inbox = inbox
        try:
            if self._webhook:
                await self._be_called(self._webhook)
            else:
                await self._ask(inbox)
        finally:
            self._inbox = None

    async def _ask(self, inbox: Inbox) -> None:
        await self._call("deleteWebhook", drop_pending_updates=False)  # with one set, the server refuses to be asked
        question: Call = {"timeout": WAIT, "allowed_updates": WANTED}
        while True:
            batch = await self._server.ask("getUpdates", dict(question), wait=WAIT)
            if events := [event for update in batch for event in self._read(update)]:
                await inbox(events)
            if batch:
                question["offset"] = batch[-1]["update_id"] + 1

    async def _be_called(self, webhook: Webhook) -> None:
        """One call at a time keeps the order; somebody else may set another address, so it is looked after."""
        more = {"secret_token": webhook.secret, "allowed_updates": WANTED, "max_connections": 1}
        about: Call = {}  # set in any case at first: nobody tells which secret and which kinds were set before
        while True:
            if about.get("url") != webhook.url:
                await self._call("setWebhook", url=webhook.url, **more)
            await asyncio.sleep(STILL_SET)
            about = await self._call("getWebhookInfo")

    async def receive(self, inbox: Inbox, headers: Mapping[str, str], body: bytes) -> int:
        """One update (`setWebhook`); Telegram brings it again until the answer is 200, which is after the commit."""
        if self._webhook is None:
            return 404
        shown = next((value for name, value in headers.items() if name.lower() == SHOWN), "")
        if not shown or not hmac.compare_digest(shown.encode(), self._webhook.secret.encode()):
            self.odd["webhook-secret"] += 1
            return 401
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            update = None
        if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
            self.odd["malformed"] += 1
            return 400
        if events := self._read(update):
            await inbox(events)
        return 200

    async def _introduce(self) -> int:
        """Learn one's own name and number (`getMe`)."""
        try:
            me = await self._call("getMe")
        except Refusal:
            raise Stopped("telegram-token") from None
        self.address = f"@{me['username']}"
        return int(me["id"])

    def _read(self, update: Call) -> list[Event]:
        """One update by itself: what cannot be understood is counted, and takes nothing else with it."""
        try:
            return translate(update, datetime.now(UTC))
        except Odd as odd:
            self.odd[str(odd)] += 1
        return []

    # --- what is to be done

    async def do(self, action: Action, *, key: str) -> Ref | None:
        """Carry out one action. Telegram knows no keys: the same `Send` again is a second message."""
        return await self._about(action.chat, self._do(action))

    async def _do(self, action: Action) -> Ref | None:
        match action:
            case Send():
                return await self._outward.send(action)
            case Edit():
                await self._outward.edit(action)
            case Remove():
                await self._outward.remove(action)
            case React(ref=ref, emoji=emoji) | Mirror(ref=ref, emoji=emoji):
                await self._outward.react(ref, emoji)
            case Pin(ref=ref, on=True):
                await self._outward.change("pinChatMessage", ref, disable_notification=True)
            case Pin(ref=ref):
                await self._outward.change("unpinChatMessage", ref)
            case Toast(tap=tap, text=text):
                await self._outward.unless("stale", "answerCallbackQuery", callback_query_id=tap, text=text[:200])
                return None
            case Leave(chat=chat):
                await self._leave(chat)
                return None
            case Join():  # bots are added here, not asked
                return None
            case Unreact():  # nobody can take another's reaction away here
                raise Refused("defect")
            case Restrict() | Lock() | ClearReactions() | Admit():
                await self._acts.do(action)
                return None
        return Ref(action.chat, action.ref.id)

    async def _about(self, chat: Chat, call: Awaitable[T]) -> T:
        """What a failure means for a whole chat: it moved, or it is shut."""
        try:
            return await call
        except BridgeError as error:
            failure = shut(error, chat)
        if isinstance(failure, Migrated):
            await self._tell_of_move(chat, failure.new)
        raise failure

    async def _tell_of_move(self, chat: Chat, new: int) -> None:
        """Telegram tells of it too, but what it tells may have been missed. Whoever asked tries again, and so do we."""
        if self._inbox:
            old, there = Chat(self.name, chat.id), Chat(self.name, str(new))
            try:
                await self._inbox([moved(old, there, Person("", old), datetime.now(UTC))])
            except Exception:
                self.odd["move"] += 1

    async def together(self, sends: Sequence[Send], *, key: str) -> list[Ref]:
        """An album (`sendMediaGroup`): all of it is sent, or nothing."""
        return await self._about(sends[0].chat, self._outward.album(sends))

    async def settle(self, action: Action, *, key: str, since: datetime, ids: Sequence[str] = ()) -> Ref | Fate:
        """All but a new message may be repeated; in a supergroup it is looked for, elsewhere nobody knows."""
        if not isinstance(action, Send):
            return Fate.AGAIN
        if action.to or not ids or not is_numbered(action.chat):
            return Fate.UNKNOWN
        return await self._about(action.chat, self._outward.settle(action, key, ids))

    def fetch(self, source: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """A file by its `file_id`, 20 MB at most."""
        return self._server.download(source)

    async def recall(self, ref: Ref) -> str | None:
        """Bots are not told what a message says by now."""
        return None

    async def stands(self, ref: Ref) -> bool | None:
        """Told by `setMessageReaction`, which leaves the bot's own as it was; of an album, the first message counts."""
        return await self._outward.stands(ref)

    async def _leave(self, chat: Chat) -> None:
        try:
            await self._call("leaveChat", chat_id=int(chat.id))
        except Refusal as no:
            if no.why not in ("kicked", "unreachable"):
                raise

    async def _call(self, method: str, **arguments: object) -> Any:
        return await self._server.call(method, **arguments)

    # --- what can be done

    def capabilities(self, chat: Chat) -> Capabilities:
        """Groups have negative ids, persons positive ones; the paces are those of the Bot API's FAQ."""
        group, second, minute = chat.id.startswith("-"), timedelta(seconds=1), timedelta(minutes=1)
        paces = (Pace(count=1, per=second), *((Pace(count=20, per=minute),) if group else ()))
        return Capabilities(
            text_length=LONGEST, caption_length=CAPTION, entities=100, prefix="/", buttons=True,
            whispers=group and self._outward.whispers, albums=10, uploads=UPLOADS, numbered=is_numbered(chat),
            reactions=REACTIONS, reactions_per_message=1, remove_within=DELETABLE,
            wants=(Right.ADMIN, Right.DELETE, Right.PIN) if group else (),
            acts=ACTS if is_numbered(chat) else BASIC if group else frozenset(), forgets_mutes=True,
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
        await self._server.close()


def is_numbered(chat: Chat) -> bool:
    """Whether ids of messages run by one there: in supergroups, which share a space of ids with channels."""
    return chat.id.startswith("-100")
