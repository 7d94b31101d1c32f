"""`palier forget --commune`: a commune leaves, and all that is kept of it goes."""

from collections import Counter

from sqlmodel import col, or_, select

from bot.app import find_features
from bot.cli.speaking import tell
from bot.config import Settings
from bot.dossier import forget_circles, forget_places, forget_scope
from bot.features.cases.tables import Desk
from bot.purposes import BACKUPS
from bot.run import Unfit, alone, open_store
from bot.store import Circle, Invitation, Linked, Mandate, Store, Work
from bridges.model import Chat


async def forget(settings: Settings, name: str, *, yes: bool) -> None:
    """Say how many rows of each table belong to a commune and, with `yes`, delete them; Unfit where there are none."""
    find_features()  # so that their tables are known
    async with alone(settings.database), open_store(settings) as store:
        async with store.work() as work:
            names = await communes(work, settings)
            if (known := next((one for one in names if one.casefold() == name.strip().casefold()), None)) is None:
                raise Unfit("cli-forget-unknown", name=name)
            name = known
            gone = await forget_places(work, await desks(work, name))
            circles = (await work.exec(select(Circle.id).where(Circle.commune == name))).all()
            gone += await forget_circles(work, [id_ for id_ in circles if id_])
            gone += await forget_scope(work, name)
            if not yes:
                await work.rollback()
        await finish(store, name, gone, yes=yes)


async def communes(work: Work, settings: Settings) -> set[str]:
    """All that may have left something, whether they are in the settings or not any more."""
    scopes = {commune.name for commune in settings.commune} | set((await work.exec(select(Circle.commune))).all())
    for column in (Mandate.scope, Invitation.scope, Desk.scope):
        scopes |= set((await work.exec(select(column))).all())
    return {scope.partition("/")[0] for scope in scopes} - {""}


async def desks(work: Work, commune: str) -> list[Chat]:
    """Where its moderators alone saw its cases: what was shown there goes, too."""
    here = or_(col(Desk.scope) == commune, col(Desk.scope).startswith(f"{commune}/", autoescape=True))
    chats = {desk.chat for desk in await work.exec(select(Desk).where(here))}
    others = {desk.chat for desk in await work.exec(select(Desk).where(~here))}
    others |= {linked.chat for linked in await work.exec(select(Linked))}
    rooms = {(chat.network, chat.id) for chat in others}
    return [chat for chat in chats if (chat.network, chat.id) not in rooms]


async def finish(store: Store, name: str, gone: Counter[str], *, yes: bool) -> None:
    """Tell, and leave nothing of it in the database's log."""
    if not gone:
        raise Unfit("cli-forget-unknown", name=name)
    for table, count in sorted(gone.items()):
        tell("cli-forget-counts", table=table, count=count)
    if yes:
        await store.truncate()
        tell("cli-forget-done", count=gone.total(), name=name, days=BACKUPS.days)
    else:
        tell("cli-forget-dry")
