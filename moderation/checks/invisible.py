"""Characters that nobody sees, put into words to hide them from filters."""

import re
from collections.abc import Iterator

from moderation.finding import Decision, Finding
from moderation.policy import Policy
from moderation.reading import LONGEST, Reading

LOOKS_AT = "invisible characters between letters, and overrides of the direction of writing"
REASONS = {"reason-invisible": Decision.HOLD}
_HIDDEN = "\u00ad\u034f\u180e\u200b-\u200f\u2060-\u2064\u2066-\u206f\ufeff\U000e0000-\U000e007f"
_SOME = re.compile(f"[{_HIDDEN}\u202e]")
# Between Latin letters alone: in Persian, Hindi and in emoji these characters have a meaning.
_INSIDE = re.compile(f"[a-zA-Zà-ÿÀ-ß]{{1,20}}[{_HIDDEN}]{{1,20}}[a-zA-Zà-ÿÀ-ß]{{1,20}}")
_OVERRIDE = re.compile("\u202e[^\u202c\n]{1,200}")
_FEWEST = 3  # a word copied from a page may have one or two


def look(reading: Reading, policy: Policy) -> Iterator[Finding]:
    """A few may come with a copied text; an override of direction never does by accident in French."""
    text = reading.subject.text[:LONGEST]
    if text.isascii() or not _SOME.search(text):
        return
    inside = [found.span() for found in _INSIDE.finditer(text)]
    turned = [found.span() for found in _OVERRIDE.finditer(text)]
    if len(inside) >= _FEWEST or turned:
        yield reading.finding("invisible", "reason-invisible", Decision.HOLD, (*inside, *turned))
