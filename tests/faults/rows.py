"""What a scenario found, in numbers and as a table."""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One result: what was asked, what came; `seconds` is its scenario's time, in equal shares if that has several."""

    what: str
    asked: str
    came: str
    good: bool
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Count:
    """Numbered messages as they arrived in one chat; they were written as 0, 1, 2..."""

    written: int
    seen: tuple[int, ...]

    @property
    def lost(self) -> int:
        return len(set(range(self.written)) - set(self.seen))

    @property
    def twice(self) -> int:
        """How many arrived once more than they should."""
        return len(self.seen) - len(set(self.seen))

    @property
    def disorder(self) -> int:
        """How many came, for the first time, after one that was written later."""
        highest, wrong = -1, 0
        for number in dict.fromkeys(self.seen):
            wrong += number < highest
            highest = max(highest, number)
        return wrong

    @property
    def good(self) -> bool:
        """All, in order, once."""
        return self.good_but_for(0)

    def good_but_for(self, doubts: int) -> bool:
        """All, in order; at most so many twice."""
        return not self.lost and not self.disorder and self.twice <= doubts

    def __str__(self) -> str:
        got = len(set(self.seen) & set(range(self.written)))
        return f"{got} of {self.written}, {self.lost} lost, {self.disorder} out of order, {self.twice} twice"


def together(counts: Iterable[Count]) -> str:
    """Several chats in one line."""
    every = list(counts)
    came = sum(len(set(count.seen)) for count in every)
    lost, disorder, twice = (sum(getattr(c, name) for c in every) for name in ("lost", "disorder", "twice"))
    written = sum(count.written for count in every)
    return f"{came} of {written}, {lost} lost, {disorder} out of order, {twice} twice"


def table(rows: Sequence[Row], width: int = 48) -> str:
    """For a terminal; long cells go on below."""
    heads = ("", "scenario", "asked", "came", "s")
    cells = [
        (["ok" if row.good else "FAILED"], *(textwrap.wrap(text, width) for text in (row.what, row.asked, row.came)),
         [f"{row.seconds:.1f}"])
        for row in rows
    ]  # fmt: skip
    every = [tuple([head] for head in heads), *cells]
    widths = [max(len(line) for row in every for line in row[n]) for n in range(len(heads))]
    lines = []
    for row in every:
        for n in range(max(len(cell) for cell in row)):
            parts = (cell[n] if n < len(cell) else "" for cell in row)
            lines.append("  ".join(part.ljust(size) for part, size in zip(parts, widths, strict=True)).rstrip())
        lines.append("-" * (sum(widths) + 2 * len(widths) - 2))
    return "\n".join(lines)


def markdown(rows: Sequence[Row]) -> str:
    """For docs/faults.md."""
    lines = ["| scenario | asked | came | seconds | |", "| --- | --- | --- | ---: | --- |"]
    for row in rows:
        what, asked, came = (text.replace("|", "\\|") for text in (row.what, row.asked, row.came))
        lines.append(f"| {what} | {asked} | {came} | {row.seconds:.1f} | {'ok' if row.good else '**failed**'} |")
    return "\n".join(lines)
