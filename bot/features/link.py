"""From nothing to two linked chats: roles by one-time links, codes for groups, and the doors that stay shut."""

from datetime import timedelta

from markupsafe import Markup
from sqlmodel import col, select

from bot.events import CircleChanged, Empowered, Vanished
from bot.feature import HOSTS, Context, Feature
from bot.invitations import GIVES, HOURS, LOCAL, accept, invite, new_code, scopes
from bot.store import Circle, Invitation, Linked, Room, now
from bridges.model import Button, Chat, Invited, Join, Leave, Placed, Right, Unreadable
from bridges.port import Bridge

feature = Feature("link")

PATIENCE, STAY = timedelta(minutes=1), timedelta(hours=24)
ASKS_A_DAY, DOORS_A_DAY, TRIES_A_DAY = 5, 100, 10  # invitations from one person, in all; codes by one person


# --- roles


@feature.command("start")
async def start(ctx: Context, code: str) -> None:
    """Opened by a link: the code says what for. In a group, it links the group."""
    if not await alone(ctx):
        await link_here(ctx, code)
        return
    if not code:
        await ctx.whisper("hello", prefix=ctx.can(ctx.home).prefix, whose=whose(ctx))
        return
    if (invitation := await invitation_for(ctx, code)) is None:
        await ctx.whisper("code-unknown")
    elif invitation.purpose == "link":
        await ctx.whisper("code-for-a-group", prefix=ctx.can(ctx.home).prefix, code=code)
    else:
        role = await accept(ctx.work, invitation, ctx.sender)
        if role is None:
            await ctx.whisper("code-unknown")
            return
        where = invitation.scope.rpartition("/")[2] or town_halls(ctx)
        prefix = ctx.can(ctx.home).prefix
        await ctx.whisper("role-given", role=ctx.text(f"role-{role}"), where=where, prefix=prefix)


@feature.command("inviter", roles=frozenset(GIVES), private=True)
async def hand_on(ctx: Context, words: str) -> None:
    """Make a one-time link for a role that one may give."""
    word, _, place = words.partition(" ")
    held = await ctx.roles(None)
    gives = frozenset().union(*(GIVES.get(role, frozenset()) for role in held))
    role = next((r for r in gives if word.lower() in ctx.world.texts.words(f"type-{r}")), None)
    scope = scopes(ctx.world.settings).get(place.strip().casefold(), "")
    if role is None or (role in LOCAL and not scope):
        roles = ", ".join(sorted(ctx.text(f"type-{r}").split()[0] for r in gives))
        await ctx.whisper("inviter-how", roles=roles, places=", ".join(places(ctx)), prefix=ctx.can(ctx.home).prefix)
    elif role in LOCAL and not await hosts(ctx, scope):
        await ctx.whisper("not-yours")
    else:
        code = await invite(ctx.work, role, scope if role in LOCAL else "", ctx.work.hash(ctx.sender))
        ways = [way for bridge in ctx.world.bridges.values() if (way := bridge.link(start=code))]
        ways += [ctx.text("inviter-matrix", code=code, address=b.address) for b in matrix_like(ctx)]
        await ctx.whisper("inviter-ready", role=ctx.text(f"role-{role}"), ways=Markup("\n".join(ways)), hours=HOURS)  # noqa: S704


async def hosts(ctx: Context, scope: str) -> bool:
    """Whether whoever wrote looks after a neighbourhood, or after all of them."""
    held = [mandate for mandate in await ctx.work.mandates(ctx.sender) if mandate.role in HOSTS]
    return any(mandate.scope in ("", scope, scope.partition("/")[0]) for mandate in held)


# --- linking


@feature.command("relier")
async def connect(ctx: Context, words: str) -> None:
    """In private: choose a neighbourhood and get a code. In a group: the code links it."""
    if not await alone(ctx):
        await link_here(ctx, words)
        return
    mine = [place for place in places(ctx) if await hosts(ctx, scopes(ctx.world.settings)[place.casefold()])]
    if not mine:
        await ctx.reply("not-yours")
    elif words.strip().casefold() in {place.casefold() for place in mine}:
        await offer(ctx, words.strip())
    elif ctx.can(ctx.home).buttons:
        rows = tuple((feature.button(place, "where", str(n)),) for n, place in enumerate(places(ctx)) if place in mine)
        await ctx.reply("relier-where", buttons=rows)
    else:
        await ctx.reply("relier-where-typed", places=", ".join(mine), prefix=ctx.can(ctx.home).prefix)


@feature.tap("where")
async def chosen(ctx: Context, number: str) -> None:
    """A neighbourhood was tapped."""
    known = places(ctx)
    await ctx.toast()
    if number.isdecimal() and int(number) < len(known):
        place = known[int(number)]
        if ctx.tapped.private and await hosts(ctx, scopes(ctx.world.settings)[place.casefold()]):
            await offer(ctx, place)


