"""The log of what was done, as moderators read it: without names and words."""

from markupsafe import Markup
from sqlmodel import col, select

from bot.feature import Context
from bot.features.cases.base import JUDGES, feature
from bot.features.cases.commands import own_circles
from bot.features.cases.desk import circles_of_desk, day, done_text, ground_text
from bot.features.cases.tables import Act

LISTED = 20
SHORT = 4  # letters of the hash by which moderators are told apart


@feature.command("journal", roles=JUDGES)
async def show(ctx: Context, _: str) -> None:
    """The last acts in one's circles: when, what, why, by whom, and whether it was undone."""
    here = await ctx.work.circle(ctx.home)
    circles = await circles_of_desk(ctx, ctx.home) or await own_circles(ctx)
    ids = [circle.id for circle in circles if here is None or circle.id == here.id]
    rows = select(Act).where(col(Act.circle).in_(ids), col(Act.undoes).is_(None)).order_by(col(Act.id).desc())
    acts = (await ctx.work.exec(rows.limit(LISTED))).all()
    undone = set((await ctx.work.exec(select(Act.undoes).where(col(Act.undoes).in_([act.id for act in acts])))).all())
    lines = [line(ctx, act, undone=act.id in undone) for act in reversed(acts)]
    listed = Markup("\n".join(lines))  # noqa: S704 - made of our own texts
    await ctx.whisper("journal" if lines else "journal-empty", lines=listed)


def line(ctx: Context, act: Act, *, undone: bool) -> str:
    """One act."""
    own = act.by == ctx.work.hash(ctx.sender)
    by = ctx.text("journal-you") if own else ctx.text("journal-other", code=act.by[:SHORT] or "–")
    marks = [ctx.text("journal-machine")] if act.automated else []
    marks += [ctx.text("journal-undone")] if undone else []
    return ctx.text(
        "journal-line", number=str(act.case), at=day(ctx, act.at), what=Markup(done_text(ctx, act)),  # noqa: S704
        ground=Markup(ground_text(ctx, act.ground)), by=Markup(by),  # noqa: S704
        marks=Markup("".join(f" ({mark})" for mark in marks)),  # noqa: S704
    )  # fmt: skip
