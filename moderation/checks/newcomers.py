"""First messages of people whom nobody knows yet, which lead out of the group."""

from collections.abc import Iterator

from moderation.finding import Decision, Finding
from moderation.links import CHATS, CHEAP, SHORTENERS, within
from moderation.policy import Policy
from moderation.reading import Reading

LOOKS_AT = "a newcomer's links to other chats, to shorteners and to domains that cost nothing"
REASONS = {"reason-newcomer-link": Decision.HOLD}


def look(reading: Reading, policy: Policy) -> Iterator[Finding]:
    """A newcomer may link the association that they come from; allowed domains pass."""
    if not reading.subject.newcomer:
        return
    allowed, _ = policy.known_domains
    doubtful = [
        link for link in reading.links
        if not within(link.domain, allowed)
        and (within(link.domain, CHATS | SHORTENERS) or link.domain.rpartition(".")[2] in CHEAP)
    ]  # fmt: skip
    if doubtful:
        spots = [link.span for link in doubtful if link.span]
        beside = [link.shown for link in doubtful if not link.span]
        yield reading.finding("newcomers", "reason-newcomer-link", Decision.HOLD, spots, beside)
