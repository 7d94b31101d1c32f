"""What to take out of music and speech: every tag but title and artist, pictures too (with mutagen)."""

from math import isfinite
from pathlib import Path
from typing import Any

from mutagen.aac import AAC
from mutagen.apev2 import delete as delete_ape
from mutagen.flac import FLAC
from mutagen.id3 import ID3, TIT2, TPE1, ID3NoHeaderError
from mutagen.id3 import delete as delete_id3
from mutagen.mp3 import MP3
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggtheora import OggTheora
from mutagen.oggvorbis import OggVorbis

from bridges.depot.edits import mapped, number
from bridges.depot.kinds import OGG

_LONGEST = 256
_BY_CODEC = {
    "opus": OggOpus, "vorbis": OggVorbis, "flac": OggFLAC, "speex": OggSpeex, "theora": OggTheora,
}  # fmt: skip
_AT_MOST = 3
_NEEDED = {0, 3, 4}  # blocks of FLAC: stream, seeking, words


def clean(path: Path, type_: str) -> float:
    """Change the file where it is; returns how many seconds it lasts, 0 where that is not told.

    Raises whatever mutagen does where it cannot be read, and ValueError where tags would be left.
    """
    match type_:
        case "audio/mpeg" | "audio/aac":
            info: Any = (MP3 if type_ == "audio/mpeg" else AAC)(path).info
            length = float(info.length)
            _mpeg(path)
        case "audio/flac":
            delete_id3(path)
            delete_ape(path)
            length = _named(FLAC(path))
        case _:
            length = max(_named(_BY_CODEC[one](path)) for one in streams_of(path))
    return float(length) if isfinite(length) and length > 0 else 0


def streams_of(path: Path) -> list[str]:
    """The codecs of an Ogg file (RFC 3533); raises ValueError where one comes twice: only one would be cleaned."""
    found: list[str] = []
    with mapped(path) as data:
        at = 0
        while bytes(data[at : at + 4]) == b"OggS":
            count = number(data, at + 26, "B")
            body = at + 27 + count
            if number(data, at + 5, "B") & 2:  # begins a stream
                head = bytes(data[body : body + 8])
                found.append(next((codec for sign, codec in OGG.items() if head.startswith(sign)), ""))
            at = body + sum(data[at + 27 : body])
        if at < len(data) or len({*found}) < len(found) or "" in found:
            raise ValueError("streams that cannot be cleaned")
    return found


def _mpeg(path: Path) -> None:
    try:
        before = ID3(path)
    except ID3NoHeaderError:
        before = ID3()
    for _ in range(_AT_MOST):  # some programs put theirs before that of others
        delete_id3(path)
        delete_ape(path)
    content = path.read_bytes()
    if content.startswith(b"ID3") or content[-10:-7] == b"3DI" or content[-9:-3] == b"LYRICS":
        raise ValueError("more tags than can be taken out")
    after = ID3()
    for frame in (TIT2, TPE1):
        for old in before.getall(frame.__name__)[:1]:
            after.add(frame(encoding=3, text=str(old)[:_LONGEST]))
    if len(after):
        after.save(path, v1=0, padding=_none)


def _named(read: Any) -> float:
    """Vorbis comments, in whatever they stand."""
    words = {name: list(read.tags[name])[:1] for name in ("title", "artist") if read.tags and name in read.tags}
    if isinstance(read, FLAC):
        read.clear_pictures()
        read.metadata_blocks = [block for block in read.metadata_blocks if block.code in _NEEDED]
    if read.tags is None:
        read.add_tags()
    read.tags.clear()
    for name, values in words.items():
        read.tags[name] = [value[:_LONGEST] for value in values]
    read.save(padding=_none)
    return float(getattr(read.info, "length", 0) or 0)


def _none(_: object) -> int:
    return 0
