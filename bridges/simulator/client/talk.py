"""What residents do; `chat` may be a bot's id: then it is the private chat with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack

from bridges.simulator.client.link import Json, Link


class How(TypedDict, total=False):
    """Where a message stands and as what: an answer, with a quoted part; a topic; anonymous, or as one's channel.

    `forward` is `{"user": id}`, `{"hidden": name}`, `{"chat": id}` or `{"channel": id, "message": id}`; `extra` are
    further fields of the Bot API's Message, as they stand.
    """

    reply_to: int | None
    quote: str
    thread: int
    anonymous: bool
    as_chat: int
    forward: Json
    extra: Json


@dataclass(frozen=True, kw_only=True)
class Item:
    """A file to send. Without `data` a small sample of the kind goes (of stickers also `sticker.tgs`, `sticker.webm`
    as `sample`); with `size` one of that many zeros, which are never kept. Pixels and seconds are whole numbers.

    `kind`: photo, video, animation, video_note, voice, audio, document, sticker or live_photo.
    """

    kind: str
    data: bytes | None = None
    caption: str = ""
    entities: list[Json] | None = None
    spoiler: bool = False
    name: str | None = None
    type: str | None = None
    size: int | None = None
    sample: str | None = None
    width: int | None = None
    height: int | None = None
    duration: int | None = None
    length: int | None = None
    title: str | None = None
    performer: str | None = None
    emoji: str | None = None
    set_name: str | None = None
    thumbnail: bytes | bool = False


TOLD = (
    "kind", "spoiler", "name", "type", "size", "sample", "width", "height", "duration", "length", "title", "performer",
    "emoji", "set_name",
)  # fmt: skip


class Talk(Link):
    """Each call is one deed of one person; messages come back as the Bot API tells them."""

    async def say(
        self,
        chat: int,
        sender: int,
        text: str,
        *,
        entities: list[Json] | None = None,
        ephemeral: bool | None = None,
        **how: Unpack[How],
    ) -> Json:
        """The message as the Bot API tells it."""
        return await self._say(chat, sender, {"text": text, "entities": entities, "ephemeral": ephemeral}, how)

    async def send(self, chat: int, sender: int, item: Item, **how: Unpack[How]) -> Json:
        """A file."""
        return await self._say(chat, sender, await self._told(item), how)

    async def album(self, chat: int, sender: int, items: Sequence[Item], **how: Unpack[How]) -> list[Json]:
        """Two to ten files that go together."""
        told = [await self._told(item) for item in items]
        body = {"chat": chat, "from": sender, "items": told, **how}
        messages: list[Json] = (await self._ask("POST", "albums", body))["messages"]
        return messages

    async def show(self, chat: int, sender: int, body: Json, **how: Unpack[How]) -> Json:
        """Anything else, as the Bot API's Message shows it: `{"story": ...}`, `{"dice": ...}`, `{"contact": ...}`..."""
        return await self._say(chat, sender, {"body": body}, how)

    async def place(
        self,
        chat: int,
        sender: int,
        latitude: float,
        longitude: float,
        *,
        title: str = "",
        address: str = "",
        live_period: int | None = None,
        **how: Unpack[How],
    ) -> Json:
        """A location in degrees; a venue where it has a title; a live one for `live_period` seconds."""
        spot: Json = {"latitude": latitude, "longitude": longitude}
        if live_period:
            spot["live_period"] = live_period
        body: Json = {"location": spot}
        if title:
            body = {"venue": {"location": spot, "title": title, "address": address}, "location": spot}
        return await self._say(chat, sender, {"body": body}, how)

    async def move(self, chat: int, sender: int, message: int, latitude: float, longitude: float) -> Json:
        """Their live location goes on to there."""
        body = {"chat": chat, "from": sender, "message": message, "latitude": latitude, "longitude": longitude}
        return await self._ask("POST", "moves", body)

    async def arrive(self, chat: int, sender: int, message: int) -> Json:
        """Their live location ends."""
        return await self._ask("POST", "moves", {"chat": chat, "from": sender, "message": message, "stop": True})

    async def poll(
        self,
        chat: int,
        sender: int,
        question: str,
        options: Sequence[str],
        *,
        public: bool = False,
        several: bool = False,
        right: Sequence[int] = (),
        **how: Unpack[How],
    ) -> Json:
        """A poll; with `right` answers a quiz; where it is `public` everybody sees who chose what."""
        told: Json = {"question": question, "options": list(options), "anonymous": not public, "several": several}
        return await self._say(chat, sender, {"poll": told | {"right": list(right)}}, how)

    async def vote(self, chat: int, sender: int, message: int, *options: int) -> Json:
        """That person's whole vote, by the options' numbers from 0; none takes it back. The Poll as it stands."""
        body = {"chat": chat, "from": sender, "message": message, "options": list(options)}
        return await self._ask("POST", "votes", body)

    async def stop_poll(self, chat: int, sender: int, message: int) -> Json:
        return await self._ask("POST", "stops", {"chat": chat, "from": sender, "message": message})

    async def edit(
        self, chat: int, sender: int, message: int, text: str, *, entities: list[Json] | None = None
    ) -> Json:
        """Another text, or caption."""
        body = {"chat": chat, "from": sender, "message": message, "text": text, "entities": entities}
        return await self._ask("POST", "edits", body)

    async def replace(self, chat: int, sender: int, message: int, item: Item) -> Json:
        """Another file, with its caption."""
        body = {"chat": chat, "from": sender, "message": message, **await self._told(item)}
        return await self._ask("POST", "edits", body)

    async def delete(self, chat: int, sender: int, message: int) -> None:
        await self._ask("POST", "deletes", {"chat": chat, "from": sender, "message": message})

    async def tap(
        self, chat: int, sender: int, data: str, *, message: int | None = None, ephemeral_message: int | None = None
    ) -> str:
        """The callback query's id; `tapped` tells what the bot answered."""
        body = {"chat": chat, "from": sender, "data": data, "message": message, "ephemeral_message": ephemeral_message}
        return str((await self._ask("POST", "taps", body))["callback_query_id"])

    async def tapped(self, tap: str) -> Json:
        """`{answered, text, show_alert, url}`."""
        return await self._ask("GET", f"taps/{tap}")

    async def react(self, chat: int, sender: int, message: int, *emoji: str) -> None:
        """That person's whole set of reactions; none takes them off."""
        await self._ask("POST", "reactions", {"chat": chat, "from": sender, "message": message, "emoji": list(emoji)})

    async def start(self, user: int, bot: int, payload: str | None = None) -> Json:
        return await self._ask("POST", "start", {"user": user, "bot": bot, "payload": payload})

    async def startgroup(
        self, user: int, bot: int, chat: int, payload: str | None = None, *, rights: dict[str, bool] | None = None
    ) -> Json:
        body = {"user": user, "bot": bot, "chat": chat, "payload": payload, "rights": rights}
        return await self._ask("POST", "startgroup", body)

    async def block(self, user: int, bot: int, *, blocked: bool = True) -> None:
        await self._ask("POST", "block", {"user": user, "bot": bot, "blocked": blocked})

    async def _say(self, chat: int, sender: int, what: Json, how: How) -> Json:
        return await self._ask("POST", "messages", {"chat": chat, "from": sender, **what, **how})

    async def _told(self, item: Item) -> Json:
        """The item as the control API takes it, its bytes brought over before."""
        media = {name: getattr(item, name) for name in TOLD if getattr(item, name) is not None}
        if item.data is not None:
            media["upload"] = await self._upload(item.data, item.name or "", item.type or "")
        if isinstance(item.thumbnail, bytes):
            media["thumbnail"] = await self._upload(item.thumbnail)
        elif item.thumbnail:
            media["thumbnail"] = True
        return {"media": media, "text": item.caption, "entities": item.entities}

    async def _upload(self, data: bytes, name: str = "", kind: str = "") -> str:
        answer = await self._http.post("uploads", content=data, params={"name": name, "type": kind})
        return str(answer.raise_for_status().json()["upload"])
