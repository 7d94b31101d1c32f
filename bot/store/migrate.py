"""Brings a database to this version's shape with Alembic, and refuses one that is newer."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.store.store import open_engine

HERE = Path(__file__).parent / "migrations"


class NewerDatabase(Exception):
    """The database was written by a newer Palier."""


def config(connection: Connection | None = None) -> Config:
    """Alembic's settings, without a file."""
    made = Config()
    made.set_main_option("script_location", str(HERE))
    made.attributes["connection"] = connection
    return made


def upgrade_on(connection: Connection) -> None:
    """Upgrade over an open connection."""
    refuse_newer(connection)
    command.upgrade(config(connection), "head")


def refuse_newer(connection: Connection) -> None:
    """Raise where this version does not know the database's revision."""
    script = ScriptDirectory.from_config(config())
    known = {revision.revision for revision in script.walk_revisions()}
    if any(head not in known for head in MigrationContext.configure(connection).get_current_heads()):
        raise NewerDatabase


def is_current(connection: Connection) -> bool:
    """Whether nothing is left to do."""
    refuse_newer(connection)
    heads = set(ScriptDirectory.from_config(config()).get_heads())
    return set(MigrationContext.configure(connection).get_current_heads()) == heads


async def upgrade(url: str) -> None:
    """Upgrade a database; raise `NewerDatabase` instead of touching one that this version does not know."""
    engine = open_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(upgrade_on)
    finally:
        await asyncio.shield(engine.dispose())
