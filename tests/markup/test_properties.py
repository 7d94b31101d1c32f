"""Whatever strangers send, the subset holds, nothing raises, and nothing is lost on the way."""

from hypothesis import example, given
from hypothesis import strategies as st

from bridges.markup import (
    Entity,
    address,
    clean,
    diff_is_empty,
    entity_count,
    escape,
    from_matrix,
    from_telegram,
    length,
    mentioned,
    persons,
    plain,
    split,
    tidy,
    to_matrix,
    to_telegram,
)
from tests.markup.strangers import MATRIX_HTML, assert_in_subset, entities, hostile_texts, html_soup, texts

rich_html = st.builds(from_telegram, texts, entities())


@given(html_soup)
def test_any_html_becomes_the_subset_and_stays_what_it_is(html: str) -> None:
    once = clean(html)
    assert_in_subset(once)
    assert clean(once) == once


@given(hostile_texts)
def test_escaped_text_reads_back(text: str) -> None:
    assert_in_subset(escape(text))
    assert plain(escape(text)) == tidy(text)


@given(hostile_texts, entities())
def test_any_entities_become_the_subset(text: str, marks: list[Entity]) -> None:
    html = from_telegram(text, marks)
    assert_in_subset(html)
    assert clean(html) == html
    assert plain(html) == tidy(text)


@given(rich_html)
def test_entities_are_what_telegram_accepts(html: str) -> None:
    text, marks = to_telegram(html)
    encoded = text.encode("utf-16-le")
    assert text == plain(html)
    assert len(marks) <= entity_count(html)
    for mark in marks:
        assert mark.length > 0
        assert mark.offset >= 0
        assert (mark.offset + mark.length) * 2 <= len(encoded)
        encoded[mark.offset * 2 : (mark.offset + mark.length) * 2].decode("utf-16-le")  # on whole characters
    for one in marks:
        for other in marks:
            first, second = sorted([(one.offset, one.offset + one.length), (other.offset, other.offset + other.length)])
            apart = first[1] <= second[0]
            inside = first[1] >= second[1] or first[0] == second[0]
            assert apart or inside


@given(rich_html)
def test_telegram_gives_back_what_it_was_sent(html: str) -> None:
    text, marks = to_telegram(html)
    again = to_telegram(from_telegram(text, marks))
    assert again == (text, marks)


@given(st.tuples(texts, entities()))
@example(("before\nquote\n\nafter", [Entity("blockquote", 7, 5), Entity("bold", 0, 19)]))
@example(("\ta\n\tb", [Entity("blockquote", 0, 1), Entity("blockquote", 3, 1)]))
@example(("x quote y", [Entity("blockquote", 2, 5)]))
@example(("code\n", [Entity("pre", 0, 5, language="python")]))
@example(("a\n\n  b", [Entity("expandable_blockquote", 0, 2), Entity("italic", 3, 2)]))
def test_telegram_to_matrix_and_back_loses_nothing(said: tuple[str, list[Entity]]) -> None:
    html = from_telegram(*said)
    if plain(html).strip():
        back = _over_matrix(html)
        assert back == address(html, lambda *_: None)  # nobody is mentioned on the other network
        assert _over_matrix(address(html, on_matrix)) == address(html, on_matrix)


def on_matrix(network: str, id_: str) -> str | None:
    return f"matrix/{id_ if network == 'matrix' else f'@t{id_}:exemple.fr'}"


@given(rich_html | html_soup)
def test_mentions_stay_inside(html: str) -> None:
    here = address(html, on_matrix)
    assert_in_subset(here)
    assert plain(here) == plain(html) and set(mentioned(here)) == {id_ for _, id_ in persons(here)}
    assert persons(address(html, lambda *_: None)) == []
    assert address(html, lambda network, id_: f"{network}/{id_}") == clean(html)
    for words in (html, here):
        marks = to_telegram(words)[1]
        assert {mark.user for mark in marks if mark.user} <= {id_ for net, id_ in persons(words) if net == "telegram"}
        assert all(bool(mark.user) == (mark.type == "text_mention") for mark in marks)
        assert "person:" not in "".join(mark.url for mark in marks)
        assert 'href="person:' not in (to_matrix(words)[1] or "")


@given(html_soup, hostile_texts, entities())
def test_strangers_mention_only_whom_their_network_says(html: str, text: str, marks: list[Entity]) -> None:
    assert {network for network, _ in persons(from_matrix("", html, MATRIX_HTML))} <= {"matrix"}
    meant = {mark.user for mark in marks if mark.type == "text_mention"}
    assert {("telegram", user) for user in meant} >= set(persons(from_telegram(text, marks)))


def _over_matrix(html: str) -> str:
    body, formatted = to_matrix(html)
    return from_matrix(body, formatted, None if formatted is None else MATRIX_HTML)


@given(
    html_soup | st.none() | st.integers(),
    html_soup | st.none() | st.lists(st.text()),
    st.sampled_from([MATRIX_HTML, None, 3, "x"]),
)
def test_any_matrix_content_becomes_the_subset(body: object, formatted: object, format_: object) -> None:
    for strip_reply in (False, True):
        html = from_matrix(body, formatted, format_, strip_reply=strip_reply)
        assert_in_subset(html)
        assert clean(html) == html
        if plain(html).strip():
            assert _over_matrix(html) == html


@given(rich_html | html_soup, st.integers(2, 40), st.none() | st.integers(8, 12))
def test_pieces_fit_and_lose_nothing(html: str, limit: int, marks: int | None) -> None:
    pieces = split(html, limit, marks)
    for piece in pieces:
        assert_in_subset(piece)
        assert length(piece) <= limit or (len(pieces) == 1 and not plain(piece).strip())
        assert marks is None or entity_count(piece) <= marks
    at, text = 0, plain(html)
    for piece in map(plain, pieces):
        begin = text.index(piece, at)
        assert not text[at:begin].strip()  # left out: a whole piece of white space
        at = begin + len(piece)
    assert not text[at:].strip()


@given(texts.map(lambda text: "".join(text.split())), st.integers(2, 9))
def test_without_white_space_pieces_join_exactly(text: str, limit: int) -> None:
    assert "".join(plain(piece) for piece in split(escape(text), limit)) == text


@given(rich_html)
def test_what_fits_is_one_piece(html: str) -> None:
    assert split(html, 10_000, 1_000) == [html]


@given(rich_html, st.integers(4, 30))
def test_marks_go_on_in_the_next_piece(html: str, limit: int) -> None:
    """Letter by letter, the pieces carry the marks that the whole carries."""
    pieces = [letter for piece in split(html, limit) for letter in _marked(piece)]
    assert pieces == _marked(html)


def _marked(html: str) -> list[tuple[str, frozenset[tuple[str, str, str]]]]:
    """Letters other than white space, each with what marks it."""
    text, marks = to_telegram(html)
    letters, at = [], 0
    for letter in text:
        covering = {(m.type, m.url, m.language) for m in marks if m.offset <= at < m.offset + m.length}
        if not letter.isspace():
            letters.append((letter, frozenset(covering)))
        at += len(letter.encode("utf-16-le")) // 2
    return letters


@given(html_soup)
def test_the_same_words_are_no_difference(html: str) -> None:
    assert diff_is_empty(html, clean(html))
    assert not diff_is_empty(html, clean(html) + "more")
