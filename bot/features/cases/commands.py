"""What moderators type in answer to a message, or by a case's number, and what they tap at the desk."""

import re
from collections.abc import Sequence
from datetime import timedelta

from markupsafe import Markup
from sqlmodel import col, select

from bot.feature import Context
from bot.features.cases.acting import standing_acts
from bot.features.cases.appeals import judge_appeal
from bot.features.cases.base import JUDGES, feature, judges, leading_number, number_of, prefix
from bot.features.cases.deciding import decide, objection, open_case, steps_for, take_back, way_back
from bot.features.cases.desk import card, circles_of_desk, what_was_done
from bot.features.cases.ladder import FINAL, Step, What
from bot.features.cases.matter import answered, circle_of
from bot.features.cases.tables import Act, Case, Kind, Outcome
from bot.store import Circle, Sanction
from bridges.model import Remove

DURATION = re.compile(r"(\d{1,4})\s*(min|mn|m|h|d|j)(?:\b|$)", re.IGNORECASE)
UNITS = {"m": "minutes", "h": "hours", "d": "days", "j": "days"}
HOUR, LONGEST = timedelta(hours=1), timedelta(days=365)
LISTED = 20


# --- at the desk


@feature.tap("decide")
async def tapped(ctx: Context, rest: str) -> None:
    """A button under a case's card."""
    number, _, verb = rest.partition(" ")
    case = await ctx.work.get(Case, int(number)) if number.isdecimal() else None
    if case is None:
        await ctx.toast("case-unknown")
    elif why := await settle(ctx, case, verb):
        await ctx.toast(why)
    else:
        await ctx.toast("case-done")


async def settle(ctx: Context, case: Case, verb: str, words: str = "") -> str:
    """Decide a case by a word; empty if that was done, else the key of a text that says why not."""
    steps = await steps_for(ctx, case, verb)
    if why := await objection(ctx, case, steps):
        return why
    return "" if await decide(ctx, case, steps, words) else "case-decided"


@feature.command("cas", roles=JUDGES)
async def by_number(ctx: Context, words: str) -> None:
    """A case: what is known of it, or with a word what becomes of it."""
    number, verb, reason = [*words.split(maxsplit=2), "", "", ""][:3]
    case = await ctx.work.get(Case, int(number)) if number.isdecimal() else None
    if case is None:
        await ctx.whisper("cas-how", prefix=prefix(ctx))
    elif not await judges(ctx, await circle_of(ctx.work, case)):
        await ctx.whisper("not-yours")
    elif not verb:
        html = await card(ctx, case, ctx.home)
        await ctx.whisper("as-it-is", words=Markup(html))  # noqa: S704 - made of our own texts
    elif verb.casefold() in ctx.world.texts.words("verb-typed-undo"):
        await undo_case(ctx, case)
    elif lifted := understood(ctx, verb, ("lift", "uphold")):
        await ctx.whisper(await judge_appeal(ctx, case, lifted=lifted == "lift") or "case-done")
    elif meant := understood(ctx, verb, ("pass", "keep", "remove", "warn", "mute", "ban")):
        await ctx.whisper(await settle(ctx, case, meant, reason) or "case-done")
    else:
        await ctx.whisper("cas-how", prefix=prefix(ctx))


def understood(ctx: Context, typed: str, verbs: Sequence[str]) -> str:
    """Which of these a moderator's word means, in any language; empty if none."""
    return next((verb for verb in verbs if typed.casefold() in ctx.world.texts.words(f"verb-typed-{verb}")), "")


# --- in answer to a message


@feature.command("avertir", roles=JUDGES)
async def warn(ctx: Context, words: str) -> None:
    """Warn somebody, in private."""
    await do(ctx, words, (Step(What.WARN),))


@feature.command("retirer", roles=JUDGES)
async def remove(ctx: Context, words: str) -> None:
    """Take a message away everywhere."""
    await do(ctx, words, (Step(What.REMOVE),))


@feature.command("muet", roles=JUDGES)
async def mute(ctx: Context, words: str) -> None:
    """Let somebody not write for a while, an hour if nothing is said."""
    number, rest = leading_number(words)
    lasting, reason = duration(rest)
    await do(ctx, f"{number} {reason}".strip(), (Step(What.MUTE, lasting),))


@feature.command("exclure", roles=JUDGES)
async def ban(ctx: Context, words: str) -> None:
    """Let somebody not be here any more."""
    await do(ctx, words, (Step(What.BAN),))


@feature.command("nettoyer", roles=JUDGES)
async def clear(ctx: Context, words: str) -> None:
    """Take all of somebody's reactions away."""
    await do(ctx, words, (Step(What.CLEAR),))


@feature.command("verrouiller", roles=JUDGES)
async def lock(ctx: Context, words: str) -> None:
    """Let nobody write in the chats of this circle until it is undone."""
    circle = await ctx.work.circle(ctx.home)
    if circle is None:
        await ctx.whisper("lock-nowhere")
        return
    holds = select(Sanction.act).where(Sanction.circle == circle.id, Sanction.what == What.LOCK)
    if locked := (await ctx.work.exec(holds)).first():
        act = await ctx.work.get_one(Act, locked)
        await ctx.whisper("lock-already", number=str(act.case), prefix=prefix(ctx))
        return
    case = await open_case(ctx, circle, None, Kind.ACTED)
    await decide(ctx, case, (Step(What.LOCK),), words)
    await tidy(ctx)
    await report(ctx, case)


