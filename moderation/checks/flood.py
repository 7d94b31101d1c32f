"""One person writes too much in too short a time."""

from collections.abc import Iterator

from moderation.finding import Decision, Finding
from moderation.policy import Policy
from moderation.reading import Reading

LOOKS_AT = "how many messages the same person wrote in ten and in sixty seconds"
REASONS = {"reason-flood": Decision.HOLD}


def look(reading: Reading, policy: Policy) -> Iterator[Finding]:
    """Against the thresholds of the policy; who is known here is only asked to slow down."""
    recent = reading.subject.recent
    if recent.in_10s >= policy.flood_10s or recent.in_60s >= policy.flood_60s:
        severity = Decision.HOLD if reading.subject.newcomer else Decision.NUDGE
        yield reading.finding("flood", "reason-flood", severity)
