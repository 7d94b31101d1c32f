"""Where a text may be cut without taking apart what people see as one character."""

import unicodedata
from collections.abc import Iterator

_JOINER = "\u200d"


def clusters(text: str) -> Iterator[str]:
    """What people see as single characters, near enough to Unicode's annex 29 for names and cuts."""
    start = flags = 0
    for at, character in enumerate(text):
        flag = _is_flag(character)
        joined = at > start and (_extends(character) or text[at - 1] == _JOINER or (flag and flags == 1))
        if at and not joined:
            yield text[start:at]
            start = at
        flags = (2 if joined else 1) if flag else 0
    if text:
        yield text[start:]


def inseparable(text: str, at: int) -> bool:
    """Whether the characters left and right of `at` belong together."""
    if not 0 < at < len(text):
        return False
    if _extends(text[at]) or text[at - 1] == _JOINER:
        return True
    flags = 0
    while flags < at and _is_flag(text[at - 1 - flags]):
        flags += 1
    return _is_flag(text[at]) and flags % 2 == 1


def _extends(character: str) -> bool:
    return (
        character == _JOINER
        or "\U0001f3fb" <= character <= "\U0001f3ff"  # colours of skin
        or "\U000e0020" <= character <= "\U000e007f"  # flags of regions
        or unicodedata.category(character) in {"Mn", "Me", "Mc"}
    )


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
