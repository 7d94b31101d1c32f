"""Entities: their bounds are checked, what overlaps is cut, links and commands are found, as Telegram does."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from bridges.simulator.errors import bad

Entity = dict[str, Any]

CODE = ("code", "pre")
QUOTES = ("blockquote", "expandable_blockquote")
STYLES = ("bold", "italic", "underline", "strikethrough", "spoiler", "text_link", "text_mention", "custom_emoji")
GIVEN = (*STYLES, *CODE, *QUOTES, "date_time")  # the rest is found, never given
KEPT = 100
SCHEMES = ("http", "https", "tg", "ton", "tonsite")

# Of two entities on the same words the one that encloses the other comes first.
OUTERMOST = ("expandable_blockquote", "blockquote", "pre", "code", "text_link", "text_mention")

WORDS = r"[^\s<>\"]"
BARE = r"(?<![\w@./:-])(?:[\w-]+\.)+(?:com|org|net|fr|eu|me|io|info)\b"
FOUND = (
    ("url", re.compile(rf"(?<![\w@.])(?:https?://|tg://){WORDS}+|{BARE}(?:[/?#]{WORDS}*)?", re.IGNORECASE)),
    ("email", re.compile(r"(?<![\w.+-])[A-Za-z0-9.+_-]{1,64}@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}\b")),
    ("mention", re.compile(r"(?<![\w@/])@[A-Za-z]\w{2,31}(?!\w)", re.ASCII)),
    ("hashtag", re.compile(r"(?<![\w#])#\w*[^\W\d]\w*")),
    ("bot_command", re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>])")),
)


@dataclass(frozen=True, slots=True)
class Formatted:
    """A text and its entities; offsets and lengths are UTF-16 units."""

    text: str = ""
    entities: list[Entity] = field(default_factory=list)


def units(text: str) -> int:
    """How long a text is in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def cut(text: str, start: int, end: int) -> str:
    """The part between two UTF-16 offsets."""
    return text.encode("utf-16-le", "surrogatepass")[2 * start : 2 * end].decode("utf-16-le", "surrogatepass")


def from_entities(text: str, given: list[Entity]) -> Formatted:
    """What a caller gave as `entities` (MessageEntity); types that Telegram finds by itself are dropped.

    Raises `Refusal` where one lies outside the text or splits a character.
    """
    length = units(text)
    borders = _borders(text)
    for entity in given:
        start, end = int(entity["offset"]), int(entity["offset"]) + int(entity["length"])
        if entity["type"] not in GIVEN or start < 0 or end <= start:
            continue
        if start >= length:
            raise bad(f"entity begins after the end of the text at UTF-16 offset {start}")
        if end > length:
            where = f"ends after the end of the text at UTF-16 offset {end}"
            raise bad(f"entity beginning at UTF-16 offset {start} {where}")
        if start not in borders:
            raise bad(f"entity begins in a middle of a UTF-16 symbol at byte offset {_bytes(text, start)}")
        if end not in borders:
            where = f"ends in a middle of a UTF-16 symbol at byte offset {_bytes(text, end)}"
            raise bad(f"entity beginning at UTF-16 offset {start} {where}")
    return Formatted(text, [dict(e) for e in given if _usable(e)])


def _usable(entity: Entity) -> bool:
    link = entity["type"] != "text_link" or valid_link(str(entity.get("url", "")))
    return entity["type"] in GIVEN and entity["offset"] >= 0 and entity["length"] > 0 and bool(link)


def valid_link(url: str) -> str:
    """The address as Telegram keeps it (host lowered, a path added), or nothing where it would drop the link."""
    url = url.strip()
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in SCHEMES or not parts.hostname or any(c.isspace() for c in parts.netloc):
        return ""
    if not parts.scheme.startswith("http"):
        return url
    if "." not in parts.hostname:
        return ""
    return parts._replace(netloc=parts.netloc.lower(), path=parts.path or "/").geturl()


def clean(formatted: Formatted, *, find: bool = True) -> Formatted:
    """The text as it is kept: control characters gone, trimmed, entities sorted and made to nest, links found."""
    text = _tidy(formatted.text)
    lead = units(text) - units(text.lstrip())
    text = text.strip()
    length = units(text)
    entities = []
    for entity in formatted.entities:
        start = max(0, entity["offset"] - lead)
        end = min(length, entity["offset"] + entity["length"] - lead)
        part = cut(text, start, max(start, end))
        if part.strip() or (part and entity["type"] in CODE):
            entities.append(entity | {"offset": start, "length": end - start})
    entities = _nest(entities)
    if find:
        entities = _sorted([*entities, *_found(text, entities)])
    return Formatted(text, entities[:KEPT])


