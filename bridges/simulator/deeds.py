"""What people and bots do: each deed changes the world and tells the bots that may know of it."""

import secrets
from collections.abc import Callable, Iterable
from typing import Any

from bridges.simulator import render
from bridges.simulator.polls import Poll
from bridges.simulator.text import Formatted, units
from bridges.simulator.world import Bot, Chat, Json, Member, Message, Status, Tap, Topic, User, World

TAPS = 1000
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
            chat.spoke[sender.id] = world.now()
            self._tell(message, "message")
            self._echo(message)
            if world.keep:
                chat.forget(world.keep)
        self.changed(chat)
        return message

    def album(self, chat: Chat, sender: User, items: Iterable[tuple[Formatted, Json]], **more: Any) -> list[Message]:
        """Several messages as one, each with its caption and `body`; bots get one update for each."""
        name = str(13_000_000_000_000_000 + secrets.randbelow(10**15))
        more["marks"] = more.get("marks", {}) | {"media_group_id": name}
        return [self.say(chat, sender, caption, body=body, **more) for caption, body in items]

    def _echo(self, message: Message) -> None:
        """A post in a channel appears in its discussion group, said by the channel."""
        group = message.chat.linked
        if message.chat.kind != "channel" or not group or message.service:
            return
        marks = message.marks | render.forwarded(render.origin(message)) | {"is_automatic_forward": True}
        self.say(
            group, self.world.telegram, message.content, body=message.body, poll=message.poll, marks=marks,
            sender_chat=message.chat,
        )  # fmt: skip

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

    def edit(
        self,
        message: Message,
        content: Formatted | None = None,
        markup: list[list[Json]] | None = None,
        body: Json | None = None,
    ) -> None:
        """Text, what is shown, or the keyboard change; a keyboard alone does not mark a message as edited."""
        if content is not None or body is not None:
            message.content = message.content if content is None else content
            message.body = message.body if body is None else body
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

    def unreact(self, messages: Iterable[Message], giver: int) -> None:
        """Someone's reactions are taken away by an administrator; nobody is told."""
        for message in messages:
            message.reactions.pop(giver, None)
            self.changed(message.chat)

    def vote(self, message: Message, poll: Poll, by: User, chosen: list[int]) -> None:
        """Someone's whole vote; of the votes in its own polls a bot is told, and by whom where it is not anonymous."""
        if chosen:
            poll.votes[by.id] = chosen
        else:
            poll.votes.pop(by.id, None)
        if isinstance(message.sender, Bot):
            queue = message.sender.queue
            if not poll.anonymous:
                names = [poll.persistent[number] for number in chosen]
                told: Json = {"poll_id": poll.id, "user": render.user(by), "option_ids": chosen}
                queue.add("poll_answer", told | {"option_persistent_ids": names})
            queue.add("poll", poll.told())
        self.changed(message.chat)

    def stop(self, message: Message, poll: Poll) -> None:
        """A poll ends by hand: every bot that saw it is told the result."""
        poll.closed = True
        for bot in self.world.bots_in(message.chat):
            if bot is not message.sender and reaches(message, bot):
                bot.queue.add("poll", poll.told())
        if isinstance(message.sender, Bot):
            message.sender.queue.add("poll", poll.told())
        self.changed(message.chat)

    def tap(self, message: Message, by: User, data: str) -> Tap:
        """A button is tapped: its bot gets a `callback_query`."""
        bot = self.world.bot(message.sender.id)
        tap = Tap(str(secrets.randbits(62)), bot, by, message, self.world.now())
        self.world.taps[tap.id] = tap
        while len(self.world.taps) > TAPS:
            self.world.taps.pop(next(iter(self.world.taps)))
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

    def seat(
        self, chat: Chat, who: User, place: Member, by: User, *, quiet: bool = False, asked: bool = False
    ) -> None:
        """Someone comes, goes, or gets other rights; bots that look after the chat are told, and the chat is.

        `quiet` leaves out the service message; `asked`: they had asked to be let in.
        """
        before = chat.member(who.id)
        chat.members[who.id] = place
        if place.present:
            chat.asking.discard(who.id)
        if place.until:
            self.world.terms.append(place)
        self._told_of_member(chat, who, before, place, by, asked=asked)
        if not quiet and chat.kind != "channel":
            if place.present and not before.present:
                self.serve(chat, by, {"new_chat_members": [render.user(who)]})
            elif before.present and not place.present:
                left = self.serve(chat, by, {"left_chat_member": render.user(who)})
                if isinstance(who, Bot):  # the last that it hears of the chat
                    who.queue.add("message", render.message(left, self.world))
        self.changed(chat)

    def ask_in(self, chat: Chat, who: User, bio: str = "") -> None:
        """Someone asks to be let in: bots that may let people in are told (`chat_join_request`)."""
        chat.asking.add(who.id)
        told: Json = {
            "chat": render.chat(chat), "from": render.user(who), "user_chat_id": who.id, "date": int(self.world.now()),
        } | ({"bio": bio} if bio else {})  # fmt: skip
        for bot in self.world.bots_in(chat):
            if chat.member(bot.id).admin and chat.can(bot.id, "can_invite_users"):
                bot.queue.add("chat_join_request", told)

    def let_in(self, chat: Chat, who: User, by: User) -> None:
        """The request is granted: the service message is the newcomer's own."""
        before, place = chat.member(who.id), Member()
        self.seat(chat, who, place, by, quiet=True, asked=True)
        if place.present and not before.present:
            self.serve(chat, who, {"new_chat_members": [render.user(who)]})

    def permit(self, chat: Chat, permissions: dict[str, bool]) -> None:
        """What members may do by default; bots are not told."""
        chat.permissions = permissions
        self.changed(chat)

    def _told_of_member(
        self, chat: Chat, who: User, before: Member, after: Member, by: User, *, asked: bool = False
    ) -> None:
        if before == after:
            return
        for bot in self.world.bots.values():
            if bot is not who and not chat.member(bot.id).admin:
                continue
            told = {
                "chat": render.chat(chat), "from": render.user(by), "date": int(self.world.now()),
                "old_chat_member": render.member(who, before, chat.kind, bot.id),
                "new_chat_member": render.member(who, after, chat.kind, bot.id),
            } | ({"via_join_request": True} if asked else {})  # fmt: skip
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

    def close_topic(self, chat: Chat, topic: Topic, by: User, *, closed: bool) -> None:
        topic.closed = closed
        kind = "forum_topic_closed" if closed else "forum_topic_reopened"
        self.serve(chat, by, {kind: {}}, thread=topic.id)

    def edit_topic(self, chat: Chat, topic: Topic, by: User, name: str, emoji: str | None = None) -> None:
        """Another name, where one is given, or another icon."""
        edited: Json = ({"name": name} if name else {}) | ({} if emoji is None else {"icon_custom_emoji_id": emoji})
        topic.name = name or topic.name
        topic.icon_custom_emoji_id = topic.icon_custom_emoji_id if emoji is None else emoji
        self.serve(chat, by, {"forum_topic_edited": edited}, thread=topic.id)

    def rename(self, chat: Chat, by: User, title: str) -> None:
        chat.title = title
        self.serve(chat, by, {"new_chat_title": title})

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
    others = (m for m in reversed(chat.messages.values()) if m is not message)
    spoke = next((m.sender for m in others if m.sender.is_bot and not m.service), bot)
    return len(name) > 1 and spoke is bot


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
