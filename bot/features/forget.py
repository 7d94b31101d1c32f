"""Forgets somebody who asks for it, here and on the other side, and says what could not be undone (GDPR article 17)."""

from markupsafe import Markup

from bot import dossier
from bot.events import Forgotten
from bot.feature import Context, Feature
from bot.purposes import BACKUPS, PURPOSES
from bot.store import now
from bridges.model import Chat

feature = Feature("forget")


@feature.command("oublier", private=True)
async def ask(ctx: Context, words: str) -> None:
    """Asks once whether it is meant: nothing brings back what is forgotten."""
    if words.strip().casefold().rstrip(" .!") in ctx.world.texts.words("oublier-word"):
        await forget(ctx)
    elif ctx.can(ctx.home).buttons:
        rows = ((feature.button(ctx.text("oublier-yes"), "yes"),), (feature.button(ctx.text("oublier-no"), "no"),))
        await ctx.whisper("oublier-ask", how="", buttons=rows)
    else:
        await ctx.whisper("oublier-ask", how=ctx.text("oublier-type", prefix=ctx.can(ctx.home).prefix))


@feature.tap("yes")
async def confirmed(ctx: Context, _: str) -> None:
    """It is meant."""
    await ctx.toast()
    await forget(ctx)


@feature.tap("no")
async def kept(ctx: Context, _: str) -> None:
    """It is not."""
    await ctx.toast()
    await ctx.whisper("oublier-kept")


async def forget(ctx: Context) -> None:
    """Take away what can be taken away, delete the rest, and tell the truth about what stays."""
    work, person = ctx.work, ctx.sender

    async def stub(chat: Chat) -> str:
        return (await ctx.in_language_of(chat)).text("taken-away")

    copies = await dossier.take_copies_back(work, person, stub)
    reactions = await dossier.take_reactions_back(work, person)
    await dossier.withdraw(work, person)
    await ctx.tell(Forgotten(at=now(), person=person))
    stays = await dossier.erase(work, person)
    ctx.world.lately.take(work.hash(person), now())
    lines = [
        ctx.text("stays-kept", what=ctx.text(f"purpose-{name}"), kept=ctx.text(f"purpose-{name}-kept"))
        for name in PURPOSES if stays[name]
    ]  # fmt: skip
    await ctx.whisper(
        "forgotten", copies=copies, reactions=reactions, network=person.chat.network.title(),
        stays=Markup("".join(f"\n{line}" for line in lines)), days=BACKUPS.days,  # noqa: S704 - made of our own texts
    )  # fmt: skip
