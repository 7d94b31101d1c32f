"""The tables in docs that are made from the code: `python -m tests.data` prints them, `--write` keeps them."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path

from bot.app import find_features
from bot.config import Commune
from bot.paperwork import Paperwork, columns
from bot.texts import Texts
from moderation.checks import Check, checks
from moderation.finding import Decision
from moderation.policy import DEFAULT, Policy

DOCS = Path(__file__).parents[1] / "docs"
PAGE, CHECKS = DOCS / "data.md", DOCS / "moderation.md"


def page() -> str:
    """The page about data with the tables as the code has them."""
    find_features()  # their tables are declared in their files
    nobody = Commune(name="Bourg-Exemple", neighbourhoods=("Les Tilleuls",))
    purposes = Paperwork(Texts(), "en", nobody).table()
    made = lines(("table", "column", "purpose", "days", "stays"), columns())
    return filled(filled(PAGE.read_text("utf-8"), "purposes", purposes), "columns", made)


def moderation_page() -> str:
    """The page about moderation with its checks and settings as the code has them."""
    texts, text = Texts(), CHECKS.read_text("utf-8")
    found = [
        (check.name, check.looks_at, "; ".join(f"{texts.say('en', why)} ({most})" for why, most in reasons(check)))
        for check in checks().values()
    ]
    text = filled(text, "checks", lines(("check", "looks at", "may find (at most)"), found))
    names = [one.name for one in fields(Policy) if one.name not in {"name", "checks"}]
    values = [(name, shown(getattr(DEFAULT, name))) for name in names]
    return filled(text, "policy", lines(("setting", "default"), values))


def reasons(check: Check) -> list[tuple[str, Decision]]:
    """Why it may speak, and how grave that is at most."""
    return sorted(check.reasons.items())


def shown(value: object) -> str:
    """A value as it is typed."""
    return " ".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value).lower()


def lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    cells = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join('' if cell is None else str(cell) for cell in row)} |" for row in cells)


def filled(text: str, name: str, table: str) -> str:
    """A page with a table where it belongs."""
    before, begin, rest = text.partition(f"<!-- {name} -->\n")
    assert begin, f"the page has no place for {name}"
    return f"{before}{begin}{table}\n<!-- end -->{rest.partition('<!-- end -->')[2]}"


if __name__ == "__main__":
    for path, text in ((PAGE, page()), (CHECKS, moderation_page())):
        if "--write" in sys.argv:
            path.write_text(text, "utf-8")
        print(text)  # noqa: T201
