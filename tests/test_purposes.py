"""Every use of personal data is declared, worded in every language, and documented as the code has it."""

import pytest
from sqlalchemy import LargeBinary
from sqlmodel import SQLModel

from bot.app import find_features
from bot.config import Commune
from bot.paperwork import BLANK, DETAILS, Paperwork
from bot.purposes import AGREED, NEVER, PURPOSES, personal
from bot.texts import Texts
from tests.data import CHECKS, PAGE, moderation_page, page

TEXTS = Texts()
FEATURES = find_features()
COLUMNS = [column for table in SQLModel.metadata.sorted_tables for column in table.c]
OPEN = {("remembered", "value")}  # what bridges keep: sealed, and no person's
COMMUNE = Commune(name="Bourg-Exemple", neighbourhoods=("Les Tilleuls", "Le Port"))


def test_a_personal_column_names_a_purpose_that_stores_and_how_long() -> None:
    named = [column for column in COLUMNS if "purpose" in column.info]
    assert len(named) > 15
    for column in named:
        assert column.info["purpose"] in PURPOSES
        assert isinstance(column.info["keep_days"], int), f"{column} names no retention"
        if after := column.info["after"]:
            assert after in column.table.c


def test_what_is_sealed_is_somebodys() -> None:
    sealed = {(c.table.name, c.name) for c in COLUMNS if isinstance(c.type, LargeBinary) and "purpose" not in c.info}
    assert sealed == OPEN


def test_columns_that_speak_of_people_are_declared() -> None:
    words = {"person", "by", "of", "who", "identity", "author", "reporter", "sender", "user", "payload", "words"}
    assert [str(c) for c in COLUMNS if c.name in words and "purpose" not in c.info] == []


def test_a_column_of_no_declared_purpose_is_refused() -> None:
    with pytest.raises(ValueError, match="curiosity"):
        personal("curiosity")


@pytest.mark.parametrize("name", PURPOSES)
def test_every_purpose_is_told_in_every_language(name: str) -> None:
    assert TEXTS.has(f"purpose-{name}") and TEXTS.has(f"purpose-{name}-kept")
    assert [detail for detail in DETAILS if TEXTS.has(f"purpose-{name}-{detail}")]
    assert all(TEXTS.has(key) for key in PURPOSES[name].asked_by)


def test_what_rests_on_a_yes_can_be_taken_back_and_what_is_never_done_has_no_basis() -> None:
    for purpose in PURPOSES.values():
        assert not purpose.asks or TEXTS.has(f"purpose-{purpose.name}-back")
        assert (purpose.commune == NEVER) == (purpose.association == NEVER)
        assert purpose.commune != AGREED or not purpose.stays


def test_a_wording_is_known_by_its_version_and_its_words() -> None:
    relay = PURPOSES["relay"]
    assert relay.wording("fr", "un") != relay.wording("fr", "deux")
    assert relay.wording("fr", "un").startswith("1 fr ")


def test_the_tables_in_docs_are_what_the_code_says() -> None:
    assert PAGE.read_text("utf-8") == page(), "python -m tests.data --write"
    assert CHECKS.read_text("utf-8") == moderation_page(), "python -m tests.data --write"



@pytest.mark.parametrize("language", TEXTS.languages)
def test_the_papers_name_every_purpose_and_leave_blanks_for_humans(language: str) -> None:
    papers = Paperwork(TEXTS, language, COMMUNE).documents()
    assert len(papers) == 4
    for name, text in papers.items():
        assert name.endswith(".md") and text.startswith("# ")
        assert "Bourg-Exemple" in text and "{" not in text
        for purpose in PURPOSES:
            assert f"| {TEXTS.say(language, f'purpose-{purpose}')} |" in text
        assert len({row.count("|") for row in text.split("\n") if row.startswith("| ") and "RGPD" not in row}) <= 2
    register, notice, impact, contract = papers.values()
    assert min(text.count(BLANK) for text in (register, impact, contract)) > 5
    assert "6(1)(f)" in register and "49(1)(a)" in register and "28(3)" in contract and "35(9)" in impact
    assert "/mydata" in notice or "/mesdonnees" in notice


def test_what_is_filled_in_may_be_long() -> None:
    words = "<mot> " * 1_000
    told = TEXTS.say("fr", "mesdonnees-objection-answered", number=1, at="hier", answer=words)
    assert told.endswith("&lt;mot&gt; " * 1_000) and "n° 1 du hier" in told
