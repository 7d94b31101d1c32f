"""Files as Matrix events describe them, both ways; pure. `files` carries them."""

import json
import mimetypes
import re
from collections.abc import Mapping
from typing import Any

from bridges.matrix.emoji import bare, is_emoji
from bridges.matrix.raw import Odd
from bridges.matrix.strangers import LONGEST, amount, file_name, part, text
from bridges.model import Media, MediaKind
from bridges.port import File

STICKER = "m.sticker"  # an event of its own, not a kind of message
KINDS = {
    "m.image": MediaKind.PHOTO, "m.video": MediaKind.VIDEO, "m.audio": MediaKind.AUDIO, "m.file": MediaKind.FILE,
    STICKER: MediaKind.STICKER,
}  # fmt: skip
VOICE, AUDIO = "org.matrix.msc3245.voice", "org.matrix.msc1767.audio"
SPOILER = "page.codeberg.everypizza.msc4193.spoiler"
MXC = re.compile(r"mxc://([A-Za-z0-9.:\[\]_-]+)/([A-Za-z0-9_-]+)")
TYPE = re.compile(r"[a-z]+/[a-z0-9.+_-]{1,100}")
# What bridges of others write beside a video that is shown as a picture that moves, and clients understand.
LOOP = dict.fromkeys(["fi.mau.gif", "fi.mau.loop", "fi.mau.autoplay", "fi.mau.hide_controls", "fi.mau.no_audio"], True)
SHOWN = {"image/jpeg", "image/png", "image/gif", "image/webp"}
PLAYED = {"video/mp4", "video/webm"}
HEARD = {
    "audio/ogg", "audio/opus", "audio/mpeg", "audio/mp4", "audio/aac", "audio/webm", "audio/wav", "audio/x-wav",
    "audio/flac", "audio/x-flac", "audio/x-m4a", "audio/m4a",
}  # fmt: skip
TAKEN = {
    MediaKind.PHOTO: SHOWN, MediaKind.STICKER: SHOWN, MediaKind.ANIMATION: SHOWN | PLAYED, MediaKind.VIDEO: PLAYED,
    MediaKind.ROUND: PLAYED, MediaKind.VOICE: HEARD, MediaKind.AUDIO: HEARD,
}  # fmt: skip
# What stays of a message whose caption is edited: all but its words.
KEPT = {"msgtype", "url", "file", "filename", "info", VOICE, AUDIO, SPOILER}


# --- inwards


def media(kind: str, said: Mapping[str, Any]) -> Media:
    """The file of a message of a kind out of KINDS; raises Odd where it has none that could be fetched."""
    source, info, type_ = whence(said.get("url"), said.get("file")), said.get("info"), mime(said)
    if not source:
        raise Odd("malformed")
    body = text(said.get("body"))
    length = amount(part(info, "duration")) or amount(part(said, AUDIO, "duration"))
    size = part(info, "size")
    return Media(
        kind=shown_as(kind, said, type_), network="matrix", source=source, type=type_,
        name=file_name(said.get("filename")) or ("" if kind == STICKER or is_captioned(said) else file_name(body)),
        size=int(size) if isinstance(size, int | float) and amount(size) else None,
        width=int(amount(part(info, "w"))), height=int(amount(part(info, "h"))), seconds=length / 1000,
        emoji=bare(body) if kind == STICKER and is_emoji(bare(body)) else "",
        spoiler=said.get(SPOILER) is True or part(info, SPOILER) is True,
        still=whence(part(info, "thumbnail_url"), part(info, "thumbnail_file")),
    )  # fmt: skip


def is_captioned(said: Mapping[str, Any]) -> bool:
    """Whether the body is words of a person and not the name of the file (Matrix 1.10, MSC2530)."""
    name, body = text(said.get("filename")), text(said.get("body"))
    return bool(name and body) and name != body


