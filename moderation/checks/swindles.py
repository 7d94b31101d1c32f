"""The shapes of common swindles: a parcel to pay for, a false adviser, a relative with a new number, an advance."""

from collections.abc import Iterator

from moderation.finding import Decision, Finding
from moderation.policy import Policy
from moderation.reading import Reading
from moderation.traits import MEANS, SWINDLES, first_theme
from moderation.weighing import is_enough, spots

LOOKS_AT = "a theme of swindlers (parcel, bank, relative...) with haste, a promise, a secret asked for or a way out"
REASONS = {f"reason-{theme}": Decision.HOLD for theme in SWINDLES}


def look(reading: Reading, policy: Policy) -> Iterator[Finding]:
    """The theme that tells most, with every word that weighed."""
    if is_enough(reading, policy, "spam") and (theme := first_theme(reading)) in SWINDLES:
        placed = spots(reading, policy, "spam", (theme, *MEANS))
        yield reading.finding("swindles", f"reason-{theme}", Decision.HOLD, placed)
