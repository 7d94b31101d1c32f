"""Words are read behind their disguises, and each is found again where it was written."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.finding import Decision
from moderation.judgement import judge
from moderation.normalise import plain
from moderation.policy import Policy
from moderation.reading import HEAD, LONGEST, Reading
from moderation.subject import Subject
from moderation.wording import words_of

LISTED = "palourde"  # nobody's word but the policy's
POLICY = Policy.layered([("a list", {"words": [LISTED, "grève dure", "4x4"]})])
INVISIBLE = ["\u200b", "\u200d", "\u2060", "\u00ad", "\ufeff", "\u0301", "\u0336", "\u202c", "\ufe0f", "\U000e0061"]
# Each letter of the word as it is, and as people write it who want nobody's filter to read it.
VARIANTS = {
    "p": "pPрＰⓟ𝓹ᴘ", "a": "aAáâ4аαａⓐ𝖆ᴀ", "l": "lLｌⓛ𝕝1ʟ", "o": "oOö0оοｏⓞ𝐨ᴏ", "u": "uUùüυⓤ𝒖ᴜ", "r": "rRｒⓡ𝓻ʀ",
    "d": "dDⓓ𝗱ᴅ", "e": "eEéèê3еｅⓔ𝓮ᴇ",
}  # fmt: skip
tricky = st.text(
    st.sampled_from("aeil1 0@$€!|.,;:-_*()[]{}\"'«»?\n\r\t/+%hx…½ﬁßŒ年ﷺ🔥👍🏽")
    | st.sampled_from(INVISIBLE)
    | st.just("\u202e")
)
any_text = st.text(st.characters(codec=None)) | tricky | st.lists(
    tricky | st.sampled_from([
        "exemple point com", "hxxp://a.example/é", "06 12 34 56 78", "a@b.example", "@quelqu_un", "1 500 €",
        "v1r3ment",
        "p a l o u r d e", "\u202eedruolap\u202c", "il . fr", "t[.]me/abc", "gagnez 300 € par jour",
    ])
).map(" ".join)  # fmt: skip


def found(text: str, **more: object) -> tuple[str, ...]:
    """What of a text stands on the list."""
    subject = Subject(text=text, **more)  # type: ignore[arg-type]
    return next((one.matched for one in judge(subject, POLICY).findings if one.check == "words"), ())


def words(text: str) -> list[str]:
    return [token.word for token in Reading.of(Subject(text=text)).tokens]


def domains(text: str) -> list[str]:
    return [link.domain for link in Reading.of(Subject(text=text)).links]


# --- the way back


@settings(deadline=None)
@given(any_text)
def test_every_character_that_is_read_was_written(text: str) -> None:
    read = plain(text)
    assert len(read.at) == len(read.text)
    assert all(0 <= at < len(text) for at in read.at)


@settings(deadline=None)
@given(any_text, any_text, st.lists(any_text, max_size=2))
def test_every_token_stands_where_it_says(text: str, quote: str, names: list[str]) -> None:
    reading = Reading.of(Subject(text=text, quote=quote, file_names=tuple(names)), POLICY.listed)
    assert reading.whole.startswith(text)
    for token in reading.tokens:
        if token.word == "<stop>" and token.start == token.end:
            continue  # the bounds of an address are no words
        first, last = reading.span(token.start, token.end)
        assert 0 <= first < last <= len(reading.whole)
        assert reading.shown(token) == reading.whole[first:last] != ""


@settings(deadline=None)
@given(any_text, st.booleans())
def test_what_was_found_are_words_of_the_text(text: str, newcomer: bool) -> None:  # noqa: FBT001
    policy = Policy.layered([("", {"words": [LISTED, "a"], "denied_domains": ["a.example", "me"[::-1] + ".example"]})])
    for finding in judge(Subject(text=text, newcomer=newcomer), policy).findings:
        slices = [text[start:end] for start, end in finding.spans]
        assert all(0 <= start < end <= len(text) for start, end in finding.spans)
        assert set(slices) == set(finding.matched)  # nothing hangs on this text that could have words of its own
        assert len(set(finding.matched)) == len(finding.matched)


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789 ,;:()+=/"))
def test_a_text_without_disguise_is_read_as_it_stands(text: str) -> None:
    read = plain(text)
    assert (read.text, list(read.at)) == (text, list(range(len(text))))


@given(st.text("abcdefghijklmnopqrstuvwxyz ,;"))
def test_capitals_and_accents_change_no_word(text: str) -> None:
    dressed = text.translate(str.maketrans("aceiou", "àçéîôù")).upper()
    assert plain(dressed).text == text


def test_one_character_may_be_read_as_several_and_leads_back_to_itself() -> None:
    read = plain("a…½ﬁ€")
    assert read.text == "a.1/2fi€"
    assert [read.span(n, n + 1) for n in range(8)] == [(0, 1), (1, 2), (2, 3), (2, 3), (2, 3), (3, 4), (3, 4), (4, 5)]


def test_what_is_overridden_is_read_in_the_order_in_which_it_is_seen() -> None:
    text = "une \u202eedruolap\u202c fraîche"
    read = plain(text)
    assert read.text == "une palourde fraiche"
    at = read.text.index(LISTED)
    assert text[slice(*read.span(at, at + len(LISTED)))] == "edruolap"
    assert found(text) == ("edruolap",)


# --- disguises


@st.composite
def disguised(draw: st.DrawFn) -> str:
    """The listed word with other letters, letters thrice, and what nobody sees between them."""
    parts = []
    for letter in LISTED:
        drawn = draw(st.sampled_from(VARIANTS[letter]))
        parts.append(drawn * draw(st.sampled_from([1, 1, 1, 3, 5])))
        parts.append(draw(st.sampled_from(["", "", "", *INVISIBLE])))
    return "".join(parts[:-1])


@settings(deadline=None)
@given(disguised())
def test_a_listed_word_is_found_behind_any_mixture_of_disguises(word: str) -> None:
    assert found(f"qui veut une {word}, bien fraîche ?") == (word,)


@pytest.mark.parametrize(
    "word",
    [
        "PALOURDE", "pàlöùrdé", "pa\u200blo\u200burde", "ｐａｌｏｕｒｄｅ", "𝓹𝓪𝓵𝓸𝓾𝓻𝓭𝓮", "ⓟⓐⓛⓞⓤⓡⓓⓔ", "раlоurdе",
        "p4l0urd3", "pa1ourde",
        "p@lourde", "paaaalourde", "palourdeeee", "p a l o u r d e", "p.a.l.o.u.r.d.e", "p-a-l-o-u-r-d-e",
        "p_a_l_o_u_r_d_e",
        "p * a * l * o * u * r * d * e", "P  A  L  O  U  R  D  E", "p 4 l 0 u r d 3", "p̴a̵l̶o̷u̴r̵d̶e", "🄿🄰🄻🄾🅄🅁🄳🄴",
    ],
)  # fmt: skip
def test_disguises_by_name(word: str) -> None:
    assert found(f"Une {word} !") == (word,)


@pytest.mark.parametrize(
    "text", ["palourdes", "une palour de mer", "pal ourde", "p@@lourde@", "pa lo ur de", "edruolap"]
)
def test_what_only_resembles_is_not_found(text: str) -> None:
    assert found(text) == ()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("une GR3VE   dure", "GR3VE   dure"), ("grève. Dure journée", ""), ("un 4x4 gris", "4x4"),
        ("un x gris", ""),
        ("GRÈVE\u200b DURE", "GRÈVE\u200b DURE"),
    ],
)  # fmt: skip
def test_phrases_are_found_word_by_word(text: str, what: str) -> None:
    assert found(text) == ((what,) if what else ())


def test_the_words_of_a_phrase_are_no_pattern() -> None:
    assert words_of("L'Élan  *vital*|(con)?") == ["l", "elan", "vital", "con"]
    assert words_of("4x4") == ["<number>", "x", "<number>"]
    assert words_of("3615 !") == words_of("…") == []
    assert found("le bal") == found("convivial") == ()


# --- things


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("exemple point com", "exemple.com"), ("www . exemple . fr", "exemple.fr"),
        ("exemple [.] com", "exemple.com"),
        ("exemple[.]com/a", "exemple.com"), ("exemple(.)com", "exemple.com"), ("exemple {.} com", "exemple.com"),
        ("exemple (dot) com", "exemple.com"), ("exemple[point]com", "exemple.com"),
        ("exemple dot com", "exemple.com"),
        ("mon point exemple point fr", "mon.exemple.fr"), ("mon-exemple point com", "mon-exemple.com"),
        ("hxxp://exemple.com/x", "exemple.com"), ("hXXps://exemple[.]com/x?y", "exemple.com"),
        ("t point me", "t.me"),
        ("EXEMPLE.COM", "exemple.com"), ("https://www.exemple.fr", "exemple.fr"),
        ("https://point.example", "point.example"),
        ("еxеmрlе.com", "exemple.com"), ("exe\u200bmple.com", "exemple.com"),
        ("sous.exemple.bzh", "sous.exemple.bzh"),
        ("le-colis point info", "le-colis.info"), ("bit.ly/abc", "bit.ly"),
        ("exemple.unknown/abc", "exemple.unknown"),
        ("le-point.fr/dot(1)", "le-point.fr"),
    ],
)  # fmt: skip
def test_addresses_are_read_however_they_are_written(text: str, domain: str) -> None:
    assert domains(f"Voir {text} vite") == [domain]


@pytest.mark.parametrize(
    "text",
    [
        "Ce point me gêne", "Merci... me voilà", "Le point info de la mairie",
        "Dossier au point info jeunesse", "au point net",
        "à ce point.", "Fini . Bonne nuit", "un point c'est tout", "12.50", "M.Dupont", "etc.Voilà", "v1.2.3",
        "18.30 h", "a.m.",
        "point", "point point point", "fr point", ". com",
    ],
)  # fmt: skip
def test_what_people_say_is_no_address(text: str) -> None:
    assert domains(text) == domains(f"{text} !") == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("06 12 34 56 78", "phone"), ("06.12.34.56.78", "phone"), ("O6 12 34 56 78", "phone"),
        ("+33 6 12 34 56 78", "phone"),
        ("0033612345678", "phone"), ("12 €", "money"), ("1 500 euros", "money"), ("€ 12,50", "money"),
        ("300 balles", "money"),
        ("20 %", "percent"), ("18h30", "hour"), ("@quelqu_un", "handle"), ("ana.b@exemple.fr", "mail"),
        ("06\u200b12345678", "phone"), ("𝟎𝟔𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖", "phone"), ("a.example/b", "link"),
    ],
)  # fmt: skip
def test_things_are_read_as_what_they_are(text: str, kind: str) -> None:
    assert f"<{kind}>" in words(f"voilà {text} donc")


@pytest.mark.parametrize(
    "text", ["2026", "12 345", "le 3 mai", "06 12", "a @ b", "100 personnes", "article 1234567890123"]
)
def test_bare_numbers_are_no_things(text: str) -> None:
    assert {word for word in words(text) if word[0] == "<"} <= {"<number>"}


# --- long texts, quotes, names of files


@settings(deadline=None)
@given(st.integers(LONGEST - 5, 9000), st.integers(0, 9000))
def test_of_a_long_text_the_beginning_and_the_end_are_read(size: int, at: int) -> None:
    filler = ("du pain et du vin, " * 500)[:size]
    at = min(at, size)
    text = f"{filler[:at]} {LISTED} {filler[at:]}"
    from_end = len(text) - at
    if at < HEAD - 20 or from_end < LONGEST - HEAD - 20:
        assert found(text) == (LISTED,)
    spans = [one.spans for one in judge(Subject(text=text), POLICY).findings if one.check == "words"]
    assert spans in ([], [((at + 1, at + 1 + len(LISTED)),)])


def test_the_parts_of_a_long_text_do_not_run_together() -> None:
    half, rest = "x " * (HEAD // 2 - 1) + "pa", ("lourde" + " x" * LONGEST)[: LONGEST - HEAD - 1]
    assert found(f"{half}{'y' * 5000}{rest}") == ()
    assert found(f"{half}{rest}") == (LISTED,)


def test_what_was_quoted_and_the_names_of_files_are_words_without_a_place() -> None:
    quoting, sending = (
        Subject(text="regarde", quote=f"une {LISTED} !"),
        Subject(text="", file_names=(f"ma {LISTED}.pdf",)),
    )
    for subject in (quoting, sending):
        (finding,) = judge(subject, POLICY).findings
        assert (finding.matched, finding.spans, finding.severity) == ((LISTED,), (), Decision.HOLD)
    assert found("x" * 5000, quote=LISTED) == (LISTED,)
    assert found("une grève", quote="dure") == ()  # no phrase crosses from one into the other


def test_words_are_found_in_the_text_and_beside_it_at_once() -> None:
    (finding,) = judge(Subject(text=LISTED.upper(), quote=f"a {LISTED}"), POLICY).findings
    assert (finding.matched, finding.spans) == ((LISTED.upper(), LISTED), ((0, 8),))


def test_a_disguise_weighs_no_less_than_the_words() -> None:
    text = "Gagnez 300 euros par jour sans effort, contactez-moi sur whatsapp au 06 12 34 56 78, places limitées"
    for one in (text, text.upper(), "\u200b".join(text), text.replace("o", "о"), text.replace("a", "4")):
        judgement = judge(Subject(text=one, newcomer=True), Policy())
        assert judgement.decision is Decision.HOLD
        assert {"offers", "swindles"} & set(judgement.checks)


def test_noise_does_not_hide_what_comes_after_it() -> None:
    dice = random.Random(1)  # noqa: S311 - noise, no secret
    for sign in ("a ", "🔥", "1.", "!\n", "ab ", "$ "):
        noise = sign * (3000 // len(sign))
        at = dice.randrange(2000, 2900)
        assert found(f"{noise[:at]} {LISTED} {noise[at:]}") == (LISTED,)
