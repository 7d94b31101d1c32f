"""The moments that features declare become ticks, by APScheduler; and the sweep that deletes what had its time."""

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import or_
from sqlalchemy.orm import aliased
from sqlmodel import col, delete, func, select, update

from bot.events import Tick
from bot.feature import Feature
from bot.gate import Choice
from bot.store import (
    OPEN,
    Asked,
    Ballot,
    Consent,
    Copy,
    DayCount,
    Invitation,
    Mandate,
    Outgoing,
    Reaction,
    Receipt,
    Room,
    Seen,
    Sighting,
    State,
    Store,
    Strand,
    now,
)
from bridges.model import Chat, Event

log = structlog.get_logger()
NUMBERS, BACK = timedelta(hours=24), timedelta(hours=24)
OUT = "palier.out"  # since when the bot is out of rooms for which something still waits
PAYLOADS, SEEN, MAP, CODES = timedelta(hours=48), timedelta(days=3), timedelta(days=30), timedelta(days=30)
COUNTS, RECEIPTS, YEAR, STALE = timedelta(days=800), timedelta(days=365), timedelta(days=365), timedelta(hours=1)


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
        await work.exec(delete(Asked).where(col(Asked.at) < moment - YEAR))
        await work.exec(delete(Mandate).where(col(Mandate.until) < moment - YEAR))
        await work.exec(delete(Consent).where(col(Consent.choice) == Choice.NO, col(Consent.changed) < moment - YEAR))
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
        await work.exec(delete(Reaction).where(col(Reaction.at) < moment - MAP))
        await work.exec(delete(Invitation).where(col(Invitation.until) < moment - CODES))
        guards = col(DayCount.what).in_(("codes", "invitations"))  # counted by person, for a day
        await work.exec(delete(DayCount).where(guards, col(DayCount.day) < moment.date()))
        await work.exec(delete(DayCount).where(col(DayCount.day) < (moment - COUNTS).date()))
        # A receipt proves a decision as long as it stands and a year longer; those that later ones replaced go.
        newest = select(func.max(Receipt.id)).group_by(col(Receipt.person), col(Receipt.circle), col(Receipt.purpose))
        old = col(Receipt.at) < moment - RECEIPTS
        await work.exec(delete(Receipt).where(old, col(Receipt.id).not_in(newest)))


def speaks_in(side: str, moment: datetime) -> Any:
    """Whether one of two threads that belong together holds a copy that is still known, or began with one."""
    network, room, thread = (getattr(Strand, side + name) for name in ("network", "room", "thread"))
    there = col(Copy.network) == network, col(Copy.room) == room, col(Copy.made) > moment - MAP
    return select(Copy.id).where(*there, or_(col(Copy.thread) == thread, col(Copy.id) == thread)).exists()


async def purge(store: Store, moment: datetime) -> None:
    """Drop what waits for a room that the bot has been out of for a day: put back sooner, it finds everything."""
    since: dict[str, str] = json.loads(await store.load(OUT) or "{}")
    async with store.work() as work:
        waiting = set(await work.exec(select(Outgoing.room).where(col(Outgoing.state) == State.WAITING).distinct()))
        left = await work.exec(select(Room).where(~col(Room.member)))
        out = {hash_ for room in left if (hash_ := work.room_hash(Chat(room.network, room.id))) in waiting}
        since = {room: since.get(room, moment.isoformat()) for room in out}
        over = [room for room, at in since.items() if moment - datetime.fromisoformat(at) > BACK]
        these = col(Outgoing.room).in_(over), col(Outgoing.state) == State.WAITING
        gone = {"state": State.DROPPED, "done": moment, "payload": None, "why": "left"}
        await work.exec(update(Outgoing).where(*these).values(**gone))
    await store.save(OUT, json.dumps({room: at for room, at in since.items() if room not in over}))
