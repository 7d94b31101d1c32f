"""What the markup does, by example."""

import pytest

from bridges.markup import (
    Entity,
    address,
    clean,
    clusters,
    entity_count,
    escape,
    from_matrix,
    from_telegram,
    length,
    mentioned,
    persons,
    plain,
    split,
    to_matrix,
    to_telegram,
)
from tests.markup.strangers import MATRIX_HTML


def test_text_is_escaped_and_read_back() -> None:
    assert escape('Tom & "Jerry" <3') == 'Tom &amp; "Jerry" &lt;3'
    assert plain("Tom &amp; <b>Jerry</b> &lt;3") == "Tom & Jerry <3"
    assert escape("a\r\nb\x00\x1b\ud83d\u2028c") == "a\nb\nc"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<strong>a</strong> <em>b</em> <del>c</del>", "<b>a</b> <i>b</i> <s>c</s>"),
        ("a < b && c", "a &lt; b &amp;&amp; c"),
        ("<b>never closed", "<b>never closed</b>"),
        ("<b>cross<i>ing</b> tags</i>", "<b>cross<i>ing</i></b><i> tags</i>"),
        ("<marquee>words <x-y>stay</x-y></marquee>", "words stay"),
        ("<script>alert(1)</script><style>p{}</style>gone", "gone"),
        ("<mx-reply>In reply to</mx-reply>gone", "gone"),
        ("<!-- no -->gone<!-->also", "gonealso"),
        ("<a href='javascript:alert(1)'>a</a> <a href='data:text/html,x'>b</a>", "a b"),
        ("<a href='JaVa\tscript:x'>a</a> <a href='//x.y'>b</a> <a href='/c'>c</a>", "a b c"),
        ("<a href='tg://user?id=1'>nobody is pinged</a>", "nobody is pinged"),
        ("<a href='https://a.b/?c=1&d=\"' onclick='x'>d</a>", '<a href="https://a.b/?c=1&amp;d=&quot;">d</a>'),
        ("<b onclick='x'>a</b>", "<b>a</b>"),
        ("<b></b><i> </i>", "<i> </i>"),
        ("<b>a</b><b>b</b>", "<b>ab</b>"),
        ("<b>a <code>b</code> c</b>", "<b>a </b><code>b</code><b> c</b>"),
        ("<tg-spoiler>a <code>b</code></tg-spoiler>", "<tg-spoiler>a b</tg-spoiler>"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", "<blockquote>ab</blockquote>"),
        ("<pre><code class='language-c++'>a\n</code></pre>", '<pre><code class="language-c++">a\n</code></pre>'),
        ("<pre><code class='language-&quot;&gt;'>a</code></pre>", "<pre>a</pre>"),
    ],
)
def test_anything_becomes_the_subset(given: str, kept: str) -> None:
    assert clean(given) == kept


def test_telegram_counts_in_utf_16() -> None:
    html = from_telegram("👩‍👧 gras שלום", [Entity("bold", 6, 4), Entity("italic", 11, 4)])
    assert html == "👩‍👧 <b>gras</b> <i>שלום</i>"
    assert to_telegram(html) == ("👩‍👧 gras שלום", [Entity("bold", 6, 4), Entity("italic", 11, 4)])
    assert length("<b>👩‍👧</b>") == 5
    assert length("&amp;") == 1
    assert entity_count("<b>a <i>b</i></b> <u>c</u>") == 3


