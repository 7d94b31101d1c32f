"""What is judged: words with all that hangs on them, and what the bot counted around them."""

from dataclasses import dataclass
from typing import Self

from bridges.markup import persons, read
from bridges.model import Heard, Message
from moderation.links import leads_elsewhere


@dataclass(frozen=True, slots=True)
class Recent:
    """What the bot counted before it asked, this message included; a zero says nothing.

    `in_10s`, `in_60s`: messages of this person in the circle. `same_text`: how often these words were said of late,
    anywhere; `same_text_places` and `same_text_people`: in how many chats, of whatever network, and by how many.
    """

    in_10s: int = 0
    in_60s: int = 0
    same_text: int = 0
    same_text_places: int = 0
    same_text_people: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Words to judge: a message or its caption, or what an edit made of it.

    `text` is plain, without markup. `urls` are addresses of links in the markup and of buttons, `false` those of them
    that lead elsewhere than the words of the link say. `quote` is what was quoted, `media` the kind of a file
    (`MediaKind`), `mentions` how many people are meant by name. `hidden`: part of the words is under a spoiler.
    """

    text: str
    newcomer: bool = False
    language: str = "fr"
    urls: tuple[str, ...] = ()
    false: tuple[str, ...] = ()
    quote: str = ""
    file_names: tuple[str, ...] = ()
    mentions: int = 0
    media: str = ""
    forwarded: bool = False
    hidden: bool = False
    recent: Recent = Recent()

    @classmethod
    def of(cls, said: Heard, *, newcomer: bool = False, language: str = "fr", recent: Recent = Recent()) -> Self:
        """From what was heard; a poll's question and options, and a place's name, are words like others."""
        rich = read(said.html)
        links = [span for span in rich.spans if span.kind == "a" and _leads_out(span.value)]
        parts, quote, media, forwarded = [rich.text], "", "", False
        names: tuple[str, ...] = ()
        if isinstance(said, Message):
            quote, forwarded = said.quote, bool(said.origin) or said.shared == "forwarded"
            if said.media:
                media = said.media.kind.value
                names = tuple(name for name in (said.media.name, said.media.title, said.media.performer) if name)
            if said.poll:
                parts += [said.poll.question, *said.poll.options]
            if said.spot:
                parts += [said.spot.title, said.spot.address]
        return cls(
            text="\n".join(part for part in parts if part), newcomer=newcomer, language=language, recent=recent,
            urls=tuple(dict.fromkeys((*(link.value for link in links), *said.opens))),
            false=tuple(one.value for one in links if leads_elsewhere(one.value, rich.text[one.start : one.end])),
            quote=quote, file_names=names, media=media, forwarded=forwarded, mentions=len(persons(said.html)),
            hidden=any(span.kind == "tg-spoiler" for span in rich.spans),
        )  # fmt: skip


def _leads_out(url: str) -> bool:
    return not url.startswith("person:")
