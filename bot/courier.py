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
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import col, func, select

from bot.pace import Pacer
from bot.seal import WrongKey
from bot.store import ACTION, OPEN, TAKEN_BACK, Copy, Outgoing, State, Store, Work, now, to_the_end, where
from bridges.model import Action, Chat, Edit, Join, Leave, Mirror, Person, Ref, Remove, Said, Send, Toast, Voice
from bridges.port import Bridge, Doubtful, Fate, Refused, Stopped, TryLater

log = structlog.get_logger()
COUNTED = {"send", "edit"}  # what a network's limits count
GIVE_UP = timedelta(hours=48)  # as long as payloads are kept
LONG_AGO = timedelta(hours=21)  # longer than networks remember what they were asked
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
        self._places: dict[str, Chat] = {}
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
            return await to_the_end(self._claim())
        except Exception as error:  # a full disk or a locked file passes; the rows are still there
            log.error("the outbox cannot be read", kind=type(error).__name__)
            self.tally["claim_errors"] += 1
            self._more = False
            return []

    async def _claim(self) -> list[tuple[Outgoing, Action, bool]]:
        """Take the first open row of each lane if it is due.

        One in `sending` that nobody is sending was left by a crash or lost its answer: it is doubtful. If it should not
        be done any more, it is still claimed: what arrived has to be found, to be removed.
        """
        claimed, self._pause, self._more = [], 1.0, False
        async with self._store.work() as work:
            for row in await self._heads(work):
                if row.id in self._calling or row.network in self.stopped or row.network not in self._bridges:
                    continue
                if self._is_early(row):
                    continue
                doubtful, first = row.state is State.SENDING, row.first_try is None
                if old(row):  # a network that was away for days does not get what was said then
                    row.state, row.why, row.done, self._more = State.DEAD, "too-late", now(), True
                    self.tally["dead"] += 1
                    if row.payload:
                        await self._tell(work, ACTION.validate_json(work.seal.open(row.payload)), row.why)
                    continue
                try:
                    action = await self._aim(work, row)
                except (WrongKey, ValueError) as error:  # one row that cannot be read must not stop the others
                    log.error("a row cannot be read", row=row.id, kind=type(error).__name__)
                    row.state, row.why, row.done, self._more = State.DEAD, "defect", now(), True
                    continue
                if action is None and doubtful and row.kind == "send" and row.payload:
                    row.why = TAKEN_BACK
                    action = ACTION.validate_json(work.seal.open(row.payload))
                elif action is None:  # taken back meanwhile, or what it is about is not there
                    row.state, row.done, row.payload, self._more = State.DROPPED, now(), None, True
                    continue
                elif not await self._may_go(work, row, action):
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

    def _is_early(self, row: Outgoing) -> bool:
        """Whether the pace of a chat that was called before holds this row: then nothing has to be looked up."""
        if row.kind not in COUNTED or (chat := self._places.get(row.place)) is None:
            return False
        can = self._bridges[row.network].capabilities(chat)
        if (wait := self._pacer.wait(chat, can.paces, can.pace_of_all, counts=True)) > 0:
            self._pause = min(self._pause, wait)
        return wait > 0

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
            self._places[row.place] = action.chat
            self._pacer.called(action.chat, can.paces, can.pace_of_all)
        return True

    async def _carry(self, row: Outgoing, action: Action, *, doubtful: bool) -> None:
        try:
            await self._note(row, action, await self._outcome(row, action, doubtful=doubtful))
        finally:
            self._calling.discard(row.id)
            self.ring()

    async def _outcome(self, row: Outgoing, action: Action, *, doubtful: bool) -> Outcome:
        try:
            if row.why == TAKEN_BACK:
                how = await self._find(row, action)
            else:
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
        return how

    async def _find(self, row: Outgoing, action: Action) -> Outcome:
        """What became of a message that was taken back while nobody knew whether it had arrived."""
        # Asked about a call of long ago, a bridge looks instead of trusting that a repetition does no harm.
        since = (row.first_try or row.made) - LONG_AGO
        fate = await self._bridges[row.network].settle(action, key=row.key, since=since)
        if isinstance(fate, Ref):
            return Outcome(State.DONE, ref=fate)
        return Outcome(State.DROPPED) if fate is Fate.AGAIN else Outcome(State.DEAD, why="kept")

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
                await to_the_end(self._write_down(row, action, how))
            except Exception as error:
                log.error("an outcome cannot be written", row=row.id, kind=type(error).__name__)
                await asyncio.sleep(pause)
            else:
                return

    async def _write_down(self, row: Outgoing, action: Action, how: Outcome) -> None:
        async with self._store.work() as work:
            await self._write(work, row, action, how)

    async def _write(self, work: Work, row: Outgoing, action: Action, how: Outcome) -> None:
        row = await work.get_one(Outgoing, row.id)
        taken_back = row.why == TAKEN_BACK
        row.state, row.not_before, row.why = how.state, now() + how.wait, how.why or (TAKEN_BACK if taken_back else "")
        if how.state in (State.DONE, State.DEAD, State.DROPPED):
            row.done = now()
        if how.state is State.DEAD:
            self.tally["dead"] += 1
            log.warning("refused", row=row.id, what=row.kind, why=how.why)
            await self._tell(work, action, how.why)
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
                await self._follow(work, row, action, copy)
            case Remove() if ref:
                gone = select(Copy).where(
                    Copy.network == ref.chat.network, Copy.room == ref.chat.id, Copy.id == ref.id
                )
                for copy in await work.exec(gone):
                    await work.delete(copy)

    async def _follow(self, work: Work, row: Outgoing, sent: Send, copy: Copy) -> None:
        """What was decided while it was on its way: a copy that may not be there goes, an old name is replaced."""
        assert sent.copy_of
        if isinstance(sent.of, Voice) or not sent.of:
            return
        passed = None if row.why == TAKEN_BACK else await work.admit(unsigned(sent))
        if passed is not None and passed.by == sent.by:
            return
        keeps = self._bridges[row.network].capabilities(sent.chat).keeps_old_text
        if passed is None or keeps or not await work.sign_again(copy, sent.of):
            row.payload = None
            await work.do(Remove(chat=sent.chat, ref=sent.copy_of, part=sent.part, asked_by=sent.of), bulk=True)

    async def _tell(self, work: Work, action: Action, why: str) -> None:
        """Let the features know; whatever they do, the row is given up, and not called again."""
        if isinstance(action, Send) and why == "kept" and isinstance(action.of, Person) and action.copy_of:
            action = Remove(chat=action.chat, ref=action.copy_of, asked_by=action.of)
        try:
            async with work.begin_nested():
                await self._on_dead(work, action, why)
        except (OperationalError, InterfaceError, OSError):
            raise
        except Exception as error:
            log.error("an undelivered message could not be told", kind=type(error).__name__)

    async def _call(self, row: Outgoing, action: Action, *, doubtful: bool) -> Ref | None:
        bridge, fate = self._bridges[row.network], None
        if doubtful:
            fate = await bridge.settle(action, key=row.key, since=row.first_try or row.made)
            if isinstance(fate, Ref):
                return fate
            if fate is Fate.UNKNOWN:  # twice is better than never, and it is counted
                self.tally["doubts"] += 1
        return await bridge.do(action, key=row.key)

    async def _is_outdated(self, work: Work, row: Outgoing) -> bool:
        """Whether words that were only to be signed anew have been edited meanwhile: the edit is signed already."""
        if not row.lane.endswith("~") or row.kind != "edit":
            return False
        later = select(Outgoing.id).where(
            col(Outgoing.id) > row.id, Outgoing.origin == row.origin, Outgoing.place == row.place,
            Outgoing.kind == "edit", Outgoing.part == row.part, col(Outgoing.lane) != row.lane,
        )  # fmt: skip
        return (await work.exec(later)).first() is not None

    async def _aim(self, work: Work, row: Outgoing) -> Action | None:
        """The action as its person allows it by now, naming messages as its chat knows them."""
        if row.payload is None or row.why == TAKEN_BACK or await self._is_outdated(work, row):
            return None
        action: Action = ACTION.validate_json(work.seal.open(row.payload))
        if isinstance(action, Said):
            if (passed := await work.admit(unsigned(action))) is None:
                return None
            action = passed
        if isinstance(action, Send):
            reply = await work.resolve(action.reply_to, action.chat) if action.reply_to else None
            # A quote holds somebody else's words: it goes only where these are, as far as they still may be.
            shared = isinstance(reply, Ref) or (reply is not None and await work.still_shared(reply))
            return replace(action, reply_to=ref_of(reply) if reply else None, quote=action.quote if shared else "")
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


def old(row: Outgoing) -> bool:
    """Whether it waited longer than words are kept."""
    return now() - row.made > GIVE_UP and row.unasked is None


def unsigned(said: Send | Edit) -> Send | Edit:
    """As it was before the gate signed it: what is allowed now may be another name."""
    return replace(said, by="")


def ref_of(found: Copy | Ref) -> Ref:
    """The message that a copy is."""
    return Ref(Chat(found.network, found.room, found.thread), found.id) if isinstance(found, Copy) else found


def tomorrow(moment: datetime) -> datetime:
    """When a new day's budget begins to be spent."""
    return datetime.combine(moment.date() + timedelta(days=1), MORNING, moment.tzinfo)
