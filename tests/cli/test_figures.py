"""`palier transparency` tells what moderation did in counts alone, and none of them where few people are behind it."""

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import select

from bot.features.cases.ladder import What
from bot.features.cases.tables import Act, Case, Kind, Outcome
from bot.run import open_store
from bot.store import Circle
from tests.cli.conftest import Home

OURS = "Bourg-Exemple"
MAY = datetime(2026, 5, 10, 12, tzinfo=UTC)


def happened(home: Home, circle: str, people: range, at: datetime = MAY, place: str = "Le Port") -> None:
    """A case each about so many people in a circle."""

    async def fill() -> None:
        async with open_store(home.settings()) as store, store.work() as work:
            here = Circle.name == circle, Circle.neighbourhood == place
            found = (await work.exec(select(Circle).where(*here))).first()
            found = found or Circle(commune=OURS, neighbourhood=place, name=circle)
            work.add(found)
            await work.flush()
            assert found.id
            for nth in people:
                case = Case(circle=found.id, kind=Kind.HELD, outcome=Outcome.ACTED, ground="words", reports=1,
                            person=f"canari {nth}", nth=nth + 1, opened=at, closed=at)  # fmt: skip
                work.add(case)
                await work.flush()
                assert case.id
                work.add(Act(case=case.id, circle=found.id, what=What.WARN, person=case.person, by="canari mo", at=at))

    asyncio.run(fill())


def told(home: Home, first: str = "2026-05-01", last: str = "2026-05-31") -> dict[str, Any]:
    said = home.types("transparency", "--from", first, "--to", last, "--json")
    assert said.code == 0 and "canari" not in said.out, said
    answer: dict[str, Any] = json.loads(said.out)
    assert (answer["from"], answer["to"]) == (first, last)
    circles: dict[str, Any] = answer["circles"]
    return circles


def test_a_circle_with_ten_people_is_told_in_counts_alone(home: Home) -> None:
    home.sets_up()
    happened(home, "Quai", range(10))
    ((name, found),) = told(home).items()
    assert name.startswith(OURS) and name.endswith("Quai")
    assert found == {
        "cases": 10, "reports": 10, "found_by_machine": 10, "by_kind": {"held": 10}, "by_outcome": {"acted": 10},
        "by_ground": {"words": 10}, "by_act": {"warn": 10}, "undone": {}, "appeals": {},
    }  # fmt: skip
    said = home.types("transparency", "--from", "2026-05-01", "--to", "2026-05-31")
    for words in ("from 2026-05-01 to 2026-05-31", "Quai", "Cases: 10. Found by the filter: 10", "warning 10"):
        assert words in said.out
    assert "canari" not in said.out


def test_below_ten_people_no_figure_is_given_however_many_cases_they_have(home: Home) -> None:
    home.sets_up()
    for _ in range(3):
        happened(home, "Quai", range(9))
    assert told(home) == {"*": None}
    said = home.types("transparency", "--from", "2026-05-01", "--to", "2026-05-31").out
    assert "Fewer than ten people" in said and "Quai" not in said and "27" not in said


def test_small_circles_are_told_together_where_they_are_ten_people(home: Home) -> None:
    home.sets_up()
    happened(home, "Grand", range(100, 112))
    happened(home, "Quai", range(6))
    happened(home, "Digue", range(6, 12))
    found = told(home)
    assert [found[name]["cases"] for name in found] == [12, 12] and list(found)[-1] == "*"
    said = home.types("transparency", "--from", "2026-05-01", "--to", "2026-05-31").out
    assert "The other circles together" in said and "Quai" not in said and "Digue" not in said


def test_the_same_people_in_several_small_circles_are_not_more_people(home: Home) -> None:
    home.sets_up()
    for circle in ("Quai", "Digue", "Phare"):
        happened(home, circle, range(6))
    assert told(home) == {"*": None}


def test_circles_of_the_same_name_in_two_neighbourhoods_are_two(home: Home) -> None:
    home.sets_up()
    happened(home, "Rue", range(10))
    happened(home, "Rue", range(20, 31), place="Les Tilleuls")
    assert sorted(found["cases"] for found in told(home).values()) == [10, 11]


def test_the_first_and_the_last_day_count(home: Home) -> None:
    home.sets_up()
    zone = home.settings().timezone
    for day, hour, minute in ((1, 0, 0), (31, 23, 59)):
        happened(home, "Quai", range(10), datetime(2026, 5, day, hour, minute, tzinfo=zone))
    counts = [
        next(iter(told(home, first, last).values()), {"cases": 0})["cases"]
        for first, last in (("2026-05-01", "2026-05-31"), ("2026-05-02", "2026-05-31"), ("2026-05-01", "2026-05-30"),
                            ("2026-05-31", "2026-05-31"), ("2026-05-02", "2026-05-30"))
    ]  # fmt: skip
    assert counts == [20, 10, 10, 10, 0]
    said = home.types("transparency", "--from", "2026-05-02", "--to", "2026-05-30")
    assert said.code == 0 and "There were no cases." in said.out


def test_who_is_no_longer_known_is_still_counted_as_people(home: Home) -> None:
    home.sets_up()
    happened(home, "Quai", range(10))
    with closing(sqlite3.connect(home.database)) as database, database:
        database.execute("update moderation_case set person = ''")
    assert [found["cases"] for found in told(home).values()] == [10]


@pytest.mark.parametrize("day", ["hier", "2026-02-30", "31/01/2026", "9999-12-31", "0001-01-01"])
def test_what_is_no_day_is_told(home: Home, day: str) -> None:
    home.sets_up()
    for option in ("--from", "--to"):
        assert home.fails("transparency", option, day) == f"{day} is not a day, such as 2026-01-31."
