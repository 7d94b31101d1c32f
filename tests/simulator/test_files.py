"""Files from a bot: each kind, by upload and by id, albums, edits, fetching, and where the network says no."""

import io
from typing import Any

import pytest
from PIL import Image

from bridges.simulator import Item
from bridges.simulator.files import MEGABYTE, Files, Upload
from bridges.simulator.media import SAMPLES
from tests.simulator.conftest import Failed, Town

SAMPLE = {path.name: path.read_bytes() for path in SAMPLES.iterdir()}
PHOTO = ("maison.jpg", SAMPLE["photo.jpg"])
KINDS = [
    ("sendPhoto", "photo", "photo.jpg", "photo"),
    ("sendVideo", "video", "video.mp4", "video"),
    ("sendAnimation", "animation", "loop.mp4", "animation"),
    ("sendVideoNote", "video_note", "round.mp4", "video_note"),
    ("sendVoice", "voice", "voice.ogg", "voice"),
    ("sendVoice", "voice", "audio.mp3", "voice"),
    ("sendAudio", "audio", "audio.mp3", "audio"),
    ("sendDocument", "document", "audio.mp3", "document"),
    ("sendSticker", "sticker", "sticker.webp", "sticker"),
    ("sendSticker", "sticker", "sticker.tgs", "sticker"),
    ("sendSticker", "sticker", "sticker.webm", "sticker"),
    # What it is not, it does not become.
    ("sendVideo", "video", "sticker.webm", "document"),
    ("sendAnimation", "animation", "audio.mp3", "document"),
    ("sendVideoNote", "video_note", "photo.jpg", "document"),
    ("sendVoice", "voice", "photo.jpg", "document"),
    ("sendAudio", "audio", "video.mp4", "document"),
    ("sendSticker", "sticker", "photo.jpg", "document"),
    ("sendDocument", "document", "sticker.webp", "sticker"),
]


def picture(width: int, height: int, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (70, 120, 110)).save(out, kind)
    return out.getvalue()


def file_of(message: Any, kind: str) -> Any:
    return message[kind][-1] if kind == "photo" else message[kind]


async def send_photo(town: Town, **more: Any) -> Any:
    return await town.api.upload("sendPhoto", {"photo": PHOTO}, chat_id=str(town.group), **more)


@pytest.mark.parametrize(("method", "parameter", "name", "kind"), KINDS)
async def test_every_kind_is_uploaded_shown_fetched_and_sent_again(
    town: Town, method: str, parameter: str, name: str, kind: str
) -> None:
    sent = await town.api.upload(method, {parameter: (name, SAMPLE[name])}, chat_id=str(town.group))
    shown = file_of(sent, kind)
    assert shown["file_size"] == len(SAMPLE[name])
    assert await town.api.fetch(shown["file_id"]) == SAMPLE[name]
    seen = await town.last()
    assert seen["kind"] == kind and seen["file"]["id"] == shown["file_id"]
    assert await town.control.file(seen["file"]["id"]) == SAMPLE[name]
    again = await town.api(method, chat_id=town.group, **{parameter: shown["file_id"]})
    assert file_of(again, kind) == shown


async def test_what_is_said_of_a_file_is_kept(town: Town) -> None:
    said = {"duration": 61, "width": 640, "height": 360, "caption": "<b>Fête</b> 😀", "parse_mode": "HTML"}
    files = {"video": ("fête.mp4", SAMPLE["video.mp4"]), "thumbnail": PHOTO}
    sent = await town.api.upload("sendVideo", files, chat_id=str(town.group), has_spoiler=True, **said)
    video = sent["video"]
    assert (video["width"], video["height"], video["duration"]) == (640, 360, 61)
    assert video["mime_type"] == "video/mp4" and video["file_name"] == "fête.mp4"
    assert await town.api.fetch(video["thumbnail"]["file_id"]) == PHOTO[1]
    assert sent["caption"] == "Fête 😀" and sent["has_media_spoiler"]
    assert sent["caption_entities"] == [{"type": "bold", "offset": 0, "length": 4}]
    seen = await town.last()
    assert seen["text"] == "Fête 😀" and seen["html"] == "<b>Fête</b> 😀" and seen["spoiler"]
    music = {"performer": "Anaïs", "title": "Mon cœur", "duration": "12"}
    heard = {"audio": ("a.mp3", SAMPLE["audio.mp3"])}
    audio = (await town.api.upload("sendAudio", heard, chat_id=str(town.group), **music))["audio"]
    assert (audio["performer"], audio["title"], audio["duration"]) == ("Anaïs", "Mon cœur", 12)


