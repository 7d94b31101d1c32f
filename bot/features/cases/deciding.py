"""Opens cases, decides each once, and tells everybody whom it concerns: whoever is second to decide is told so."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from markupsafe import Markup, escape
from sqlmodel import col, func, select, update

from bot.feature import Context
from bot.features.cases.acting import carry_out, enter, known, undo
from bot.features.cases.base import WINDOW, exempt, judges, statement_of
from bot.features.cases.desk import day, ground_text, past, quoted, show
from bot.features.cases.ladder import Step, What, mute_after
from bot.features.cases.matter import Matter, circle_of, opened, person_opened, sealed
from bot.features.cases.statement import Statement
from bot.features.cases.tables import Act, Appeal, Case, Kind, Outcome, Report, Verdict
from bot.store import Circle, Work, now, where
from bridges.model import Person, Send, Voice

AGAINST = frozenset({What.WARN, What.MUTE, What.BAN, What.CLEAR})  # what is done to a person rather than to words


# --- opening


async def open_case(
    ctx: Context, circle: Circle, matter: Matter | None, kind: Kind, *, ground: str = "charter", checks: str = "",
    proposed: str = "", policy: str = "",
) -> Case:  # fmt: skip
    """The open case about these words: a new one, or the one that others opened before, which says what it says now."""
    assert circle.id is not None
    if matter and (found := await open_one(ctx.work, matter)):
        found.excerpt = ctx.work.seal.close(matter.html) if matter.html else found.excerpt
        if kind is Kind.HELD:
            found.kind, found.ground, found.checks, found.proposed = kind, ground, checks, proposed
        ctx.work.add(found)
        await ctx.work.flush()
        return found
    case = Case(circle=circle.id, kind=kind, ground=ground, checks=checks, proposed=proposed, policy=policy)
    if matter:
        case.origin, case.person = where(matter.ref), ctx.work.hash(matter.person)
        case.subject = sealed(ctx.work, matter)
        case.excerpt = ctx.work.seal.close(matter.html) if matter.html else None
        case.nth = await nth(ctx.work, case)
    else:
        case.origin = f"circle|{circle.id}|{now().isoformat()}"
    ctx.work.add(case)
    await ctx.work.flush()
    return case


async def open_one(work: Work, matter: Matter) -> Case | None:
    """The open case about these words, if there is one."""
    rows = select(Case).where(Case.origin == where(matter.ref), Case.outcome == Outcome.OPEN)
    return (await work.exec(rows)).first()


async def nth(work: Work, case: Case) -> int:
    """The how manieth person of the month somebody is in a circle, for counting when nobody is known any more."""
    month = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    here = Case.circle == case.circle, col(Case.opened) >= month
    mine = (await work.exec(select(Case.nth).where(*here, Case.person == case.person))).first()
    return mine or ((await work.exec(select(func.max(Case.nth)).where(*here))).first() or 0) + 1


# --- deciding


async def steps_for(ctx: Context, case: Case, verb: str) -> tuple[Step, ...]:
    """What a moderator's word means for a case; held words that are not released do not cross."""
    held = case.kind is Kind.HELD
    match verb:
        case "pass":
            return (Step(What.RELEASE),) if held else ()
        case "keep":
            return (Step(What.WITHHOLD),)
        case "warn":
            return (Step(What.WITHHOLD), Step(What.WARN)) if held else (Step(What.WARN),)
        case "remove":
            return (Step(What.REMOVE),)
        case "mute":
            _, before = await past(ctx, case)
            return Step(What.REMOVE), Step(What.MUTE, mute_after(before))
        case "ban":
            return Step(What.REMOVE), Step(What.BAN)
    return ()


async def objection(ctx: Context, case: Case, steps: Sequence[Step]) -> str:
    """Why whoever asks may not do this in a case, as the key of a text; empty if they may."""
    circle = await circle_of(ctx.work, case)
    if not await judges(ctx, circle):
        return "not-yours"
    if case.person and case.person == ctx.work.hash(ctx.sender):
        return "case-own"
    if not any(step.what in AGAINST for step in steps):
        return ""
    if (matter := opened(ctx.work, case)) is None:
        return "case-nobody"
    return "case-exempt" if await exempt(ctx.work, matter.person, circle) else ""


