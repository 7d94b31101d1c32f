"""What to blank in WAV, AVI, Matroska and WebM: tags, attachments, dates; nothing moves."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from bridges.depot.edits import Cleaned, Data, number
from bridges.depot.pictures import chunks

# --- RIFF: WAV and AVI

_WAVE = {b"fmt ", b"data", b"fact", b"cue ", b"smpl", b"wavl", b"slnt"}
_AVI = {b"LIST", b"idx1", b"avih", b"strh", b"strf", b"indx", b"vprp", b"dmlh"}
_LISTS = {b"hdrl", b"strl", b"odml"}


def wave(data: Data) -> Cleaned:
    """Out: names, dates, broadcast data, ID3."""
    found, rate = Cleaned(), 0
    for kind, start, body, end in chunks(data, 12, len(data)):
        match kind:
            case b"fmt ":
                rate = number(data, body + 8, "<I")
            case b"data":
                found.seconds = (end - body) / rate if rate else 0
        if kind not in _WAVE:
            _junk(start, body, end, found)
    return found


def avi(data: Data) -> Cleaned:
    """Out: names, dates, what a camera added."""
    found = Cleaned()
    _lists(data, 12, len(data), found)
    return found


def _lists(data: Data, start: int, end: int, found: Cleaned, deep: int = 0) -> None:
    for kind, at, body, last in chunks(data, start, end):
        inner = bytes(data[body : body + 4])
        if kind == b"LIST" and inner in _LISTS and deep < 4:
            _lists(data, body + 4, last, found, deep + 1)
        elif kind not in _AVI or (kind == b"LIST" and inner not in {b"movi", b"rec "}):
            _junk(at, body, last, found)


def _junk(start: int, body: int, end: int, found: Cleaned) -> None:
    found.put(start, start + 4, b"JUNK")
    found.blank(body, end)


# --- Matroska and WebM (RFC 9559)

_SEGMENT, _INFO, _TRACKS, _TRACK, _VIDEO, _CLUSTER = 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0xE0, 0x1F43B675
_INSIDE = {_SEGMENT, _INFO, _TRACKS, _TRACK, _VIDEO}
_SCALE, _DURATION, _WIDTH, _HEIGHT = 0x2AD7B1, 0x4489, 0xB0, 0xBA
# Tags, attachments, chapters, void; in the information: date, title, file names; the name of a track.
_OUT = {0x1254C367, 0x1941A469, 0x1043A770, 0xEC, 0x4461, 0x7BA9, 0x7384, 0x3C83AB, 0x3E83BB, 0x536E}
_MOST = 1_000_000


class _Element(NamedTuple):
    id: int
    start: int
    body: int
    end: int


def matroska(data: Data) -> Cleaned:
    """Out: tags, attachments, chapters, titles, dates; each becomes a void element of the same size."""
    found, scale, length = Cleaned(), 1_000_000, 0.0
    for element in _elements(data):
        size = element.end - element.body
        match element.id:
            case id_ if id_ in _OUT:
                _void(element, found)
            case 0x2AD7B1:
                scale = _whole(data, element)
            case 0x4489 if size in {4, 8}:
                length = struct.unpack(">f" if size == 4 else ">d", data[element.body : element.end])[0]
            case 0xB0:
                found.width = _whole(data, element)
            case 0xBA:
                found.height = _whole(data, element)
    found.seconds = length * scale / 1e9
    return found


def _whole(data: Data, element: _Element) -> int:
    return int.from_bytes(data[element.body : min(element.end, element.body + 8)])


def _void(element: _Element, found: Cleaned) -> None:
    size = element.end - element.start
    head = bytes([0xEC, 0x80 | (size - 2)]) if size < 10 else b"\xec\x01" + (size - 9).to_bytes(7)
    found.put(element.start, element.start + len(head), head)
    found.blank(element.start + len(head), element.end)


def _elements(data: Data) -> Iterator[_Element]:
    """What lies in the segment, outer before inner; a cluster whose size is not told is gone through piece by piece."""
    at, size = 0, len(data)
    for _ in range(_MOST):
        if at >= size or not (first := data[at]) or first < 0x10:
            return
        wide = 9 - first.bit_length()
        id_, body = int.from_bytes(data[at : at + wide]), at + wide
        if body >= size or not (first := data[body]):
            return
        wide = 9 - first.bit_length()
        told = int.from_bytes(data[body : body + wide]) & ((1 << 7 * wide) - 1)
        unknown = told == (1 << 7 * wide) - 1
        body += wide
        end = size if unknown else body + told
        if end > size and id_ not in _INSIDE:
            return
        yield _Element(id_, at, body, min(end, size))
        at = body if id_ in _INSIDE or (unknown and id_ == _CLUSTER) else min(end, size)
