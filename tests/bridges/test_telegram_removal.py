"""What is left of a copy on Telegram when it is taken away too late to be deleted."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridges.model import Media, MediaKind, Ref, Remove, Send, Spot
from bridges.port import Refused, Shut
from bridges.simulator.media import SAMPLES
from tests.bridges.matrix_lab import Shelf
from tests.bridges.telegram_rue import Rue, street

OLD = datetime.now(UTC) - timedelta(days=3)
FILES: dict[MediaKind, tuple[str, str]] = {
    MediaKind.PHOTO: ("photo.jpg", "image/jpeg"), MediaKind.VIDEO: ("video.mp4", "video/mp4"),
    MediaKind.ANIMATION: ("loop.mp4", "video/mp4"), MediaKind.ROUND: ("round.mp4", "video/mp4"),
    MediaKind.VOICE: ("voice.ogg", "audio/ogg"), MediaKind.AUDIO: ("audio.mp3", "audio/mpeg"),
    MediaKind.FILE: ("audio.mp3", "text/plain"), MediaKind.STICKER: ("sticker.webp", "image/webp"),
}  # fmt: skip


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture
async def rue(shelf: Shelf) -> AsyncIterator[Rue]:
    async with street(shelf) as made:
        yield made


def put(shelf: Shelf, kind: MediaKind) -> Media:
    name, type_ = FILES[kind]
    source = shelf.put(name, (SAMPLES / name).read_bytes())
    return Media(kind=kind, network="shelf", source=source, type=type_, name=name)


async def years_pass(rue: Rue) -> None:
    await rue.control.settings(clock_shift=3 * 86400)


def taken_back(ref: Ref, form: str, sent_at: datetime | None = None) -> Remove:
    return Remove(chat=ref.chat, ref=ref, stub="[retiré]", form=form, sent_at=sent_at)


@pytest.mark.parametrize("sent_at", [OLD, None], ids=["known to be old", "found to be old"])
@pytest.mark.parametrize("kind", sorted(FILES))
async def test_of_a_file_a_white_square_is_left_where_that_is_possible(
    rue: Rue, shelf: Shelf, kind: MediaKind, sent_at: datetime | None
) -> None:
    ref = await rue.bridge.do(rue.sends(put(shelf, kind)), key="1")
    assert ref
    before = await rue.shown(ref)
    await years_pass(rue)
    remove = taken_back(ref, kind, sent_at)
    if kind is MediaKind.VOICE:
        with pytest.raises(Refused, match="kept"):
            await rue.bridge.do(remove, key="2")
        assert (await rue.shown(ref))["kind"] == "voice"
    else:
        assert await rue.bridge.do(remove, key="2") == ref
        assert await rue.bridge.do(remove, key="2") == ref  # once more is no harm
        after = await rue.shown(ref)
        assert after["kind"] == "photo" and after["file"]["id"] != before["file"]["id"]
    assert (await rue.shown(ref))["text"] == "[retiré]"


@pytest.mark.parametrize("kind", sorted(FILES))
async def test_in_time_it_is_deleted_whatever_it_is(rue: Rue, shelf: Shelf, kind: MediaKind) -> None:
    ref = await rue.bridge.do(rue.sends(put(shelf, kind)), key="1")
    assert ref
    await rue.bridge.do(taken_back(ref, kind, datetime.now(UTC)), key="2")
    assert await rue.shown(ref) == {}


async def test_of_words_the_stub_is_left(rue: Rue) -> None:
    ref = await rue.bridge.do(Send(chat=rue.chat, html="<b>vieux</b>", by="Ana"), key="1")
    assert ref
    await years_pass(rue)
    for key in "23":
        assert await rue.bridge.do(taken_back(ref, "", OLD), key=key) == ref
    assert await rue.texts(rue.bea) == ["ready", "[retiré]"]


async def test_a_place_stays(rue: Rue) -> None:
    ref = await rue.bridge.do(Send(chat=rue.chat, html="", spot=Spot(latitude=1, longitude=2)), key="1")
    assert ref
    await years_pass(rue)
    with pytest.raises(Refused, match="kept"):
        await rue.bridge.do(taken_back(ref, "spot"), key="2")


@pytest.mark.parametrize(("kind", "form"), [(MediaKind.PHOTO, "photo"), (MediaKind.FILE, "document")])
async def test_an_album_stays_an_album(rue: Rue, shelf: Shelf, kind: MediaKind, form: str) -> None:
    refs = await rue.bridge.together([rue.sends(put(shelf, kind)) for _ in range(3)], key="1")
    await years_pass(rue)
    before = await rue.shown(refs[1])
    assert await rue.bridge.do(taken_back(refs[1], kind, OLD), key="2") == refs[1]
    after = [await rue.shown(ref) for ref in refs]
    assert [line["kind"] for line in after] == [form] * 3 and len({line["album"] for line in after}) == 1
    assert [line["text"] for line in after] == ["Ana: words", "[retiré]", "Ana: words"]
    assert after[1]["file"]["id"] != before["file"]["id"]


async def test_music_in_an_album_loses_its_words_and_is_kept(rue: Rue, shelf: Shelf) -> None:
    refs = await rue.bridge.together([rue.sends(put(shelf, MediaKind.AUDIO)) for _ in range(2)], key="1")
    await years_pass(rue)
    with pytest.raises(Refused, match="kept"):
        await rue.bridge.do(taken_back(refs[0], "audio", OLD), key="2")
    line = await rue.shown(refs[0])
    assert (line["kind"], line["text"]) == ("audio", "[retiré]")


@pytest.mark.parametrize("form", ["", "photo", "voice"])
async def test_what_is_gone_already_is_gone(rue: Rue, form: str) -> None:
    gone = Ref(rue.chat, "4242")
    for sent_at in (OLD, None):
        assert await rue.bridge.do(taken_back(gone, form, sent_at), key="1") == gone


@pytest.mark.parametrize("sent_at", [OLD, None])
async def test_where_the_bot_was_put_out_it_waits(rue: Rue, sent_at: datetime | None) -> None:
    ref = await rue.bridge.do(Send(chat=rue.chat, html="x"), key="1")
    assert ref
    await rue.control.member(rue.group, rue.bot["id"], "kicked", by=rue.ana)
    with pytest.raises(Shut) as caught:
        await rue.bridge.do(taken_back(ref, "", sent_at), key="2")
    assert caught.value.why == "kicked"


async def test_somebody_elses_message_is_kept(rue: Rue) -> None:
    theirs = (await rue.hears("ready")).ref
    with pytest.raises(Refused, match="kept"):
        await rue.bridge.do(taken_back(theirs, "", OLD), key="1")
    assert await rue.texts(rue.bea) == ["ready"]
