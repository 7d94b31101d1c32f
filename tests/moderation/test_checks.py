"""Each check finds what it is for, says why and how grave it is, and passes what only resembles."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.texts import Texts
from bridges.model import Chat, Edited, Media, MediaKind, Message, Person, Poll, Ref, Spot
from bridges.telegram.translate import translate
from moderation.checks import NAMES, checks
from moderation.finding import Decision, Finding
from moderation.judgement import judge
from moderation.policy import DEFAULT, Policy
from moderation.subject import Recent, Subject
from tests.moderation.unmistakable import PASSED, WEIGHED

HOLD, NUDGE, HIDE = Decision.HOLD, Decision.NUDGE, Decision.HIDE
HOME = Chat("telegram", "-100")
ANA = Person("1", HOME, "Ana")
CIRCLE = Policy.layered([
    ("a circle", {
        "words": ["palourde"], "allowed_domains": ["ville.example", "bit.ly"],
        "denied_domains": ["mechant.example", "forum.ville.example"],
    }),
])  # fmt: skip
OLD = "Bonjour à tous, le pain de la boulangerie est bon"
LOUD = "VENEZ TOUS CE SOIR SUR LA PLACE DE L'ÉGLISE, IL Y AURA DE LA MUSIQUE ET DES CRÊPES POUR TOUT LE MONDE"


def new(text: str = OLD, **more: Any) -> Subject:
    return Subject(text=text, newcomer=True, **more)


def known(text: str = OLD, **more: Any) -> Subject:
    return Subject(text=text, **more)


def counted(**counts: int) -> dict[str, Any]:
    return {"recent": Recent(**counts)}


# What is found: by which check, for which reason, how grave, and which words show it.
FOUND: list[tuple[str, str, Decision, Subject, tuple[str, ...]]] = [
    ("capitals", "capitals", NUDGE, known(LOUD), ()),
    ("disclosure", "disclosure", HOLD,
     known("C'est Karine Rossi, 12 rue des Lilas, 06 12 34 56 78, allez la voir et faites-la payer"),
     ("12 rue ", "06 12 34 56 78")),
    ("duplicates", "same-everywhere", HOLD, known(**counted(same_text=1, same_text_places=3)), ()),
    ("duplicates", "same-everywhere", HOLD, known(**counted(same_text=1, same_text_places=2, same_text_people=3)), ()),
    ("duplicates", "same-again", NUDGE, known(**counted(same_text=4, same_text_places=1, same_text_people=1)), ()),
    ("flood", "flood", HOLD, new(**counted(in_10s=6)), ()),
    ("flood", "flood", HOLD, new(**counted(in_60s=20)), ()),
    ("invisible", "invisible", HOLD, known("b\u200bon j\u200bour à t\u200bous"), ("b\u200bon", "t\u200bous")),
    ("invisible", "invisible", HOLD, known("bon \u202eruoj\u202c à tous"), ("\u202eruoj",)),
    ("links", "denied-domain", HIDE, known("voir https://www.mechant.example/a, vite"), ()),
    ("links", "denied-domain", HIDE, known("voir sous.mechant.example/a"), ("sous.mechant.example/a",)),
    ("links", "denied-domain", HIDE, known("voir mechant point example"), ("mechant point example",)),
    ("links", "denied-domain", HIDE, known("voir mechant (dot) example"), ("mechant (dot) example",)),
    ("links", "denied-domain", HIDE, known("voir ici", urls=("https://MECHANT.example.\\@ville.example/",)), ()),
    ("links", "denied-domain", HIDE, known(urls=("https:\\\\mech%61nt。example",)), ("https:\\\\mech%61nt。example",)),
    ("links", "denied-domain", HIDE, known("voir", quote="https://mechant.example"), ("https://mechant.example",)),
    ("links", "denied-domain", HIDE, known("forum.ville.example"), ("forum.ville.example",)),
    ("links", "spelled-link", NUDGE, known("sur exemple point com"), ("exemple point com",)),
    ("links", "spelled-link", HOLD, new("sur hxxps://exemple.com/a"), ("hxxps://exemple.com/a",)),
    ("links", "short-link", NUDGE, known("https://tinyurl.com/abc"), ("https://tinyurl.com/abc",)),
    ("links", "short-link", HOLD, new("lien", urls=("https://tinyurl.com/abc",)), ("https://tinyurl.com/abc",)),
    ("links", "false-link", HOLD,
     known("https://banque.example", urls=("https://a.example/b",), false=("https://a.example/b",)), ("https://a.example/b",)),
    ("media", "program", HOLD, known("", file_names=("Photo.JPG.APK",)), ("Photo.JPG.APK",)),
    ("media", "program", HOLD, known("", file_names=("a.png", "facture.pdf.exe. ")), ("facture.pdf.exe. ",)),
    ("media", "forward", HOLD, new("voir https://exemple.org/a", forwarded=True), ()),
    ("mentions", "mentions", HOLD, known(mentions=6), ()),
    ("mentions", "mentions", HOLD, known("@ana1 @ana2 @ana3 @ana4 @ana5 @ana6"), ("@ana1", "@ana6")),
    ("mentions", "everyone", HOLD, new("@everyone venez"), ("@everyone",)),
    ("newcomers", "newcomer-link", HOLD, new("https://t.me/canal"), ("https://t.me/canal",)),
    ("newcomers", "newcomer-link", HOLD, new("voir", urls=("https://gratuit.xyz/",)), ("https://gratuit.xyz/",)),
    ("scripts", "mixed-scripts", HOLD, known("vоtrе bаnquе"), ("vоtrе", "bаnquе")),
    ("scripts", "mixed-scripts", HOLD, known("𝓿𝓸𝓽𝓻𝓮 𝓫𝓪𝓷𝓺𝓾𝓮"), ("𝓿𝓸𝓽𝓻𝓮", "𝓫𝓪𝓷𝓺𝓾𝓮")),
    ("words", "listed-word", HOLD, known("une P4LOURDE"), ("P4LOURDE",)),
]  # fmt: skip
# What only resembles: the check that must not speak.
RESEMBLES: list[tuple[str, Subject]] = [
    ("capitals", known("AU FEU ! VENEZ VITE RUE DES LILAS !!!")), ("capitals", known(LOUD.capitalize())),
    ("capitals", known("1234567890 " * 20)),
    ("disclosure", known("Mon numéro : 06 12 34 56 78, 12 rue des Lilas, passez me voir")),
    ("disclosure", known("La pharmacie, 3 place du Marché, ouvre à 9 h")),
    ("duplicates", known("bonne année", **counted(same_text=9, same_text_places=9, same_text_people=9))),
    ("duplicates", known(**counted(same_text=3, same_text_places=2, same_text_people=2))), ("duplicates", known()),
    ("flood", new(**counted(in_10s=5, in_60s=19))), ("flood", known()),
    ("invisible", known("bon\u200bjour")),
    ("invisible", known("👨\u200d👩\u200d👧 🏴\U000e0067\U000e0062\U000e007f n\ufe0f")),
    ("invisible", known("می\u200cخواهم نمی\u200cدانم می\u200cروم")),
    ("links", known("https://exemple.org/a et pasmechant.example ou mechant.example.org")),
    ("links", new("https://sous.ville.example bit.ly/abc ville point example")),
    ("links", known("[https://asso.example.org] et le sondage", urls=("https://autre.example.net/x",))),
    ("media", known("", file_names=("photo.jpg", "exe", "notes.command.txt", "apk.pdf"))),
    ("media", new("un bon article", forwarded=True)), ("media", known("https://exemple.org", forwarded=True)),
    ("mentions", known("@ana1 @ana2", mentions=5)), ("mentions", known("@everyone venez")),
    ("newcomers", known("https://t.me/canal")), ("newcomers", new("https://asso-du-quartier.org https://bit.ly/x")),
    ("scripts", known("Привет всем и добрый день")), ("scripts", known("10 μm, café à Ηλεία, un joke: раlourde")),
    ("words", known("des palourdes, palour de mer")),
    *((check, known(text)) for check, texts in PASSED.items() for text in texts),
    *((check, new(text)) for check, texts in PASSED.items() for text in texts),
]  # fmt: skip


def said_by(check: str, subject: Subject, policy: Policy = CIRCLE) -> list[Finding]:
    return [one for one in judge(subject, policy).findings if one.check == check]


@pytest.mark.parametrize("n", range(len(FOUND)), ids=[f"{check} {n}" for n, (check, *_) in enumerate(FOUND)])
def test_what_a_check_is_for_is_found(n: int) -> None:
    check, reason, severity, subject, matched = FOUND[n]
    findings = [one for one in said_by(check, subject) if one.reason == f"reason-{reason}"]
    assert [one.severity for one in findings] == [severity]
    if matched:
        assert set(matched) <= set(findings[0].matched)


@pytest.mark.parametrize("n", range(len(RESEMBLES)), ids=[f"{check} {n}" for n, (check, _) in enumerate(RESEMBLES)])
def test_what_only_resembles_is_passed(n: int) -> None:
    check, subject = RESEMBLES[n]
    assert said_by(check, subject) == []


@pytest.mark.parametrize("theme", WEIGHED)
def test_what_nobody_could_mistake_is_held_for_its_reason(theme: str) -> None:
    (finding,) = [one for one in judge(new(WEIGHED[theme]), DEFAULT).findings if one.reason == f"reason-{theme}"]
    assert (finding.severity, finding.check in {"abuse", "offers", "swindles"}) == (HOLD, True)
    assert finding.matched and finding.spans


def test_each_check_is_tried_both_ways_and_each_of_its_reasons_is_reached() -> None:
    assert {check for check, _ in RESEMBLES} == set(NAMES) == set(checks())
    weighed = {f"reason-{theme}" for theme in WEIGHED}
    reached = {f"reason-{reason}" for _, reason, *_ in FOUND} | weighed
    # What weighs enough without a theme: what that is, the weights say.
    assert {reason for check in checks().values() for reason in check.reasons} - reached == {"reason-offer"}
    for check, reason, severity, *_ in FOUND:
        assert severity in {checks()[check].reasons[f"reason-{reason}"], HOLD, NUDGE}


def test_every_reason_is_explained_in_every_language_and_every_check_says_what_it_looks_at() -> None:
    texts = Texts()
    assert len(texts.languages) > 1
    for check in checks().values():
        assert check.looks_at and check.reasons
        assert all(reason.startswith("reason-") and texts.has(reason) for reason in check.reasons)
        assert all(severity > Decision.PASS for severity in check.reasons.values())
    assert texts.has("defect")


def test_a_check_that_is_off_says_nothing_and_one_with_a_limit_no_more_than_that() -> None:
    for values, severities in (({"on": False}, []), ({"most": "nudge"}, [NUDGE]), ({"most": "pass"}, [Decision.PASS])):
        policy = Policy.layered([("", {"words": ["palourde"], "checks": {"words": values}})])
        assert [one.severity for one in said_by("words", known("palourde"), policy)] == severities


def test_a_check_is_found_in_its_file_by_its_name() -> None:
    for name, check in checks().items():
        assert check.name == name
        assert check.look.__module__ == f"moderation.checks.{name}"


# --- what is judged of a message


def heard(html: str = "", *, edited: bool = False, **more: Any) -> Subject:
    common: dict[str, Any] = {
        "key": "1", "at": datetime.now(UTC), "ref": Ref(HOME, "7"), "sender": ANA, "html": html,
    }  # fmt: skip
    return Subject.of(Edited(**common, **more) if edited else Message(**common, **more))


def photo(**more: Any) -> Media:
    return Media(kind=MediaKind.FILE, network="telegram", source="x", **more)


@pytest.mark.parametrize(
    "subject",
    [
        heard("une <b>pal</b>ourde"), heard("<tg-spoiler>palourde</tg-spoiler>"), heard("palourde", edited=True),
        heard("palourde", media=photo()), heard(media=photo(name="palourde.pdf")),
        heard(media=photo(title="La Palourde")),
        heard(media=photo(performer="palourde")), heard("oui", quote="une palourde"), heard("<pre>palourde</pre>"),
        heard(poll=Poll(id="1", question="Palourde ?", options=("oui",))),
        heard(poll=Poll(id="1", question="quoi ?", options=("oui", "p a l o u r d e"))),
        heard(spot=Spot(latitude=1, longitude=2, title="Chez Palourde")),
        heard('<a href="https://a.example.org">palourde</a>'), heard('<a href="person:telegram/7">Palourde</a>'),
    ],
    ids=range(14),
)  # fmt: skip
def test_words_are_judged_wherever_a_message_has_them(subject: Subject) -> None:
    assert [one.reason for one in said_by("words", subject)] == ["reason-listed-word"]


@pytest.mark.parametrize("edited", [False, True])
def test_links_are_judged_behind_words_and_below_a_message(edited: bool) -> None:  # noqa: FBT001
    behind = heard('voir <a href="https://mechant.example/a">ici</a>', edited=edited)
    below = heard("voir en bas", edited=edited, opens=("https://mechant.example/a",))
    for subject in (behind, below):
        assert subject.urls == ("https://mechant.example/a",)
        (finding,) = said_by("links", subject)
        assert (finding.reason, finding.matched, finding.spans) == ("reason-denied-domain", subject.urls, ())


@pytest.mark.parametrize("kind", ["message", "edited_message"])
def test_the_buttons_below_a_forwarded_post_are_judged(kind: str) -> None:
    channel = {
        "type": "channel",
        "chat": {"id": -9, "type": "channel", "title": "Bons plans"},
        "message_id": 3,
        "date": 1,
    }
    buttons = [[{"text": "Oui", "callback_data": "x"}, {"text": "Voir", "url": "https://mechant.example/a"}]]
    said = {
        "message_id": 7, "date": 1, "chat": {"id": -100, "type": "supergroup"}, "text": "Voir en bas",
        "from": {"id": 1, "is_bot": False, "first_name": "Ana"}, "forward_origin": channel,
        "reply_markup": {"inline_keyboard": buttons},
    }  # fmt: skip
    (event,) = translate({"update_id": 1, kind: said}, datetime.now(UTC))
    assert isinstance(event, Message | Edited)
    assert [one.reason for one in said_by("links", Subject.of(event))] == ["reason-denied-domain"]


@pytest.mark.parametrize(
    ("words", "leads", "false"),
    [
        ("https://banque.example/x", "https://mechant.org", True),
        ("www.banque.example", "https://banque.org", True),
        ("sur banque.example !", "https://banque.example.mechant.org", True),
        ("banque.example", "https://t.me/x", True),
        ("banque.example", "https://www.banque.example/suite", False),
        ("mon.banque.example", "http://banque.example", False),
        ("banque.example", "https://mon.banque.example", False), ("le sondage", "https://mechant.org", False),
        ("18.30", "https://a.example.org", False), ("youtube.com/x", "https://youtu.be/x", False),
    ],
)  # fmt: skip
def test_a_link_is_false_where_its_words_show_another_domain(words: str, leads: str, false: bool) -> None:  # noqa: FBT001
    subject = heard(f'voir <a href="{leads}">{words}</a> et https://asso.example.net')
    assert [one.reason for one in said_by("links", subject)] == (["reason-false-link"] if false else [])


def test_what_else_a_message_tells_is_kept() -> None:
    html = '<a href="person:telegram/7">Bob</a> <a href="person:telegram/8">Mia</a> <a href="person:telegram/7">Bob</a>'
    subject = heard(f"{html} <tg-spoiler>x</tg-spoiler>", media=photo(name="a.apk"), origin="Un canal", quote="q")
    assert (subject.mentions, subject.hidden, subject.forwarded, subject.media) == (2, True, True, "file")
    assert (subject.file_names, subject.quote, subject.urls) == (("a.apk",), "q", ())
    assert heard("x", shared="forwarded").forwarded
