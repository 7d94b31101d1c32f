"""What to blank in TIFF and the raw files made like it (TIFF 6.0): all but the pixels and how they are to be shown."""

import struct
from collections.abc import Iterator

from bridges.depot.colours import nameless
from bridges.depot.edits import Cleaned, Data, number

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_WIDTH, _HEIGHT, _INNER, _COLOURS = 256, 257, 330, 34675
_PIXELS = {273: 279, 324: 325}  # where strips or tiles are, and how long
# Size, kind of pixels, which side is up, pages; how they are packed; what a raw file's (DNG) colours are made of.
_KEPT = {
    254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284, 290, 291,
    292, 293, 296, 297, 301, 317, 318, 319, 320, 321, 322, 323, 324, 325, 330, 332, 334, 336, 338, 339, 340, 341, 342,
    347, 529, 530, 531, 532, 33421, 33422, 50706, 50707, *range(50710, 50735), *range(50736, 50740), 50778, 50779,
    50829, 50830, 50879, *range(50937, 50941), 50964, 50965, 51008, 51009, 51022,
}  # fmt: skip
_MOST = 2000  # directories
_MOST_PARTS = 1 << 20


def tiff(data: Data) -> Cleaned:
    """Everything else becomes zeros, whether an entry leads there or not; where pixels lie does not change."""
    found = Cleaned()
    end = "<" if data[:2] == b"II" else ">"
    ahead, seen, kept = [number(data, 4, end + "I")], set[int](), [(0, 8)]
    while ahead and len(seen) < _MOST:
        at = ahead.pop()
        if at and at not in seen:
            seen.add(at)
            ahead += _directory(data, at, end, found, kept)
    last = 0
    for start, stop in sorted(kept):
        found.blank(last, min(start, len(data)))
        last = max(last, stop)
    found.blank(last, len(data))
    return found


def _directory(data: Data, at: int, end: str, found: Cleaned, kept: list[tuple[int, int]]) -> list[int]:
    """Take out what is not to be kept, note where the rest lies, and tell where other directories are."""
    entries = number(data, at, end + "H")
    last = at + 2 + 12 * entries
    if not entries or last > len(data):
        return []
    table, values = [], {}
    ahead = [number(data, last, end + "I")]
    for place in range(at + 2, last, 12):
        tag, kind, many = (number(data, place + n, end + form) for n, form in ((0, "H"), (2, "H"), (4, "I")))
        size = _SIZES.get(kind, 1) * many
        value = number(data, place + 8, end + "I") if size > 4 else place + 8
        if tag == _COLOURS and (profile := nameless(bytes(data[value : value + size]))):
            found.put(value, value + size, profile)
        elif tag not in _KEPT:
            continue
        table.append(bytes(data[place : place + 12]))
        values[tag] = (kind, value, min(many, _MOST_PARTS))
        if size > 4:
            kept.append((value, value + size))
    if not found.width:
        found.width, found.height = (next(_numbers(data, end, values.get(tag)), 0) for tag in (_WIDTH, _HEIGHT))
    for places, sizes in _PIXELS.items():
        pairs = zip(_numbers(data, end, values.get(places)), _numbers(data, end, values.get(sizes)), strict=False)
        kept += [(start, start + size) for start, size in pairs]
    ahead += _numbers(data, end, values.get(_INNER))
    made = struct.pack(end + "H", len(table)) + b"".join(table) + bytes(data[last : last + 4])
    found.put(at, min(last + 4, len(data)), made.ljust(min(last + 4, len(data)) - at, b"\0"))
    kept.append((at, last + 4))
    return ahead


def _numbers(data: Data, end: str, entry: tuple[int, int, int] | None) -> Iterator[int]:
    """What an entry lists."""
    kind, value, many = entry or (0, 0, 0)
    form, step = ("H", 2) if kind == 3 else ("I", 4)
    for at in range(value, min(value + many * step, len(data) - step + 1), step):
        yield number(data, at, end + form)
