"""What to take out of pictures so that they say nothing of who made them; every other byte stays as it is.

Kept is what a picture needs to be shown rightly, and nothing else: whatever is not known goes. What is not as the
format says ends the picture there.
"""

import re
import struct
from collections.abc import Iterator
from zlib import crc32

from PIL import Image

from bridges.depot.colours import nameless, packed
from bridges.depot.edits import Cleaned, Data, grown, number

ORIENTATION = 0x0112
_NEXT_MARKER = re.compile(rb"\xff++[^\x00\xd0-\xd7]", re.DOTALL)


def orientation(exif: bytes) -> int:
    """How the picture has to be turned, out of EXIF data; 1 where that is not told."""
    try:
        read = Image.Exif()
        read.load(exif)
        turned = read.get(ORIENTATION, 1)
    except Exception:  # strangers wrote it, and a library that expects less reads it
        return 1
    return turned if isinstance(turned, int) and 1 <= turned <= 8 else 1


def just_turned(turned: int) -> bytes:
    """EXIF data that says how to turn the picture, and nothing else; it begins with `Exif`."""
    made = Image.Exif()
    made[ORIENTATION] = turned
    data = made.tobytes()
    return data if data.startswith(b"Exif\0\0") else b"Exif\0\0" + data


# --- JPEG (ITU T.81): segments before and between the scans

_ICC = b"ICC_PROFILE\0"  # then which piece it is, and of how many
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def jpeg(data: Data) -> Cleaned:
    """Out: EXIF, XMP, IPTC, comments, previews, further pictures and what stands behind the end. Kept: colours."""
    found, at, size = Cleaned(), 2, len(data)
    colours: list[tuple[int, int]] = []
    while at + 2 <= size:
        kind = data[at + 1]
        if data[at] != 0xFF or kind == 0:
            found.cut(at, size)
            break
        if kind == 0xD9:
            found.cut(at + 2, size)
            break
        if kind in {0xFF, 0x01} or 0xD0 <= kind <= 0xD8:  # filling, and markers that stand alone
            at += 1 if kind == 0xFF else 2
            continue
        end = at + 2 + number(data, at + 2, ">H")
        if end < at + 4 or end > size:
            found.cut(at, size)
            break
        if kind == 0xE2 and bytes(data[at + 4 : at + 16]) == _ICC and end >= at + 18:
            colours.append((at, end))
        else:
            _segment(data, kind, at, end, found)
        at = end
        if kind == 0xDA:
            marker = _NEXT_MARKER.search(data, at)
            if marker is None:
                break
            at = marker.end() - 2
    _colours(data, colours, found)
    if found.turned != 1:
        segment = just_turned(found.turned)
        found.put(2, 2, struct.pack(">BBH", 0xFF, 0xE1, len(segment) + 2) + segment)
    return found


def _segment(data: Data, kind: int, at: int, end: int, found: Cleaned) -> None:
    head = bytes(data[at + 4 : min(end, at + 20)])
    if kind == 0xE1 and head.startswith(b"Exif\0\0"):
        found.turned = orientation(bytes(data[at + 4 : end]))
    if kind in _FRAMES:
        found.height, found.width = number(data, at + 5, ">H"), number(data, at + 7, ">H")
    if kind == 0xE0 and head.startswith(b"JFIF\0") and end > at + 18:
        found.put(at, end, b"\xff\xe0\x00\x10" + head[:12] + b"\0\0")  # without its preview
    elif not (
        0xC0 <= kind <= 0xDF
        or (kind == 0xE0 and head.startswith(b"JFIF\0"))
        or (kind == 0xEE and head.startswith(b"Adobe"))
    ):
        found.cut(at, end)


def _colours(data: Data, pieces: list[tuple[int, int]], found: Cleaned) -> None:
    """A profile that does not fit into one segment stands in several."""
    pieces = sorted(pieces, key=lambda piece: data[piece[0] + 16])
    profile = nameless(b"".join(data[start + 18 : end] for start, end in pieces)) if pieces else None
    at = 0
    for start, end in pieces:
        if profile is None:
            found.cut(start, end)
        else:
            found.put(start + 18, end, profile[at : at + end - start - 18])
            at += end - start - 18


# --- PNG (third edition)

_PNG = {
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV", b"cLLI",
    b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
}  # fmt: skip


