"""One-time links for roles from the shell, and a new Matrix session where the old one has ended."""

import asyncio

from bot.cli import networks
from bot.cli.setup import show_ways
from bot.cli.speaking import say, tell, texts
from bot.config import Settings
from bot.feature import Role
from bot.invitations import LOCAL, scopes
from bot.invitations import invite as new_code
from bot.run import Unfit, alone, connect, open_store
from bot.store import Remembered
from bridges.matrix.keys.store import ACCOUNT, OLM
from bridges.model import Chat
from bridges.port import Stopped, TryLater


async def invite(settings: Settings, word: str, place: str, *, offline: bool) -> None:
    """Print the ways by which one person gets a role; Unfit for a role or a neighbourhood that there is not."""
    role = next((one for one in Role if word.lower() in texts().words(f"type-{one}")), None)
    if role is None:
        words = ", ".join(say(f"type-{one}").split()[0] for one in Role)
        raise Unfit("cli-unknown-role", role=word, roles=words)
    scope = scope_of(settings, role, place)
    async with open_store(settings) as store, store.work() as work:
        code = await new_code(work, role, scope)
    show_ways(role, code, await networks.ways(settings, code, offline=offline))


def scope_of(settings: Settings, role: Role, place: str) -> str:
    """Where the role holds."""
    known = scopes(settings)
    if role not in LOCAL:
        if place:
            raise Unfit("cli-role-everywhere", role=say(f"role-{role}"))
        return ""
    if scope := known.get(place.strip().casefold()):
        return scope
    if not place and len(known) == 1:
        return next(iter(known.values()))
    names = ", ".join(scope.partition("/")[2] for scope in known.values())
    raise Unfit("cli-unknown-place" if place else "cli-place-needed", place=place, places=names)


async def login(settings: Settings) -> None:
    """Forget the Matrix session and log in with the password: a new device, while the bot does not run."""
    if settings.matrix is None:
        raise Unfit("cli-no-matrix")
    async with alone(settings.database), open_store(settings) as store:
        before = await store.load("matrix.session")
        async with store.work() as work:
            if kept := await work.get(Remembered, "matrix.session"):
                await work.delete(kept)
        bridges = connect(settings, store)
        bridge = next(one for one in bridges if one.name == "matrix")
        try:
            async with asyncio.timeout(networks.PATIENCE * 3):
                await bridge.inspect(Chat("matrix", "!palier:localhost"))  # whatever it asks, it has to log in first
        except (Stopped, TryLater, TimeoutError) as error:
            if before:
                await store.save("matrix.session", before)
            if isinstance(error, Stopped):
                raise Unfit("stopped-matrix-login") from None
            raise Unfit("cli-check-unreachable", network="Matrix", why=settings.matrix.homeserver) from None
        else:  # the keys of the former device are not this one's
            await store.save_all(dict.fromkeys([*await store.load_all(ACCOUNT), *await store.load_all(OLM)]))
        finally:
            await asyncio.gather(*(one.close() for one in bridges))
    tell("cli-login-done", name=settings.matrix.user)
