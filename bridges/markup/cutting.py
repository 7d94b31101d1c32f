"""Long words in pieces that a network takes."""

import re
from bisect import bisect_left, bisect_right
from itertools import accumulate

from bridges.markup.graphemes import inseparable
from bridges.markup.reading import read
from bridges.markup.rich import Rich, Span

# After what to cut, best first; a worse place is taken if the better one leaves the piece less than so full.
_PLACES = [
    (re.compile(r"\n\s*\n"), 0.3), (re.compile(r"\n"), 0.3), (re.compile(r"(?<![.!?…»])[.!?…»]++[\"')\]]*+\s+"), 0.3),
    (re.compile(r"\s+"), 0.0),
]  # fmt: skip
_WHOLE = {"a", "code"}  # what is cut only if it alone is too long
_CLUSTER = 64


def split(html: str, limit: int, entities: int | None = None) -> list[str]:
    """Pieces of at most `limit` UTF-16 units and `entities` marks, as html of the subset each.

    White space at a cut stays with the piece before it; a piece of white space alone is left out, since no network
    takes it. Marks that are cut go on in the next piece.
    """
    rich = read(html)
    nested = rich.nested()
    text, size = rich.text, len(rich.text)
    offsets = [0, *accumulate(1 + (character > "\uffff") for character in text)]
    starts = [span.start for span in nested]
    pieces: list[str] = []
    at = 0
    still: list[Span] = []  # begun before `at`, not yet at an end
    while at < size:
        end = max(bisect_right(offsets, offsets[at] + limit) - 1, at + 1)
        first = bisect_left(starts, at)
        if entities is not None and first + max(entities - len(still), 0) < len(starts):
            end = min(end, max(starts[first + max(entities - len(still), 0)], at + 1))
        while True:
            cut = end if end >= size else _cut(text, at, end, [*still, *nested[first : bisect_left(starts, end)]])
            here = [*still, *nested[first : bisect_left(starts, cut)]]
            piece = Rich(
                text[at:cut],
                tuple(span._replace(start=max(span.start, at) - at, end=min(span.end, cut) - at) for span in here),
            )
            if entities is None or cut == at + 1 or len(piece.nested()) <= entities:
                break
            end = at + max((cut - at) // 2, 1)
        if piece.text.strip():
            pieces.append(piece.html())
        still = [span for span in here if span.end > cut]
        at = cut
    return pieces or [rich.html()]


def _cut(text: str, at: int, end: int, spans: list[Span]) -> int:
    """The best place for the end of a piece that begins at `at` and ends at `end` at the latest."""
    whole = [span for span in spans if span.kind in _WHOLE and span.start > at]
    begins = [span.start for span in whole]

    def inside(place: int) -> bool:
        before = bisect_left(begins, place) - 1
        return before >= 0 and place < whole[before].end

    for pattern, fullness in _PLACES:
        least = at + int((end - at) * fullness)
        places = [found.end() for found in pattern.finditer(text, at, end)]
        for place in reversed(places):
            if place > max(least, at) and not inside(place):
                return place
    place = end
    if inside(place):
        place = begins[bisect_left(begins, place) - 1]
    else:
        while end - place < _CLUSTER and place > at + 1 and inseparable(text, place):
            place -= 1
        place = end if inseparable(text, place) else place
    return place
