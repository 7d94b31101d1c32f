"""`palier reload`: asks the running bot to read its settings anew, and tells what came of it."""

import asyncio
import json
import os
import signal
import time

from sqlalchemy import text

from bot.cli.speaking import say, tell
from bot.config import Settings
from bot.run import Unfit, file_of, is_at_work, lock_of, open_store
from bot.run.database import connected, sound
from bot.run.reload import ANSWER
from bot.store import Store

PATIENCE = 10.0  # seconds for the running bot to answer


async def reload(settings: Settings) -> bool:
    """Whether the running bot took the settings whole; Unfit where none runs, or none answers."""
    if not await is_at_work(settings.database):
        raise Unfit("cli-not-running")
    async with open_store(settings) as store:
        before = await store.load(ANSWER)
        await ask(settings)
        answer = await answered(store, before)
    if faults := answer.get("faults"):
        raise Unfit("cli-reload-fault", why=faults[0])
    changed, restart = (", ".join(answer.get(name, ())) for name in ("changed", "restart"))
    tell("cli-reload-done", changed=changed or say("cli-reload-nothing"))
    if restart:
        tell("cli-reload-restart", names=restart)
    return not restart


async def ask(settings: Settings) -> None:
    """SIGHUP to the process that holds the file; a note to every worker at a server."""
    if file := file_of(settings.database):
        try:
            os.kill(int(lock_of(file).read_text(encoding="ascii")), signal.SIGHUP)
        except (OSError, ValueError):
            raise Unfit("cli-reload-silent") from None
        return
    async with connected(settings.database) as connection, sound():
        await connection.execute(text("notify palier, 'reload'"))


async def answered(store: Store, before: str | None) -> dict[str, list[str]]:
    """What came of it, as soon as it is known."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        said = await store.load(ANSWER)
        if said and said != before:
            return {name: value for name, value in json.loads(said).items() if name != "at"}
        await asyncio.sleep(0.1)
    raise Unfit("cli-reload-silent")
