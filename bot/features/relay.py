"""What is said in one chat of a circle is heard in the others, if its author said yes."""

from dataclasses import replace

from bot.events import Undelivered
from bot.feature import Context, Feature
from bot.gate import Choice
from bot.store import Work, where
from bridges import markup
from bridges.model import Chat, Edit, Edited, Message, Mirror, Person, Reacted, Ref, Remove, Removed, Send

feature = Feature("relay")


@feature.on(Message)
async def pass_on(ctx: Context, event: Message) -> None:
    """A message, with what it answers."""
    if not markup.plain(event.html).strip():
        return
    for chat in await ctx.work.others(event.ref.chat):
        copy = Send(chat=chat, html=event.html, of=event.sender, copy_of=event.ref, reply_to=event.reply_to)
        if event.reply_to and await known(ctx.work, event.reply_to, chat):
            copy = replace(copy, quote=event.quote)
        elif event.reply_to:
            there = await ctx.in_language_of(chat)
            copy = replace(copy, html=f"<i>{there.text('answers-what-stayed')}</i>\n{event.html}")
        passed = await ctx.work.do(copy)
        ctx.work.tally(event.ref.chat, "relayed" if passed else "stayed")


@feature.on(Edited)
async def pass_on_edit(ctx: Context, event: Edited) -> None:
    """An edit follows its message, if it comes from the author: a homeserver lets anyone send one."""
    if await ctx.work.author(event.ref) != ctx.work.hash(event.sender):
        return
    for chat in await ctx.work.others(event.ref.chat):
        await ctx.work.do(Edit(chat=chat, html=event.html, of=event.sender, ref=event.ref))


@feature.on(Removed)
async def pass_on_removal(ctx: Context, event: Removed) -> None:
    """A message or a reaction that was taken away."""
    if (origin := await ctx.work.unmark(event.ref)) is not None:
        await show_reactions(ctx, origin, event.ref.chat)
        return
    if await ctx.work.origin(event.ref) != event.ref:
        return  # a moderator took a copy away here; elsewhere it stands
    await ctx.work.drop(event.ref)
    for chat in await ctx.work.others(event.ref.chat):
        there = await ctx.in_language_of(chat)
        await ctx.work.do(Remove(chat=chat, ref=event.ref, stub=there.text("taken-away"), asked_by=event.sender))


@feature.on(Reacted)
async def pass_on_reaction(ctx: Context, event: Reacted) -> None:
    """What someone holds on a message, if they said yes."""
    origin = await ctx.work.origin(event.ref)
    if not await has_said_yes(ctx, event.sender):
        return
    for emoji in event.removed:
        await ctx.work.let_go(origin, event.sender, emoji)
    for emoji in event.added:
        await ctx.work.hold(origin, event.sender, emoji, event.mark)
    await show_reactions(ctx, origin, event.ref.chat)


@feature.on(Undelivered)
async def confess(ctx: Context, event: Undelivered) -> None:
    """A message that cannot be relayed says so to its author, once, where it was written."""
    match event.action:
        case Send(of=Person() as author, copy_of=Ref() as origin):
            if await ctx.work.first_time(f"confessed {where(origin)}"):
                home = await ctx.in_language_of(author.chat)
                await home.whisper("not-delivered", to=author, reply_to=origin, why=reason(home, event.why))
        case Remove(asked_by=Person() as author, ref=ref) if event.why not in ("gone", "kicked"):
            if await ctx.work.first_time(f"confessed removal {where(ref)}"):
                home = await ctx.in_language_of(author.chat)
                await home.whisper("not-removed", to=author, why=reason(home, event.why))


def reason(ctx: Context, why: str) -> str:
    """Why a network would not, in words for people."""
    key = f"refused-{why}"
    return ctx.text(key if ctx.world.texts.has(key) else "refused-refused")


async def show_reactions(ctx: Context, origin: Ref, home: Chat) -> None:
    """Have the copies elsewhere show what is held by now."""
    for chat in await ctx.work.others(home):
        await ctx.work.do(Mirror(chat=chat, ref=origin))


async def has_said_yes(ctx: Context, person: Person) -> bool:
    """Whether anything of this person may leave this circle's chat."""
    circle = await ctx.work.circle(person.chat)
    consent = await ctx.work.consent(person, circle) if circle else None
    return consent is not None and consent.choice is not Choice.NO


async def known(work: Work, ref: Ref, chat: Chat) -> bool:
    """Whether a message is to be found in a chat, or on its way there."""
    return await work.resolve(ref, chat) is not None or await work.is_under_way(await work.origin(ref), chat)
