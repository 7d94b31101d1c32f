"""Whoever asks to come in reads the charter first, in private; where there is a question, moderators decide."""

from datetime import datetime, timedelta

from sqlmodel import col, delete, func, select

from bot.events import Forgotten, Undelivered
from bot.feature import HOSTS, Context, Keyboard, Role
from bot.features.charter.reading import accept
from bot.features.charter.tables import Applicant, Entrance, feature, in_force, pledge_of, speaking
from bot.purposes import kept
from bot.store import Circle, now
from bridges.markup import plain
from bridges.model import Admit, AskedIn, Chat, Message, Person, Ref, Remove, Send, Stirred
from moderation.names import shown_name

DECIDERS = HOSTS | {Role.MODERATOR}
AGAIN = timedelta(minutes=5)
ASKS_A_DAY, AT_A_TIME = 5, 30  # of one person; people who wait before one circle's door
LONGEST = 500  # characters of a question, and of an answer


@feature.on(AskedIn)
async def ask(ctx: Context, event: AskedIn) -> None:
    """The charter first, with a tap that lets in; in a raid, or of a crowd, the request is left to people."""
    circle = await ctx.work.circle(event.chat)
    if circle is None or event.sender.collective or await ctx.work.in_raid(circle):
        return
    entrance = await ctx.work.get(Entrance, circle.id)
    if entrance and not entrance.asks:
        return
    applicant = await noted(ctx, circle, event)
    if applicant is not None:
        await show_at_the_door(ctx, circle, applicant)


async def noted(ctx: Context, circle: Circle, event: AskedIn) -> Applicant | None:
    """That they ask; None where they were asked a moment ago, ask too often, or too many do."""
    work, who, chat = ctx.work, event.sender, event.chat
    same = Applicant.person == work.hash(who), Applicant.network == chat.network, Applicant.room == chat.id
    found: Applicant | None = (await work.exec(select(Applicant).where(*same))).first()
    if found and (found.answer is not None or now() - found.at < AGAIN):
        return None
    if await work.count(Chat(chat.network, f"asked in by {who.id}"), "invitations") > ASKS_A_DAY:
        return None
    waiting = select(func.count()).select_from(Applicant).where(Applicant.circle == circle.id)
    if found is None and (await work.exec(waiting)).one() >= AT_A_TIME:
        return None
    identity = work.seal.close(f"{who.id} {who.name}")
    assert circle.id is not None
    applicant = found or Applicant(
        person=work.hash(who), identity=identity, network=chat.network, room=chat.id, circle=circle.id
    )
    applicant.at, applicant.identity, applicant.accepted = now(), identity, False
    work.add(applicant)
    await work.flush()
    return applicant


async def show_at_the_door(ctx: Context, circle: Circle, applicant: Applicant) -> None:
    """The charter, with the way in."""
    who, there = person_of(ctx, applicant), speaking(ctx, circle)
    charter = await in_force(ctx, circle, who.chat)
    lines = [there.text("charter-door", circle=circle.name), charter.words]
    buttons: Keyboard = ()
    if ctx.can(who.chat).buttons:
        buttons = ((feature.button(there.text("charter-enter"), "enter", f"{applicant.id} {charter.version}"),),)
    else:
        lines.append(there.text("charter-accept-typed", prefix=ctx.can(who.chat).prefix))
    await ctx.work.do(Send(chat=who.chat, html="\n".join(lines), of=who, to=who, aside=True, buttons=buttons))


def person_of(ctx: Context, applicant: Applicant) -> Person:
    """Who asks, in their private chat with the bot (Telegram opens it for five minutes: `user_chat_id`)."""
    id_, _, name = ctx.work.seal.open(applicant.identity).partition(" ")
    return Person(id_, Chat(applicant.network, id_), name)


# --- accepting


@feature.tap("enter")
async def tapped(ctx: Context, words: str) -> None:
    """The tap that lets in, or leads to the question; the second of two finds nobody waiting any more."""
    id_, _, version = words.partition(" ")
    applicant = await ctx.work.get(Applicant, id_)
    if applicant is None or applicant.person != ctx.work.hash(ctx.sender) or applicant.accepted:
        await ctx.toast("charter-entered")
        return
    circle = await ctx.work.get_one(Circle, applicant.circle)
    if await ctx.work.in_raid(circle):
        await ctx.toast("charter-later")
        return
    await ctx.toast()
    if version == str((await in_force(ctx, circle, ctx.home)).version):
        await enter(ctx, circle, applicant)
    else:
        await show_at_the_door(ctx, circle, applicant)


