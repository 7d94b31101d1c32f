"""Backups are whole, private and without the key; only a sound one of this key takes the place of a database."""

import asyncio
import fcntl
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlmodel import Field, SQLModel

from bot.cli import keeping
from bot.run import Unfit, open_store
from bot.store import Mandate
from bot.store.migrate import upgrade
from bridges.model import Chat, Person
from tests.cli.conftest import Home
from tests.cli.test_check import session, within, write
from tests.cli.test_setup import on_a_full_disk


@contextmanager
def running(home: Home) -> Iterator[None]:
    """Hold the place of a running bot."""
    with (home.folder / "palier.db.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def appoint(home: Home, name: str) -> None:
    async def note() -> None:
        async with open_store(home.settings()) as store, store.work() as work:
            work.add(Mandate(person=work.hash(Person(name, Chat("telegram", "-1"), name)), role="operator", scope=""))

    asyncio.run(note())


def count(file: Path, table: str, where: str = "1") -> int:
    with closing(sqlite3.connect(file)) as database:
        return int(database.execute(f"select count(*) from {table} where {where}").fetchone()[0])  # noqa: S608


def test_a_backup_of_a_running_bot_is_whole_and_private(home: Home) -> None:
    home.sets_up()
    stop, wrote = threading.Event(), [0]

    def write_on() -> None:
        with closing(sqlite3.connect(home.database, timeout=10, isolation_level=None)) as database:
            while not stop.is_set():
                database.execute("insert into seen (key, at) values (hex(randomblob(16)), '2026-01-01')")
                wrote[0] += 1

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        while wrote[0] < 20:
            pass
        with running(home):
            said = home.types("backup", "b.db")
    finally:
        stop.set()
        writer.join()
    assert said.code == 0, said
    file = home.folder / "b.db"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert 20 <= count(file, "seen") <= wrote[0]
    assert "The key is not in it" in said.out
    assert (home.folder / "palier.key").read_bytes().strip() not in file.read_bytes()
    assert sorted(path.name for path in home.folder.glob("*b.db*")) == ["b.db"]


def test_a_backup_never_overwrites(home: Home) -> None:
    home.sets_up()
    (home.folder / "b.db").write_text("mine")
    assert "is not overwritten" in home.fails("backup", "b.db")
    assert "cannot be written" in home.fails("backup", "no/where/b.db")
    assert (home.folder / "b.db").read_text() == "mine"


def test_a_full_disk_leaves_no_half_backup_and_no_half_restore(home: Home) -> None:
    home.sets_up()
    home.types("backup", "b.db")
    before = home.database.read_bytes()
    for words in (["backup", "c.db"], ["restore", "b.db"]):
        done = on_a_full_disk(home, 50_000, *words)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done
        assert "cannot be written" in done.stderr
    assert not list(home.folder.glob("*c.db*")) and not list(home.folder.glob(".*"))
    assert home.database.read_bytes() == before


def test_a_restore_brings_back_what_was_and_keeps_what_is(home: Home) -> None:
    home.sets_up()
    appoint(home, "before")
    within(home)
    session(home, "syt_session")
    for name in ("matrix", "matrix.keys.account", "matrix.keys.olm.a", "matrix.keys.megolm.a"):
        write(home, f"insert into remembered (name, value) values ('{name}', x'00')")  # noqa: S608
    home.types("backup", "b.db")
    appoint(home, "after")
    said = home.types("restore", "b.db")
    assert said.code == 0, said
    assert count(home.database, "mandate") == 1
    assert count(home.database, "outgoing", "state in ('WAITING', 'SENDING')") == 0
    assert count(home.database, "remembered", "name = 'matrix'") == 0
    assert count(home.database, "remembered", "name = 'matrix.session'") == 1
    assert count(home.database, "remembered", "name like 'matrix.keys.%'") == 2
    assert count(home.database, "remembered", "name like 'matrix.keys.olm.%'") == 0
    (aside,) = home.folder.glob("palier.db.2*")
    assert count(aside, "mandate") == 2
    assert str(aside.name) in said.out and "is not in the backup" in said.out
    assert home.types("check", "--offline").code == 0
    assert stat.S_IMODE(home.database.stat().st_mode) == 0o600


def test_a_restore_needs_no_database_to_be_there(home: Home) -> None:
    home.sets_up()
    home.types("backup", "b.db")
    home.database.unlink()
    assert home.types("restore", "b.db").code == 0
    assert home.types("check", "--offline").code == 0


def test_what_is_no_backup_is_refused(home: Home) -> None:
    home.sets_up()
    before = home.database.read_bytes()
    (home.folder / "text.db").write_text("canari")
    with closing(sqlite3.connect(home.folder / "other.db")) as other:
        other.execute("create table other (id integer)")
    home.types("backup", "torn.db")
    torn = home.folder / "torn.db"
    torn.write_bytes(torn.read_bytes()[:60_000])
    assert "there is no file" in home.fails("restore", "absent.db")
    for name in ("text.db", "other.db", "torn.db"):
        assert "is no sound backup" in home.fails("restore", name), name
    with running(home):
        assert "already runs" in home.fails("restore", "other.db")
        assert "already runs" in home.fails("migrate")
    assert home.database.read_bytes() == before
    assert not list(home.folder.glob(".palier.db*"))


def test_postgresql_is_left_to_its_own_tools(home: Home) -> None:
    home.sets_up()
    address = '"postgresql://palier:canari-secret@localhost/palier"'
    home.config.write_text(home.config.read_text().replace('"sqlite:///palier.db"', address))
    said = home.fails("backup", "b.dump")
    assert said.endswith("pg_dump --format=custom --file=b.dump postgresql://palier@localhost/palier")
    assert "pg_restore" in home.fails("restore", "b.dump")


def test_migrate_says_whether_something_is_to_be_done(home: Home) -> None:
    home.sets_up()
    assert home.types("migrate", "--check").code == 0
    home.database.unlink()
    assert home.types("migrate", "--check").code == 1
    assert home.types("migrate").code == 0
    assert home.types("migrate", "--check").code == 0
    assert count(home.database, "remembered", "name = 'palier.key-check'") == 1


async def test_a_new_table_gets_its_migration(tmp_path: Path) -> None:
    with pytest.raises(Unfit):
        await keeping.new_migration("nothing", tmp_path)
    assert not list(tmp_path.glob("*.py"))

    class Plant(SQLModel, table=True):
        name: str = Field(primary_key=True)

    try:
        await keeping.new_migration("plants to give away", tmp_path)
    finally:
        SQLModel.metadata.remove(SQLModel.metadata.tables["plant"])
    (made,) = tmp_path.glob("*.py")
    text = made.read_text()
    assert made.name.endswith("_plants_to_give_away.py") and made.name[:4].isdigit()
    assert '"plant"' in text.replace("'", '"') and "def upgrade() -> None:" in text
    compile(text, made.name, "exec")
    await upgrade(f"sqlite+inline:///{tmp_path}/still.db")
