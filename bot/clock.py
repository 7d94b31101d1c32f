"""The moments that features declare become ticks, by APScheduler; and the sweep that deletes what had its time."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlmodel import col, delete, func, select, update

from bot.events import Tick
from bot.feature import Feature
from bot.gate import Choice
from bot.store import (
    OPEN,
    Asked,
    Consent,
    Copy,
    DayCount,
    Invitation,
    Mandate,
    Outgoing,
    Reaction,
    Receipt,
    Seen,
    State,
    Store,
    now,
)
from bridges.model import Event

log = structlog.get_logger()
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
        await work.exec(delete(Reaction).where(col(Reaction.at) < moment - MAP))
        await work.exec(delete(Invitation).where(col(Invitation.until) < moment - CODES))
        guards = col(DayCount.what).in_(("codes", "invitations"))  # counted by person, for a day
        await work.exec(delete(DayCount).where(guards, col(DayCount.day) < moment.date()))
        await work.exec(delete(DayCount).where(col(DayCount.day) < (moment - COUNTS).date()))
        # A receipt proves a decision as long as it stands and a year longer; those that later ones replaced go.
        newest = select(func.max(Receipt.id)).group_by(col(Receipt.person), col(Receipt.circle), col(Receipt.purpose))
        old = col(Receipt.at) < moment - RECEIPTS
        await work.exec(delete(Receipt).where(old, col(Receipt.id).not_in(newest)))
