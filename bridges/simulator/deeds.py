"""What people and bots do: each deed changes the world and tells the bots that may know of it."""

import secrets
from collections.abc import Callable, Iterable
from typing import Any

from bridges.simulator import render
from bridges.simulator.text import Formatted, units
from bridges.simulator.world import Bot, Chat, Json, Member, Message, Status, Tap, Topic, User, World

QUOTABLE = ("bold", "italic", "underline", "strikethrough", "spoiler", "custom_emoji")


class Deeds:
    """The verbs of the simulated network; `changed` is called with every chat that looks different afterwards."""

    def __init__(self, world: World, changed: Callable[[Chat], None]) -> None:
        self.world, self.changed = world, changed

    # --- messages

    def say(self, chat: Chat, sender: User, content: Formatted, **more: Any) -> Message:
        """A message appears; `more` are fields of `Message`. In a topic it keeps to the topic, as replies do."""
        world = self.world
        receiver = more.get("receiver")
        number = 0 if receiver else world.next_id(chat)
        message = Message(world.next_seq(), chat, number, int(world.now()), sender, content)
        for name, value in more.items():
            setattr(message, name, value)
        self._thread(message)
        if receiver:
            chat.last_whisper += 1
            message.ephemeral_id = chat.last_whisper
            chat.whispers[message.ephemeral_id] = message
            if isinstance(receiver, Bot):
                receiver.queue.add("message", render.message(message, world))
        else:
            chat.messages[message.id] = message
            self._tell(message, "message")
        self.changed(chat)
        return message

    def _thread(self, message: Message) -> None:
        """A reply goes where its original is; outside topics Telegram still numbers the chain of replies."""
        above = message.reply_to
        if message.thread:
            message.topic = True
        elif above and message.chat.kind == "supergroup" and not above.receiver:
            message.thread, message.topic = above.thread or above.id, above.topic

    def serve(self, chat: Chat, sender: User, service: Json, **more: Any) -> Message:
        """A service message: somebody joined, a message was pinned..."""
        return self.say(chat, sender, Formatted(), service=service, **more)

    def edit(self, message: Message, content: Formatted | None = None, markup: list[list[Json]] | None = None) -> None:
        """Text or keyboard change; a keyboard alone does not mark a message as edited."""
        if content is not None:
            message.content = content
            message.edited = max(int(self.world.now()), message.date + 1)
        if markup is not None:
            message.markup = markup
        if not message.receiver:
            self._tell(message, "edited_message")
        self.changed(message.chat)

    def delete(self, messages: Iterable[Message]) -> None:
        """Bots are not told of removals."""
        for message in messages:
            message.deleted = True
            if not message.receiver and message.id in message.chat.pinned:
                message.chat.pinned.remove(message.id)
            self.changed(message.chat)

    def pin(self, message: Message, by: User) -> None:
        chat = message.chat
        if message.id in chat.pinned:
            chat.pinned.remove(message.id)
        chat.pinned.append(message.id)
        self.serve(chat, by, {"pinned_message": message.id}, thread=message.thread if message.topic else None)

    def unpin(self, chat: Chat, ids: Iterable[int]) -> None:
        chat.pinned = [one for one in chat.pinned if one not in set(ids)]
        self.changed(chat)

    def react(self, message: Message, by: User, emoji: list[str]) -> None:
        """Someone's whole set of reactions; administrators' bots that asked for it are told, save of bots' own."""
        before = message.reactions.get(by.id, [])
        message.reactions[by.id] = emoji
        if before != emoji and not by.is_bot:
            told = {
                "chat": render.chat(message.chat), "message_id": message.id, "date": int(self.world.now()),
                "user": render.user(by), "old_reaction": render.reactions(before),
                "new_reaction": render.reactions(emoji),
            }  # fmt: skip
            for bot in self.world.bots_in(message.chat):
                if message.chat.kind == "private" or message.chat.member(bot.id).admin:
                    bot.queue.add("message_reaction", told)
        self.changed(message.chat)

    def tap(self, message: Message, by: User, data: str) -> Tap:
        """A button is tapped: its bot gets a `callback_query`."""
        bot = self.world.bot(message.sender.id)
        tap = Tap(str(secrets.randbits(62)), bot, by, message, self.world.now())
        self.world.taps[tap.id] = tap
        told = {
            "id": tap.id, "from": render.user(by), "message": render.message(message, self.world),
            "chat_instance": str(abs(message.chat.id) * 7919), "data": data,
        }  # fmt: skip
        bot.queue.add("callback_query", told)
        return tap

    def _tell(self, message: Message, kind: str) -> None:
        if message.chat.kind == "channel":
            kind = {"message": "channel_post", "edited_message": "edited_channel_post"}[kind]
        if message.sender.is_bot and not message.sender_chat and not message.service:
            return
        told = render.message(message, self.world)
        for bot in self.world.bots_in(message.chat):
            # A bot does see the service messages that it causes: pins, topics, removals.
            if (bot is not message.sender or message.service) and reaches(message, bot):
                bot.queue.add(kind, told)

    # --- who is where

    def seat(self, chat: Chat, who: User, place: Member, by: User, *, quiet: bool = False) -> None:
        """Someone comes, goes, or gets other rights; bots that look after the chat are told, and the chat is.

        `quiet` leaves out the service message.
        """
        before = chat.member(who.id)
        chat.members[who.id] = place
        self._told_of_member(chat, who, before, place, by)
        if not quiet and chat.kind != "channel":
            if place.present and not before.present:
                self.serve(chat, by, {"new_chat_members": [render.user(who)]})
            elif before.present and not place.present:
                left = self.serve(chat, by, {"left_chat_member": render.user(who)})
                if isinstance(who, Bot):  # the last that it hears of the chat
                    who.queue.add("message", render.message(left, self.world))
        self.changed(chat)

    def _told_of_member(self, chat: Chat, who: User, before: Member, after: Member, by: User) -> None:
        if before == after:
            return
        for bot in self.world.bots.values():
            if bot is not who and not chat.member(bot.id).admin:
                continue
            told = {
                "chat": render.chat(chat), "from": render.user(by), "date": int(self.world.now()),
                "old_chat_member": render.member(who, before, chat.kind, bot.id),
                "new_chat_member": render.member(who, after, chat.kind, bot.id),
            }  # fmt: skip
            bot.queue.add("my_chat_member" if bot is who else "chat_member", told)

    def block(self, chat: Chat, *, blocked: bool) -> None:
        """A person blocks the bot of a private chat, or takes that back."""
        if not chat.bot or not chat.user or chat.blocked == blocked:
            return
        chat.blocked = blocked
        was, now = (render.member(chat.bot, Member(s), "private") for s in _block_states(blocked=blocked))
        told = {
            "chat": render.chat(chat), "from": render.user(chat.user), "date": int(self.world.now()),
            "old_chat_member": was, "new_chat_member": now,
        }  # fmt: skip
        chat.bot.queue.add("my_chat_member", told)
        self.changed(chat)

    def open_topic(self, chat: Chat, by: User, name: str, icon_color: int = 0x6FB9F0, emoji: str = "") -> Topic:
        """A topic's id is the id of the service message that opens it."""
        look: Json = {"name": name, "icon_color": icon_color} | ({"icon_custom_emoji_id": emoji} if emoji else {})
        opening = Message(self.world.next_seq(), chat, self.world.next_id(chat), int(self.world.now()), by)
        opening.service = {"forum_topic_created": look}
        opening.thread, opening.topic = opening.id, True
        chat.messages[opening.id] = opening
        topic = chat.topics[opening.id] = Topic(opening.id, name, icon_color, creator=by.id, icon_custom_emoji_id=emoji)
        self._tell(opening, "message")
        self.changed(chat)
        return topic

    def migrate(self, chat: Chat) -> Chat:
        """A basic group becomes a supergroup: new id, same people, earlier messages stay behind."""
        number = min([-1001000000000, *self.world.chats]) - 1
        new = Chat(number, "supergroup", chat.title, permissions=dict(chat.permissions))
        self.world.chats[new.id] = new
        new.members = dict(chat.members)
        owner = next((i for i, place in chat.members.items() if place.status == "creator"), 0)
        by = self.world.users.get(owner) or self.world.anonymous
        self.serve(chat, by, {"migrate_to_chat_id": new.id})
        chat.moved_to = new.id
        self.serve(new, self.world.anonymous, {"migrate_from_chat_id": chat.id}, sender_chat=new)
        return new


