"""The control API: what residents do, and what befalls the network, said by tests, the demo and the chat page."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bridges.simulator import render
from bridges.simulator.deeds import Deeds, quoted
from bridges.simulator.faults import Faults
from bridges.simulator.limits import Limits
from bridges.simulator.text import Formatted, clean, from_entities, units
from bridges.simulator.updates import Queue
from bridges.simulator.view import view
from bridges.simulator.world import (
    ADMIN_RIGHTS,
    CHANNEL_RIGHTS,
    GROUP_RIGHTS,
    PERMISSIONS,
    Bot,
    Chat,
    Json,
    Member,
    Message,
    User,
    World,
)

START = "start"
KNOWN_RIGHTS = {*ADMIN_RIGHTS, *GROUP_RIGHTS, *CHANNEL_RIGHTS, "is_anonymous"}


@dataclass
class Control:
    """Every request of the control API is one method: JSON in, JSON out; `LookupError` and `ValueError` are 400."""

    world: World
    deeds: Deeds
    limits: Limits
    faults: Faults

    # --- who and where

    def add_bot(self, ask: Json) -> Json:
        number = max([8_100_000_000, *self.world.bots]) + 1
        token = str(ask.get("token") or f"{number}:{secrets.token_urlsafe(27)[:35]}")
        number = int(token.partition(":")[0])
        if number in self.world.bots:
            raise ValueError("that bot is there already")
        bot = Bot(
            number, str(ask["first_name"]), username=str(ask["username"]), token=token, queue=Queue(self.world.now),
            reads_all=bool(ask.get("can_read_all_group_messages")),
        )  # fmt: skip
        self.world.bots[bot.id] = bot
        return {"id": bot.id, "token": token, "username": bot.username}

    def add_user(self, ask: Json) -> Json:
        number = int(ask.get("id") or max([7_100_000_000, *self.world.users]) + 1)
        if number in self.world.users:
            raise ValueError("that user is there already")
        last_name, username, language = (str(ask.get(k) or "") for k in ("last_name", "username", "language_code"))
        self.world.users[number] = User(number, str(ask["first_name"]), last_name, username, language)
        return {"id": number}

    def add_chat(self, ask: Json) -> Json:
        kind = ask["type"]
        if kind not in ("group", "supergroup", "channel"):
            raise ValueError("type is group, supergroup or channel")
        if kind != "supergroup" and ask.get("is_forum"):
            raise ValueError("a forum is a supergroup")
        start = -4_000_000_000 if kind == "group" else -1_001_000_000_000
        taken = [i for i in self.world.chats if (i > -10**12) == (kind == "group")]
        number = int(ask.get("id") or min([start, *taken]) - 1)
        if number in self.world.chats or number >= 0:
            raise ValueError("that id cannot be taken")
        chat = Chat(number, kind, str(ask["title"]), is_forum=bool(ask.get("is_forum")))
        chat.members = {self.world.person(int(i)).id: Member() for i in ask.get("members", [])}
        self.world.chats[number] = chat
        self.deeds.changed(chat)
        return {"id": number}

    def set_member(self, chat_id: int, ask: Json) -> Json:
        """`rights` are an administrator's rights or, under `restricted`, a member's permissions."""
        chat, who = self._group(chat_id), self.world.person(int(ask["user"]))
        rights = {str(k): bool(v) for k, v in (ask.get("rights") or {}).items()}
        status = ask["status"]
        if unknown := set(rights) - KNOWN_RIGHTS - set(PERMISSIONS):
            raise ValueError(f"no such right: {', '.join(sorted(unknown))}")
        by = self.world.person(int(ask["by"])) if ask.get("by") else self._owner(chat, who)
        match status:
            case "administrator":
                place = Member("administrator", {"can_manage_chat": True} | rights, by=by.id)
            case "restricted":
                place = Member("restricted", permissions=dict.fromkeys(PERMISSIONS, False) | rights, by=by.id)
            case "creator" | "member" | "left" | "kicked":
                place = Member(status, rights if status == "creator" else {}, by=by.id)
            case _:
                raise ValueError("status is creator, administrator, member, restricted, left or kicked")
        by = who if status == "left" and not ask.get("by") else by
        self.deeds.seat(chat, who, place, by)
        return {}

    def add_topic(self, chat_id: int, ask: Json) -> Json:
        chat = self._group(chat_id)
        if not chat.is_forum:
            raise ValueError("the chat is not a forum")
        topic = self.deeds.open_topic(chat, self.world.person(int(ask["by"])), str(ask["name"]))
        return {"message_thread_id": topic.id}

    def migrate(self, chat_id: int) -> Json:
        chat = self._group(chat_id)
        if chat.kind != "group" or chat.moved_to:
            raise ValueError("only a basic group can be migrated, and once")
        return {"id": self.deeds.migrate(chat).id}

    # --- what residents do

    def say(self, ask: Json) -> Json:
        chat, who = self._where(ask)
        self._may_write(chat, who, "can_send_messages")
        content = _content(ask)
        more = self._sender(chat, who, ask)
        sender = more.pop("sender")
        if reply := ask.get("reply_to"):
            more["reply_to"] = _live(chat, int(reply))
            if words := ask.get("quote"):
                more["quote"] = quoted(more["reply_to"], str(words), None, manual=True)
                if more["quote"] is None:
                    raise ValueError("the quoted words do not stand in that message")
        if thread := ask.get("thread"):
            if int(thread) not in chat.topics:
                raise ValueError("no such topic")
            if chat.topics[int(thread)].closed and not chat.can(who.id, "can_manage_topics"):
                raise ValueError("that topic is closed")
            more["thread"] = int(thread)
        more |= self._whisper(chat, who, content.text, wanted=ask.get("ephemeral"))
        return render.message(self.deeds.say(chat, sender, content, **more), self.world)

    def _sender(self, chat: Chat, who: User, ask: Json) -> Json:
        if chat.kind == "channel":
            return {"sender": who, "sender_chat": chat}
        if not ask.get("anonymous"):
            return {"sender": who}
        if not chat.member(who.id).admin:
            raise ValueError("only an administrator can be anonymous")
        return {"sender": self.world.anonymous, "sender_chat": chat}

    def _whisper(self, chat: Chat, who: User, text: str, *, wanted: bool | None) -> Json:
        """A command registered with `is_ephemeral` reaches its bot alone."""
        if wanted is False or chat.kind not in ("group", "supergroup"):
            return {}
        word = text.split(maxsplit=1)[0]
        name, _, meant = word.removeprefix("/").partition("@")
        for bot in self.world.bots_in(chat) if word.startswith("/") else ():
            if meant and meant.lower() != bot.username.lower():
                continue
            command = self.world.command_of(bot, chat, who, name)
            if command and command.get("is_ephemeral"):
                return {"receiver": bot}
        if wanted:
            raise ValueError("no bot here has that command as an ephemeral one")
        return {}

    def edit(self, ask: Json) -> Json:
        chat, who = self._where(ask)
        message = self._own(chat, who, int(ask["message"]))
        content = _content(ask)
        if content == message.content:
            raise ValueError("nothing would change")
        self.deeds.edit(message, content)
        return render.message(message, self.world)

    def delete(self, ask: Json) -> Json:
        chat, who = self._where(ask)
        message = _live(chat, int(ask["message"]))
        if message.sender is not who and chat.kind != "private" and not chat.can(who.id, "can_delete_messages"):
            raise ValueError("that person may not delete that message")
        self.deeds.delete([message])
        return {}

    def tap(self, ask: Json) -> Json:
        chat, who = self._where(ask)
        if chat.kind != "private" and not chat.member(who.id).present:
            raise ValueError("that person is not in the chat")
        if whispered := ask.get("ephemeral_message"):
            message = chat.whispers.get(int(whispered))
        else:
            message = chat.messages.get(int(ask["message"]))
        if not message or not message.seen_by(who.id):
            raise ValueError("that person sees no such message")
        data = str(ask["data"])
        if not any(button.get("callback_data") == data for row in message.markup for button in row):
            raise ValueError("no such button")
        return {"callback_query_id": self.deeds.tap(message, who, data).id}

    def tapped(self, tap_id: str) -> Json:
        if tap_id not in self.world.taps:
            raise LookupError("no such tap")
        empty = {"text": "", "show_alert": False, "url": ""}
        answer = self.world.taps[tap_id].answer
        return {"answered": answer is not None} | (answer or empty)

    def react(self, ask: Json) -> Json:
        chat, who = self._where(ask)
        self._may_write(chat, who, "can_react_to_messages")
        emoji = [str(one) for one in ask["emoji"]]
        self.deeds.react(_live(chat, int(ask["message"])), who, list(dict.fromkeys(emoji)))
        return {}

    def start(self, ask: Json) -> Json:
        """A person opens `t.me/BOT?start=payload` and presses the button."""
        bot, who = self.world.bot(int(ask["bot"])), self.world.users[int(ask["user"])]
        chat = self.world.private_chat(bot, who)
        self.deeds.block(chat, blocked=False)
        text = f"/{START} {ask['payload']}" if ask.get("payload") else f"/{START}"
        return render.message(self.deeds.say(chat, who, clean(Formatted(text))), self.world)

    def startgroup(self, ask: Json) -> Json:
        """A person opens `t.me/BOT?startgroup=payload&admin=rights` and picks a group."""
        bot, who = self.world.bot(int(ask["bot"])), self.world.users[int(ask["user"])]
        chat = self._group(int(ask["chat"]))
        rights = ask.get("rights") or {}
        if not chat.member(who.id).present or (rights and not chat.can(who.id, "can_promote_members")):
            raise ValueError("that person may not add the bot like that")
        status = "administrator" if rights else "member"
        self.set_member(chat.id, {"user": bot.id, "status": status, "rights": rights, "by": who.id})
        text = f"/{START}@{bot.username} {ask.get('payload') or ''}".strip()
        return render.message(self.deeds.say(chat, who, clean(Formatted(text))), self.world)

    def block(self, ask: Json) -> Json:
        bot, who = self.world.bot(int(ask["bot"])), self.world.users[int(ask["user"])]
        self.deeds.block(self.world.private_chat(bot, who), blocked=bool(ask["blocked"]))
        return {}

    # --- what befalls the network

    def push(self, ask: Json) -> Json:
        return {"update_id": self.world.bot(int(ask["bot"])).queue.put(dict(ask["update"]))}

    def repeat(self, ask: Json) -> Json:
        queue = self.world.bot(int(ask["bot"])).queue
        return {"update_id": queue.put(queue.past[int(ask["update_id"])])}

    def add_fault(self, ask: Json) -> Json:
        fields = dict(ask)
        if fields.get("chat"):
            fields["chat"] = str(fields["chat"])
        if fields.get("every"):
            n, m = fields["every"]
            fields["every"] = (int(n), int(m))
        try:
            return {"id": self.faults.add(**{k: v for k, v in fields.items() if v is not None})}
        except TypeError as error:
            raise ValueError(str(error)) from error

    def clear_faults(self) -> Json:
        self.faults.clear()
        return {}

    def add_delay(self, ask: Json) -> Json:
        self.faults.delays.append((str(ask["method"]), str(ask.get("chat") or ""), float(ask["seconds"])))
        return {}

    def clear_delays(self) -> Json:
        self.faults.delays.clear()
        return {}

    def set(self, ask: Json) -> Json:
        """`clock_shift` is in seconds from real time, not from the last shift."""
        settings: dict[str, Callable[[Any], None]] = {
            "limits": lambda value: setattr(self.limits, "on", bool(value)),
            "ephemerals_arrive": lambda value: setattr(self.world, "ephemerals_arrive", bool(value)),
            "clock_shift": lambda value: setattr(self.world, "shift", float(value)),
            "revoke": self._revoke,
        }
        for name, value in ask.items():
            if name not in settings:
                raise ValueError(f"no such setting: {name}")
            settings[name](value)
        return {}

    def _revoke(self, token: str) -> None:
        for bot in self.world.bots.values():
            if bot.token == token:
                bot.token = f"{bot.id}:{secrets.token_urlsafe(27)[:35]}"
                return
        raise LookupError("no such token")

    # --- what is there

    def view(self, chat_id: int, user_id: int, last: int = 0) -> Json:
        """What the person sees; of a long chat only the `last` messages, where asked so."""
        seen = view(self.world.chat_of(chat_id, user_id), user_id)
        return seen | {"messages": seen["messages"][-last:]}

    def whole(self) -> Json:
        """Users, bots (whether they poll, and how much waits for them) and chats; private ones with their two ends."""
        world = self.world
        return {
            "users": [render.user(user) for user in world.users.values()],
            "bots": [
                render.user(bot) | {"polling": bot.queue.polled, "waiting": len(bot.queue.waiting)}
                for bot in world.bots.values()
            ],
            "chats": [
                render.chat(chat)
                | {
                    "members": {str(i): place.status for i, place in chat.members.items()},
                    "topics": [
                        {"message_thread_id": topic.id, "name": topic.name, "closed": topic.closed}
                        for topic in chat.topics.values()
                    ],
                    "moved_to": chat.moved_to,
                }
                for chat in world.chats.values()
            ],
            "private": [
                {"bot": chat.bot.id, "user": chat.user.id, "blocked": chat.blocked}
                for chat in world.private.values()
                if chat.bot and chat.user
            ],
            "ephemerals_arrive": world.ephemerals_arrive,
            "limits": self.limits.on,
        }

    # --- helpers

    def _group(self, chat_id: int) -> Chat:
        if chat_id not in self.world.chats:
            raise LookupError(f"no such chat: {chat_id}")
        return self.world.chats[chat_id]

    def _where(self, ask: Json) -> tuple[Chat, User]:
        who = self.world.users.get(int(ask["from"]))
        if who is None:
            raise LookupError("no such user")
        return self.world.chat_of(int(ask["chat"]), who.id), who

    def _owner(self, chat: Chat, who: User) -> User:
        """Whose doing a change is where nobody is named: the owner's, else any person's."""
        people = [i for i in chat.members if i in self.world.users]
        owners = [i for i in people if chat.members[i].status == "creator"]
        return self.world.person(next(iter([*owners, *people]), who.id))

    def _may_write(self, chat: Chat, who: User, permission: str) -> None:
        if chat.moved_to:
            raise ValueError("the chat was migrated")
        if chat.blocked:
            raise ValueError("that person has blocked the bot")
        if chat.kind == "channel":
            if not chat.can(who.id, "can_post_messages"):
                raise ValueError("that person may not post in the channel")
        elif chat.kind != "private" and not chat.member(who.id).admin and not chat.can(who.id, permission):
            raise ValueError("that person may not write in the chat")

    def _own(self, chat: Chat, who: User, message_id: int) -> Message:
        message = _live(chat, message_id)
        if message.sender is not who or message.service:
            raise ValueError("that is not their message")
        return message


def _live(chat: Chat, message_id: int) -> Message:
    message = chat.live(message_id)
    if not message:
        raise LookupError(f"no such message: {message_id}")
    return message


def _content(ask: Json) -> Formatted:
    content = clean(from_entities(str(ask["text"]), ask.get("entities") or []))
    if not content.text or units(content.text) > 4096:
        raise ValueError("a text has 1 to 4096 UTF-16 units")
    return content