async def do(ctx: Context, words: str, steps: Sequence[Step]) -> None:
    """Act on the message that is answered, or on that of an open case named by its number."""
    number, reason = leading_number(words)
    case = await ctx.work.get(Case, int(number)) if number else None
    if number and case is None:
        await ctx.whisper("case-unknown")
        return
    if case is None:
        case = await case_answered(ctx)
    if case is None:
        await ctx.whisper("act-how")
    elif why := await objection(ctx, case, steps):
        await withdraw(ctx, case)
        await ctx.whisper(why)
    elif await decide(ctx, case, steps, reason):
        await tidy(ctx)
        await report(ctx, case)
    else:
        await ctx.whisper("case-decided")


async def case_answered(ctx: Context) -> Case | None:
    """The case of the message that a command answers, opened if there is none."""
    said = ctx.heard
    origin = await ctx.work.origin(said.reply_to) if said.reply_to else None
    if origin and (number := number_of(origin, "case", "appeal")) is not None:
        return await ctx.work.get(Case, number)
    matter = await answered(ctx)
    circle = await ctx.work.circle(matter.ref.chat) if matter else None
    return await open_case(ctx, circle, matter, Kind.ACTED) if matter and circle else None


async def withdraw(ctx: Context, case: Case) -> None:
    """A case that was only opened for what may not be done was never there."""
    if case.kind is Kind.ACTED and case.outcome is Outcome.OPEN:
        await ctx.work.delete(case)
        await ctx.work.flush()


async def tidy(ctx: Context) -> None:
    """A moderator's command need not stay before everybody's eyes."""
    said = ctx.heard
    if not (said.private or said.whispered) and await ctx.work.circle(ctx.home):
        await ctx.work.do(Remove(chat=ctx.home, ref=said.ref))


async def report(ctx: Context, case: Case) -> None:
    """Tell the moderator what is being done, and how it is undone."""
    rows = await standing_acts(ctx, case)
    final = [ctx.text(f"final-{row.what}") for row in rows if row.what in FINAL | {What.REMOVE, What.BAN}]
    lines = Markup("\n".join([*await what_was_done(ctx, case), *final]))  # noqa: S704 - made of our own texts
    await ctx.whisper("acted", number=str(case.id), lines=lines)


def duration(words: str) -> tuple[timedelta, str]:
    """« 30min », « 2 h », « 3j » and what stands behind it; an hour where nothing is said, a year at most."""
    if not (match := DURATION.match(words)):
        return HOUR, words
    lasting = timedelta(**{UNITS[match[2][0].lower()]: int(match[1])})
    return min(max(lasting, timedelta(minutes=1)), LONGEST), words[match.end() :].strip()


# --- undoing


@feature.command("annuler", roles=JUDGES)
async def undo(ctx: Context, words: str) -> None:
    """Undo a case by its number, that of the message that is answered, or else one's own last one."""
    number, _ = leading_number(words)
    case = await ctx.work.get(Case, int(number)) if number else await case_to_undo(ctx)
    if case is None:
        await ctx.whisper("undo-how", prefix=prefix(ctx))
    else:
        await undo_case(ctx, case)


async def case_to_undo(ctx: Context) -> Case | None:
    """The last case about the message that is answered, or else the last in which this moderator acted."""
    undone = select(Act.undoes).where(col(Act.undoes).is_not(None))
    rows = select(Act).where(col(Act.undoes).is_(None), col(Act.id).not_in(undone))
    if ctx.heard.reply_to:
        origin = await ctx.work.origin(ctx.heard.reply_to)
        if (number := number_of(origin, "case", "statement", "appeal")) is not None:
            return await ctx.work.get(Case, number)
        matter = await answered(ctx)
        if matter is None:
            return None
        rows = rows.where(Act.person == ctx.work.hash(matter.person))
    else:
        rows = rows.where(Act.by == ctx.work.hash(ctx.sender))
    last = (await ctx.work.exec(rows.order_by(col(Act.id).desc()))).first()
    return await ctx.work.get(Case, last.case) if last else None


async def undo_case(ctx: Context, case: Case) -> None:
    """Take a case's acts back, and say in plain words what could not be."""
    if not await judges(ctx, await circle_of(ctx.work, case)):
        await ctx.whisper("not-yours")
    elif case.person and case.person == ctx.work.hash(ctx.sender):
        await ctx.whisper("case-own")
    elif rows := await take_back(ctx, case):
        ways = [ctx.text(f"taken-back-{await way_back(ctx, row)}") for row in rows]
        lines = Markup("\n".join(ways))  # noqa: S704 - made of our own texts
        await tidy(ctx)
        await ctx.whisper("undo-done", number=str(case.id), lines=lines)
    else:
        await ctx.whisper("undo-nothing", number=str(case.id))


# --- the queue


async def queue(ctx: Context) -> None:
    """The open cases of this desk, or of this moderator's circles, oldest first; without anybody's words."""
    circles = await circles_of_desk(ctx, ctx.home) or await own_circles(ctx)
    ids = [circle.id for circle in circles]
    rows = select(Case).where(Case.outcome == Outcome.OPEN, col(Case.circle).in_(ids)).order_by(col(Case.id))
    cases = (await ctx.work.exec(rows)).all()
    lines = [await line(ctx, case) for case in cases[:LISTED]]
    if not cases:
        await ctx.whisper("queue-empty")
    else:
        shown = Markup("\n".join(lines))  # noqa: S704 - made of our own texts
        await ctx.whisper("queue", count=len(cases), lines=shown, prefix=prefix(ctx))


async def line(ctx: Context, case: Case) -> str:
    """A case in one line."""
    circle = await circle_of(ctx.work, case)
    return ctx.text(f"case-head-{case.kind}", number=str(case.id), circle=circle.name)


async def own_circles(ctx: Context) -> list[Circle]:
    """The circles in which whoever wrote may decide."""
    circles = (await ctx.work.exec(select(Circle).order_by(Circle.name))).all()
    return [circle for circle in circles if await judges(ctx, circle)]
