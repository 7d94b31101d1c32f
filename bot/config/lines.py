"""On which line of a TOML text each key and each value stands: tomllib tells what is there, but not where."""

import re
import tomllib
from collections import Counter
from typing import NamedTuple

Loc = tuple[str | int, ...]

_TOKEN = re.compile(
    r'''(?P<skip>[ \t\r]+|\#[^\n]*)
      | (?P<end>\n)
      | (?P<text>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?'{3,5}|"(?:\\.|[^"\\])*"|'[^']*')
      | (?P<mark>[\[\]{}=,])
      | (?P<bare>[^\s\#"'\[\]{}=,]+)''',
    re.VERBOSE | re.DOTALL,
)


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


def lines(text: str) -> dict[Loc, int]:
    """The line, counted from 1, of every table, key and list item of a text that tomllib has accepted.

    Paths are those of the parsed document: `("commune", 1, "also", 0)`. A table that is only opened by a longer name
    has the line of that name.
    """
    return _Scan(text).run()


class _Scan:
    def __init__(self, text: str) -> None:
        self._tokens: list[_Token] = []
        self._next = 0
        self._found: dict[Loc, int] = {}
        self._rows: Counter[Loc] = Counter()  # of each array of tables
        line = 1
        for match in _TOKEN.finditer(text):
            if match.lastgroup and match.lastgroup != "skip":
                self._tokens.append(_Token(match.lastgroup, match[0], line))
            line += match[0].count("\n")
        self._tokens.append(_Token("end", "", line))

    def run(self) -> dict[Loc, int]:
        table: Loc = ()
        while self._next < len(self._tokens):
            if self._take("end"):
                continue
            table = self._header() if self._take("mark", "[") else self._pair(table)
        return self._found

    def _take(self, kind: str, text: str = "") -> _Token | None:
        """The next token, if it is of that kind, and read."""
        token = self._tokens[self._next]
        if token.kind != kind or (text and token.text != text):
            return None
        self._next += 1
        return token

    def _header(self) -> Loc:
        """`[a.b]` or `[[a.b]]`, of which the first bracket is read."""
        row = self._take("mark", "[")
        names, line = self._key()
        while self._take("mark", "]"):
            pass
        path: Loc = ()
        for name in names[:-1]:
            path = (*path, name)
            self._found.setdefault(path, line)
            if rows := self._rows[path]:
                path = (*path, rows - 1)
        path = (*path, names[-1])
        self._found.setdefault(path, line)
        if row:
            self._rows[path] += 1
            path = (*path, self._rows[path] - 1)
            self._found[path] = line
        return path

    def _pair(self, table: Loc) -> Loc:
        """`key = value`; gives the table back."""
        names, line = self._key()
        self._take("mark", "=")
        path = table
        for name in names:
            path = (*path, name)
            self._found.setdefault(path, line)
        self._value(path)
        return table

    def _key(self) -> tuple[list[str], int]:
        line = self._tokens[self._next].line
        names: list[str] = []
        while token := self._take("bare") or self._take("text"):
            match token.kind:
                case "bare":
                    names += [name for name in token.text.split(".") if name]
                case _:
                    names.append(tomllib.loads(f"name = {token.text}")["name"])
        return names, line

    def _value(self, path: Loc) -> None:
        if self._take("mark", "["):
            item = 0
            while not self._take("mark", "]"):
                if self._take("end") or self._take("mark", ","):
                    continue
                self._found[*path, item] = self._tokens[self._next].line
                self._value((*path, item))
                item += 1
        elif self._take("mark", "{"):
            while not self._take("mark", "}"):
                if not self._take("mark", ","):
                    self._pair(path)
        else:
            while self._take("bare") or self._take("text"):  # a date and its time are two
                pass
