"""What residents do: they write, send files, answer, vote, edit, remove, react, tap and block."""

import secrets
from typing import Any

from bridges.simulator import render
from bridges.simulator.control.desk import Desk, live
from bridges.simulator.deeds import quoted
from bridges.simulator.files import Upload
from bridges.simulator.media import CAPTIONED, MEDIA, SHAPE, made, sample
from bridges.simulator.polls import Poll
from bridges.simulator.text import Formatted, clean, from_entities, units
from bridges.simulator.world import NEEDS, Chat, Json, Message, Tap, User

START = "start"
TOLD = ("width", "height", "duration", "length", "performer", "title", "emoji", "set_name")


class Talk(Desk):
    """A person may be in any chat; `chat` may be a bot's id, which is the private chat with it."""

    def upload(self, name: str, kind: str, data: bytes) -> Json:
        """Bytes for one later message; only the last few are kept."""
        number = secrets.token_hex(8)
        self.uploads[number] = Upload(data, name, kind)
        while len(self.uploads) > 20:
            self.uploads.pop(next(iter(self.uploads)))
        return {"upload": number}

    def say(self, ask: Json) -> Json:
        """A message of any kind: `text` alone, or as the caption of `media`; `poll`; or a raw `body`."""
        chat, who = self.where(ask)
        kind = _kind(ask)
        self.may_write(chat, who, NEEDS.get(kind, NEEDS["text"])[0])
        content = _content(ask, captioned=kind != "text", alone=kind not in CAPTIONED and kind != "text")
        how = self._how(chat, who, ask)
        sender = how.pop("sender")
        if kind == "text":
            how |= self._whisper(chat, who, content.text, wanted=ask.get("ephemeral"))
        else:
            how |= self._shown(kind, ask)
        return render.message(self.deeds.say(chat, sender, content, **how), self.world)

    def album(self, ask: Json) -> Json:
        """Several `items` (`media`, with `text` and `entities`) that go together."""
        chat, who = self.where(ask)
        items = list(ask["items"])
        if not 2 <= len(items) <= 10:
            raise ValueError("an album has 2 to 10 items")
        for one in items:
            self.may_write(chat, who, NEEDS[_kind(one)][0])
        how = self._how(chat, who, ask)
        sender = how.pop("sender")
        parts = [(_content(one, captioned=True), self._media(one["media"])) for one in items]
        sent = self.deeds.album(chat, sender, parts, **how)
        return {"messages": [render.message(message, self.world) for message in sent]}

    # --- what a message is made of

    def _shown(self, kind: str, ask: Json) -> Json:
        if kind == "poll":
            return {"poll": _poll(ask["poll"])}
        if kind in MEDIA and "media" in ask:
            return {"body": self._media(ask["media"])}
        return {"body": dict(ask["body"])}

    def _media(self, told: Json) -> Json:
        """The body of a message from `kind`, and `upload`, a `size` without bytes, or else a small sample."""
        kind = str(told["kind"])
        if number := told.get("upload"):
            upload = self.uploads.pop(str(number))
            shape: Json = {}
        else:
            upload, shape = sample(str(told.get("sample") or kind)), SHAPE.get(kind, {})
        name, mime = str(told.get("name") or upload.name), str(told.get("type") or upload.type)
        size = int(told.get("size") or 0)
        upload = Upload(b"" if size else upload.data, name, mime, claimed=size)
        thumbnail = told.get("thumbnail")
        if thumbnail:
            thumbnail = sample("photo") if thumbnail is True else self.uploads.pop(str(thumbnail))
        given = {name: told[name] for name in TOLD if told.get(name) is not None}
        more = {"trusted": True, "thumbnail": thumbnail.data if thumbnail else b""}
        body = made(self.world.files, kind, upload, shape | given | more)
        return body | ({"has_media_spoiler": True} if told.get("spoiler") else {})

    def _how(self, chat: Chat, who: User, ask: Json) -> Json:
        """Fields of `Message`: who says it as what, where, in answer to what, and where it comes from."""
        how = self._sender(chat, who, ask)
        how["marks"] = (render.forwarded(self._origin(ask["forward"])) if ask.get("forward") else {}) | (
            ask.get("extra") or {}
        )
        if reply := ask.get("reply_to"):
            how["reply_to"] = live(chat, int(reply))
            if words := ask.get("quote"):
                how["quote"] = quoted(how["reply_to"], str(words), None, manual=True)
                if how["quote"] is None:
                    raise ValueError("the quoted words do not stand in that message")
        if thread := ask.get("thread"):
            if int(thread) not in chat.topics:
                raise ValueError("no such topic")
            if chat.topics[int(thread)].closed and not chat.can(who.id, "can_manage_topics"):
                raise ValueError("that topic is closed")
            how["thread"] = int(thread)
        return how

    def _sender(self, chat: Chat, who: User, ask: Json) -> Json:
        if chat.kind == "channel":
            return {"sender": who, "sender_chat": chat}
        if speaker := ask.get("as_chat"):
            if int(speaker) in chat.shut_out:
                raise ValueError("that channel may not speak in the chat")
            return {"sender": self.world.channel_bot, "sender_chat": self.group(int(speaker))}
        if not ask.get("anonymous"):
            return {"sender": who}
        if not chat.member(who.id).admin:
            raise ValueError("only an administrator can be anonymous")
        return {"sender": self.world.anonymous, "sender_chat": chat}

    def _origin(self, told: Json) -> Json:
        """MessageOrigin from `{user}`, `{hidden}` (a name), `{chat}`, or `{channel, message}`."""
        first = {"date": int(self.world.now()) - 60}
        match told:
            case {"user": number}:
                return {"type": "user", "sender_user": render.user(self.world.person(int(number)))} | first
            case {"hidden": name}:
                return {"type": "hidden_user", "sender_user_name": str(name)} | first
            case {"channel": number, **more}:
                where = {"chat": render.chat(self.group(int(number))), "message_id": int(more.get("message") or 1)}
                return {"type": "channel"} | where | first
            case {"chat": number}:
                return {"type": "chat", "sender_chat": render.chat(self.group(int(number)))} | first
            case _:
                raise ValueError("forward is {user}, {hidden}, {chat} or {channel, message}")

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

    # --- what becomes of it

    def edit(self, ask: Json) -> Json:
        """Another text or caption, other `media`, or another `body`."""
        chat, who = self.where(ask)
        message = self.own(chat, who, int(ask["message"]))
        kind = message.kind
        content = message.content
        if "text" in ask:
            content = _content(ask, captioned=kind != "text", alone=kind not in CAPTIONED and kind != "text")
        body = self._media(ask["media"]) if "media" in ask else ask.get("body")
        if content == message.content and body is None:
            raise ValueError("nothing would change")
        self.deeds.edit(message, content, body=body)
        return render.message(message, self.world)

    def move(self, ask: Json) -> Json:
        """A live location goes on to `latitude` and `longitude`, or ends."""
        chat, who = self.where(ask)
        message = self.own(chat, who, int(ask["message"]))
        location: Json = dict(message.body.get("location") or {})
        if not location.get("live_period"):
            raise ValueError("that is no live location")
        if ask.get("stop"):
            del location["live_period"]
        else:
            location |= {name: float(ask[name]) for name in ("latitude", "longitude")}
        self.deeds.edit(message, body={"location": location})
        return render.message(message, self.world)

    def vote(self, ask: Json) -> Json:
        """Someone's whole vote: the numbers of their `options`, none to take it back."""
        chat, who = self.where(ask)
        message, poll = self._poll(chat, ask)
        chosen = sorted({int(n) for n in ask["options"]})
        if chat.kind != "private" and not chat.member(who.id).present:
            raise ValueError("that person is not in the chat")
        if poll.closed or not set(chosen) <= set(range(len(poll.options))) or (len(chosen) > 1 and not poll.several):
            raise ValueError("that vote is not possible")
        self.deeds.vote(message, poll, who, chosen)
        return poll.told()

    def stop_poll(self, ask: Json) -> Json:
        chat, who = self.where(ask)
        self.own(chat, who, int(ask["message"]))
        message, poll = self._poll(chat, ask)
        if poll.closed:
            raise ValueError("that poll is closed")
        self.deeds.stop(message, poll)
        return poll.told()

    def _poll(self, chat: Chat, ask: Json) -> tuple[Message, Poll]:
        message = live(chat, int(ask["message"]))
        if message.poll is None:
            raise ValueError("that is no poll")
        return message, message.poll

    def delete(self, ask: Json) -> Json:
        chat, who = self.where(ask)
        message = live(chat, int(ask["message"]))
        if message.sender is not who and chat.kind != "private" and not chat.can(who.id, "can_delete_messages"):
            raise ValueError("that person may not delete that message")
        self.deeds.delete([message])
        return {}

    def tap(self, ask: Json) -> Json:
        chat, who = self.where(ask)
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
        tap: Tap | None = self.world.taps.get(tap_id)
        if tap is None:
            raise LookupError("no such tap")
        empty = {"text": "", "show_alert": False, "url": ""}
        return {"answered": tap.answer is not None} | (tap.answer or empty)

    def react(self, ask: Json) -> Json:
        chat, who = self.where(ask)
        self.may_write(chat, who, "can_react_to_messages")
        emoji = [str(one) for one in ask["emoji"]]
        self.deeds.react(live(chat, int(ask["message"])), who, list(dict.fromkeys(emoji)))
        return {}

    # --- how they meet a bot

    def start(self, ask: Json) -> Json:
        """A person opens `t.me/BOT?start=payload` and presses the button."""
        bot, who = self.world.bot(int(ask["bot"])), self.world.users[int(ask["user"])]
        chat = self.world.private_chat(bot, who)
        self.deeds.block(chat, blocked=False)
        text = f"/{START} {ask['payload']}" if ask.get("payload") else f"/{START}"
        return render.message(self.deeds.say(chat, who, clean(Formatted(text))), self.world)

    def block(self, ask: Json) -> Json:
        bot, who = self.world.bot(int(ask["bot"])), self.world.users[int(ask["user"])]
        self.deeds.block(self.world.private_chat(bot, who), blocked=bool(ask["blocked"]))
        return {}


