"""Sending files: each kind of media, albums, and fetching."""

from typing import Any

from bridges.simulator import render
from bridges.simulator.errors import Refusal, bad
from bridges.simulator.files import MOST_DOWN, File
from bridges.simulator.media import SPOILED, made
from bridges.simulator.methods.call import Call, method
from bridges.simulator.methods.sending import CAPTION, PLACED, SENT, WHISPERED, placed, send
from bridges.simulator.text import Formatted
from bridges.simulator.world import Json

# What may stand together in an album.
GROUPS = {"photo": "seen", "video": "seen", "live_photo": "seen", "audio": "heard", "document": "read"}
INPUTS = ("photo", "video", "animation", "audio", "document", "live_photo")
NOUNS = {"video_note": "video note"}
FLAGS = {"show_caption_above_media": "show_caption_above_media", "has_spoiler": "has_media_spoiler"}


def _media(name: str, kind: str, *own: str, captioned: bool = True) -> None:
    """The method that sends one kind of media; `own` are the parameters that no other has."""
    shown = (*CAPTION, *(FLAGS if kind in SPOILED else ())) if captioned else ()

    def run(call: Call) -> Json:
        call.chat()  # where it may not go is told before what is wrong with it
        caption = call.caption() if captioned else Formatted()
        body = _body(call, kind, call.text(kind), {part: call.raw(part) for part in own}, kind)
        flags = {flag: call.flag(flag) for flag in FLAGS if flag in shown}
        return render.message(send(call, next(iter(body)), caption, body=body | _flags(flags)), call.world)

    method(name, *SENT, *WHISPERED, *shown, kind, *own)(run)


def _flags(given: Json) -> Json:
    """How Message calls what InputMedia asks for."""
    return {FLAGS[name]: True for name in FLAGS if given.get(name)}


def _body(call: Call, kind: str, value: str, told: Json, name: str = "") -> Json:
    """The fields of Message that show the file which `value` means."""
    found = call.file(value, name)
    if found is None:
        raise bad(f"there is no {NOUNS.get(kind, kind)} in the request" if name else "media not found")
    if isinstance(found, File):
        # Photos apart, whatever was sent once is sent again as what it was.
        if (found.kind == "photo") != (kind == "photo") or not found.body:
            raise bad(f"can't use file of type {_type(found.kind)} as {_type(kind)}")
        return found.body
    thumbnail = call.uploaded(str(told.get("thumbnail") or ""), "thumbnail")
    told = told | {"plain": told.get("disable_content_type_detection") in (True, "true", "True")}
    return made(call.world.files, kind, found, told | {"thumbnail": thumbnail.data if thumbnail else b""})


def _type(kind: str) -> str:
    return {"video_note": "VideoNote", "voice": "VoiceNote"}.get(kind, kind.capitalize())


_SHAPE = ("duration", "width", "height", "thumbnail")
_media("sendPhoto", "photo")
_media("sendVideo", "video", *_SHAPE, "cover", "start_timestamp", "supports_streaming")
_media("sendAnimation", "animation", *_SHAPE)
_media("sendVideoNote", "video_note", "duration", "length", "thumbnail", captioned=False)
_media("sendVoice", "voice", "duration")
_media("sendAudio", "audio", "duration", "performer", "title", "thumbnail")
_media("sendDocument", "document", "thumbnail", "disable_content_type_detection")
_media("sendSticker", "sticker", "emoji", captioned=False)


def input_media(call: Call, given: Any) -> tuple[Formatted, Json]:
    """The caption and the body that one InputMedia asks for."""
    if not isinstance(given, dict):
        raise bad("can't parse InputMedia: expected an Object")
    kind = given.get("type")
    if kind not in INPUTS:
        raise bad(f'can\'t parse InputMedia: type "{kind}" is unsupported')
    caption = call.caption(given)
    told = {name: value for name, value in given.items() if name not in ("caption", "media", "type")}
    return caption, _body(call, str(kind), str(given.get("media") or ""), told) | _flags(given)


@method("sendMediaGroup", *PLACED, "direct_messages_topic_id", "media")
def send_media_group(call: Call) -> list[Json]:
    """Two to ten items that go together; all of them are sent, or none."""
    chat = call.chat()
    given = call.structure("media", "media")
    if not isinstance(given, list):
        raise bad("expected an Array of InputMedia")
    if any(isinstance(one, dict) and one.get("type") == "animation" for one in given):
        raise bad('can\'t parse InputMedia: type "animation" can\'t be used in sendMediaGroup')
    if not 2 <= len(given) <= 10:
        raise bad("too many messages to send as an album" if given[2:] else "media group must include 2-10 items")
    items = [_item(call, number, one) for number, one in enumerate(given, 1)]
    kinds = [next(iter(body)) for _, body in items]
    for kind in dict.fromkeys(kinds):
        call.writable(chat, kind)
    if len({GROUPS.get(kind) for kind in kinds}) > 1:
        alone = next((kind for kind in kinds if kind in ("audio", "document")), kinds[0])
        raise bad(f"{alone} can't be mixed with other media types")
    how = placed(call, chat)
    call.spend(chat, len(items))
    sent = call.deeds.album(chat, call.bot, items, **how)
    return [render.message(message, call.world) for message in sent]


def _item(call: Call, number: int, given: Any) -> tuple[Formatted, Json]:
    """One item of an album; what the network finds wrong with its file is told with its number."""
    if isinstance(given, dict):
        given = given | {"disable_content_type_detection": True}
    try:
        return input_media(call, given)
    except Refusal as refusal:
        words = refusal.description.removeprefix("Bad Request: ")
        if words.isupper():
            raise bad(f'failed to send message #{number} with the error message "{words}"') from refusal
        raise


@method("getFile", "file_id")
def get_file(call: Call) -> Json:
    """A link that is good for an hour; files over 20 MB are out of a bot's reach."""
    found = call.world.files.get(call.text("file_id").strip())
    if found is None:
        raise bad("invalid file_id" if call.has("file_id") else "file_id not specified")
    if found.size > MOST_DOWN:
        raise bad("file is too big")
    return found.told() | {"file_path": call.world.files.link(found)}