async def offer(ctx: Context, place: str) -> None:
    """The ways by which a group comes into a neighbourhood's circle, each with a code of its own."""
    commune, _, neighbourhood = scopes(ctx.world.settings)[place.casefold()].partition("/")
    circle = await circle_for(ctx, commune, neighbourhood)
    buttons, lines = [], []
    for bridge in ctx.world.bridges.values():
        code = new_code()
        await ctx.work.invite(code, "link", hours=HOURS, circle=circle.id, by=ctx.work.hash(ctx.sender))
        if url := bridge.link(group=code):
            buttons.append((Button(ctx.text("relier-add", network=bridge.name.title()), url=url),))
        else:
            lines.append(ctx.text("relier-invite", network=bridge.name.title(), address=bridge.address, code=code))
    ways = Markup("\n\n".join(lines))  # noqa: S704 - made of our own texts
    await ctx.answer(
        ctx.text("relier-ready", place=neighbourhood, ways=ways, hours=HOURS, taps=len(buttons)), buttons=tuple(buttons)
    )


async def circle_for(ctx: Context, commune: str, neighbourhood: str) -> Circle:
    """The circle of a neighbourhood, made when it is first needed."""
    one = select(Circle).where(Circle.commune == commune, Circle.neighbourhood == neighbourhood)
    if (found := (await ctx.work.exec(one.order_by(col(Circle.id)))).first()) is None:
        language = next((c.language for c in ctx.world.settings.commune if c.name == commune), None)
        found = Circle(commune=commune, neighbourhood=neighbourhood, name=neighbourhood, language=language or "")
        ctx.work.add(found)
        await ctx.work.flush()
    return found


async def link_here(ctx: Context, code: str) -> None:
    """Let this chat into the circle that a code stands for, and say what is still missing."""
    invitation = await invitation_for(ctx, code)
    room = await ctx.work.room(ctx.home)
    prefix = ctx.can(ctx.home).prefix
    if await ctx.work.circle(ctx.home):
        await ctx.reply("already-linked", prefix=prefix)
    elif invitation is None or invitation.purpose != "link":
        await ctx.reply("link-how", prefix=prefix)
    elif room and room.kind == "group":
        await ctx.reply("needs-supergroup", prefix=prefix, code=code)
    elif await other_topic(ctx, invitation.circle):
        await ctx.reply("topic-already")
    elif await ctx.work.use(invitation):
        circle = await ctx.work.get_one(Circle, invitation.circle)
        assert circle.id is not None
        if room is None:
            ctx.work.add(Room(network=ctx.home.network, id=ctx.home.id))
        ctx.work.add(
            Linked(network=ctx.home.network, room=ctx.home.id, thread=ctx.home.thread, circle=circle.id)
        )
        await ctx.work.flush()
        others = len(await ctx.work.others(ctx.home))
        await ctx.reply("linked", circle=circle.name, others=others)
        await say_what_is_missing(ctx, room)
        await ctx.tell(CircleChanged(at=now(), circle=circle.id))


async def other_topic(ctx: Context, circle: int | None) -> bool:
    """Whether another topic of this very group is in that circle: its people would hear everything twice."""
    same = Linked.network == ctx.home.network, Linked.room == ctx.home.id, Linked.circle == circle
    return (await ctx.work.exec(select(Linked).where(*same))).first() is not None


async def say_what_is_missing(ctx: Context, room: Room | None) -> None:
    """Name each right that the bot lacks here, and what that costs."""
    missing = lacking(ctx, room)
    if room and missing:
        room.noted = f"{room.noted} rights".strip()
        lines = "\n".join("• " + ctx.text(f"right-{right}-{ctx.home.network}") for right in missing)
        await ctx.reply("rights-missing", lines=Markup(lines))  # noqa: S704 - made of our own texts


def lacking(ctx: Context, room: Room | None) -> list[Right]:
    """The rights that a linked chat should give the bot and does not."""
    wants = ctx.can(Chat(room.network, room.id)).wants if room else ()
    return [right for right in wants if room and right not in room.rights.split()]


@feature.command("delier", roles=HOSTS)
async def disconnect(ctx: Context, _: str) -> None:
    """Take this chat out of its circle; nothing crosses any more."""
    circle = await ctx.work.circle(ctx.home)
    linked = await ctx.work.get(Linked, (ctx.home.network, ctx.home.id, ctx.home.thread))
    if circle is None or linked is None or circle.id is None:
        await ctx.reply("not-linked")
        return
    await ctx.work.delete(linked)
    await ctx.work.flush()
    if room := await ctx.work.room(ctx.home):
        room.came, room.warned = now(), None
    await ctx.reply("unlinked", circle=circle.name)
    await ctx.tell(Vanished(at=now(), chat=ctx.home))
    await ctx.tell(CircleChanged(at=now(), circle=circle.id))


# --- doors


