"""Words that a circle has put on a list of its own."""

from collections.abc import Iterator

from moderation.finding import Decision, Finding
from moderation.policy import Policy
from moderation.reading import Reading

LOOKS_AT = "whole words and phrases of the list `words`, however they are disguised"
REASONS = {"reason-listed-word": Decision.HOLD}


def look(reading: Reading, policy: Policy) -> Iterator[Finding]:
    """One finding with all that stands on the list."""
    if policy.words:
        found = list(policy.listed.find(reading.tokens))
        if found:
            yield reading.finding("words", "reason-listed-word", Decision.HOLD, reading.spots(found))
