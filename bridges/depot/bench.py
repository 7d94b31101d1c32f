"""The bench on which one file is cleaned and converted, in a process of its own: a poisoned file ends nothing else.

`python -m bridges.depot.bench SOURCE TARGET TYPE [WANTED...]`: SOURCE, of the type that it was found to have, is
cleaned into TARGET, and made a picture of one of the types WANTED if there are any. Says what it made as JSON.
"""

# ruff: noqa: PLC0415 - each file loads what its kind needs, and nothing else

import json
import resource
import shutil
import sys
from pathlib import Path
from typing import Any

MEMORY = 1 << 30  # bytes
SECONDS = 60
PIXELS = 50_000_000


def work(source: Path, target: Path, type_: str, wanted: list[str]) -> dict[str, Any]:
    """Clean, and convert where something else is wanted; raises where the file is not what it seems."""
    found = clean(source, target, type_)
    if wanted and type_ not in wanted:
        return convert(target, wanted)
    return {"type": type_, **found}


def clean(source: Path, target: Path, type_: str) -> dict[str, Any]:
    """Take out what tells of people, places and devices; tell size and length as far as they are known."""
    from bridges.depot import boxes, pictures, streams, tiff
    from bridges.depot.edits import mapped, write

    cleaners = {
        "image/jpeg": pictures.jpeg, "image/png": pictures.png, "image/webp": pictures.webp, "image/gif": pictures.gif,
        "image/heic": boxes.picture, "image/avif": boxes.picture, "image/tiff": tiff.tiff, "video/mp4": boxes.film,
        "video/quicktime": boxes.film, "audio/mp4": boxes.film, "video/webm": streams.matroska,
        "video/x-msvideo": streams.avi, "audio/x-wav": streams.wave,
    }  # fmt: skip
    if type_ in {"audio/mpeg", "audio/ogg", "audio/flac", "application/ogg"}:
        from bridges.depot import sound

        shutil.copyfile(source, target)
        return {"seconds": sound.clean(target)}
    if type_ not in cleaners:
        shutil.copyfile(source, target)
        return {}
    with mapped(source) as data:
        found = cleaners[type_](data)
        write(data, found.edits, target)
    sides = (found.height, found.width) if found.turned > 4 else (found.width, found.height)
    return {"width": sides[0], "height": sides[1], "seconds": found.seconds}


def convert(picture: Path, wanted: list[str]) -> dict[str, Any]:
    """One picture as another type: JPEG, or PNG where it can be seen through."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = PIXELS
    with Image.open(picture) as opened:
        opened.seek(0)
        upright = ImageOps.exif_transpose(opened)
        clear = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
        type_ = "image/png" if clear and "image/png" in wanted else "image/jpeg"
        made = upright.convert("RGBA" if type_ == "image/png" else "RGB")
        made.info.clear()
        made.save(picture, "PNG" if type_ == "image/png" else "JPEG", quality=90)
        return {"type": type_, "width": made.width, "height": made.height, "seconds": 0}


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    source, target, type_, *wanted = sys.argv[1:]
    sys.stdout.write(json.dumps(work(Path(source), Path(target), type_, wanted)))


if __name__ == "__main__":
    main()
