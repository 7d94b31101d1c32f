"""Writes down how calls went: the rows, the map of copies, and what follows from what was decided meanwhile."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import ColumnElement
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import SQLModel, col, delete, select, update

from bot.courier.aim import unsigned
from bot.courier.parcel import APART, Outcome, Parcel
from bot.courier.row import END, Row, many
from bot.store import TAKEN_BACK, Copy, Outgoing, State, Work, now, where
from bridges.model import Action, Chat, Edit, Person, Ref, Remove, Send, Voice
from bridges.port import Bridge

log = structlog.get_logger()
OUTBOX = SQLModel.metadata.tables["outgoing"]
OVER = {State.DONE, State.DEAD, State.DROPPED}

OnDead = Callable[[Work, Action, str], Awaitable[None]]
OnShut = Callable[[Work, Chat, str], Awaitable[None]]


class Notes:
    """Everything is written in the transaction that it is given."""

    def __init__(
        self, bridges: Mapping[str, Bridge], tally: Counter[str], on_dead: OnDead, on_shut: OnShut | None = None
    ) -> None:
        self._bridges, self._tally, self._on_dead, self._on_shut = bridges, tally, on_dead, on_shut

    async def write(self, work: Work, ended: Sequence[tuple[Parcel, Outcome]]) -> None:
        """Outcomes of calls, in the order in which they came."""
        if not ended:
            return
        version = await work.version()
        plain = {id(parcel) for parcel, _ in ended if version is not None and parcel.version == version}
        ids = [row.id for parcel, _ in ended if id(parcel) not in plain for row in parcel.rows]
        taken_back: set[int | None] = set()
        if ids:
            marks = select(Outgoing.id, Outgoing.why).where(col(Outgoing.id).in_(ids))
            taken_back = {id_ for id_, why in await work.exec(marks) if why == TAKEN_BACK}
        await work.note_copies([copy for parcel, how in ended for copy in copies(parcel, how)])
        await many(work, END, [
            {"row": row.id, "new_state": how.state, "new_not_before": now(), "new_done": now(),
             "new_why": TAKEN_BACK if row.id in taken_back | parcel.gone else ""}
            for parcel, how in ended if how.state is State.DONE for row in parcel.rows
        ])  # fmt: skip
        for parcel, how in ended:
            taken_back |= parcel.gone
            if how.state is not State.DONE:  # what was sent is there, whoever did it
                await self._rows(work, parcel, how, taken_back)
            for n, (row, action) in enumerate(zip(parcel.rows, parcel.actions, strict=True)):
                ref = how.refs[n] if n < len(how.refs) else None
                if how.state is State.DONE:
                    self._tally[f"done_{row.network}_{row.kind}"] += 1
                    await self._done(work, parcel, n, ref)
                    if id(parcel) not in plain and ref and isinstance(action, Send) and action.copy_of:
                        copy = Copy(**copy_made(parcel, n, ref))
                        await self._follow(work, row, action, copy, taken_back=row.id in taken_back)
                elif how.state is State.DEAD:
                    self._tally["dead"] += 1
                    log.warning("refused", row=row.id, what=row.kind, why=how.why)
                    await self._tell(work, action, how.why)
            if how.why.startswith("shut ") and self._on_shut:
                await self._shut(work, parcel.actions[0].chat, how.why.removeprefix("shut "))

    async def _rows(self, work: Work, parcel: Parcel, how: Outcome, taken_back: set[int | None]) -> None:
        over = how.state in OVER
        values = {"state": how.state, "not_before": now() + how.wait, "done": now() if over else None}
        why = how.why if how.state is State.DEAD else ""
        if how.state is State.WAITING:
            values |= {"worker": 0, "bundle": "", **({"album": ""} if how.why == APART else {})}
        for back in (True, False):
            these = [row.id for row in parcel.rows if (row.id in taken_back) == back]
            if these:
                change = values | {"why": why or (TAKEN_BACK if back else "")}
                if back and how.state is State.WAITING:
                    change |= {"state": State.DROPPED, "done": now(), "payload": None}
                mine = col(Outgoing.worker) == parcel.rows[0].worker  # another may have the row by now
                await work.exec(update(Outgoing).where(col(Outgoing.id).in_(these), mine).values(**change))

    async def _done(self, work: Work, parcel: Parcel, n: int, ref: Ref | None) -> None:
        row, action = parcel.rows[n], parcel.actions[n]
        if ref and isinstance(action, Send) and self._bridges[row.network].capabilities(ref.chat).numbered:
            work.sight(ref)
        match action:
            case Send(copy_of=Ref(), chat=chat) if ref:
                strand, opens = action.strand, self._bridges[row.network].capabilities(chat).threads
                if strand and opens and not chat.thread:
                    await work.open_strand(strand, chat, ref.id)
            case Remove() | Edit() if row.kind == "remove":
                await self._removed(work, action, parcel.copies)

    async def _removed(self, work: Work, action: Remove | Edit, copies: Sequence[Copy]) -> None:
        """What is gone is no copy any more; what only shared a message with it is said once more."""
        if not copies:
            await work.exec(delete(Copy).where(*at(action.ref, action.chat)))
        for copy in copies[1:]:
            await work.send_again(copy)
        for copy in copies:
            one = at(Ref(action.chat, copy.id), action.chat)
            await work.exec(delete(Copy).where(*one, col(Copy.origin) == copy.origin, col(Copy.part) == copy.part))

    async def _follow(self, work: Work, row: Row, sent: Send, copy: Copy, *, taken_back: bool) -> None:
        """What was decided while it was on its way: a copy that may not be there goes, an old name is replaced."""
        assert sent.copy_of
        if isinstance(sent.of, Voice) or not sent.of:
            return
        passed = None if taken_back else await work.admit(unsigned(sent), again=True)
        if passed is not None and passed.by == sent.by:
            return
        keeps = self._bridges[row.network].capabilities(sent.chat).keeps_old_text
        if passed is None or keeps or not await work.sign_again(copy, sent.of):
            await work.exec(update(Outgoing).where(col(Outgoing.id) == row.id).values(payload=None))
            await work.do(Remove(chat=sent.chat, ref=sent.copy_of, part=sent.part, asked_by=sent.of), bulk=True)

    async def _shut(self, work: Work, chat: Chat, why: str) -> None:
        assert self._on_shut
        await self._guarded(work, self._on_shut(work, chat, why))

    async def _tell(self, work: Work, action: Action, why: str) -> None:
        """Let the features know; whatever they do, the row is given up, and not called again."""
        if isinstance(action, Send) and why == "kept" and isinstance(action.of, Person) and action.copy_of:
            action = Remove(chat=action.chat, ref=action.copy_of, asked_by=action.of)
        await self._guarded(work, self._on_dead(work, action, why))

    async def _guarded(self, work: Work, call: Awaitable[Any]) -> None:
        try:
            async with work.attempt():
                await call
        except (OperationalError, InterfaceError, OSError):
            raise
        except Exception as error:
            log.error("a feature failed to be told", kind=type(error).__name__)


def copies(parcel: Parcel, how: Outcome) -> list[dict[str, Any]]:
    """The copies that a call made, as rows: an object for each would cost more than writing them."""
    made = enumerate(how.refs if how.state is State.DONE else ())
    sends = [isinstance(action, Send) and action.copy_of is not None for action in parcel.actions]
    return [copy_made(parcel, n, ref) for n, ref in made if ref and sends[n]]


def copy_made(parcel: Parcel, n: int, ref: Ref) -> dict[str, Any]:
    """Where the copy of one row's words is now."""
    send, row = parcel.actions[n], parcel.rows[n]
    assert isinstance(send, Send) and send.copy_of
    form = str(send.media.kind) if send.media else "spot" if send.spot else ""
    nth = n if parcel.how == "merged" else 0
    chat = send.chat
    return {
        "origin": where(send.copy_of), "network": chat.network, "room": chat.id, "thread": chat.thread,
        "part": send.part, "id": ref.id, "of": row.of, "nth": nth, "form": form, "made": now(),
    }  # fmt: skip


def at(ref: Ref, chat: Chat) -> tuple[ColumnElement[bool], ...]:
    """Copies that are this message of a room."""
    return col(Copy.network) == chat.network, col(Copy.room) == chat.id, col(Copy.id) == ref.id
