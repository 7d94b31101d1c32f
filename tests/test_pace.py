"""The pace of calls, by a clock that the test moves."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.courier.pace import AHEAD, Call, Pacer
from bridges.port import Pace

SECOND = (Pace(count=30, per=timedelta(seconds=1)),)
DRIPS = (Pace(count=5, per=timedelta(seconds=1), leaky=True),)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.tuples(st.floats(0.001, 0.4), st.floats(0.001, 0.3)), min_size=1, max_size=300))
def test_what_is_claimed_ahead_never_passes_the_limit(steps: list[tuple[float, float]]) -> None:
    """Whatever the answers take and whenever the store is looked at: never more than 30 arrive within a second."""
    clock = Clock()
    pacer = Pacer(clock)
    claimed: list[list[Call]] = []
    under_way: list[tuple[float, list[Call]]] = []
    sent: list[float] = []
    for pause, answer in steps:
        while pacer.wait("telegram", f"room {len(sent) + len(claimed)}", (), SECOND) <= 0 and len(claimed) < 60:
            claimed.append(pacer.called("telegram", f"room {len(sent) + len(claimed)}", (), SECOND))
        assert len(claimed) <= 30, "no more ahead than the network takes in a second"
        for calls in list(claimed):
            if pacer.begin("telegram", calls) <= 0:
                claimed.remove(calls)
                sent.append(clock.now + answer)  # it arrives with its answer, as late as it can
                under_way.append((clock.now + answer, calls))
        clock.now += pause
        for at, calls in list(under_way):
            if at <= clock.now:
                pacer.answered(calls)
                under_way.remove((at, calls))
    for first, later in zip(sorted(sent), sorted(sent)[30:], strict=False):
        assert later - first >= 1 - 1e-9


def test_the_rate_is_what_the_network_takes() -> None:
    clock = Clock()
    pacer = Pacer(clock)
    waiting: list[list[Call]] = []
    sent = 0
    while clock.now < 1100:
        while pacer.wait("telegram", str(clock.now), (), SECOND) <= 0:
            waiting.append(pacer.called("telegram", str(clock.now), (), SECOND))
        waits = [pacer.begin("telegram", calls) for calls in waiting]
        for calls, wait in zip(list(waiting), waits, strict=True):
            if wait <= 0:
                waiting.remove(calls)
                pacer.answered(calls)
                sent += 1
        clock.now += 0.002
    assert sent / 100 >= 0.98 * 30


def test_a_room_that_has_to_wait_is_not_claimed_ahead() -> None:
    clock = Clock()
    pacer = Pacer(clock)
    once = (Pace(count=1, per=timedelta(seconds=1)),)
    pacer.answered(pacer.called("telegram", "room", once, SECOND))
    clock.now += 1 - AHEAD / 2
    assert pacer.wait("telegram", "room", once, SECOND) > 0
    assert pacer.wait("telegram", "other", once, SECOND) == 0


def test_a_bucket_that_drips_is_never_claimed_ahead() -> None:
    clock = Clock()
    pacer = Pacer(clock)
    made = 0
    while pacer.wait("matrix", "room", (), DRIPS) <= 0:
        assert pacer.begin("matrix", pacer.called("matrix", "room", (), DRIPS)) == 0
        made += 1
    assert 4 <= made <= 5