@pytest.mark.parametrize(
    ("entity", "html"),
    [
        (Entity("bold", 0, 99), "<b>a😀b</b>"),
        (Entity("bold", -3, 4), "<b>a</b>😀b"),
        (Entity("bold", 2, 2), "a😀<b>b</b>"),  # begins inside a surrogate pair
        (Entity("bold", 0, 2), "<b>a</b>😀b"),  # ends inside one
        (Entity("bold", 0, -1), "a😀b"),
        (Entity("bold", 9, 9), "a😀b"),
        (Entity("custom_emoji", 1, 2), "a😀b"),
        (Entity("text_mention", 0, 4), "a😀b"),
        (Entity("text_mention", 0, 1, user="42"), '<a href="person:telegram/42">a</a>😀b'),
        (Entity("text_mention", 0, 1, user='"><b>'), "a😀b"),
        (Entity("text_mention", 0, 1, user="../x"), "a😀b"),
        (Entity("text_link", 0, 1, url="person:telegram/42"), "a😀b"),
        (Entity("text_link", 0, 1, url="\x01 person:matrix/@a:x"), "a😀b"),
        (Entity("mention", 0, 4), "a😀b"),
        (Entity("text_link", 0, 1, url="javascript:x"), "a😀b"),
        (Entity("text_link", 0, 1, url="https://x.y"), '<a href="https://x.y">a</a>😀b'),
        (Entity("pre", 0, 4, language="python"), '<pre><code class="language-python">a😀b</code></pre>'),
        (Entity("expandable_blockquote", 0, 4), "<blockquote expandable>a😀b</blockquote>"),
        (Entity("something_new", 0, 4), "a😀b"),
    ],
)
def test_entities_are_clamped_or_left_out(entity: Entity, html: str) -> None:
    assert from_telegram("a😀b", [entity]) == html


ANA, MIA = '<a href="person:telegram/42">Ana</a>', '<a href="person:matrix/@mia:x.org"><b>Mia</b></a>'


def test_whom_words_mention() -> None:
    html = f'{ANA} {MIA} {ANA} <a href="https://x.y">z</a>'
    assert persons(html) == [("telegram", "42"), ("matrix", "@mia:x.org")]
    assert mentioned(html) == ["@mia:x.org"] and clean(html) == html
    assert (plain(html), length(html), entity_count(html)) == ("Ana Mia Ana z", 13, 5)
    assert persons("<a href='person:telegram'>x</a><a href='PERSON:telegram/1'>y</a><a href='person:a b/1'>z</a>") == []
    assert mentioned("<a href='person:matrix/mia'>x</a><a href='person:fake/@mia:x'>y</a>") == []


def test_mentions_are_turned_to_the_network_where_they_go() -> None:
    there = {("telegram", "42"): "matrix/@ana:x.org"}
    asked: list[tuple[str, str]] = []

    def who(network: str, id_: str) -> str | None:
        asked.append((network, id_))
        return there.get((network, id_))

    assert address(f"{ANA}, {MIA}, <a href=' person:telegram/42 '>Anna</a>", who) == (
        '<a href="person:matrix/@ana:x.org">Ana</a>, <b>Mia</b>, <a href="person:matrix/@ana:x.org">Anna</a>'
    )
    assert asked == [("telegram", "42"), ("matrix", "@mia:x.org")]
    assert address(ANA, lambda *_: "telegram/<>") == address(ANA, lambda *_: "") == "Ana"


def test_a_person_is_mentioned_on_their_own_network_alone() -> None:
    assert to_telegram(f"{ANA} {MIA}") == ("Ana Mia", [Entity("text_mention", 0, 3, user="42"), Entity("bold", 4, 3)])
    body, formatted = to_matrix(f"{ANA} {MIA}")
    assert body == "Ana Mia"
    assert formatted == 'Ana <a href="https://matrix.to/#/@mia:x.org"><strong>Mia</strong></a>'
    assert from_matrix(body, formatted, MATRIX_HTML) == f"Ana {MIA}"
    assert to_matrix(ANA) == ("Ana", None)
    assert to_matrix('<a href="person:matrix/@a/b+c:x">A</a>')[1] == '<a href="https://matrix.to/#/@a%2Fb%2Bc:x">A</a>'
    assert to_telegram('<a href="person:telegram/0042">x</a><a href="person:telegram/@ana">y</a>') == ("xy", [])
    assert split(f"one two {ANA}", 10) == ["one two ", ANA]


