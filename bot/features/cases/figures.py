"""The transparency report: counts alone, and none where fewer than ten people are behind them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import col, select

from bot.features.cases.base import FEWEST
from bot.features.cases.tables import Act, Appeal, Case
from bot.store import Circle, Work

ALL_OTHERS = ""  # the name under which circles with too few people are counted together


@dataclass(slots=True)
class Figures:
    """What happened in a circle, or in several together, in a period."""

    people: int = 0
    cases: int = 0
    reports: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)
    by_outcome: Counter[str] = field(default_factory=Counter)
    by_ground: Counter[str] = field(default_factory=Counter)
    by_act: Counter[str] = field(default_factory=Counter)
    undone: Counter[str] = field(default_factory=Counter)
    automated: int = 0
    appeals: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Figures") -> None:
        """Count another circle's, too."""
        for name in ("cases", "reports", "automated"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("by_kind", "by_outcome", "by_ground", "by_act", "undone", "appeals"):
            getattr(self, name).update(getattr(other, name))

    def as_json(self) -> dict[str, object]:
        """All of it, as plain values."""
        counters = ("by_kind", "by_outcome", "by_ground", "by_act", "undone", "appeals")
        plain: dict[str, object] = {name: dict(sorted(getattr(self, name).items())) for name in counters}
        return {"cases": self.cases, "reports": self.reports, "found_by_machine": self.automated, **plain}


async def figures(work: Work, begin: datetime, end: datetime) -> dict[str, Figures | None]:
    """What can be told of a period (`end` not included), by circle.

    Circles with fewer than ten people are counted together, under an empty name: None where they are too few even then.
    There is no sum of all, since what is hidden would be the difference.
    """
    told: dict[str, Figures | None] = {}
    others, few = Figures(), list[Case]()
    for circle in (await work.exec(select(Circle).order_by(Circle.commune, Circle.name))).all():
        cases = await opened_in(work, circle, begin, end)
        found = await of_cases(work, cases)
        if found.people >= FEWEST:
            told[" · ".join(dict.fromkeys((circle.commune, circle.neighbourhood, circle.name)))] = found
        elif cases:
            others.add(found)
            few += cases
    if few:
        others.people = people(few)  # who is in several of them is one
        told[ALL_OTHERS] = others if others.people >= FEWEST else None
    return told


async def opened_in(work: Work, circle: Circle, begin: datetime, end: datetime) -> Sequence[Case]:
    """The cases of one circle."""
    here = Case.circle == circle.id, col(Case.opened) >= begin, col(Case.opened) < end
    return (await work.exec(select(Case).where(*here))).all()


async def of_cases(work: Work, cases: Sequence[Case]) -> Figures:
    """The counts of one circle's cases."""
    numbers = [case.id for case in cases]
    acts = (await work.exec(select(Act).where(col(Act.case).in_(numbers)))).all()
    appeals = (await work.exec(select(Appeal).where(col(Appeal.case).in_(numbers)))).all()
    done = [act for act in acts if act.undoes is None]
    return Figures(
        people=people(cases), cases=len(cases), reports=sum(case.reports for case in cases),
        by_kind=counted(str(case.kind) for case in cases), by_outcome=counted(str(case.outcome) for case in cases),
        by_ground=counted(case.ground for case in cases if case.person or case.nth),
        by_act=counted(str(act.what) for act in done), automated=sum(case.kind == "held" for case in cases),
        undone=counted(str(act.what) for act in acts if act.undoes is not None),
        appeals=counted(str(appeal.verdict) for appeal in appeals),
    )  # fmt: skip


def people(cases: Sequence[Case]) -> int:
    """At least how many people these are about: those still known, or the most in one month of those who are not."""
    known = {case.person for case in cases if case.person}
    months: dict[str, set[int]] = {}
    for case in cases:
        if case.nth:
            months.setdefault(f"{case.opened:%Y-%m}", set()).add(case.nth)
    return max([len(known), *(len(month) for month in months.values())])


def counted(words: Iterable[str]) -> Counter[str]:
    """How often each."""
    return Counter(words)
