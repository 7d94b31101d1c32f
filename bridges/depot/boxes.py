"""What to blank in MP4, QuickTime, M4A, HEIC and AVIF (ISO/IEC 14496-12, 23008-12): places, devices, dates, texts.

A box that goes becomes a `free` one of the same size, full of zeros: nothing moves, so nothing has to be counted anew.
"""

from collections.abc import Iterator
from typing import NamedTuple

from bridges.depot.colours import nameless
from bridges.depot.edits import Cleaned, Data, number

_TOP = {b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"mfra", b"sidx", b"ssix", b"pdin", b"wide", b"idat"}
_MOVIE = {b"mvhd", b"trak", b"mvex", b"iods"}
_TRACK = {b"tkhd", b"mdia", b"edts", b"tref", b"tapt", b"load", b"clip", b"trgr"}
_MEDIA = {b"mdhd", b"hdlr", b"minf", b"elng"}
_SHAPE = {b"vmhd", b"smhd", b"nmhd", b"gmhd", b"hdlr", b"dinf", b"stbl"}
_TABLES = {
    b"stsd", b"stts", b"ctts", b"cslg", b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"stss", b"stsh", b"stps", b"padb",
    b"stdp", b"sdtp", b"sbgp", b"sgpd", b"subs", b"saiz", b"saio",
}  # fmt: skip
_FRAGMENT = {b"mfhd", b"traf"}
_RUNS = {b"tfhd", b"tfdt", b"trun", b"subs", b"sbgp", b"sgpd", b"saiz", b"saio", b"senc"}
_SHOWN = {b"vide", b"soun"}


class Box(NamedTuple):
    """Where a box, its content and its end are."""

    kind: bytes
    start: int
    body: int
    end: int


def boxes(data: Data, start: int, end: int) -> Iterator[Box]:
    """The boxes in a stretch, until something there is none."""
    at = start
    while at + 8 <= end:
        size, body = number(data, at, ">I"), at + 8
        if size == 1:
            size, body = number(data, at + 8, ">Q"), at + 16
        elif size == 0:
            size = end - at
        if size < body - at or at + size > end:
            return
        yield Box(bytes(data[at + 4 : at + 8]), at, body, at + size)
        at += size


def film(data: Data) -> Cleaned:
    """Out: user data, metadata, XMP, unknown boxes, dates, and tracks that are neither picture nor sound.

    Such tracks hold where a drone or a camera was; their samples become zeros. Left is what an encoder wrote into the
    stream of pictures itself. Raises ValueError where samples of such a track cannot be found.
    """
    found, at, shown = Cleaned(), 0, True
    for box in boxes(data, 0, len(data)):
        at = box.end
        match box.kind:
            case b"moov":
                shown = _movie(data, box, found) and shown
            case b"moof":
                if not shown:
                    raise ValueError("samples of sensors in fragments")
                for part in _kept(data, box, _FRAGMENT, found):
                    if part.kind == b"traf":
                        list(_kept(data, part, _RUNS, found))
            case kind if kind not in _TOP:
                _free(box, found)
    found.cut(at, len(data))
    return found


def picture(data: Data) -> Cleaned:
    """HEIC and AVIF. Out: EXIF and XMP items, everything else as in a film; how it is turned is told elsewhere."""
    found, at = Cleaned(), 0
    for box in boxes(data, 0, len(data)):
        at = box.end
        match box.kind:
            case b"meta":
                _items(data, box, found)
            case b"moov":
                _movie(data, box, found)
            case kind if kind not in _TOP:
                _free(box, found)
    found.cut(at, len(data))
    return found


def _free(box: Box, found: Cleaned) -> None:
    found.put(box.start + 4, box.start + 8, b"free")
    found.blank(box.body, box.end)


def _kept(data: Data, parent: Box, kinds: set[bytes], found: Cleaned) -> Iterator[Box]:
    """The children of these kinds; the others go."""
    at = parent.body
    for box in boxes(data, parent.body, parent.end):
        at = box.end
        if box.kind in kinds:
            yield box
        else:
            _free(box, found)
    found.blank(at, parent.end)


