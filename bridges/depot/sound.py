"""What to take out of music and speech: every tag but title and artist, pictures too (with mutagen)."""

from math import isfinite
from pathlib import Path
from typing import Any

import mutagen
from mutagen.apev2 import APEv2File
from mutagen.apev2 import delete as delete_ape
from mutagen.flac import FLAC
from mutagen.id3 import ID3, TIT2, TPE1, ID3FileType
from mutagen.id3 import delete as delete_id3

_LONGEST = 256


def clean(path: Path) -> float:
    """Change the file where it is; returns how many seconds it lasts, 0 where that is not told.

    Raises whatever mutagen does where it cannot be read.
    """
    read: Any = mutagen.File(path)
    if read is None:
        return 0
    title, artist = (_first(read.tags, *names) for names in (("title", "TIT2"), ("artist", "TPE1")))
    seconds = float(getattr(read.info, "length", 0) or 0)
    read.delete()
    if isinstance(read, FLAC):
        read.clear_pictures()
        read.metadata_blocks = [block for block in read.metadata_blocks if block.code in {0, 3, 4}]
    if isinstance(read, ID3FileType):
        delete_id3(path)
        delete_ape(path)
        tags = ID3()
        if title:
            tags.add(TIT2(encoding=3, text=title))
        if artist:
            tags.add(TPE1(encoding=3, text=artist))
        if title or artist:
            tags.save(path, v1=0, padding=lambda _: 0)
    elif not isinstance(read, APEv2File):
        if read.tags is None:
            read.add_tags()
        if title:
            read.tags["title"] = [title]
        if artist:
            read.tags["artist"] = [artist]
        read.save(padding=lambda _: 0)
    return seconds if isfinite(seconds) and seconds > 0 else 0


def _first(tags: Any, *names: str) -> str:
    """The first of these tags that has a value, as short plain text."""
    for name in names:
        try:
            value = tags[name]
        except (KeyError, ValueError, TypeError):
            continue
        words = [str(word) for word in getattr(value, "text", value)]
        if words:
            return words[0][:_LONGEST]
    return ""