async def test_a_photo_becomes_a_jpeg_in_several_sizes(town: Town) -> None:
    drawn = ("plan.png", picture(2000, 1000))
    sizes = (await town.api.upload("sendPhoto", {"photo": drawn}, chat_id=str(town.group)))["photo"]
    assert [(size["width"], size["height"]) for size in sizes] == [(90, 45), (320, 160), (800, 400), (1280, 640)]
    for size in sizes:
        with Image.open(io.BytesIO(await town.api.fetch(size["file_id"]))) as fetched:
            assert fetched.format == "JPEG" and fetched.size == (size["width"], size["height"])
    assert len({size["file_unique_id"] for size in sizes}) == 4


async def test_attached_files_and_documents(town: Town) -> None:
    here = str(town.group)
    sent = await town.api.upload("sendPhoto", {"p1": PHOTO}, chat_id=here, photo="attach://p1")
    assert sent["photo"]
    name = "../../etc/Règlement 2026.pdf"
    document = {"document": (name, b"%PDF-1.7 ...")}
    sent = await town.api.upload("sendDocument", document, chat_id=here, disable_content_type_detection=True)
    assert sent["document"]["file_name"] == "Règlement 2026.pdf" and sent["document"]["mime_type"] == "application/pdf"
    path = (await town.api("getFile", file_id=sent["document"]["file_id"]))["file_path"]
    assert path.startswith("documents/file_") and path.endswith(".pdf")
    drawn = {"document": ("s.webp", SAMPLE["sticker.webp"])}
    kept = await town.api.upload("sendDocument", drawn, chat_id=here, disable_content_type_detection=True)
    assert kept["document"]["mime_type"] == "image/webp"
    moving = await town.api.upload("sendDocument", {"document": ("a.gif", picture(10, 10, "GIF"))}, chat_id=here)
    assert moving["animation"]["file_id"] == moving["document"]["file_id"]


async def test_what_is_no_photo(town: Town) -> None:
    async def refused(data: bytes) -> str:
        return await town.api.refused_upload("sendPhoto", {"photo": ("a.jpg", data)}, chat_id=str(town.group))

    assert await refused(b"") == "file must be non-empty"
    for broken in (b"no picture", PHOTO[1][:40], PHOTO[1][:1500]):
        assert await refused(broken) == "IMAGE_PROCESS_FAILED"
    assert await refused(picture(9000, 1001)) == await refused(picture(2100, 100)) == "PHOTO_INVALID_DIMENSIONS"
    big = PHOTO[1] + bytes(10 * MEGABYTE)
    assert await refused(big) == (
        f"file of size {len(big)} bytes is too big for a photo; the maximum size is {10 * MEGABYTE} bytes"
    )


async def test_files_that_do_not_exist(town: Town) -> None:
    async def refused(photo: str) -> str:
        return await town.api.refused("sendPhoto", chat_id=town.group, photo=photo)

    assert await refused("") == await refused("attach://nothing") == "there is no photo in the request"
    assert await refused("https://example.org/a.jpg") == "failed to get HTTP URL content"
    assert (await refused("nonsense")).startswith("wrong remote file identifier specified")
    document = await town.api.upload("sendDocument", {"document": ("a.txt", b"a")}, chat_id=str(town.group))
    assert await refused(document["document"]["file_id"]) == "can't use file of type Document as Photo"
    assert await town.api.refused("getFile", file_id="nonsense") == "invalid file_id"
    assert await town.api.refused("getFile", file_id="") == "file_id not specified"
    assert (await town.api.http.get(f"/file/bot{town.api.token}/photos/file_9.jpg")).status_code == 404
    assert (await town.api.http.get("/file/bot1:AAAAAAAAAAAAAAAAAAAAAAAAA/photos/file_0.jpg")).status_code == 401


