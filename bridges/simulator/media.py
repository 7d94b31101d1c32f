"""What becomes of a file that is sent as a photo, a video, a voice...: the network looks at it, and may disagree."""

import io
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path, PurePath
from typing import Any

from PIL import Image, UnidentifiedImageError

from bridges.simulator.errors import bad
from bridges.simulator.files import MEGABYTE, File, Files, Upload, shrunk

Json = dict[str, Any]

MEDIA = ("photo", "video", "animation", "video_note", "voice", "audio", "document", "sticker", "live_photo")
CAPTIONED = frozenset(MEDIA) - {"video_note", "sticker"}
SPOILED = frozenset({"photo", "video", "animation", "live_photo"})
SIDES = (90, 320, 800, 1280)
SAMPLES = Path(__file__).parent / "samples"
SAMPLE = {
    "photo": "photo.jpg", "video": "video.mp4", "animation": "loop.mp4", "video_note": "round.mp4",
    "voice": "voice.ogg", "audio": "audio.mp3", "sticker": "sticker.webp", "live_photo": "video.mp4",
}  # fmt: skip
SAMPLED = (*SAMPLE.values(), "sticker.tgs", "sticker.webm")
SHAPE: dict[str, Json] = {  # what the samples are, in pixels and seconds
    "video": {"width": 160, "height": 120, "duration": 1},
    "animation": {"width": 160, "height": 120, "duration": 1},
    "live_photo": {"width": 160, "height": 120, "duration": 1},
    "video_note": {"length": 120, "duration": 1},
    "voice": {"duration": 1},
    "audio": {"duration": 1, "performer": "Palier", "title": "La"},
    "sticker": {"emoji": "🙂"},
}
TYPE = {
    "video": "video/mp4", "animation": "video/mp4", "video_note": "video/mp4", "live_photo": "video/mp4",
    "voice": "audio/ogg", "audio": "audio/mpeg", "sticker": "image/webp",
}  # fmt: skip
MARKS = (
    (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG", "image/png"), (b"GIF8", "image/gif"),
    (b"\x1aE\xdf\xa3", "video/webm"), (b"ID3", "audio/mpeg"), (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"), (b"\xff\xf2", "audio/mpeg"), (b"fLaC", "audio/flac"),
    (b"%PDF", "application/pdf"), (b"\x1f\x8b", "application/x-tgsticker"),
)  # fmt: skip
VOICES = ("audio/ogg", "audio/mpeg", "audio/mp4")
STICKERS = {"image/webp": ".webp", "application/x-tgsticker": ".tgs", "video/webm": ".webm"}


def sample(kind: str) -> Upload:
    """A small file of that kind; a sticker may be named `sticker.tgs` or `sticker.webm`."""
    if kind == "document":
        return Upload("Procès-verbal de la réunion\n".encode(), "réunion.txt", "text/plain")
    name = SAMPLE.get(kind, kind)
    if name not in SAMPLED:
        raise ValueError(f"there is no sample {name}")
    data = (SAMPLES / name).read_bytes()
    return Upload(data, name, kind_of(data))


def kind_of(data: bytes) -> str:
    """The MIME type that the first bytes tell, or nothing."""
    begin = data[:64]
    if begin[4:8] == b"ftyp":
        return "audio/mp4" if begin[8:11] == b"M4A" else "video/mp4"
    if begin[:4] == b"OggS":
        return "audio/ogg" if b"OpusHead" in begin else "audio/x-vorbis+ogg"
    if begin[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/x-wav"}.get(begin[8:12], "")
    return next((kind for mark, kind in MARKS if begin.startswith(mark)), "")


def made(files: Files, kind: str, upload: Upload, told: Json) -> Json:
    """The part of Message that shows the file; `told` is what the sender says of it (width, duration, title...).

    A file that is not what it is sent as becomes what it can be, as on the network; raises `Refusal` where it cannot
    be anything. `told["thumbnail"]` is a picture's bytes; `told["plain"]` keeps a document a document; people's
    clients are believed (`told["trusted"]`), bots are not.
    """
    if not upload.size:
        raise bad("file must be non-empty")
    if kind == "photo":
        return _photo(files, upload)
    really = kind_of(upload.data)
    if told.get("trusted"):
        really, shown = really or upload.type or TYPE.get(kind, ""), kind
    else:
        shown = _as(kind, really, plain=bool(told.get("plain")))
    body = _MAKERS[shown](files, upload, told, really)
    for one in body.values():
        if isinstance(one, dict) and (file := files.get(one["file_id"])):
            file.body = body
    return body


def _as(kind: str, really: str, *, plain: bool) -> str:
    """What a file is shown as that was sent as `kind`."""
    sound = really.startswith("audio/")
    match kind:
        case "voice" if really not in VOICES:
            return "audio" if sound else "document"
        case "audio" if not sound:
            return "document"
        case "video" | "video_note" | "live_photo" if really != "video/mp4":
            return "document"
        case "animation" if really not in ("video/mp4", "image/gif"):
            return "document"
        case "sticker" if really not in STICKERS:
            return "document"
        case "document" if not plain and really in ("image/gif", "image/webp", "application/x-tgsticker"):
            return "animation" if really == "image/gif" else "sticker"
        case _:
            return kind


def _named(file: File, upload: Upload, really: str) -> Json:
    name = PurePath(upload.name).name
    kind = really or upload.type or "application/octet-stream"
    return file.told() | ({"file_name": name} if name else {}) | {"mime_type": kind}


def _numbers(told: Json, *names: str) -> Json:
    """Whole numbers, as the network reads them: what is none counts as 0."""
    found = {name: str(told.get(name) or "").strip() for name in names}
    return {name: int(text) if text.isdecimal() else 0 for name, text in found.items()}


def _thumbnail(files: Files, told: Json) -> Json:
    """PhotoSize of the picture given along, if it is one that the network takes (JPEG, 200 kB, 320 pixels)."""
    data = told.get("thumbnail") or b""
    if not data or len(data) > 200_000 or kind_of(data) not in ("image/jpeg", "image/webp"):
        return {}
    width, height = _size(data)
    if max(width, height) > 320:
        return {}
    file = files.add("thumbnail", Upload(data))
    return {"thumbnail": file.told() | {"width": width, "height": height}}


def _size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels; raises `Refusal` where it is no picture, or a bomb."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data)) as picture:
            return picture.size
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError):
        raise bad("IMAGE_PROCESS_FAILED") from None


def _photo(files: Files, upload: Upload) -> Json:
    """A photo is a JPEG of at most 1280 pixels a side, and smaller ones beside it."""
    if upload.size > 10 * MEGABYTE:
        raise bad(
            f"file of size {upload.size} bytes is too big for a photo; the maximum size is {10 * MEGABYTE} bytes"
        )
    width, height = _size(upload.data)
    if width + height > 10_000 or max(width, height) > 20 * min(width, height):
        raise bad("PHOTO_INVALID_DIMENSIONS")
    data = upload.data
    try:
        smaller = shrunk(data, SIDES[-1])
    except (OSError, ValueError, SyntaxError):
        raise bad("IMAGE_PROCESS_FAILED") from None
    if kind_of(data) != "image/jpeg" or max(width, height) > SIDES[-1]:
        data = smaller
        width, height = _size(data)
    sizes = []
    for side in SIDES:
        if side < max(width, height):
            small = files.add("photo", Upload(b""), partial(shrunk, data, side))
            scale = side / max(width, height)
            shape = {"width": max(1, round(width * scale)), "height": max(1, round(height * scale))}
            sizes.append((small, small.told() | shape))
    whole = files.add("photo", Upload(data))
    sizes.append((whole, whole.told() | {"width": width, "height": height}))
    body = {"photo": [size for _, size in sizes]}
    for file, _ in sizes:
        file.body = body
    return body


def _moving(kind: str, files: Files, upload: Upload, told: Json, really: str) -> Json:
    """Video, Animation."""
    file = files.add(kind, upload)
    shape = _numbers(told, "width", "height", "duration")
    shown = _named(file, upload, really) | shape | _thumbnail(files, told)
    if kind == "video":
        return {"video": shown}
    # For clients of before animations it is a document as well.
    plain = {name: value for name, value in shown.items() if name not in shape}
    return {"animation": shown, "document": plain}


def _round(files: Files, upload: Upload, told: Json, _: str) -> Json:
    file = files.add("video_note", upload)
    return {"video_note": file.told() | _numbers(told, "length", "duration") | _thumbnail(files, told)}


def _voice(files: Files, upload: Upload, told: Json, really: str) -> Json:
    file = files.add("voice", upload)
    return {"voice": file.told() | _numbers(told, "duration") | {"mime_type": really}}


def _audio(files: Files, upload: Upload, told: Json, really: str) -> Json:
    file = files.add("audio", upload)
    words = {name: str(told[name]) for name in ("performer", "title") if told.get(name)}
    shown = _named(file, upload, really) | _numbers(told, "duration") | words | _thumbnail(files, told)
    return {"audio": shown}


def _document(files: Files, upload: Upload, told: Json, really: str) -> Json:
    file = files.add("document", upload)
    return {"document": _named(file, upload, really) | _thumbnail(files, told)}


def _sticker(files: Files, upload: Upload, told: Json, really: str) -> Json:
    if really not in STICKERS:
        raise bad("STICKER_FILE_INVALID")
    ending = STICKERS[really]
    file = files.add("sticker", Upload(upload.data, f"sticker{ending}", claimed=upload.claimed))
    width, height = _size(upload.data) if really == "image/webp" and upload.data else (512, 512)
    shown: Json = file.told() | {
        "type": "regular", "width": width, "height": height, "is_animated": ending == ".tgs",
        "is_video": ending == ".webm",
    }  # fmt: skip
    words = {name: str(told[name]) for name in ("emoji", "set_name") if told.get(name)}
    return {"sticker": shown | words | _thumbnail(files, told)}


def _live(files: Files, upload: Upload, told: Json, really: str) -> Json:
    file = files.add("live_photo", upload)
    still = _photo(files, Upload(told.get("thumbnail") or sample("photo").data))
    shape = _numbers(told, "width", "height", "duration")
    return {"live_photo": file.told() | shape | {"mime_type": really} | still}


_MAKERS: dict[str, Callable[[Files, Upload, Json, str], Json]] = {
    "video": partial(_moving, "video"), "animation": partial(_moving, "animation"), "video_note": _round,
    "voice": _voice, "audio": _audio, "document": _document, "sticker": _sticker, "live_photo": _live,
}  # fmt: skip
