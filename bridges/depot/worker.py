"""The process that touches what strangers sent, so that a poisoned file harms nothing but this process.

It takes one job a line on its input and answers with one line, both JSON (`Job`, an object of plain values).
"""

import json
import os
import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from shutil import copyfile
from typing import Any

from PIL import Image, ImageOps

from bridges.depot import boxes, pictures, sound, streams, tiff
from bridges.depot.edits import Cleaned, Data, mapped, write
from bridges.depot.kinds import kind_of

Job = dict[str, Any]
MEMORY = 1 << 30
PIXELS = 64_000_000  # four bytes each, and as many again when it is turned
BOMB = 1_000_000_000  # pixels; whoever opens that has no memory left, and no camera makes it
SECONDS = 60  # of the processor, a job: for the case that whoever gave the job is gone
LONGEST_SIDE = 8192

CLEANERS: dict[str, Callable[[Data], Cleaned]] = {
    "image/jpeg": pictures.jpeg, "image/png": pictures.png, "image/webp": pictures.webp, "image/gif": pictures.gif,
    "image/tiff": tiff.tiff, "image/heic": boxes.picture, "image/avif": boxes.picture,
    "video/mp4": boxes.film, "video/quicktime": boxes.film, "video/3gpp": boxes.film, "audio/mp4": boxes.film,
    "video/webm": streams.matroska, "video/x-matroska": streams.matroska, "audio/webm": streams.matroska,
    "audio/wav": streams.wave, "video/x-msvideo": streams.avi,
}  # fmt: skip
TELLING = ("image/", "video/", "audio/")  # what holds more than what it shows
HARMLESS = {"image/bmp"}
_TAGGED = {"audio/mpeg", "audio/aac", "audio/flac", "audio/ogg", "video/ogg"}
FORMATS = {
    "image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF", "image/tiff": "TIFF",
    "image/bmp": "BMP", "image/avif": "AVIF",
}  # fmt: skip


def clean(source: str, target: str, name: str) -> Job:
    """Write the cleaned file, and tell what it is."""
    data = mapped(Path(source))
    kind = kind_of(data, name)
    if kind.type.startswith(TELLING) and kind.type not in {*CLEANERS, *_TAGGED, *HARMLESS}:
        raise ValueError("nobody here can clean it")
    found = CLEANERS[kind.type](data) if kind.type in CLEANERS else Cleaned()
    if kind.type in _TAGGED:
        copyfile(source, target)
        found.seconds = sound.clean(Path(target), kind.type)
    elif found.edits:
        write(data, found.edits, Path(target))
    else:
        copyfile(source, target)
    if kind.type.startswith("image/") and found.width * found.height > BOMB:
        raise ValueError("a bomb")
    sides = (found.height, found.width) if found.turned > 4 else (found.width, found.height)
    seconds = found.seconds if 0 < found.seconds < 1e6 else 0
    return {
        "type": kind.type, "codec": kind.codec, "turned": found.turned, "seconds": seconds,
        "width": sides[0] if sides[0] < 1e6 else 0, "height": sides[1] if sides[1] < 1e6 else 0,
    }  # fmt: skip


def view(source: str, type: str) -> Job:  # noqa: A002 - the field's own name
    """What only a decoder knows of a picture; fails where there is none, or one too large to be shown to people."""
    with Image.open(source, formats=[FORMATS[type]]) as picture:
        width, height = picture.size
        if width * height > PIXELS:
            raise ValueError("too many pixels")
        alpha = picture.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in picture.info
        moves = bool(getattr(picture, "is_animated", False))
        return {"width": width, "height": height, "alpha": alpha, "moves": moves}


def convert(source: str, target: str, type: str, into: str) -> Job:  # noqa: A002
    """Draw the picture anew, upright, its first frame if it moves; colours stay what they are."""
    with Image.open(source, formats=[FORMATS[type]]) as opened:
        opened.draft(None, (LONGEST_SIDE, LONGEST_SIDE))
        colours = opened.info.get("icc_profile")
        picture: Image.Image = ImageOps.exif_transpose(opened)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    if picture.mode in {"CMYK", "YCbCr", "LAB", "HSV"}:
        colours = None  # it tells of other inks
    if into == "image/jpeg":
        picture = flat(picture)
    elif "transparency" in picture.info or picture.mode in {"RGBa", "La", "PA"}:
        picture = picture.convert("RGBA")
    elif picture.mode not in {"1", "L", "LA", "P", "RGB", "RGBA"}:
        picture = picture.convert("RGB")
    picture.info.clear()
    more = {"quality": 92} if into in {"image/jpeg", "image/webp"} else {}
    picture.save(target, FORMATS[into], icc_profile=colours, **more)
    return {"width": picture.width, "height": picture.height}


def flat(picture: Image.Image) -> Image.Image:
    """On white, where something shines through."""
    if picture.mode in {"L", "RGB"} and "transparency" not in picture.info:
        return picture
    if picture.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        ground = Image.new("RGB", picture.size, "white")
        ground.paste(picture, mask=picture.getchannel("A"))
        return ground
    return picture.convert("RGB")


JOBS: dict[str, Callable[..., Job]] = {"clean": clean, "view": view, "convert": convert}


def limit(which: int, most: int) -> None:
    """Bound what this process may take, as far as the system lets it."""
    with suppress(ValueError, OSError):
        hard = resource.getrlimit(which)[1]
        resource.setrlimit(which, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def main() -> None:
    """Do one job after the other until there is no more."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    os.nice(10)  # the loop goes first
    limit(resource.RLIMIT_AS, MEMORY)
    limit(resource.RLIMIT_CORE, 0)
    Image.MAX_IMAGE_PIXELS = None  # there is a bound of our own
    for line in sys.stdin:
        job: Job = json.loads(line)
        times = os.times()
        limit(resource.RLIMIT_CPU, int(times.user + times.system) + SECONDS)
        limit(resource.RLIMIT_FSIZE, job.pop("room"))
        try:
            answer = JOBS[job.pop("do")](**job)
        except Exception as error:
            answer = {"failed": type(error).__name__}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
