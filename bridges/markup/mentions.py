"""Whom words mention, and the same words for another network, where these people are called otherwise."""

from collections.abc import Callable

from bridges.markup.persons import MATRIX_ID, person
from bridges.markup.reading import read
from bridges.markup.rich import Rich, Span


def persons(html: str) -> list[tuple[str, str]]:
    """Whom the words mention: network and id of each person, once, in order."""
    return list(dict.fromkeys(found for span in read(html).nested() if (found := person(span))))


def address(html: str, who: Callable[[str, str], str | None]) -> str:
    """The same words for another network: `who(network, id)` is "NETWORK/ID" of that person there.

    Of whom it tells nothing, the name stays as plain text.
    """
    rich, spans, known = read(html), list[Span](), dict[tuple[str, str], str]()
    for span in rich.spans:
        if (found := person(span)) and found not in known:
            there = who(*found)
            known[found] = f"person:{there}" if there else ""
        spans.append(span._replace(value=known[found]) if found else span)
    return Rich(rich.text, tuple(spans)).html()


def mentioned(html: str) -> list[str]:
    """The Matrix ids of those who are mentioned, as `m.mentions` lists them in `user_ids` (Matrix 1.7)."""
    return [id_ for network, id_ in persons(html) if network == "matrix" and MATRIX_ID.fullmatch(id_)]
