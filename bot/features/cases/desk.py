"""The desk: the chat in which moderators see their cases, and the only place where a case's words are shown.

The right of moderators to see them is declared in `bot.purposes` ("report", "sanction": GDPR article 6(1)(e)); the gate
is not asked, since that does not rest on their author's yes. When a case is closed, the words go from the desk, too.
"""

from datetime import datetime, timedelta

from babel.dates import format_datetime
from markupsafe import Markup
from sqlmodel import col, select

from bot.feature import Context, Keyboard
from bot.features.cases.acting import known, standing_acts, strikes
from bot.features.cases.base import appeal_of, card_of, feature
from bot.features.cases.ladder import Step, What, mute_after, offered, weight
from bot.features.cases.matter import circle_of, opened, shown
from bot.features.cases.tables import Act, Appeal, Case, Desk, Kind, Outcome, Target, Verdict
from bot.store import Circle, now
from bridges.markup import escape
from bridges.model import Chat, Edit, Ref, Remove, Send, Voice
from moderation.finding import Decision
from moderation.names import shown_name

DONE = frozenset({"done", "absent", "held back"})


async def desk_of(ctx: Context, circle: Circle) -> Chat | None:
    """Where a circle's cases are shown: at its neighbourhood's desk, else at its commune's."""
    for scope in (f"{circle.commune}/{circle.neighbourhood}", circle.commune):
        if desk := await ctx.work.get(Desk, scope):
            return desk.chat
    return None


async def desks(ctx: Context, chat: Chat) -> list[str]:
    """For which scopes a chat is the desk."""
    here = Desk.network == chat.network, Desk.room == chat.id, Desk.thread == chat.thread
    return list(await ctx.work.exec(select(Desk.scope).where(*here).order_by(Desk.scope)))


async def circles_of_desk(ctx: Context, chat: Chat) -> list[Circle]:
    """The circles whose cases are shown in a chat."""
    if not await desks(ctx, chat):
        return []
    circles = (await ctx.work.exec(select(Circle).order_by(Circle.name))).all()
    return [circle for circle in circles if await desk_of(ctx, circle) == chat]


# --- the card of a case


async def show(ctx: Context, case: Case) -> None:
    """Put a case's card up at the desk, or let it say what holds by now."""
    if desk := await desk_of(ctx, await circle_of(ctx.work, case)):
        there = await ctx.in_language_of(desk)
        await put(there, desk, card_of(case.id), await card(there, case, desk), await choices(there, case, desk))
        if appeal := await ctx.work.get(Appeal, known(case)):
            await show_appeal(there, case, appeal, desk)


async def put(there: Context, desk: Chat, origin: Ref, html: str, buttons: Keyboard) -> None:
    """Say something at the desk once; later it says something else, and nothing of what it said stays on view."""
    arrives = await there.work.is_under_way(origin, desk)  # asked first: what has arrived since is there by then
    is_there = bool(await there.work.copies(origin))
    if is_there and not there.can(desk).keeps_old_text:
        await there.work.do(Edit(chat=desk, ref=origin, html=html, of=Voice.BOT, buttons=buttons))
        return
    if is_there or arrives:  # what is being sent at this moment comes first, and goes
        await there.work.do(Remove(chat=desk, ref=origin))
    await there.work.drop(origin)  # what waits to be said there says what was right before
    await there.work.do(Send(chat=desk, html=html, of=Voice.BOT, copy_of=origin, buttons=buttons))


async def card(there: Context, case: Case, chat: Chat) -> str:
    """What a case's card says in a chat; its words only as long as it is open."""
    circle = await circle_of(there.work, case)
    lines = [there.text(f"case-head-{case.kind}", number=str(case.id), circle=circle.name)]
    if case.outcome is not Outcome.OPEN:
        return "\n".join([*lines, *await what_was_done(there, case)])
    lines += who_and_what(there, case)
    if case.checks:
        grounds = "; ".join(ground_text(there, check) for check in case.checks.split())
        lines.append(there.text("case-found", grounds=grounds))
    if case.reports:
        lines.append(there.text("case-reports", count=case.reports))
    earlier, before = await past(there, case)
    step = offered(proposed(case), before)
    lines.append(there.text("case-offered", step=step_text(there, step), before=earlier))
    if not there.can(chat).buttons:
        lines.append(there.text("case-how", number=str(case.id), prefix=there.can(chat).prefix))
    return "\n".join(lines)


def who_and_what(there: Context, case: Case) -> list[str]:
    """Whose words, and the words, as far as they are kept."""
    if (matter := opened(there.work, case)) is None:
        return []
    network = matter.person.chat.network.title()
    lines = [there.text("case-who", name=shown_name(matter.person.name) or "?", network=network)]
    return [*lines, quoted(matter.html)] if matter.html else lines


def quoted(html: str) -> str:
    """Somebody's words as the desk shows them."""
    return f"<blockquote>{escape(shown(html))}</blockquote>"


async def choices(there: Context, case: Case, chat: Chat) -> Keyboard:
    """What can be tapped under a case's card."""
    if case.outcome is not Outcome.OPEN or not there.can(chat).buttons:
        return ()
    _, before = await past(there, case)
    mute = step_text(there, Step(What.MUTE, mute_after(before)))
    words = {"mute": there.text("verb-mute", step=Markup(mute))}  # noqa: S704 - our own texts
    words |= {verb: there.text(f"verb-{verb}") for verb in verbs(case) if verb != "mute"}
    taps = [feature.button(words[verb], "decide", f"{case.id} {verb}") for verb in verbs(case)]
    return tuple(tuple(taps[at : at + 2]) for at in range(0, len(taps), 2))


