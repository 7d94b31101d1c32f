"""The rows of the table, and what a run of them made of each."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from tests.fidelity.stage import Pair

FORTH, BACK = "Telegram -> Matrix", "Matrix -> Telegram"
Play = Callable[[Pair], Awaitable[None]]
P = TypeVar("P", bound=Play)


@dataclass(frozen=True, slots=True)
class Row:
    """One kind in one direction; `claim` is what the play has seen when it ends without an error."""

    kind: str
    way: str
    claim: str
    play: Play
    forum: bool = False

    @property
    def name(self) -> str:
        return f"{self.kind}, {self.way}"


ROWS: list[Row] = []


def row(kind: str, way: str, claim: str, *, forum: bool = False) -> Callable[[P], P]:
    """A play that shows that something crosses as it should."""

    def note(play: P) -> P:
        ROWS.append(Row(kind, way, claim, play, forum))
        return play

    return note


def markdown(results: dict[str, str]) -> str:
    """The table; each result is "passes", or what went wrong."""
    lines = ["| kind | direction | what was seen | result |", "| --- | --- | --- | --- |"]
    lines += [f"| {row.kind} | {row.way} | {row.claim} | {results.get(row.name, 'not run')} |" for row in ROWS]
    return "\n".join(lines)
