"""What to blank in TIFF and the raw files made like it (TIFF 6.0): everything that names people, places and devices."""

import struct

from bridges.depot.edits import Cleaned, Data, number

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_FURTHER = {34665, 34853, 40965}  # EXIF, GPS, interoperability: directories of their own, which go as a whole
_INNER = 330
# Description, make, model, software, date, artist, computer, XMP, copyright, IPTC, Photoshop, what Windows adds; a raw
# file's unique names, serial numbers, former names and private data.
_OUT = {
    269, 270, 271, 272, 285, 305, 306, 315, 316, 700, 33432, 33723, 34377, *range(40091, 40096), 42016, 42032, 42033,
    42037, 50735, 50740, 50827, 50971, 51041, *_FURTHER,
}  # fmt: skip
_MOST = 500  # directories


def tiff(data: Data) -> Cleaned:
    """Entries go and their values become zeros; where pixels lie does not change. BigTIFF is left as it is."""
    found = Cleaned()
    end = "<" if data[:2] == b"II" else ">"
    ahead = [number(data, 4, end + "I")]
    seen: set[int] = set()
    while ahead and len(seen) < _MOST:
        at = ahead.pop()
        if at and at not in seen:
            seen.add(at)
            ahead += _directory(data, at, end, found, whole=False)
    return found


def _directory(data: Data, at: int, end: str, found: Cleaned, *, whole: bool, deep: int = 0) -> list[int]:
    """Clean one directory, or blank it; tell where the others are that belong to the picture."""
    entries = number(data, at, end + "H")
    last = at + 2 + 12 * entries
    if not entries or last > len(data):
        return []
    kept, ahead = [], [number(data, last, end + "I")]
    for place in range(at + 2, last, 12):
        tag, kind = number(data, place, end + "H"), number(data, place + 2, end + "H")
        many = number(data, place + 4, end + "I")
        size, value = _SIZES.get(kind, 1) * many, number(data, place + 8, end + "I")
        if tag == _INNER and not whole:
            step = range(value, min(value + size, len(data)), 4)
            ahead += [value] if many == 1 else [number(data, one, end + "I") for one in step[:_MOST]]
        if whole or tag in _OUT:
            if tag in _FURTHER and deep < 3:
                _directory(data, value, end, found, whole=True, deep=deep + 1)
            elif size > 4:
                found.blank(value, min(value + size, len(data)))
        else:
            kept.append(bytes(data[place : place + 12]))
    if whole:
        found.blank(at, last)
    elif len(kept) < entries:
        table = struct.pack(end + "H", len(kept)) + b"".join(kept) + bytes(data[last : last + 4])
        found.put(at, min(last + 4, len(data)), table.ljust(last + 4 - at, b"\0"))
    return ahead
