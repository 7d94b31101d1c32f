"""Any HTML, however hostile, read into text and marks, in linear time and without recursion."""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser

from bridges.markup.persons import from_pill
from bridges.markup.rich import EXPANDABLE, Kind, Rich, Span, tidy, tidy_url

# Why not nh3 first: HTML's rules for misplaced tags let 40 kB grow to 50 MB and three seconds in it. Why a guard before
# html.parser: on unfinished tags it is quadratic (22 seconds for 63 kB). Every alternative below is linear.
_GUARD = re.compile(
    r"""<!--(?:-?>|.*?(?:--!?>|\Z))
      | <(script|style)(?=[\s/>])[^>]*+>.*?(?:</\1\s*+>|\Z)
      | <[!?][^<>]*+>
      | <(?!/?[a-z][^\s<>"'/=]*+
           (?:[\s/]++(?:[^\s<>"'/=]++(?:\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+'|[^\s<>"'`]++))?+)?+)*+>)""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)

_SAME: dict[str, Kind] = {
    "b": "b", "strong": "b", "i": "i", "em": "i", "u": "u", "ins": "u", "s": "s", "strike": "s", "del": "s",
    "code": "code", "tt": "code", "kbd": "code", "tg-spoiler": "tg-spoiler", "summary": "b",
    **{f"h{level}": "b" for level in range(1, 7)},
}  # fmt: skip
_VOID = {"br", "hr", "img", "wbr", "input", "meta", "link", "area", "base", "col", "embed", "source", "track"}
# How many line ends stand before and after such an element.
_BLOCKS = {
    **dict.fromkeys(("p", "h1", "h2", "h3", "h4", "h5", "h6"), 2),
    **dict.fromkeys(
        ("div", "ul", "ol", "li", "table", "caption", "tr", "hr", "details", "summary", "section", "article", "header",
         "footer", "main", "aside", "nav", "figure", "figcaption", "address", "dl", "dt", "dd"), 1,
    ),
}  # fmt: skip
_QUOTING = {"blockquote", "pre"}
_BLANKS = re.compile(r"[ \t\n]+")
# What calls somebody, or would if strangers wrote it.
_TO_SOMEONE = re.compile(r"https?://(?:www\.)?matrix\.to(?:[/?#]|$)|matrix:u(?:ser)?/|person:", re.IGNORECASE)
_DEEPEST = 8  # levels of a list that are indented


@dataclass(slots=True)
class _Open:
    """An element that is not closed yet; `start` is known once something is written in it."""

    kind: Kind | None
    value: str = ""
    start: int = -1
    loose: bool = False  # no line end is implied after it


class Reader(HTMLParser):
    """Reads the subset and what resembles it; elements are counted rather than nested, so nothing can be too deep.

    `folding`: line ends outside of `pre` are white space, and quotes stand on lines of their own, as in Matrix's HTML;
    else they are literal, as in the subset. `dropped`: elements that vanish with their content.
    """

    def __init__(self, *, folding: bool = False, dropped: frozenset[str] = frozenset()) -> None:
        super().__init__(convert_charrefs=True)
        self.folding, self.dropped = folding, dropped | {"script", "style"}
        self.parts: list[str] = []
        self.spans: list[Span] = []
        self.size = 0
        self.ends = 0  # line ends with which the text ends
        self.due = 0  # line ends owed before the next words
        self.soft = False  # a space owed before the next words of the same line
        self.held = ""  # blanks at the beginning of a line, which may be just indentation
        self.fresh = False  # right behind the mark of a list item, as good as the beginning of a line
        self.gone = 0  # depth inside dropped elements
        self.open: dict[str, list[_Open]] = defaultdict(list)
        self.waiting: list[_Open] = []
        self.lists: list[int | None] = []
        self.cells: list[int] = []  # cells so far, of each row that is open
        self.in_cell = 0
        self.pre_begins = False
        self.verbatim_end = ""

    def rich(self, html: str) -> Rich:
        self.feed(_GUARD.sub(lambda found: "&lt;" if found[0] == "<" else "", tidy(html)))
        self.close()
        self._release()
        for tag in list(self.open):
            while self.open[tag]:
                self._end(tag)
        return Rich("".join(self.parts), tuple(self.spans))

    # --- words

    def handle_data(self, data: str) -> None:
        data = tidy(data)
        if self.gone or not data:
            return
        if self.open["pre"]:
            self._write_verbatim(data.removeprefix("\n") if self.pre_begins else data)
            self.pre_begins = False
        elif not self.folding:
            self._write(data)
        else:
            data = _BLANKS.sub(lambda found: "\n" if "\n" in found[0] else found[0], data)
            words = data.strip("\n")
            if data[0] == "\n":
                self.soft = True
            if not words.strip(" \t") and self._at_line_start():
                self.held += words
            elif words:
                self._write(words.replace("\n", " "))
            self.soft |= data[-1] == "\n"

    def _at_line_start(self) -> bool:
        return not self.size or bool(self.due) or self.ends > 0 or self.fresh

    def _write(self, words: str) -> None:
        if not words:
            return
        before = ""
        if self.size and self.due:
            before = "\n" * (self.due - self.ends)
        elif self.soft and not self._at_line_start():
            before = " "
        before += self.held
        self.due, self.soft, self.held, self.fresh = 0, False, "", False
        self.parts += [before, words]
        self.size += len(before)
        for element in self.waiting:
            element.start = self.size
        self.waiting.clear()
        self.size += len(words)
        written = before + words
        rest = written.rstrip("\n")
        self.ends = len(written) - len(rest) + (0 if rest else self.ends)

    def _write_verbatim(self, words: str) -> None:
        words = self.verbatim_end + words
        # Markdown ends every block of code with a line end, which is not part of the code.
        self.verbatim_end = "\n" if self.folding and words.endswith("\n") else ""
        self._write(words.removesuffix(self.verbatim_end))

    def _release(self) -> None:
        """Blanks held back are meant, unless they only stand between two blocks."""
        held, self.held = self.held, ""
        if not self.due:
            self._write(held)

    def _break(self, tag: str, count: int) -> None:
        if self.in_cell:
            self.soft = True
        elif not self.fresh or tag == "li":
            self.fresh = False
            count = 1 if self.lists else count
            if self.size and count > self.ends:
                self.due = max(self.due, count)
        self.held, self.soft = "", self.soft and bool(self.in_cell)

    # --- elements

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.dropped:
            self.gone += 1
        if self.gone:
            return
        self.pre_begins = False
        given = {name: value or "" for name, value in attrs}
        ours = given.get("data-palier", "").split()
        if tag in _BLOCKS or (self.folding and tag in _QUOTING and "before" not in ours):
            self._break(tag, _BLOCKS.get(tag, 1))
        else:
            self._release()
        self._begin(tag, given)
        if tag not in _VOID:
            element = self._element(tag, given, ours)
            self.open[tag].append(element)
            self.waiting.append(element)

    def _begin(self, tag: str, given: dict[str, str]) -> None:
        """What an element brings along by itself."""
        match tag:
            case "br":
                self.soft = False
                if self.open["pre"]:
                    self._write_verbatim("\n")
                else:
                    self._write("\n")
            case "hr":
                self._write("———")
                self._break(tag, 1)
            case "img":
                self._write(tidy(given.get("alt") or given.get("title") or ""))
            case "ul":
                self.lists.append(None)
            case "ol":
                start = given.get("start", "")
                self.lists.append(int(start) if re.fullmatch("[0-9]{1,6}", start) else 1)
            case "li":
                self._item()
            case "tr":
                self.cells.append(0)
            case "td" | "th":
                if self.cells and self.cells[-1]:
                    self.soft = False
                    self._write(" | ")
                    self.fresh = True
                if self.cells:
                    self.cells[-1] += 1
                self.in_cell += 1
            case "pre":
                self.pre_begins = self.folding

    def _item(self) -> None:
        number = self.lists[-1] if self.lists else None
        if self.lists and number is not None:
            self.lists[-1] = number + 1
        mark = "• " if number is None else f"{number}. "
        self._write("  " * min(len(self.lists) - 1, _DEEPEST) + mark)
        self.fresh = True

    def _element(self, tag: str, given: dict[str, str], ours: list[str]) -> _Open:
        match tag:
            case "a":
                href = given.get("href", "")
                if self.folding and _TO_SOMEONE.match(href := tidy_url(href)):
                    href = from_pill(href)
                return _Open("a" if href else None, href)
            case "blockquote":
                expandable = EXPANDABLE in given or "expandable" in ours
                return _Open("blockquote", EXPANDABLE if expandable else "", loose="after" in ours)
            case "pre":
                return _Open("pre", loose="after" in ours)
            case "code" if self.open["pre"]:
                language = re.search(r"(?:^|\s)language-(\S+)", given.get("class", ""))
                if language:
                    self.open["pre"][-1].value = language[1]
                return _Open(None)
            case "span" if "data-mx-spoiler" in given or given.get("class") == "tg-spoiler":
                if reason := tidy(given.get("data-mx-spoiler", "")):
                    self._write(f"({reason}) ")
                return _Open("tg-spoiler")
            case _:
                return _Open(_SAME.get(tag))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.dropped:
            self.handle_starttag(tag, attrs)  # as in HTML, where <b/> is <b>

    def handle_endtag(self, tag: str) -> None:
        if self.gone:
            self.gone -= tag in self.dropped
        elif tag in {"br", "p"} and not self.open[tag]:
            self.handle_starttag(tag, [])
        elif self.open[tag]:
            self._end(tag)

    def _end(self, tag: str) -> None:
        element = self.open[tag].pop()
        self._release()
        if tag == "pre":
            self.verbatim_end = ""
        if element.kind and 0 <= element.start < self.size:
            self.spans.append(Span(element.start, self.size, element.kind, element.value))
        match tag:
            case "ul" | "ol" if self.lists:
                self.lists.pop()
            case "tr" if self.cells:
                self.cells.pop()
            case "td" | "th":
                self.in_cell -= 1
        if tag in _BLOCKS or (self.folding and tag in _QUOTING and not element.loose):
            self.fresh = False
            self._break(tag, 1 if tag[0] == "h" else _BLOCKS.get(tag, 1))


@lru_cache(maxsize=16)  # the same words are read by several parts, one after the other
def read(html: str) -> Rich:
    """The subset, or whatever else was given in its place."""
    return Reader(dropped=frozenset({"mx-reply"})).rich(html)
