"""The same words in many places, whatever the network and whoever says them."""

from collections.abc import Iterator
from itertools import islice

from moderation.finding import Decision, Finding
from moderation.policy import Policy
from moderation.reading import Reading

LOOKS_AT = "in how many chats, of both networks, the same words were said of late, and by how many accounts"
REASONS = {"reason-same-everywhere": Decision.HOLD, "reason-same-again": Decision.NUDGE}
_FEWEST_LETTERS = 12  # "merci" and "bonne année" are said everywhere
_TOO_OFTEN = 3


def look(reading: Reading, policy: Policy) -> Iterator[Finding]:
    """Short words are nobody's; the same account again in its own chat is only reminded."""
    recent = reading.subject.recent
    if len(list(islice(filter(str.isalpha, reading.plain.text), _FEWEST_LETTERS))) < _FEWEST_LETTERS:
        return
    if recent.same_text_places >= policy.same_text_places or (
        recent.same_text_people >= policy.same_text_places and recent.same_text_places > 1
    ):
        yield reading.finding("duplicates", "reason-same-everywhere", Decision.HOLD)
    elif recent.same_text > _TOO_OFTEN:
        yield reading.finding("duplicates", "reason-same-again", Decision.NUDGE)
