"""What is pinned in one chat of a circle is pinned in the others, if it crossed; and so when it is unpinned."""

from bot.feature import Context, Feature
from bridges.model import Pin, Pinned

feature = Feature("pins")


@feature.on(Pinned)
async def pass_on(ctx: Context, event: Pinned) -> None:
    """A pin of the bot's own is no event, so that nothing goes round in a circle."""
    for chat in await ctx.work.others(event.ref.chat):
        if await ctx.work.resolve(event.ref, chat) is not None:
            await ctx.work.do(Pin(chat=chat, ref=event.ref, on=event.on))
