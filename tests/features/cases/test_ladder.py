"""The ladder: strikes fade, and what is offered grows with what came before."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.features.cases.acting import standing
from bot.features.cases.ladder import STEPS, Step, What, mute_after, offered, weight
from bot.store import Sanction
from moderation.finding import Decision

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
FADE = timedelta(days=90)


def days_ago(*days: int) -> list[datetime]:
    return [NOON - timedelta(days=day) for day in days]


@pytest.mark.parametrize(
    ("days", "weighs"), [((), 0), ((0,), 1), ((45,), 0.5), ((90,), 0), ((400,), 0), ((0, 45, 90), 1.5), ((-3,), 1)]
)
def test_a_strike_fades_with_time_and_no_clock_makes_it_heavier(days: tuple[int, ...], weighs: float) -> None:
    assert weight(days_ago(*days), NOON, FADE) == pytest.approx(weighs)


@pytest.mark.parametrize(
    ("proposed", "before", "step"),
    [
        (Decision.PASS, 0, Step(What.WARN)),
        (Decision.HOLD, 0.4, Step(What.WARN)),
        (Decision.HOLD, 1, Step(What.MUTE, timedelta(hours=1))),
        (Decision.MUTE, 0, Step(What.MUTE, timedelta(hours=1))),
        (Decision.HOLD, 2, Step(What.MUTE, timedelta(days=1))),
        (Decision.BAN, 0, Step(What.BAN)),
        (Decision.HOLD, 50, Step(What.BAN)),
    ],
)
def test_what_is_offered(proposed: Decision, before: float, step: Step) -> None:
    assert offered(proposed, before) == step


@given(st.sampled_from(Decision), st.floats(0, 20), st.floats(0, 20))
def test_more_before_never_offers_less(proposed: Decision, one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert STEPS.index(offered(proposed, less)) <= STEPS.index(offered(proposed, more))
    assert mute_after(less) <= mute_after(more)


def holds(what: str, until: datetime | None = None) -> Sanction:
    return Sanction(act=1, circle=1, person="x", what=what, until=until)


def test_what_somebody_may_do_follows_from_all_that_holds() -> None:
    later = NOON + timedelta(hours=1)
    assert standing([]).what == "free"
    assert standing([holds("mute", NOON), holds("mute", later)]).until == later
    assert standing([holds("mute", NOON), holds("mute")]).until is None
    assert standing([holds("mute", NOON), holds("ban")]).what == "ban"