def _kind(ask: Json) -> str:
    """What a message is to show: a field of Message."""
    if "media" in ask:
        kind = str(ask["media"]["kind"])
        if kind not in MEDIA:
            raise ValueError(f"media is one of {', '.join(MEDIA)}")
        return kind
    return "poll" if "poll" in ask else next(iter(ask.get("body") or {}), "text")


def _content(ask: Json, *, captioned: bool = False, alone: bool = False) -> Formatted:
    """The text, which must be there, or the caption, which need not; `alone`: there can be none."""
    content = clean(from_entities(str(ask.get("text") or ""), ask.get("entities") or []))
    if alone and content.text:
        raise ValueError("that has no caption")
    if captioned:
        if units(content.text) > 1024:
            raise ValueError("a caption has at most 1024 UTF-16 units")
        return content
    if not content.text or units(content.text) > 4096:
        raise ValueError("a text has 1 to 4096 UTF-16 units")
    return content


def _poll(told: Json) -> Poll:
    right: list[Any] = list(told.get("right") or [])
    options = [Formatted(str(option)) for option in told["options"]]
    if not 1 <= len(options) <= 12:
        raise ValueError("a poll has 1 to 12 options")
    return Poll(
        question=Formatted(str(told["question"])),
        options=options,
        anonymous=bool(told.get("anonymous", True)),
        several=bool(told.get("several")),
        quiz=bool(right),
        right=[int(number) for number in right],
    )