async def enter_typed(ctx: Context) -> bool:
    """The same, typed in private; whether they were waiting at all."""
    mine = select(Applicant).where(Applicant.person == ctx.work.hash(ctx.sender), ~col(Applicant.accepted))
    waiting = (await ctx.work.exec(mine)).all() if ctx.heard.private else ()
    for applicant in waiting:
        circle = await ctx.work.get_one(Circle, applicant.circle)
        if await ctx.work.in_raid(circle):
            await ctx.whisper("charter-later")
        else:
            await enter(ctx, circle, applicant)
    return bool(waiting)


async def enter(ctx: Context, circle: Circle, applicant: Applicant) -> None:
    """The charter is accepted: come in, or answer a question that only those who decide will see."""
    pledge = await pledge_of(ctx.work, ctx.sender, circle)
    accept(ctx, pledge, await in_force(ctx, circle, ctx.home))
    entrance = await ctx.work.get(Entrance, circle.id)
    if entrance and entrance.question:
        applicant.accepted, applicant.answer, applicant.at = True, None, now()
        await tell(ctx, circle, applicant, "charter-question", question=entrance.question)
    elif await settle(ctx, applicant):
        await let_in(ctx, applicant, yes=True)
        await tell(ctx, circle, applicant, "charter-thanks")


async def tell(ctx: Context, circle: Circle, applicant: Applicant, key: str, **args: object) -> None:
    """Say something to whoever asks, alone."""
    who = person_of(ctx, applicant)
    html = speaking(ctx, circle).text(key, circle=circle.name, **args)
    await ctx.work.do(Send(chat=who.chat, html=html, of=who, to=who, aside=True))


async def let_in(ctx: Context, applicant: Applicant, *, yes: bool) -> None:
    """Open the door, or leave it shut."""
    who = person_of(ctx, applicant)
    here = Person(who.id, applicant.chat, who.name)
    await ctx.work.do(Admit(chat=applicant.chat, person=here, yes=yes))


# --- the question


@feature.on(Message)
async def answer(ctx: Context, event: Message) -> None:
    """The first words in private of somebody who was asked the question are their answer."""
    if not event.private:
        return
    mine = Applicant.person == ctx.work.hash(event.sender), col(Applicant.accepted), col(Applicant.answer).is_(None)
    applicant = (await ctx.work.exec(select(Applicant).where(*mine).order_by(col(Applicant.at)))).first()
    if applicant is None:
        return
    circle = await ctx.work.get_one(Circle, applicant.circle)
    words = plain(event.html).strip()[:LONGEST]
    if not words:
        await tell(ctx, circle, applicant, "charter-answer-in-words")
        return
    applicant.answer = ctx.work.seal.close(words)
    await tell(ctx, circle, applicant, "charter-answered")
    await put_to_deciders(ctx, circle, applicant, "charter-decide", answer=words)


async def put_to_deciders(ctx: Context, circle: Circle, applicant: Applicant, key: str, **args: object) -> None:
    """Whether to let them in, put to each of those who may decide, alone.

    The answer was given to be read by just these people, as the question said: where they are told, it is theirs.
    """
    name, there = shown_name(person_of(ctx, applicant).name), speaking(ctx, circle)
    yes = feature.button(there.text("charter-admit"), "admit", applicant.id)
    no = feature.button(there.text("charter-decline"), "decline", applicant.id)
    for who in await ctx.staff(circle, DECIDERS):
        can = ctx.can(who.chat)
        typed = "" if can.buttons else there.text("charter-decide-typed", prefix=can.prefix, id=applicant.id)
        html = there.text(key, name=name, circle=circle.name, **args) + typed
        buttons = ((yes, no),) if can.buttons else ()
        send = Send(chat=who.chat, html=html, of=who, to=who, copy_of=origin_of(applicant), buttons=buttons)
        await ctx.work.do(send)


def origin_of(applicant: Applicant) -> Ref:
    """The origin by which what deciders were shown is found again, to be taken away."""
    return Ref(Chat("palier", "entry"), applicant.id)


# --- deciding


@feature.tap("admit")
async def admit(ctx: Context, id_: str) -> None:
    """A moderator's yes."""
    await ctx.toast(await decide(ctx, id_, yes=True))


@feature.tap("decline")
async def decline(ctx: Context, id_: str) -> None:
    """A moderator's no."""
    await ctx.toast(await decide(ctx, id_, yes=False))


async def decide_typed(ctx: Context, id_: str, *, yes: bool) -> None:
    """The same, typed."""
    await ctx.whisper(await decide(ctx, id_.casefold(), yes=yes))


async def decide(ctx: Context, id_: str, *, yes: bool) -> str:
    """Let somebody in or not, and tell them; the key of what to answer: of two who decide, the second is told so."""
    applicant = await ctx.work.get(Applicant, id_)
    if applicant is None:
        return "charter-decided"
    circle = await ctx.work.get_one(Circle, applicant.circle)
    if not DECIDERS & await ctx.roles(circle):
        return "not-yours"
    if not await settle(ctx, applicant):
        return "charter-decided"
    await let_in(ctx, applicant, yes=yes)
    await tell(ctx, circle, applicant, "charter-welcome" if yes else "charter-declined")
    return "charter-decided-yes" if yes else "charter-decided-no"


