"""What a town hall asks an operator for: papers, a commune that leaves, backups that do not stay for ever."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import SQLModel, select

from bot.cli.speaking import texts
from bot.features.cases.ladder import What
from bot.features.cases.tables import Act, Appeal, Case, Desk, Kind, Report, Target
from bot.features.charter.tables import Pledge
from bot.features.raid import Raid
from bot.paperwork import BLANK
from bot.purposes import PURPOSES
from bot.run import open_store
from bot.store import Circle, Consent, Copy, Linked, Mandate, Member, Room, Work
from bridges.model import Chat, Person, Send, Voice
from tests.cli.conftest import Home
from tests.cli.test_keeping import running

OURS, OTHER = "Bourg-Exemple", "Autre-Ville"
ENGLISH = ("register.md", "notice.md", "impact-assessment.md", "processor-contract.md")
FRENCH = ("registre.md", "information.md", "analyse-impact.md", "sous-traitance.md")


def two_communes(home: Home) -> None:
    home.sets_up()
    more = f'\n[[commune]]\nname = "{OTHER}"\nneighbourhoods = ["La Gare"]\n'
    home.config.write_text(home.config.read_text() + more)


def rows(home: Home) -> Mapping[str, list[Any]]:
    """All that the database holds."""
    with closing(sqlite3.connect(home.database)) as database:
        found = {name: database.execute(f"select * from {name}") for name in SQLModel.metadata.tables}  # noqa: S608
        return {name: sorted(table.fetchall(), key=repr) for name, table in found.items()}


# --- papers


def test_four_papers_are_written_and_tell_every_purpose(home: Home) -> None:
    home.sets_up()
    said = home.types("register", "--out", "papers", "--language", "en")
    assert said.code == 0, said
    papers = {path.name: path.read_text() for path in (home.folder / "papers").iterdir()}
    assert sorted(papers) == sorted(ENGLISH)
    for name, text in papers.items():
        assert text.startswith("# ") and f"papers/{name}" in said.out
        assert all(f"\n| {texts().say('en', f'purpose-{purpose}')} | " in text for purpose in PURPOSES)
        assert "&" not in text and "{ $" not in text
    assert "Mairie de Bourg-Exemple" in papers["register.md"] and "Les Tilleuls, Le Port" in papers["register.md"]
    assert "article 35" in papers["impact-assessment.md"] and "article 28" in papers["processor-contract.md"]


def test_the_blanks_that_a_human_fills_in_are_counted(home: Home) -> None:
    home.sets_up()
    said = home.types("register", "--language", "en")
    papers = [(home.folder / name).read_text().splitlines() for name in ENGLISH]
    to_fill = sum(line.count(BLANK) for text in papers for line in text if "made by “palier register”" not in line)
    assert to_fill and f"to fill in: {to_fill} in all" in said.out


def test_papers_are_in_the_language_that_is_asked_for_or_else_in_that_of_the_settings(home: Home) -> None:
    home.sets_up("--language", "fr")
    assert home.types("register").code == 0
    assert all((home.folder / name).read_text().startswith("# ") for name in FRENCH)
    assert not (home.folder / "register.md").exists()
    assert home.types("register", "--language", "en").code == 0
    assert all((home.folder / name).exists() for name in ENGLISH)
    said = home.fails("register", "--language", "tlh")
    assert "tlh" in said and "fr" in said and "en" in said


def test_made_again_they_replace_those_of_before(home: Home) -> None:
    home.sets_up()
    (home.folder / "register.md").write_text("before")
    home.types("register", "--language", "en")
    assert "before" not in (home.folder / "register.md").read_text()


def test_several_communes_have_a_folder_each(home: Home) -> None:
    two_communes(home)
    assert home.types("register", "--out", "papers", "--language", "en").code == 0
    for commune, others in ((OURS, OTHER), (OTHER, OURS)):
        folder = home.folder / "papers" / commune
        assert sorted(path.name for path in folder.iterdir()) == sorted(ENGLISH)
        text = (folder / "register.md").read_text()
        assert commune in text and others not in text


def test_a_folder_that_cannot_be_written_is_told_in_a_line(home: Home) -> None:
    home.sets_up()
    (home.folder / "papers").write_text("a file in the way")
    for place in ("papers", "papers/inside"):
        said = home.fails("register", "--out", place, "--language", "en")
        assert f"{place}/register.md cannot be written" in said


# --- a commune leaves


async def settle(work: Work, commune: str, place: str, nth: int) -> None:
    """A circle with something in every kind of table."""
    group, desk = Chat("telegram", f"-{nth}00"), Chat("telegram", f"-{nth}01")
    ana = Person(f"{nth}", group, "Ana Canari")
    me = work.hash(ana)
    circle = Circle(commune=commune, neighbourhood=place, name=place)
    work.add(circle)
    await work.flush()
    assert circle.id
    case = Case(circle=circle.id, kind=Kind.HELD, person=me, origin=f"telegram|{group.id}|7", nth=1)
    work.add(case)
    await work.flush()
    assert case.id
    act = Act(case=case.id, circle=circle.id, what=What.BAN, person=me)
    work.add(act)
    await work.flush()
    assert act.id
    for chat in (group, desk):
        work.add(Room(network=chat.network, id=chat.id, title=place, kind="room"))
    for row in (
        Linked(network="telegram", room=group.id, circle=circle.id),
        Desk(scope=commune, network="telegram", room=desk.id), Consent(person=me, circle=circle.id, number=1),
        Member(person=me, circle=circle.id), Mandate(person=me, role="moderator", scope=f"{commune}/{place}"),
        Report(case=case.id, person=me), Appeal(case=case.id, person=me, words=work.seal.close("canari")),
        Pledge(person=me, circle=circle.id), Raid(circle=circle.id),
        Target(act=act.id, nth=0, network="matrix", room=f"!{nth}"),
        Copy(origin=f"telegram|{group.id}|7", network="matrix", room=f"!{nth}", id="$1", of=me),
        Copy(origin=f"palier|case|{case.id}", network="telegram", room=desk.id, id="9"),
        Copy(origin=f"palier|statement|{case.id}", network="telegram", room=ana.id, id="4"),
    ):  # fmt: skip
        work.add(row)
    for scope in (commune, f"{commune}/{place}", f"circle {circle.id}", f"raid {circle.id}"):
        await work.set_policy(scope, {"dry": True})
    for chat in (group, desk):
        work._queue(Send(chat=chat, html="canari", of=Voice.BOT), bulk=False)


def lives(home: Home, commune: str, place: str, nth: int) -> None:
    async def fill() -> None:
        async with open_store(home.settings()) as store, store.work() as work:
            await settle(work, commune, place, nth)

    asyncio.run(fill())


def test_forgetting_a_commune_counts_first_and_changes_nothing(home: Home) -> None:
    two_communes(home)
    lives(home, OURS, "Le Port", 1)
    before = rows(home)
    said = home.types("forget", "--commune", OURS)
    assert said.code == 0 and "Nothing was erased" in said.out, said
    assert "moderation_case: 1\n" in said.out and "consent: 1\n" in said.out
    assert rows(home) == before


@pytest.mark.parametrize("typed", [OURS, "  bourg-EXEMPLE "])
def test_with_yes_all_of_it_goes_and_the_other_commune_keeps_its_own(home: Home, typed: str) -> None:
    two_communes(home)
    lives(home, OTHER, "La Gare", 1)
    before = rows(home)
    lives(home, OURS, "Le Port", 2)
    said = home.types("forget", "--commune", typed, "--yes")
    assert said.code == 0 and f"rows of {OURS}" in said.out and "within 30 days" in said.out, said
    assert rows(home) == before
    assert f"no commune “{OURS}”" in home.fails("forget", "--commune", OURS, "--yes")


def alone(home: Home, *words: str) -> None:
    """A command in a process of its own, which knows only what it loads."""
    env = {"PYTHONPATH": str(Path(__file__).parents[2]), "LANG": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=home.folder, env=env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done


def test_the_tables_of_every_feature_are_known_to_a_command_alone(home: Home) -> None:
    two_communes(home)
    lives(home, OTHER, "La Gare", 1)
    before = rows(home)
    lives(home, OURS, "Le Port", 2)
    alone(home, "forget", "--commune", OURS, "--yes")
    assert rows(home) == before
    alone(home, "rotate-key")

    async def words() -> list[str]:
        async with open_store(home.settings()) as store, store.work() as work:
            return [work.seal.open(one.words or b"") for one in await work.exec(select(Appeal))]

    assert asyncio.run(words()) == ["canari"]


def test_a_commune_of_which_nothing_is_kept_is_unknown(home: Home) -> None:
    home.sets_up()
    lives(home, OURS, "Le Port", 1)
    before = rows(home)
    for name in ("Nulle-Part", "Bourg", "Bourg-Exemple/Le Port", "circle 1", ""):
        assert f"no commune “{name}”" in home.fails("forget", "--commune", name, "--yes")
    assert rows(home) == before


def test_while_the_bot_runs_no_commune_is_forgotten(home: Home) -> None:
    home.sets_up()
    lives(home, OURS, "Le Port", 1)
    before = rows(home)
    with running(home):
        assert "already runs" in home.fails("forget", "--commune", OURS, "--yes")
    assert rows(home) == before


# --- backups that expire


def aged(path: Path, days: float) -> Path:
    then = time.time() - days * 86_400
    os.utime(path, (then, then), follow_symlinks=False)
    return path


def test_a_backup_older_than_thirty_days_goes_with_the_next(home: Home) -> None:
    home.sets_up()
    for name in ("old.db", "young.db", "elsewhere/old.db"):
        (home.folder / name).parent.mkdir(exist_ok=True)
        assert home.types("backup", name).code == 0
    aged(home.folder / "old.db", 30.1)
    aged(home.folder / "elsewhere/old.db", 90)
    aged(home.folder / "young.db", 29.9)
    said = home.types("backup", "new.db")
    assert said.code == 0 and "older than 30 days erased: old.db" in said.out
    assert not (home.folder / "old.db").exists()
    assert all((home.folder / name).exists() for name in ("young.db", "new.db", "elsewhere/old.db"))


def test_other_files_stay_whatever_their_age(home: Home) -> None:
    home.sets_up()
    home.types("backup", "b.db")
    home.types("restore", "b.db")
    with closing(sqlite3.connect(home.folder / "mine.db")) as mine:
        mine.execute("create table mine (id integer)")
    (home.folder / "elsewhere").mkdir()
    (home.folder / "b.db").rename(home.folder / "elsewhere" / "b.db")
    (home.folder / "link.db").symlink_to(aged(home.folder / "elsewhere" / "b.db", 90))
    for name, text in (("letter.txt", "canari"), ("empty.db", ""), ("almost.db", "SQLite format 3")):
        (home.folder / name).write_text(text)
    before = {aged(path, 90).name for path in home.folder.iterdir()}
    assert {"palier.db", "palier.key", "palier.toml", "mine.db", "link.db"} <= before
    said = home.types("backup", "new.db")
    assert said.code == 0 and "erased" not in said.out, said
    assert before <= {path.name for path in home.folder.iterdir()}
    assert (home.folder / "elsewhere" / "b.db").exists()
