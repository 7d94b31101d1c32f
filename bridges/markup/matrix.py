"""The safe subset from and to the content of Matrix messages (client-server specification, `m.room.message`)."""

import re
from html import escape as escape_html

from bridges.markup.persons import person, pill
from bridges.markup.reading import Reader, read
from bridges.markup.rich import EXPANDABLE, Rich, Span, tidy, walk

_HTML = "org.matrix.custom.html"
_FALLBACK = re.compile(r"> (?:\* ?)?<[^>\n]*>[^\n]*(?:\n>[^\n]*)*(?:\n+|\Z)")
_LONGEST = 65_536  # an event has no more bytes


def from_matrix(
    body: object,
    formatted_body: object = None,
    format: object = None,  # noqa: A002 - the field's own name
    *,
    strip_reply: bool = False,
) -> str:
    """A message's content as html of the subset; the values may be anything, since strangers write them.

    `strip_reply`: take away the quote of the message that is answered (rich replies' fallback, before Matrix 1.13).
    Whoever is mentioned by a link becomes the link of a person; a body that is no string gives nothing.
    """
    text = tidy(body[:_LONGEST]) if isinstance(body, str) else ""
    if format == _HTML and isinstance(formatted_body, str):
        reader = Reader(folding=True, dropped=frozenset({"mx-reply"}) if strip_reply else frozenset())
        rich = reader.rich(formatted_body[:_LONGEST])
        if rich.text.strip():
            return rich.html()
    return Rich(_FALLBACK.sub("", text, count=1) if strip_reply and _FALLBACK.match(text) else text).html()


def to_matrix(html: str) -> tuple[str, str | None]:
    """`body` and, where there is markup, `formatted_body`, from which `from_matrix` makes the same html again.

    Whoever is meant on Matrix gets a pill (their ids: `mentioned`); the names of others are plain text.
    """
    rich = read(html)
    nested = [span for span in rich.nested() if not person(span) or pill(span)]
    return _plain(rich.text, nested), _formatted(rich.text, nested) if nested else None


def _formatted(text: str, nested: list[Span]) -> str:
    """As clients show it: a line end beside a quote or a block of code is the element's own.

    `data-palier`, which clients ignore, says where that is not so, and which quotes are expandable.
    """
    starts = {span.start for span in nested}
    quote_ends = {span.end for span in nested if span.kind == "blockquote"}

    def owns_line_end(span: Span) -> bool:
        after = span.end + 1
        return (
            text[span.end : after] == "\n" and text[span.end - 1] != "\n" and text[after : after + 1].strip(" \t") != ""
            and span.end not in starts and after not in quote_ends
        )  # fmt: skip

    parts: list[str] = []
    skip, verbatim = 0, False
    for what, start, end, span in walk(text, nested):
        if not span:
            words = escape_html(text[max(start, skip) : end], quote=False)
            parts.append(words if verbatim else words.replace("\n", "<br>"))
        elif what == "open":
            parts.append(_opening(span, _at_line_start(text, start), span.end == len(text) or owns_line_end(span)))
            verbatim = span.kind == "pre"
        else:
            parts.append(_CLOSING.get(span.kind, f"</{span.kind}>"))
            verbatim = False
            if span.kind in {"pre", "blockquote"} and owns_line_end(span):
                skip = span.end + 1
    return "".join(parts)


_CLOSING = {"pre": "\n</code></pre>", "s": "</del>", "tg-spoiler": "</span>", "b": "</strong>", "i": "</em>"}


def _opening(span: Span, begins_line: bool, ends_line: bool) -> str:  # noqa: FBT001
    notes = [*([] if begins_line else ["before"]), *([] if ends_line else ["after"])]
    if span.kind == "blockquote" and span.value:
        notes.append(EXPANDABLE)
    ours = f' data-palier="{" ".join(notes)}"' if notes else ""
    match span.kind:
        case "a":
            return f'<a href="{escape_html(pill(span) or span.value)}">'
        case "blockquote":
            return f"<blockquote{ours}>"
        case "pre":
            language = f' class="language-{escape_html(span.value)}"' if span.value else ""
            return f"<pre{ours}><code{language}>"
        case kind:
            return {"b": "<strong>", "i": "<em>", "s": "<del>", "tg-spoiler": "<span data-mx-spoiler>"}.get(
                kind, f"<{kind}>",
            )


def _plain(text: str, nested: list[Span]) -> str:
    """What clients without HTML and notifications show: spoilers stay hidden, links are written out."""
    out: list[str] = []
    quote = 0  # where in `out` the quote that is open begins
    hidden, revealed = False, -1
    for what, start, end, span in walk(text, nested):
        match what, span.kind if span else "":
            case "text", _:
                out.append("" if hidden else text[start:end])
            case "open", "tg-spoiler":
                hidden = True
                out.append("" if start == revealed else "[spoiler]")
            case "close", "tg-spoiler":
                hidden, revealed = False, end
            case "open" | "close", "code":
                out.append("`")
            case "open", "pre":
                out.append(f"{_line_end_before(text, start)}```{span.value if span else ''}\n")
            case "close", "pre":
                out.append(f"\n```{_line_end_after(text, end)}")
            case "open", "blockquote":
                out.append(_line_end_before(text, start))
                quote = len(out)
            case "close", "blockquote":
                lines = "".join(out[quote:]).removesuffix("\n").split("\n")
                out[quote:] = ["\n".join(f"> {line}" for line in lines), _line_end_after(text, end)]
            case "close", "a" if span and not hidden and not pill(span):
                shown = text[span.start : span.end]
                if span.value not in {shown, f"http://{shown}", f"https://{shown}", f"mailto:{shown}", f"tel:{shown}"}:
                    out.append(f" ({span.value})")
    return "".join(out)


def _at_line_start(text: str, at: int) -> bool:
    return not at or text[at - 1] == "\n"


def _line_end_before(text: str, at: int) -> str:
    return "" if _at_line_start(text, at) else "\n"


def _line_end_after(text: str, at: int) -> str:
    return "" if text[at : at + 1] in {"", "\n"} else "\n"