def png(data: Data) -> Cleaned:
    """Out: texts, EXIF, times, unknown chunks and what stands behind the end."""
    found, at, size = Cleaned(), 8, len(data)
    found.width, found.height = number(data, 16, ">I"), number(data, 20, ">I")
    while at < size:
        kind = bytes(data[at + 4 : at + 8])
        body, end = at + 8, at + 12 + number(data, at, ">I")
        if kind == b"IDAT" and end > size:
            break  # broken off: what there is can be shown
        if end > size or kind == b"IEND":
            found.cut(end if end <= size else at, size)
            break
        if kind == b"eXIf":
            found.turned = orientation(bytes(data[body : end - 4]))
        if kind == b"iCCP":
            profile = packed(bytes(data[body : end - 4]).partition(b"\0")[2][1:])
            found.put(at, end, _chunk(b"iCCPICC\0\0" + profile) if profile else b"")
        elif kind not in _PNG:
            found.cut(at, end)
        at = end
    if found.turned != 1 and size >= 33:
        found.put(33, 33, _chunk(b"eXIf" + just_turned(found.turned)[6:]))
    return found


def _chunk(named: bytes) -> bytes:
    return struct.pack(">I", len(named) - 4) + named + struct.pack(">I", crc32(named))


# --- WebP (RFC 9649)

_WEBP = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
_SAYS_EXIF, _SAYS_XMP, _SAYS_ICC = 0x08, 0x04, 0x20


def chunks(data: Data, start: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """The chunks of a RIFF file: kind, where it begins, its body, and its end without filling."""
    at = start
    while at + 8 <= end:
        last = at + 8 + number(data, at + 4, "<I")
        if last > end:
            return
        yield bytes(data[at : at + 4]), at, at + 8, last
        at = last + last % 2


def webp(data: Data) -> Cleaned:
    """Out: EXIF, XMP, unknown chunks and what stands behind the end."""
    found, size = Cleaned(), len(data)
    whole = min(8 + number(data, 4, "<I"), size)
    at, lost = 12, 0
    for kind, start, body, last in chunks(data, 12, whole):
        at = min(last + last % 2, size)
        match kind:
            case b"EXIF":
                exif = bytes(data[body:last])
                found.turned = orientation(exif)
            case b"VP8X":
                sides = (1 + int.from_bytes(data[body + n : body + n + 3], "little") for n in (4, 7))
                found.width, found.height = sides
            case b"ICCP":
                profile = nameless(bytes(data[body:last]))
                found.put(body, last, profile) if profile else found.cut(start, at)
                lost = 0 if profile else _SAYS_ICC
        if kind not in _WEBP:
            found.cut(start, at)
    found.cut(at, size)
    extended = data[12:16] == b"VP8X" and size > 20
    if not extended:
        found.turned = 1  # nothing but an extended file can say so
    chunk = b""
    if found.turned != 1:
        exif = just_turned(found.turned)
        chunk = b"EXIF" + struct.pack("<I", len(exif)) + exif + b"\0" * (len(exif) % 2)
    length = size + grown(found.edits) + len(chunk) - 8
    if extended:
        flags = data[20] & ~(_SAYS_EXIF | _SAYS_XMP | lost) | (_SAYS_EXIF if chunk else 0)
        found.put(20, 21, bytes([flags]))
    found.put(4, 8, struct.pack("<I", max(length, 0) & 0xFFFFFFFF))
    if chunk:
        found.put(size, size, chunk)
    return found


# --- GIF (89a)

_GIF = {b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"}


def gif(data: Data) -> Cleaned:
    """Out: comments, texts, XMP and other applications' data, and what stands behind the end."""
    found, size = Cleaned(), len(data)
    found.width, found.height = number(data, 6, "<H"), number(data, 8, "<H")
    at = 13 + _palette(number(data, 10, "B"))
    while at < size:
        match data[at], number(data, at + 1, "B"):
            case 0x3B, _:
                found.cut(at + 1, size)
                return found
            case 0x2C, _:
                at = _blocks(data, at + 11 + _palette(number(data, at + 9, "B")))
            case 0x21, label:
                end = _blocks(data, at + 2)
                if label != 0xF9 and not (label == 0xFF and bytes(data[at + 3 : at + 14]) in _GIF):
                    found.cut(at, min(end, size))
                at = end
            case _:
                found.cut(at, size)
                return found
    return found


def _palette(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(data: Data, at: int) -> int:
    """Where the blocks that begin here have ended."""
    size = len(data)
    while at < size and (length := data[at]):
        at += length + 1
    return at + 1
