"""Asks before anything leaves a chat, notes what people decide, and lets earlier copies follow a change of mind."""

import re
from collections import Counter
from datetime import timedelta

from markupsafe import Markup
from sqlmodel import col, select

from bot.events import CircleChanged, Empowered, Vanished
from bot.feature import Choices, Context, Feature, Keyboard
from bot.gate import Choice
from bot.purposes import PURPOSES
from bot.store import Asked, Circle, Consent, Copy, Linked, Reaction, Receipt, Room, now, place, where
from bridges.model import (
    Chat,
    Edit,
    Edited,
    Message,
    Mirror,
    Person,
    Pin,
    React,
    Reacted,
    Ref,
    Remove,
    Removed,
    Said,
    Send,
    Stirred,
    Voice,
)
from moderation.names import shown_title

feature = Feature("privacy")

PURPOSE = PURPOSES["relay"]
SHOWN = {"others": "", "town_hall": "", "lines": "", "prefix": ""}
AGAIN = timedelta(days=7)
YES, HIDE = ("👍", "👍🏻", "👍🏼", "👍🏽", "👍🏾", "👍🏿"), "🙈"


# --- asking


@feature.on(Message)
async def ask(ctx: Context, event: Message) -> None:
    """A first message that stays gets the 🙊 and, where only its author can see it, the question.

    A new wording asks once more; what was decided holds until it is answered.
    """
    circle = await ctx.work.circle(event.ref.chat)
    if circle is None or event.private or event.sender.collective:
        return
    if consent := await ctx.work.consent(event.sender, circle):
        await again(ctx, event, circle, consent)
        return
    if not await ctx.work.others(event.ref.chat):
        return
    assert circle.id is not None
    asked = await ctx.work.get(Asked, (ctx.work.hash(event.sender), circle.id))
    if asked and now() - asked.at < AGAIN:
        return
    await ctx.work.do(React(chat=event.ref.chat, ref=event.ref, emoji=("🙊",), of=Voice.BOT))
    if asked is None and ctx.can(event.ref.chat).whispers:
        await ctx.whisper("ask", to=event.sender, reply_to=event.ref, buttons=choices(ctx, circle))
        ctx.world.lately.keep(ctx.work.hash(event.sender), event)
    await ctx.work.merge(Asked(person=ctx.work.hash(event.sender), circle=circle.id, version=PURPOSE.version))


async def again(ctx: Context, event: Message, circle: Circle, consent: Consent) -> None:
    """They are here, whoever thought that they had left; and a wording that they never saw is shown to them, once."""
    if consent.left:
        consent.left = None
    if consent.version == PURPOSE.version or not ctx.can(event.ref.chat).whispers or circle.id is None:
        return
    asked = await ctx.work.get(Asked, (consent.person, circle.id))
    if asked is None or asked.version != PURPOSE.version:
        await ctx.whisper("ask-again", to=event.sender, buttons=choices(ctx, circle))
        await ctx.work.merge(Asked(person=consent.person, circle=circle.id, version=PURPOSE.version))


@feature.on(Stirred)
async def note_leaving(ctx: Context, event: Stirred) -> None:
    """What somebody decided is forgotten some time after they left, unless they come back."""
    circle = await ctx.work.circle(event.chat) if event.what in {"left", "joined"} else None
    consent = await ctx.work.consent(event.sender, circle) if circle else None
    if consent:
        consent.left = event.at if event.what == "left" else None


def choices(ctx: Context, circle: Circle) -> Keyboard:
    """The buttons of the card and of the question, one below the other: a phone is narrow.

    They name the circle, since a question that could not be whispered is asked in private.
    """
    yes = [
        (feature.button(ctx.text(f"choose-{choice}"), "choose", f"{choice} {circle.id}"),)
        for choice in ("named", "unnamed")
    ]
    no = feature.button(ctx.text("choose-no"), "choose", f"no {circle.id}")
    return (*yes, (no, feature.button(ctx.text("choose-details"), "details", str(circle.id))))


@feature.on(CircleChanged)
async def put_up_cards(ctx: Context, event: CircleChanged) -> None:
    """Each chat holds one pinned card that says with whom it is linked, with the buttons."""
    circle = await ctx.work.get_one(Circle, event.circle)
    chats = await ctx.work.chats(circle)
    for chat in chats:
        there, origin = await ctx.in_language_of(chat), card_of(chat)
        html, buttons = await card(there, circle, chat, [other for other in chats if other != chat])
        if await ctx.work.copies(origin) or await ctx.work.is_under_way(origin, chat):
            await ctx.work.do(Edit(chat=chat, ref=origin, html=html, of=Voice.BOT, buttons=buttons))
        elif len(chats) > 1:
            await ctx.work.do(Send(chat=chat, html=html, of=Voice.BOT, copy_of=origin, buttons=buttons, aside=True))
            await ctx.work.do(Pin(chat=chat, ref=origin))


