"""A second opinion: a sanitiser of its own finds nothing to take away from what the markup lets through."""

import nh3
from hypothesis import given

from bridges.markup import clean, from_matrix
from tests.markup.strangers import MATRIX_HTML, html_soup

_TAGS = {"b", "i", "u", "s", "tg-spoiler", "code", "pre", "a", "blockquote"}
_ATTRIBUTES = {"a": {"href"}, "code": {"class"}, "blockquote": {"expandable"}}
_SCHEMES = {"http", "https", "mailto", "tel", "matrix", "tg", "person"}


@given(html_soup)
def test_a_sanitiser_leaves_every_output_alone(html: str) -> None:
    for ours in (clean(html), from_matrix("", html, MATRIX_HTML)):
        # HTML drops a line end at the beginning of `pre`; the sanitiser writes some things in its own way.
        given = ours.replace("<pre>", "<pre>\n")
        theirs = nh3.clean(given, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel=None)
        theirs = theirs.replace('expandable=""', "expandable").replace("&nbsp;", "\u00a0")
        assert theirs.replace("'", "&#x27;") == ours.replace("'", "&#x27;")
