"""Tells what the bot can do for whoever asks, from what the features declare."""

from markupsafe import Markup

from bot.feature import Context, Feature

feature = Feature("help")


@feature.command("help", private=True)
async def tell(ctx: Context, _: str) -> None:
    """The commands that this person may use here."""
    circle, prefix = await ctx.work.circle(ctx.home), ctx.can(ctx.home).prefix
    commands = [c for known in ctx.world.features for c in known.commands if await ctx.may(c, circle)]
    lines = "\n".join(
        f"<b>{prefix}{ctx.text(f'command-{c.name}').split()[0]}</b> – {ctx.text(f'command-{c.name}-help')}"
        for c in commands
    )
    await ctx.whisper("help", lines=Markup(lines))  # noqa: S704 - made of our own texts
