"""Files on their way to Telegram: which method takes them, what it takes with them, and how they are streamed."""

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
MIXES = ({MediaKind.PHOTO, MediaKind.STICKER, MediaKind.VIDEO, MediaKind.ROUND}, {MediaKind.AUDIO}, {MediaKind.FILE})
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
    made.mimetype = file.type or made.mimetype
    return made


def about(media: Media, file: File, kind: MediaKind) -> dict[str, Any]:
    """What a method takes beside the file."""
    more: dict[str, Any] = {}
    if kind in {MediaKind.VIDEO, MediaKind.ROUND, MediaKind.ANIMATION}:
        more = {"width": file.width or None, "height": file.height or None, "supports_streaming": True}
        if kind is MediaKind.ANIMATION:
            del more["supports_streaming"]
    if kind in {MediaKind.VIDEO, MediaKind.ROUND, MediaKind.ANIMATION, MediaKind.VOICE, MediaKind.AUDIO}:
        more["duration"] = round(file.seconds) or None
    if kind is MediaKind.AUDIO:
        more |= {"title": media.title or None, "performer": media.performer or None}
    if media.spoiler and kind in {MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.ANIMATION}:
        more["has_spoiler"] = True
    return {name: value for name, value in more.items() if value is not None}


def item(send: Send, file: File, handle: BinaryIO, caption: dict[str, Any]) -> InputMedia:
    """One file of an album; its caption is the words and entities of a message."""
    assert send.media
    kind = shown_as(file)
    marks = [mark for one in caption.get("entities", ()) if (mark := MessageEntity.de_json(dict(one)))]
    more = {"caption": caption["text"] or None, "caption_entities": marks or None, **about(send.media, file, kind)}
    made: InputMedia = GROUPS.get(kind, InputMediaDocument)(media=upload(file, handle, attach=True), **more)
    return made


def runs(kinds: Sequence[MediaKind]) -> list[list[int]]:
    """The numbers of neighbours that one album may hold: pictures and films, or music, or documents; ten at most."""
    made: list[list[int]] = []
    for n, kind in enumerate(kinds):
        mix = next((mix for mix in MIXES if kind in mix), set())
        if made and kinds[made[-1][-1]] in mix and len(made[-1]) < 10:
            made[-1].append(n)
        else:
            made.append([n])
    return made
