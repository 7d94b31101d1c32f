"""From Telegram to Matrix: files of every kind, captions, albums."""

from bridges.simulator import Item
from bridges.simulator.media import sample
from tests.fidelity.stage import Pair, until
from tests.fidelity.table import FORTH, row


async def sends(pair: Pair, item: Item, kind: str) -> tuple[dict[str, object], bytes]:
    """Amina sends a file; what the room is told of it, and the file itself as Maëlle downloads it."""
    await pair.stage.control.send(pair.group, pair.stage.amina, item)
    line = await pair.on_matrix(lambda line: line.kind == kind)
    assert "Amina · Telegram" in line.body
    return line.content, await pair.stage.maelle.download(str(line.content["url"]))


@row("photo", FORTH, "image with caption, the same picture, its size, its author")
async def photo(pair: Pair) -> None:
    marks = [{"type": "bold", "offset": 3, "length": 4}]
    content, data = await sends(pair, Item(kind="photo", caption="le banc", entities=marks), "m.image")
    assert data == sample("photo").data
    assert "le <strong>banc</strong>" in str(content["formatted_body"]) and content["filename"] != content["body"]
    assert content["info"]["w"] == 320 and content["info"]["size"] == len(data)  # type: ignore[index]


@row("photo, edited caption", FORTH, "the caption of the copy")
async def caption(pair: Pair) -> None:
    stage = pair.stage
    sent = await stage.control.send(pair.group, stage.amina, Item(kind="photo", caption="samedi"))
    copy = await pair.on_matrix(lambda line: "samedi" in line.body)
    await stage.control.edit(pair.group, stage.amina, sent["message_id"], "dimanche")
    line = await pair.on_matrix(lambda line: "dimanche" in line.body)
    assert line.event_id == copy.event_id and line.content["url"] == copy.content["url"]


@row("album", FORTH, "each picture an event, in order, its caption where it was")
async def album(pair: Pair) -> None:
    items = [Item(kind="photo", caption=f"vue {n}") for n in range(5)]
    await pair.stage.control.album(pair.group, pair.stage.amina, items)

    async def all_there() -> bool:
        return len([line for line in await pair.matrix() if "vue" in line.body]) == 5

    await until(all_there, 20)
    bodies = [line.body.rpartition(": ")[2] for line in await pair.matrix() if "vue" in line.body]
    assert bodies == [f"vue {n}" for n in range(5)]


@row("video, animation, video note", FORTH, "video with its length, looping video, round video as video")
async def video(pair: Pair) -> None:
    content, data = await sends(pair, Item(kind="video", caption="film"), "m.video")
    assert len(data) == len(sample("video").data or b"") and content["info"]["duration"] == 1000  # type: ignore[index]
    other = await pair.stage.pair()
    content, _ = await sends(other, Item(kind="animation"), "m.video")
    assert any("animated" in name or "gif" in name for name in content["info"])  # type: ignore[attr-defined]
    third = await pair.stage.pair()
    await sends(third, Item(kind="video_note"), "m.video")


@row("sticker (webp, tgs, webm)", FORTH, "image, or a still, with its emoji")
async def sticker(pair: Pair) -> None:
    for number, item in enumerate((
        Item(kind="sticker", emoji="🎉"), Item(kind="sticker", emoji="🎉", sample="sticker.tgs", thumbnail=True),
        Item(kind="sticker", emoji="🎉", sample="sticker.webm", thumbnail=True),
    )):  # fmt: skip
        other = pair if number == 0 else await pair.stage.pair()
        await other.stage.control.send(other.group, other.stage.amina, item)
        line = await other.on_matrix(lambda line: line.content.get("url"))
        assert "🎉" in line.body and str(line.content["info"]["mimetype"]).startswith("image/")


@row("voice, audio", FORTH, "MSC3245 voice with its length, audio with its title")
async def voice(pair: Pair) -> None:
    content, data = await sends(pair, Item(kind="voice"), "m.audio")
    assert data.startswith(b"OggS") and "org.matrix.msc3245.voice" in content
    assert content["info"]["duration"] == 1000  # type: ignore[index]
    other = await pair.stage.pair()
    content, _ = await sends(other, Item(kind="audio", title="La ronde", performer="Les voisins"), "m.audio")
    assert "La ronde" in str(content) and "org.matrix.msc3245.voice" not in content


@row("file", FORTH, "file with its name and type; too large: a note to its author, a line to the others")
async def file(pair: Pair) -> None:
    content, data = await sends(pair, Item(kind="document", data=b"%PDF-1.4 x", name="ordre du jour.pdf"), "m.file")
    assert data == b"%PDF-1.4 x" and content["filename"] == "ordre du jour.pdf"
    stage = pair.stage
    await stage.control.send(pair.group, stage.amina, Item(kind="document", name="lourd.bin", size=30 * 2**20))

    async def told() -> bool:
        view = await stage.control.view(pair.group, stage.amina)
        return any("trop lourd" in one.get("text", "") for one in view["messages"])

    await until(told, 20)
