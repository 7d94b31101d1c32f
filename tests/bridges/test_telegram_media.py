"""Files of every kind through the simulator and the real depot, both ways, and places."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from PIL import Image

from bridges.depot import Carrier
from bridges.fake import FakeBridge
from bridges.model import Chat, Edit, MediaKind, Person, Ref, Send, Spot
from bridges.port import Doubtful, Refused, TryLater
from bridges.simulator import Item
from bridges.simulator.media import SAMPLES
from tests.bridges.matrix_lab import until
from tests.bridges.telegram_rue import Rue, street


@pytest.fixture
async def rue(tmp_path: Path) -> AsyncIterator[Rue]:
    elsewhere = FakeBridge("elsewhere")
    depot = Carrier({"elsewhere": elsewhere}, tmp_path / "depot")
    async with street(depot, elsewhere=elsewhere) as made:
        yield made
    assert list((tmp_path / "depot").iterdir()) == []
    await depot.close()


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def picture(width: int, height: int, form: str = "PNG") -> bytes:
    Image.new("RGB", (width, height), "red").save(data := io.BytesIO(), form)
    return data.getvalue()


# --- in


async def fetched(rue: Rue, source: str) -> bytes:
    async with rue.bridge.fetch(source) as pieces:
        return b"".join([piece async for piece in pieces])


KINDS: list[tuple[Item, MediaKind, str]] = [
    (Item(kind="photo"), MediaKind.PHOTO, "photo.jpg"),
    (Item(kind="video"), MediaKind.VIDEO, "video.mp4"),
    (Item(kind="animation"), MediaKind.ANIMATION, "loop.mp4"),
    (Item(kind="video_note"), MediaKind.ROUND, "round.mp4"),
    (Item(kind="voice"), MediaKind.VOICE, "voice.ogg"),
    (Item(kind="audio", title="Air"), MediaKind.AUDIO, "audio.mp3"),
    (Item(kind="document", data=b"%PDF-1.4 x", name="a.pdf", type="application/pdf"), MediaKind.FILE, ""),
    (Item(kind="sticker", emoji="😀"), MediaKind.STICKER, "sticker.webp"),
    (Item(kind="sticker", sample="sticker.tgs"), MediaKind.STICKER, "sticker.tgs"),
    (Item(kind="sticker", sample="sticker.webm"), MediaKind.STICKER, "sticker.webm"),
]


@pytest.mark.parametrize(("item", "kind", "file"), KINDS, ids=[f"{n} {one[1]}" for n, one in enumerate(KINDS)])
async def test_a_file_is_heard_and_can_be_fetched(rue: Rue, item: Item, kind: MediaKind, file: str) -> None:
    said = await rue.control.send(rue.group, rue.ana, item)
    media = (await rue.heard(said["message_id"])).media
    assert media and (media.kind, media.network) == (kind, "telegram")
    data = await fetched(rue, media.source)
    assert data == (sample(file) if file else b"%PDF-1.4 x")
    assert media.size == len(data) and media.type


async def test_a_live_photo_is_not_passed_over(rue: Rue) -> None:
    said = await rue.control.send(rue.group, rue.ana, Item(kind="live_photo"))
    media = (await rue.heard(said["message_id"])).media
    assert media and media.kind in {MediaKind.PHOTO, MediaKind.VIDEO} and await fetched(rue, media.source)


async def test_an_album_is_heard_item_by_item_under_one_name(rue: Rue) -> None:
    items = [Item(kind="photo", caption="first"), Item(kind="video"), Item(kind="photo", spoiler=True)]
    said = await rue.control.album(rue.group, rue.ana, items)
    heard = [await rue.heard(one["message_id"]) for one in said]
    assert len({message.album for message in heard}) == 1 and heard[0].album
    assert [message.media and message.media.kind for message in heard] == ["photo", "video", "photo"]
    assert [message.html for message in heard] == ["first", "", ""]
    assert heard[2].media and heard[2].media.spoiler


async def test_what_is_too_heavy_to_download_is_refused_so(rue: Rue) -> None:
    said = await rue.control.send(rue.group, rue.ana, Item(kind="document", size=21 * 2**20, name="a.bin"))
    media = (await rue.heard(said["message_id"])).media
    assert media and media.size == 21 * 2**20
    with pytest.raises(Refused, match="too-large"):
        await fetched(rue, media.source)


async def test_a_link_that_breaks_is_tried_again_and_a_file_that_is_gone_is_not(rue: Rue) -> None:
    said = await rue.control.send(rue.group, rue.ana, Item(kind="photo"))
    media = (await rue.heard(said["message_id"])).media
    assert media
    kinds: list[Literal["reset", "cut", "5xx", "429"]] = ["reset", "cut", "5xx", "429"]
    for kind in kinds:
        await rue.control.fault("download", kind)
        with pytest.raises(TryLater) as caught:
            await fetched(rue, media.source)
        assert not isinstance(caught.value, Doubtful)
    assert await fetched(rue, media.source) == sample("photo.jpg")
    with pytest.raises(Refused, match="gone"):
        await fetched(rue, "nonsense")


async def test_a_caption_that_is_edited_is_heard(rue: Rue) -> None:
    said = await rue.control.send(rue.group, rue.ana, Item(kind="photo", caption="befor"))
    await rue.control.edit(rue.group, rue.ana, said["message_id"], "before")
    await until(lambda: any(getattr(event, "html", "") == "before" for event in rue.ear.heard), 5)
    edited = rue.ear.heard[-1]
    assert getattr(edited, "ref", None) == Ref(rue.chat, str(said["message_id"]))


# --- out

OUT: list[tuple[str, MediaKind, str, dict[str, Any], str]] = [
    ("photo.jpg", MediaKind.PHOTO, "image/jpeg", {}, "photo"),
    ("photo.jpg", MediaKind.PHOTO, "image/jpeg", {"spoiler": True}, "photo"),
    ("video.mp4", MediaKind.VIDEO, "video/mp4", {"seconds": 1}, "video"),
    ("loop.mp4", MediaKind.ANIMATION, "video/mp4", {}, "animation"),
    ("round.mp4", MediaKind.ROUND, "video/mp4", {}, "video"),
    ("voice.ogg", MediaKind.VOICE, "audio/ogg", {"seconds": 1}, "voice"),
    ("audio.mp3", MediaKind.AUDIO, "audio/mpeg", {"title": "Air", "performer": "Bach"}, "audio"),
    ("sticker.webp", MediaKind.STICKER, "image/webp", {"emoji": "😀"}, "photo"),
    ("photo.jpg", MediaKind.FILE, "image/jpeg", {"name": "plan.jpg"}, "document"),
    ("loop.mp4", MediaKind.FILE, "video/mp4", {"name": "film.mp4"}, "document"),
]


@pytest.mark.parametrize("out", OUT, ids=[f"{n} {one[1]}" for n, one in enumerate(OUT)])
async def test_a_file_is_shown_as_what_it_is(rue: Rue, out: tuple[str, MediaKind, str, dict[str, Any], str]) -> None:
    file, kind, type_, more, form = out
    media = rue.put(sample(file), kind, type=type_, **more)
    ref = await rue.bridge.do(rue.sends(media, "<i>words</i>"), key="1")
    assert ref
    shown = await rue.shown(ref)
    assert (shown["kind"], shown["text"], shown["from"]["id"]) == (form, "Ana: words", rue.bot["id"])
    assert shown.get("spoiler", False) == more.get("spoiler", False)
    assert {"bold", "italic"} == {mark["type"] for mark in shown["entities"]}
    assert len(await rue.control.file(shown["file"]["id"])) > 100
    if kind is MediaKind.AUDIO:
        assert (shown["audio"]["title"], shown["audio"]["performer"]) == ("Air", "Bach")
    if "name" in more:
        assert shown["file"]["name"] == more["name"]


async def test_a_document_is_no_sticker_and_no_film(rue: Rue) -> None:
    for name, kind in (("sticker.webp", "image/webp"), ("loop.gif", "image/gif")):
        data = sample(name) if name == "sticker.webp" else picture(20, 20, "GIF")
        ref = await rue.bridge.do(rue.sends(rue.put(data, MediaKind.FILE, name=name, type=kind)), key=name)
        assert ref and (await rue.shown(ref))["kind"] == "document"


async def test_a_file_without_words_stands_under_its_author(rue: Rue) -> None:
    ref = await rue.bridge.do(rue.sends(rue.put(sample("photo.jpg"), MediaKind.PHOTO), ""), key="1")
    assert ref and (await rue.shown(ref))["text"] == "Ana"


async def test_a_picture_that_telegram_would_not_show_goes_as_a_file(rue: Rue) -> None:
    long = rue.put(picture(4000, 100), MediaKind.PHOTO, type="image/png", name="long.png")
    ref = await rue.bridge.do(rue.sends(long), key="1")
    assert ref and (await rue.shown(ref))["kind"] == "document"
    assert (await rue.methods()).count("sendPhoto") == 0


async def test_a_file_answers_what_it_answers(rue: Rue) -> None:
    said = await rue.hears("ready")
    for n, quote in enumerate(["rea", "not there"]):
        media = rue.put(sample("voice.ogg"), MediaKind.VOICE)
        ref = await rue.bridge.do(rue.sends(media, reply_to=said.ref, quote=quote), key=str(n))
        assert ref
        shown = await rue.shown(ref)
        assert (shown["reply_to"], shown.get("quote")) == (int(said.ref.id), None if n else "rea")


async def test_a_file_goes_into_its_topic(rue: Rue) -> None:
    topic = await rue.control.topic(rue.group, "Jardin", rue.ana)
    there = Chat("telegram", str(rue.group), str(topic))
    send = Send(chat=there, html="x", of=Person("ana", rue.elsewhere.chat), media=rue.put(b"words", MediaKind.FILE))
    ref = await rue.bridge.do(send, key="1")
    assert ref and ref.chat == there and (await rue.shown(ref))["thread"] == topic


async def test_a_caption_is_edited_and_keeps_its_file(rue: Rue) -> None:
    ref = await rue.bridge.do(rue.sends(rue.put(sample("photo.jpg"), MediaKind.PHOTO), "befor"), key="1")
    assert ref
    for key in ("2", "3"):
        edit = Edit(chat=rue.chat, html="<b>before</b>", by="Ana", ref=ref, form="photo")
        assert await rue.bridge.do(edit, key=key) == ref
    shown = await rue.shown(ref)
    assert (shown["text"], shown["kind"]) == ("Ana: before", "photo")


async def test_what_is_too_heavy_to_upload_is_refused_so(rue: Rue) -> None:
    media = rue.put(b"\0" * (50 * 2**20 + 1), MediaKind.FILE, name="a.bin")
    with pytest.raises(Refused, match="too-large"):
        await rue.bridge.do(rue.sends(media), key="1")
    assert "sendDocument" not in await rue.methods()


async def test_a_file_that_is_gone_is_refused_so(rue: Rue) -> None:
    media = rue.put(b"x", MediaKind.FILE)
    rue.elsewhere.files.clear()
    with pytest.raises(Refused, match="gone"):
        await rue.bridge.do(rue.sends(media), key="1")


async def test_a_lost_answer_to_a_file_is_doubtful(rue: Rue) -> None:
    await rue.control.fault("sendDocument", "reset", when="after")
    with pytest.raises(Doubtful):
        await rue.bridge.do(rue.sends(rue.put(b"x", MediaKind.FILE)), key="1")
    assert await rue.texts(rue.bea) == ["ready", "Ana: words"]


async def test_a_file_for_one_person_never_shows_in_the_group(rue: Rue) -> None:
    await rue.promote()
    await rue.control.start(rue.ana, rue.bot["id"])
    ana = (await rue.hears("/start")).sender
    send = Send(chat=rue.chat, html="x", to=ana, media=rue.put(b"x", MediaKind.FILE), reply_to=Ref(rue.chat, "1"))
    ref = await rue.bridge.do(send, key="1")
    assert ref and ref.chat.id == str(rue.ana)
    assert await rue.texts(rue.bea) == ["ready"] and (await rue.texts(rue.ana, rue.bot["id"]))[-1] == "x"


async def test_many_files_at_once_wait_for_each_other(rue: Rue) -> None:
    sends = [rue.sends(rue.put(f"file {n}".encode(), MediaKind.FILE), f"{n}") for n in range(12)]
    refs = await asyncio.gather(*(rue.bridge.do(send, key=str(n)) for n, send in enumerate(sends)))
    assert len({ref.id for ref in refs if ref}) == 12


async def test_a_type_that_somebody_made_up_ends_no_header(rue: Rue) -> None:
    asked: list[bytes] = []

    async def look(request: httpx.Request) -> None:
        asked.append(await request.aread())

    rue.bridge._server._pools[0]._client.event_hooks["request"].append(look)
    evil = 'text/plain\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n7'
    await rue.bridge.do(rue.sends(rue.put(b"x", MediaKind.FILE, type=evil, name='a"\r\nX: y.txt')), key="1")
    [body] = [body for body in asked if b"multipart" in body or b"form-data" in body]
    assert body.count(b'name="chat_id"') == 1 and b"\nX:" not in body


# --- places


async def test_a_place_is_shown_on_the_map(rue: Rue) -> None:
    spots = [Spot(latitude=48.85, longitude=2.35), Spot(latitude=48.85, longitude=2.35, title="Mairie", address="1")]
    shown = []
    for n, spot in enumerate(spots):
        ref = await rue.bridge.do(Send(chat=rue.chat, html="ici", by="Ana", spot=spot), key=str(n))
        assert ref
        shown.append(await rue.shown(ref))
    assert [one["kind"] for one in shown] == ["location", "venue"]
    assert (shown[1]["venue"]["title"], shown[1]["venue"]["address"]) == ("Mairie", "1")


async def test_a_place_is_heard_until_it_moves(rue: Rue) -> None:
    said = await rue.control.place(rue.group, rue.ana, 48.85, 2.35, title="Mairie", address="1 place")
    spot = (await rue.heard(said["message_id"])).spot
    assert spot and (spot.title, spot.address, round(spot.latitude, 4)) == ("Mairie", "1 place", 48.85)
    live = await rue.control.place(rue.group, rue.ana, 48.85, 2.35, live_period=900)
    assert (await rue.heard(live["message_id"])).shared == "live-location"
    before = len(rue.ear.heard)
    await rue.control.move(rue.group, rue.ana, live["message_id"], 48.9, 2.4)
    await rue.control.say(rue.group, rue.ana, "arrived")
    await rue.hears("arrived")
    assert len(rue.ear.heard) == before + 1


async def test_an_answer_that_is_a_place_survives_a_quote_that_is_not_there(rue: Rue) -> None:
    said = await rue.hears("ready")
    spot = Spot(latitude=1, longitude=2)
    ref = await rue.bridge.do(Send(chat=rue.chat, html="", spot=spot, reply_to=said.ref, quote="no"), key="1")
    assert ref and (await rue.shown(ref))["reply_to"] == int(said.ref.id)
