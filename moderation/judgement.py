"""What moderation thinks: findings, which join in any order to one decision, never beyond a reversible hold."""

from collections.abc import Iterable
from dataclasses import dataclass

from moderation.checks import checks
from moderation.finding import Decision, Finding
from moderation.policy import Policy
from moderation.reading import Reading
from moderation.subject import Subject

__all__ = ["Decision", "Finding", "Judgement", "judge"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """`decision` is what the bot does, `proposed` what a moderator is offered.

    GDPR art. 22, DSA art. 20(6): a machine alone holds at most, so `decision` is never beyond HOLD. `would` is the
    decision if no check were tried dry. `findings` are in the order of their gravity; `policy` names the layers.
    """

    decision: Decision = Decision.PASS
    proposed: Decision = Decision.PASS
    would: Decision = Decision.PASS
    findings: tuple[Finding, ...] = ()
    policy: str = ""

    @classmethod
    def of(cls, findings: Iterable[Finding], policy: Policy) -> "Judgement":
        """Findings join: the gravest decides, in whatever order they came, and the same one twice is one."""
        known = tuple(sorted(set(findings), key=_gravity))
        proposed = max((one.severity for one in known if not one.dry), default=Decision.PASS)
        would = max((one.severity for one in known), default=Decision.PASS)
        most = Decision.HOLD
        return cls(min(proposed, most), proposed, min(would, most), known, policy.name)

    @property
    def checks(self) -> tuple[str, ...]:
        """Which checks found something, by name."""
        return tuple(sorted({one.check for one in self.findings}))

    @property
    def matched(self) -> tuple[str, ...]:
        """The words that were found, as they stand in the text, each once."""
        return tuple(dict.fromkeys(word for one in self.findings for word in one.matched))


def _gravity(one: Finding) -> tuple[object, ...]:
    return -one.severity, one.check, one.reason, one.spans, one.matched, one.dry


def judge(subject: Subject, policy: Policy) -> Judgement:
    """What all the checks of a policy think together; pure, and quick whatever the text."""
    reading, findings = Reading.of(subject, policy.listed), list[Finding]()
    for name, check in checks().items():
        rule = policy.rule(name)
        if rule.on:
            findings += (found.under(rule.most, dry=rule.dry or policy.dry) for found in check.look(reading, policy))
    return Judgement.of(findings, policy)
