"""Backup, restore and migration: what is done to the database as a whole."""

import asyncio
import io
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stdout, suppress
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlmodel import col, delete, update

from bot.cli.speaking import tell
from bot.config import Settings
from bot.purposes import BACKUPS
from bot.run import KEY_CHECK, Unfit, alone, file_of, open_store, prepare, shown, sound
from bot.store import OPEN, Outgoing, Remembered, State, now, open_engine
from bot.store.migrate import config, is_current, upgrade
from bot.store.migrations import versions
from bridges.matrix.keys.store import OLM

BACKUP = int.from_bytes(b"Plrb", "big")  # the application id of a backup


@contextmanager
def new_file(beside: Path) -> Iterator[Path]:
    """A file of one's own (0600) in the folder of another; gone afterwards, unless it was moved."""
    try:
        handle, name = tempfile.mkstemp(dir=beside.parent, prefix=f".{beside.name}.")
    except OSError as error:
        raise Unfit("cli-cannot-write", file=beside, why=(error.strerror or "").lower()) from None
    os.close(handle)
    made = Path(name)
    try:
        yield made
    except (sqlite3.Error, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise Unfit("cli-cannot-write", file=beside, why=(why or "").lower()) from None
    finally:
        for path in (made, *(made.with_name(made.name + end) for end in ("-wal", "-shm", "-journal"))):
            path.unlink(missing_ok=True)


def durable(path: Path) -> None:
    """Have a file, or a folder's list of files, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def copy(source: Path, target: Path, kind: int = 0) -> None:
    """One whole moment of a database, while others write to it (SQLite's backup API), in a single sound file.

    `kind`: its application id.
    """
    reading = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=30)
    with closing(reading) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")
        new.execute(f"PRAGMA application_id={kind}")
        if new.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("the copy is damaged")
    durable(target)


def backup(settings: Settings, target: Path) -> None:
    """Copy the database, running or not, to a new file that only its owner may read."""
    source = file_of(settings.database)
    if source is None:
        raise Unfit("cli-backup-postgresql", file=target, url=shown(settings.database))
    if not source.exists():
        raise Unfit("cli-database-absent", file=source)
    with new_file(target) as made:
        copy(source, made, BACKUP)
        try:
            os.link(made, target)  # unlike a renaming, this fails where a file stands
        except FileExistsError:
            raise Unfit("cli-file-exists", file=target) from None
        durable(target.parent)
    tell("cli-backup-done", file=target, bytes=target.stat().st_size)
    tell("cli-backup-key", file=settings.key_file)
    for old in expired(target.parent):
        old.unlink()
        tell("cli-backup-expired", file=old, days=BACKUPS.days)


def expired(folder: Path) -> Iterator[Path]:
    """Backups that were made longer ago than what is erased may still stand in one; of other files, none."""
    oldest = time.time() - BACKUPS.total_seconds()
    for path in sorted(folder.iterdir()):
        with suppress(OSError):
            if path.is_file() and not path.is_symlink() and path.stat().st_mtime < oldest and is_backup(path):
                yield path


def is_backup(path: Path) -> bool:
    """Whether `palier backup` made it: SQLite's format has a place for that (Database File Format, 1.3.17)."""
    with path.open("rb") as file:
        head = file.read(72)
    return head.startswith(b"SQLite format 3\0") and head[68:72] == BACKUP.to_bytes(4, "big")


async def restore(settings: Settings, source: Path) -> None:
    """Put a backup in the place of the database, once it was seen to be whole, of a known version, and of this key."""
    target = file_of(settings.database)
    if target is None:
        raise Unfit("cli-restore-postgresql", file=source, url=shown(settings.database))
    must_be_there(source)
    async with alone(settings.database):
        with new_file(target) as made:
            try:
                copy(source, made)
            except sqlite3.OperationalError:  # the disk is full, for one
                raise
            except sqlite3.DatabaseError:
                raise Unfit("cli-backup-broken", file=source) from None
            await begin_anew(settings, made, source)
            durable(made)
            aside = set_aside(target)
            made.rename(target)
            durable(target.parent)
    tell("cli-restore-done", file=source)
    if aside:
        tell("cli-set-aside", file=aside)
    tell("cli-restore-decisions")


def must_be_there(path: Path) -> None:
    """Unfit where there is no such file."""
    if not path.is_file():
        raise Unfit("cli-file-absent", file=path)


async def begin_anew(settings: Settings, made: Path, source: Path) -> None:
    """What was on its way then was delivered since, and what was said since was heard: neither must come twice."""
    url = f"sqlite+inline:///{made}"
    with closing(sqlite3.connect(made)) as old:
        if not old.execute("select 1 from sqlite_master where name = 'alembic_version'").fetchone():
            raise Unfit("cli-backup-broken", file=source)
    async with sound():
        await upgrade(url)
    copied = settings.model_copy(update={"database": url})
    async with open_store(copied) as store, sound(), store.work() as work:
        if await work.get(Remembered, KEY_CHECK) is None:
            raise Unfit("cli-backup-broken", file=source)
        gone = {"state": State.DROPPED, "done": now(), "payload": None}
        await work.exec(update(Outgoing).where(col(Outgoing.state).in_(OPEN)).values(**gone))
        await work.exec(delete(Remembered).where(col(Remembered.name) == "matrix"))  # where the stream was read to
        # Talks between devices went on since; going back in them, the others could read nothing.
        await work.exec(delete(Remembered).where(col(Remembered.name).startswith(OLM, autoescape=True)))
    with closing(sqlite3.connect(made)) as new:
        new.execute("PRAGMA journal_mode=DELETE")


def set_aside(path: Path) -> Path | None:
    """Give a file another name, with the log that SQLite keeps beside it; tells the new name, None if there is none."""
    if not path.exists():
        return None
    aside = path.with_name(f"{path.name}.{datetime.now(UTC):%Y%m%d-%H%M%S-%f}")
    for end in ("-wal", "-shm", ""):
        part = path.with_name(path.name + end)
        if part.exists():
            part.rename(aside.with_name(aside.name + end))
    return aside


async def migrate(settings: Settings) -> None:
    """Bring the database to this version, while no bot runs on it."""
    async with alone(settings.database):
        await prepare(settings)
    tell("cli-database-current")


async def needs_migration(settings: Settings) -> bool:
    """Whether `migrate` would change something."""
    if (file := file_of(settings.database)) and not file.exists():
        return True
    engine = open_engine(settings.database)
    try:
        async with sound(), engine.connect() as connection:
            return not await connection.run_sync(is_current)
    finally:
        await asyncio.shield(engine.dispose())


async def new_migration(what: str, folder: Path | None = None) -> None:
    """For developers: write the migration from what the last one made to the tables as the code declares them now."""
    ours = Path(versions.__path__[0])
    revisions = ScriptDirectory.from_config(config()).walk_revisions()
    number = 1 + max(int(revision.revision) for revision in revisions)
    with tempfile.TemporaryDirectory() as scratch:
        url = f"sqlite+inline:///{scratch}/scratch.db"
        await upgrade(url)
        engine = open_engine(url)
        try:
            async with engine.begin() as connection:
                made = await connection.run_sync(write_migration, what, f"{number:04d}", folder or ours)
        finally:
            await engine.dispose()
    if made is None:
        raise Unfit("cli-migration-empty")
    tell("cli-migration-made", file=made)


def write_migration(connection: Connection, what: str, number: str, folder: Path) -> Path | None:
    """Alembic's autogenerate; None where nothing has changed."""
    settings = config(connection)
    settings.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    settings.set_main_option("version_locations", "\n".join(dict.fromkeys([*versions.__path__, str(folder)])))
    settings.set_main_option("path_separator", "newline")

    def unless_empty(_: object, __: object, directives: list[object]) -> None:
        if all(getattr(one, "upgrade_ops").is_empty() for one in directives):  # noqa: B009
            directives.clear()

    with redirect_stdout(io.StringIO()):  # it tells of its steps
        made = command.revision(
            settings, what, autogenerate=True, rev_id=number, version_path=str(folder),
            process_revision_directives=unless_empty,  # type: ignore[arg-type]
        )  # fmt: skip
    return Path(made.path) if made and not isinstance(made, list) else None
