"""An appeal: by answering the statement, or by its number; whoever decided is not the one to decide about it."""

from sqlmodel import col, select, update

from bot.feature import Context
from bot.features.cases.acting import known, standing_acts
from bot.features.cases.base import WINDOW, feature, judges, leading_number, number_of, prefix
from bot.features.cases.deciding import take_back, tell
from bot.features.cases.desk import show
from bot.features.cases.matter import circle_of, opened
from bot.features.cases.tables import Act, Appeal, Case, Outcome, Verdict
from bot.store import now
from bridges import markup
from bridges.model import Message

LONGEST = 2000  # characters


@feature.on(Message)
async def answer(ctx: Context, event: Message) -> None:
    """An answer to a statement of reasons, where nobody else sees it, is an appeal."""
    if event.reply_to and (event.private or event.whispered):
        number = number_of(await ctx.work.origin(event.reply_to), "statement")
        if number is not None:
            await appeal(ctx, number, markup.plain(event.html))


@feature.command("recours", private=True)
async def by_number(ctx: Context, words: str) -> None:
    """An appeal by the decision's number; the words behind it are what is said against it."""
    number, text = leading_number(words)
    origin = await ctx.work.origin(ctx.heard.reply_to) if ctx.heard.reply_to else None
    if not number and origin and (found := number_of(origin, "statement")) is not None:
        number = str(found)
    if not number:
        await ctx.whisper("recours-how", prefix=prefix(ctx))
    else:
        await appeal(ctx, int(number), text)


async def appeal(ctx: Context, number: int, words: str) -> None:
    """Note what somebody says against a decision about them, once, and show it to the moderators."""
    case = await ctx.work.get(Case, number)
    if case is None or not case.person or case.person != ctx.work.hash(ctx.sender):
        await ctx.whisper("recours-unknown")
    elif case.outcome is not Outcome.ACTED or case.closed is None or not await standing_acts(ctx, case):
        await ctx.whisper("recours-nothing")
    elif now() - case.closed > WINDOW:
        await ctx.whisper("recours-late")
    else:
        sealed = ctx.work.seal.close(words[:LONGEST])
        row = Appeal(case=number, person=case.person, words=sealed)
        values = {name: getattr(row, name) for name in Appeal.model_fields}
        if await ctx.work.upsert(Appeal, values, keys=("case",)):
            await ctx.whisper("recours-noted", number=str(number))
            await show(ctx, case)
        else:
            await ctx.whisper("recours-twice")


# --- deciding it


@feature.tap("appeal")
async def tapped(ctx: Context, rest: str) -> None:
    """A button under an appeal's card."""
    number, _, verb = rest.partition(" ")
    case = await ctx.work.get(Case, int(number)) if number.isdecimal() else None
    if case is None or verb not in {"lift", "uphold"}:
        await ctx.toast("case-unknown")
    else:
        await ctx.toast(await judge_appeal(ctx, case, lifted=verb == "lift") or "case-done")


async def judge_appeal(ctx: Context, case: Case, *, lifted: bool) -> str:
    """Decide an appeal once; empty if that was done, else the key of a text that says why not."""
    who = ctx.work.hash(ctx.sender)
    if not await judges(ctx, await circle_of(ctx.work, case)):
        return "not-yours"
    if who == case.person:
        return "case-own"
    acted = (await ctx.work.exec(select(Act.by).where(Act.case == case.id))).all()
    if who in acted:
        return "appeal-not-by-you"
    one = update(Appeal).where(col(Appeal.case) == case.id, col(Appeal.verdict) == Verdict.OPEN)
    verdict = Verdict.LIFTED if lifted else Verdict.UPHELD
    done = await ctx.work.exec(one.values(verdict=verdict, by=who, decided=now()).returning(col(Appeal.case)))
    if done.first() is None:
        return "case-decided"
    row = await ctx.work.get_one(Appeal, known(case))
    await ctx.work.refresh(row)
    if lifted:
        await take_back(ctx, case)
    elif matter := opened(ctx.work, case):
        await tell(ctx, matter.person, "upheld", number=str(case.id))
    await show(ctx, case)
    return ""
