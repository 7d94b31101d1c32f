"""The files of the simulated network: what was uploaded, what it is called, and where a bot may fetch it."""

import io
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from PIL import Image

Json = dict[str, Any]

MEGABYTE = 2**20
MOST_DOWN = 20 * MEGABYTE
MOST_UP = 50 * MEGABYTE
LINK_LIFE = 3600  # seconds for which the answer of `getFile` is good
LINKS = 10_000
ROOM = 256 * MEGABYTE
OVERHEAD = 2048  # what keeping even an empty file costs

# How file ids of each kind begin on the real network, the folder of their links, and the usual ending.
LOOKS = {
    "photo": ("AgACAgQAAx", "photos", ".jpg"),
    "video": ("BAACAgQAAx", "videos", ".mp4"),
    "animation": ("CgACAgQAAx", "animations", ".mp4"),
    "video_note": ("DQACAgQAAx", "video_notes", ".mp4"),
    "voice": ("AwACAgQAAx", "voice", ".oga"),
    "audio": ("CQACAgQAAx", "music", ".mp3"),
    "document": ("BQACAgQAAx", "documents", ""),
    "sticker": ("CAACAgQAAx", "stickers", ".webp"),
    "live_photo": ("BAACAgQAAx", "videos", ".mp4"),
    "thumbnail": ("AAMCBAADHR", "thumbnails", ".jpg"),
}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way in: its name and MIME type as the sender gives them, and its bytes.

    `claimed` is a size in bytes for a file of which the bytes do not matter.
    """

    data: bytes
    name: str = ""
    type: str = ""
    claimed: int = 0

    @property
    def size(self) -> int:
        return self.claimed or len(self.data)


@dataclass(eq=False, slots=True)
class File:
    """One stored file; `body` is what a message shows that carries it, so that its id can be sent again.

    A picture made smaller has no bytes until they are asked for: `made` makes them.
    """

    id: str
    unique: str
    kind: str
    size: int
    ending: str
    data: bytes = b""
    made: Callable[[], bytes] | None = None
    body: Json = field(default_factory=dict)
    path: str = ""

    def told(self) -> Json:
        """What File, PhotoSize and all the others begin with."""
        return {"file_id": self.id, "file_unique_id": self.unique} | ({"file_size": self.size} if self.size else {})

    def read(self) -> bytes:
        """The bytes, zeros where only a size was claimed; may take a while where a picture is made smaller."""
        return self.made() if self.made else self.data or bytes(self.size)


@dataclass
class Files:
    """Everything that can be fetched or sent again; of more than `room` bytes the oldest are forgotten.

    `now` is the world's clock.
    """

    now: Callable[[], float]
    room: int = ROOM
    held: int = 0
    count: int = 0
    files: OrderedDict[str, File] = field(default_factory=OrderedDict)
    links: OrderedDict[str, tuple[str, float]] = field(default_factory=OrderedDict)

    def add(self, kind: str, upload: Upload, made: Callable[[], bytes] | None = None) -> File:
        """Keep one, under new ids: the same bytes sent twice are two files."""
        start, _, usual = LOOKS[kind]
        named = kind in ("document", "sticker", "audio")
        ending = PurePath(upload.name.replace("\\", "/")).suffix[:10] if named else ""
        file = File(
            start + secrets.token_urlsafe(36), "AQAD" + secrets.token_urlsafe(9), kind, upload.size, ending or usual,
            upload.data, made,
        )  # fmt: skip
        self.files[file.id] = file
        self.held += len(file.data) + OVERHEAD
        while self.held > self.room and len(self.files) > 1:
            _, oldest = self.files.popitem(last=False)
            self.held -= len(oldest.data) + OVERHEAD
        return file

    def get(self, file_id: str) -> File | None:
        return self.files.get(file_id)

    def link(self, file: File) -> str:
        """The path at which the file can be fetched for an hour (`getFile`)."""
        if not file.path:
            file.path = f"{LOOKS[file.kind][1]}/file_{self.count}{file.ending}"
            self.count += 1
        self.links[file.path] = file.id, self.now() + LINK_LIFE
        if len(self.links) > LINKS:
            self.links.popitem(last=False)
        return file.path

    def at(self, path: str) -> File | None:
        """What lies at that path, as long as the link is good."""
        file_id, until = self.links.get(path, ("", 0.0))
        if until < self.now():
            self.links.pop(path, None)
            return None
        return self.files.get(file_id)


def shrunk(data: bytes, side: int) -> bytes:
    """A JPEG of the picture whose longer side is `side`."""
    with Image.open(io.BytesIO(data)) as picture:
        flat = picture.convert("RGB")
        flat.thumbnail((side, side))
        out = io.BytesIO()
        flat.save(out, "JPEG", quality=80)
    return out.getvalue()
