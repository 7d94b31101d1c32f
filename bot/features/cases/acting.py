"""Carries acts out on both networks, in every chat of the circle, and takes them back; each is rows of the outbox.

What a person may do at home is a function of all the sanctions that hold for them: an act adds one, its inverse takes
that one away, and the networks are told what follows from the rest. In the chats of other networks, where they are not,
the gate keeps their words back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import col, delete, select

from bot.feature import Context
from bot.features.cases.ladder import LASTING, STRIKES, Step, What
from bot.features.cases.matter import Matter, circle_of, opened, person_opened, person_sealed, words_of
from bot.features.cases.tables import Act, Case, Kind, Target
from bot.store import Reaction, Sanction, now, place
from bridges.model import Action, Chat, ClearReactions, Lock, Mirror, Person, Ref, Remove, Restrict, Send
from moderation.names import defuse, imitates, shown_name

HELD = "held back"  # the result where somebody is not, and the gate keeps their words


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody may do at home: all of it, or not, until then or until it is lifted."""

    what: Literal["mute", "ban", "free"]
    until: datetime | None = None


def standing(sanctions: Sequence[Sanction]) -> Standing:
    """What follows from all that holds: a ban above mutes, and of mutes the one that ends last."""
    if any(one.what == What.BAN for one in sanctions):
        return Standing("ban")
    mutes = [one.until for one in sanctions if one.what == What.MUTE]
    if not mutes:
        return Standing("free")
    ends = [until for until in mutes if until]
    return Standing("mute", max(ends) if len(ends) == len(mutes) else None)


# --- doing


async def enter(ctx: Context, case: Case, step: Step, by: str, words: str = "") -> Act:
    """Add one thing to the log, and to what holds; `by` is the keyed hash of whoever decided, `words` their reason."""
    moment = now()
    matter = opened(ctx.work, case)
    row = Act(
        case=known(case), circle=case.circle, what=step.what, at=moment, by=by, ground=case.ground, source=case.kind,
        until=moment + step.lasting if step.lasting else None, automated=case.kind is Kind.HELD, person=case.person,
        facts=ctx.work.seal.close(matter.html) if matter and matter.html else None,
        words=ctx.work.seal.close(words) if words else None,
    )  # fmt: skip
    ctx.work.add(row)
    await ctx.work.flush()
    if step.what in LASTING:
        holds = Sanction(act=known(row), circle=case.circle, what=step.what, until=row.until)
        if matter and step.what is not What.LOCK:
            holds.person, holds.identity = case.person, person_sealed(ctx.work, matter.person)
        ctx.work.add(holds)
        await ctx.work.flush()
    return row


async def carry_out(ctx: Context, case: Case, row: Act) -> None:
    """Queue what the networks have to do for an act."""
    matter = opened(ctx.work, case)
    match row.what:
        case What.LOCK:
            await lock(ctx, case, row, on=True)
        case What.MUTE | What.BAN if matter:
            await restrict(ctx, case, row, matter.person)
        case What.CLEAR if matter:
            await clear(ctx, case, row, matter.person)
        case What.RELEASE if matter:
            await ctx.work.release(matter.ref)
        case What.WITHHOLD if matter:
            await ctx.work.discard(matter.ref)
            await ctx.work.drop(matter.ref)
        case What.REMOVE if matter:
            await remove(ctx, case, row, matter.ref)


async def remove(ctx: Context, case: Case, row: Act, ref: Ref) -> None:
    """Take words away: what waits never leaves, what is there goes, at home and wherever there is a copy."""
    await ctx.work.discard(ref)
    await ctx.work.drop(ref)
    copies = await ctx.work.copies(ref)
    chats = await ctx.work.chats(await circle_of(ctx.work, case))
    there = [Chat(copy.network, copy.room, copy.thread) for copy in copies if copy.part == 0]
    homes = [ref.chat, *(chat for chat in there if chat != ref.chat)]
    for chat in dict.fromkeys([*homes, *chats]):
        stub = (await ctx.in_language_of(chat)).text("taken-away")
        if chat in homes:
            await reach(ctx, row, Remove(chat=chat, ref=ref, stub=stub))
        elif not any((chat.network, chat.id) == (one.network, one.id) for one in homes):
            await note(ctx, row, chat, "absent")  # it never arrived there


