"""How a file is changed without being held in memory: a list of what to put where."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import NamedTuple

Data = bytes | mmap
BLOCK = 1 << 20


class Edit(NamedTuple):
    """`data[start:end]` becomes `new`; None: as many zeros."""

    start: int
    end: int
    new: bytes | None = b""


@dataclass(slots=True)
class Cleaned:
    """What to change in a file, and what was found on the way.

    `turned`: how a picture has to be turned to stand upright, as in EXIF (1 to 8). Width and height as they are stored.
    """

    edits: list[Edit] = field(default_factory=list)
    turned: int = 1
    width: int = 0
    height: int = 0
    seconds: float = 0

    def cut(self, start: int, end: int) -> None:
        """Leave this out; neighbours become one, so that a million tiny blocks cost nothing."""
        last = self.edits[-1] if self.edits else None
        if last and last.end == start and last.new == b"" and last.start < last.end:
            self.edits[-1] = last._replace(end=end)
        elif start < end:
            self.edits.append(Edit(start, end))

    def put(self, start: int, end: int, new: bytes) -> None:
        """Write something else there."""
        self.edits.append(Edit(start, end, new))

    def blank(self, start: int, end: int) -> None:
        """Write zeros there."""
        if start < end:
            self.edits.append(Edit(start, end, None))


def number(data: Data, at: int, form: str) -> int:
    """An integer in the `struct` format, or 0 where the file has ended."""
    piece = data[at : at + struct.calcsize(form)]
    return int(struct.unpack(form, piece)[0]) if len(piece) == struct.calcsize(form) else 0


def grown(edits: Iterable[Edit]) -> int:
    """By how many bytes these make a file longer."""
    return sum(len(edit.new) - (edit.end - edit.start) for edit in edits if edit.new is not None)


def mapped(path: Path) -> mmap:
    """A file that can be read like bytes; it must not be empty."""
    with path.open("rb") as file:
        return mmap(file.fileno(), 0, access=ACCESS_READ)


def write(data: Data, edits: Iterable[Edit], target: Path) -> None:
    """The edited file; where edits overlap, the first holds and the rest of the other too, if it is zeros or a cut."""
    with target.open("wb") as file:

        def copy(start: int, end: int) -> None:
            for at in range(start, end, BLOCK):
                file.write(data[at : min(at + BLOCK, end)])

        at = 0
        for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
            if start < at and new:
                continue
            begin, last = max(start, at), min(end, len(data))
            copy(at, begin)
            if new is None:
                for done in range(begin, last, BLOCK):
                    file.write(bytes(min(BLOCK, last - done)))
            else:
                file.write(new)
            at = max(at, begin, last)
        copy(at, len(data))
