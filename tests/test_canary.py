"""Marked words, names and numbers go through every feature: none is found in the open, and in the end none at all.

Every feature of `bot/features` and every kind of event takes part by itself (`test_gate.samples`, `test_gate.drive`).
"""

import io
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
import time_machine
from sqlmodel import SQLModel, col, update

from bot import dossier, log
from bot.app import find_features
from bot.clock import sweep
from bot.feature import Context, Feature
from bot.features.objection import Objection
from bot.run import Watch
from bot.store import now
from bridges.model import Chat, Edited, Event, Media, MediaKind, Message, Person, Placed, Ref, Spot, Stirred
from tests.conftest import TELEGRAM, Town, open_town
from tests.test_gate import NAME, TEXT, drive, samples

ANA, MIA = "734001234599", "@canariette:exemple.invalid"  # a Telegram id, which names her private chat too
WORDS = (TEXT, NAME, ANA, MIA, "canariette", "serin-prive", "serin-fichier", "serin-lieu", "serin-legende")
NUMBERS = ("+33 6 39 98 71 46", "0639987146", "48.765431", "2.134569")
MARKS = [mark.encode() for mark in (*WORDS, *NUMBERS)]
START = datetime.now(UTC)


@dataclass
class Watched:
    """A town, its database's files, and all that it logs."""

    town: Town
    folder: Path
    logged: io.StringIO = field(default_factory=io.StringIO)

    def in_files(self) -> set[bytes]:
        """The marks that stand in the open in the database or in what SQLite keeps beside it."""
        files = list(self.folder.glob("town.db*"))
        assert files
        return {mark for path in files for mark in MARKS if mark in path.read_bytes()}

    async def told(self) -> set[bytes]:
        """The marks in the log, in the metrics, and in what is answered about the bot's health."""
        watch = Watch(self.town.app)
        health = str((await watch.health()).told()).encode()
        seen = self.logged.getvalue().encode() + watch.metrics.text() + health
        return {mark for mark in MARKS if mark in seen}

    async def sealed(self) -> dict[str, set[bytes]]:
        """The marks under the seals, by column."""
        found: dict[str, set[bytes]] = {}
        async with self.town.store.work() as work:
            for table in SQLModel.metadata.sorted_tables:
                for row in (await dossier.run(work, table.select())).all():
                    for column in table.c:
                        value = row._mapping[column]
                        if dossier.is_sealed(column) and value:
                            words = work.seal.open(value).encode()
                            marks = {mark for mark in MARKS if mark in words}
                            found.setdefault(f"{table.name}.{column.name}", set()).update(marks)
        return {name: marks for name, marks in found.items() if marks}

    async def holders(self) -> set[str]:
        """The tables with rows of somebody's marked."""
        tables = set()
        async with self.town.store.work() as work:
            hashes = [work.hash(Person(id_, Chat(network, "x"))) for network, id_ in PEOPLE]
            for table in SQLModel.metadata.sorted_tables:
                rows = str((await dossier.run(work, table.select())).all())
                if any(one in rows for one in hashes):
                    tables.add(table.name)
        return tables


PEOPLE = (("telegram", ANA), ("matrix", MIA), ("telegram", NAME), ("matrix", NAME))
clumsy = Feature("clumsy")


