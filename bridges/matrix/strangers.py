"""What strangers wrote where Matrix has ids, names, numbers and names of files: checked, or cleaned for people."""

import re
import unicodedata
from collections.abc import Mapping
from typing import TypeGuard

LONGEST = 255  # bytes of an id (client-server API, "Size limits"), characters of a name
CONTROLS = {"Cc", "Cs", "Zl", "Zp"}  # a lone surrogate has no UTF-8
DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")  # they turn around what stands behind a name
MOST = 2.0**53  # what JSON can say exactly


def is_id(value: object) -> TypeGuard[str]:
    """Whether this can be the id of an event or of a user: printable, and of a length that homeservers allow."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST:
        return False
    return not any(map(is_control, value)) and len(value.encode()) <= LONGEST


def clean(words: str) -> str:
    """A name or a title on one line, without what controls the text around it."""
    lone = "".join(" " if one.isspace() else "" if is_control(one) else one for one in DIRECTIONS.sub("", words))
    return " ".join(lone.split())[:LONGEST]


def file_name(value: object) -> str:
    """The name of a file without folders, on one line; nothing, where none was told."""
    name = clean(text(value)[-LONGEST:])
    return re.split(r"[/\\]", name)[-1].strip(". ")


def is_control(character: str) -> bool:
    """Whether this is no character to be seen but one that steers, or half of one."""
    return unicodedata.category(character) in CONTROLS


def part(value: object, *names: str) -> object:
    """What stands under these names, each inside the one before; None where something else is in the way."""
    for name in names:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def text(value: object) -> str:
    """A string, or nothing for whatever else stands in its place."""
    return value if isinstance(value, str) else ""


def amount(value: object) -> float:
    """A number that can be the size of something, or 0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return value if 0 <= value <= MOST else 0
