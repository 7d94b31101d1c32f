"""Text and the marks upon it: the one value through which every conversion goes."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape as escape_html
from itertools import chain
from typing import Literal, NamedTuple

Kind = Literal["blockquote", "a", "pre", "code", "b", "i", "u", "s", "tg-spoiler"]
Interval = tuple[int, int]

STYLES: tuple[Kind, ...] = ("b", "i", "u", "s", "tg-spoiler")
RANK: dict[Kind, int] = {kind: rank for rank, kind in enumerate(("blockquote", "a", "pre", "code", *STYLES))}
EXPANDABLE = "expandable"

UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LANGUAGE = re.compile(r"[\w+.#-]{1,64}")
_ADDRESS = re.compile(
    r"(?:https?://[^/?#@\s]+\S*|tg://(?!user\b)\S+|matrix:\S+|mailto:\S+|tel:[+\d()./;=a-z-]+)", re.IGNORECASE,
)
# Who is meant, by network and id; a link that never leaves (see `bridges.markup.mentions`).
PERSON = re.compile(r"person:([a-z][a-z0-9-]{0,31})/([\w@][\w@:.=/+\[\]-]{0,254})")


def tidy(text: str) -> str:
    """Text without control characters (tab and line end excepted) and lone surrogates; every line end is a newline."""
    return UNWANTED.sub("", text.replace("\u2028", "\n").replace("\u2029", "\n"))


def tidy_url(url: str) -> str:
    """An address that a link may have, or nothing: scripts, data and what pings a person (tg://user) are refused."""
    url = "%20".join(UNWANTED.sub("", url).split())
    return url if len(url) <= 2048 and (_ADDRESS.fullmatch(url) or PERSON.fullmatch(url)) else ""


class Span(NamedTuple):
    """A mark over `text[start:end]`, in code points; `value` is a link's address, a language, or "expandable"."""

    start: int
    end: int
    kind: Kind
    value: str = ""


@dataclass(frozen=True, slots=True)
class Rich:
    """Text with marks in any order, which may overlap; `nested` says what they come down to."""

    text: str
    spans: tuple[Span, ...] = ()

    def nested(self) -> list[Span]:
        """The marks as Telegram allows them (Bot API, "Formatting options"), outer before inner.

        Two marks are apart or one is inside the other; quotes and links hold none of their own kind; pre and code hold
        nothing and stand in nothing but a quote. A spoiler wins over code, so that what was hidden stays hidden.
        """
        by_kind: dict[Kind, list[Span]] = defaultdict(list)
        for start, end, kind, value in self.spans:
            first, last = max(start, 0), min(end, len(self.text))
            if first < last:
                by_kind[kind].append(Span(first, last, kind, value))
        if not by_kind:
            return []
        hidden = _merged(by_kind["tg-spoiler"])
        pre = list(_without(_apart(by_kind["pre"]), hidden))
        code = list(_without(_apart(_joined(by_kind["code"])), _merged(chain(hidden, pre))))
        verbatim = _merged(chain(pre, code))
        links = [span._replace(value=url) for span in by_kind["a"] if (url := tidy_url(span.value))]
        flat = [*_apart(by_kind["blockquote"]), *pre, *code, *_without(_apart(_joined(links)), verbatim)]
        for kind in STYLES:
            whole = [Span(start, end, kind) for start, end in _merged(by_kind[kind])]
            flat.extend(_without(whole, verbatim))
        return _nest([_tidied(span) for span in flat])

    def html(self) -> str:
        """The canonical form of the subset."""
        parts: list[str] = []
        for what, start, end, span in walk(self.text, self.nested()):
            match what:
                case "text":
                    parts.append(escape_html(self.text[start:end], quote=False))
                case "open" if span:
                    parts.append(_opening(span))
                case _ if span:
                    parts.append("</code></pre>" if span.kind == "pre" and span.value else f"</{span.kind}>")
        return "".join(parts)

    def edited(self, edits: Sequence[tuple[int, int, str]]) -> "Rich":
        """The same with `text[start:end]` replaced by new words, for each of these, in order and apart."""
        parts: list[str] = []
        at, shift = 0, 0
        starts: list[int] = []
        shifts: list[int] = [0]
        for start, end, new in edits:
            parts += [self.text[at:start], new]
            shift += len(new) - (end - start)
            starts.append(start)
            shifts.append(shift)
            at = end
        parts.append(self.text[at:])

        def moved(position: int) -> int:
            return position + shifts[bisect_right(starts, position - 1)]

        spans = (span._replace(start=moved(span.start), end=moved(span.end)) for span in self.spans)
        return Rich("".join(parts), tuple(spans))


Step = tuple[Literal["open", "close", "text"], int, int, Span | None]


def walk(text: str, nested: Iterable[Span]) -> Iterator[Step]:
    """Text and marks in reading order; `nested` as `Rich.nested` gives it."""
    stack: list[Span] = []
    at = 0
    for span in [*nested, None]:
        until = span.start if span else len(text)
        while stack and stack[-1].end <= until:
            top = stack.pop()
            if at < top.end:
                yield "text", at, top.end, None
                at = top.end
            yield "close", top.end, top.end, top
        if at < until:
            yield "text", at, until, None
            at = until
        if span:
            yield "open", at, at, span
            stack.append(span)


def _opening(span: Span) -> str:
    match span.kind:
        case "a":
            return f'<a href="{escape_html(span.value)}">'
        case "pre" if span.value:
            return f'<pre><code class="language-{escape_html(span.value)}">'
        case "blockquote" if span.value:
            return "<blockquote expandable>"
        case _:
            return f"<{span.kind}>"


def _tidied(span: Span) -> Span:
    match span.kind:
        case "pre":
            return span._replace(value=span.value if _LANGUAGE.fullmatch(span.value) else "")
        case "blockquote":
            return span._replace(value=EXPANDABLE if span.value else "")
        case "a":
            return span
        case _:
            return span._replace(value="")


def _merged(spans: Iterable[Span | Interval]) -> list[Interval]:
    """What these cover together."""
    covered: list[Interval] = []
    for start, end in sorted((span[0], span[1]) for span in spans):
        if covered and start <= covered[-1][1]:
            covered[-1] = covered[-1][0], max(covered[-1][1], end)
        else:
            covered.append((start, end))
    return covered


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Neighbours that say the same become one."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        last = joined[-1] if joined else None
        if last and last.value == span.value and span.start <= last.end:
            joined[-1] = last._replace(end=max(last.end, span.end))
        else:
            joined.append(span)
    return joined


def _apart(spans: Iterable[Span]) -> Iterator[Span]:
    """The same without overlap: who begins first, or else is longer, keeps its place."""
    taken = 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        start = max(span.start, taken)
        if start < span.end:
            yield span._replace(start=start)
            taken = span.end


def _without(spans: Iterable[Span], holes: Sequence[Interval]) -> Iterator[Span]:
    """The same with holes cut out; both are in order and without overlap."""
    first = 0
    for span in spans:
        start = span.start
        while first < len(holes) and holes[first][1] <= start:
            first += 1
        for hole in range(first, len(holes)):
            left, right = holes[hole]
            if left >= span.end:
                break
            if start < left:
                yield span._replace(start=start, end=left)
            start = right
        if start < span.end:
            yield span._replace(start=start)


def _nest(spans: list[Span]) -> list[Span]:
    """Cut crossing marks so that each is inside another or apart; no kind overlaps itself, so few are open at once."""
    opening: dict[int, list[Span]] = defaultdict(list)
    for span in spans:
        opening[span.start].append(span)
    done: list[Span] = []
    stack: list[tuple[int, Span]] = []
    for at in sorted({*opening, *(span.end for span in spans)}):
        new = opening.get(at, [])
        quote = any(span.kind == "blockquote" for span in new)
        link_end = max((span.end for span in new if span.kind == "a"), default=0)
        again: list[Span] = []
        # A quote is never cut, a link only by a quote: what would cut them is cut itself.
        while any(
            span.end <= at or quote or (span.end < link_end and span.kind != "blockquote") for _, span in stack
        ):
            start, span = stack.pop()
            done.append(span._replace(start=start, end=at))
            if span.end > at:
                again.append(span)
        new = sorted([*new, *again], key=lambda span: (span.kind != "blockquote", -span.end, RANK[span.kind]))
        stack += [(at, span) for span in new]
    return sorted(done, key=lambda span: (span.start, -span.end, RANK[span.kind]))
