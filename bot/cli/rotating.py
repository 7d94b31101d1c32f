"""`palier rotate-key`: a new secret in the place of the old one, with all that was made with it; can be cut off."""

import base64
import binascii
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretBytes
from sqlalchemy import Table, Update, bindparam, select, tuple_, update
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from bot.app import find_features
from bot.cli.keeping import durable
from bot.cli.speaking import tell
from bot.clock import OUT
from bot.config import Settings, new_key, read_private, write_private
from bot.dossier import is_sealed, run
from bot.purposes import BACKUPS
from bot.run import FOUND_BY, Unfit, alone, open_store, secret
from bot.seal import Seal
from bot.store import Store, Work
from bridges.matrix.keys.store import PREFIX, repickled

HASH = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
AT_ONCE = 500  # rows
PICKLE = b"palier pickle"


async def rotate(settings: Settings) -> None:
    """Make a new key, and make anew what the old one sealed or hashed: one transaction, then one renaming.

    The new key stands beside the old one from before the transaction until after it, so that whatever stops this in
    the middle, the same command goes on; until then the bot does not start on the wrong key.
    """
    find_features()  # so that their tables are known
    file, fresh = settings.key_file, settings.key_file.with_name(f"{settings.key_file.name}.new")
    if key_in(file) != settings.key.get_secret_value():
        raise Unfit("cli-rotate-elsewhere", file=file)
    async with alone(settings.database):
        new = key_in(fresh)
        if new is None:
            fresh.unlink(missing_ok=True)
            write_private(fresh, new_key() + "\n")
            new = key_in(fresh)
        assert new
        rows = await renew(settings, new)
        aside = exchange(file, fresh)
    tell("cli-rotate-done", rows=rows, file=file)
    tell("cli-rotate-backups", file=aside, days=BACKUPS.days)


def key_in(file: Path) -> bytes | None:
    """The 32 bytes that a file holds, or None."""
    try:
        key = base64.b64decode(read_private(file).strip(), validate=True)
    except (OSError, ValueError, binascii.Error):
        return None
    return key if len(key) == 32 else None


def exchange(file: Path, fresh: Path) -> Path:
    """The new key takes the name of the old one, which keeps another; at no moment is there none."""
    aside = file.with_name(f"{file.name}.{datetime.now(UTC):%Y%m%d-%H%M%S-%f}")
    os.link(file, aside)
    fresh.rename(file)
    durable(file.parent)
    return aside


async def renew(settings: Settings, new: bytes) -> int:
    """Bring a database to a new key; tell how many rows were changed: 0 where an earlier try had done that already."""
    try:
        async with open_store(settings) as store:
            changed = await renew_all(store, settings, new)
            await store.truncate()
            return changed
    except Unfit as error:
        if error.key != "cli-wrong-key":
            raise
    async with open_store(settings.model_copy(update={"key": SecretBytes(new)})):
        return 0


async def renew_all(store: Store, settings: Settings, new: bytes) -> int:
    """In one transaction."""
    seal, changed = store.seal.renewed(new), 0
    later = settings.model_copy(update={"key": SecretBytes(new)})
    pickles = secret(settings, PICKLE), secret(later, PICKLE)
    async with store.work() as work:
        for table in SQLModel.metadata.sorted_tables:
            changed += await renew_table(work, table, store.seal, seal, pickles)
        await work.keep(FOUND_BY, seal.close(" ".join(mac.hex() for mac in seal.before)))
        remembered = SQLModel.metadata.tables["remembered"]
        await run(work, remembered.delete().where(remembered.c.name == OUT))  # made of hashes; an hour makes it anew
    return changed


async def renew_table(work: Work, table: Table, old: Seal, new: Seal, pickles: tuple[str, str]) -> int:
    """Every sealed column, and every one with keyed hashes in it."""
    columns = [c for c in table.c if is_sealed(c) or "purpose" in c.info or "keyed" in c.info]
    if not columns:
        return 0
    key = list(table.primary_key)
    change = update(table).where(*(column == bindparam(f"old_{column.name}") for column in key))
    change = change.values({column.name: bindparam(f"new_{column.name}") for column in columns})
    names = (await run(work, select(*key))).all()
    for start in range(0, len(names), AT_ONCE):
        some = names[start : start + AT_ONCE]
        found = await run(work, select(table).where(tuple_(*key).in_([tuple(name) for name in some])))
        rows = [row._mapping for row in found.all()]  # noqa: SLF001 - its public name
        values = [
            {f"old_{column.name}": row[column] for column in key}
            | {f"new_{column.name}": renewed(column, row, old, new, pickles) for column in columns}
            for row in rows
        ]
        await work.run_sync(execute, change, values)
    return len(names)


def execute(session: Session, change: Update, values: list[dict[str, object]]) -> None:
    """One statement for many rows."""
    session.connection().execute(change, values)


def renewed(column: Any, row: Any, old: Seal, new: Seal, pickles: tuple[str, str]) -> object:
    """One value under the new key."""
    value = row[column]
    if not value:
        return value
    if not is_sealed(column):
        return HASH.sub(lambda found: new.again(found[0]), value)
    words = old.open(value)
    if column.table.name == "remembered" and row["name"].startswith(PREFIX):
        words = repickled(row["name"], words, *pickles)
    return new.close(words)