def _movie(data: Data, movie: Box, found: Cleaned) -> bool:
    """Whether there are no tracks but of pictures and sound."""
    shown = True
    for box in _kept(data, movie, _MOVIE, found):
        if box.kind == b"mvhd":
            wide = _undated(data, box, found)
            scale = number(data, box.body + (20 if wide else 12), ">I")
            length = number(data, box.body + (24 if wide else 16), ">Q" if wide else ">I")
            found.seconds = length / scale if scale else 0
        elif box.kind == b"trak":
            shown = _track(data, box, found) and shown
    return shown


def _undated(data: Data, box: Box, found: Cleaned) -> bool:
    """Blank when it was made and changed, which `mvhd`, `tkhd` and `mdhd` begin with; whether its times are wide."""
    wide = number(data, box.body, "B") == 1
    found.blank(box.body + 4, min(box.body + (20 if wide else 12), box.end))
    return wide


def _child(data: Data, parent: Box | None, *path: bytes) -> Box | None:
    for kind in path:
        if parent is None:
            return None
        parent = next((box for box in boxes(data, parent.body, parent.end) if box.kind == kind), None)
    return parent


def _track(data: Data, track: Box, found: Cleaned) -> bool:
    """Whether it stays."""
    handler = _child(data, track, b"mdia", b"hdlr")
    if handler is None or bytes(data[handler.body + 8 : handler.body + 12]) not in _SHOWN:
        _samples(data, _child(data, track, b"mdia", b"minf", b"stbl"), found)
        _free(track, found)
        return False
    for box in _kept(data, track, _TRACK, found):
        match box.kind:
            case b"tkhd":
                wide = _undated(data, box, found)
                matrix = box.body + (52 if wide else 40)
                sides = [number(data, matrix + 36, ">I") >> 16, number(data, matrix + 40, ">I") >> 16]
                if number(data, matrix, ">i") == 0 and number(data, matrix + 4, ">i"):  # filmed upright
                    sides.reverse()
                if all(sides):
                    found.width, found.height = sides
            case b"mdia":
                for part in _kept(data, box, _MEDIA, found):
                    match part.kind:
                        case b"mdhd":
                            _undated(data, part, found)
                        case b"hdlr":
                            _nameless(part, found)
                        case b"minf":
                            _shape(data, part, found)
    return True


def _nameless(handler: Box, found: Cleaned) -> None:
    """Blank what a track is called and whose part of a program it is for: cameras write their name there."""
    found.blank(handler.body + 12, handler.end)


def _shape(data: Data, minf: Box, found: Cleaned) -> None:
    seen = _child(data, minf, b"vmhd") is not None
    for box in _kept(data, minf, _SHAPE, found):
        match box.kind:
            case b"hdlr":
                _nameless(box, found)
            case b"dinf":  # QuickTime writes there in which folder the file was
                for table in _kept(data, box, {b"dref"}, found):
                    for place in boxes(data, table.body + 8, table.end):
                        found.blank(place.body + 4, place.end)
            case b"stbl":
                for table in _kept(data, box, _TABLES, found):
                    if table.kind == b"stsd" and seen:
                        for entry in boxes(data, table.body + 8, table.end):  # vendor and name of the encoder
                            found.blank(entry.body + 12, min(entry.body + 16, entry.end))
                            found.blank(entry.body + 42, min(entry.body + 74, entry.end))


def _samples(data: Data, table: Box | None, found: Cleaned) -> None:
    """Blank what a track shows, found by its tables of sizes, chunks and places."""
    parts = {box.kind: box for box in boxes(data, table.body, table.end)} if table else {}
    places, runs, sizes = parts.get(b"stco") or parts.get(b"co64"), parts.get(b"stsc"), parts.get(b"stsz")
    if not (places and runs and sizes):
        if places and number(data, places.body + 4, ">I"):
            raise ValueError("samples in no order that is known here")
        return
    same, many = number(data, sizes.body + 4, ">I"), number(data, sizes.body + 8, ">I")
    each = iter(()) if same else _table(data, sizes.body + 12, sizes.end, many, ">I", 4)
    wide = places.kind == b"co64"
    steps = _table(data, runs.body + 8, runs.end, number(data, runs.body + 4, ">I"), ">I", 12)
    first, here = next(steps, 0), 0
    run = runs.body + 8
    count = number(data, places.body + 4, ">I")
    form, step = (">Q", 8) if wide else (">I", 4)
    for chunk, at in enumerate(_table(data, places.body + 8, places.end, count, form, step)):
        while first and chunk + 1 >= first:
            here, run = number(data, run + 4, ">I"), run + 12
            first = next(steps, 0)
        here_size = same * here if same else sum(size for size, _ in zip(each, range(here), strict=False))
        found.blank(at, min(at + here_size, len(data)))


