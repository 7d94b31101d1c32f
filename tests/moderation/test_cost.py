"""No message is slow to judge: the work grows with the length of a text, whatever stands in it.

Times depend on the machine; what is compared here are two of them in one run, or the calls that were made.
"""

import random
import sys
import time
from importlib.resources import files

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.judgement import judge
from moderation.policy import DEFAULT, Policy
from moderation.reading import LONGEST
from moderation.subject import Subject
from tests.moderation.unmistakable import PASSED

SHORT = LONGEST // 4
LEAST = 4000  # calls that are few
LISTED = Policy.layered([("", {"words": ["palourde", "con", "a b", "grève dure"], "denied_domains": ["a.example"]})])
# Repeated to fill a text.
HOSTILE = [
    "a", "aa ", "aaaa…", "1", "1 ", "12 ", ".", "..x", ". ", "!", "!?x", "@", "@a", "@abc ", "a.", "a.b.c.",
    "a@", "a@b.example ",
    "a-", "-", "a_", "$", "a$", "1a", "1a ", "a1b2", "il1", "v1r3ment ", "h t t p ", "h t t p : / / ",
    "s p a m ", "a b ", "a  b",
    "[", "]", "([{", "([{}])", "[.]", "a[.]", "a(dot)", '"', '"abc" ', '"a', "«a» ", "http://",
    "http://a.example ", "https:/", "www.",
    "a.example/", "//", "hxxp", "point ", "a point ", "a point com ", "x-y point ", "dot.", "a . ", "🔥",
    "🔥 ", "👍🏽", "👨‍👩‍👧", "\u200b",
    "a\u200b", "e\u0301", "\u0301", "\u202e", "\u202eabc", "\u202eabc\u202c", "\u202d", "ﷺ", "㎯", "㏂", "㏂ ",
    "㌖", "⅒", "⑽", "½", "ß", "œ",
    "年", "а", "aа ", "𝓼", "Ａ",
    "06 12 34 5", "06 12 34 56 78 ", "0612345678", "+33 6 1", "00", "0 0 ", "+", "€", "€ 1 ", "1€",
    "1 1 1 1 1 ", "111 ", "1.1,1'1 ",
    "1 pour ", "5% ", "5 h ", "12 rue ", "12bis, rue ", "M. Dupont ", "Jean ", "\n", "a\n", "abc\n", "\t", " ",
    "  x", "con tu ",
    "con. tu. ", '"con" tu ', "tu es con ", "je vais te ", "je ", "votre ", "cpf ", "mise 5€ ", "10g ",
    "vinted a.example ", "kk",
    "colis frais de livraison ", "arnaque ", "arnaque « colis » ", "contact whatsapp ", "photo de ",
    "gagnez 300 € par jour ",
    "palourde ", "p a l o u r d e ", "p4l0urd3 ", "palourd", "grève ", "a.example ", "sous.a.example ", ";",
    "&lt;", "<b>", "\\", "\x00",
]  # fmt: skip
fragments = st.text(
    st.sampled_from("aeilprtu 0123456789.@-_*€$%!?\"'([{}])/:\n\u200b\u202e🔥é"), min_size=1, max_size=9
)


def phrases() -> list[str]:
    """Phrases of the lexicon as somebody would write them, gaps included."""
    found = []
    for language in files("moderation").joinpath("lexicon").iterdir():
        for file in language.iterdir():
            rows = (row.partition("#")[0].partition(":")[2] for row in file.read_text("utf-8").splitlines())
            found += [phrase.strip() for row in rows for phrase in row.split(",") if phrase.strip()]
    things = {"<money>": "5 €", "<link>": "a.example", "<phone>": "0612345678", "<number>": "7", "<handle>": "@abcd"}
    written = []
    for phrase in found:
        parts = [part.split("|")[0].strip("()*?") for part in phrase.split()]
        written.append(" ".join(things.get(part, "x" if part == "_" else part.strip("<>")) for part in parts))
    return sorted(set(written))


PHRASES = phrases()
ORDINARY = " ".join(text for texts in PASSED.values() for text in texts)


