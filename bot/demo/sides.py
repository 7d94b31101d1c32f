"""The two sides of the demo's page: what a resident sees there and does, each by their own network's API."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

import httpx

from bot.demo.resident import Line, Resident, ResidentError
from bot.demo.town import ON_MATRIX, ON_TELEGRAM, PLACE, Town
from bridges import markup
from bridges.markup import from_matrix, to_telegram
from bridges.simulator import Rejected
from bridges.simulator.text import Formatted, to_html

Json = dict[str, Any]
GROUP, PRIVATE = "group", "private"
DEEDS = "say", "edit", "remove", "react", "tap", "open"
LONG_POLL = 25_000  # milliseconds
QUIET = '{"presence":{"types":[]},"room":{"ephemeral":{"types":[]}}}'


class Cannot(Exception):
    """That cannot be done; the text says why."""


class Side(Protocol):
    """One network as the page knows it; `who` is a first name, `place` the common chat or the one with the bot."""

    name: str
    app: str

    def people(self) -> list[str]:
        """Who lives on this side."""

    async def view(self, who: str, place: str) -> Json:
        """`{messages, pinned}` as that person sees them now."""

    async def do(self, who: str, place: str, deed: str, about: Json) -> Json:
        """Carry out one of `DEEDS`; raises Cannot."""

    async def listen(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever somebody sees something new, until cancelled."""


class Telegram(Side):
    """By the simulator's control API, as its own chat page does it."""

    name, app = "telegram", "Telegram"

    def __init__(self, town: Town) -> None:
        self._town = town

    def people(self) -> list[str]:
        return list(ON_TELEGRAM)

    def _chat(self, place: str) -> int:
        return self._town.bot if place == PRIVATE else self._town.group

    async def view(self, who: str, place: str) -> Json:
        me = self._town.neighbours[who]
        seen = await self._town.control.view(self._chat(place), me)
        pinned = seen["pinned"][-1:]
        shown = next((m["text"] for m in seen["messages"] if m["message_id"] in pinned), "")
        return {"messages": [self._message(m, me) for m in seen["messages"]], "pinned": shown}

    def _message(self, m: Json, me: int) -> Json:
        names = {number: name for name, number in self._town.neighbours.items()} | {self._town.bot: "Palier"}
        whisper = "ephemeral_message_id" in m
        marks = [
            {"emoji": emoji, "by": [names.get(who, "") for who in by], "mine": me in by}
            for emoji, by in m["reactions"].items()
        ]
        return {
            "id": f"e{m['ephemeral_message_id']}" if whisper else str(m["message_id"]),
            "author": m["from"]["name"], "bot": m["from"]["is_bot"], "mine": m["from"]["id"] == me, "at": m["date"],
            "html": m["html"], "text": m["text"], "edited": m["edited"], "whisper": whisper,
            "answered": m.get("quote") or m.get("reply_text", ""), "service": m.get("service", ""), "reactions": marks,
            "buttons": m["buttons"],
        }  # fmt: skip

    async def do(self, who: str, place: str, deed: str, about: Json) -> Json:
        try:
            return await self._do(self._chat(place), self._town.neighbours[who], deed, about)
        except (Rejected, ValueError, KeyError) as error:
            raise Cannot(str(error)) from None

    async def _do(self, chat: int, me: int, deed: str, about: Json) -> Json:
        control, message = self._town.control, str(about.get("id") or "")
        match deed:
            case "say":
                await control.say(chat, me, str(about["text"]), reply_to=int(message) if message else None)
            case "edit":
                await control.edit(chat, me, int(message), str(about["text"]))
            case "remove":
                await control.delete(chat, me, int(message))
            case "react":
                await control.react(chat, me, int(message), *[str(about["emoji"])] * bool(about.get("on")))
            case "open":
                await control.start(me, self._town.bot, str(about.get("payload") or "") or None)
            case "tap":
                whispered = message.startswith("e")
                which = {"ephemeral_message" if whispered else "message": int(message.removeprefix("e"))}
                return await self._tapped(await control.tap(chat, me, str(about["data"]), **which))
        return {}

    async def _tapped(self, tap: str) -> Json:
        """What the bot answers to a tap, if it does within a while."""
        for _ in range(50):
            answer = await self._town.control.tapped(tap)
            if answer["answered"]:
                return {"notice": answer["text"]}
            await asyncio.sleep(0.1)
        return {"notice": "Palier ne répond pas."}

    async def listen(self, changed: Callable[[], None]) -> None:
        while True:
            with suppress(httpx.HTTPError):
                async for _ in self._town.control.events():
                    changed()
            await asyncio.sleep(1)