async def decide(ctx: Context, case: Case, steps: Sequence[Step], words: str = "") -> bool:
    """Close a case with these acts, in one transaction; False where somebody has closed it before."""
    passed = all(step.what is What.RELEASE for step in steps)
    if not await close(ctx.work, case, Outcome.PASSED if passed else Outcome.ACTED):
        return False
    by = ctx.work.hash(ctx.sender)
    rows = [await enter(ctx, case, step, by, words) for step in steps]
    if passed:
        await tell_released(ctx, case)
    elif case.person:
        await state_reasons(ctx, case, rows, words)
    for row in rows:
        await carry_out(ctx, case, row)
    await tell_reporters(ctx, case)
    await show(ctx, case)
    return True


async def close(work: Work, case: Case, outcome: Outcome) -> bool:
    """Close a case once, whoever else tries at this moment."""
    one = update(Case).where(col(Case.id) == case.id, col(Case.outcome) == Outcome.OPEN)
    done = await work.exec(one.values(outcome=outcome, closed=now()).returning(col(Case.id)))
    if done.first() is None:
        return False
    await work.refresh(case)
    return True


# --- telling


async def tell(ctx: Context, person: Person, key: str, **args: str) -> None:
    """Tell somebody alone, in the language of their chat."""
    home = await ctx.in_language_of(person.chat)
    await ctx.work.do(Send(chat=person.chat, html=home.text(key, **args), of=person, to=person, aside=True))


async def tell_released(ctx: Context, case: Case) -> None:
    """Whoever waited for a human to look is told that it was all right."""
    matter = opened(ctx.work, case)
    if matter and case.kind is Kind.HELD:
        await tell(ctx, matter.person, "held-released")


async def tell_reporters(ctx: Context, case: Case) -> None:
    """Those who reported hear the outcome, and then nobody knows any more how to reach them."""
    for report in (await ctx.work.exec(select(Report).where(Report.case == case.id))).all():
        if report.identity:
            person = person_opened(ctx.work, report.identity)
            await tell(ctx, person, f"reported-{case.outcome}", number=str(case.id))
            report.identity = None
            ctx.work.add(report)


async def state_reasons(ctx: Context, case: Case, rows: Sequence[Act], words: str) -> None:
    """The statement of reasons, to the person alone; an answer to it is an appeal."""
    matter = opened(ctx.work, case)
    assert matter
    home = await ctx.in_language_of(matter.person.chat)
    circle = await circle_of(ctx.work, case)
    until = next((row.until for row in rows if row.until), None)
    statement = Statement(
        number=known(case), acts=tuple(row.what for row in rows), until=until, territory=circle.name,
        facts=quoted(matter.html) if matter.html else "", source=case.kind, reports=case.reports,
        automated=case.kind is Kind.HELD, ground=ground_text(home, case.ground), words=str(escape(words)),
        last=now() + WINDOW, prefix=home.can(matter.person.chat).prefix,
    )  # fmt: skip
    fields = statement.lines(home.text, lambda at: day(home, at))
    lines = [Markup("<b>{}</b> {}").format(heading, Markup(sentence)) for heading, sentence in fields]  # noqa: S704
    html = home.text("statement", number=str(case.id), lines=Markup("\n").join(lines))
    send = Send(chat=matter.person.chat, html=html, of=Voice.BOT, to=matter.person, aside=True)
    await ctx.work.do(replace(send, copy_of=statement_of(case.id)), among_acts=True)


# --- undoing


async def take_back(ctx: Context, case: Case) -> list[Act]:
    """Undo what was done in a case, and tell whoever it was done to; what was undone, none where nothing was left."""
    who = ctx.work.hash(ctx.sender)
    rows = await undo(ctx, case, who)
    if rows:  # nothing is left that could be appealed
        one = update(Appeal).where(col(Appeal.case) == case.id, col(Appeal.verdict) == Verdict.OPEN)
        await ctx.work.exec(one.values(verdict=Verdict.LIFTED, by=who, decided=now()))
    matter = opened(ctx.work, case)
    if rows and matter and case.person:
        home = await ctx.in_language_of(matter.person.chat)
        lines = [home.text(f"undone-{await way_back(ctx, row)}") for row in rows]
        back = Markup("\n".join(lines))  # noqa: S704 - made of our own texts
        await tell(ctx, matter.person, "undone", number=str(case.id), lines=back)
    if rows:
        await show(ctx, case)
    return rows


async def way_back(ctx: Context, row: Act) -> str:
    """What was undone, for the keys of texts: words that are kept no longer cannot be said again."""
    undone = await ctx.work.get_one(Act, row.undoes)
    gone = row.what in {What.REMOVE, What.WITHHOLD} and not undone.facts
    return f"{row.what}-gone" if gone else str(row.what)
