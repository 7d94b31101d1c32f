"""What strangers wrote where Matrix has ids, names and emoji: checked, or cleaned where people see it."""

import re
import unicodedata
from typing import TypeGuard

LONGEST = 255  # bytes of an id (client-server API, "Size limits"), characters of a name
CONTROLS = {"Cc", "Cs", "Zl", "Zp"}  # a lone surrogate has no UTF-8
DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")  # they turn around what stands behind a name
TONE, JOINER = "[\U0001f3fb-\U0001f3ff]", "\u200d"
# Enclosed letters and digits are left out, but for those that are emoji; flags have a form of their own.
SIGN = (
    "[©®‼⁉™ℹⓂ\u2190-\u21ff\u2300-\u23ff\u25a0-\u2775\u2794-\u27bf⤴⤵\u2b00-\u2bff〰〽㊗㊙"
    "\U0001f000-\U0001f0ff\U0001f170-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
)
KEYCAP, FLAG = "[0-9#*]\u20e3", "[\U0001f1e6-\U0001f1ff]{2}"
REGION = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"
EMOJI = re.compile(f"{KEYCAP}|{FLAG}|{REGION}|{SIGN}{TONE}?(?:{JOINER}{SIGN}{TONE}?)*")
MOST_POINTS = 12  # a family of four, each with a colour of skin, has 11


def is_id(value: object) -> TypeGuard[str]:
    """Whether this can be the id of an event or of a user: printable, and of a length that homeservers allow."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST:
        return False
    return not any(map(is_control, value)) and len(value.encode()) <= LONGEST


def is_emoji(key: str) -> bool:
    """Whether a reaction's key, without U+FE0F, is one emoji and nothing else (MSC2677 allows any text)."""
    return len(key) <= MOST_POINTS and EMOJI.fullmatch(key) is not None


def clean(words: str) -> str:
    """A name or a title on one line, without what controls the text around it."""
    lone = "".join(" " if one.isspace() else "" if is_control(one) else one for one in DIRECTIONS.sub("", words))
    return " ".join(lone.split())[:LONGEST]


def is_control(character: str) -> bool:
    """Whether this is no character to be seen but one that steers, or half of one."""
    return unicodedata.category(character) in CONTROLS