class Matrix(Side):
    """By the client-server API, with each resident's own token."""

    name, app = "matrix", "Matrix"

    def __init__(self, town: Town) -> None:
        self._town = town
        self._talks: dict[str, str] = {}  # the room that each resident has with the bot

    def people(self) -> list[str]:
        return list(ON_MATRIX)

    async def view(self, who: str, place: str) -> Json:
        room = self._talks.get(who, "") if place == PRIVATE else self._town.room
        if not room:
            return {"messages": [], "pinned": ""}
        me = self._town.residents[who]
        lines, pins = await asyncio.gather(me.timeline(room), self._pins(me, room))
        known = {line.event_id: line for line in lines}
        shown = next((known[id_].body for id_ in reversed(pins) if id_ in known), "")
        return {"messages": [self._message(line, me.user, known) for line in lines], "pinned": shown}

    @staticmethod
    async def _pins(me: Resident, room: str) -> list[str]:
        with suppress(ResidentError):  # nothing was ever pinned
            return list((await me.state(room, "m.room.pinned_events")).get("pinned", []))
        return []

    def _message(self, line: Line, me: str, known: dict[str, Line]) -> Json:
        names = {one.user: name for name, one in self._town.residents.items()} | {self._town.matrix_bot: "Palier"}
        words = from_matrix(line.body, line.html, "org.matrix.custom.html", strip_reply=bool(line.reply_to))
        above = known.get(line.reply_to)
        marks = [
            {"emoji": emoji, "by": sorted(names.get(who, "") for who in by), "mine": me in by}
            for emoji, by in line.reactions.items()
        ]
        return {
            "id": line.event_id, "author": names.get(line.sender, line.sender),
            "bot": line.sender == self._town.matrix_bot, "mine": line.sender == me, "at": line.at // 1000,
            "html": as_page(words), "text": markup.plain(words), "edited": line.edited, "whisper": False,
            "answered": above.body if above else "", "service": "", "reactions": marks, "buttons": [],
        }  # fmt: skip

    async def do(self, who: str, place: str, deed: str, about: Json) -> Json:
        me, id_ = self._town.residents[who], str(about.get("id") or "")
        try:
            room = self._town.room if place == GROUP else await self._talk(who)
            match deed:
                case "say":
                    await me.send(room, str(about["text"]), reply_to=id_)
                case "edit":
                    await me.edit(room, id_, str(about["text"]))
                case "remove":
                    await me.redact(room, id_)
                case "react":
                    await self._react(me, room, id_, str(about["emoji"]), on=bool(about.get("on")))
                case _:
                    raise Cannot(deed)
        except (ResidentError, KeyError) as error:
            raise Cannot(str(error)) from None
        return {}

    @staticmethod
    async def _react(me: Resident, room: str, id_: str, emoji: str, *, on: bool) -> None:
        if on:
            await me.react(room, id_, emoji)
            return
        for mark in await me.relations(room, id_, "m.annotation"):
            if mark["sender"] == me.user and mark["content"].get("m.relates_to", {}).get("key") == emoji:
                await me.redact(room, mark["event_id"])

    async def _talk(self, who: str) -> str:
        """The room of somebody with the bot, opened when they first write to it."""
        if who not in self._talks:
            self._talks[who] = await self._town.talk(who)
        return self._talks[who]

    async def listen(self, changed: Callable[[], None]) -> None:
        async with asyncio.TaskGroup() as tasks:
            for who, me in self._town.residents.items():
                tasks.create_task(self._follow(who, me, changed))

    async def _follow(self, who: str, me: Resident, changed: Callable[[], None]) -> None:
        """One resident's sync; what the bot asks them into, they enter."""
        since = ""
        while True:
            try:
                more = {"since": since} if since else {}
                news = await me.call("GET", "/sync", timeout=LONG_POLL if since else 0, filter=QUIET, **more)
                rooms = news.get("rooms", {})
                for room in rooms.get("invite", {}):
                    await me.join(room)
            except (httpx.HTTPError, ResidentError):
                await asyncio.sleep(1)
                continue
            for room in rooms.get("join", {}):
                if room != self._town.room:
                    self._talks[who] = room
            since = news["next_batch"]
            if rooms:
                changed()


def as_page(html: str) -> str:
    """The safe subset as the page shows it: escaped again from its text, piece by piece."""
    text, marks = to_telegram(html)
    fields = ("type", "offset", "length", "url")
    entities = [{name: getattr(mark, name) for name in fields if getattr(mark, name) != ""} for mark in marks]
    return to_html(Formatted(text, entities))


__all__ = ["DEEDS", "GROUP", "PLACE", "PRIVATE", "Cannot", "Matrix", "Side", "Telegram"]
