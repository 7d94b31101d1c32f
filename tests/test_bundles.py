"""Several rows in one call: texts that are merged under pressure, albums, and rows that are claimed in a row."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from bot.gate import Choice
from bot.store import Copy, Outgoing, State, now
from bridges.model import Media, MediaKind, Message, Person, Ref
from bridges.port import Doubtful, Pace, Refused, TryLater
from tests.conftest import TELEGRAM, Town, open_town

SLOW = replace(TELEGRAM, paces=(Pace(count=1, per=timedelta(seconds=0.2)), Pace(count=2, per=timedelta(seconds=8))))
ALBUMS = replace(TELEGRAM, albums=10)


@pytest.fixture
async def slow(tmp_path: Path) -> AsyncIterator[Town]:
    """A circle whose Telegram group takes two messages in eight seconds."""
    async with open_town(f"sqlite:///{tmp_path}/town.db") as town:
        town.telegram.can = SLOW
        await town.links(town.telegram.chat, town.matrix.chat)
        for name in ("Ana", "Bea"):
            await agrees(town, name)
        yield town


async def agrees(town: Town, name: str, *, media: bool = False) -> Person:
    """They said yes, as if they had typed it."""
    person = town.matrix.person(name)
    async with town.store.work() as work:
        circle = await work.circle(town.matrix.chat)
        assert circle
        (await work.decide(person, circle, Choice.NAMED)).media = media
    return person


async def merged(town: Town) -> tuple[list[Ref], str]:
    """Ten messages: the first two go at once, the others as one; tells the origins, and the id of the one."""
    first = [await town.matrix.says(name, f"mot {n}") for n, name in enumerate(["Ana", "Bea"])]
    await town.settles()
    await asyncio.sleep(0.25)
    await town.settles()
    later = [await town.matrix.says("Ana" if n % 2 else "Bea", f"mot {n}") for n in range(2, 10)]
    for _ in range(100):
        await town.settles()
        if len(town.telegram.heard()) > 2:
            break
        await asyncio.sleep(0.1)
    return [*first, *later], town.telegram.seen()[-1].id


async def test_texts_that_wait_behind_the_pace_become_one_message_in_order(slow: Town) -> None:
    origins, one = await merged(slow)
    heard = slow.telegram.heard()
    assert len(heard) == 3
    lines = heard[2].split("\n")
    assert lines == [f"<b>{'Ana' if n % 2 else 'Bea'} · Matrix</b>: mot {n}" for n in range(2, 10)]
    async with slow.store.work() as work:
        copies = (await work.exec(select(Copy).where(Copy.id == one).order_by(col(Copy.nth)))).all()
    assert [copy.origin.rpartition("|")[2] for copy in copies] == [origin.id for origin in origins[2:]]


async def test_an_edit_of_a_part_changes_that_part_alone(slow: Town) -> None:
    origins, one = await merged(slow)
    slow.telegram.can = TELEGRAM
    slow.restarts_courier()
    await slow.matrix.edits("Ana", origins[3], "mot trois")
    await slow.settles()
    lines = slow.telegram.posts[slow.telegram.chat, one].html.split("\n")
    assert lines[:3] == [
        "<b>Bea · Matrix</b>: mot 2", "<b>Ana · Matrix</b>: mot trois", "<b>Bea · Matrix</b>: mot 4",
    ]  # fmt: skip


async def test_a_part_that_is_removed_goes_and_the_others_stay(slow: Town) -> None:
    origins, one = await merged(slow)
    slow.telegram.can = TELEGRAM
    slow.restarts_courier()
    await slow.matrix.removes("Bea", origins[4])
    await slow.settles()
    html = slow.telegram.posts[slow.telegram.chat, one].html
    assert "mot 4" not in html and all(f"mot {n}" in html for n in (2, 3, 5, 6, 7, 8, 9))
    for n in (2, 3, 5, 6, 7, 8, 9):
        await slow.matrix.removes("Ana" if n % 2 else "Bea", origins[n])
    await slow.settles()
    assert (slow.telegram.chat, one) not in slow.telegram.posts


async def test_answers_and_reactions_find_a_message_through_any_part(slow: Town) -> None:
    origins, one = await merged(slow)
    slow.telegram.can = TELEGRAM
    slow.restarts_courier()
    await slow.matrix.reacts("Ana", origins[5], "🎉")
    await slow.matrix.says("Bea", "oui", reply_to=origins[6])
    await slow.settles()
    assert slow.telegram.posts[slow.telegram.chat, one].reactions == {"🎉": {"bot"}}
    assert slow.telegram.seen()[-1].reply_to == one


async def test_where_an_edit_leaves_the_old_words_the_others_are_said_again(slow: Town) -> None:
    slow.telegram.can = replace(SLOW, keeps_old_text=True)
    origins, one = await merged(slow)
    slow.telegram.can = replace(TELEGRAM, keeps_old_text=True)
    slow.restarts_courier()
    await slow.matrix.removes("Ana", origins[3])
    await slow.settles()
    assert (slow.telegram.chat, one) not in slow.telegram.posts
    said = "\n".join(slow.telegram.heard())
    assert "mot 3" not in said and all(said.count(f"mot {n}") == 1 for n in (0, 1, 2, 4, 5, 6, 7, 8, 9))


async def test_no_is_kept_by_a_part_that_waits(slow: Town) -> None:
    await slow.matrix.says("Ana", "un")
    await slow.matrix.says("Bea", "deux")
    await slow.settles()
    await slow.matrix.says("Bea", "reste", "reste aussi")
    async with slow.store.work() as work:
        circle = await work.circle(slow.matrix.chat)
        assert circle
        await work.decide(slow.matrix.person("Bea"), circle, Choice.NO)
    slow.telegram.can = TELEGRAM
    slow.restarts_courier()
    await slow.settles()
    assert "reste" not in "".join(slow.telegram.heard())


async def test_a_lost_answer_of_a_merged_message_shows_each_text_once(slow: Town) -> None:
    for n in range(2):
        await slow.matrix.says("Ana", f"mot {n}")
        await slow.settles()
        await asyncio.sleep(0.25)
    await slow.settles()
    for n in range(2, 8):
        await slow.matrix.says("Ana", f"mot {n}")
    slow.telegram.failures.append(Doubtful(timedelta(0)))
    for _ in range(200):
        await slow.settles()
        if "mot 7" in "".join(slow.telegram.heard()):
            break
        await asyncio.sleep(0.1)
    said = "".join(slow.telegram.heard())
    assert [said.count(f"mot {n}") for n in range(8)] == [1] * 8
    async with slow.store.work() as work:
        assert {row.state for row in await work.exec(select(Outgoing))} == {State.DONE}


async def test_rows_that_may_be_repeated_are_claimed_in_a_row_and_keep_their_order(linked: Town) -> None:
    async with linked.store.work() as work:
        circle = await work.circle(linked.telegram.chat)
        assert circle
        await work.decide(linked.telegram.person("Ana"), circle, Choice.NAMED)
    linked.matrix.failures += [TryLater(timedelta(0)), TryLater(timedelta(0))]
    await linked.telegram.says("Ana", *(f"mot {n}" for n in range(60)))
    await linked.settles()
    assert linked.matrix.heard() == [f"<b>Ana · Telegram</b>: mot {n}" for n in range(60)]


# --- albums


def photo(n: int) -> Media:
    return Media(kind=MediaKind.PHOTO, network="matrix", source=f"file {n}", type="image/jpeg")


@pytest.fixture
async def album(tmp_path: Path) -> AsyncIterator[Town]:
    async with open_town(f"sqlite:///{tmp_path}/town.db") as town:
        town.telegram.can = ALBUMS
        await town.links(town.telegram.chat, town.matrix.chat)
        await agrees(town, "Ana", media=True)
        await agrees(town, "Bea", media=True)
        yield town


async def shows(town: Town, name: str, *numbers: int, album_: str = "") -> None:
    """Somebody posts pictures."""
    for n in numbers:
        ref = Ref(town.matrix.chat, f"p{n}")
        said = Message(
            key=f"matrix p{n}", at=now(), ref=ref,
            sender=town.matrix.person(name), html=f"image {n}", media=photo(n), album=album_,
        )  # fmt: skip
        await town.matrix.tells(said)


async def until_quiet(town: Town) -> None:
    """Let albums close."""
    for _ in range(45):
        await town.settles()
        await asyncio.sleep(0.1)
    await town.settles()


async def test_pictures_that_one_person_sends_at_once_become_an_album(album: Town) -> None:
    await shows(album, "Ana", 1, 2, 3)
    await album.settles()
    assert album.telegram.heard() == []
    await until_quiet(album)
    assert album.telegram.heard() == [f"<b>Ana · Matrix</b>: image {n}" for n in (1, 2, 3)]
    assert [len(one) for one in album.telegram.albums] == [3]


async def test_what_is_said_next_closes_an_album_at_once(album: Town) -> None:
    await shows(album, "Ana", 1, 2)
    await album.matrix.says("Bea", "belles photos")
    await album.settles()
    assert [line.rpartition(": ")[2] for line in album.telegram.heard()] == ["image 1", "image 2", "belles photos"]
    assert [len(one) for one in album.telegram.albums] == [2]


async def test_an_album_has_ten_files_at_most(album: Town) -> None:
    await shows(album, "Ana", *range(12), album_="a")
    await until_quiet(album)
    assert [len(one) for one in album.telegram.albums] == [10, 2]


async def test_pictures_of_two_people_are_two_albums(album: Town) -> None:
    await shows(album, "Ana", 1, 2)
    await shows(album, "Bea", 3, 4)
    await until_quiet(album)
    assert [len(one) for one in album.telegram.albums] == [2, 2]


async def test_where_an_album_is_refused_its_files_go_one_by_one(album: Town) -> None:
    await shows(album, "Ana", 1, 2)
    await album.matrix.says("Bea", "après")
    album.telegram.failures += [Refused("too-large"), Refused("too-large")]
    await album.settles()
    assert [line.rpartition(": ")[2] for line in album.telegram.heard() if "Matrix" in line] == ["image 2", "après"]
    assert album.telegram.albums == []


async def test_files_stay_without_a_consent_of_their_own(album: Town) -> None:
    await agrees(album, "Ana", media=False)
    await shows(album, "Ana", 1)
    await album.settles()
    (line,) = album.telegram.heard()
    assert "restée là-bas" in line and line.endswith("image 1")
    sent = album.telegram.seen()[-1].action
    assert sent and sent.media is None
