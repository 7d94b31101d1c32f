"""The ladder: what a moderator is offered, by how grave it is and by what came before; strikes fade."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from moderation.finding import Decision


class What(StrEnum):
    """One thing that was done, as the log names it."""

    RELEASE = "release"  # held words cross after all
    WITHHOLD = "withhold"  # they stay in their chat
    WARN = "warn"
    REMOVE = "remove"
    MUTE = "mute"
    BAN = "ban"
    LOCK = "lock"
    CLEAR = "clear"


STRIKES = frozenset({What.WARN, What.REMOVE, What.MUTE, What.BAN})
LASTING = frozenset({What.MUTE, What.BAN, What.LOCK})  # what holds until it ends or is lifted
FINAL = frozenset({What.CLEAR})  # has no inverse


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the ladder; a mute without `lasting` holds until it is lifted."""

    what: What
    lasting: timedelta | None = None


STEPS = (
    Step(What.WARN),
    Step(What.MUTE, timedelta(hours=1)),
    Step(What.MUTE, timedelta(days=1)),
    Step(What.MUTE, timedelta(days=7)),
    Step(What.BAN),
)
LEAST = {Decision.MUTE: 1, Decision.BAN: len(STEPS) - 1}  # where something grave begins


def weight(strikes: Iterable[datetime], at: datetime, fade: timedelta) -> float:
    """How much earlier decisions still weigh: one each on its day, nothing after `fade`, and in between by time."""
    return sum(min(1.0, max(0.0, 1 - (at - strike) / fade)) for strike in strikes)


def offered(proposed: Decision, before: float) -> Step:
    """The step that fits what is proposed after strikes of this weight; two that have half faded are one."""
    return STEPS[min(max(LEAST.get(proposed, 0), int(before + 0.5)), len(STEPS) - 1)]


def mute_after(before: float) -> timedelta:
    """How long a mute is, by what came before."""
    mutes = [step.lasting for step in STEPS if step.what is What.MUTE and step.lasting]
    return mutes[min(max(int(before + 0.5) - 1, 0), len(mutes) - 1)]