def verbs(case: Case) -> tuple[str, ...]:
    """What a moderator may decide: held words may also just stay where they are."""
    if not case.person:
        return "pass", "remove"
    return ("pass", *(["keep"] if case.kind is Kind.HELD else []), "remove", "warn", "mute", "ban")


def proposed(case: Case) -> Decision:
    """What the machine thinks should be done."""
    return Decision[case.proposed.upper()] if case.proposed else Decision.PASS


async def past(there: Context, case: Case) -> tuple[int, float]:
    """How many earlier decisions there are against somebody, and how much they still weigh."""
    policy = await there.work.policy(await circle_of(there.work, case))
    before = await strikes(there, case.person, case.circle)
    return len(before), weight(before, now(), timedelta(days=policy.strike_days))


# --- the card of an appeal


async def show_appeal(there: Context, case: Case, appeal: Appeal, desk: Chat) -> None:
    """What is said against a decision; when that is decided, the words go."""
    circle, can = await circle_of(there.work, case), there.can(desk)
    lines = [there.text("appeal-head", number=str(case.id), circle=circle.name)]
    buttons: Keyboard = ()
    if appeal.verdict is not Verdict.OPEN:
        lines.append(there.text(f"appeal-{appeal.verdict}"))
    else:
        lines += await words_and_facts(there, case, appeal)
        verbs = [(there.text(f"verb-{verb}"), verb) for verb in ("lift", "uphold")]
        if can.buttons:
            buttons = (tuple(feature.button(words, "appeal", f"{case.id} {verb}") for words, verb in verbs),)
        else:
            lines.append(there.text("appeal-type", number=str(case.id), prefix=can.prefix))
    await put(there, desk, appeal_of(case.id), "\n".join(lines), buttons)


async def words_and_facts(there: Context, case: Case, appeal: Appeal) -> list[str]:
    """What was done, about which words, and what is said against it."""
    acts = await standing_acts(there, case)
    facts = next((there.work.seal.open(act.facts) for act in acts if act.facts), "")
    lines = [*who_and_what(there, case)[:1], *([quoted(facts)] if facts else [])]
    lines += ["• " + done_text(there, act) for act in acts]
    said = there.work.seal.open(appeal.words) if appeal.words else ""
    return [*lines, there.text("appeal-says"), quoted(escape(said))] if said else lines


# --- what was done


async def what_was_done(there: Context, case: Case) -> list[str]:
    """What was decided, how it went in each chat, and what is said against it."""
    lines = [there.text(f"outcome-{case.outcome}")]
    rows = (await there.work.exec(select(Act).where(Act.case == case.id).order_by(col(Act.id)))).all()
    for row in rows:
        if row.undoes:
            lines.append(there.text("log-undone", act=there.text(f"act-{row.what}"), at=day(there, row.at)))
        else:
            lines.append("• " + done_text(there, row))
        lines += await results(there, row)
    if appeal := await there.work.get(Appeal, known(case)):
        lines.append(there.text(f"appeal-{appeal.verdict}"))
    if case.outcome is Outcome.ACTED and await standing_acts(there, case):
        lines.append(there.text("case-undo", number=str(case.id), prefix="/"))
    return lines


async def results(there: Context, row: Act) -> list[str]:
    """How an act went, in one line, and one more for each chat that did not follow."""
    targets = (await there.work.exec(select(Target).where(Target.act == row.id).order_by(col(Target.nth)))).all()
    if not targets:
        return []
    went = sum(target.result in DONE for target in targets)
    waits = sum(not target.result for target in targets)
    lines = [there.text("results", went=went, all=len(targets), waits=waits)]
    for target in targets:
        if target.result and target.result not in DONE:
            room = await there.work.room(target.chat)
            key = f"refused-{target.result}"
            why = there.text(key if there.world.texts.has(key) else "refused-refused")
            lines.append(there.text("result-failed", chat=(room.title if room else "") or target.network, why=why))
    return lines


def done_text(there: Context, row: Act) -> str:
    """What an act is, with its end."""
    if row.until:
        return there.text(f"done-{row.what}-until", until=day(there, row.until))
    return there.text(f"done-{row.what}")


def step_text(there: Context, step: Step) -> str:
    """A step of the ladder, as a moderator is offered it."""
    hours = int(step.lasting.total_seconds() // 3600) if step.lasting else 0
    return there.text(f"step-{step.what}", hours=hours, days=hours // 24)


def ground_text(there: Context, ground: str) -> str:
    """What a case is about, in words: why a check found something, or else the rules of the circle."""
    keys = (key for key in (f"ground-{ground}", f"reason-{ground}", ground) if there.world.texts.has(key))
    return there.text(next(keys, "ground-charter"))


def day(there: Context, at: datetime) -> str:
    """A moment as people say it, in the installation's time zone."""
    zone = there.world.settings.timezone
    return format_datetime(at, "d MMMM yyyy, HH:mm", tzinfo=zone, locale=there.language)
