"""Many people called at once."""

from collections.abc import Iterator

from moderation.finding import Decision, Finding
from moderation.policy import Policy
from moderation.reading import Reading

LOOKS_AT = "how many people a message calls by name, and calls to the whole room"
REASONS = {"reason-mentions": Decision.HOLD, "reason-everyone": Decision.HOLD}
_EVERYONE = {"@everyone", "@here", "@room", "@all", "@channel", "@tous"}


def look(reading: Reading, policy: Policy) -> Iterator[Finding]:
    """Mentions in the markup and names with an at sign count alike; only a newcomer may not call the whole room."""
    named = [token for token in reading.tokens if token.word == "<handle>"]
    everyone = [token for token in named if reading.plain.text[token.start : token.end] in _EVERYONE]
    if max(reading.subject.mentions, len(named)) >= policy.mentions:
        spots = [reading.span(token.start, token.end) for token in named]
        yield reading.finding("mentions", "reason-mentions", Decision.HOLD, spots)
    elif everyone and reading.subject.newcomer:
        spots = [reading.span(token.start, token.end) for token in everyone]
        yield reading.finding("mentions", "reason-everyone", Decision.HOLD, spots)
