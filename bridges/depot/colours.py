"""Colour profiles (ICC.1:2022) without what they say of a screen: its maker, its serial number, whose it is.

A screenshot holds the profile of the screen that it was taken on.
"""

import struct
import zlib

# How colours are meant; everything else names something.
_KEPT = {
    b"wtpt", b"bkpt", b"chad", b"chrm", b"lumi", b"gamt", b"cicp", b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC",
    b"kTRC", *(way + bytes([48 + n]) for way in (b"A2B", b"B2A", b"D2B", b"B2D") for n in range(4)),
}  # fmt: skip
_NAMES = slice(24, 36), slice(48, 56), slice(80, 100)  # date; maker and model; who made the profile, its checksum
_TABLE, _MOST_TAGS, _LARGEST = 128, 100, 1 << 22
# Words of the two kinds that are in use, saying nothing.
_EMPTY = {b"desc": b"desc\0\0\0\0\0\0\0\1", b"mluc": b"mluc\0\0\0\0\0\0\0\0\0\0\0\x0c", b"text": b"text"}


def nameless(profile: bytes) -> bytes | None:
    """The same, as long as before; None where it is no profile."""
    count = int.from_bytes(profile[_TABLE : _TABLE + 4])
    first = _TABLE + 4 + 12 * count
    if profile[36:40] != b"acsp" or count > _MOST_TAGS or first > len(profile):
        return None
    made = bytearray(profile[:first].ljust(len(profile), b"\0"))
    for names in _NAMES:
        made[names] = bytes(names.stop - names.start)
    tags = list(struct.iter_unpack(">4sII", profile[_TABLE + 4 : first]))
    for tag, at, size in sorted(tags, key=lambda one: one[0] in _KEPT):  # several may share what they say
        if at < first or at + size > len(profile):
            return None
        words = profile[at : at + size] if tag in _KEPT else _EMPTY.get(profile[at : at + 4], b"")[:size]
        made[at : at + len(words)] = words
    return bytes(made)


def packed(profile: bytes) -> bytes | None:
    """The same for one that is compressed (PNG's `iCCP`)."""
    opened = zlib.decompressobj()
    try:
        plain = opened.decompress(profile, _LARGEST)
    except zlib.error:
        return None
    found = nameless(plain) if opened.eof else None
    return zlib.compress(found) if found else None
