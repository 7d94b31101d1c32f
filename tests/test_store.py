"""The database: durable, sealed, swept, and of the right version; on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import text
from sqlmodel import select

from bot.clock import sweep
from bot.seal import Seal, WrongKey
from bot.store import Copy, DayCount, Outgoing, Reaction, Seen, State, open_engine
from bot.store.migrate import NewerDatabase, is_current, upgrade
from bridges.model import Chat, Ref, Send, Voice
from tests.conftest import Town, new_database, open_town
from tests.features.test_relay import agrees


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "postgresql":
        return await new_database(request.getfixturevalue("postgresql"))
    return f"sqlite:///{tmp_path}/town.db"


@pytest.fixture
async def town(database: str) -> AsyncIterator[Town]:
    """A linked town on either database."""
    async with open_town(database) as made:
        await made.links(made.telegram.chat, made.matrix.chat)
        yield made


async def test_the_whole_way_works_on_either_database(town: Town) -> None:
    await agrees(town, "Ana", "Mia")
    ref = await town.telegram.says("Ana", "bonjour")
    await town.settles()
    copy = town.matrix.ref(town.matrix.find("bonjour"))
    await town.matrix.reacts("Mia", copy, "🎉")
    await town.matrix.says("Mia", "salut", reply_to=copy)
    await town.telegram.edits("Ana", ref, "bonsoir")
    await town.settles()
    assert town.matrix.find("bonsoir").id == copy.id
    assert town.telegram.posts[ref.chat, ref.id].reactions == {"🎉": {"bot"}}
    assert town.telegram.find("salut").reply_to == ref.id
    await town.telegram.says("Ana", "/relais non")
    await town.settles()
    assert "bonsoir" not in str(town.matrix.heard())


async def test_an_event_told_twice_is_handled_once(town: Town) -> None:
    await agrees(town, "Ana")
    await town.telegram.says("Ana", "bonjour")
    event = town.telegram.last
    await town.telegram.tells(event, event)
    await town.settles()
    assert len([line for line in town.matrix.heard() if "bonjour" in line]) == 1


async def test_counts_are_kept_without_persons(town: Town) -> None:
    await agrees(town, "Ana")
    await town.telegram.says("Ana", "un", "deux")
    await town.telegram.says("Bob", "trois")
    async with town.store.work() as work:
        counts = {row.what: row.count for row in await work.exec(select(DayCount)) if row.what != "invitations"}
    assert (counts["relayed"], counts["stayed"], counts["heard"]) == (2, 1, 4)


async def test_what_has_had_its_time_is_swept(town: Town) -> None:
    await agrees(town, "Ana")
    await town.telegram.says("Ana", "bonjour")
    await town.settles()
    start = datetime.now(UTC)
    for after, payloads, seen, copies in [(47, True, True, 1), (49, False, True, 1), (24 * 4, False, False, 1)]:
        with time_machine.travel(start + timedelta(hours=after)):
            await sweep(town.store)
        async with town.store.work() as work:
            rows = (await work.exec(select(Outgoing).where(Outgoing.state == State.DONE))).all()
            assert any(row.payload for row in rows) is payloads
            assert bool((await work.exec(select(Seen))).all()) is seen
            assert len((await work.exec(select(Copy))).all()) == copies
    with time_machine.travel(start + timedelta(days=31)):
        await sweep(town.store)
    async with town.store.work() as work:
        assert [*await work.exec(select(Copy)), *await work.exec(select(Reaction))] == []


async def test_no_canary_stands_in_the_file(tmp_path: Path) -> None:
    async with open_town(f"sqlite:///{tmp_path}/town.db") as town:
        await town.links(town.telegram.chat, town.matrix.chat)
        await agrees(town, "Anacanari")
        await town.telegram.says("Anacanari", "motcanari", "deuxcanaris")
        await town.telegram.says("Bobcanari", "restecanari", private=True)
        await town.settles()
    found = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert len(found) > 10_000 and b"canari" not in found.lower()


async def test_upgrading_twice_changes_nothing_and_a_newer_database_is_refused(database: str) -> None:
    from tests.conftest import make_settings

    url = make_settings(database).database
    await upgrade(url)
    await upgrade(url)
    engine = open_engine(url)
    async with engine.begin() as connection:
        assert await connection.run_sync(is_current)
        newer = text("update alembic_version set version_num = '9999'")
        await connection.run_sync(lambda one: one.execute(newer))
    await engine.dispose()
    with pytest.raises(NewerDatabase):
        await upgrade(url)


async def test_the_migrations_make_just_the_tables_that_the_code_declares(database: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlmodel import SQLModel

    from tests.conftest import make_settings

    url = make_settings(database).database
    await upgrade(url)
    engine = open_engine(url)
    async with engine.connect() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), SQLModel.metadata)
        )
    await engine.dispose()
    assert differences == []


async def test_a_failed_transaction_leaves_nothing(town: Town) -> None:
    async def fails() -> None:
        async with town.store.work() as work:
            await work.do(Send(chat=town.matrix.chat, html="x", of=Voice.BOT))
            await work.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    await town.settles()
    assert town.matrix.heard() == []


def test_a_seal_opens_with_its_key_alone_and_looks_different_each_time() -> None:
    ours, theirs = Seal(bytes(32)), Seal(bytes(31) + b"x")
    assert ours.close("un secret") != ours.close("un secret")
    assert ours.open(ours.close("un secret")) == "un secret"
    with pytest.raises(WrongKey):
        theirs.open(ours.close("un secret"))
    with pytest.raises(WrongKey):
        ours.open(b"")
    assert ours.find("a", "bc") != ours.find("ab", "c") != theirs.find("ab", "c")


async def test_copies_are_found_whatever_the_thread(town: Town) -> None:
    topic = Chat("telegram", "main", "7")
    async with town.store.work() as work:
        work.add(Copy(origin="matrix|main|$1", network="telegram", room="main", thread="7", id="12"))
        await work.flush()
        assert await work.origin(Ref(Chat("telegram", "main"), "12")) == Ref(Chat("matrix", "main"), "$1")
        assert await work.resolve(Ref(Chat("matrix", "main"), "$1"), topic) is not None
