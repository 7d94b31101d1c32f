"""Formatted text: HTML and MarkdownV2 read, entities kept straight, links found, and nothing unescaped on the page."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.simulator.errors import Refusal
from bridges.simulator.text import Formatted, clean, from_entities, parse_html, parse_markdown, to_html, units

Entity = dict[str, Any]


def told(formatted: Formatted) -> list[tuple[str, int, int]]:
    return [(e["type"], e["offset"], e["length"]) for e in clean(formatted).entities]


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("<b>a</b> <i>b</i>", "a b", [("bold", 0, 1), ("italic", 2, 1)]),
        ("<strong>a</strong><em>b</em>", "ab", [("bold", 0, 1), ("italic", 1, 1)]),
        ("<u>a</u><ins>b</ins>", "ab", [("underline", 0, 2)]),
        ("<s>a</s> <strike>b</strike> <del>c</del>", "a b c", [("strikethrough", n, 1) for n in (0, 2, 4)]),
        ('<span class="tg-spoiler">a</span> <tg-spoiler>b</tg-spoiler>', "a b", [("spoiler", 0, 1), ("spoiler", 2, 1)]),
        ("😀 <b>😀x</b>", "😀 😀x", [("bold", 3, 3)]),
        ("&lt;b&gt; &amp; &quot;&#65;&#x42; &nbsp;", '<b> & "AB &nbsp;', []),
        ("<code>/a https://b.fr</code>", "/a https://b.fr", [("code", 0, 15)]),
        ("<blockquote>a</blockquote>", "a", [("blockquote", 0, 1)]),
        ("<blockquote expandable>a</blockquote>", "a", [("expandable_blockquote", 0, 1)]),
        ("<B>a</B ><I></I>", "a", [("bold", 0, 1)]),
        ("<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),
        ("  <b> a </b>  ", "a", [("bold", 0, 1)]),
        ("<a href='nothing'>a</a>", "a", []),
        ("a\r\nb", "a\nb", []),
    ],
)
def test_html(source: str, text: str, entities: list[tuple[str, int, int]]) -> None:
    parsed = parse_html(source)
    assert clean(parsed).text == text and told(parsed) == entities


def test_html_with_arguments() -> None:
    assert parse_html('<a href="HTTP://Mairie.FR?a=1&amp;b=2">a</a>').entities[0]["url"] == "http://mairie.fr/?a=1&b=2"
    assert parse_html('<a href="tg://user?id=5">a</a>').entities == [
        {"type": "text_mention", "offset": 0, "length": 1, "user": 5}
    ]
    assert parse_html('<pre><code class="language-python">x</code></pre>').entities == [
        {"type": "pre", "offset": 0, "length": 1, "language": "python"}
    ]
    assert parse_html("<pre>x</pre>").entities == [{"type": "pre", "offset": 0, "length": 1}]
    assert parse_html('<tg-emoji emoji-id="5">x</tg-emoji>').entities == [
        {"type": "custom_emoji", "offset": 0, "length": 1, "custom_emoji_id": "5"}
    ]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("é<b", "Unclosed start tag at byte offset 2"),
        ("<p>a</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<b>a</b", "Unclosed end tag at byte offset 4"),
        ("<b>a</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("<b><i>a</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("<span>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<a =x>a</a>", 'Empty attribute name in the tag "a" at byte offset 0'),
        ('<a href="x>a</a>', "Unclosed start tag at byte offset 0"),
        ("<a href=", 'Unclosed start tag "a" at byte offset 0'),
        ("<a href=x/y>a</a>", "Unexpected end of name token at byte offset 8"),
        ("<tg-emoji emoji-id=x>a</tg-emoji>", "Invalid custom emoji identifier specified"),
    ],
)
def test_html_that_cannot_be_read(source: str, words: str) -> None:
    with pytest.raises(Refusal) as refusal:
        parse_html(source)
    # Telegram cannot tell "a < b" from a tag with a strange name, and says so in the same words.
    assert refusal.value.description == f"Bad Request: can't parse entities: {words}"


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("*a* _b_ __c__ ~d~ ||e||", "a b c d e", [
            ("bold", 0, 1), ("italic", 2, 1), ("underline", 4, 1), ("strikethrough", 6, 1), ("spoiler", 8, 1)]),
        ("*a _b_ c*", "a b c", [("bold", 0, 5), ("italic", 2, 1)]),
        ("`a_b` \\_c\\.", "a_b _c.", [("code", 0, 3)]),
        ("```python\nx = 1```", "x = 1", [("pre", 0, 5)]),
        ("[a](https://b.fr/c\\)d)", "a", [("text_link", 0, 1)]),
        (">a\n>b\nc", "a\nb\nc", [("blockquote", 0, 4)]),
        ("**>a\n>b||", "a\nb", [("expandable_blockquote", 0, 3)]),
        ("![😀](tg://emoji?id=5)", "😀", [("custom_emoji", 0, 2)]),
    ],
)  # fmt: skip
def test_markdown(source: str, text: str, entities: list[tuple[str, int, int]]) -> None:
    parsed = parse_markdown(source)
    assert clean(parsed).text.rstrip() == text
    assert [kind for kind, *_ in told(parsed)] == [kind for kind, *_ in entities]
    assert [at for _, at, _ in told(parsed)] == [at for _, at, _ in entities]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("*é", "Can't find end of Bold entity at byte offset 0"),
        ("a_b", "Can't find end of Italic entity at byte offset 1"),
        ("a.b", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("`a", "Can't find end of Code entity at byte offset 0"),
        ("[a](b", "Can't find end of a URL at byte offset 3"),
    ],
)
def test_markdown_that_cannot_be_read(source: str, words: str) -> None:
    with pytest.raises(Refusal) as refusal:
        parse_markdown(source)
    assert refusal.value.description == f"Bad Request: can't parse entities: {words}"


def test_what_is_found_by_itself() -> None:
    text = "/aide@palier_bot voir https://a.fr/x, mairie.fr. @alice_m #fête a@b.fr 1/2 x/y"
    assert [(kind, text[at : at + length]) for kind, at, length in told(Formatted(text))] == [
        ("bot_command", "/aide@palier_bot"),
        ("url", "https://a.fr/x"),
        ("url", "mairie.fr"),
        ("mention", "@alice_m"),
        ("hashtag", "#fête"),
        ("email", "a@b.fr"),
    ]


def bold(offset: int, length: int, kind: str = "bold") -> Entity:
    return {"type": kind, "offset": offset, "length": length}


def test_entities_are_made_to_nest() -> None:
    assert told(Formatted("abcdef", [bold(2, 4, "italic"), bold(0, 4)])) == [
        ("bold", 0, 4), ("italic", 2, 2), ("italic", 4, 2)]  # fmt: skip
    assert told(Formatted("abcd", [bold(0, 2), bold(1, 3)])) == [("bold", 0, 4)]
    assert told(Formatted("abcd", [bold(0, 4, "code"), bold(1, 1)])) == [("code", 0, 4)]
    assert told(Formatted("a b", [bold(1, 1)])) == []
    assert len(clean(Formatted("ab" * 150, [bold(2 * i, 1) for i in range(150)])).entities) == 100


@pytest.mark.parametrize(
    ("entity", "words"),
    [
        (bold(0, 9), "entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 9"),
        (bold(1, 1), "entity begins in a middle of a UTF-16 symbol at byte offset 0"),
        (bold(7, 1), "entity begins after the end of the text at UTF-16 offset 7"),
    ],
)
def test_entities_outside_the_text(entity: Entity, words: str) -> None:
    with pytest.raises(Refusal) as refusal:
        from_entities("😀a", [entity])
    assert refusal.value.description == f"Bad Request: {words}"


def test_given_links_cannot_claim_what_is_only_found() -> None:
    assert from_entities("abc", [bold(0, 3, "url"), bold(0, 3)]).entities == [bold(0, 3)]


def test_the_page_gets_nothing_unescaped() -> None:
    evil = '<script>alert(1)</script> " onclick="x'
    assert to_html(clean(Formatted(evil))) == "&lt;script&gt;alert(1)&lt;/script&gt; &quot; onclick=&quot;x"
    quote = Formatted("a\nb", [{"type": "blockquote", "offset": 0, "length": 1}])
    assert to_html(quote) == "<blockquote>a</blockquote>b"
    link = {"type": "text_link", "offset": 0, "length": 1, "url": 'javascript:alert("1")'}
    assert to_html(Formatted("a", [link])) == "a"
    quoted = link | {"url": 'https://a.fr/"><script>'}
    assert "<script>" not in to_html(Formatted("a", [quoted]))


KINDS = st.sampled_from(["bold", "italic", "code", "pre", "spoiler", "blockquote", "underline"])
TEXTS = st.text(st.sampled_from("ab \n😀é<&"), max_size=12)


@given(TEXTS, st.lists(st.tuples(KINDS, st.integers(0, 12), st.integers(1, 12)), max_size=6))
def test_whatever_is_given_the_entities_nest_and_lie_inside(text: str, given: list[tuple[str, int, int]]) -> None:
    length = units(text)
    entities = [bold(at, min(size, length - at), kind) for kind, at, size in given if at < length]
    kept = clean(Formatted(text, entities))
    spans = [(e["offset"], e["offset"] + e["length"]) for e in kept.entities]
    assert all(0 <= a < b <= units(kept.text) for a, b in spans)
    assert not any(a < c < b < d for a, b in spans for c, d in spans)
    opened, closed = to_html(kept).count("<b>"), to_html(kept).count("</b>")
    assert opened == closed


@given(st.text(max_size=40))
@pytest.mark.parametrize("read", [parse_html, parse_markdown])
def test_no_source_upsets_the_readers(read: Callable[[str], Formatted], source: str) -> None:
    with suppress(Refusal):
        kept = clean(read(source))
        assert all(e["offset"] + e["length"] <= units(kept.text) for e in kept.entities)
