"""From Matrix to Telegram: files of every kind, captions, albums."""

from io import BytesIO
from typing import Any

from PIL import Image

from bridges.simulator.media import sample
from tests.fidelity.stage import Pair, until
from tests.fidelity.table import BACK, row


def picture(colour: str = "green", **options: Any) -> bytes:
    """A small JPEG."""
    made = BytesIO()
    Image.new("RGB", (64, 48), colour).save(made, "JPEG", **options)
    return made.getvalue()


def with_place() -> bytes:
    """A picture that tells where it was taken."""
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (45.0, 30.0, 0.0), 3: "E", 4: (3.0, 15.0, 0.0)}
    exif[0x010F] = "Un appareil"
    return picture(exif=exif)


async def shows(pair: Pair, data: bytes, name: str, kind: str, caption: str = "", **more: Any) -> dict[str, Any]:
    """Maëlle sends a file; what Amina sees of it."""
    await pair.stage.maelle.show(pair.room, data, name, kind, caption, **more)
    one = await pair.on_telegram(lambda one: one.get("file"), 20)
    assert "Maëlle · Matrix" in one["text"]
    return one


@row("photo", BACK, "photo with caption and author; where and with what it was taken is gone")
async def photo(pair: Pair) -> None:
    one = await shows(pair, with_place(), "banc.jpg", "image/jpeg", "le banc")
    assert one["kind"] == "photo" and "le banc" in one["text"]
    data = await pair.stage.control.file(one["file"]["id"])
    assert not Image.open(BytesIO(data)).getexif() and b"Un appareil" not in data


@row("photo, edited caption", BACK, "the caption of the copy")
async def caption(pair: Pair) -> None:
    stage = pair.stage
    event = await stage.maelle.show(pair.room, picture(), "a.jpg", "image/jpeg", "samedi")
    copy = await pair.on_telegram(lambda one: "samedi" in one.get("text", ""), 20)
    content = (await stage.maelle.event(pair.room, event))["content"]
    new = {**content, "body": "dimanche"}
    await stage.maelle.raw(pair.room, "m.room.message", {
        **new, "body": "* dimanche", "m.new_content": new, "m.relates_to": {"rel_type": "m.replace", "event_id": event},
    })  # fmt: skip
    one = await pair.on_telegram(lambda one: "dimanche" in one.get("text", ""))
    assert one["message_id"] == copy["message_id"] and one["kind"] == "photo"


@row("album", BACK, "images that one person sends at once become one album, in order")
async def album(pair: Pair) -> None:
    for n, colour in enumerate(("red", "green", "blue")):
        await pair.stage.maelle.show(pair.room, picture(colour), f"{n}.jpg", "image/jpeg", f"vue {n}")

    async def all_there() -> bool:
        return len([one for one in await pair.telegram() if "vue" in one.get("text", "")]) == 3

    await until(all_there, 25)
    there = [one for one in await pair.telegram() if "vue" in one.get("text", "")]
    assert [one["text"][-5:] for one in there] == ["vue 0", "vue 1", "vue 2"]
    assert len({one["album"] for one in there}) == 1 and there[0]["album"]


@row("photo, removed after 48 h", BACK, "a blank picture with [retiré]")
async def blank(pair: Pair) -> None:
    from datetime import timedelta

    from sqlmodel import col, update

    from bot.store import Copy, now

    stage = pair.stage
    event = await stage.maelle.show(pair.room, picture("red"), "a.jpg", "image/jpeg", "vieux")
    copy = await pair.on_telegram(lambda one: "vieux" in one.get("text", ""), 20)
    async with stage.app.store.work() as work:
        old = update(Copy).where(col(Copy.id) == str(copy["message_id"]), col(Copy.room) == str(pair.group))
        await work.exec(old.values(made=now() - timedelta(hours=49)))
    await stage.maelle.redact(pair.room, event)
    one = await pair.on_telegram(lambda one: "[retiré]" in one.get("text", ""))
    assert one["message_id"] == copy["message_id"] and one["kind"] == "photo"
    seen = Image.open(BytesIO(await stage.control.file(one["file"]["id"]))).convert("RGB")
    assert seen.getpixel((10, 10)) == (255, 255, 255)


@row("video, animation", BACK, "video, animation")
async def video(pair: Pair) -> None:
    film = sample("video").data or b""
    assert (await shows(pair, film, "f.mp4", "video/mp4", "film"))["kind"] == "video"
    other = await pair.stage.pair()
    loop = sample("animation").data or b""
    one = await shows(other, loop, "l.mp4", "video/mp4", "boucle", info={"fi.mau.gif": True})
    assert one["kind"] in {"animation", "video"}


@row("sticker", BACK, "photo")
async def sticker(pair: Pair) -> None:
    await pair.stage.maelle.sticker(pair.room, picture("yellow"), "🎉", "image/jpeg")
    one = await pair.on_telegram(lambda one: one.get("file"), 20)
    assert one["kind"] == "photo" and "Maëlle · Matrix" in one["text"]


@row("voice, audio", BACK, "voice where it is Opus in Ogg, else audio")
async def voice(pair: Pair) -> None:
    speech = sample("voice").data or b""
    mark: dict[str, Any] = {"org.matrix.msc3245.voice": {}, "org.matrix.msc1767.audio": {"duration": 1000}}
    assert (await shows(pair, speech, "v.ogg", "audio/ogg", **mark))["kind"] == "voice"
    other = await pair.stage.pair()
    assert (await shows(other, sample("audio").data or b"", "a.mp3", "audio/mpeg", **mark))["kind"] == "audio"


@row("file", BACK, "file with its name")
async def file(pair: Pair) -> None:
    one = await shows(pair, b"%PDF-1.4 x", "ordre du jour.pdf", "application/pdf")
    assert one["kind"] == "document" and one["file"]["name"] == "ordre du jour.pdf"