def filled(fragment: str, size: int = LONGEST) -> str:
    return (fragment * (size // len(fragment) + 1))[:size]


def steps(said: str | Subject, policy: Policy = LISTED) -> int:
    """How many calls judging makes: the same on every machine, if not what a regular expression does in one of them."""
    count, subject = 0, Subject(text=said, newcomer=True) if isinstance(said, str) else said

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        judge(subject, policy)
    finally:
        sys.setprofile(before)
    return count


def quickest(*texts: str) -> list[float]:
    """How long each takes: the least of several turns, so that what else runs here counts little."""
    best = [9.0 for _ in texts]
    for _ in range(5):
        for n, text in enumerate(texts):
            subject = Subject(text=text, newcomer=True)
            began = time.perf_counter()
            judge(subject, LISTED)
            best[n] = min(best[n], time.perf_counter() - began)
    return best


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """What is read once is read."""
    for text in (ORDINARY, *HOSTILE, "\u4e00"):
        judge(Subject(text=text), LISTED)


@pytest.mark.parametrize("n", range(len(HOSTILE)), ids=[f"{n} {one!a}" for n, one in enumerate(HOSTILE)])
def test_four_times_the_text_is_at_most_about_four_times_the_work(n: int) -> None:
    short, long, ordinary = filled(HOSTILE[n], SHORT), filled(HOSTILE[n]), filled(ORDINARY)
    assert steps(long) < 6 * max(steps(short), LEAST)
    for _ in range(3):  # what else runs here may have had its turn each time
        few, many, usual = quickest(short, long, ordinary)
        if many < 8 * few and many < 4 * usual:
            return
    pytest.fail(f"{many / few:.1f} times as long as a quarter, {many / usual:.1f} times as long as what neighbours say")


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.lists(fragments | st.sampled_from(PHRASES) | st.sampled_from(HOSTILE), min_size=1, max_size=4).map(" ".join))
def test_whatever_is_repeated_the_work_grows_with_the_length(fragment: str) -> None:
    assert steps(filled(fragment)) < 6 * max(steps(filled(fragment, SHORT)), LEAST)
    assert steps(filled(fragment)) < 6 * steps(filled(ORDINARY))


def test_phrases_with_gaps_cost_no_more_when_they_nearly_stand_there() -> None:
    most = 6 * steps(filled(ORDINARY))
    for phrase in PHRASES[::25]:
        assert steps(filled(f"{phrase} ")) < most, phrase
        cut = phrase.rpartition(" ")[0] or phrase
        assert steps(filled(f"{cut} ")) < most, cut


def test_phrases_all_different_cost_no_more_either() -> None:
    dice, most = random.Random(1), 6 * steps(filled(ORDINARY))  # noqa: S311 - a mixture, no secret
    for _ in range(10):
        dice.shuffle(PHRASES)
        assert steps(" ".join(PHRASES)[:LONGEST]) < most


def test_what_hangs_on_a_text_costs_no_more_than_the_text() -> None:
    most = 6 * steps(filled(ORDINARY))
    urls = tuple(f"https://{n}.example/{'a' * 50}" for n in range(5000))
    names = tuple(f"{n}.apk" for n in range(5000))
    for subject in (
        Subject(text="x", urls=urls, newcomer=True), Subject(text="x", quote=filled("con tu ", 100_000)),
        Subject(text="x", urls=urls, false=urls),
    ):  # fmt: skip
        assert steps(subject) < most
    assert judge(Subject(text="x", file_names=names), LISTED).checks == ("media",)


def test_beyond_what_is_read_the_length_costs_nothing() -> None:
    for fragment in (*HOSTILE[::7], ORDINARY):
        assert steps(filled(fragment, 60_000)) < 1.2 * steps(filled(fragment)) + 100


def test_a_long_list_of_words_costs_little() -> None:
    words = [f"mot{letter}{other}" for letter in "abcdefghijklmnopqrst" for other in "abcdefghijklmnopqrstuvwxy"]
    long = Policy.layered([("", {"words": words})])
    judge(Subject(text=""), long)  # a list is read once
    assert steps(filled(ORDINARY), long) < 1.5 * steps(filled(ORDINARY), DEFAULT)
    assert steps(filled(" ".join(words)), long) < 6 * steps(filled(ORDINARY))