def reaches(message: Message, bot: Bot) -> bool:
    """Privacy mode: in a group a plain bot gets commands meant for it, replies to it and service messages."""
    chat = message.chat
    if chat.kind in ("private", "channel") or bot.reads_all or chat.member(bot.id).admin or message.service:
        return True
    if message.reply_to and message.reply_to.sender is bot:
        return True
    word = message.content.text.split(maxsplit=1)[0] if message.content.text else ""
    if not word.startswith("/"):
        return False
    name, _, meant = word.partition("@")
    if meant:
        return meant.lower() == bot.username.lower()
    spoke = [m.sender for m in chat.messages.values() if m.sender.is_bot and m is not message and not m.service]
    return len(name) > 1 and (not spoke or spoke[-1] is bot)


def quoted(original: Message, words: str, position: int | None, *, manual: bool) -> Json | None:
    """TextQuote of a part of a message, or nothing where those words do not stand in it."""
    text = original.content.text
    if not words.strip() or words not in text:
        return None
    at = text.index(words)
    if position is not None:
        places = [i for i in range(len(text)) if text.startswith(words, i)]
        at = min(places, key=lambda i: abs(units(text[:i]) - position))
    start, length = units(text[:at]), units(words)
    inside = []
    for entity in original.content.entities:
        first, last = max(entity["offset"], start), min(entity["offset"] + entity["length"], start + length)
        if entity["type"] in QUOTABLE and first < last:
            inside.append(entity | {"offset": first - start, "length": last - first})
    quote: Json = {"text": words, "position": start}
    return quote | ({"entities": inside} if inside else {}) | ({"is_manual": True} if manual else {})


def _block_states(*, blocked: bool) -> tuple[Status, Status]:
    return ("member", "kicked") if blocked else ("kicked", "member")