async def restrict(ctx: Context, case: Case, row: Act, person: Person) -> None:
    """Tell the networks what somebody may do by now, in every chat of the circle where they can be."""
    rows = select(Sanction).where(Sanction.person == ctx.work.hash(person), Sanction.circle == case.circle)
    holds = standing((await ctx.work.exec(rows)).all())
    unbans = row.what is What.BAN and row.undoes is not None and holds.what == "mute"
    chats = await ctx.work.chats(await circle_of(ctx.work, case))
    for room in dict.fromkeys(Chat(chat.network, chat.id) for chat in chats):  # rights are a whole room's
        if room.network == person.chat.network:
            if unbans:  # a mute does not lift a ban
                await reach(ctx, row, Restrict(chat=room, person=person, what="free"))
            await reach(ctx, row, Restrict(chat=room, person=person, what=holds.what, until=holds.until))
        else:
            await note(ctx, row, room, HELD)


async def lock(ctx: Context, case: Case, row: Act, *, on: bool) -> None:
    """Let nobody write, or let them write again unless another lock holds."""
    others = select(Sanction.act).where(Sanction.circle == case.circle, Sanction.what == What.LOCK)
    if not on and (await ctx.work.exec(others)).first() is not None:
        return
    for chat in await ctx.work.chats(await circle_of(ctx.work, case)):
        await reach(ctx, row, Lock(chat=chat, on=on))


async def clear(ctx: Context, case: Case, row: Act, person: Person) -> None:
    """Take somebody's reactions away: those that they gave, and what the copies show of them."""
    chats = await ctx.work.chats(await circle_of(ctx.work, case))
    for chat in chats:
        if chat.network == person.chat.network:
            await reach(ctx, row, ClearReactions(chat=chat, person=person))
    who, homes = ctx.work.hash(person), [place(chat) for chat in chats]
    mine = select(Reaction).where(Reaction.person == who, col(Reaction.home).in_(homes))
    origins = {one.origin: one.home for one in await ctx.work.exec(mine)}
    gone = delete(Reaction).where(col(Reaction.person) == who, col(Reaction.home).in_(homes))
    await ctx.work.exec(gone)
    for origin, home in origins.items():
        network, room, id_ = origin.split("|", 2)
        for chat in chats:
            if place(chat) != home:
                await ctx.work.do(Mirror(chat=chat, ref=Ref(Chat(network, room), id_)))


async def reach(ctx: Context, row: Act, action: Action) -> None:
    """One target: what becomes of it is found again by its key."""
    target = await note(ctx, row, action.chat, "")
    await ctx.work.do(action, key=target.key)


async def note(ctx: Context, row: Act, chat: Chat, result: str) -> Target:
    """Note a target and what became of it."""
    known_ones = (await ctx.work.exec(select(Target.nth).where(Target.act == row.id))).all()
    target = Target(act=known(row), nth=len(known_ones), network=chat.network, room=chat.id, thread=chat.thread)
    target.result = result
    ctx.work.add(target)
    await ctx.work.flush()
    return target


# --- undoing


async def undo(ctx: Context, case: Case, by: str) -> list[Act]:
    """Take back what was done in a case, as far as it can be; the rows that say so, none where nothing is left."""
    done = []
    for row in reversed(await standing_acts(ctx, case)):  # words come back once their author may speak again
        back = await once(ctx, row, by)
        if back is None:
            continue
        person = None
        if holds := await ctx.work.get(Sanction, known(row)):
            person = person_opened(ctx.work, holds.identity) if holds.identity else None
            await ctx.work.delete(holds)
            await ctx.work.flush()
        await take_back(ctx, case, row, back, person)
        done.append(back)
    return done


