"""Carries out what waits in the outbox: each chat in order, all chats at once, nothing twice."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from datetime import time as clock_time

import structlog
from sqlmodel import col, func, select

from bot.pace import Pacer
from bot.seal import WrongKey
from bot.store import ACTION, OPEN, Copy, Outgoing, State, Store, Work, now, where
from bridges.model import Action, Chat, Edit, Join, Leave, Mirror, Ref, Remove, Said, Send, Toast
from bridges.port import Bridge, Doubtful, Fate, Refused, Stopped, TryLater

log = structlog.get_logger()
COUNTED = {"send", "edit"}  # what a network's limits count
GIVE_UP = timedelta(hours=48)  # as long as payloads are kept
LONGEST_PAUSE = timedelta(minutes=5)
MORNING = clock_time(8)

OnDead = Callable[[Work, Action, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call went: what to write, and how long to wait before the next try."""

    state: State
    ref: Ref | None = None
    wait: timedelta = timedelta(0)
    why: str = ""


class Courier:
    """Claim, commit, call, commit: no transaction is open while a network takes its time."""

    def __init__(
        self, store: Store, bridges: Mapping[str, Bridge], on_dead: OnDead, tally: Counter[str] | None = None
    ) -> None:
        self._store, self._bridges, self._on_dead = store, bridges, on_dead
        self.tally = Counter[str]() if tally is None else tally
        self.stopped: dict[str, str] = {}  # networks that only a human can help, and why
        self._pacer = Pacer(time.monotonic)
        self._calling: set[int | None] = set()
        self._bell = asyncio.Event()
        self._pause = 1.0
        self._more = False

    def ring(self) -> None:
        """There may be something to do."""
        self._bell.set()

    @property
    def calling(self) -> bool:
        """Whether calls are under way."""
        return bool(self._calling)

    async def run(self, *, forever: bool = True) -> None:
        """Work until cancelled, or else until nothing is due."""
        async with asyncio.TaskGroup() as calls:
            while (claimed := await self._claim_safely()) or self._busy() or forever:
                for row, action, doubtful in claimed:
                    calls.create_task(self._carry(row, action, doubtful=doubtful))
                if not self._more:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self._pause):
                            await self._bell.wait()
                self._bell.clear()

    def _busy(self) -> bool:
        """Whether more may come; a call that ended while the lanes were looked at has rung."""
        return bool(self._calling) or self._more or self._bell.is_set()

    async def _claim_safely(self) -> list[tuple[Outgoing, Action, bool]]:
        try:
            return await self._claim()
        except Exception as error:  # a full disk or a locked file passes; the rows are still there
            log.error("the outbox cannot be read", kind=type(error).__name__)
            self.tally["claim_errors"] += 1
            self._more = False
            return []

    async def _claim(self) -> list[tuple[Outgoing, Action, bool]]:
        """Take the first open row of each lane if it is due.

        One in `sending` that nobody is sending was left by a crash or lost its answer: it is doubtful.
        """
        claimed, self._pause, self._more = [], 1.0, False
        async with self._store.work() as work:
            for row in await self._heads(work):
                if row.id in self._calling or row.network in self.stopped or row.network not in self._bridges:
                    continue
                doubtful, first = row.state is State.SENDING, row.first_try is None
                try:
                    action = await self._aim(work, row)
                except (WrongKey, ValueError) as error:  # one row that cannot be read must not stop the others
                    log.error("a row cannot be read", row=row.id, kind=type(error).__name__)
                    row.state, row.why, row.done, self._more = State.DEAD, "defect", now(), True
                    continue
                if action is None:  # taken back meanwhile, or what it is about is not there
                    row.state, row.done, row.payload, self._more = State.DROPPED, now(), None, True
                    continue
                if not await self._may_go(work, row, action):
                    continue
                row.state, row.first_try = State.SENDING, row.first_try or now()
                row.tries += 1
                claimed.append((row, action, doubtful and not first))
        self._calling.update(row.id for row, _, _ in claimed)
        return claimed

    async def _heads(self, work: Work) -> list[Outgoing]:
        """The first open row of each lane, if it is due; a `~` lane yields to the lane that it is named after."""
        firsts = select(func.min(Outgoing.id)).where(col(Outgoing.state).in_(OPEN)).group_by(Outgoing.lane)
        rows = (await work.exec(select(Outgoing).where(col(Outgoing.id).in_(firsts)))).all()
        lanes, moment = {row.lane for row in rows}, now()
        # What should wait for longer than anything ever does was written before the clock was set back.
        waits = {row.id: row.not_before - moment for row in rows if moment < row.not_before < moment + GIVE_UP}
        due = [row for row in rows if row.id not in waits]
        later = [wait.total_seconds() for wait in waits.values()]
        self._pause = min([self._pause, *later])
        return [row for row in due if not (row.lane.endswith("~") and row.lane[:-1] in lanes)]

    async def _may_go(self, work: Work, row: Outgoing, action: Action) -> bool:
        """Whether the network's pace and the chat's budget let it go now."""
        can = self._bridges[row.network].capabilities(action.chat)
        counts = row.kind in COUNTED
        if (wait := self._pacer.wait(action.chat, can.paces, can.pace_of_all, counts=counts)) > 0:
            self._pause = min(self._pause, wait)
            return False
        if row.unasked is not None and row.tries == 0 and not await work.spend(action.chat):
            row.not_before = tomorrow(now())
            return False
        if counts:
            self._pacer.called(action.chat, can.paces, can.pace_of_all)
        return True

    async def _carry(self, row: Outgoing, action: Action, *, doubtful: bool) -> None:
        try:
            how = Outcome(State.DONE, ref=await self._call(row, action, doubtful=doubtful))
        except TryLater as error:
            self.tally["retries"] += 1
            wait = self._wait(row, error, action)
            how = Outcome(State.SENDING if isinstance(error, Doubtful) else State.WAITING, wait=wait)
            if now() - row.made > GIVE_UP:
                how = Outcome(State.DEAD, why="too-late")
        except Refused as error:
            how = Outcome(State.DEAD, why=error.why)
        except Stopped as error:
            how = Outcome(State.WAITING)
            self.stopped[row.network] = error.why
            log.error("a bridge has stopped", network=row.network, why=error.why)
        except Exception as error:  # a defect in a bridge must not stop the others
            how = Outcome(State.DEAD, why="defect")
            log.error("defect", row=row.id, kind=type(error).__name__)
        await self._note(row, action, how)
        self._calling.discard(row.id)
        self.ring()

    def _wait(self, row: Outgoing, error: TryLater, action: Action) -> timedelta:
        """As long as the network asked for, else a pause that doubles."""
        if error.after is not None:
            self._pacer.refused(action.chat, error.after, everywhere=error.everywhere)
            return error.after
        return min(timedelta(seconds=0.5 * 2 ** min(row.tries - 1, 12)), LONGEST_PAUSE)

    async def _note(self, row: Outgoing, action: Action, how: Outcome) -> None:
        """Write down how it went; if the disk is full, again and again: what was sent must not be sent anew."""
        for pause in (0.1, 0.5, 1, 2, 5, 10, 30, 60):
            try:
                async with self._store.work() as work:
                    await self._write(work, row, action, how)
            except Exception as error:
                log.error("an outcome cannot be written", row=row.id, kind=type(error).__name__)
                await asyncio.sleep(pause)
            else:
                return

    async def _write(self, work: Work, row: Outgoing, action: Action, how: Outcome) -> None:
        row = await work.get_one(Outgoing, row.id)
        row.state, row.not_before, row.why = how.state, now() + how.wait, how.why
        if how.state in (State.DONE, State.DEAD):
            row.done = now()
        if how.state is State.DEAD:
            self.tally["dead"] += 1
            log.warning("refused", row=row.id, what=row.kind, why=how.why)
            await self._on_dead(work, action, how.why)
        if how.state is not State.DONE:
            return
        self.tally[f"done_{row.network}_{row.kind}"] += 1
        ref = how.ref
        match action:
            case Send(copy_of=Ref() as origin) if ref:
                chat = action.chat
                copy = Copy(origin=where(origin), network=chat.network, room=chat.id, thread=chat.thread, id=ref.id)
                copy.part, copy.of = action.part, row.of
                await work.merge(copy)
            case Remove() if ref:
                gone = select(Copy).where(
                    Copy.network == ref.chat.network, Copy.room == ref.chat.id, Copy.id == ref.id
                )
                for copy in await work.exec(gone):
                    await work.delete(copy)

    async def _call(self, row: Outgoing, action: Action, *, doubtful: bool) -> Ref | None:
        bridge, fate = self._bridges[row.network], None
        if doubtful:
            fate = await bridge.settle(action, key=row.key, since=row.first_try or row.made)
            if isinstance(fate, Ref):
                return fate
            if fate is Fate.UNKNOWN:  # twice is better than never, and it is counted
                self.tally["doubts"] += 1
        return await bridge.do(action, key=row.key)

    async def _aim(self, work: Work, row: Outgoing) -> Action | None:
        """The action as its person allows it by now, naming messages as its chat knows them."""
        if row.payload is None:
            return None
        action: Action = ACTION.validate_json(work.seal.open(row.payload))
        if isinstance(action, Said):
            if (passed := await work.admit(unsigned(action))) is None:
                return None
            action = passed
        if isinstance(action, Send):
            reply = await work.resolve(action.reply_to, action.chat) if action.reply_to else None
            # A quote holds somebody else's words: it goes only where these are already.
            return replace(action, reply_to=ref_of(reply) if reply else None, quote=action.quote if reply else "")
        if isinstance(action, Toast | Join | Leave):
            return action
        part, of = (action.part, row.of) if isinstance(action, Edit | Remove) else (0, "")
        if (found := await work.resolve(action.ref, action.chat, part=part, of=of)) is None:
            return None
        match action:
            case Mirror(ref=ref):
                emoji = await work.held(where(await work.origin(ref)), action.chat)
                return replace(action, ref=ref_of(found), emoji=emoji)
            case Remove():
                return replace(action, ref=ref_of(found), sent_at=found.made if isinstance(found, Copy) else None)
        return replace(action, ref=ref_of(found))


def unsigned(said: Send | Edit) -> Send | Edit:
    """As it was before the gate signed it: what is allowed now may be another name."""
    return replace(said, by="")


def ref_of(found: Copy | Ref) -> Ref:
    """The message that a copy is."""
    return Ref(Chat(found.network, found.room, found.thread), found.id) if isinstance(found, Copy) else found


def tomorrow(moment: datetime) -> datetime:
    """When a new day's budget begins to be spent."""
    return datetime.combine(moment.date() + timedelta(days=1), MORNING, moment.tzinfo)