def shown_as(kind: str, said: Mapping[str, Any], type_: str) -> MediaKind:
    """What a file is meant to be seen as: events say it in several ways beside their kind."""
    info = said.get("info")
    moves = [part(info, name) for name in ("is_animated", "org.matrix.msc4230.is_animated")]
    match KINDS[kind]:
        case MediaKind.PHOTO if any(one is True for one in moves) or (type_ == "image/gif" and False not in moves):
            return MediaKind.ANIMATION
        case MediaKind.VIDEO if part(info, "fi.mau.gif") is True or said.get("fi.mau.gif") is True:
            return MediaKind.ANIMATION
        case MediaKind.AUDIO if isinstance(said.get(VOICE), dict) or isinstance(said.get("m.voice"), dict):
            return MediaKind.VOICE
        case plain:
            return plain


def mime(said: Mapping[str, Any]) -> str:
    """The type that the sender claims, without parameters."""
    claimed = text(part(said, "info", "mimetype")).partition(";")[0].strip().lower()
    return claimed if TYPE.fullmatch(claimed) else ""


def whence(url: object, file: object) -> str:
    """How `files` finds it: JSON of its address and, where it is encrypted, of what opens it; else nothing."""
    if isinstance(file, dict):
        key, iv, digest = part(file, "key", "k"), file.get("iv"), part(file, "hashes", "sha256")
        if all(isinstance(one, str) and len(one) <= LONGEST for one in (key, iv, digest)) and is_mxc(file.get("url")):
            return json.dumps({"mxc": file["url"], "key": key, "iv": iv, "sha256": digest})
    return json.dumps({"mxc": url}) if is_mxc(url) else ""


def is_mxc(url: object) -> bool:
    """Whether this is the address of a file on a homeserver."""
    return isinstance(url, str) and len(url) <= LONGEST and MXC.fullmatch(url) is not None


# --- outwards


def accepts(kind: MediaKind, type_: str) -> bool:
    """What Matrix clients show or play as what it is; any file can be sent as a file."""
    return kind is MediaKind.FILE or type_ in TAKEN[kind]


def attachment(file: File, media: Media, where: Mapping[str, Any], words: Mapping[str, Any]) -> dict[str, Any]:
    """The content of the message that shows an uploaded file; `where` is its `url` or its encrypted `file`.

    The words are the caption (Matrix 1.10); without any, the body is the name, as clients without captions show it.
    """
    msgtype, name = shape(file), file.name or f"{file.kind}{mimetypes.guess_extension(file.type) or ''}"
    info: dict[str, Any] = {"mimetype": file.type or "application/octet-stream", "size": file.size}
    if file.width > 0 and file.height > 0 and msgtype in ("m.image", "m.video"):
        info |= {"w": file.width, "h": file.height}
    if (duration := round(file.seconds * 1000)) > 0 and msgtype in ("m.video", "m.audio"):
        info |= {"duration": duration}
    if file.kind is MediaKind.ANIMATION:
        info |= LOOP if msgtype == "m.video" else {"org.matrix.msc4230.is_animated": True}
    content = {**words, "body": words["body"] or name, "msgtype": msgtype, "filename": name, "info": info, **where}
    if file.kind is MediaKind.VOICE and msgtype == "m.audio":
        content |= {VOICE: {}, AUDIO: {"duration": max(0, duration)}}
    return {**content, SPOILER: True} if media.spoiler else content


def shape(file: File) -> str:
    """The kind of message that shows this file."""
    main = file.type.partition("/")[0]
    match file.kind, main:
        case MediaKind.FILE, _:
            return "m.file"
        case (MediaKind.PHOTO | MediaKind.STICKER | MediaKind.ANIMATION), "image":
            return "m.image"
        case (MediaKind.VIDEO | MediaKind.ROUND | MediaKind.ANIMATION), "video":
            return "m.video"
        case (MediaKind.VOICE | MediaKind.AUDIO), "audio":
            return "m.audio"
    return "m.file"
