"""The loop of the outbox: write down how calls went, claim what may go, commit, call."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from secrets import randbits
from typing import Literal

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from bot.courier.claims import GIVE_UP, Claims
from bot.courier.notes import Notes
from bot.courier.pace import Pacer
from bot.courier.parcel import APART, Outcome, Parcel
from bot.store import NEW, State, Store, Work, to_the_end
from bridges.model import Action, Chat, Ref, Send
from bridges.port import Bridge, Doubtful, Fate, Refused, Shut, Stopped, TryLater

log = structlog.get_logger()
LONG_AGO = timedelta(hours=21)  # longer than networks remember what they were asked
LONGEST_PAUSE = timedelta(minutes=5)
HOPES = 4  # how often what could not be found is looked for again
KNOCK = timedelta(minutes=1)  # between two looks at a door that is shut
MANY, TOGETHER = 4, 0.004  # calls under way; seconds
STORE_FAILED = (OperationalError, InterfaceError, OSError)

OnDead = Callable[[Work, Action, str], Awaitable[None]]
OnShut = Callable[[Work, Chat, str], Awaitable[None]]
Alive = Callable[[Work], Awaitable[frozenset[int]]]


class Courier:
    """Claim, commit, call, commit: no transaction is open while a network takes its time.

    How calls went is written in the transaction that claims the next ones. `worker` tells the processes at one database
    apart; `alive` says which of them are there. `doubts`: what becomes of a message of which nobody can say whether it
    arrived: `repeat` (twice is better than never) or `leave`.
    """

    def __init__(
        self,
        store: Store,
        bridges: Mapping[str, Bridge],
        on_dead: OnDead,
        tally: Counter[str] | None = None,
        *,
        on_shut: OnShut | None = None,
        alive: Alive | None = None,
        worker: int = 0,
        doubts: Literal["repeat", "leave"] = "repeat",
    ) -> None:
        self._store, self._bridges, self.doubts = store, bridges, doubts
        self.tally = Counter[str]() if tally is None else tally
        self.worker = worker or 1 + randbits(30)
        self._alive = alive
        self._pacer = Pacer(time.monotonic)
        self._claims = Claims(bridges, self._pacer, self.tally, on_dead, self.worker)
        self._notes = Notes(bridges, self.tally, on_dead, on_shut)
        self._ended: list[tuple[Parcel, Outcome]] = []
        self._bell, self._landed, self._flying = asyncio.Event(), asyncio.Event(), 0
        self._calls: asyncio.TaskGroup | None = None
        self._failures = 0

    @property
    def stopped(self) -> dict[str, str]:
        """Networks that only a human can help, and why."""
        return self._claims.stopped

    @property
    def elsewhere(self) -> set[str]:
        """Networks whose actions are left to another worker."""
        return self._claims.elsewhere

    @elsewhere.setter
    def elsewhere(self, networks: set[str]) -> None:
        self._claims.elsewhere = networks

    @property
    def calling(self) -> set[int | None]:
        """The rows of calls that are under way, or have ended and are not written down."""
        return self._claims.calling

    def ring(self) -> None:
        """There may be something to do."""
        self._bell.set()

    async def run(self, *, forever: bool = True) -> None:
        """Work until cancelled, or else until nothing is due."""
        async with asyncio.TaskGroup() as calls:
            self._calls = calls
            try:
                while True:
                    self._bell.clear()
                    self.launch(await self._turn_safely())
                    if not (forever or self.calling or self._claims.more or self._bell.is_set()):
                        return
                    if not self._claims.more:
                        with suppress(TimeoutError):
                            async with asyncio.timeout(self._claims.pause):
                                await self._bell.wait()
                    if len(self.calling) >= MANY:  # then many end at once, and one transaction is for all of them
                        with suppress(TimeoutError):
                            async with asyncio.timeout(TOGETHER):
                                await self._landed.wait()
            finally:
                self._calls = None

    def launch(self, claimed: list[list[Parcel]]) -> None:
        """Begin the calls that were claimed, now that this is committed."""
        for parcels in claimed:
            assert self._calls
            self._flying += 1
            self._landed.clear()
            self._calls.create_task(self._carry(parcels)).add_done_callback(self._lands)

    def _lands(self, _: object) -> None:
        self._flying -= 1
        if not self._flying:
            self._landed.set()

    @asynccontextmanager
    async def joining(self, work: Work) -> AsyncIterator[list[list[Parcel]]]:
        """Claim at the end of somebody else's transaction, so that what it queues leaves with one commit less.

        What is yielded is filled when the body has ended. Where another process may claim, too, nothing is.
        """
        claimed: list[list[Parcel]] = []
        yield claimed
        if self._calls and self._alive is None and work.queued and not self._claims.more:
            claimed += await self._work(work)

    # --- the database

    async def _turn_safely(self) -> list[list[Parcel]]:
        try:
            claimed = await to_the_end(self._turn())
        except Exception as error:  # a full disk or a locked file passes; the rows are still there
            self._failures += 1
            log.error("the outbox cannot be worked on", kind=type(error).__name__)
            self.tally["claim_errors"] += 1
            self._claims.more, self._claims.pause = False, min(30.0, 0.1 * 2.0 ** min(self._failures, 9))
            if self._failures > 1 and not isinstance(error, STORE_FAILED):
                await self._write_one_by_one()
            return []
        self._failures = 0
        return claimed

    async def _turn(self) -> list[list[Parcel]]:
        async with self._store.work() as work:
            return await self._work(work)

    async def _work(self, work: Work) -> list[list[Parcel]]:
        """Write what ended, claim what may go; if the transaction fails after all, nothing of it has been."""
        ended, before = list(self._ended), set(self._claims.calling)
        work.if_undone(lambda: self._undo(ended, before))
        await self._notes.write(work, ended)
        self._claims.calling -= ids_of(ended)
        alive = await self._alive(work) if self._alive else frozenset({self.worker})
        claimed = await self._claims.claim(work, alive)
        del self._ended[: len(ended)]
        return claimed

    def _undo(self, ended: list[tuple[Parcel, Outcome]], before: set[int | None]) -> None:
        if not ended or self._ended[: len(ended)] != ended:
            self._ended[:0] = ended
        self._claims.calling = before | ids_of(self._ended)

    async def _write_one_by_one(self) -> None:
        """One outcome that cannot be written must not hold the others; what was sent must not be sent anew."""
        for one in list(self._ended):
            try:
                async with self._store.work() as work:
                    await self._notes.write(work, [one])
            except STORE_FAILED:
                return
            except Exception as error:
                log.error("an outcome cannot be written", rows=len(one[0].rows), kind=type(error).__name__)
                with suppress(Exception):
                    async with self._store.work() as work:
                        await self._notes.write(work, [(one[0], Outcome(State.DEAD, why="defect"))])
            self._ended.remove(one)
            self._claims.calling -= ids_of([one])

    # --- the network

    async def _carry(self, parcels: list[Parcel]) -> None:
        """One after the other; where one has to wait, so do those behind it."""
        for n, parcel in enumerate(parcels):
            while (wait := self._pacer.begin(parcel.network, parcel.calls)) > 0:
                await asyncio.sleep(wait)
            how = await self._outcome(parcel)
            self._pacer.answered(parcel.calls)
            self._ended.append((parcel, how))
            if how.state in {State.WAITING, State.SENDING}:
                self._ended += [(left, Outcome(State.WAITING)) for left in parcels[n + 1 :]]
                break
            if n % 16 == 15:
                self.ring()
        self.ring()

    async def _outcome(self, parcel: Parcel) -> Outcome:
        row = parcel.rows[0]
        if row.network in self.elsewhere:  # another worker serves it since this was claimed
            return Outcome(State.SENDING if parcel.doubtful or parcel.gone else State.WAITING)
        try:
            return await self._call(parcel)
        except TryLater as error:
            self.tally["retries"] += 1
            if self._claims.age(row) > GIVE_UP and row.unasked is None:
                return Outcome(State.DEAD, why="too-late")
            why = f"shut {error.why}" if isinstance(error, Shut) else ""
            state = State.SENDING if self._is_open(parcel, error) else State.WAITING
            return Outcome(state, wait=self._wait(parcel, error), why=why)
        except Refused as error:
            if parcel.how == "album" and len(parcel.rows) > 1:  # one file that cannot go must not keep the others
                return Outcome(State.WAITING, why=APART)
            return Outcome(State.DEAD, why=error.why)
        except Stopped as error:
            self.stopped[row.network] = error.why
            log.error("a bridge has stopped", network=row.network, why=error.why)
            return Outcome(State.WAITING)
        except Exception as error:  # a defect in a bridge must not stop the others
            log.error("defect", row=row.id, kind=type(error).__name__)
            return Outcome(State.DEAD, why="defect")

    def _is_open(self, parcel: Parcel, error: TryLater) -> bool:
        """Whether it may have been done: then nothing but the very same may be called under its key."""
        if isinstance(error, Doubtful) or ((parcel.doubtful or parcel.gone) and not parcel.settled):
            return True
        repeats = self._bridges[parcel.network].capabilities(parcel.actions[0].chat).repeats
        return repeats and error.after is None and not isinstance(error, Shut)

    async def _call(self, parcel: Parcel) -> Outcome:
        """The call itself, or, where nobody knows whether it was made already, a look at what became of it."""
        bridge, row = self._bridges[parcel.network], parcel.rows[0]
        if parcel.doubtful or parcel.gone:
            fate = await self._settle(bridge, parcel)
            if fate is Fate.UNKNOWN and row.before and row.tries <= HOPES:
                raise TryLater  # what others said meanwhile is about to be heard of, and is not ours
            parcel.settled = True
            if isinstance(fate, tuple):
                return Outcome(State.DONE, refs=fate)
            if len(parcel.gone) == len(parcel.rows):
                return Outcome(State.DROPPED) if fate is Fate.AGAIN else Outcome(State.DEAD, why="kept")
            if fate is Fate.UNKNOWN and parcel.doubtful:
                self.tally["doubts"] += 1
                if self.doubts == "leave":
                    return Outcome(State.DEAD, why="doubtful")
        there = [n for n, one in enumerate(parcel.rows) if one.id not in parcel.gone]
        if parcel.how == "album":
            sends = [send for n in there if isinstance(send := parcel.actions[n], Send)]
            made = await bridge.together(sends, key=parcel.key)
            refs = dict(zip(there, made, strict=False))
            return Outcome(State.DONE, refs=tuple(refs.get(n) for n in range(len(parcel.rows))))
        if NEW in row.lane and await self._is_gone(parcel.action):
            return Outcome(State.DROPPED)
        ref = await bridge.do(parcel.action, key=row.key)
        return Outcome(State.DONE, refs=tuple(ref if n in there else None for n in range(len(parcel.rows))))

    async def _is_gone(self, action: Action) -> bool:
        """Whether the words of someone new were taken away at home while they waited: not every network tells."""
        if not isinstance(action, Send) or action.copy_of is None:
            return False
        return await self._bridges[action.copy_of.chat.network].stands(action.copy_of) is False

    async def _settle(self, bridge: Bridge, parcel: Parcel) -> tuple[Ref, ...] | Fate:
        """What became of a call whose answer was lost: the messages that it made, do it again, or unknown."""
        row = parcel.rows[0]
        since = row.first_try or row.made
        if parcel.gone:  # asked about a call of long ago, a bridge looks instead of trusting that it may repeat
            since -= LONG_AGO
        if parcel.ids == ("?",):
            return Fate.UNKNOWN
        action = parcel.actions[0] if parcel.how == "album" else parcel.action
        fate = await bridge.settle(action, key=row.key, since=since, ids=parcel.ids)
        if not isinstance(fate, Ref):
            return fate
        if parcel.how != "album":
            return (fate,) * len(parcel.rows)
        if fate.id.isdecimal():  # the messages of an album have numbers that run by one
            return tuple(replace(fate, id=str(int(fate.id) + n)) for n in range(len(parcel.rows)))
        return Fate.AGAIN

    def _wait(self, parcel: Parcel, error: TryLater) -> timedelta:
        """As long as the network asked for, else a pause that doubles."""
        row = parcel.rows[0]
        if error.after is not None:
            self._pacer.refused(row.network, row.room, error.after, everywhere=error.everywhere)
            return error.after
        if isinstance(error, Shut):
            return KNOCK
        return min(timedelta(seconds=0.5 * 2 ** min(row.tries - 1, 12)), LONGEST_PAUSE)


def ids_of(ended: Sequence[tuple[Parcel, Outcome]]) -> set[int | None]:
    """The rows that these are about."""
    return {row.id for parcel, _ in ended for row in parcel.rows}
