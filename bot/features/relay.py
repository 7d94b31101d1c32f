"""What is said in one chat of a circle is heard in the others, if its author said yes."""

from dataclasses import replace

from markupsafe import Markup

from bot.events import Undelivered
from bot.feature import Context, Feature
from bot.gate import Choice
from bot.store import Ballot, Work, now, where
from bridges import markup
from bridges.model import (
    Chat,
    Edit,
    Edited,
    Message,
    Mirror,
    Person,
    Poll,
    PollClosed,
    Reacted,
    Ref,
    Remove,
    Removed,
    Send,
    Spot,
    Voice,
)

feature = Feature("relay")

QUOTED = 160  # characters of what is answered


@feature.on(Message)
async def pass_on(ctx: Context, event: Message) -> None:
    """A message, with what it answers; of what does not cross, that it was shared."""
    others = await ctx.work.others(event.ref.chat)
    if event.shared and others:
        await pass_on_that(ctx, event, others)
    elif has_something(event):
        for chat in others:
            passed = await ctx.work.do(await copy_for(ctx, event, chat))
            if not passed and event.media:
                passed = await ctx.work.do(await stand_in(ctx, event, chat))
            ctx.work.tally(event.ref.chat, "relayed" if passed else "stayed")
        if event.poll and others:
            row = {"network": event.ref.chat.network, "poll": event.poll.id, "origin": where(event.ref), "at": now()}
            await ctx.work.upsert(Ballot, row, keys=("network", "poll"))


def has_something(event: Message) -> bool:
    """Whether there is anything to be seen."""
    return bool(event.media or event.spot or event.poll or markup.plain(event.html).strip())


async def copy_for(ctx: Context, event: Message, chat: Chat) -> Send:
    """A message as another chat shall see it."""
    there, above = await ctx.in_language_of(chat), []
    copy = Send(
        chat=chat, html=event.html, of=event.sender, copy_of=event.ref, reply_to=event.reply_to, media=event.media,
        spot=event.spot, album=event.album, topic=event.topic, strand=event.ref.chat if event.ref.chat.thread else None,
    )  # fmt: skip
    if copy.strand and await is_topic_of(ctx, event):
        copy = replace(copy, strand=None)
    if event.late:
        above.append(there.text("late"))
    if event.origin:
        above.append(there.text("forwarded-from", origin=event.origin))
    if event.poll:
        copy = replace(copy, html=shown_poll(there, event.poll))
    if event.spot and not copy.html:
        copy = replace(copy, html=shown_spot(there, event.spot))
    if event.reply_to and await known(ctx.work, event.reply_to, chat):
        copy = replace(copy, quote=event.quote)
    elif event.reply_to and (answered := await what_it_answers(ctx, event)):
        words, author = answered
        copy = replace(copy, quote=shortened(event.quote or words), quote_of=author)
    elif event.reply_to:
        above.append(there.text("answers-what-stayed"))
    elif copy.strand:  # where there are no threads, the beginning of this one is what it answers
        copy = replace(copy, reply_to=Ref(event.ref.chat, event.ref.chat.thread))
    return replace(copy, html="\n".join([*(f"<i>{line}</i>" for line in above), copy.html]))


async def what_it_answers(ctx: Context, event: Message) -> tuple[str, Person] | None:
    """The words that are answered where no copy of them can be, and whose they are, if they let them leave."""
    assert event.reply_to
    said = event.answered
    found = (markup.plain(said.html), said.sender) if said else await ctx.work.words_of(event.reply_to)
    return found if found and await has_said_yes(ctx, found[1]) else None


async def is_topic_of(ctx: Context, event: Message) -> bool:
    """Whether the topic itself is what is linked, so that it is no thread of anything."""
    linked = await ctx.work.linked(event.ref.chat)
    return linked is not None and linked.chat == event.ref.chat


def shortened(words: str) -> str:
    """As much as reminds of what was said."""
    line = " ".join(words.split())
    return line if len(line) <= QUOTED else f"{line[:QUOTED].rsplit(' ', 1)[0]}…"


def shown_poll(there: Context, poll: Poll) -> str:
    """A poll as text: it can be answered where it was asked."""
    options = Markup("\n").join(Markup("• {}").format(option) for option in poll.options)
    return there.text("poll", question=poll.question, options=options)


def shown_spot(there: Context, spot: Spot) -> str:
    """A point on the map, in words."""
    return there.text("spot", title=", ".join(filter(None, (spot.title, spot.address))) or there.text("spot-nameless"))


async def stand_in(ctx: Context, event: Message, chat: Chat) -> Send:
    """The words under a file whose author shares words alone, and that there was a file."""
    assert event.media
    there = await ctx.in_language_of(chat)
    html = "\n".join(filter(None, [f"<i>{there.text('file-stayed', kind=event.media.kind)}</i>", event.html]))
    return Send(chat=chat, html=html, of=event.sender, copy_of=event.ref, reply_to=event.reply_to)


async def pass_on_that(ctx: Context, event: Message, others: list[Chat]) -> None:
    """Something was shared that never crosses: its author is told once why, the others that it was."""
    passed = False
    for chat in others:
        there = await ctx.in_language_of(chat)
        what = there.text(shared_key("shared", event.shared, there))
        passed |= await ctx.work.do(Send(chat=chat, html=f"<i>{what}</i>", of=event.sender, copy_of=event.ref))
    if passed and await ctx.work.first_time(f"told {event.shared} {ctx.work.hash(event.sender)}"):
        why = ctx.text(shared_key("stays", event.shared, ctx))
        await ctx.whisper("stays-here", to=event.sender, reply_to=event.ref, why=why)


def shared_key(kind: str, what: str, ctx: Context) -> str:
    """The text about a kind of thing, or about any."""
    return key if ctx.world.texts.has(key := f"{kind}-{what}") else f"{kind}-other"


@feature.on(PollClosed)
async def pass_on_result(ctx: Context, event: PollClosed) -> None:
    """How a poll ended, in answer to its copies."""
    ballot = await ctx.work.get(Ballot, (event.network, event.poll.id))
    if ballot is None or not event.poll.votes:
        return
    network, room, id_ = ballot.origin.split("|", 2)
    origin = Ref(Chat(network, room), id_)
    for copy in await ctx.work.copies(origin):
        chat = Chat(copy.network, copy.room, copy.thread)
        if copy.part or not await ctx.work.still_shared(copy):
            continue
        there = await ctx.in_language_of(chat)
        lines = Markup("\n").join(
            Markup("• {}: {}").format(option, there.text("poll-votes", count=count))
            for option, count in zip(event.poll.options, event.poll.votes, strict=False)
        )
        await there.say(chat, "poll-result", of=Voice.BOT, reply_to=origin, options=lines)
    await ctx.work.delete(ballot)


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
        case Remove(asked_by=Person() as author, ref=ref, many=many) if event.why not in ("gone", "kicked"):
            about = ctx.work.seal.find("many", author.chat.network, author.id, event.why) if many else where(ref)
            if await ctx.work.first_time(f"confessed removal {about}"):
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