def test_dropped_characters_do_not_move_the_marks() -> None:
    assert from_telegram("\x00a\rb", [Entity("bold", 3, 1)]) == "a<b>b</b>"


def test_links_that_telegram_does_not_know_keep_their_text() -> None:
    assert to_telegram('<a href="mailto:a@b.c"><b>write</b></a>') == ("write", [Entity("bold", 0, 5)])


@pytest.mark.parametrize(
    ("formatted", "html"),
    [
        ("<p>one</p>\n<p>two</p>\n", "one\n\ntwo"),
        ("one<br/>two", "one\ntwo"),
        ("<h2>Title</h2>\n<p>text</p>", "<b>Title</b>\n\ntext"),
        (
            "<ul>\n<li>one</li>\n<li>two\n<ol start='3'>\n<li>x</li>\n</ol>\n</li>\n</ul>\n<p>z</p>",
            "• one\n• two\n  3. x\n\nz",
        ),
        ("<table><tr><th>a</th><th>b</th></tr>\n<tr><td>1</td><td><p>2</p></td></tr></table>", "a | b\n1 | 2"),
        ("above<hr>below", "above\n———\nbelow"),
        ('<img src="mxc://x/y" alt="un chat">', "un chat"),
        ("<details><summary>More</summary>hidden</details>", "<b>More</b>\nhidden"),
        ("<del>a</del><strike>b</strike><ins>c</ins>", "<s>ab</s><u>c</u>"),
        ("<span data-mx-spoiler>who did it</span>", "<tg-spoiler>who did it</tg-spoiler>"),
        ("<span data-mx-spoiler='the end'>x</span>", "(the end) <tg-spoiler>x</tg-spoiler>"),
        ("<font data-mx-bg-color='#f00'><span data-mx-color='#0f0'>plain</span></font>", "plain"),
        ("<a href='https://matrix.to/#/@ana:x'>Ana</a>: @room", '<a href="person:matrix/@ana:x">Ana</a>: @room'),
        ("<a href='https://matrix.to/#/%40ana%2B%3Ax:80?via=x'>A</a>", '<a href="person:matrix/@ana+:x:80">A</a>'),
        ("<a href='matrix:u/ana:x?action=chat'>Ana</a>", '<a href="person:matrix/@ana:x">Ana</a>'),
        ("<a href='https://matrix.to/#/!room:x/$event'>x</a> <a href='https://matrix.to/#/#place:x'>y</a>", "x y"),
        ("<a href='https://matrix.to/#/@a b:x'>x</a> <a href='https://matrix.to/#/@:x'>y</a>", "x y"),
        ("<a href='person:telegram/1'>x</a> <a href=' &#1;person:matrix/@a:x'>y</a>", "x y"),
        ("<a href='&#1;https://matrix.to/#/!room:x'>x</a>", "x"),
        ("<ol><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li><li>d</li></ol>", "1. a\n  • b\n    • c\n2. d"),
        ("<ul><li><p>a</p><p>b</p></li><li>c</li></ul>", "• a\nb\n• c"),
        ("<h1>A</h1><h3>B</h3>c", "<b>A</b>\n\n<b>B</b>\nc"),
        ("<table><thead><tr><th>a</th><th></th></tr></thead><tr><td></td><td>2</td></tr></table>", "a | \n | 2"),
        ("<blockquote>\n<p>quote</p>\n</blockquote>\n<p>answer</p>", "<blockquote>quote</blockquote>\n\nanswer"),
        (
            "so:<pre><code class='language-py'>x = 1\n</code></pre>ok",
            'so:\n<pre><code class="language-py">x = 1</code></pre>\nok',
        ),
    ],
)
def test_matrix_html_becomes_readable(formatted: str, html: str) -> None:
    assert from_matrix("body", formatted, MATRIX_HTML) == html