@feature.on(Empowered)
async def pin_card(ctx: Context, event: Empowered) -> None:
    """The right to pin may come after the card."""
    if await ctx.work.copies(card_of(event.chat)):
        await ctx.work.do(Pin(chat=event.chat, ref=card_of(event.chat)))


@feature.on(Vanished)
async def take_down_card(ctx: Context, event: Vanished) -> None:
    """A chat that is no longer linked needs no card."""
    await ctx.work.do(Remove(chat=event.chat, ref=card_of(event.chat)))


def card_of(chat: Chat) -> Ref:
    """The origin by which a chat's card is found again."""
    return Ref(Chat("palier", "card"), place(chat))


async def card(ctx: Context, circle: Circle, chat: Chat, others: list[Chat]) -> tuple[str, Keyboard]:
    """What a chat's card says."""
    if not others:
        return ctx.text("card-alone"), ()
    names = []
    for other in others:
        room = await ctx.work.get(Room, (other.network, other.id))
        title = shown_title(room.title, ctx.work.rules.reserved) if room else ""
        names.append(ctx.text(f"there-{other.network}", title=title or circle.name))
    town_hall = ", ".join(commune.town_hall for commune in ctx.world.settings.commune)
    buttons = choices(ctx, circle) if ctx.can(chat).buttons else ()
    return (
        ctx.text(
            "card-buttons" if buttons else "card-reaction",
            others=Markup(ctx.text("and").join(names)),  # noqa: S704 - made of our own texts
            town_hall=town_hall,
        ),
        buttons,
    )


# --- deciding


@feature.tap("choose")
async def tapped(ctx: Context, words: str) -> None:
    """A button under the card or under the question."""
    word, _, number = words.partition(" ")
    circle = await circle_tapped(ctx, number)
    if circle is None or word not in {choice.value for choice in Choice}:
        await ctx.toast("not-linked")
        return
    tap = ctx.tapped
    await ctx.toast()
    await decide(ctx, circle, Choice(word))
    held = ctx.world.lately.take(ctx.work.hash(tap.sender), tap.at)
    about = tap.about or (held if tap.ref.id.startswith("e") else None)
    if about and about.sender.id == tap.sender.id and about.ref.chat == tap.ref.chat:
        await ctx.work.do(React(chat=tap.ref.chat, ref=about.ref, of=Voice.BOT))
        if word != Choice.NO and await ctx.work.first_time(f"sent after all {where(about.ref)}"):
            await ctx.tell(about)


@feature.on(Edited)
async def follow_edit(ctx: Context, event: Edited) -> None:
    """What is sent after a yes is what the message says by then."""
    ctx.world.lately.change(event.ref, event.html)


@feature.on(Removed)
async def follow_removal(ctx: Context, event: Removed) -> None:
    """What was removed is not sent after a yes."""
    ctx.world.lately.change(event.ref, None)


async def circle_tapped(ctx: Context, number: str) -> Circle | None:
    """The circle that a button is about: this chat's, or in private one that the person is known to be in."""
    if not ctx.tapped.private:
        return await ctx.work.circle(ctx.home)
    return next((circle for circle in await circles_of(ctx) if str(circle.id) == number), None)


@feature.tap("details")
async def details(ctx: Context, number: str) -> None:
    """More words, for whoever wants them."""
    await ctx.toast()
    circle = await circle_tapped(ctx, number)
    alone = ctx.tapped.private or ctx.tapped.ref.id.startswith("e")
    await ctx.whisper("details", buttons=choices(ctx, circle) if circle and alone else ())


@feature.on(Reacted)
async def reacted(ctx: Context, event: Reacted) -> None:
    """Where there are no buttons, 👍 on the card is a yes; the author's own 🙈 takes a message back."""
    origin = await ctx.work.origin(event.ref)
    circle = await ctx.work.circle(event.ref.chat)
    if circle and origin == card_of(event.ref.chat):
        if any(emoji in YES for emoji in event.added) and not ctx.can(event.ref.chat).buttons:
            await decide(ctx, circle, Choice.NAMED)
        if event.mark:  # no list of the willing stays on view
            await ctx.work.unreact(event.ref.chat, event.mark)
    elif HIDE in event.added and await ctx.work.author(origin) == ctx.work.hash(event.sender):
        await erase(ctx, origin)


