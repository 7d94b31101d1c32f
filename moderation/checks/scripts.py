"""Words written with letters of several alphabets that look alike."""

import re
import unicodedata
from collections.abc import Iterator

from moderation.finding import Decision, Finding
from moderation.policy import Policy
from moderation.reading import LONGEST, Reading

LOOKS_AT = "words that mix Latin with Cyrillic or Greek letters, or are set in mathematical letters"
REASONS = {"reason-mixed-scripts": Decision.HOLD}
_WORD = re.compile(r"[^\W\d_]{3,}")
_STRANGE = re.compile("[\u0370-\u03ff\u0400-\u052f\u13a0-\u13ff\U0001d400-\U0001d7ff]")
_LATIN = re.compile("[a-zà-öø-ÿ]", re.IGNORECASE)
_FEWEST = 2  # "μm" and a single joke are nobody's disguise


def look(reading: Reading, policy: Policy) -> Iterator[Finding]:
    """A text all in one other alphabet is just another language."""
    text = reading.subject.text[:LONGEST]
    if text.isascii() or not _STRANGE.search(text):
        return
    mixed = [found.span() for found in _WORD.finditer(text) if _mixes(found[0])]
    if len(mixed) >= _FEWEST:
        yield reading.finding("scripts", "reason-mixed-scripts", Decision.HOLD, mixed)


def _mixes(word: str) -> bool:
    if not _STRANGE.search(word):
        return False
    return bool(_LATIN.search(word)) or any(unicodedata.name(letter, "").startswith("MATHEMATICAL") for letter in word)
