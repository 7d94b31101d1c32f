"""Shows the charter to whoever comes, to them alone, and notes who accepts it."""

from datetime import datetime, timedelta

from markupsafe import Markup
from sqlmodel import col, delete, or_

from bot.feature import Context, Keyboard
from bot.features.charter.tables import NEVER, InForce, Pledge, feature, in_force, pledge_of, speaking
from bot.store import Circle, now
from bridges.model import Chat, Person, Stirred

SHOWN, YEAR = timedelta(days=30), timedelta(days=365)


# --- coming


@feature.on(Stirred)
async def come_or_go(ctx: Context, event: Stirred) -> None:
    """Whoever comes is shown the charter once, alone; in a raid nobody is: whispers cost the chat's pace."""
    circle = await ctx.work.circle(event.chat)
    if circle is None or event.sender.collective or event.what not in ("joined", "left"):
        return
    pledge = await pledge_of(ctx.work, event.sender, circle)
    if event.what == "left":
        pledge.left = now()
        return
    pledge.left = None
    charter = await in_force(ctx, circle, event.chat)
    if max(pledge.shown, pledge.accepted) < charter.version and not await ctx.work.in_raid(circle):
        await show(ctx, circle, charter, pledge, to=event.sender)


async def show(ctx: Context, circle: Circle, charter: InForce, pledge: Pledge, *, to: Person | None = None) -> None:
    """Let one person read it, with a way to accept it, and note that it was shown."""
    pledge.shown, pledge.at = charter.version, now()
    ctx.work.add(pledge)
    chat = to.chat if to else ctx.home
    html, buttons = page(ctx, circle, charter, chat, accepted=pledge.accepted == charter.version)
    await ctx.whisper("charter-page", to=to, page=html, buttons=buttons)


def page(ctx: Context, circle: Circle, charter: InForce, chat: Chat, *, accepted: bool) -> tuple[Markup, Keyboard]:
    """The charter under its title, and how it is accepted in this chat."""
    there = speaking(ctx, circle)
    lines = [there.text("charter-title", circle=circle.name), charter.words]
    buttons: Keyboard = ()
    if accepted:
        lines.append(there.text("charter-accepted"))
    elif ctx.can(chat).buttons:
        buttons = ((feature.button(there.text("charter-accept"), "yes", f"{circle.id} {charter.version}"),),)
    else:
        lines.append(there.text("charter-accept-typed", prefix=ctx.can(chat).prefix))
    return Markup("\n".join(lines)), buttons  # noqa: S704 - our own texts, and words that are escaped


# --- accepting


@feature.tap("yes")
async def tapped(ctx: Context, words: str) -> None:
    """A tap under the charter; of a wording that has been replaced, the new one is shown instead."""
    number, _, version = words.partition(" ")
    circle = await ctx.work.get(Circle, int(number)) if number.isdecimal() and len(number) < 10 else None
    if circle is None or (not ctx.tapped.private and await ctx.work.circle(ctx.home) != circle):
        await ctx.toast("charter-nowhere")
        return
    charter, pledge = await in_force(ctx, circle, ctx.home), await pledge_of(ctx.work, ctx.sender, circle)
    if version != str(charter.version):
        await ctx.toast("charter-newer")
        await show(ctx, circle, charter, pledge)
    elif accept(ctx, pledge, charter):
        await ctx.toast("charter-thanks", circle=circle.name)
        await thank(ctx, circle)
    else:
        await ctx.toast("charter-accepted")


def accept(ctx: Context, pledge: Pledge, charter: InForce) -> bool:
    """Note it, and say whether that is new."""
    if pledge.accepted == charter.version:
        return False
    pledge.shown = pledge.accepted = charter.version
    pledge.at, pledge.left = now(), None
    ctx.work.add(pledge)
    return True


async def thank(ctx: Context, circle: Circle) -> None:
    """What only its reader sees turns into a receipt; a card that hangs in a chat stays as it is."""
    if ctx.tapped.private or ctx.tapped.ref.id.startswith("e"):
        await ctx.whisper("charter-thanks", circle=circle.name)


# --- forgetting


@feature.every("23 * * * *")
async def forget(ctx: Context, at: datetime) -> None:
    """Who was only shown it, and what was accepted long ago; of those who left, the sweep forgets it."""
    unanswered = (col(Pledge.accepted) == NEVER) & (col(Pledge.at) < at - SHOWN)
    await ctx.work.exec(delete(Pledge).where(or_(col(Pledge.at) < at - YEAR, unanswered)))
