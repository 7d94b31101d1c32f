"""Where links lead, and how they are written."""

import re
from collections.abc import Iterator

from moderation.finding import Decision, Finding
from moderation.links import SHORTENERS, TRUSTED, nearest, within
from moderation.policy import Policy
from moderation.reading import Address, Reading

LOOKS_AT = (
    'domains that are denied, addresses spelled out ("exemple point com"), shorteners, words that show one domain and '
    "lead to another"
)
REASONS = {
    "reason-denied-domain": Decision.HIDE, "reason-spelled-link": Decision.HOLD, "reason-short-link": Decision.NUDGE,
    "reason-false-link": Decision.HOLD,
}  # fmt: skip
_SPELLED = re.compile(r"\s|[\[({](?:\.|point|dot)[\])}]|^hxxp", re.IGNORECASE)


def look(reading: Reading, policy: Policy) -> Iterator[Finding]:
    """Allowed domains pass, but for denied ones below them; a newcomer's disguised or short link waits for a human."""
    allowed, denied = policy.known_domains
    links = [link for link in reading.links if link.domain and not within(link.domain, allowed)]
    if bad := [one for one in reading.links if len(nearest(one.domain, denied)) > len(nearest(one.domain, allowed))]:
        yield _finding(reading, "reason-denied-domain", Decision.HIDE, bad)
    new = reading.subject.newcomer
    if spelled := [link for link in links if link.span and _SPELLED.search(link.shown)]:
        yield _finding(reading, "reason-spelled-link", Decision.HOLD if new else Decision.NUDGE, spelled)
    if short := [link for link in links if within(link.domain, SHORTENERS)]:
        yield _finding(reading, "reason-short-link", Decision.HOLD if new else Decision.NUDGE, short)
    false = [link for link in links if link.shown in reading.subject.false and not within(link.domain, TRUSTED)]
    if false:
        yield _finding(reading, "reason-false-link", Decision.HOLD, false)


def _finding(reading: Reading, reason: str, severity: Decision, links: list[Address]) -> Finding:
    return reading.finding(
        "links", reason, severity, [link.span for link in links if link.span],
        [link.shown for link in links if not link.span],
    )
