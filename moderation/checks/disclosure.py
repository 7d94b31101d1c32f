"""A private person's address or number given to all, to be visited or called."""

import re
from collections.abc import Iterator

from moderation.finding import Decision, Finding
from moderation.policy import Policy
from moderation.reading import LONGEST, Reading

LOOKS_AT = "somebody else's name with their address, telephone or papers, and an invitation to go and see them"
REASONS = {"reason-disclosure": Decision.HOLD}
_STREET = re.compile(
    r"\d(?<!\w\d)\d{0,3}(?: ?(?:bis|ter))?,? "
    r"(?:rue|avenue|av|bd|boulevard|allee|impasse|place|chemin|route|quai|square|cours|residence) "
)
_NAMED = re.compile(r"(?:\b(?:M\.|Mme|Mr|Monsieur|Madame|Mlle) )?[A-ZÀ-Ý][a-zà-ÿ]{2,20}")
_OWN = {"mon", "ma", "mes", "moi", "je", "j", "notre", "nous", "me", "m"}
_FEWEST = 2
_ENOUGH = 3


def look(reading: Reading, policy: Policy) -> Iterator[Finding]:
    """One's own number, a shop's, a doctor's are no secret: it takes a third person and a wish that others act."""
    text = reading.plain.text[:LONGEST]
    streets = [found.span() for found in _STREET.finditer(text)]
    phones = [(token.start, token.end) for token in reading.tokens if token.word == "<phone>"]
    hits = reading.hits.get("doxxing", [])
    weight = sum(hit.weight for hit in hits)
    where = bool(streets) + bool(phones)
    if weight < _FEWEST and where < _FEWEST:
        return
    own = any(token.word in _OWN for token in reading.tokens)
    named = _NAMED.search(reading.subject.text, 1) is not None
    if (where and weight >= _FEWEST and not (own and weight < _ENOUGH)) or weight >= 2 * _ENOUGH or (
        where == _FEWEST and named and not own
    ):
        spots = [reading.span(start, end) for start, end in (*streets, *phones)]
        yield reading.finding("disclosure", "reason-disclosure", Decision.HOLD, [*spots, *reading.spots(hits)])
