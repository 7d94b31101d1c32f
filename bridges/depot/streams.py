"""What to blank in WAV, AVI, Matroska and WebM: tags, attachments, dates; nothing moves."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from bridges.depot.edits import Cleaned, Data, number
from bridges.depot.pictures import chunks

# --- RIFF: WAV and AVI

_WAVE = {b"fmt ", b"data", b"fact", b"cue ", b"smpl", b"wavl", b"slnt"}
_AVI = {b"LIST", b"idx1", b"avih", b"strh", b"strf", b"indx", b"vprp", b"dmlh"}
_LISTS, _FRAMES = {b"hdrl", b"strl", b"odml"}, {b"movi", b"rec "}


def wave(data: Data) -> Cleaned:
    """Out: names, dates, broadcast data, ID3."""
    found, rate, at = Cleaned(), 0, 12
    for kind, start, body, end in chunks(data, 12, len(data)):
        at = min(end + end % 2, len(data))
        match kind:
            case b"fmt ":
                rate = number(data, body + 8, "<I")
            case b"data":
                found.seconds = (end - body) / rate if rate else 0
        if kind not in _WAVE:
            _junk(start, body, end, found)
    _broken_off(data, at, len(data), found, b"data")
    return found


def avi(data: Data) -> Cleaned:
    """Out: names, dates, what a camera added."""
    found = Cleaned()
    _lists(data, 12, len(data), found)
    return found


def _lists(data: Data, start: int, end: int, found: Cleaned, deep: int = 0) -> None:
    after = start
    for kind, at, body, last in chunks(data, start, end):
        after = min(last + last % 2, end)
        inner = bytes(data[body : body + 4])
        if kind == b"LIST" and inner in _LISTS and deep < 4:
            _lists(data, body + 4, last, found, deep + 1)
        elif kind not in _AVI or (kind == b"LIST" and inner not in _FRAMES):
            _junk(at, body, last, found)
    _broken_off(data, after, end, found, b"LIST")


def _broken_off(data: Data, at: int, end: int, found: Cleaned, kind: bytes) -> None:
    """What is longer than the file, or told no length: sound and pictures stay, anything else goes."""
    if bytes(data[at : at + 4]) == kind and (kind != b"LIST" or bytes(data[at + 8 : at + 12]) in _FRAMES):
        return
    found.blank(at, end)


def _junk(start: int, body: int, end: int, found: Cleaned) -> None:
    found.put(start, start + 4, b"JUNK")
    found.blank(body, end)


# --- Matroska and WebM (RFC 9559)

_SEGMENT, _INFO, _TRACKS, _TRACK, _VIDEO, _CLUSTER = 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0xE0, 0x1F43B675
_INSIDE = {_SEGMENT, _INFO, _TRACKS, _TRACK, _VIDEO}
_SCALE, _DURATION, _WIDTH, _HEIGHT = 0x2AD7B1, 0x4489, 0xB0, 0xBA
# Tags, attachments, chapters, void, checksums of what changes; in the information: date, title, file names, programs;
# the name of a track.
_OUT = {0x1254C367, 0x1941A469, 0x1043A770, 0xEC, 0xBF, 0x4461, 0x7BA9, 0x7384, 0x3C83AB, 0x3E83BB, 0x536E}
_PROGRAMS = {0x4D80, 0x5741}  # have to be there
_LARGE = {0x1A45DFA3, 0x114D9B74, 0x1C53BB6B, _SEGMENT, _INFO, _TRACKS, _CLUSTER}  # the ids of four bytes that stay
_PICTURES = {_CLUSTER, 0xA0, 0xA3}  # and blocks with or without more about them
_MOST = 1_000_000


class _Element(NamedTuple):
    id: int
    start: int
    body: int
    end: int


def matroska(data: Data) -> Cleaned:
    """Out: tags, attachments, chapters, titles, dates; each becomes a void element of the same size."""
    found, scale, length = Cleaned(), 1_000_000, 0.0
    for element in _elements(data, found):
        size = element.end - element.body
        match element.id:
            case id_ if id_ in _OUT or (id_ > 0xFFFFFF and id_ not in _LARGE):
                _void(element, found)
            case id_ if id_ in _PROGRAMS:
                found.blank(element.body, element.end)
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


def _elements(data: Data, found: Cleaned) -> Iterator[_Element]:
    """What lies in the segment, outer before inner; a cluster whose size is not told is gone through piece by piece.

    What cannot be read ends the file there, but for pictures and sound that are broken off; so does the segment.
    """
    at, size = 0, len(data)
    last = size  # of the segment
    for _ in range(_MOST):
        if at >= last or not (first := data[at]) or first < 0x10:
            break
        wide = 9 - first.bit_length()
        id_, body = int.from_bytes(data[at : at + wide]), at + wide
        if body >= size or not (first := data[body]):
            break
        wide = 9 - first.bit_length()
        told = int.from_bytes(data[body : body + wide]) & ((1 << 7 * wide) - 1)
        unknown = told == (1 << 7 * wide) - 1
        body += wide
        end = size if unknown else body + told
        if body > size or (end > size and id_ not in _INSIDE | _PICTURES):
            break
        end = min(end, size)
        yield _Element(id_, at, body, end)
        if id_ == _SEGMENT:
            last = end
        at = body if id_ in _INSIDE or (unknown and id_ == _CLUSTER) else end
    found.cut(at, size)