@feature.command("relais", private=True)
async def choose(ctx: Context, words: str) -> None:
    """Say yes, yes without a name, or no; without a word, see what holds now."""
    circles = await circles_of(ctx)
    choice, word, which = understood(ctx, words)
    named = [circle for circle in circles if circle.name.casefold() in which]
    circles = named or circles  # what else stands behind the word, a « merci », takes no decision back
    if not circles:
        await ctx.whisper("relais-nowhere")
    elif choice is None:
        lines = [await how_it_stands(ctx, circle) for circle in circles]
        await ctx.whisper("relais-how", lines=Markup("\n".join(lines)), prefix=ctx.can(ctx.home).prefix)  # noqa: S704
    elif len(circles) > 1:
        names = ", ".join(circle.name for circle in circles)
        example = circles[0].name
        await ctx.whisper("relais-which", names=names, word=word, example=example, prefix=ctx.can(ctx.home).prefix)
    else:
        await decide(ctx, circles[0], choice)


def understood(ctx: Context, words: str) -> tuple[Choice | None, str, str]:
    """The choice that somebody typed, its word, and the rest: « Non ! », « oui merci », « sans nom »."""
    plain = " ".join(re.sub(r"[^\w\s'’-]", " ", words.casefold()).split())
    for choice in Choice:
        for word in sorted(ctx.world.texts.words(f"choice-{choice}"), key=len, reverse=True):
            spoken = word.replace("-", " ").replace("_", " ")
            for typed in (word, spoken):
                if plain == typed or plain.startswith(f"{typed} "):
                    return choice, word, plain[len(typed) :].strip()
    return None, "", plain


async def circles_of(ctx: Context) -> list[Circle]:
    """This chat's circle; in private, those that the person is known to be in."""
    if not ctx.event.private:
        here = await ctx.work.circle(ctx.home)
        return [here] if here else []
    me = ctx.work.hash(ctx.sender)
    decided = (await ctx.work.exec(select(Consent.circle).where(Consent.person == me))).all()
    asked = (await ctx.work.exec(select(Asked.circle).where(Asked.person == me))).all()
    seen = [
        circle.id
        for chat in ctx.world.bridges[ctx.home.network].whereabouts(ctx.sender.id)
        if (circle := await ctx.work.circle(chat))
    ]
    ids = {*decided, *asked, *(id_ for id_ in seen if id_)}
    return list(await ctx.work.exec(select(Circle).where(col(Circle.id).in_(ids)).order_by(Circle.name)))


async def how_it_stands(ctx: Context, circle: Circle) -> str:
    """One line on what someone decided in a circle."""
    consent = await ctx.work.consent(ctx.sender, circle)
    return ctx.text(f"stands-{consent.choice if consent else 'silent'}", circle=circle.name)


@feature.knows(Choices)
async def decided(ctx: Context, question: Choices) -> list[Said]:
    """What another feature may show that person of their own decision."""
    circle = await ctx.work.get_one(Circle, question.circle)
    consent = await ctx.work.consent(question.person, circle)
    line = ctx.text(f"stands-{consent.choice if consent else 'silent'}", circle=circle.name)
    return [Said(chat=question.person.chat, html=line, of=question.person)]


async def decide(ctx: Context, circle: Circle, choice: Choice) -> None:
    """Note it with its receipt, let earlier copies follow, and say what was done."""
    person = ctx.sender
    before = await ctx.work.consent(person, circle)
    was = before.choice if before else Choice.NO
    await ctx.work.decide(person, circle, choice)
    assert circle.id is not None
    words = "\n".join(ctx.text(key, **SHOWN) for key in PURPOSE.asked_by)  # all that they may have read
    ctx.work.add(
        Receipt(
            person=ctx.work.hash(person),
            identity=ctx.work.seal.close(f"{person.chat.network} {person.id}"),
            circle=circle.id,
            purpose="relay",
            choice=choice,
            wording=PURPOSE.wording(ctx.language, words),
        )
    )
    followed = await follow(ctx, circle, person, was, choice)
    told = [ctx.text(f"followed-{what}", count=count) for what, count in sorted(followed.items())]
    prefix = ctx.can(ctx.home).prefix
    away = await elsewhere(ctx, circle)
    way = "buttons" if ctx.can(ctx.home).buttons else "typed"
    after = Markup(" ".join(["", *told]))  # noqa: S704 - made of our own texts
    key = "noted-no" if choice is Choice.NO else f"noted-{choice}-{way}"
    await ctx.whisper(key, there=away, prefix=prefix, followed=after)


