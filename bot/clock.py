"""The moments that features declare become ticks, by APScheduler; and the sweep that deletes what had its time."""

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import and_, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, delete, select, update

from bot import dossier
from bot.events import Tick
from bot.feature import Feature
from bot.gate import Choice
from bot.purposes import kept
from bot.store import (
    HELD,
    OPEN,
    Ballot,
    Consent,
    Copy,
    DayCount,
    Invitation,
    Outgoing,
    Receipt,
    Seen,
    Sighting,
    State,
    Store,
    Strand,
    Work,
    now,
)
from bridges.model import Chat, Event

log = structlog.get_logger()
NUMBERS, BACK = timedelta(hours=24), timedelta(hours=24)
OUT = "palier.out"  # since when the bot is out of rooms for which something still waits
PAYLOADS, MAP, DECISIONS, RECEIPTS = kept("text"), kept("relay"), kept("consent"), kept("receipt")
SEEN, CODES, COUNTS, STALE = timedelta(days=3), timedelta(days=30), timedelta(days=800), timedelta(hours=1)
LEFT = "left"  # the choice of those who went out of the chat


def make_clock(
    features: Sequence[Feature], zone: ZoneInfo, handle: Callable[[Sequence[Event]], Awaitable[None]], store: Store
) -> AsyncIOScheduler:
    """A scheduler that is not started yet. Its jobs are declared in code, so it stores nothing."""
    clock = AsyncIOScheduler(timezone=zone, job_defaults={"coalesce": True, "misfire_grace_time": 3600})

    async def tick(name: str) -> None:
        at = datetime.now(UTC).replace(second=0, microsecond=0)  # after a restart, the same minute is the same event
        try:
            await handle([Tick(name=name, at=at)])
        except Exception as error:
            log.error("a moment was missed", name=name, kind=type(error).__name__)

    async def tidy() -> None:
        try:
            await sweep(store)
        except Exception as error:  # a full disk passes; the next hour tries again
            log.error("the sweep failed", kind=type(error).__name__)

    for feature in features:
        for name, (cron, _) in feature.moments.items():
            clock.add_job(tick, CronTrigger.from_crontab(cron, timezone=zone), args=[name], id=name, name=name)
    clock.add_job(tidy, CronTrigger.from_crontab("17 * * * *", timezone=zone), id="sweep", next_run_time=now())
    return clock


async def sweep(store: Store) -> None:
    """Wipe payloads two days after delivery, and delete the rows whose time is over (see data-rules)."""
    moment = now()
    await purge(store, moment)
    async with store.work() as work:
        over = col(Outgoing.state).in_((State.DONE, State.DROPPED, State.DEAD))
        old = col(Outgoing.done) < moment - PAYLOADS
        await work.exec(update(Outgoing).where(over, old).values(payload=None, of=""))
        await work.exec(delete(Outgoing).where(over, col(Outgoing.done) < moment - MAP))
        light = col(Outgoing.state).in_((State.DONE, State.DROPPED))
        await work.exec(delete(Outgoing).where(light, old))
        stale = col(Outgoing.state).in_(OPEN), col(Outgoing.made) < moment - PAYLOADS - STALE
        gone = {"state": State.DEAD, "why": "too-late", "done": moment, "payload": None, "of": ""}
        await work.exec(update(Outgoing).where(*stale).values(**gone))  # of a network that is not there any more
        unseen = col(Outgoing.state) == State.HELD, col(Outgoing.made) < moment - PAYLOADS
        await work.exec(update(Outgoing).where(*unseen).values(**gone | {"state": State.DROPPED, "why": HELD}))
        await end_decisions(work, moment)
        await work.exec(delete(Seen).where(col(Seen.at) < moment - SEEN))
        ours = col(Copy.origin).startswith("palier|")  # the bot's own cards are found as long as they hang
        await work.exec(delete(Copy).where(col(Copy.made) < moment - MAP, ~ours))
        await work.exec(delete(Strand).where(~speaks_in("", moment), ~speaks_in("other_", moment)))
        await work.exec(delete(Ballot).where(col(Ballot.at) < moment - MAP))
        # The highest number of a room stays: what comes after it is told apart from what was there before.
        known = aliased(Sighting)
        later = select(known.id).where(
            known.network == Sighting.network, known.room == Sighting.room, known.id > col(Sighting.id)
        )
        await work.exec(delete(Sighting).where(col(Sighting.at) < moment - NUMBERS, later.exists()))
        await work.exec(delete(Invitation).where(col(Invitation.until) < moment - CODES))
        guards = col(DayCount.what).in_(("codes", "invitations", "reports"))  # counted by person, for a day
        await work.exec(delete(DayCount).where(guards, col(DayCount.day) < moment.date()))
        await work.exec(delete(DayCount).where(col(DayCount.day) < (moment - COUNTS).date()))
        await dossier.expire(work, moment)
        work.changed()
    await store.truncate()


