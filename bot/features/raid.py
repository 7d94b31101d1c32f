"""Many strangers at once: what newcomers say waits, nobody is announced, those who look after the circle are told."""

from datetime import datetime, timedelta

from sqlmodel import Field, SQLModel, col, delete, func, select

from bot.feature import HOSTS, Context, Feature, Role
from bot.store import Circle, instant, now, personal
from bridges.model import AskedIn, Person, Send, Stirred

feature = Feature("raid")

GUARDS = HOSTS | {Role.MODERATOR}


class Raid(SQLModel, table=True):
    """A circle into which many strangers come at once; `last` is when the last one came."""

    circle: int = Field(primary_key=True, foreign_key="circle.id")
    since: datetime = instant(default_factory=now)
    last: datetime = instant(default_factory=now)


class Arrival(SQLModel, table=True):
    """Who came to a circle lately, by hash: whoever comes and goes and comes counts once."""

    circle: int = Field(primary_key=True, foreign_key="circle.id")
    person: str = personal("newcomer", keep_days=1, after="at", primary_key=True)
    at: datetime = instant(default_factory=now, index=True)


# --- coming


@feature.on(Stirred)
async def came(ctx: Context, event: Stirred) -> None:
    """Somebody came to a chat."""
    if event.what == "joined" and (circle := await ctx.work.circle(event.chat)):
        await count(ctx, circle, event.sender)


@feature.on(AskedIn)
async def knocked(ctx: Context, event: AskedIn) -> None:
    """A crowd before the door counts like one behind it."""
    if circle := await ctx.work.circle(event.chat):
        await count(ctx, circle, event.sender)


async def count(ctx: Context, circle: Circle, person: Person) -> None:
    """Too many in too short a time are a raid; while it lasts, each one makes it last longer.

    What counts is when it was heard of: a homeserver may date a coming as it likes. A crowd that came one by one while
    the bot was down is thus taken for a raid, which costs newcomers a pause.
    """
    work, policy = ctx.work, await ctx.work.policy(circle)
    assert circle.id is not None
    await work.merge(Arrival(circle=circle.id, person=work.hash(person), at=now()))
    await work.flush()
    if raid := await work.get(Raid, circle.id):
        raid.last = now()
        return
    lately = col(Arrival.at) > now() - timedelta(seconds=policy.raid_seconds)
    many = select(func.count()).select_from(Arrival).where(Arrival.circle == circle.id, lately)
    if (await work.exec(many)).one() >= policy.raid_arrivals:
        await begin(ctx, circle, "raid-began")


# --- beginning and ending


async def begin(ctx: Context, circle: Circle, key: str, *, by: Person | None = None) -> None:
    """From now on, on every network, until it has been calm for a while; it is told once."""
    assert circle.id is not None
    ctx.work.add(Raid(circle=circle.id))
    await ctx.work.begin_raid(circle)
    await tell(ctx, circle, key, by, minutes=(await ctx.work.policy(circle)).raid_minutes)


async def end(ctx: Context, circle: Circle, key: str, *, by: Person | None = None) -> None:
    """As it was before; those who came are counted from the beginning. Of two who end it, the first one does."""
    one = delete(Raid).where(col(Raid.circle) == circle.id).returning(col(Raid.circle))
    if (await ctx.work.exec(one)).first() is not None:
        await ctx.work.exec(delete(Arrival).where(col(Arrival.circle) == circle.id))
        await ctx.work.end_raid(circle)
        await tell(ctx, circle, key, by)


async def tell(ctx: Context, circle: Circle, key: str, by: Person | None, **args: object) -> None:
    """Everybody who looks after the circle, in private, but whoever did it."""
    language = circle.language or ctx.world.settings.language
    for who in await ctx.staff(circle, GUARDS):
        if by and ctx.work.hash(by) == ctx.work.hash(who):
            continue
        prefix = ctx.can(who.chat).prefix
        html = ctx.world.texts.say(language, key, circle=circle.name, prefix=prefix, **args)
        await ctx.work.do(Send(chat=who.chat, html=html, of=who, to=who))


@feature.every("* * * * *")
async def calm_down(ctx: Context, _: datetime) -> None:
    """A raid ends by itself; a clock that was ahead makes it no longer."""
    for raid in (await ctx.work.exec(select(Raid))).all():
        circle = await ctx.work.get_one(Circle, raid.circle)
        raid.last = min(raid.last, now())
        if now() - raid.last >= timedelta(minutes=(await ctx.work.policy(circle)).raid_minutes):
            await end(ctx, circle, "raid-over")


# --- by hand


@feature.command("raid", roles=GUARDS, private=True)
async def switch(ctx: Context, words: str) -> None:
    """Begin it or end it by hand; without a word, see how it stands."""
    word, _, name = words.strip().partition(" ")
    mine = await ctx.looks_after(GUARDS)
    circles = [circle for circle in mine if circle.name.casefold() == name.strip().casefold()] or mine
    if len(circles) != 1:
        names = ", ".join(circle.name for circle in circles)
        await ctx.whisper("raid-which" if circles else "raid-nowhere", names=names, prefix=ctx.can(ctx.home).prefix)
        return
    [circle] = circles
    raid = await ctx.work.get(Raid, circle.id)
    on, off = (word.casefold() in ctx.world.texts.words(f"raid-{which}") for which in ("yes", "no"))
    if on and raid is None:
        await begin(ctx, circle, "raid-began-by-hand", by=ctx.sender)
    elif off and raid is not None:
        await end(ctx, circle, "raid-over-by-hand", by=ctx.sender)
    stands = "on" if await ctx.work.in_raid(circle) else "off"
    await ctx.whisper(f"raid-stands-{stands}", circle=circle.name, prefix=ctx.can(ctx.home).prefix)
