"""What somebody sees in a chat of the demo, in the same words for both networks."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.demo.town import Town
from bridges import markup
from bridges.markup import Entity, from_matrix, from_telegram


@dataclass(frozen=True, slots=True)
class Line:
    """One message as somebody sees it; `html` is of the safe subset, `answers` the plain words that it replies to.

    `reactions` holds "👍 Yann"; `alone`: nobody else sees it.
    """

    author: str
    html: str
    answers: str = ""
    reactions: frozenset[str] = frozenset()
    edited: bool = False
    alone: bool = False
    id: str = ""

    def told(self) -> str:
        """The line as a transcript shows it."""
        answer = f" ↩ « {short(self.answers)} »" if self.answers else ""
        marks = f"  [{', '.join(sorted(self.reactions))}]" if self.reactions else ""
        return (
            f"{self.author}{' (seul à seul)' if self.alone else ''}{answer} : {short(markup.plain(self.html), 160)}"
            f"{' (modifié)' if self.edited else ''}{marks}"
        )

    def same(self, other: "Line") -> bool:
        """Whether everything but the id is alike."""
        mine = (self.author, self.html, self.answers, self.reactions, self.edited, self.alone)
        return mine == (other.author, other.html, other.answers, other.reactions, other.edited, other.alone)


def short(text: str, most: int = 48) -> str:
    """On one line, and not endless."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def bare(emoji: str) -> str:
    """Without U+FE0F, on which the networks do not agree."""
    return emoji.replace("\ufe0f", "")


async def on_telegram(town: Town, name: str, *, private: bool = False) -> list[Line]:
    """The Telegram group, or the chat with the bot, as one resident sees it, oldest first."""
    seen = await town.view(name, private=private)
    ids = {number: who for who, number in town.neighbours.items()} | {town.bot: "Palier"}
    plain = {m["message_id"]: m["text"] for m in seen if m["message_id"]}
    return [
        Line(
            author=m["from"]["name"],
            html=from_telegram(m["text"], [entity(e) for e in m["entities"]]),
            answers=plain.get(m.get("reply_to"), ""),
            reactions=frozenset(f"{bare(emoji)} {ids[who]}" for emoji, by in m["reactions"].items() for who in by),
            edited=m["edited"],
            alone="ephemeral_message_id" in m,
            id=f"e{m['ephemeral_message_id']}" if "ephemeral_message_id" in m else str(m["message_id"]),
        )
        for m in seen
    ]


def entity(raw: dict[str, Any]) -> Entity:
    """A `MessageEntity`."""
    return Entity(raw["type"], raw["offset"], raw["length"], raw.get("url", ""), raw.get("language", ""))


async def on_matrix(town: Town, name: str, room: str = "") -> list[Line]:
    """The Matrix room, or another one, as one resident sees it, oldest first."""
    names = {one.user: who for who, one in town.residents.items()} | {town.matrix_bot: "Palier"}
    lines = await town.residents[name].timeline(room or town.room)
    plain = {line.event_id: line.body for line in lines}
    return [
        Line(
            author=names[line.sender],
            html=from_matrix(line.body, line.html, "org.matrix.custom.html", strip_reply=bool(line.reply_to)),
            answers=plain.get(line.reply_to, ""),
            reactions=frozenset(f"{bare(emoji)} {names[who]}" for emoji, by in line.reactions.items() for who in by),
            edited=line.edited,
            id=line.event_id,
        )
        for line in lines
    ]


async def rooms_of(town: Town, name: str) -> list[str]:
    """The Matrix rooms that somebody is in, but for the common one; invitations are accepted, as people do."""
    resident = town.residents[name]
    for room in await resident.invitations():
        await resident.join(room)
    joined = (await resident.call("GET", "/joined_rooms"))["joined_rooms"]
    return [room for room in joined if room != town.room]


async def all_of_matrix(town: Town) -> str:
    """Every event that any resident of Matrix may see in any room, as one text."""
    texts = []
    for name, resident in town.residents.items():
        for room in [town.room, *await rooms_of(town, name)]:
            texts.append(json.dumps(await resident.history(room), ensure_ascii=False))
            texts.append(json.dumps(await resident.call("GET", f"/rooms/{room}/state"), ensure_ascii=False))
    return "\n".join(texts)


async def all_of_telegram(town: Town) -> str:
    """Everything that the bot ever asked of Telegram, refused or not, as one text."""
    return json.dumps(await town.control.calls(), ensure_ascii=False)


def differences(expected: Iterable[Line], seen: Iterable[Line]) -> list[str]:
    """What is missing, what should not be there, and what is otherwise than expected; empty if all is well."""
    expected, seen, found = list(expected), list(seen), []
    for n in range(max(len(expected), len(seen))):
        want = expected[n] if n < len(expected) else None
        have = seen[n] if n < len(seen) else None
        if want and have and want.same(have):
            continue
        found += [f"attendu : {want.told()}"] if want else []
        found += [f"vu      : {have.told()}"] if have else []
        if want and have and markup.plain(want.html) == markup.plain(have.html) and want.html != have.html:
            found += [f"  {want.html}", f"  {have.html}"]
    return found
