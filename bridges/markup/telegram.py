"""The safe subset from and to what Telegram calls entities."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from bridges.markup.persons import person, telegram_user
from bridges.markup.reading import read
from bridges.markup.rich import EXPANDABLE, UNWANTED, Kind, Rich, Span, tidy

_KINDS: dict[str, Kind] = {
    "bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "spoiler": "tg-spoiler", "code": "code",
    "pre": "pre", "text_link": "a", "text_mention": "a", "blockquote": "blockquote",
    "expandable_blockquote": "blockquote",
}  # fmt: skip
_TYPES = {kind: type_ for type_, kind in _KINDS.items() if type_ not in {"expandable_blockquote", "text_mention"}}
_LINKABLE = ("http://", "https://", "tg://")


@dataclass(frozen=True, slots=True)
class Entity:
    """Bot API `MessageEntity`: offset and length in UTF-16 code units; `user` is the id of a `text_mention`'s user."""

    type: str
    offset: int
    length: int
    url: str = ""
    language: str = ""
    user: str = ""


def units(text: str) -> int:
    """The length of a text in UTF-16 code units, a lone surrogate being one."""
    return len(text) + sum(character > "\uffff" for character in text)


def from_telegram(text: str, entities: Sequence[Entity] = ()) -> str:
    """A message's text and entities as html of the subset; what is no markup (hashtags, addresses...) keeps its text.

    A `text_mention` becomes the link of a person; an "@name" stays text, since nobody knows whose id it is.
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
            "text_link": entity.url if not person(Span(0, 0, "a", entity.url)) else "", "pre": entity.language,
            "expandable_blockquote": EXPANDABLE, "text_mention": f"person:telegram/{entity.user}",
        }.get(entity.type, "")  # fmt: skip
        spans.append(Span(start, end, _KINDS[entity.type], value))
    return Rich(tidy(text), tuple(spans)).html()


def to_telegram(html: str) -> tuple[str, list[Entity]]:
    """Text and entities for any method of the Bot API; links that Telegram does not know keep their text.

    Whoever is meant on Telegram gets a `text_mention`, which Telegram shows to those whom the bot has met.
    """
    rich = read(html)
    users = {span: telegram_user(span) for span in rich.spans}
    rich = Rich(
        rich.text,
        tuple(span for span, user in users.items() if user or span.kind != "a" or _is_linkable(span.value)),
    )
    offsets = [0, *accumulate(1 + (character > "\uffff") for character in rich.text)]
    return rich.text, [
        Entity(
            type=_type_of(span),
            offset=offsets[span.start],
            length=offsets[span.end] - offsets[span.start],
            url=span.value if _type_of(span) == "text_link" else "",
            language=span.value if span.kind == "pre" else "",
            user=telegram_user(span),
        )
        for span in rich.nested()
    ]


def _type_of(span: Span) -> str:
    if span.kind == "blockquote" and span.value:
        return "expandable_blockquote"
    return "text_mention" if telegram_user(span) else _TYPES[span.kind]


def _is_linkable(url: str) -> bool:
    return url.lower().startswith(_LINKABLE)