async def test_a_link_is_good_for_an_hour(town: Town) -> None:
    file_id = (await send_photo(town))["photo"][-1]["file_id"]
    path = (await town.api("getFile", file_id=file_id))["file_path"]
    assert path == (await town.api("getFile", file_id=file_id))["file_path"]
    town.shift(3601)
    assert (await town.api.http.get(f"/file/bot{town.api.token}/{path}")).status_code == 404
    assert await town.api.fetch(file_id) == PHOTO[1]


async def test_twenty_megabytes_down_fifty_up(town: Town) -> None:
    big = {"document": ("a.bin", bytes(20 * MEGABYTE + 1))}
    document = (await town.api.upload("sendDocument", big, chat_id=str(town.group)))["document"]
    assert document["file_size"] == 20 * MEGABYTE + 1
    assert await town.api.refused("getFile", file_id=document["file_id"]) == "file is too big"
    with pytest.raises(Failed) as failure:
        await town.api.upload("sendDocument", {"document": ("a", bytes(50 * MEGABYTE + 1))}, chat_id=str(town.group))
    assert failure.value.code == 413 and str(failure.value) == "Request Entity Too Large"


async def test_captions(town: Town) -> None:
    assert len((await send_photo(town, caption="😀" * 512))["caption"]) == 512
    words = await town.api.refused_upload("sendPhoto", {"photo": PHOTO}, chat_id=str(town.group), caption="😀" * 513)
    assert words == "message caption is too long"
    entities = [{"type": "spoiler", "offset": 0, "length": 2}]
    assert (await send_photo(town, caption="été", caption_entities=entities))["caption_entities"] == entities
    assert "caption" not in await send_photo(town, caption="  ")


async def test_a_media_message_answers_whispers_and_keeps_to_its_topic(town: Town) -> None:
    question = await town.say("Une photo ?")
    reply = await send_photo(town, reply_parameters={"message_id": question["message_id"], "quote": "photo"})
    assert reply["reply_to_message"]["text"] == "Une photo ?" and reply["quote"]["text"] == "photo"
    whispered = await send_photo(town, ephemeral_message_parameters={"receiver_user_id": town.bruno})
    assert whispered["message_id"] == 0 and whispered["photo"]
    assert (await town.last(town.bruno))["ephemeral_message_id"] and "ephemeral_message_id" not in await town.last()
    there = {
        "chat_id": town.group, "receiver_user_id": town.bruno,
        "ephemeral_message_id": whispered["ephemeral_message_id"],
    }  # fmt: skip
    assert await town.api("editEphemeralMessageCaption", **there, caption="psst")
    assert (await town.last(town.bruno))["text"] == "psst"
    document = await town.api.upload("sendDocument", {"document": ("a.txt", b"a")}, chat_id=str(town.group))
    media = {"type": "document", "media": document["document"]["file_id"]}
    assert await town.api("editEphemeralMessageMedia", **there, media=media)
    seen = (await town.control.view(town.group, town.bruno))["messages"]
    assert next(line for line in seen if line.get("ephemeral_message_id"))["kind"] == "document"


# --- albums


async def album(town: Town, media: list[Any], files: dict[str, tuple[str, bytes]]) -> Any:
    return await town.api.upload("sendMediaGroup", files, chat_id=str(town.group), media=media)


