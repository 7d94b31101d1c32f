"""Albums to Telegram: all of one is sent in one call, or nothing."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bridges.depot import Carrier
from bridges.fake import FakeBridge
from bridges.model import Edit, Media, MediaKind, Person, Ref, Send
from bridges.port import Doubtful, Fate, Refused, TryLater
from bridges.simulator.media import SAMPLES
from bridges.telegram.media import together
from tests.bridges.matrix_lab import Shelf
from tests.bridges.telegram_rue import Rue, street

PHOTO, VIDEO, AUDIO, FILE = MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.AUDIO, MediaKind.FILE
STICKER, ROUND, ANIMATION = MediaKind.STICKER, MediaKind.ROUND, MediaKind.ANIMATION
TYPES = {
    PHOTO: "image/jpeg", VIDEO: "video/mp4", AUDIO: "audio/mpeg", ANIMATION: "video/mp4", STICKER: "image/webp",
    ROUND: "video/mp4",
}  # fmt: skip
DATA = {kind: (SAMPLES / name).read_bytes() for kind, name in (
    (PHOTO, "photo.jpg"), (VIDEO, "video.mp4"), (AUDIO, "audio.mp3"), (ANIMATION, "loop.mp4"),
    (STICKER, "sticker.webp"), (ROUND, "round.mp4"),
)}  # fmt: skip


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture
async def rue(shelf: Shelf) -> AsyncIterator[Rue]:
    async with street(shelf) as made:
        yield made


def album(rue: Rue, shelf: Shelf, kinds: Sequence[MediaKind], **more: Any) -> list[Send]:
    """Files of these kinds, of which each has words of its own."""
    sends = []
    for n, kind in enumerate(kinds):
        source = shelf.put(f"{n}.bin", DATA.get(kind, b"words"))
        media = Media(kind=kind, network="shelf", source=source, type=TYPES.get(kind, ""), name=f"{n}.bin")
        sends.append(rue.sends(media, f"<b>{n}</b>", album="a", **more))
    return sends


async def shown(rue: Rue, refs: Sequence[Ref]) -> list[tuple[str, str]]:
    return [(line["kind"], line["text"]) for line in [await rue.shown(ref) for ref in refs]]


MIXED: list[tuple[list[MediaKind], list[str]]] = [
    ([PHOTO, VIDEO, PHOTO], ["photo", "video", "photo"]),
    ([STICKER, ROUND], ["photo", "video"]),
    ([AUDIO, AUDIO], ["audio", "audio"]),
    ([FILE, FILE], ["document", "document"]),
    ([PHOTO, FILE, VIDEO, AUDIO], ["document"] * 4),
    ([ANIMATION, PHOTO], ["video", "photo"]),
    ([PHOTO] * 10, ["photo"] * 10),
]


@pytest.mark.parametrize(("kinds", "forms"), MIXED, ids=[f"{n}" for n in range(len(MIXED))])
async def test_an_album_is_one_call(rue: Rue, shelf: Shelf, kinds: list[MediaKind], forms: list[str]) -> None:
    refs = await rue.bridge.together(album(rue, shelf, kinds), key="1")
    assert await shown(rue, refs) == [(form, f"Ana: {n}") for n, form in enumerate(forms)]
    lines = [await rue.shown(ref) for ref in refs]
    assert len({line["album"] for line in lines}) == 1
    assert [int(ref.id) for ref in refs] == list(range(int(refs[0].id), int(refs[0].id) + len(refs)))
    assert (await rue.methods()).count("sendMediaGroup") == 1


def test_what_may_stand_together() -> None:
    assert together([STICKER, ROUND]) == [STICKER, ROUND]
    assert together([MediaKind.VOICE, MediaKind.VOICE]) == [FILE, FILE]


async def test_an_album_of_one_is_a_file(rue: Rue, shelf: Shelf) -> None:
    [ref] = await rue.bridge.together(album(rue, shelf, [PHOTO]), key="1")
    line = await rue.shown(ref)
    assert (line["kind"], "album" in line) == ("photo", False)


async def test_captions_of_an_album_are_edited_one_by_one(rue: Rue, shelf: Shelf) -> None:
    refs = await rue.bridge.together(album(rue, shelf, [PHOTO, PHOTO]), key="1")
    await rue.bridge.do(Edit(chat=rue.chat, html="new", ref=refs[1], form="photo"), key="2")
    assert await shown(rue, refs) == [("photo", "Ana: 0"), ("photo", "new")]


async def test_what_is_no_picture_to_telegram_makes_an_album_of_documents(rue: Rue, shelf: Shelf) -> None:
    sends = album(rue, shelf, [PHOTO, PHOTO, PHOTO])
    shelf.put("1.bin", b"no picture at all")
    refs = await rue.bridge.together(sends, key="1")
    assert [form for form, _ in await shown(rue, refs)] == ["document"] * 3
    assert (await rue.methods()).count("sendMediaGroup") == 2


async def test_an_album_of_which_one_cannot_be_had_is_not_sent_at_all(rue: Rue, shelf: Shelf) -> None:
    sends = album(rue, shelf, [FILE, FILE, FILE])
    shelf.put("1.bin", b"\0" * (50 * 2**20 + 1))
    with pytest.raises(Refused, match="too-large"):
        await rue.bridge.together(sends, key="1")
    assert await rue.texts(rue.bea) == ["ready"]


async def test_an_album_that_the_network_refuses_is_not_sent_at_all(rue: Rue, shelf: Shelf) -> None:
    sends = album(rue, shelf, [FILE, FILE, FILE])
    shelf.put("1.bin", b"")
    with pytest.raises(Refused):
        await rue.bridge.together(sends, key="1")
    assert await rue.texts(rue.bea) == ["ready"]


async def test_a_wait_in_the_middle_costs_nothing(rue: Rue, shelf: Shelf) -> None:
    sends = album(rue, shelf, [PHOTO, FILE, PHOTO])
    await rue.control.fault("sendMediaGroup", "429", retry_after=1)
    with pytest.raises(TryLater) as caught:
        await rue.bridge.together(sends, key="1")
    assert not isinstance(caught.value, Doubtful) and await rue.texts(rue.bea) == ["ready"]
    assert len(await rue.bridge.together(sends, key="1")) == 3
    assert len(await rue.texts(rue.bea)) == 4


async def test_an_album_without_an_answer_is_found_by_its_first_item(rue: Rue, shelf: Shelf) -> None:
    sends = album(rue, shelf, [PHOTO, VIDEO, PHOTO])
    await rue.control.fault("sendMediaGroup", "reset", when="after")
    with pytest.raises(Doubtful):
        await rue.bridge.together(sends, key="1")
    first = (await rue.control.view(rue.group, rue.bea))["messages"][-3]["message_id"]
    ids = [str(first + n) for n in range(3)]
    found = await rue.bridge.settle(sends[0], key="1", since=(await rue.hears("ready")).at, ids=ids)
    assert found == Ref(rue.chat, str(first))
    again = await rue.bridge.settle(sends[0], key="1", since=(await rue.hears("ready")).at, ids=[str(first + 3)])
    assert again is Fate.AGAIN


async def test_an_album_answers_and_refuses_no_quote(rue: Rue, shelf: Shelf) -> None:
    said = await rue.hears("ready")
    sends = album(rue, shelf, [PHOTO, PHOTO], reply_to=said.ref, quote="not there")
    refs = await rue.bridge.together(sends, key="1")
    assert (await rue.shown(refs[0]))["reply_to"] == int(said.ref.id)


async def test_a_large_album_does_not_wait_for_itself(tmp_path: Path) -> None:
    elsewhere = FakeBridge("elsewhere")
    depot = Carrier({"elsewhere": elsewhere}, tmp_path / "depot")
    async with street(depot, elsewhere=elsewhere) as rue:
        files = [rue.put(f"file {n}".encode(), FILE, name=f"{n}.txt") for n in range(10)]
        sends = [Send(chat=rue.chat, html="x", of=Person("ana", elsewhere.chat), media=media) for media in files]
        async with asyncio.timeout(30):
            refs = await rue.bridge.together(sends, key="1")
        lines = [await rue.shown(ref) for ref in refs]
        assert [await rue.control.file(line["file"]["id"]) for line in lines] == list(elsewhere.files.values())
    await depot.close()
