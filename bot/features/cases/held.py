"""What the filter holds becomes a case at once, and its author is told kindly that a human looks."""

from datetime import datetime, timedelta

from sqlmodel import col, select

from bot.events import Judged
from bot.feature import Context
from bot.features.cases.acting import end
from bot.features.cases.base import exempt, feature
from bot.features.cases.deciding import close, open_case, open_one, tell, tell_reporters
from bot.features.cases.desk import ground_text, show
from bot.features.cases.matter import Matter, excerpt_of, opened
from bot.features.cases.tables import Case, Kind, Outcome
from bot.store import Circle, where
from bridges.model import Removed
from moderation.judgement import Decision

PATIENCE = timedelta(hours=48)  # held words are kept no longer, see `Work.release`


@feature.on(Judged)
async def judged(ctx: Context, event: Judged) -> None:
    """Hold or more: a case. A nudge: a word in private, once a day. Only tried: counted."""
    said, judgement = event.said, event.judgement
    circle = await ctx.work.get_one(Circle, event.circle)
    if await exempt(ctx.work, said.sender, circle):
        return
    if judgement.would > judgement.decision:
        for check in sorted({one.check for one in judgement.findings if one.dry}):
            await ctx.work.count(said.ref.chat, f"would {check}")
    decided = [one for one in judgement.findings if not one.dry]
    if judgement.decision is Decision.NUDGE and decided:
        key = f"nudged {ctx.work.hash(said.sender)} {circle.id} {event.at:%Y-%m-%d}"
        if await ctx.work.first_time(key):
            await tell(ctx, said.sender, "nudge", ground=ground_text(ctx, decided[0].reason))
    elif judgement.decision >= Decision.HOLD and decided:
        matter = Matter(said.ref, said.sender, excerpt_of(said))
        new = await open_one(ctx.work, matter) is None
        checks = " ".join(dict.fromkeys(one.reason for one in decided))
        case = await open_case(
            ctx, circle, matter, Kind.HELD, ground=decided[0].reason, checks=checks,
            proposed=str(judgement.proposed), policy=judgement.policy,
        )  # fmt: skip
        await show(ctx, case)
        if new:
            home = await ctx.in_language_of(said.sender.chat)
            ground = ground_text(home, decided[0].reason)
            await home.whisper("held", to=said.sender, reply_to=said.ref, ground=ground, number=str(case.id))


@feature.on(Removed)
async def withdrawn(ctx: Context, event: Removed) -> None:
    """Whoever takes their own held words away has settled the case, unless somebody reported them."""
    rows = select(Case).where(Case.origin == where(event.ref), Case.outcome == Outcome.OPEN, Case.reports == 0)
    case = (await ctx.work.exec(rows)).first()
    if case and case.person == ctx.work.hash(event.sender) and await close(ctx.work, case, Outcome.WITHDRAWN):
        await ctx.work.discard(event.ref)
        await show(ctx, case)


@feature.every("* * * * *")
async def time_passes(ctx: Context, at: datetime) -> None:
    """Mutes end on time on every network; what nobody has looked at in two days stays where it is."""
    await end(ctx, at)
    late = select(Case).where(
        Case.kind == Kind.HELD, Case.outcome == Outcome.OPEN, Case.reports == 0, col(Case.opened) < at - PATIENCE
    )
    for case in (await ctx.work.exec(late)).all():
        if await close(ctx.work, case, Outcome.EXPIRED):
            matter = opened(ctx.work, case)
            if matter:
                await ctx.work.discard(matter.ref)
                await tell(ctx, matter.person, "held-expired")
            await tell_reporters(ctx, case)
            await show(ctx, case)