def _table(data: Data, start: int, end: int, count: int, form: str, step: int) -> Iterator[int]:  # noqa: PLR0917
    """The first number of each row of a table."""
    for at in range(start, min(start + count * step, end - step + 1), step):
        yield number(data, at, form)


# --- items of still pictures


_META = {
    b"hdlr", b"pitm", b"iinf", b"iloc", b"iref", b"iprp", b"idat", b"dinf", b"grpl", b"ipro",
}  # fmt: skip
_WORDS = {b"udes", b"altt", b"uuid"}  # properties that describe
_TELLING = {b"Exif", b"mime", b"uri ", b""}


def _items(data: Data, meta: Box, found: Cleaned) -> None:
    parts = {box.kind: box for box in _kept(data, meta._replace(body=meta.body + 4), _META, found)}
    if properties := _child(data, parts.get(b"iprp"), b"ipco"):
        for box in boxes(data, properties.body, properties.end):
            _property(data, box, found)
    names, places = parts.get(b"iinf"), parts.get(b"iloc")
    if names is None or places is None:
        return
    wide = number(data, names.body, "B") > 0
    out: dict[int, bytes] = {}
    for box in boxes(data, names.body + (8 if wide else 6), names.end):
        version = number(data, box.body, "B")
        if box.kind == b"infe" and version >= 2:
            after = 6 if version == 2 else 8
            kind = bytes(data[box.body + after + 2 : box.body + after + 6])
            out[number(data, box.body + 4, ">H" if version == 2 else ">I")] = kind
    inner = parts.get(b"idat")
    for item, at, size in _extents(data, places, inner):
        kind = out.get(item, b"")
        if kind in _TELLING and (at < 0 or not size):
            raise ValueError("an item that is put together of others, or of all there is")
        if kind == b"Exif" and size >= 18:  # a directory without entries
            found.put(at, at + 18, b"\0\0\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0")
            found.blank(at + 18, at + size)
        elif kind in _TELLING:
            found.blank(at, at + size)


def _property(data: Data, box: Box, found: Cleaned) -> None:
    if box.kind in _WORDS:
        _free(box, found)
    elif box.kind == b"colr" and bytes(data[box.body : box.body + 4]) in {b"prof", b"rICC"}:
        profile = nameless(bytes(data[box.body + 4 : box.end]))
        found.put(box.body + 4, box.end, profile or bytes(box.end - box.body - 4))


def _extents(data: Data, places: Box, inner: Box | None) -> Iterator[tuple[int, int, int]]:
    """Item, beginning and length of everything that `iloc` lists; -1 where it lies in other items."""
    version, widths = number(data, places.body, "B"), number(data, places.body + 4, ">H")
    offset, length, base, index = (widths >> 12) & 15, (widths >> 8) & 15, (widths >> 4) & 15, widths & 15
    at = places.body + 6

    def take(size: int) -> int:
        nonlocal at
        at += size
        return int.from_bytes(data[at - size : at])

    for _ in range(take(4 if version == 2 else 2)):
        item = take(4 if version == 2 else 2)
        way = take(2) & 15 if version else 0
        take(2)
        start = take(base)
        for _ in range(take(2)):
            if version:
                take(index)
            begin, size = start + take(offset), take(length)
            if at > places.end:
                return
            if way == 1 and inner:
                begin += inner.body
            yield item, begin if way in {0, 1} else -1, min(size, max(len(data) - begin, 0))
        if at > places.end:
            return
