"""Findings join in any order to one decision, and no machine goes beyond what can be taken back."""

import json
from collections.abc import Iterator, Mapping
from itertools import permutations
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.judging import opinion
from moderation.checks import NAMES, Check, checks
from moderation.finding import Decision, Finding
from moderation.judgement import Judgement, judge
from moderation.policy import DEFAULT, Policy
from moderation.reading import Reading
from moderation.subject import Recent, Subject

names = st.sampled_from(NAMES)
found = st.builds(
    Finding,
    check=names,
    reason=st.sampled_from(["reason-flood", "reason-insult", "reason-offer"]),
    severity=st.sampled_from(Decision),
    matched=st.lists(st.text(max_size=3), max_size=3).map(tuple),
    spans=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=3).map(tuple),
    dry=st.booleans(),
)
everyone = st.lists(found, max_size=8)
MOST = Policy.layered([("", {"words": ["palourde"], "denied_domains": ["mechant.example"], "flood_10s": 2})])
GRAVE = Subject(
    text="Je vais te tuer, connard ! palourde https://mechant.example c\u200ba d\u200be f\u200bi vоtrе bаnquе",
    newcomer=True, file_names=("a.apk",), mentions=99, recent=Recent(99, 99, 99, 99, 99),
)  # fmt: skip


def of(findings: list[Finding]) -> Judgement:
    return Judgement.of(findings, DEFAULT)