def _tidy(text: str) -> str:
    """Control characters become spaces so that offsets stay."""
    return "".join(" " if character < " " and character != "\n" else character for character in text)


def _borders(text: str) -> set[int]:
    found, at = {0}, 0
    for character in text:
        at += 2 if character > "\uffff" else 1
        found.add(at)
    return found


def _bytes(text: str, offset: int) -> int:
    return len(cut(text, 0, offset - 1).encode("utf-8", "surrogatepass"))


def _rank(entity: Entity) -> tuple[int, int, int, str]:
    kind = entity["type"]
    inner = OUTERMOST.index(kind) if kind in OUTERMOST else len(OUTERMOST)
    return entity["offset"], -entity["length"], inner, kind


def _sorted(entities: list[Entity]) -> list[Entity]:
    return sorted(entities, key=_rank)


def _joined(entities: list[Entity]) -> list[Entity]:
    """Pieces of one style that touch or overlap are one."""
    joined: list[Entity] = []
    last: dict[str, Entity] = {}
    for entity in _sorted(entities):
        before = last.get(entity["type"])
        alike = before and {k: v for k, v in before.items() if k != "length"} == {
            k: v for k, v in entity.items() if k != "length"
        } | {"offset": before["offset"]}
        merges = entity["type"] in ("bold", "italic", "underline", "strikethrough", "spoiler")
        if before and alike and merges and entity["offset"] <= before["offset"] + before["length"]:
            end = max(before["offset"] + before["length"], entity["offset"] + entity["length"])
            before["length"] = end - before["offset"]
            continue
        last[entity["type"]] = dict(entity)
        joined.append(last[entity["type"]])
    return joined


def _nest(entities: list[Entity]) -> list[Entity]:
    """Entities that overlap in part are split; nothing but a quotation encloses code, and nothing lies in it."""
    kept: list[Entity] = []
    for entity in sorted(_joined(entities), key=lambda e: (_strength(e["type"]), *_rank(e))):
        kept.extend(_pieces(entity, kept))
    return _sorted(kept)


def _strength(kind: str) -> int:
    """The strongest stays whole where two cross."""
    return next((i for i, group in enumerate((CODE, QUOTES, ("text_link", "text_mention"))) if kind in group), 3)


def _pieces(entity: Entity, kept: list[Entity]) -> Iterator[Entity]:
    start, end = entity["offset"], entity["offset"] + entity["length"]
    others = [(o["offset"], o["offset"] + o["length"], o["type"]) for o in kept]
    cuts, before = {start, end}, 0
    for a, b, kind in others:
        if kind in CODE and entity["type"] not in QUOTES:
            cuts |= {cut for cut in (a, b) if start < cut < end}
    while len(cuts) > before:  # a piece may cross what the whole enclosed
        before = len(cuts)
        for first, last in pairwise(sorted(cuts)):
            cuts |= {b for a, b, _ in others if a < first < b < last}
            cuts |= {a for a, b, _ in others if first < a < last < b}
    for first, last in pairwise(sorted(cuts)):
        if not any(a <= first and last <= b and _closed(kind, entity["type"]) for a, b, kind in others):
            yield entity | {"offset": first, "length": last - first}


def _closed(outer: str, inner: str) -> bool:
    return outer in CODE or outer == inner or (outer in QUOTES and inner in QUOTES)


def _found(text: str, entities: list[Entity]) -> list[Entity]:
    """Links, mentions, hashtags and commands where no code and no link stands."""
    closed = (*CODE, "text_link", "text_mention")
    taken = [(e["offset"], e["offset"] + e["length"]) for e in entities if e["type"] in closed]
    found: list[Entity] = []
    for kind, pattern in FOUND:
        for match in pattern.finditer(text):
            words = match[0].rstrip(".,;:!?)»'\"") if kind == "url" else match[0]
            start = units(text[: match.start()])
            end = start + units(words)
            if all(end <= a or start >= b for a, b in taken):
                taken.append((start, end))
                found.append({"type": kind, "offset": start, "length": end - start})
    return found
