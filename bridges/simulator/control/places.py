"""Who and where: people, bots, chats, their members, topics and rules."""

import secrets

from bridges.simulator import render
from bridges.simulator.control.desk import Desk, live
from bridges.simulator.text import Formatted, clean
from bridges.simulator.updates import Queue
from bridges.simulator.world import (
    ADMIN_RIGHTS,
    CHANNEL_RIGHTS,
    GROUP_RIGHTS,
    PERMISSIONS,
    Bot,
    Chat,
    Json,
    Member,
    User,
)

KNOWN_RIGHTS = {*ADMIN_RIGHTS, *GROUP_RIGHTS, *CHANNEL_RIGHTS, "is_anonymous"}


class Places(Desk):
    """Bots, users and chats come to be and change."""

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
        self.world.enter(bot)
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
        chat, who = self.group(chat_id), self.world.person(int(ask["user"]))
        rights = {str(k): bool(v) for k, v in (ask.get("rights") or {}).items()}
        status = ask["status"]
        if unknown := set(rights) - KNOWN_RIGHTS - set(PERMISSIONS):
            raise ValueError(f"no such right: {', '.join(sorted(unknown))}")
        by = self.world.person(int(ask["by"])) if ask.get("by") else self.owner(chat, who)
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
        chat = self.group(chat_id)
        if not chat.is_forum:
            raise ValueError("the chat is not a forum")
        topic = self.deeds.open_topic(chat, self.world.person(int(ask["by"])), str(ask["name"]))
        return {"message_thread_id": topic.id}

    def migrate(self, chat_id: int) -> Json:
        chat = self.group(chat_id)
        if chat.kind != "group" or chat.moved_to:
            raise ValueError("only a basic group can be migrated, and once")
        return {"id": self.deeds.migrate(chat).id}

    def edit_user(self, user_id: int, ask: Json) -> Json:
        """Someone calls themselves otherwise: `first_name`, `last_name`, `username`."""
        who = self.world.person(user_id)
        for name in ("first_name", "last_name", "username"):
            if name in ask:
                setattr(who, name, str(ask[name] or ""))
        return {}

    def edit_topic(self, chat_id: int, topic_id: int, ask: Json) -> Json:
        """Another `name`, or `closed` or open again."""
        chat = self.group(chat_id)
        if topic_id not in chat.topics:
            raise LookupError("no such topic")
        topic, who = chat.topics[topic_id], self.by(chat, ask, "can_manage_topics")
        if name := str(ask.get("name") or ""):
            self.deeds.edit_topic(chat, topic, who, name)
        if (closed := ask.get("closed")) is not None and bool(closed) != topic.closed:
            self.deeds.close_topic(chat, topic, who, closed=bool(closed))
        return {}

    def rename(self, chat_id: int, ask: Json) -> Json:
        chat = self.group(chat_id)
        self.deeds.rename(chat, self.by(chat, ask, "can_change_info"), str(ask["title"]))
        return {}

    def permit(self, chat_id: int, ask: Json) -> Json:
        """What members may do: `everything` first, on or off, then `permissions` by name."""
        chat = self.group(chat_id)
        given = {str(name): bool(value) for name, value in (ask.get("permissions") or {}).items()}
        if unknown := set(given) - set(PERMISSIONS):
            raise ValueError(f"no such permission: {', '.join(sorted(unknown))}")
        if (everything := ask.get("everything")) is not None:
            chat.permissions = dict.fromkeys(PERMISSIONS, bool(everything))
        chat.permissions |= given
        return {}

    def ask_in(self, chat_id: int, ask: Json) -> Json:
        """`user` asks to be let in, with the `bio` of their profile."""
        chat, who = self.group(chat_id), self.world.users[int(ask["user"])]
        if chat.member(who.id).present or chat.member(who.id).status == "kicked":
            raise ValueError("that person is in the chat, or banned from it")
        self.deeds.ask_in(chat, who, str(ask.get("bio") or ""))
        return {}

    def slow(self, chat_id: int, ask: Json) -> Json:
        """Members wait that many `seconds` between two messages."""
        self.group(chat_id).slow = int(ask["seconds"])
        return {}

    def link(self, chat_id: int, ask: Json) -> Json:
        """The group becomes the discussion group of a `channel`, whose posts then appear in it."""
        group, channel = self.group(chat_id), self.group(int(ask["channel"]))
        if group.kind != "supergroup" or channel.kind != "channel":
            raise ValueError("a channel is linked with a supergroup")
        group.linked, channel.linked = channel, group
        return {}

    def pin(self, chat_id: int, ask: Json) -> Json:
        """`by` pins the `message`, or with `on` false takes it down."""
        who = self.world.person(int(ask["by"]))
        chat = self.world.chat_of(chat_id, who.id)
        self.by(chat, ask, "can_edit_messages" if chat.kind == "channel" else "can_pin_messages")
        message = live(chat, int(ask["message"]))
        if ask.get("on", True):
            self.deeds.pin(message, who)
        else:
            self.deeds.unpin(chat, [message.id])
        return {}

    def startgroup(self, ask: Json) -> Json:
        """A person opens `t.me/BOT?startgroup=payload&admin=rights` and picks a group."""
        bot, who = self.world.bot(int(ask["bot"])), self.world.users[int(ask["user"])]
        chat = self.group(int(ask["chat"]))
        rights = ask.get("rights") or {}
        if not chat.member(who.id).present or (rights and not chat.can(who.id, "can_promote_members")):
            raise ValueError("that person may not add the bot like that")
        status = "administrator" if rights else "member"
        self.set_member(chat.id, {"user": bot.id, "status": status, "rights": rights, "by": who.id})
        text = f"/start@{bot.username} {ask.get('payload') or ''}".strip()
        return render.message(self.deeds.say(chat, who, clean(Formatted(text))), self.world)
