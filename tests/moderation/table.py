"""How well the default policy tells spam and swindle from talk: `python -m tests.moderation.table [--write]`.

The table stands in docs/moderation.md, written by the run; `make test` prints it and holds it against the promise.
"""

import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from moderation.finding import Decision
from moderation.judgement import judge
from moderation.policy import DEFAULT
from moderation.subject import Subject
from tests.moderation.corpus import DISGUISES, Line, read

PAGE = Path(__file__).parents[2] / "docs" / "moderation.md"
BEGIN, END = "<!-- corpus -->\n", "<!-- end -->"
UNWANTED = {"spam", "swindle"}


@dataclass(frozen=True, slots=True)
class Row:
    """How one set of messages was judged; `wrong` are neighbourly ones that were held, `removed` what went further."""

    name: str
    lines: int
    unwanted: int
    held: int
    wrong: int
    removed: int
    abuse: int
    abuse_held: int

    @property
    def precision(self) -> float:
        return self.held / (self.held + self.wrong) if self.held else 0.0

    @property
    def recall(self) -> float:
        return self.held / self.unwanted


def judged(line: Line) -> Decision:
    """What the default policy decides."""
    return judge(Subject(text=line.text, newcomer=line.newcomer), DEFAULT).decision


def measure(name: str, lines: Sequence[Line]) -> Row:
    """Judge them all."""
    found = [(line.kind, judged(line)) for line in lines]
    held = [kind for kind, decision in found if decision >= Decision.HOLD]
    return Row(
        name, len(lines), sum(line.kind in UNWANTED for line in lines), sum(kind in UNWANTED for kind in held),
        held.count("neighbourly"), sum(kind == "neighbourly" and decision > Decision.HOLD for kind, decision in found),
        sum(line.kind == "abuse" for line in lines), held.count("abuse"),
    )  # fmt: skip


def table() -> list[Row]:
    """The unseen half, the same with what is unwanted in disguise, and other parts, of which nothing is asked."""
    unseen = read("unseen")
    rows = [measure("unseen half", unseen)]
    for disguise in DISGUISES:
        lines = [hidden(line, disguise) if line.kind in UNWANTED else line for line in unseen]
        rows.append(measure(f"the same, {disguise.__name__.replace('_', ' ')}", lines))
    more = {"written afterwards, by another": "blind", "sly ones, unseen": "sly", "tuned half": "tuned"}
    return [*rows, *(measure(name, read(part)) for name, part in more.items())]


def hidden(line: Line, disguise: Callable[[str, random.Random], str]) -> Line:
    """A message in one disguise; the same each time."""
    return replace(line, text=disguise(line.text, random.Random(line.text)))  # noqa: S311 - a disguise, no secret


def shown(rows: Sequence[Row]) -> str:
    """In Markdown."""
    names = "messages", "lines", "spam, swindle", "of them held", "neighbourly held", "removed", "precision", "recall"
    cells = [(*names, "abuse held"), ("---", *["---:"] * len(names))]
    cells += [
        (row.name, *map(str, (row.lines, row.unwanted, row.held, row.wrong, row.removed)), f"{row.precision:.3f}",
         f"{row.recall:.3f}", f"{row.abuse_held} of {row.abuse}") for row in rows
    ]  # fmt: skip
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def page(rows: Sequence[Row]) -> str:
    """The page with this table."""
    before, begin, rest = PAGE.read_text("utf-8").partition(BEGIN)
    return f"{before}{begin}{shown(rows)}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    found = table()
    print(shown(found))  # noqa: T201
    if "--write" in sys.argv:
        PAGE.write_text(page(found), "utf-8")
