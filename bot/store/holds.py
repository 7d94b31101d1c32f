"""What is kept back until a human has looked at it, and what waits a moment because its author is new."""

from datetime import timedelta
from typing import Any

from sqlmodel import col, or_, select, update

from bot.seal import Seal
from bot.store.circles import Rules, Shared
from bot.store.tables import OPEN, Outgoing, State, now, where
from bot.store.traces import Traces
from bridges.model import Edit, Ref, Remove

HELD = "held"  # why a row was dropped: nobody let it go
NEW = " new "  # in the name of a lane: words of someone who is new


class Holds(Traces):
    """A transaction, as far as words are held.

    `holding`: the origin whose copies and edits are held from here on; `delaying`: how long those of this origin wait
    before they cross.
    """

    holding: str
    delaying: tuple[str, timedelta]
    queued: int  # how many rows this transaction adds to those that may go

    def begin_anew(self, seal: Seal, rules: Rules, shared: Shared | None) -> None:
        super().begin_anew(seal, rules, shared)
        self.holding, self.delaying, self.queued = "", ("", timedelta(0)), 0

    async def is_held(self, ref: Ref) -> bool:
        """Whether a message, wherever it is asked from, is held, or was and is not to be shown."""
        origin = await self.origin(ref)
        these = Outgoing.origin == where(origin), or_(col(Outgoing.state) == State.HELD, col(Outgoing.why) == HELD)
        return (await self.exec(select(Outgoing.id).where(*these))).first() is not None

    async def release(self, ref: Ref) -> int:
        """What is held of a message may go; how many actions that are."""
        return await self._end_hold(ref, state=State.WAITING, not_before=now())

    async def discard(self, ref: Ref) -> int:
        """What is held of a message never goes, and no words of it are kept; how many actions that were."""
        return await self._end_hold(ref, state=State.DROPPED, done=now(), payload=None, why=HELD)

    async def _end_hold(self, ref: Ref, **values: Any) -> int:
        these = col(Outgoing.origin) == where(await self.origin(ref)), col(Outgoing.state) == State.HELD
        done: Any = await self.exec(update(Outgoing).where(*these).values(**values).returning(col(Outgoing.id)))
        rows = len(done.all())
        if self.shared:
            self.shared.changes += 1
        self.queued += rows
        return rows

    async def _lane_of(self, action: Edit | Remove) -> str:
        """The lane in which words wait because their author is new, so that what follows waits behind them."""
        there = Outgoing.origin == where(action.ref), Outgoing.place == self.place(action.chat)
        these = *there, col(Outgoing.state).in_(OPEN)
        lanes = await self.exec(select(Outgoing.lane).where(*these, Outgoing.kind == "send"))
        return next((lane for lane in lanes if NEW in lane), "")
