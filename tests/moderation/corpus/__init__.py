"""French messages written for this project: `tuned` to tune with, `unseen` that nobody tunes with, and two other parts.

`sly` gives no sign of what it is, and `blind` was written when all was done; nobody tunes with these either.
"""

import json
import random
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path

HERE = Path(__file__).parent
TWINS = {"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "x": "х", "i": "і"}  # Cyrillic letters that look the same
LEET = {"a": "4", "e": "3", "i": "1", "o": "0", "s": "5"}


@dataclass(frozen=True, slots=True)
class Line:
    """One message; `kind` is neighbourly, spam, swindle or abuse."""

    text: str
    kind: str
    newcomer: bool


def read(part: str) -> list[Line]:
    """All messages of a part, in the files' order."""
    files = sorted((HERE / part).glob("*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text("utf-8").split("\n") if line.strip()]
    return [Line(row["text"], row["kind"], row["newcomer"]) for row in rows]


def disguised(line: Line) -> Line:
    """The same message as somebody writes it who hides it from filters; the same each time."""
    dice = random.Random(line.text)  # noqa: S311 - a disguise, no secret
    return replace(line, text=dice.choice(DISGUISES)(line.text, dice))


def zero_width(text: str, dice: random.Random) -> str:
    """Characters that nobody sees, between letters."""
    hidden = "\u200b\u200c\u2060\u00ad"
    return "".join(one + (dice.choice(hidden) if one.isalpha() and dice.random() < 0.3 else "") for one in text)


def homoglyphs(text: str, dice: random.Random) -> str:
    """Letters of another alphabet."""
    return "".join(TWINS[one] if one in TWINS and dice.random() < 0.5 else one for one in text)


def leet(text: str, dice: random.Random) -> str:
    """Digits for letters, but not in addresses, which have to work."""

    def write(word: str) -> str:
        if "." in word or "@" in word or dice.random() < 0.4:
            return word
        return "".join(LEET.get(plain(one), one) for one in word)

    return " ".join(map(write, text.split(" ")))


def spaced(text: str, dice: random.Random) -> str:
    """Letters with blanks between them, in some words."""

    def write(word: str) -> str:
        return " ".join(word) if word.isalpha() and len(word) > 4 and dice.random() < 0.4 else word

    return " ".join(map(write, text.split(" ")))


def spelled(text: str, _: random.Random) -> str:
    """Addresses in words."""

    def write(word: str) -> str:
        return word.replace("https://", "").replace(".", " point ") if "." in word[1:-1] else word

    return " ".join(map(write, text.split(" ")))


def plain(letter: str) -> str:
    """A letter without its accent."""
    return unicodedata.normalize("NFD", letter)[:1].lower()


DISGUISES = (zero_width, homoglyphs, leet, spaced, spelled)
