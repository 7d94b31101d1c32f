"""What spam sells: money that works by itself, bodies, pills, papers, miracles, followers, a place in a channel."""

from collections.abc import Iterator

from moderation.finding import Decision, Finding
from moderation.policy import Policy
from moderation.reading import Reading
from moderation.traits import MEANS, OFFERS, SWINDLES, first_theme
from moderation.weighing import is_enough, spots

LOOKS_AT = "a theme of spam (crypto, loan, escort, IPTV...) with a price, a promise, a link or a way out of the group"
REASONS = {f"reason-{theme}": Decision.HOLD for theme in OFFERS} | {"reason-offer": Decision.HOLD}


def look(reading: Reading, policy: Policy) -> Iterator[Finding]:
    """The theme that tells most, with every word that weighed; "offer" where it is none in particular."""
    if is_enough(reading, policy, "spam") and (theme := first_theme(reading)) not in SWINDLES:
        placed = spots(reading, policy, "spam", (theme, *MEANS))
        yield reading.finding("offers", f"reason-{theme or 'offer'}", Decision.HOLD, placed)
