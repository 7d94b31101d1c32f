"""One safe subset of HTML, which words travel in, and its conversion from and to each network's own.

Tags: b, i, u, s, tg-spoiler, code, pre (with `<code class="language-...">`), `a href`, blockquote (expandable). Text is
escaped with `html.escape(quote=False)`, line ends are newlines, nothing else has a meaning. Every function takes any
string, never raises, and gives the canonical form back.

Inside, and never on a network, `<a href="person:NETWORK/ID">Name</a>` says who is meant: `from_telegram` and
`from_matrix` make such links of real mentions alone, `address` turns them to the network where the words go, and
`to_telegram` and `to_matrix` make them mentions there, or plain text.
"""

from bridges.markup.cutting import split
from bridges.markup.graphemes import clusters
from bridges.markup.matrix import from_matrix, to_matrix
from bridges.markup.mentions import address, mentioned, persons
from bridges.markup.reading import read
from bridges.markup.rich import Rich, Span, tidy
from bridges.markup.telegram import Entity, from_telegram, to_telegram, units

__all__ = [
    "Entity", "Rich", "Span", "address", "clean", "clusters", "diff_is_empty", "entity_count", "escape", "from_matrix",
    "from_telegram", "length", "mentioned", "persons", "plain", "read", "split", "tidy", "to_matrix", "to_telegram",
    "units",
]  # fmt: skip


def escape(text: str) -> str:
    """Plain text as html of the subset."""
    return Rich(tidy(text)).html()


def plain(html: str) -> str:
    """The text alone, without its marks."""
    return read(html).text


def clean(html: str) -> str:
    """Any string as html of the subset: unknown tags keep their text, scripts and styles vanish."""
    return read(html).html()


def length(html: str) -> int:
    """How long the text is in UTF-16 code units, which is what the networks' limits count."""
    return units(plain(html))


def entity_count(html: str) -> int:
    """How many entities Telegram would count."""
    return len(read(html).nested())


def diff_is_empty(before: str, after: str) -> bool:
    """Whether two html say the same in the same way."""
    return clean(before) == clean(after)
