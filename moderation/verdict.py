"""What a check thinks of words that were heard, and how several opinions become one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from bridges.model import Heard

Severity = IntEnum("Severity", ["FINE", "ASK", "HIDE", "REMOVE"])


@dataclass(frozen=True, slots=True)
class Verdict:
    """How grave it is, and why; `reasons` are keys for people. Verdicts join with `|`, in any order."""

    severity: Severity = Severity.FINE
    reasons: frozenset[str] = frozenset()

    def __or__(self, other: Self) -> "Verdict":
        return Verdict(max(self.severity, other.severity), self.reasons | other.reasons)


FINE = Verdict()
Check = Callable[[Heard], Verdict]  # a pure opinion: no clock, no database, no network


def judge(said: Heard, checks: Iterable[Check]) -> Verdict:
    """What all the checks think together."""
    verdict = FINE
    for check in checks:
        verdict |= check(said)
    return verdict
