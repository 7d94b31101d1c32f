"""Photos, voices and files leave a chat only with a consent of their own; whoever shares words is asked once."""

from sqlmodel import col, select

from bot.feature import Context, Feature, Keyboard
from bot.gate import Choice
from bot.purposes import PURPOSES
from bot.store import Circle, Consent, Copy, Linked, Receipt, where
from bridges.model import Chat, Message, Ref, Remove

feature = Feature("photos")

PURPOSE = PURPOSES["media"]


@feature.on(Message)
async def ask(ctx: Context, event: Message) -> None:
    """The first file of somebody who shares words brings the question, seen by them alone."""
    if event.media is None or event.private or event.sender.collective or not await ctx.work.others(event.ref.chat):
        return
    circle = await ctx.work.circle(event.ref.chat)
    consent = await ctx.work.consent(event.sender, circle) if circle else None
    if circle is None or consent is None or consent.choice is Choice.NO or consent.media is not None:
        return
    consent.media = False
    buttons = choices(ctx, circle)
    await ctx.whisper("photos-ask", to=event.sender, reply_to=event.ref, buttons=buttons, prefix=prefix(ctx))
    ctx.world.lately.keep(held_by(ctx, event), event)


def choices(ctx: Context, circle: Circle) -> Keyboard:
    """Yes and no."""
    words = ("yes", "no")
    return tuple((feature.button(ctx.text(f"photos-{word}"), "choose", f"{word} {circle.id}"),) for word in words)


@feature.tap("choose")
async def tapped(ctx: Context, words: str) -> None:
    """A button under the question; a yes sends that very file too."""
    word, _, number = words.partition(" ")
    await ctx.toast()
    circle = await ctx.work.get(Circle, int(number)) if number.isdecimal() else None
    if circle is None or not await decide(ctx, circle, yes=word == "yes"):
        return
    held = ctx.world.lately.take(held_by(ctx, ctx.event), ctx.tapped.at)
    about = ctx.tapped.about or held
    if word != "yes" or about is None or about.media is None or about.sender.id != ctx.sender.id:
        return
    if await ctx.work.first_time(f"file sent after all {where(about.ref)}"):
        for chat in await ctx.work.others(about.ref.chat):  # the line that stands for it goes
            await ctx.work.do(Remove(chat=chat, ref=about.ref))
        await ctx.tell(about)


@feature.command("photos", private=True)
async def choose(ctx: Context, words: str) -> None:
    """Say yes or no; without a word, see what holds now."""
    mine = select(Consent).where(Consent.person == ctx.work.hash(ctx.sender), Consent.choice != Choice.NO)
    here = await ctx.work.circle(ctx.home)
    consents = [one for one in await ctx.work.exec(mine) if here is None or one.circle == here.id]
    word = words.strip().casefold().rstrip(".!")
    if not consents:
        await ctx.whisper("photos-words-first", prefix=prefix(ctx))
    elif word in ctx.world.texts.words("photos-word-yes") or word in ctx.world.texts.words("photos-word-no"):
        for consent in consents:
            circle = await ctx.work.get_one(Circle, consent.circle)
            await decide(ctx, circle, yes=word in ctx.world.texts.words("photos-word-yes"))
    else:
        shared = any(consent.media for consent in consents)
        await ctx.whisper("photos-stands-yes" if shared else "photos-stands-no", prefix=prefix(ctx))


async def decide(ctx: Context, circle: Circle, *, yes: bool) -> bool:
    """Note it with its receipt; a no takes the files away that crossed. False where words are not shared."""
    consent = await ctx.work.consent(ctx.sender, circle)
    if consent is None or consent.choice is Choice.NO or circle.id is None:
        await ctx.whisper("photos-words-first", prefix=prefix(ctx))
        return False
    consent.media = yes
    words = "\n".join(ctx.text(key, prefix="") for key in PURPOSE.asked_by)
    ctx.work.add(
        Receipt(
            person=ctx.work.hash(ctx.sender),
            identity=ctx.work.seal.close(f"{ctx.sender.chat.network} {ctx.sender.id}"),
            circle=circle.id,
            purpose="media",
            choice="yes" if yes else "no",
            wording=PURPOSE.wording(ctx.language, words),
        )
    )
    if not yes:
        await take_back(ctx, circle)
    await ctx.whisper("photos-noted-yes" if yes else "photos-noted-no", prefix=prefix(ctx))
    return True


async def take_back(ctx: Context, circle: Circle) -> None:
    """Files of theirs that stand in other chats go."""
    links = await ctx.work.exec(select(Linked).where(Linked.circle == circle.id))
    rooms = {(link.network, link.room) for link in links}
    mine = select(Copy).where(Copy.of == ctx.work.hash(ctx.sender), col(Copy.form).not_in(["", "spot"]))
    for copy in (await ctx.work.exec(mine)).all():
        if (copy.network, copy.room) in rooms:
            network, room, id_ = copy.origin.split("|", 2)
            chat = Chat(copy.network, copy.room, copy.thread)
            there = await ctx.in_language_of(chat)
            origin = Ref(Chat(network, room), id_)
            stub = there.text("taken-away")
            await ctx.work.do(Remove(chat=chat, ref=origin, stub=stub, asked_by=ctx.sender), bulk=True)


def held_by(ctx: Context, event: object) -> str:
    """The name under which a file waits for its author's decision."""
    return f"photos {ctx.work.hash(event.sender)}"  # type: ignore[attr-defined]


def prefix(ctx: Context) -> str:
    """How a command begins here."""
    return ctx.can(ctx.home).prefix