def test_matrix_content_may_be_anything() -> None:
    assert from_matrix({"a": 1}) == ""
    assert from_matrix(None, ["x"], MATRIX_HTML) == ""
    assert from_matrix("body", "<b>x</b>", "text/html") == "body"
    assert from_matrix("body", "<script>x</script>", MATRIX_HTML) == "body"
    assert from_matrix("a < b", None, MATRIX_HTML) == "a &lt; b"


def test_the_quote_of_an_answered_message_is_taken_away_on_demand() -> None:
    body = "> <@ana:x> Hello\n> all\n\nHello Ana\n> not a fallback"
    formatted = "<mx-reply><blockquote>Hello</blockquote></mx-reply>Hello <b>Ana</b>"
    assert from_matrix(body, strip_reply=True) == "Hello Ana\n&gt; not a fallback"
    assert from_matrix(body, formatted, MATRIX_HTML, strip_reply=True) == "Hello <b>Ana</b>"
    assert from_matrix(body) == escape(body)
    assert from_matrix("> just a quote\nx", strip_reply=True) == "&gt; just a quote\nx"


def test_matrix_gets_a_body_that_reads_alone() -> None:
    assert to_matrix("a &lt; b") == ("a < b", None)
    assert to_matrix("<b>a</b>\nb") == ("a\nb", "<strong>a</strong><br>b")
    html = '<blockquote>a\nb</blockquote>\n<a href="https://x.y/z">here</a> <code>c</code> <tg-spoiler>no</tg-spoiler>'
    body, formatted = to_matrix(html)
    assert body == "> a\n> b\nhere (https://x.y/z) `c` [spoiler]"
    assert formatted == (
        '<blockquote>a<br>b</blockquote><a href="https://x.y/z">here</a> <code>c</code> <span data-mx-spoiler>no</span>'
    )


def test_a_cut_is_made_where_readers_pause() -> None:
    assert split("One two. Three four", 12) == ["One two. ", "Three four"]
    assert split("one\n\ntwo three", 10) == ["one\n\n", "two three"]
    assert split("one two three", 9) == ["one two ", "three"]
    assert split("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert split("", 10) == [""]


def test_marks_go_on_behind_a_cut_and_links_stay_whole() -> None:
    assert split("<b>one two</b>", 5) == ["<b>one </b>", "<b>two</b>"]
    link = '<a href="https://x.y">two three</a>'
    assert split(f"one {link}", 10) == ["one ", link]


def test_no_character_is_cut_in_two() -> None:
    assert split("aaa👩‍👧b", 7) == ["aaa", "👩‍👧b"]
    assert split("ab🇫🇷🇧🇪", 8) == ["ab🇫🇷", "🇧🇪"]
    assert list(clusters("e\u0301👍🏽🇫🇷🇧🇪x")) == ["e\u0301", "👍🏽", "🇫🇷", "🇧🇪", "x"]


def test_a_piece_has_no_more_marks_than_allowed() -> None:
    html = " ".join(f"<b>{n}</b>" for n in range(250))
    pieces = split(html, 4096, 100)
    assert [entity_count(piece) for piece in pieces] == [100, 100, 50]


@pytest.mark.parametrize(
    "bomb",
    [
        "<b>" * 10_000 + "x",
        "<blockquote><ul><li>" * 3_000 + "x",
        "<p>" + "".join(f"<font a={n}>" for n in range(2_000)) + "</p>" + "<p>x</p>" * 2_000,
        "<a " * 20_000,
        '<a b="' * 9_000,
        "<!--" * 16_000,
        "x" + " " * 60_000 + "y",
    ],
)
def test_bombs_do_nothing(bomb: str) -> None:
    """Each of these takes seconds, or all the memory, in a parser that nests or looks back."""
    html = from_matrix("", bomb, MATRIX_HTML)
    assert len(html) <= 2 * len(bomb)
    assert clean(html) == html
    assert split(html, 4096, 100)