async def settle(ctx: Context, applicant: Applicant) -> bool:
    """Forget a request and what deciders were shown of it; whether nobody else was quicker."""
    one = delete(Applicant).where(col(Applicant.id) == applicant.id).returning(col(Applicant.id))
    if (await ctx.work.exec(one)).first() is None:
        return False
    origin = origin_of(applicant)
    copies = await ctx.work.copies(origin)
    await ctx.work.drop(origin)
    for chat in {Chat(copy.network, copy.room) for copy in copies}:
        await ctx.work.do(Remove(chat=chat, ref=origin, stub=ctx.text("charter-decided")))
    return True


@feature.on(Stirred)
async def came_or_went(ctx: Context, event: Stirred) -> None:
    """Let in by somebody else meanwhile, or gone before it was decided: there is nothing left to decide."""
    if event.what in ("joined", "left"):
        here = Applicant.network == event.chat.network, Applicant.room == event.chat.id
        mine = select(Applicant).where(Applicant.person == ctx.work.hash(event.sender), *here)
        if applicant := (await ctx.work.exec(mine)).first():
            await settle(ctx, applicant)


@feature.on(Forgotten)
async def forgotten(ctx: Context, event: Forgotten) -> None:
    """What deciders were shown goes, too; the request itself stays with those who administer the chat."""
    theirs = select(Applicant).where(Applicant.person == ctx.work.hash(event.person))
    for applicant in (await ctx.work.exec(theirs)).all():
        await settle(ctx, applicant)


@feature.on(Undelivered)
async def could_not(ctx: Context, event: Undelivered) -> None:
    """Whoever cannot be reached is put to those who decide; that a door does not open, they are told, too."""
    match event.action:
        case Admit(chat=chat, yes=yes) if event.why != "not-there" and (circle := await ctx.work.circle(chat)):
            there, reason = speaking(ctx, circle), f"refused-{event.why}"
            why = there.text(reason if ctx.world.texts.has(reason) else "refused-refused")
            html = there.text("charter-shut-yes" if yes else "charter-shut-no", circle=circle.name, why=why)
            for who in await ctx.staff(circle, DECIDERS):
                await ctx.work.do(Send(chat=who.chat, html=html, of=who, to=who))
        case Send(to=Person() as who):
            mine = select(Applicant).where(Applicant.person == ctx.work.hash(who), col(Applicant.answer).is_(None))
            for applicant in (await ctx.work.exec(mine)).all():
                circle = await ctx.work.get_one(Circle, applicant.circle)
                applicant.answer = ctx.work.seal.close("")
                await put_to_deciders(ctx, circle, applicant, "charter-decide-unasked")


# --- how people come in


async def choose_entrance(ctx: Context, circle: Circle, words: str) -> None:
    """Whether those who ask to come in are shown the charter, or left to the people who administer the chat."""
    entrance = await entrance_of(ctx, circle)
    word = words.casefold()
    if word in ctx.world.texts.words("charter-type-yes"):
        entrance.asks = True
        await ctx.whisper("charter-entry-on", circle=circle.name)
    elif word in ctx.world.texts.words("charter-type-no"):
        entrance.asks = False
        await ctx.whisper("charter-entry-off", circle=circle.name)
    else:
        await ctx.whisper("charter-entry-how", prefix=ctx.can(ctx.home).prefix)


async def choose_question(ctx: Context, circle: Circle, words: str) -> None:
    """What those who ask to come in are asked; then moderators decide."""
    entrance = await entrance_of(ctx, circle)
    if words.casefold() in ctx.world.texts.words("charter-type-no"):
        entrance.question = ""
        await ctx.whisper("charter-question-off", circle=circle.name)
    elif words and len(words) <= LONGEST:
        entrance.question = words
        await ctx.whisper("charter-question-on", circle=circle.name, question=words)
    else:
        await ctx.whisper("charter-question-how", prefix=ctx.can(ctx.home).prefix, most=LONGEST)


async def entrance_of(ctx: Context, circle: Circle) -> Entrance:
    """How a circle lets people in."""
    assert circle.id is not None
    found = await ctx.work.get(Entrance, circle.id)
    if found is None:
        found = Entrance(circle=circle.id)
        ctx.work.add(found)
    return found


@feature.every("41 * * * *")
async def expire(ctx: Context, at: datetime) -> None:
    """After a week nothing is kept of those who ask; the request itself stays with those who administer the chat."""
    for applicant in (await ctx.work.exec(select(Applicant).where(col(Applicant.at) < at - kept("entry")))).all():
        await settle(ctx, applicant)
