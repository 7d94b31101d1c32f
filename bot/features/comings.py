"""Who comes to a chat or leaves it: as numbers in one line now and then, if an ambassador wants it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from markupsafe import Markup
from sqlmodel import Field, SQLModel, col, delete, select, update

from bot.events import Forgotten
from bot.feature import HOSTS, Context, Feature
from bot.gate import Choice
from bot.store import Circle, Consent, instant, now, personal, place
from bridges.model import Chat, Ref, Remove, Send, Stirred, Voice
from moderation.names import imitates, shown_name, shown_title

feature = Feature("comings")

PAUSE, KEPT = timedelta(minutes=10), timedelta(days=30)
KINDS = "joined", "left"  # how people call themselves and look is nobody else's news
NAMES = 10  # in one line


class Doorway(SQLModel, table=True):
    """A circle that wants to hear who comes; `told` is when it last did."""

    circle: int = Field(primary_key=True, foreign_key="circle.id")
    told: datetime = instant()


class Coming(SQLModel, table=True):
    """How many came to a chat or left it, not told yet; and by hash who is named in which `line`, told in 30 days.

    `person` is empty for all who did not say yes with their name.
    """

    circle: int = Field(primary_key=True)
    home: str = Field(primary_key=True)
    what: str = Field(primary_key=True)
    person: str = personal("relay", primary_key=True, default="")
    line: str = Field(primary_key=True, default="")
    count: int = 1
    at: datetime = instant(default_factory=now, index=True)


@feature.command("arrivees", roles=HOSTS)
async def choose(ctx: Context, words: str) -> None:
    """Switch it on or off for the circle."""
    circle, word = await ctx.work.circle(ctx.home), words.strip().casefold()
    if circle is None or circle.id is None:
        await ctx.reply("arrivees-nowhere")
    elif word in ctx.world.texts.words("arrivees-yes"):
        await ctx.work.upsert(Doorway, {"circle": circle.id, "told": now() - PAUSE}, keys=("circle",))
        await ctx.reply("arrivees-on")
    elif word in ctx.world.texts.words("arrivees-no"):
        await ctx.work.exec(delete(Doorway).where(col(Doorway.circle) == circle.id))
        await ctx.work.exec(delete(Coming).where(col(Coming.circle) == circle.id, col(Coming.line) == ""))
        await ctx.reply("arrivees-off")
    else:
        stands = "on" if await ctx.work.get(Doorway, circle.id) else "off"
        await ctx.reply(f"arrivees-how-{stands}", prefix=ctx.can(ctx.home).prefix)


@feature.on(Stirred)
async def note(ctx: Context, event: Stirred) -> None:
    """Count it; who it was is kept only of somebody who said yes with their name."""
    linked = await ctx.work.linked(event.chat) if event.what in KINDS else None
    if linked is None or event.sender.collective or not await ctx.work.get(Doorway, linked.circle):
        return
    circle = await ctx.work.get_one(Circle, linked.circle)
    if await ctx.work.in_raid(circle):
        return
    consent = await ctx.work.consent(event.sender, circle)
    person = ctx.work.hash(event.sender) if consent and consent.choice is Choice.NAMED else ""
    row = {"circle": circle.id, "home": place(linked.chat), "what": event.what, "person": person, "line": ""}
    await ctx.work.upsert(Coming, {**row, "count": 1, "at": event.at}, keys=tuple(row), add="count")


@feature.every("* * * * *")
async def tell(ctx: Context, at: datetime) -> None:
    """One line in each other chat, at most every ten minutes; one that names somebody goes when they take it back."""
    await take_back(ctx)
    await ctx.work.exec(delete(Coming).where(col(Coming.line) != "", col(Coming.at) < at - KEPT))
    due = await ctx.work.exec(select(Doorway).where(col(Doorway.told) <= at - PAUSE))
    for doorway in due.all():
        rows = await ctx.work.exec(
            select(Coming).where(Coming.circle == doorway.circle, Coming.line == "").order_by(Coming.home)
        )
        circle, news = await ctx.work.get_one(Circle, doorway.circle), rows.all()
        if news and await ctx.work.in_raid(circle):  # of those who came before it was seen for one, nothing is told
            await ctx.work.exec(delete(Coming).where(col(Coming.circle) == circle.id, col(Coming.line) == ""))
        elif news:
            await announce(ctx, circle, news, at)
            doorway.told = at


async def announce(ctx: Context, circle: Circle, news: Sequence[Coming], at: datetime) -> None:
    """Say it in every chat but the one where it happened."""
    names = {row.person: name for row in news if (name := await name_of(ctx, row))}
    line = f"{circle.id} {at.isoformat()}" if names else ""
    chats = await ctx.work.chats(circle)
    for chat in chats:
        there = await ctx.in_language_of(chat)
        homes = [home for home in chats if home != chat]
        told = [(home, rows) for home in homes if (rows := [row for row in news if row.home == place(home)])]
        if told:
            lines = [f"<i>{await sentence(there, circle, home, rows, names)}</i>" for home, rows in told]
            origin = origin_of(line) if line else None
            await ctx.work.do(Send(chat=chat, html="\n".join(lines), of=Voice.BOT, aside=True, copy_of=origin))
    ours = col(Coming.circle) == circle.id, col(Coming.line) == ""
    await ctx.work.exec(delete(Coming).where(*ours, col(Coming.person).not_in(names)))
    await ctx.work.exec(update(Coming).where(*ours).values(line=line, at=at))


async def name_of(ctx: Context, row: Coming) -> str:
    """The first name of somebody who still says yes with their name; empty where it pretends to be somebody else."""
    rows = select(Consent).where(
        Consent.person == row.person, Consent.circle == row.circle, Consent.choice == Choice.NAMED
    )
    consent = (await ctx.work.exec(rows)).first()
    if consent is None or consent.name is None:
        return ""
    name = shown_name(ctx.work.seal.open(consent.name))
    first = name.split()[0] if name.split() else ""
    return "" if imitates(name, ctx.work.rules.reserved) or imitates(first, ctx.work.rules.reserved) else first


async def sentence(
    there: Context, circle: Circle, home: Chat, rows: Sequence[Coming], names: dict[str, str]
) -> str:
    """What happened in one chat, in the language of another."""
    room = await there.work.room(home)
    title = shown_title(room.title, there.work.rules.reserved) if room else ""
    parts = []
    for what in KINDS:
        of_kind = [row for row in rows if row.what == what]
        named = [names[row.person] for row in of_kind if row.person in names][:NAMES]
        if of_kind:
            after = Markup(there.text("comings-names", names=", ".join(named)) if named else "")  # noqa: S704
            parts.append(there.text(f"comings-{what}", count=sum(row.count for row in of_kind), names=after))
    where = Markup(there.text(f"comings-at-{home.network}", title=title or circle.name))  # noqa: S704 - our own texts
    return there.text("comings-line", where=where, what=Markup(", ".join(parts)))  # noqa: S704


@feature.on(Forgotten)
async def forget(ctx: Context, _: Forgotten) -> None:
    """A line that names somebody goes with them."""
    await take_back(ctx)


async def take_back(ctx: Context) -> None:
    """Lines that name somebody who does not want it any more."""
    still = select(Consent.id).where(
        Consent.person == Coming.person, Consent.circle == Coming.circle, Consent.choice == Choice.NAMED
    )
    rows = await ctx.work.exec(select(Coming.circle, Coming.line).where(col(Coming.line) != "", ~still.exists()))
    for number, line in set(rows.all()):
        await ctx.work.drop(origin_of(line))  # where it waits, the name does not even arrive
        for chat in await ctx.work.chats(await ctx.work.get_one(Circle, number)):
            stub = (await ctx.in_language_of(chat)).text("taken-away")
            await ctx.work.do(Remove(chat=chat, ref=origin_of(line), stub=stub))
        await ctx.work.exec(delete(Coming).where(col(Coming.circle) == number, col(Coming.line) == line))


def origin_of(line: str) -> Ref:
    """The origin by which a line is found again."""
    return Ref(Chat("bot", "comings"), line)