async def test_an_album(town: Town) -> None:
    old = (await send_photo(town))["photo"][-1]["file_id"]
    media = [
        {"type": "photo", "media": "attach://a", "caption": "<i>un</i>", "parse_mode": "HTML", "has_spoiler": True},
        {"type": "video", "media": "attach://b", "thumbnail": "attach://a", "duration": 3},
        {"type": "photo", "media": old},
    ]
    sent = await album(town, media, {"a": PHOTO, "b": ("b.mp4", SAMPLE["video.mp4"])})
    assert len({message["media_group_id"] for message in sent}) == 1
    first = sent[0]["message_id"]
    assert [message["message_id"] for message in sent] == [first, first + 1, first + 2]
    assert sent[0]["caption_entities"][0]["type"] == "italic" and sent[0]["has_media_spoiler"]
    assert sent[1]["video"]["thumbnail"] and sent[1]["video"]["duration"] == 3
    seen = (await town.control.view(town.group, town.chloe))["messages"][-3:]
    assert len({line["album"] for line in seen}) == 1


async def test_what_is_no_album(town: Town) -> None:
    photo, document = {"type": "photo", "media": "attach://a"}, {"type": "document", "media": "attach://a"}

    async def refused(*media: Any) -> str:
        return await town.api.refused_upload("sendMediaGroup", {"a": PHOTO}, chat_id=str(town.group), media=list(media))

    assert await refused(*[photo] * 11) == "too many messages to send as an album"
    assert await refused(photo) == "media group must include 2-10 items"
    assert await refused(photo, document) == "document can't be mixed with other media types"
    moving = {"type": "animation", "media": "attach://a"}
    assert "can't be used in sendMediaGroup" in await refused(photo, moving)
    assert await refused(photo, {"type": "photo", "media": "attach://b"}) == "media not found"
    assert 'type "story" is unsupported' in await refused(photo, {"type": "story", "media": "attach://a"})
    assert await refused(photo, photo | {"caption": "a" * 1025}) == "message caption is too long"
    broken = {"a": PHOTO, "b": ("b.jpg", b"no picture")}
    words = await town.api.refused_upload(
        "sendMediaGroup", broken, chat_id=str(town.group), media=[photo, {"type": "photo", "media": "attach://b"}]
    )
    assert words == 'failed to send message #2 with the error message "IMAGE_PROCESS_FAILED"'
    assert await town.texts(town.alice) == []


async def test_an_album_counts_as_many_as_its_items(town: Town) -> None:
    await town.control.settings(limits=True)
    photo = {"type": "photo", "media": "attach://a"}
    await album(town, [photo] * 10, {"a": PHOTO})
    for method in ("sendMessage", "sendLocation"):
        with pytest.raises(Failed) as failure:
            await town.api(method, chat_id=town.group, text="a", latitude=1, longitude=1)
        assert failure.value.code == 429 and 7 <= failure.value.parameters["retry_after"] <= 8
    town.shift(10)
    await album(town, [photo] * 10, {"a": PHOTO})
    town.shift(30)
    with pytest.raises(Failed) as failure:
        await album(town, [photo] * 2, {"a": PHOTO})
    assert failure.value.code == 429 and 19 <= failure.value.parameters["retry_after"] <= 20
    assert (await town.control.counts())["refused"] == {str(town.group): 3}


# --- edits


async def test_editing_captions(town: Town) -> None:
    sent = await send_photo(town, caption="avant")
    here = {"chat_id": town.group, "message_id": sent["message_id"]}
    after = {"caption": "*après*", "parse_mode": "MarkdownV2"}
    edited = await town.api("editMessageCaption", **here, **after)
    assert edited["caption"] == "après" and edited["photo"] == sent["photo"] and edited["edit_date"]
    assert "message is not modified" in await town.api.refused("editMessageCaption", **here, **after)
    assert await town.api.refused("editMessageText", **here, text="a") == "there is no text in the message to edit"
    assert "caption" not in await town.api("editMessageCaption", **here)
    text = await town.api("sendMessage", chat_id=town.group, text="a")
    there = {"chat_id": town.group, "message_id": text["message_id"]}
    words = await town.api.refused("editMessageCaption", **there, caption="b")
    assert words == "there is no caption in the message to edit"
    assert await town.api.refused("editMessageCaption", **here, caption="a" * 1025) == "message caption is too long"


