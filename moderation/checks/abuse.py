"""Insults, threats, hate and harassment, where they are aimed at people; coarse words at things and at fate pass."""

from collections.abc import Iterator

from moderation.finding import Decision, Finding
from moderation.policy import Policy
from moderation.reading import Reading
from moderation.traits import ABUSE, is_quoted, weight
from moderation.weighing import is_enough, spots

LOOKS_AT = "insults, slurs, threats, calls to violence, hate, sexual remarks, and whether somebody is meant by them"
REASONS = {f"reason-{kind}": Decision.HOLD for kind in ABUSE}


def look(reading: Reading, policy: Policy) -> Iterator[Finding]:
    """One finding, of the kind that weighs most; where no phrase tells, an insult."""
    if not is_enough(reading, policy, "abuse"):
        return
    hits = {kind: [hit for hit in reading.hits.get(kind, ()) if not is_quoted(reading, hit)] for kind in ABUSE}
    kind = max(ABUSE, key=lambda one: (weight(hits[one]), one == "insult"))
    placed = spots(reading, policy, "abuse", (kind,))
    yield reading.finding("abuse", f"reason-{kind}", Decision.HOLD, placed)