def only(name: str, look: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be one more check."""
    known: Mapping[str, Check] = {**checks(), name: Check(name, "this test", {"reason-flood": Decision.BAN}, look)}
    monkeypatch.setattr("moderation.judgement.checks", lambda: MappingProxyType(known))


# --- joining


@settings(deadline=None)
@given(st.data(), everyone)
def test_any_order_and_any_repetition_gives_the_same_judgement(data: st.DataObject, findings: list[Finding]) -> None:
    once = of(findings)
    again = data.draw(st.permutations([*findings, *findings[: data.draw(st.integers(0, 8))]]))
    assert of(again) == once
    assert of([*once.findings]) == once


@given(everyone, everyone)
def test_findings_that_come_together_decide_like_the_graver_of_them(some: list[Finding], others: list[Finding]) -> None:
    one, other, both = of(some), of(others), of(some + others)
    for what in ("decision", "proposed", "would"):
        assert getattr(both, what) == max(getattr(one, what), getattr(other, what))
    assert set(both.findings) == set(one.findings) | set(other.findings)


@given(everyone)
def test_a_machine_never_goes_beyond_a_hold(findings: list[Finding]) -> None:
    judgement = of(findings)
    assert judgement.decision == min(judgement.proposed, Decision.HOLD) <= judgement.would <= Decision.HOLD
    assert judgement.proposed == max((one.severity for one in findings if not one.dry), default=Decision.PASS)
    assert isinstance(judgement.decision, Decision)


@given(everyone)
def test_what_is_tried_dry_decides_nothing_and_shows(findings: list[Finding]) -> None:
    wet = of([one for one in findings if not one.dry])
    judgement = of(findings)
    assert (judgement.decision, judgement.proposed) == (wet.decision, wet.proposed)
    assert judgement.would == min(max((one.severity for one in findings), default=Decision.PASS), Decision.HOLD)


@given(everyone)
def test_the_gravest_comes_first_and_words_are_told_once(findings: list[Finding]) -> None:
    judgement = of(findings)
    severities = [one.severity for one in judgement.findings]
    assert severities == sorted(severities, reverse=True)
    assert set(judgement.checks) == {one.check for one in findings}
    assert list(judgement.checks) == sorted(judgement.checks)
    assert set(judgement.matched) == {word for one in findings for word in one.matched}
    assert len(set(judgement.matched)) == len(judgement.matched)


def test_nothing_found_is_passed() -> None:
    assert of([]) == judge(Subject(text=""), DEFAULT) == Judgement(policy="default")
    assert (str(of([]).decision), of([]).checks, of([]).matched) == ("pass", (), ())


def test_the_ladder_is_in_order_and_told_in_small_letters() -> None:
    assert [str(step) for step in sorted(Decision)] == ["pass", "nudge", "hold", "hide", "mute", "ban"]
    assert json.dumps(str(Decision.HOLD)) == '"hold"'


@given(found, st.sampled_from(Decision), st.booleans())
def test_a_rule_limits_a_finding_and_changes_nothing_else(one: Finding, most: Decision, dry: bool) -> None:  # noqa: FBT001
    under = one.under(most, dry=dry)
    assert (under.severity, under.dry) == (min(one.severity, most), dry)
    assert (under.check, under.reason, under.matched, under.spans) == (one.check, one.reason, one.matched, one.spans)


# --- judging


def test_whatever_is_found_at_once_the_order_of_the_checks_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = judge(GRAVE, MOST)
    assert {"abuse", "flood", "links", "media", "mentions", "words"} <= set(whole.checks)
    assert (whole.decision, whole.proposed) == (Decision.HOLD, Decision.HIDE)
    some = ("links", "words", "flood", "media")
    for order in permutations(some):
        known = {name: checks()[name] for name in (*order, *(name for name in NAMES if name not in some))}
        monkeypatch.setattr("moderation.judgement.checks", lambda known=known: known)
        assert judge(GRAVE, MOST) == whole


def test_even_a_check_that_cries_for_a_ban_only_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    only("crier", lambda *_: [Finding("crier", "reason-flood", Decision.BAN)], monkeypatch)
    judgement = judge(Subject(text="bonjour"), DEFAULT)
    assert (judgement.decision, judgement.proposed) == (Decision.HOLD, Decision.BAN)


@pytest.mark.parametrize(
    "said", [{"dry": True}, {"checks": {name: {"dry": True} for name in NAMES}}], ids=["all", "each"]
)
def test_a_dry_policy_holds_nothing_and_says_what_it_would(said: dict[str, Any]) -> None:
    dry = judge(GRAVE, Policy.layered([("", {"words": ["palourde"], **said})]))
    assert (dry.decision, dry.proposed, dry.would) == (Decision.PASS, Decision.PASS, Decision.HOLD)
    assert dry.findings and all(one.dry for one in dry.findings)


def test_one_check_may_be_dry_and_the_others_decide() -> None:
    said = {"words": ["palourde"], "checks": {"words": {"dry": True}}}
    policy = Policy.layered([("", said)])
    judgement = judge(Subject(text="palourde", file_names=("a.apk",)), policy)
    assert (judgement.decision, judgement.would) == (Decision.HOLD, Decision.HOLD)
    assert [(one.check, one.dry) for one in judgement.findings] == [("media", False), ("words", True)]
    alone = judge(Subject(text="palourde"), policy)
    assert (alone.decision, alone.proposed, alone.would) == (Decision.PASS, Decision.PASS, Decision.HOLD)


def test_the_same_words_are_judged_the_same_each_time() -> None:
    assert judge(GRAVE, MOST) == judge(GRAVE, MOST)
    assert judge(GRAVE, MOST).policy == MOST.name


# --- where a check breaks


def test_where_a_check_breaks_a_human_looks_and_no_word_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(reading: Reading, _: Policy) -> Iterator[Finding]:
        yield Finding("broken", "reason-flood", Decision.NUDGE)
        raise ZeroDivisionError(reading.subject.text)

    only("broken", look, monkeypatch)
    with pytest.raises(ZeroDivisionError):
        judge(Subject(text="canari"), DEFAULT)
    with capture_logs() as logs:
        judgement = opinion(Subject(text="canari"), MOST)
    assert (judgement.decision, judgement.checks, judgement.policy) == (Decision.HOLD, ("defect",), MOST.name)
    assert logs == [{"event": "a check failed", "kind": "ZeroDivisionError", "log_level": "error"}]


def test_a_check_that_is_off_cannot_break_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    only("links", lambda *_: 1 / 0, monkeypatch)
    off = Policy.layered([("", {"checks": {"links": {"on": False}}})])
    assert opinion(Subject(text="bonjour"), off) == Judgement(policy=off.name)
    assert opinion(Subject(text="bonjour"), DEFAULT).decision is Decision.HOLD


@settings(deadline=None)
@given(st.text(st.characters(codec=None)), st.text(), st.lists(st.text(), max_size=3), st.booleans())
def test_no_text_breaks_a_check(text: str, quote: str, more: list[str], new: bool) -> None:  # noqa: FBT001
    subject = Subject(text=text, quote=quote, urls=tuple(more), false=tuple(more), file_names=tuple(more), newcomer=new)
    assert "defect" not in opinion(subject, MOST).checks
    json.dumps([one.matched for one in judge(subject, MOST).findings])
