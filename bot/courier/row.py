"""A row of the outbox as the courier handles it: plain data, read and written many at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import SQLModel, select, update

from bot.store import Outgoing, State, Work

OUTBOX = SQLModel.metadata.tables["outgoing"]


@dataclass(slots=True)
class Row:
    """See `Outgoing`; the fields are its columns."""

    id: int
    key: str
    lane: str
    network: str
    place: str
    room: str
    kind: str
    album: str
    bundle: str
    worker: int
    before: int
    payload: bytes | None
    of: str
    origin: str
    part: int
    unasked: int | None
    state: State
    not_before: datetime
    made: datetime
    first_try: datetime | None
    tries: int
    called: datetime | None
    done: datetime | None
    why: str


NAMES = tuple(Row.__slots__)
all_of = attrgetter(*NAMES)
COLUMNS: Any = select(*(getattr(Outgoing, name) for name in NAMES)).order_by(OUTBOX.c.id)



def writing(*names: str) -> Any:
    """A statement that changes these columns of a row."""
    return update(OUTBOX).where(OUTBOX.c.id == bindparam("row")).values({one: bindparam(f"new_{one}") for one in names})


CHANGED = [
    "bundle", "worker", "before", "payload", "state", "not_before", "first_try", "tries", "called", "done", "why",
]  # fmt: skip
WRITE, END = writing(*CHANGED), writing("state", "not_before", "done", "why")


class Rows:
    """Rows that were read in a transaction: what was changed in them is written at its end, all at once."""

    def __init__(self, work: Work) -> None:
        self._work, self._read = work, dict[int, tuple[Row, tuple[Any, ...]]]()

    async def read(self, query: Any) -> list[Row]:
        """Rows, by a query made of `COLUMNS`; one that was read before is the same object."""
        found = []
        for columns in await self._work.exec(query):
            row = Row(*columns)
            found.append(self._read.setdefault(row.id, (row, tuple(columns)))[0])
        return found

    async def write(self) -> None:
        """What is different by now."""
        changed = [row for row, before in self._read.values() if all_of(row) != before]
        if changed:
            rows = [{"row": row.id, **{f"new_{name}": getattr(row, name) for name in CHANGED}} for row in changed]
            await many(self._work, WRITE, rows)


async def many(work: Work, statement: Any, rows: Sequence[dict[str, Any]] | Iterable[dict[str, Any]]) -> None:
    """One statement for many rows."""
    if rows := list(rows):
        await work.run_sync(lambda session: session.connection().execute(statement, rows))
