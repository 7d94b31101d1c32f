"""Settings that are read anew while the bot runs: what can be changed is changed, what cannot is named and left."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import structlog
from pydantic import BaseModel

from bot import log as logs
from bot.app import App
from bot.config import ConfigError, Settings
from bot.run.watch import explain
from bot.store import now

log = structlog.get_logger()
Read = Callable[[], Settings]
ANSWER = "palier.reload"  # what came of it, for whoever asked
LIVE = {"language", "budget", "doubts", "commune", "log.level", "matrix.servers"}


def merged(old: Settings, new: Settings) -> tuple[Settings, list[str], list[str]]:
    """The settings to go on with, the names of those that changed, and of those that need a restart."""
    names = differing(old, new)
    changed, fixed = [name for name in names if name in LIVE], [name for name in names if name not in LIVE]
    update: dict[str, Any] = {}
    for name in changed:
        section, _, field = name.partition(".")
        if field:
            update[section] = update.get(section, getattr(old, section)).model_copy(
                update={field: getattr(getattr(new, section), field)}
            )
        else:
            update[section] = getattr(new, section)
    return old.model_copy(update=update), changed, fixed


def differing(old: BaseModel, new: BaseModel, within: str = "") -> list[str]:
    """The names of the settings that are not the same, as they are written: `matrix.servers`."""
    names = []
    for name in type(old).model_fields:
        before, after = getattr(old, name), getattr(new, name)
        if isinstance(before, BaseModel) and isinstance(after, BaseModel):
            names += differing(before, after, f"{within}{name}.")
        elif before != after:
            names.append(within + name)
    return names


async def reload_when(asked: asyncio.Event, app: App, read: Read) -> None:
    """Read the settings anew whenever that is asked for; a file with a fault changes nothing."""
    while True:
        await asked.wait()
        asked.clear()
        answer = reload(app, read)
        try:
            await app.store.save(ANSWER, json.dumps({**answer, "at": now().isoformat()}))
        except Exception as error:  # it is done all the same
            log.error("the answer could not be kept", kind=type(error).__name__)


def reload(app: App, read: Read) -> dict[str, list[str]]:
    """Do it now; tells what was `changed`, what needs a `restart`, and the `faults` of a file that cannot be used."""
    try:
        settings, changed, fixed = merged(app.world.settings, read())
    except ConfigError as error:
        log.error("the settings have a fault, and stay as they were", faults=error.faults)
        return {"faults": list(error.faults)}
    app.adopt(settings)
    logs.set_up(settings.log.level, explain(settings))
    log.info("the settings were read", changed=changed)
    if fixed:
        log.warning("some settings change only with a restart", restart=fixed)
    return {"changed": changed, "restart": fixed}