async def end_decisions(work: Work, moment: datetime) -> None:
    """A no is forgotten after a year, a yes when its person has been out of the chat for long; then go the receipts.

    A receipt proves a decision as long as it stands, and a year longer: the next one says when it ended.
    """
    no = col(Consent.choice) == Choice.NO, col(Consent.changed) < moment - DECISIONS
    await work.exec(delete(Consent).where(*no))
    gone = (await work.exec(select(Consent).where(col(Consent.left) < moment - kept("identity")))).all()
    for consent in gone:
        about = Receipt.person == consent.person, Receipt.circle == consent.circle, Receipt.purpose == "relay"
        last = (await work.exec(select(Receipt).where(*about).order_by(col(Receipt.id).desc()))).first()
        if last and last.choice not in (Choice.NO, LEFT):
            work.add(Receipt(**last.model_dump(exclude={"id"}) | {"choice": LEFT, "at": consent.left or moment}))
        await work.delete(consent)
    await work.flush()
    later = aliased(Receipt)
    same = later.person == Receipt.person, later.circle == Receipt.circle, later.purpose == Receipt.purpose
    replaced = select(later.id).where(*same, later.id > col(Receipt.id), later.at < moment - RECEIPTS)
    standing = select(Consent.id).where(Consent.person == Receipt.person, Consent.circle == Receipt.circle)
    over = and_(col(Receipt.at) < moment - RECEIPTS, ~standing.exists())
    await work.exec(delete(Receipt).where(or_(replaced.exists(), over)))


def speaks_in(side: str, moment: datetime) -> Any:
    """Whether one of two threads that belong together holds a copy that is still known, or began with one."""
    network, room, thread = (getattr(Strand, side + name) for name in ("network", "room", "thread"))
    there = col(Copy.network) == network, col(Copy.room) == room, col(Copy.made) > moment - MAP
    return select(Copy.id).where(*there, or_(col(Copy.thread) == thread, col(Copy.id) == thread)).exists()


async def purge(store: Store, moment: datetime) -> None:
    """Of a room that the bot has been out of for a day, drop what waits for it and what is about it alone.

    Put back sooner, it finds everything. Where it was the circle's last room, what people decided there ends, too.
    """
    since: dict[str, str] = json.loads(await store.load(OUT) or "{}")
    async with store.work() as work:
        left = {work.room_hash(Chat(room.network, room.id)): room for room in await dossier.left(work)}
        since = {room: since.get(room, moment.isoformat()) for room in left}
        over = [room for room, at in since.items() if moment - datetime.fromisoformat(at) > BACK]
        these = col(Outgoing.room).in_(over), col(Outgoing.state) == State.WAITING
        gone = {"state": State.DROPPED, "done": moment, "payload": None, "why": "left"}
        await work.exec(update(Outgoing).where(*these).values(**gone))
        for hash_ in over:
            await forget_room(work, Chat(left[hash_].network, left[hash_].id))
    await store.save(OUT, json.dumps({room: at for room, at in since.items() if room not in over}))


async def forget_room(work: Work, chat: Chat) -> None:
    """Delete what is about a room alone; a circle that it leaves empty goes as a whole."""
    if empty := await dossier.is_last(work, chat):
        await dossier.forget_circles(work, empty)
    await dossier.forget_chats(work, [chat])
    work.changed()
