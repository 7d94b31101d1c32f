"""What may go now: the first open rows of the lanes, as far as networks' paces, budgets and other workers let them."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from datetime import time as clock_time
from itertools import takewhile
from typing import Any

import structlog
from sqlmodel import col, func, select

from bot.courier.aim import Aimed, Lost, aim, read
from bot.courier.pace import Pacer
from bot.courier.parcel import Parcel, fits, joins
from bot.courier.row import COLUMNS, Row, Rows
from bot.seal import WrongKey
from bot.store import IS_OPEN, LOOSE, TAKEN_BACK, Copy, Outgoing, State, Work, now
from bridges import markup
from bridges.model import Action, Chat, Send
from bridges.port import Bridge, Capabilities, Pace

log = structlog.get_logger()
GIVE_UP = timedelta(hours=48)  # as long as payloads are kept
MORNING = clock_time(8)
AT_ONCE = 40  # lanes that one transaction looks into
FEW = 400  # first rows of lanes that are looked at as long as some of them may go
IN_A_ROW = 64  # rows of one lane that are claimed together where a repetition does no harm
BEHIND = 3.0  # seconds that a lane may lag before its texts are merged
HOLD, HOLD_LOOSE = timedelta(seconds=1.5), timedelta(seconds=3)  # how long an album waits for one more file
PROBES = 5
SKEW = timedelta(seconds=2)  # between the clocks of two machines
LONGEST_CALL = timedelta(minutes=2)

OnDead = Callable[[Work, Action, str], Awaitable[None]]
FIRST = select(func.min(Outgoing.id).label("id")).where(IS_OPEN).group_by(col(Outgoing.lane))
HEAD: Any = select(
    Outgoing.id, Outgoing.lane, Outgoing.network, Outgoing.room, Outgoing.kind, Outgoing.state, Outgoing.worker,
    Outgoing.not_before, Outgoing.called, Outgoing.made,
).order_by(col(Outgoing.id))  # type: ignore[call-overload]  # fmt: skip
CALLS: Any = select(
    Outgoing.id, Outgoing.network, Outgoing.room, Outgoing.kind, Outgoing.state, Outgoing.called, Outgoing.done
)  # type: ignore[call-overload]


class Claims:
    """Claims rows for one worker; everything that it remembers can be learnt anew from the database."""

    def __init__(
        self, bridges: Mapping[str, Bridge], pacer: Pacer, tally: Counter[str], give_up: OnDead, worker: int
    ) -> None:
        self._bridges, self._pacer, self._tally, self._give_up, self.worker = bridges, pacer, tally, give_up, worker
        self.stopped: dict[str, str] = {}
        self.elsewhere: set[str] = set()  # networks that another worker serves
        self.calling: set[int | None] = set()
        self.pause, self.more = 1.0, False
        self._paces: dict[str, tuple[tuple[Pace, ...], tuple[Pace, ...], frozenset[str]]] = {}  # by room
        self._of_all: dict[str, tuple[Pace, ...]] = {}
        self._counted: frozenset[str] = frozenset()
        self._left: dict[str, float] = {}  # calls that a network takes at this moment
        self._until: dict[str, float] = {}  # seconds until it takes one
        self._late: set[str] = set()  # lanes that were held by a pace
        self._looked: datetime | None = None
        self._since, self._newest = time.monotonic(), -1  # when this process began, and the last row from before
        self._rows: Rows
        self._flying: set[int | None] = set()  # calls of others that may not have arrived

    async def claim(self, work: Work, alive: frozenset[int]) -> list[list[Parcel]]:
        """The parcels of each lane that may go, in order; `pause` says how long nothing else is due."""
        self.pause, self.more = 1.0, False
        if self._newest < 0:
            self._newest = (await work.exec(select(func.max(Outgoing.id)))).first() or 0
        if self._looked is None or len(alive) > 1:
            await self._learn_calls(work)
        self._left = {network: self._pacer.left(network, of_all) for network, of_all in self._of_all.items()}
        self._until = {name: self._pacer.wait(name, "", (), of_all) for name, of_all in self._of_all.items()}
        few = FIRST.order_by(func.min(Outgoing.id)).limit(FEW).subquery()  # limited before anything is read of them
        heads = (await work.exec(HEAD.join(few, few.c.id == col(Outgoing.id)))).all()
        due = self._due(heads, alive, whole=len(heads) < FEW)
        if not due and len(heads) == FEW and self.pause > 0.1:  # those behind them may go, where the first may not
            spent = [network for network, left in self._left.items() if left < 1]
            held = col(Outgoing.network).in_(spent) & col(Outgoing.kind).in_(self._counted)
            first = FIRST.subquery()
            everyone = HEAD.join(first, first.c.id == col(Outgoing.id))
            heads = (await work.exec(everyone.where(~held) if spent else everyone)).all()
            due = self._due(heads, alive, whole=not spent)
        if not due:
            return []
        self._rows = Rows(work)
        rows = COLUMNS.where(col(Outgoing.id).in_(due)).with_for_update(skip_locked=True)
        claimed = [
            await self._lane(work, row)
            for row in await self._rows.read(rows)
            if row.state is State.WAITING or (row.state is State.SENDING and self._is_left(row, alive))
        ]
        await self._rows.write()
        return [parcels for parcels in claimed if parcels]

    def _due(self, heads: Sequence[Any], alive: frozenset[int], *, whole: bool) -> list[int]:
        """The rows that may go; `whole`: these are the first rows of all lanes, so that it is known which are empty."""
        lanes = {head.lane for head in heads}
        if whole:
            self._late &= lanes
        due: list[int] = []
        for head in heads:
            if head.network in self.stopped or head.network in self.elsewhere or head.network not in self._bridges:
                continue
            yields = head.lane.endswith("~") and (not whole or head.lane[:-1] in lanes)
            if not yields and self._is_due(head, alive):
                due.append(head.id)
                if len(due) >= AT_ONCE:
                    self.more = True
                    break
        return due

    def _is_due(self, head: Any, alive: frozenset[int]) -> bool:
        """Whether the first row of a lane may go, as far as can be told without looking into it."""
        wait = (head.not_before - now()).total_seconds()
        if wait > 0 and (head.called or head.made) <= now():  # else it was written before the clock was set back
            self.pause = min(self.pause, wait)
            return False
        if head.state is State.SENDING and not self._is_left(head, alive):
            return False
        if self._left.get(head.network, 1) < 1 and head.kind in self._counted:
            self.pause = min(self.pause, self._until[head.network] or self.pause)
            return False
        if head.room in self._paces:
            paces, of_all, counted = self._paces[head.room]
            wait = self._pacer.wait(head.network, head.room, paces, of_all, calls=head.kind in counted)
            if wait > 0:
                self._late.add(head.lane)
                self.pause = min(self.pause, wait)
                return False
        if head.network in self._left and head.kind in self._counted:
            self._left[head.network] -= 1
        return True

    def age(self, row: Row) -> timedelta:
        """How old a row is; one that this process has seen come is not older than it, whatever the clock says now."""
        age = now() - row.made
        if row.id is not None and row.id > self._newest:
            age = min(age, timedelta(seconds=time.monotonic() - self._since))
        return age

    def _is_left(self, row: Any, alive: frozenset[int]) -> bool:
        """Whether nobody is sending a row that is in `sending`: its worker died, or got no answer."""
        return row.id not in self.calling and (row.worker == self.worker or row.worker not in alive)

    # --- one lane

    async def _lane(self, work: Work, head: Row) -> list[Parcel]:
        if head.state is State.SENDING:
            return await self._doubtful(work, head)
        if (first := await self._ready(work, head)) is None:
            return []
        can = self._can(head, first.action)
        parcels = [Parcel([head], [first.action], copies=first.copies)]
        if head.album and can.albums > 1:
            parcels = await self._album(work, head, first, can)
        elif head.lane in self._late and joins(first.action):
            self._late.discard(head.lane)
            parcels = await self._merged(work, head, first, can)
        elif can.repeats and is_plain(first):
            parcels = await self._in_a_row(work, head, first, can)
        for n, parcel in enumerate(parcels):
            if not await self._may_go(work, parcel, can):
                return parcels[:n]
            await self._mark(work, parcel, can)
        return parcels

    async def _album(self, work: Work, head: Row, first: Aimed, can: Capabilities) -> list[Parcel]:
        """All files of an album, once it is known that no more will come."""
        behind = await self._behind(head, can.albums)
        members, last = [head], head
        for row in takewhile(lambda row: row.album == head.album and row.kind == "send", behind):
            if len(members) == can.albums or (row.album.startswith(LOOSE) and row.made - last.made > HOLD_LOOSE):
                break
            members.append(last := row)
        closed = len(members) == can.albums or len(behind) >= len(members)
        wait = last.made + (HOLD_LOOSE if head.album.startswith(LOOSE) else HOLD) - now()
        if not closed and timedelta(0) < wait <= HOLD_LOOSE:
            self.pause = min(self.pause, wait.total_seconds())
            return []
        aimed = [first, *[one for row in members[1:] if (one := await self._ready(work, row))]]
        rows = [row for row in members if row.state is State.WAITING]
        if len(rows) == 1:
            return [Parcel(rows, [first.action], copies=first.copies)]
        return [Parcel(rows, [one.action for one in aimed], how="album")]

    async def _merged(self, work: Work, head: Row, first: Aimed, can: Capabilities) -> list[Parcel]:
        """As many texts as one message holds, if the lane is far behind."""
        behind = await self._behind(head, 80)
        paces, of_all, _ = self._paces[head.room]
        lag = self._pacer.delay(head.network, head.room, paces, of_all, calls=len(behind) + 1)
        rows, sends = [head], [first.action]
        for row in behind if lag > BEHIND else ():
            if row.kind != "send" or (aimed := await self._ready(work, row)) is None:
                if row.kind != "send":
                    break
                continue
            send = aimed.action
            if not (joins(send) and send.chat == first.action.chat and isinstance(send, Send)):
                break
            send = await answering(work, send)
            if not fits([*(one for one in sends if isinstance(one, Send)), send], can):
                break
            rows.append(row)
            sends.append(send)
        if len(rows) == 1:
            return [Parcel([head], [first.action])]
        self._tally["merged"] += len(rows)
        self._late.add(head.lane)  # what is left of the lane is as late
        return [Parcel(rows, sends, how="merged")]

    async def _in_a_row(self, work: Work, head: Row, first: Aimed, can: Capabilities) -> list[Parcel]:
        """Texts that follow, each a call of its own, as long as none is about what an earlier one is yet to make."""
        parcels = [Parcel([head], [first.action])]
        for row in await self._behind(head, IN_A_ROW - 1):
            if row.kind != "send" or (aimed := await self._ready(work, row)) is None:
                break
            send = aimed.action
            if not is_plain(aimed) or not isinstance(send, Send) or (send.reply_to is None and is_answer(work, row)):
                break
            parcels.append(Parcel([row], [send]))
        return parcels

    async def _doubtful(self, work: Work, head: Row) -> list[Parcel]:
        """What was left by a crash, or lost its answer. What should not be done any more is still looked for."""
        rows = [head]
        if head.bundle:
            same = COLUMNS.where(Outgoing.bundle == head.bundle, Outgoing.state == State.SENDING)
            rows = await self._rows.read(same)
        parcel = Parcel([], [], doubtful=head.first_try is not None)
        kept: list[Copy] = []
        for row in rows:
            aimed = await self._aimed(work, row)
            if aimed is None and row.kind == "send" and row.payload and row.state is State.SENDING:
                row.why = TAKEN_BACK
                parcel.gone.add(row.id)
                aimed = Aimed(read(work, row))
            if aimed and row.state is State.SENDING:
                parcel.rows.append(row)
                parcel.actions.append(aimed.action)
                kept += aimed.copies
            elif row.state is State.SENDING:
                drop(row)
                self.more = True
        if not parcel.rows:
            return []
        parcel.copies = kept
        if len(parcel.rows) > 1:
            media = isinstance(parcel.actions[0], Send) and parcel.actions[0].media is not None
            parcel.how = "album" if media else "merged"
        can = self._can(head, parcel.actions[0])
        if not await self._may_go(work, parcel, can):
            return []
        if can.numbered and isinstance(parcel.actions[0], Send):
            free = await work.unknown(parcel.actions[0].chat, head.before, PROBES)
            parcel.ids = ("?",) if free is None else free
        for row in parcel.rows:
            row.tries, row.worker, row.called, row.state = row.tries + 1, self.worker, now(), State.SENDING
            row.first_try = row.first_try or now()
        self.calling.update(row.id for row in parcel.rows)
        return [parcel]

    # --- one row

    async def _ready(self, work: Work, row: Row) -> Aimed | None:
        """What a waiting row asks for by now; what will never be done is closed."""
        if self.age(row) > GIVE_UP and row.unasked is None:  # what was said then is not for people who are here now
            row.state, row.why, row.done, self.more = State.DEAD, "too-late", now(), True
            self._tally["dead"] += 1
            if row.payload:
                await self._give_up(work, read(work, row), row.why)
            return None
        aimed = await self._aimed(work, row)
        if aimed is None and row.state is State.WAITING:  # taken back meanwhile, or what it is about is not there
            drop(row)
            self.more = True
        return aimed

    async def _aimed(self, work: Work, row: Row) -> Aimed | None:
        try:
            return await aim(work, row, self._bridges[row.network].capabilities(Chat(row.network, "")))
        except Lost:
            row.state, row.why, row.done, self.more = State.DEAD, "kept", now(), True
            self._tally["dead"] += 1
            await self._give_up(work, read(work, row), row.why)
        except (WrongKey, ValueError) as error:  # one row that cannot be read must not stop the others
            log.error("a row cannot be read", row=row.id, kind=type(error).__name__)
            row.state, row.why, row.done, self.more = State.DEAD, "defect", now(), True
        return None

    async def _may_go(self, work: Work, parcel: Parcel, can: Capabilities) -> bool:
        """Whether the network's pace and the chat's budget let it go now; if so, it counts from here on."""
        row, calls = parcel.rows[0], parcel.weight if parcel.rows[0].kind in can.counts else 0
        wait = self._pacer.wait(row.network, row.room, can.paces, can.pace_of_all, calls=calls)
        if wait > 0:
            self.pause = min(self.pause, wait)
            self._late.add(row.lane)
            return False
        if row.unasked is not None and row.tries == 0 and not await work.spend(parcel.actions[0].chat):
            row.not_before = tomorrow(now())
            return False
        if calls:
            parcel.calls = self._pacer.called(row.network, row.room, can.paces, can.pace_of_all, calls=calls)
        return True

    async def _mark(self, work: Work, parcel: Parcel, can: Capabilities) -> None:
        """Ours from the commit on."""
        before = await work.newest(parcel.actions[0].chat) if can.numbered and parcel.rows[0].kind == "send" else 0
        bundle = parcel.key if len(parcel.rows) > 1 else ""
        for row in parcel.rows:
            row.state, row.first_try, row.tries = State.SENDING, row.first_try or now(), row.tries + 1
            row.worker, row.called, row.bundle, row.before = self.worker, now(), bundle, before
        self.calling.update(row.id for row in parcel.rows)
        parcel.version = await work.version()

    async def _behind(self, head: Row, most: int) -> list[Row]:
        """The rows that wait behind the first of a lane."""
        rows = COLUMNS.where(IS_OPEN, Outgoing.lane == head.lane, col(Outgoing.id) > head.id)
        found, moment = await self._rows.read(rows.limit(most)), now()
        return list(takewhile(lambda row: row.state is State.WAITING and row.not_before <= moment, found))

    def _can(self, row: Row, action: Action) -> Capabilities:
        can = self._bridges[row.network].capabilities(action.chat)
        self._paces[row.room] = can.paces, can.pace_of_all, can.counts
        if can.pace_of_all:
            self._of_all[row.network], self._counted = can.pace_of_all, self._counted | can.counts
        return can

    async def _learn_calls(self, work: Work) -> None:
        """Calls of other workers count, and those from before a restart; one that is under way counts as made now."""
        moment = now()
        since, self._looked = self._looked or moment - timedelta(minutes=1), moment - SKEW
        recent = col(Outgoing.called) > since
        if self._flying:
            recent |= col(Outgoing.id).in_(self._flying)
        others = col(Outgoing.worker).not_in((self.worker, 0))
        counts = {name: bridge.capabilities(Chat(name, "")).counts for name, bridge in self._bridges.items()}
        flying: set[int | None] = set()
        for row in await work.exec(CALLS.where(recent, others)):
            if row.kind not in counts.get(row.network, ()):
                continue
            arrived = row.done or row.called
            if row.state is State.SENDING and moment - row.called < LONGEST_CALL:
                flying.add(row.id)
                arrived = moment
            self._pacer.recall(row.network, row.room, max(timedelta(0), moment - arrived), name=row.id)
        self._flying = flying


def is_plain(aimed: Aimed) -> bool:
    """Whether nothing but its own words has to be there when this is sent."""
    return isinstance(aimed.action, Send) and not (aimed.action.media or aimed.action.to or aimed.opens)


def is_answer(work: Work, row: Row) -> bool:
    """Whether a row that seems to answer nothing may answer one of those that are about to be sent."""
    said = read(work, row)
    return isinstance(said, Send) and said.reply_to is not None


async def answering(work: Work, send: Send) -> Send:
    """An answer in the middle of a message names whom it answers, since only a whole message can be answered."""
    if send.reply_to is None:
        return send
    there = Copy.network == send.chat.network, Copy.room == send.chat.id, Copy.id == send.reply_to.id
    copy = (await work.exec(select(Copy).where(*there))).first()
    last = await work.last_words(copy) if copy else None
    name = f"<i>{markup.escape(last.by)}</i> " if last and last.by else ""
    return replace(send, html=f"↪ {name}{send.html}", reply_to=None)


def drop(row: Row) -> None:
    """It is not to be done any more, and no words of it are kept."""
    row.state, row.done, row.payload = State.DROPPED, now(), None


def tomorrow(moment: datetime) -> datetime:
    """When a new day's budget begins to be spent."""
    return datetime.combine(moment.date() + timedelta(days=1), MORNING, moment.tzinfo)
