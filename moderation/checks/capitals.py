"""A whole message in capitals, which reads as shouting."""

from collections.abc import Iterator

from moderation.finding import Decision, Finding
from moderation.policy import Policy
from moderation.reading import LONGEST, Reading

LOOKS_AT = "the share of capital letters in a long message"
REASONS = {"reason-capitals": Decision.NUDGE}
_FEWEST_LETTERS, _SHARE = 60, 0.85


def look(reading: Reading, policy: Policy) -> Iterator[Finding]:
    """Short cries are allowed: somebody may be at the door with a bucket."""
    text = reading.subject.text[:LONGEST]
    if sum(map(str.islower, text[:800])) > (1 - _SHARE) * LONGEST:
        return  # whatever follows
    letters = list(filter(str.isalpha, text))
    if len(letters) >= _FEWEST_LETTERS and sum(map(str.isupper, letters)) >= _SHARE * len(letters):
        yield reading.finding("capitals", "reason-capitals", Decision.NUDGE)