async def once(ctx: Context, row: Act, by: str) -> Act | None:
    """The entry that an act is undone; None where somebody was quicker."""
    back = Act(case=row.case, circle=row.circle, what=row.what, by=by, person=row.person, ground=row.ground)
    back.source, back.undoes = row.source, row.id
    values = {name: getattr(back, name) for name in Act.model_fields if name != "id"}
    if not await ctx.work.upsert(Act, values, keys=("undoes",)):
        return None
    return (await ctx.work.exec(select(Act).where(Act.undoes == row.id))).one()


async def take_back(ctx: Context, case: Case, row: Act, back: Act, person: Person | None) -> None:
    """Queue the inverse of an act, on `person` where something held for them; what has none is left as it is."""
    matter = opened(ctx.work, case)
    match row.what:
        case What.LOCK:
            await lock(ctx, case, back, on=False)
        case What.MUTE | What.BAN if person:
            await restrict(ctx, case, back, person)
        case What.RELEASE if matter:
            for copy in await ctx.work.copies(matter.ref):
                there = Chat(copy.network, copy.room, copy.thread)
                stub = (await ctx.in_language_of(there)).text("taken-away")
                await reach(ctx, back, Remove(chat=there, ref=matter.ref, part=copy.part, stub=stub))
            await ctx.work.drop(matter.ref)
        case What.REMOVE | What.WITHHOLD if matter and (words := words_of(ctx.work, row.facts)):
            await say_again(ctx, case, matter, words, at_home=row.what is What.REMOVE)


async def say_again(ctx: Context, case: Case, matter: Matter, words: str, *, at_home: bool) -> None:
    """What was taken away stands there again: at home in the bot's message, elsewhere as far as its author lets it."""
    for chat in await ctx.work.chats(await circle_of(ctx.work, case)):
        if (chat.network, chat.id) != (matter.ref.chat.network, matter.ref.chat.id):
            await ctx.work.do(Send(chat=chat, html=words, of=matter.person, copy_of=matter.ref))
        elif at_home:
            home, reserved = await ctx.in_language_of(chat), ctx.work.rules.reserved
            name = shown_name(matter.person.name)
            nameless = not name or imitates(name, reserved)
            above = home.text("said-again-nameless") if nameless else home.text("said-again", name=name)
            html = f"{above}\n<blockquote>{defuse(words, reserved)}</blockquote>"
            # Theirs, so that they may take it back, and a copy, so that answers to it find the others.
            await ctx.work.do(Send(chat=chat, html=html, of=matter.person, copy_of=matter.ref, aside=True))


async def standing_acts(ctx: Context, case: Case) -> list[Act]:
    """What was done in a case and not undone."""
    undone = select(Act.undoes).where(Act.case == case.id, col(Act.undoes).is_not(None))
    rows = select(Act).where(Act.case == case.id, col(Act.undoes).is_(None), col(Act.id).not_in(undone))
    return list(await ctx.work.exec(rows.order_by(col(Act.id))))


async def end(ctx: Context, moment: datetime) -> None:
    """Mutes whose time is over end on every network, also where it does not end them by itself."""
    over = await ctx.work.exec(select(Sanction).where(col(Sanction.until) <= moment))
    for holds in over.all():
        row = await ctx.work.get_one(Act, holds.act)
        case = await ctx.work.get_one(Case, row.case)
        await ctx.work.delete(holds)
        await ctx.work.flush()
        if holds.identity:
            await restrict(ctx, case, row, person_opened(ctx.work, holds.identity))


async def strikes(ctx: Context, person: str, circle: int) -> list[datetime]:
    """When earlier decisions were taken against somebody in a circle, one for each case, but those that were undone."""
    undone = select(Act.undoes).where(col(Act.undoes).is_not(None))
    rows = select(Act).where(
        Act.person == person, Act.circle == circle, col(Act.what).in_(STRIKES), col(Act.undoes).is_(None),
        col(Act.id).not_in(undone),
    )  # fmt: skip
    return list({row.case: row.at for row in await ctx.work.exec(rows)}.values()) if person else []


def known(row: Case | Act) -> int:
    """The number of a row that is written."""
    assert row.id is not None
    return row.id