async def elsewhere(ctx: Context, circle: Circle) -> str:
    """The other networks of a circle, as people name them."""
    names = {link.network.title() for link in await links(ctx, circle) if link.network != ctx.sender.chat.network}
    return ctx.text("and").join(sorted(names or {ctx.sender.chat.network.title()}))


async def links(ctx: Context, circle: Circle) -> list[Linked]:
    """The chats of a circle."""
    return list(await ctx.work.exec(select(Linked).where(Linked.circle == circle.id)))


async def follow(ctx: Context, circle: Circle, person: Person, was: Choice, choice: Choice) -> Counter[str]:
    """Let earlier copies follow a change of mind; tell how many are signed anew and how many are taken away."""
    done: Counter[str] = Counter()
    if was in (Choice.NO, choice):
        return done
    chats = [link.chat for link in await links(ctx, circle)]
    homes = tuple(f"{chat.network}|{chat.id}|" for chat in chats)
    mine = await ctx.work.exec(select(Copy).where(Copy.of == ctx.work.hash(person)).order_by(col(Copy.made).desc()))
    for copy in mine.all():
        chat = Chat(copy.network, copy.room, copy.thread)
        # A chat that left the circle still holds what was said in those that stayed.
        gone_away = copy.origin.startswith(homes) and await ctx.work.circle(chat) is None
        if chat not in chats and not gone_away:
            continue
        # An edit leaves the old name in the history of a network that keeps it: there only removal takes it back.
        stays = choice is not Choice.NO and not (was is Choice.NAMED and ctx.can(chat).keeps_old_text)
        if stays and await ctx.work.sign_again(copy, person):
            done["signed"] += 1
        elif choice is not Choice.NAMED:
            network, room, id_ = copy.origin.split("|", 2)
            there = await ctx.in_language_of(chat)
            origin = Ref(Chat(network, room), id_)
            stub = there.text("taken-away")
            remove = Remove(chat=chat, ref=origin, part=copy.part, stub=stub, asked_by=person, many=True)
            await ctx.work.do(remove, bulk=True)
            done["removed"] += 1
    if choice is Choice.NO:
        await take_reactions_back(ctx, circle, person)
    return done


async def take_reactions_back(ctx: Context, circle: Circle, person: Person) -> None:
    """What someone held is no longer shown elsewhere."""
    here = [place(link.chat) for link in await links(ctx, circle)]
    mine = await ctx.work.exec(
        select(Reaction).where(Reaction.person == ctx.work.hash(person), col(Reaction.home).in_(here))
    )
    for reaction in mine.all():
        network, room, id_ = reaction.origin.split("|", 2)
        for link in await links(ctx, circle):
            if place(link.chat) != reaction.home:
                await ctx.work.do(Mirror(chat=link.chat, ref=Ref(Chat(network, room), id_)), bulk=True)
        await ctx.work.delete(reaction)


# --- taking back


@feature.command("effacer", private=True)
async def take_back(ctx: Context, _: str) -> None:
    """In answer to one's own message: gone here and on the other side."""
    if (ref := ctx.heard.reply_to) is None:
        await ctx.whisper("effacer-how")
        return
    origin = await ctx.work.origin(ref)
    author = await ctx.work.author(origin)
    if not author:
        await ctx.whisper("effacer-never-left")
    elif author != ctx.work.hash(ctx.sender):
        await ctx.whisper("effacer-not-yours")
    else:
        await erase(ctx, origin)


async def erase(ctx: Context, origin: Ref) -> None:
    """Remove a message and its copies, and what is kept of its words."""
    chats = [Chat(copy.network, copy.room, copy.thread) for copy in await ctx.work.copies(origin)]
    under_way = [chat for chat in await ctx.work.others(ctx.home) if await ctx.work.is_under_way(origin, chat)]
    await ctx.work.drop(origin)
    for chat in {place(chat): chat for chat in (*chats, *under_way, ctx.home)}.values():
        there = await ctx.in_language_of(chat)
        remove = Remove(chat=chat, ref=origin, stub=there.text("taken-away"), asked_by=ctx.sender)
        await ctx.work.do(remove)
    await ctx.whisper("erased")