@feature.on(Placed)
async def placed(ctx: Context, event: Placed) -> None:
    """Note where the bot is and what it may do there."""
    if event.kind == "private":
        return
    if event.kind == "channel":
        if event.member:
            await ctx.work.do(Leave(chat=event.chat))
        return
    room = await ctx.work.get(Room, (event.chat.network, event.chat.id))
    if room and room.kind == "private":  # a talk stays one, whatever the network calls the room
        return
    if room is None:
        room = Room(network=event.chat.network, id=event.chat.id)
        ctx.work.add(room)
    elif event.member and not room.member:
        room.came, room.warned = now(), None
    room.title, room.member = event.title or room.title, event.member
    room.kind, room.rights = event.kind or room.kind, " ".join(sorted(event.rights))
    if "rights" in room.noted.split() and event.member and not lacking(ctx, room):
        room.noted = room.noted.replace("rights", "").strip()
        await ctx.say(event.chat, "rights-complete")
        await ctx.tell(Empowered(at=now(), chat=event.chat))


@feature.on(Invited)
async def invited(ctx: Context, event: Invited) -> None:
    """Come in only with a valid code, to the operator's own people, or to talk alone with someone who shares a room."""
    work = ctx.work
    asks = await work.count(Chat(event.chat.network, f"asked by {event.by.id}"), "invitations")
    welcome = False
    if asks <= ASKS_A_DAY:
        codes = [await work.invitation(word) for word in event.reason.split()[:5]]
        welcome = is_ours(ctx, event) or any(codes)
        if not welcome and event.direct and ctx.world.bridges[event.chat.network].whereabouts(event.by.id):
            welcome = await work.count(Chat(event.chat.network, "doors"), "invitations") <= DOORS_A_DAY
    if welcome:
        kind = "private" if event.direct else "room"
        await work.merge(Room(network=event.chat.network, id=event.chat.id, kind=kind, member=True, came=now()))
    await work.do(Join(chat=event.chat, accept=welcome))


def is_ours(ctx: Context, event: Invited) -> bool:
    """Whether an invitation comes from a server that the operator named, or from the bot's own."""
    own = ctx.world.bridges[event.chat.network].address.partition(":")[2]
    servers = ctx.world.settings.matrix.servers if ctx.world.settings.matrix else ()
    return event.by.id.partition(":")[2] in {own, *servers} - {""}


@feature.on(Unreadable)
async def unreadable(ctx: Context, event: Unreadable) -> None:
    """Say once that an encrypted room cannot be read."""
    room = await ctx.work.room(event.chat)
    if room and "encrypted" not in room.noted.split():
        room.noted = f"{room.noted} encrypted".strip()
        await ctx.say(event.chat, "encrypted")


@feature.every("* * * * *")
async def leave_unclaimed(ctx: Context, _: object) -> None:
    """In a group that nobody claims, introduce oneself; a day later, go."""
    linked = select(Linked.room).where(Linked.network == Room.network)
    claimed = col(Room.noted).contains("claimed")  # in no circle, yet of use: a desk of moderators
    strangers = select(Room).where(col(Room.member), Room.kind != "private", col(Room.id).not_in(linked), ~claimed)
    for room in await ctx.work.exec(strangers):
        chat = Chat(room.network, room.id)
        if room.warned is None and now() - room.came > PATIENCE:
            room.warned = now()
            prefix = ctx.can(chat).prefix
            await ctx.say(chat, "unclaimed", whose=whose(ctx), prefix=prefix)
        elif room.warned and now() - room.warned > STAY:
            room.member = False
            await ctx.work.do(Leave(chat=chat))


# --- small things


async def alone(ctx: Context) -> bool:
    """Whether this is a talk with the bot alone: a room with only one resident yet, into which it came, is none."""
    room = await ctx.work.room(ctx.home)
    return ctx.heard.private and (room is None or room.kind == "private")


async def invitation_for(ctx: Context, code: str) -> Invitation | None:
    """What a code opens; whoever tries more than ten a day is not told, even if one is right."""
    if not code:
        return None
    tries = await ctx.work.count(Chat(ctx.home.network, f"tried by {ctx.sender.id}"), "codes")
    return await ctx.work.invitation(code) if tries <= TRIES_A_DAY else None


def places(ctx: Context) -> list[str]:
    """The neighbourhoods of every commune, in the order of the settings."""
    return [place for commune in ctx.world.settings.commune for place in commune.neighbourhoods]


def town_halls(ctx: Context) -> str:
    """Whose bot this is."""
    return ", ".join(commune.town_hall for commune in ctx.world.settings.commune)


def whose(ctx: Context) -> str:
    """The communes as the bot's: « de Bourg-Exemple », « du Port », as their town halls say it."""
    communes = ctx.world.settings.commune
    if ctx.language != "fr":
        return "of " + ", ".join(commune.name for commune in communes)
    own = [(commune.town_hall.partition("Mairie ")[2], commune.name) for commune in communes]
    return ", ".join(genitive or f"de {name}" for genitive, name in own)


def matrix_like(ctx: Context) -> list[Bridge]:
    """The networks on which one cannot be led by a link and has to type."""
    return [bridge for bridge in ctx.world.bridges.values() if not bridge.link(start="x")]

