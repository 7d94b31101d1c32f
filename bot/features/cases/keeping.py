"""Notes what became of each act in each chat, and lets everything personal go when its time is over."""

from datetime import datetime, timedelta

from sqlmodel import col, delete, or_, select, update

from bot.feature import Context
from bot.features.cases.base import WINDOW, feature
from bot.features.cases.desk import show
from bot.features.cases.tables import Act, Appeal, Case, Outcome, Report, Target, Verdict
from bot.store import Copy, Outgoing, State

RESULTS = {State.DONE: "done", State.DROPPED: "absent"}
LOST = timedelta(days=3)  # the outbox forgets sooner what became of a row


@feature.every("* * * * *")
async def note_results(ctx: Context, at: datetime) -> None:
    """What became of acts that were on their way; a case whose last target is known, and where one failed, says so."""
    waiting = (await ctx.work.exec(select(Target).where(Target.result == ""))).all()
    rows = select(Outgoing.key, Outgoing.state, Outgoing.why).where(
        col(Outgoing.key).in_([one.key for one in waiting]), col(Outgoing.done).is_not(None)
    )
    ended = {key: (State(state), why) for key, state, why in await ctx.work.exec(rows)} if waiting else {}
    cases = set()
    for target in waiting:
        if target.key in ended:
            state, why = ended[target.key]
            target.result = RESULTS.get(state, why or "refused")
        elif at - target.at > LOST:
            target.result = "unknown"
        else:
            continue
        ctx.work.add(target)
        cases.add((await ctx.work.get_one(Act, target.act)).case)
    await ctx.work.flush()
    for number in sorted(cases):
        case = await ctx.work.get_one(Case, number)
        if case.outcome is not Outcome.OPEN:
            await show(ctx, case)


@feature.every("41 * * * *")
async def sweep(ctx: Context, at: datetime) -> None:
    """After six months nobody is known any more, and what can be counted stays; what is sealed went by itself."""
    before = at - WINDOW
    over = select(Case.id).where(col(Case.closed) < before, col(Case.person) != "")
    await ctx.work.exec(delete(Report).where(col(Report.case).in_(over)))
    cases = col(Case.closed) < before, col(Case.person) != ""
    await ctx.work.exec(update(Case).where(*cases).values(person="", origin="", subject=None, excerpt=None))
    acts = col(Act.at) < before, (col(Act.person) != "") | (col(Act.by) != "")
    await ctx.work.exec(update(Act).where(*acts).values(person="", by="", facts=None, words=None))
    await ctx.work.exec(delete(Target).where(col(Target.at) < before))
    appeals = col(Appeal.at) < before, col(Appeal.verdict) != Verdict.OPEN, col(Appeal.person) != ""
    await ctx.work.exec(update(Appeal).where(*appeals).values(person="", by="", words=None))
    ours = or_(*(col(Copy.origin).startswith(f"palier|{kind}|") for kind in ("case", "appeal", "statement")))
    await ctx.work.exec(delete(Copy).where(ours, col(Copy.made) < before))
