"""Files on their way to Telegram: which method takes them, what it takes with them, and how they are streamed."""

import re
from base64 import b64decode
from collections.abc import Sequence
from typing import Any, BinaryIO

from telegram import (
    InputFile,
    InputMedia,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    MessageEntity,
)

from bridges.model import Media, MediaKind, Send
from bridges.port import File
from bridges.telegram.calls import captioned

UPLOADS = 50 * 1024 * 1024  # `sendDocument` and the like; a bot downloads 20 MB at most (`getFile`)
PHOTO = 10 * 1024 * 1024
PICTURES = {"image/jpeg", "image/png", "image/webp"}
METHODS = {
    MediaKind.PHOTO: ("sendPhoto", "photo"), MediaKind.VIDEO: ("sendVideo", "video"),
    MediaKind.ANIMATION: ("sendAnimation", "animation"), MediaKind.ROUND: ("sendVideo", "video"),
    MediaKind.VOICE: ("sendVoice", "voice"), MediaKind.AUDIO: ("sendAudio", "audio"),
    MediaKind.FILE: ("sendDocument", "document"), MediaKind.STICKER: ("sendPhoto", "photo"),
}  # fmt: skip
GROUPS = {
    MediaKind.PHOTO: InputMediaPhoto, MediaKind.STICKER: InputMediaPhoto, MediaKind.VIDEO: InputMediaVideo,
    MediaKind.ROUND: InputMediaVideo, MediaKind.AUDIO: InputMediaAudio, MediaKind.FILE: InputMediaDocument,
}  # fmt: skip
FILMS = {MediaKind.VIDEO, MediaKind.ROUND}
MIXES = ({MediaKind.PHOTO, MediaKind.STICKER, *FILMS}, {MediaKind.AUDIO}, {MediaKind.FILE})
TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+", re.ASCII)  # whatever else somebody calls a type could end the header it is in
# A white square (PNG): what stands where a picture was taken away.
BLANK = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAAAAACPAi4CAAAAK0lEQVR42u3MMREAAAgEoNf+nTWEmwcBqMlNRyAQCA"
    "QCgUAgEAgEAsHzYAFQLQF/OJ8+2wAAAABJRU5ErkJggg=="
)


def accepts(kind: MediaKind, type_: str) -> bool:
    """Whether Telegram shows a file of that type as that kind; a voice has to be Opus in Ogg."""
    match kind:
        case MediaKind.PHOTO | MediaKind.STICKER:
            return type_ in PICTURES
        case MediaKind.VIDEO | MediaKind.ROUND:
            return type_ == "video/mp4"
        case MediaKind.ANIMATION:
            return type_ in {"video/mp4", "image/gif"}
        case MediaKind.VOICE:
            return type_ in {"audio/ogg", "audio/opus"}
        case MediaKind.AUDIO:
            return type_ in {"audio/mpeg", "audio/mp4", "audio/x-m4a", "audio/m4a"}
    return True


def shown_as(file: File) -> MediaKind:
    """A picture that is too heavy, or too long and thin, goes as a file (`sendPhoto`)."""
    if file.kind not in {MediaKind.PHOTO, MediaKind.STICKER}:
        return file.kind
    long, short = max(file.width, file.height), min(file.width, file.height)
    fits = file.size <= PHOTO and long + short <= 10_000 and (not short or long <= 20 * short)
    return file.kind if fits else MediaKind.FILE


def upload(file: File, handle: BinaryIO, *, attach: bool = False) -> InputFile:
    """The file as the library sends it: read while it is sent, never held whole."""
    made = InputFile(handle, filename=file.name or "file", attach=attach, read_file_handle=False)
    made.mimetype = file.type if TYPE.fullmatch(file.type) else "application/octet-stream"
    return made


def about(media: Media, file: File, kind: MediaKind) -> dict[str, Any]:
    """What a method takes beside the file."""
    more: dict[str, Any] = {}
    if kind in FILMS | {MediaKind.ANIMATION}:
        more |= {"width": file.width, "height": file.height}
    if kind in FILMS:
        more["supports_streaming"] = True
    if kind in FILMS | {MediaKind.ANIMATION, MediaKind.VOICE, MediaKind.AUDIO}:
        more["duration"] = round(file.seconds)
    if kind is MediaKind.AUDIO:
        more |= {"title": media.title, "performer": media.performer}
    if kind in {MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.ANIMATION}:
        more["has_spoiler"] = media.spoiler
    if kind is MediaKind.FILE:  # or a still GIF comes out as a film, and a picture without its name
        more["disable_content_type_detection"] = True
    return {name: value for name, value in more.items() if value}


def item(send: Send, file: File, handle: BinaryIO, kind: MediaKind, *, plain: bool) -> InputMedia:
    """One file of an album; `plain`: without the formatting of its caption."""
    assert send.media
    said = captioned(send)
    marks = [] if plain else [mark for one in said.get("caption_entities", ()) if (mark := MessageEntity.de_json(one))]
    more = {"caption": said["caption"] or None, "caption_entities": marks or None, **about(send.media, file, kind)}
    made: InputMedia = GROUPS[kind](media=upload(file, handle, attach=True), **more)
    return made


def together(kinds: Sequence[MediaKind]) -> list[MediaKind]:
    """How files can stand in one album: pictures and films, or music, or else all of them as documents."""
    kinds = [MediaKind.VIDEO if kind is MediaKind.ANIMATION else kind for kind in kinds]  # a loop plays once there
    fits = any(mix.issuperset(kinds) for mix in MIXES)
    return kinds if fits else [MediaKind.FILE] * len(kinds)
