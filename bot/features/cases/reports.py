"""Anybody may report a message; nobody but the bot knows who did, and they hear what came of it."""

from bot.feature import Context
from bot.features.cases.base import feature, prefix
from bot.features.cases.deciding import open_case
from bot.features.cases.desk import show
from bot.features.cases.matter import answered, person_sealed
from bot.features.cases.tables import Case, Kind, Report
from bot.store import now
from bridges.model import Chat, Remove

A_DAY = 5  # reports from one person


@feature.command("abus", private=True)
async def report(ctx: Context, _: str) -> None:
    """Bring the message that is answered before the moderators; the command itself does not stay on view."""
    said = ctx.heard
    if not (said.private or said.whispered):
        await ctx.work.do(Remove(chat=ctx.home, ref=said.ref))
    matter = await answered(ctx)
    circle = await ctx.work.circle(matter.ref.chat) if matter else None
    if matter is None or circle is None:
        await ctx.whisper("abus-unknown" if said.reply_to else "abus-how", prefix=prefix(ctx))
        return
    who = ctx.work.hash(ctx.sender)
    if who == ctx.work.hash(matter.person):
        await ctx.whisper("abus-own", prefix=prefix(ctx))
    elif await ctx.work.count(Chat(ctx.home.network, f"reported by {ctx.sender.id}"), "reports") > A_DAY:
        await ctx.whisper("abus-enough")
    else:
        case = await open_case(ctx, circle, matter, Kind.REPORTED, ground="reported")
        await add(ctx, case, who)
        await ctx.whisper("abus-thanks", number=str(case.id))


async def add(ctx: Context, case: Case, who: str) -> None:
    """One more reporter, once each."""
    identity = person_sealed(ctx.work, ctx.sender)
    row = {"case": case.id, "person": who, "identity": identity, "at": now()}
    if await ctx.work.upsert(Report, row, keys=("case", "person")):
        case.reports += 1
        ctx.work.add(case)
        await ctx.work.flush()
        await show(ctx, case)
