"""Groups that become other groups, and chats that shut the bot out: links follow, what waits waits, people are told."""

from sqlmodel import select

from bot.events import Barred, CircleChanged
from bot.feature import HOSTS, Context, Feature
from bot.store import Circle, Linked, Room, now
from bridges.model import Moved, Placed, Right, Send

feature = Feature("moves")


@feature.on(Moved)
async def follow(ctx: Context, event: Moved) -> None:
    """The link moves, and with it what is on its way; where the bot cannot enter, those who can let it in are told."""
    old = await ctx.work.get(Room, (event.old.network, event.old.id))
    links = select(Linked).where(Linked.network == event.old.network, Linked.room == event.old.id)
    linked = list(await ctx.work.exec(links))
    if old is None and not linked:
        return
    if not event.entered:
        for link in linked:
            if circle := await ctx.work.get(Circle, link.circle):
                await tell_hosts(ctx, circle, "moved-out", title=old.title if old else circle.name)
        return
    new = await ctx.work.get(Room, (event.new.network, event.new.id))
    if old:
        kind = "supergroup" if old.kind == "group" else old.kind
        row = Room(network=event.new.network, id=event.new.id, title=old.title, kind=kind, rights=old.rights)
        await ctx.work.merge(new or row)
        old.member = False
    await ctx.work.move(event.old, event.new)
    for link in linked:
        await ctx.tell(CircleChanged(at=now(), circle=link.circle))


@feature.on(Barred)
async def tell(ctx: Context, event: Barred) -> None:
    """Once, until the bot may write there again."""
    room, circle = await ctx.work.room(event.chat), await ctx.work.circle(event.chat)
    if room is None or circle is None or "shut" in room.noted.split():
        return
    room.noted = f"{room.noted} shut".strip()
    key = f"shut-{event.why}" if ctx.world.texts.has(f"shut-{event.why}") else "shut-rights"
    await tell_hosts(ctx, circle, key, title=room.title or circle.name)


@feature.on(Placed)
async def back(ctx: Context, event: Placed) -> None:
    """What waited may go on."""
    room = await ctx.work.room(event.chat)
    if room and event.member and Right.SEND in event.rights:
        room.noted = " ".join(word for word in room.noted.split() if word != "shut")
        await ctx.work.wake(event.chat)


async def tell_hosts(ctx: Context, circle: Circle, key: str, **args: object) -> None:
    """Each ambassador of a neighbourhood, in private, in the language of the circle."""
    html = ctx.world.texts.say(circle.language or ctx.world.settings.language, key, **args)
    for who in await ctx.staff(circle, HOSTS):
        await ctx.work.do(Send(chat=who.chat, html=html, of=who, to=who))