async def test_editing_media(town: Town) -> None:
    sent = await send_photo(town, caption="avant")
    here = {"chat_id": str(town.group), "message_id": str(sent["message_id"])}
    same = {"type": "photo", "media": sent["photo"][0]["file_id"], "caption": "avant"}
    assert "message is not modified" in await town.api.refused("editMessageMedia", **here, media=same)
    video = {"type": "video", "media": "attach://v", "caption": "film"}
    edited = await town.api.upload("editMessageMedia", {"v": ("v.mp4", SAMPLE["video.mp4"])}, **here, media=video)
    assert edited["video"] and "photo" not in edited and edited["caption"] == "film"
    text = await town.api("sendMessage", chat_id=town.group, text="a")
    there = {"chat_id": town.group, "message_id": text["message_id"]}
    assert (await town.api("editMessageMedia", **there, media=same))["photo"]
    voice = await town.api.upload("sendVoice", {"voice": ("v.ogg", SAMPLE["voice.ogg"])}, chat_id=str(town.group))
    there["message_id"] = voice["message_id"]
    assert await town.api.refused("editMessageMedia", **there, media=same) == "there is no media in the message to edit"


async def test_an_item_of_an_album_keeps_its_group_and_has_no_keyboard(town: Town) -> None:
    photo = {"type": "photo", "media": "attach://a"}
    first, _ = await album(town, [photo, photo], {"a": PHOTO})
    here = {"chat_id": town.group, "message_id": first["message_id"]}
    keyboard = {"inline_keyboard": [[{"text": "Oui", "callback_data": "yes"}]]}
    assert "not modified" in await town.api.refused("editMessageReplyMarkup", **here, reply_markup=keyboard)
    document = await town.api.upload("sendDocument", {"document": ("a.txt", b"a")}, chat_id=str(town.group))
    media = {"type": "document", "media": document["document"]["file_id"]}
    words = await town.api.refused("editMessageMedia", **here, media=media)
    assert words == "message content type can't be used in an album"
    edited = await town.api("editMessageCaption", **here, caption="légende")
    assert edited["media_group_id"] == first["media_group_id"] and edited["caption"] == "légende"


async def test_only_own_messages_are_edited(town: Town) -> None:
    theirs = await town.control.send(town.group, town.alice, Item(kind="photo"))
    for message, words in ((theirs["message_id"], "message can't be edited"), (999, "message to edit not found")):
        here = {"chat_id": town.group, "message_id": message}
        assert await town.api.refused("editMessageCaption", **here, caption="a") == words
        media = {"type": "photo", "media": theirs["photo"][0]["file_id"]}
        assert await town.api.refused("editMessageMedia", **here, media=media) == words
        assert await town.api.refused("editMessageReplyMarkup", **here) == words


# --- rights, and room


async def test_a_right_for_each_kind(town: Town) -> None:
    await town.control.member(town.group, town.bot, "member")
    await town.control.permit(town.group, can_send_photos=False, can_send_polls=False)
    words = await town.api.refused_upload("sendPhoto", {"photo": PHOTO}, chat_id=str(town.group))
    assert words == "not enough rights to send photos to the chat"
    words = await town.api.refused("sendPoll", chat_id=town.group, question="Qui ?", options=["moi", "toi"])
    assert words == "not enough rights to send polls to the chat"
    await town.api.upload("sendVoice", {"voice": ("a.ogg", SAMPLE["voice.ogg"])}, chat_id=str(town.group))
    await town.control.permit(town.group, everything=False)
    words = await town.api.refused("sendMessage", chat_id=town.group, text="a")
    assert words == "not enough rights to send text messages to the chat"


def test_of_too_many_files_the_oldest_are_forgotten() -> None:
    files = Files(lambda: 0.0, room=10_000)
    made = [files.add("document", Upload(bytes(1000), f"{n}.txt")) for n in range(10)]
    assert files.get(made[0].id) is None and files.get(made[-1].id) is made[-1]
    assert files.held <= 10_000
    files.link(made[0])
    assert files.at(made[0].path) is None