@clumsy.on(Message)
async def breaks(_: Context, event: Message) -> None:
    """As any code may, with what it was about in its error."""
    if "casse" in event.html:
        raise RuntimeError(f"{event.html} {event.sender}")


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """All that is logged, at the most talkative level, as in a real run."""
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    stream, level, kept = io.StringIO(), root.level, structlog.get_config()
    log.set_up("debug", stream=stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    structlog.configure(**kept)


def after(**more: float) -> Any:
    return time_machine.travel(START + timedelta(**more), tick=True)


def more_samples(home: Chat, who: Person) -> list[Event]:
    """What the samples of the gate lack: files with names, places, contacts, private talk, an error."""
    alone = Chat(home.network, who.id)

    def said(n: int, html: str, chat: Chat = home, **more: Any) -> Message:
        ref, key = Ref(chat, str(9_000 + n)), f"{home.network} more {n} {len(more)}"
        return Message(key=key, at=now(), ref=ref, sender=replace(who, chat=chat), html=html, **more)

    file = Media(kind=MediaKind.FILE, network=home.network, source="serin-fichier", name="serin-fichier.pdf")
    spot = Spot(latitude=48.765431, longitude=2.134569, title="serin-lieu", address="serin-lieu")
    private = [
        said(20 + n, words, alone, private=True)
        for n, words in enumerate((
            "serin-prive", "/start serin-prive", "/mesdonnees", "/consentements", "/objection serin-prive", "/privacy",
            "!mesdonnees", "!objection serin-prive",
        ))
    ]  # fmt: skip
    return [
        said(1, "serin-legende", media=file),
        said(2, "", spot=spot),
        said(3, "", shared="contact"),
        said(4, "", shared="live-location", spot=spot),
        said(5, "Appelez-moi au +33 6 39 98 71 46 ou au 0639987146"),
        said(6, f"casse {TEXT}"),
        Edited(key=f"{home.network} more 7", at=now(), ref=Ref(home, "9005"), sender=who, html="serin-prive"),
        Placed(key=f"{home.network} more 8", at=now(), chat=alone, by=who, kind="private", member=True),
        *private,
    ]


async def people_talk(town: Town) -> None:
    """They say yes, write, share, ask in private, and something breaks."""
    for bridge, id_ in ((town.telegram, ANA), (town.matrix, MIA)):
        home, who = bridge.chat, Person(id_, bridge.chat, NAME)
        prefix = bridge.can.prefix
        for n, words in enumerate((f"{prefix}relais oui", f"{prefix}photos oui", TEXT)):
            message = Message(key=f"{bridge.name} {n}", at=now(), ref=Ref(home, str(100 + n)), sender=who, html=words)
            await bridge.tells(message)
        await town.settles()
        for event in more_samples(home, who):
            await bridge.tells(event)
        await town.settles()


async def everything_happens(town: Town) -> None:
    """Every feature handles every kind of event in every way."""
    ref, who = Ref(town.telegram.chat, "102"), Person(ANA, town.telegram.chat, NAME)
    for event in samples(ref, who).values():
        if isinstance(event, Placed):
            event = replace(event, title="Les Tilleuls")  # noqa: PLW2901 - the name of a group is told to all its members
        for feature in town.app.world.features:
            with suppress(Exception):  # what may break, and what that leaves, is another test's matter
                await drive(town, feature, event)
        await town.settles()


async def months_pass(watched: Watched) -> None:
    """Everybody leaves, a human answers what has to be answered, and the clock does the rest."""
    town = watched.town
    for bridge, id_ in ((town.telegram, ANA), (town.matrix, MIA), (town.telegram, NAME)):
        who = Person(id_, bridge.chat, NAME)
        await bridge.tells(Stirred(key=f"gone {id_}", at=now(), chat=bridge.chat, sender=who, what="left"))
    assert watched.in_files() == set()
    async with town.store.work() as work:
        await work.exec(update(Objection).where(col(Objection.answered).is_(None)).values(answered=now()))
    days = max(column.info["keep_days"] for table in SQLModel.metadata.sorted_tables for column in table.c
               if "purpose" in column.info)  # fmt: skip
    for day in (3, 35, 40 + days, 80 + 2 * days):
        with after(days=day):
            await moments_come(town)
            await sweep(town.store)


async def moments_come(town: Town) -> None:
    """Each declared moment, once."""
    for feature in town.app.world.features:
        for name in feature.moments:
            await town.reaches(name)


@pytest.fixture
async def watched(tmp_path: Path, logged: io.StringIO) -> Any:
    """Two linked chats, on a Telegram that numbers its messages."""
    async with open_town(f"sqlite:///{tmp_path}/town.db", [*find_features(), clumsy]) as town:
        town.telegram.can = replace(TELEGRAM, numbered=True)
        await town.links(town.telegram.chat, town.matrix.chat)
        yield Watched(town, tmp_path, logged)


@pytest.mark.parametrize("more", [False, True])
async def test_no_mark_is_ever_in_the_open_and_in_the_end_there_is_none(watched: Watched, more: bool) -> None:  # noqa: FBT001
    with after(seconds=0):
        await people_talk(watched.town)
        await took_part(watched)
        if more:
            await everything_happens(watched.town)
        assert watched.in_files() == set()
        assert await watched.told() == set()
    with after(hours=49):
        await sweep(watched.town.store)
        assert watched.in_files() == set() and await watched.told() == set()
        assert "outgoing.payload" not in await watched.sealed()
    await months_pass(watched)
    assert watched.in_files() == set() and await watched.told() == set()
    assert await watched.sealed() == {}
    assert await watched.holders() == set()


async def took_part(watched: Watched) -> None:
    """The marks are under the seals, and on the other side."""
    sealed = await watched.sealed()
    assert {"outgoing.payload", "receipt.identity", "consent.name", "objection.words"} <= set(sealed), sealed
    seen = str([post.html for post in watched.town.matrix.posts.values()])
    assert TEXT in seen and NAME in seen
    assert '"kind": "RuntimeError"' in watched.logged.getvalue()


async def test_contacts_numbers_and_live_places_never_cross(watched: Watched) -> None:
    town = watched.town
    who = Person(ANA, town.telegram.chat, NAME)
    for n, words in enumerate(("/relais oui", "/photos oui")):
        await town.telegram.tells(
            Message(key=f"y {n}", at=now(), ref=Ref(town.telegram.chat, str(100 + n)), sender=who, html=words)
        )
    await town.settles()
    for event in more_samples(town.telegram.chat, who):
        if isinstance(event, Message) and event.shared:
            await town.telegram.tells(event)
    await town.settles()
    heard = str([post.html for post in town.matrix.posts.values()])
    acts = str([action for action, _ in town.matrix.did.values()])
    assert "contact" in heard.casefold() and "position en direct" in heard.casefold()
    assert "48.765431" not in acts and "serin-lieu" not in acts
