"""Tells what is done with people's data, in short or in full (GDPR articles 12 and 13), from the declared purposes."""

from markupsafe import Markup

from bot.feature import Context, Feature
from bot.paperwork import DETAILS
from bot.purposes import PURPOSES

feature = Feature("notice")


@feature.command("privacy", private=True)
async def explain(ctx: Context, words: str) -> None:
    """In short; with a word, all of it."""
    if words.strip().casefold() in ctx.world.texts.words("privacy-all"):
        await tell_all(ctx)
        return
    can = ctx.can(ctx.home)
    buttons = ((feature.button(ctx.text("privacy-more"), "all"),),) if can.buttons else ()
    await ctx.whisper("privacy", town_hall=town_halls(ctx), prefix=can.prefix, buttons=buttons)


@feature.tap("all")
async def tapped(ctx: Context, _: str) -> None:
    """Whoever wants to read on."""
    await ctx.toast()
    await tell_all(ctx)


async def tell_all(ctx: Context) -> None:
    """Every purpose, and every right."""
    lines = Markup("\n".join(line(ctx, name) for name in PURPOSES))  # noqa: S704 - made of our own texts
    await ctx.whisper("privacy-notice", town_hall=town_halls(ctx), lines=lines, prefix=ctx.can(ctx.home).prefix)


def line(ctx: Context, name: str) -> str:
    """One purpose, in a few words each: what for, how long, seen by whom, how it is taken back."""
    keys = [(detail, f"purpose-{name}-{detail}") for detail in DETAILS]
    parts = [ctx.text(f"privacy-{detail}", words=ctx.text(key)) for detail, key in keys if ctx.world.texts.has(key)]
    return ctx.text("privacy-purpose", what=ctx.text(f"purpose-{name}"), parts=Markup(" ".join(parts)))  # noqa: S704


def town_halls(ctx: Context) -> str:
    """Who answers for it."""
    return ", ".join(commune.town_hall for commune in ctx.world.settings.commune)
