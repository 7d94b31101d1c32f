"""Groups and channels that speak: an anonymous administrator, a linked channel. An ambassador decides for all."""

from bot.feature import HOSTS, Context, Feature
from bot.gate import Choice
from bridges.model import Message, Person

feature = Feature("collective")


@feature.command("groupe", roles=HOSTS)
async def choose(ctx: Context, words: str) -> None:
    """Let what is said in the group's own name cross, or not; in answer to a channel's post, that channel's."""
    circle, word = await ctx.work.circle(ctx.home), words.strip().casefold()
    choices = {Choice.NAMED: ctx.world.texts.words("groupe-yes"), Choice.NO: ctx.world.texts.words("groupe-no")}
    choice = next((choice for choice, typed in choices.items() if word in typed), None)
    if circle is None:
        await ctx.reply("groupe-nowhere")
    elif choice is None:
        await ctx.reply("groupe-how", prefix=ctx.can(ctx.home).prefix)
    else:
        room = await ctx.work.room(ctx.home)
        answered = ctx.heard.answered
        who = Person(ctx.home.id, ctx.home, room.title if room else "", collective=True)
        if isinstance(answered, Message) and answered.sender.collective:
            who = answered.sender
        await ctx.work.decide(who, circle, choice)
        await ctx.reply(f"groupe-noted-{choice}", name=who.name)
