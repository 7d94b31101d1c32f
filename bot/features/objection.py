"""Takes somebody's objection to a human, who answers within a month (GDPR articles 12(3) and 21)."""

from datetime import datetime, timedelta

from markupsafe import Markup
from sqlmodel import Field, SQLModel, col, func, select

from bot.feature import Context, Feature, Role
from bot.store import Mandate, instant, now, personal
from bridges.markup import escape
from bridges.model import Chat, Person, Send

feature = Feature("objection")

MONTH, SOON = timedelta(days=30), timedelta(days=20)
LONGEST, OPEN_AT_ONCE = 2_000, 3  # characters; objections of one person


class Objection(SQLModel, table=True):
    """What somebody objects to, and what a human answered; the words are sealed."""

    id: int | None = Field(default=None, primary_key=True)
    person: str = personal("objection", after="answered", index=True)
    identity: bytes = personal("objection")
    words: bytes = personal("objection")
    answer: bytes | None = personal("objection", default=None)
    at: datetime = instant(default_factory=now)
    answered: datetime | None = instant(default=None)


@feature.command("objection", private=True)
async def object_(ctx: Context, words: str) -> None:
    """Note it, and tell those who have to answer that there is one."""
    mine = select(func.count()).where(Objection.person == ctx.work.hash(ctx.sender), col(Objection.answered).is_(None))
    if not words.strip():
        await ctx.whisper("objection-how", prefix=ctx.can(ctx.home).prefix)
    elif (await ctx.work.exec(mine)).one() >= OPEN_AT_ONCE:
        await ctx.whisper("objection-enough")
    else:
        seal, who = ctx.work.seal, ctx.sender
        made = Objection(
            person=ctx.work.hash(who),
            identity=seal.close(f"{who.chat.network} {who.id}"),
            words=seal.close(words.strip()[:LONGEST]),
        )
        ctx.work.add(made)
        await ctx.work.flush()
        await ctx.whisper("objection-noted", number=made.id, prefix=ctx.can(ctx.home).prefix)
        await tell_operators(ctx, "objection-came", number=made.id, until=day(ctx, made.at + MONTH))


@feature.command("objections", roles=frozenset({Role.OPERATOR}), private=True)
async def handle(ctx: Context, words: str) -> None:
    """Read those that are open; with a number and words, answer one. What they say is meant for whoever reads this."""
    number, _, answer = words.strip().partition(" ")
    found = await ctx.work.get(Objection, int(number)) if number.isdecimal() and len(number) < 10 else None
    if found and answer.strip():
        found.answer, found.answered = ctx.work.seal.close(answer.strip()[:LONGEST]), now()
        await tell_person(ctx, found, answer.strip()[:LONGEST])
        await ctx.whisper("objections-answered", number=found.id)
        return
    waiting = select(Objection).where(col(Objection.answered).is_(None)).order_by(col(Objection.id))
    lines = [
        ctx.text("objections-line", number=one.id, until=day(ctx, one.at + MONTH), words=ctx.work.seal.open(one.words))
        for one in await ctx.work.exec(waiting)
    ]
    shown = Markup("\n".join(lines))  # noqa: S704 - the words in it are escaped
    await ctx.whisper("objections-open" if lines else "objections-none", lines=shown, prefix=ctx.can(ctx.home).prefix)


@feature.every("0 9 * * *")
async def remind(ctx: Context, at: datetime) -> None:
    """Whoever should have answered is reminded every day, ten days before the month is over."""
    late = select(func.count()).where(col(Objection.answered).is_(None), col(Objection.at) < at - SOON)
    if count := (await ctx.work.exec(late)).one():
        await tell_operators(ctx, "objections-late", count=count)


async def tell_operators(ctx: Context, key: str, **args: object) -> None:
    """Each of them in private: that there is something to read, and none of the words."""
    html = ctx.world.texts.say(ctx.world.settings.language, key, **args)
    for mandate in await ctx.work.exec(select(Mandate).where(Mandate.role == Role.OPERATOR)):
        if mandate.identity and (mandate.until is None or mandate.until > now()):
            await send(ctx, mandate.identity, html)


async def tell_person(ctx: Context, objection: Objection, answer: str) -> None:
    """In private, where the network lets the bot begin; `/mesdonnees` shows it in any case."""
    args = {"number": objection.id, "answer": Markup(escape(answer))}  # noqa: S704 - just escaped
    await send(ctx, objection.identity, ctx.world.texts.say(ctx.world.settings.language, "objection-answer", **args))


async def send(ctx: Context, identity: bytes, html: str) -> None:
    """To one person alone."""
    network, id_ = ctx.work.seal.open(identity).split(" ", 1)
    if network in ctx.world.bridges:
        who = Person(id_, Chat(network, id_))
        await ctx.work.do(Send(chat=who.chat, html=html, of=who, to=who))


def day(ctx: Context, at: datetime) -> str:
    """A day as people write it here."""
    return at.astimezone(ctx.world.settings.timezone).strftime("%d/%m/%Y")
