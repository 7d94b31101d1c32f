"""The safe subset from and to what Telegram calls entities."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from bridges.markup.reading import read
from bridges.markup.rich import EXPANDABLE, UNWANTED, Kind, Rich, Span, tidy

_KINDS: dict[str, Kind] = {
    "bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "spoiler": "tg-spoiler", "code": "code",
    "pre": "pre", "text_link": "a", "blockquote": "blockquote", "expandable_blockquote": "blockquote",
}  # fmt: skip
_TYPES = {kind: type_ for type_, kind in _KINDS.items() if type_ != "expandable_blockquote"}
_LINKABLE = ("http://", "https://", "tg://")


@dataclass(frozen=True, slots=True)
class Entity:
    """Bot API `MessageEntity`: offset and length in UTF-16 code units."""

    type: str
    offset: int
    length: int
    url: str = ""
    language: str = ""


def units(text: str) -> int:
    """The length of a text in UTF-16 code units, a lone surrogate being one."""
    return len(text) + sum(character > "\uffff" for character in text)


def from_telegram(text: str, entities: Sequence[Entity] = ()) -> str:
    """A message's text and entities as html of the subset; what is no markup (mentions, addresses...) keeps its text.

    Entities out of range are clamped, also to whole characters; others that make no sense are left out.
    """
    known = [entity for entity in entities if entity.type in _KINDS]
    if not known:
        return Rich(tidy(text)).html()
    text = text.replace("\u2028", "\n").replace("\u2029", "\n")
    offsets = [0, *accumulate(1 + (character > "\uffff") for character in text)]
    kept = [0, *accumulate(not UNWANTED.match(character) for character in text)]
    spans = []
    for entity in known:
        start = kept[min(bisect_left(offsets, entity.offset), len(text))]
        end = kept[max(bisect_right(offsets, entity.offset + entity.length) - 1, 0)]
        value = {
            "text_link": entity.url, "pre": entity.language, "expandable_blockquote": EXPANDABLE,
        }.get(entity.type, "")  # fmt: skip
        spans.append(Span(start, end, _KINDS[entity.type], value))
    return Rich(tidy(text), tuple(spans)).html()


def to_telegram(html: str) -> tuple[str, list[Entity]]:
    """Text and entities for any method of the Bot API; links that Telegram does not know keep their text."""
    rich = read(html)
    rich = Rich(
        rich.text,
        tuple(span for span in rich.spans if span.kind != "a" or span.value.lower().startswith(_LINKABLE)),
    )
    offsets = [0, *accumulate(1 + (character > "\uffff") for character in rich.text)]
    return rich.text, [
        Entity(
            type="expandable_blockquote" if span.kind == "blockquote" and span.value else _TYPES[span.kind],
            offset=offsets[span.start],
            length=offsets[span.end] - offsets[span.start],
            url=span.value if span.kind == "a" else "",
            language=span.value if span.kind == "pre" else "",
        )
        for span in rich.nested()
    ]
