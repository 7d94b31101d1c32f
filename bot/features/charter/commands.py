"""What one types about the charter: read it, accept it, take that back; write it, and say how people come in."""

from sqlmodel import col, select

from bot.feature import HOSTS, Context
from bot.features.charter.entry import choose_entrance, choose_question, decide_typed, enter_typed
from bot.features.charter.reading import accept, page, show
from bot.features.charter.tables import NEVER, Charter, Pledge, feature, in_force, pledge_of, speaking
from bot.store import Circle
from bridges.model import Send, Voice

LONGEST = 1500  # characters: it is read on a phone
VERBS = "yes", "no", "write", "own", "entry", "question", "admit", "decline"


@feature.command("charte", private=True)
async def charter(ctx: Context, words: str) -> None:
    """Read it, accept it, take that back; for those who look after the circle: write it, say how people come in."""
    verb, rest = understood(ctx, words)
    match verb:
        case "yes":
            await say_yes(ctx)
        case "no":
            await say_no(ctx)
        case "admit" | "decline":
            await decide_typed(ctx, rest, yes=verb == "admit")
        case "":
            await read(ctx)
        case _:
            circles = await ctx.looks_after(HOSTS)
            if len(circles) == 1:
                await change(ctx, circles[0], verb, rest)
            else:
                await ctx.whisper("charter-where" if circles else "not-yours")


def understood(ctx: Context, words: str) -> tuple[str, str]:
    """What somebody wants: the verb in any language, and the rest as it was typed."""
    first = words.split(maxsplit=1)[0] if words.strip() else ""
    word = first.casefold().strip(".!,")
    verb = next((verb for verb in VERBS if word in ctx.world.texts.words(f"charter-type-{verb}")), "")
    return verb, words.strip().removeprefix(first).strip()


async def circles_of(ctx: Context) -> list[Circle]:
    """This chat's circle; in private, those that the person is known to be in."""
    if here := await ctx.work.circle(ctx.home):
        return [here]
    if not ctx.heard.private:
        return []
    shown = set(await ctx.work.exec(select(Pledge.circle).where(Pledge.person == ctx.work.hash(ctx.sender))))
    seen = [await ctx.work.circle(chat) for chat in ctx.world.bridges[ctx.home.network].whereabouts(ctx.sender.id)]
    ids = shown | {circle.id for circle in seen if circle and circle.id}
    return list(await ctx.work.exec(select(Circle).where(col(Circle.id).in_(ids)).order_by(Circle.name)))


async def read(ctx: Context) -> None:
    """The charter of each circle that one is in."""
    circles = await circles_of(ctx)
    for circle in circles:
        charter = await in_force(ctx, circle, ctx.home)
        await show(ctx, circle, charter, await pledge_of(ctx.work, ctx.sender, circle))
    if not circles:
        await ctx.whisper("charter-nowhere")
    elif await ctx.looks_after(HOSTS):
        await ctx.whisper("charter-how", prefix=ctx.can(ctx.home).prefix)


async def say_yes(ctx: Context) -> None:
    """Typed: it holds for what was shown; what was not is shown first. Whoever stands at a door, comes in by it."""
    if await enter_typed(ctx):
        return
    circles, thanked = await circles_of(ctx), []
    for circle in circles:
        charter, pledge = await in_force(ctx, circle, ctx.home), await pledge_of(ctx.work, ctx.sender, circle)
        if pledge.shown < charter.version:
            await show(ctx, circle, charter, pledge)
        else:
            accept(ctx, pledge, charter)
            thanked.append(circle.name)
    if thanked:
        await ctx.whisper("charter-thanks", circle=", ".join(thanked))
    elif not circles:
        await ctx.whisper("charter-nowhere")


async def say_no(ctx: Context) -> None:
    """Take it back: nothing else changes."""
    for circle in await circles_of(ctx):
        (await pledge_of(ctx.work, ctx.sender, circle)).accepted = NEVER
    await ctx.whisper("charter-taken-back")


# --- writing


async def change(ctx: Context, circle: Circle, verb: str, rest: str) -> None:
    """Done by somebody who looks after the circle."""
    match verb:
        case "write" if not rest or len(rest) > LONGEST:
            await ctx.whisper("charter-write-how", prefix=ctx.can(ctx.home).prefix, most=LONGEST)
        case "write" | "own":
            await publish(ctx, circle, rest if verb == "write" else "")
        case "entry":
            await choose_entrance(ctx, circle, rest)
        case "question":
            await choose_question(ctx, circle, rest)


async def publish(ctx: Context, circle: Circle, words: str) -> None:
    """A new version holds from now on; each chat of the circle reads it once, without a sound, and nobody is chased."""
    assert circle.id is not None
    before = await in_force(ctx, circle, ctx.home)
    ctx.work.add(Charter(circle=circle.id, version=before.version + 1, text=words))
    await ctx.work.flush()
    for chat in await ctx.work.chats(circle):
        charter = await in_force(ctx, circle, chat)
        html, buttons = page(ctx, circle, charter, chat, accepted=False)
        news = speaking(ctx, circle).text("charter-new", page=html)
        await ctx.work.do(Send(chat=chat, html=news, of=Voice.BOT, aside=True, buttons=buttons))
    await ctx.whisper("charter-written", version=before.version + 1, circle=circle.name)
