"""Opinions join in any order, and the gravest decides."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bridges.model import Chat, Message, Person, Ref
from moderation.verdict import FINE, Check, Severity, Verdict, judge

CHAT = Chat("telegram", "-100")
SAID = Message(
    key="1", at=datetime(2026, 1, 1, tzinfo=UTC), ref=Ref(CHAT, "1"), sender=Person("7", CHAT, "Ana"), html="Bonjour"
)
verdicts = st.builds(Verdict, st.sampled_from(Severity), st.frozensets(st.text(max_size=2), max_size=3))


@given(verdicts, verdicts, verdicts)
def test_verdicts_join_in_any_order(a: Verdict, b: Verdict, c: Verdict) -> None:
    assert a | b == b | a
    assert (a | b) | c == a | (b | c)
    assert a | a == a
    assert a | FINE == Verdict(a.severity, a.reasons)


def test_the_gravest_opinion_decides_and_every_reason_is_kept() -> None:
    def opinion(severity: Severity, *reasons: str) -> Check:
        return lambda _: Verdict(severity, frozenset(reasons))

    checks = [opinion(Severity.ASK, "link"), opinion(Severity.HIDE, "flood", "caps"), opinion(Severity.FINE)]
    verdict = judge(SAID, checks)
    assert verdict == Verdict(Severity.HIDE, frozenset({"link", "flood", "caps"}))
    assert judge(SAID, []) is FINE


def test_a_check_sees_what_was_said() -> None:
    def greets(said: object) -> Verdict:
        return Verdict(Severity.ASK, frozenset({"greeting"})) if said is SAID else FINE

    assert judge(SAID, [greets]).severity is Severity.ASK
