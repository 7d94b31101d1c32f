"""The gate: nobody's words or name leave without their yes, whichever feature handles them and whatever happened."""

import dataclasses
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app import find_features
from bot.events import Barred, CircleChanged, Empowered, Forgotten, Judged, Tick, Undelivered, Vanished
from bot.feature import Context, Feature
from bot.gate import Choice, sign
from bridges import model
from bridges.fake import FakeBridge
from bridges.model import Chat, Message, Person, Reacted, Ref, Said, Send, Tapped
from moderation.judgement import Decision, Finding, Judgement
from moderation.names import Reserved
from moderation.policy import DEFAULT
from tests.conftest import Town

NAME, TEXT = "Canariane", "texte-canari"
HOME = Chat("telegram", "main")
FEATURES = {feature.name: feature for feature in find_features()}
WHEN = datetime(2026, 11, 2, 12, tzinfo=UTC)
AWAY = Reserved.of(["Bourg-Exemple"], ["Palier"])


def samples(ref: Ref, who: Person) -> dict[str, object]:
    """One event of each kind that a chat or the bot itself knows, full of canaries."""
    said: Any = {"key": "k", "at": WHEN, "ref": ref, "sender": who, "html": f"<b>{TEXT}</b>"}
    at: Any = {"key": "k", "at": WHEN}
    message = Message(**said, reply_to=ref, quote=TEXT)
    lost = Send(chat=Chat("matrix", "main"), html=TEXT, of=who, copy_of=ref)
    photo = model.Media(kind=model.MediaKind.PHOTO, network="telegram", source=TEXT, name=TEXT)
    poll = model.Poll(id="p", question=TEXT, options=(TEXT, "b"), votes=(1, 2), closed=True)
    spot = model.Spot(latitude=1.5, longitude=2.5, title=TEXT, address=TEXT)
    found = Finding("words", "word", Decision.HOLD, (TEXT,))
    made = [
        message,
        replace(message, media=photo, album="a"),
        replace(message, spot=spot, html=""),
        replace(message, poll=poll, html=""),
        replace(message, shared="contact", html=""),
        replace(message, late=True, origin="Le canal", topic=TEXT),
        model.Pinned(**at, ref=ref, sender=who),
        model.PollClosed(**at, poll=poll, network="telegram", ref=ref, sender=who),
        model.Stirred(**at, chat=HOME, sender=who, what="joined"),
        model.Moved(**at, old=HOME, new=Chat("telegram", "new"), by=who),
        Barred(at=WHEN, chat=HOME, why="kicked"),
        model.Edited(**said),
        model.Removed(**at, ref=ref, sender=who),
        Reacted(**at, ref=ref, sender=who, added=("🎉", "🙈", "👍"), mark="$m"),
        Reacted(**at, ref=ref, sender=who, removed=("🎉",)),
        Tapped(**at, ref=ref, sender=who, data="", tap="t", about=message),
        model.Placed(**at, chat=HOME, by=who, title=TEXT, kind="supergroup"),
        model.Invited(**at, chat=Chat("matrix", "!x"), by=who, reason=TEXT),
        model.Unreadable(**at, chat=HOME, sender=who),
        model.AskedIn(**at, chat=HOME, sender=who, words=TEXT),
        CircleChanged(at=WHEN, circle=1),
        Vanished(at=WHEN, chat=HOME),
        Empowered(at=WHEN, chat=HOME),
        Undelivered(at=WHEN, action=lost, why="rights"),
        Judged(at=WHEN, said=message, judgement=Judgement.of([found], DEFAULT), circle=1),
        Forgotten(at=WHEN, person=who),
    ]
    return {f"{type(event).__name__} {n}": event for n, event in enumerate(made)}


def kinds() -> set[type]:
    """Every event that is declared anywhere."""
    import bot.events as inside

    declared = [*vars(model).values(), *vars(inside).values()]
    base = {model.Happened, model.Heard, inside.Within}
    return {
        kind
        for kind in declared
        if dataclasses.is_dataclass(kind) and isinstance(kind, type) and kind not in base
        and {"key", "at"} <= {*(f.name for f in dataclasses.fields(kind)), *vars(kind)}
    }  # fmt: skip


EVENTS = samples(Ref(HOME, "1"), Person(NAME, HOME, NAME))


def test_there_is_a_sample_of_every_kind_of_event() -> None:
    assert {type(event) for event in EVENTS.values()} == kinds() - {Tick}


async def drive(town: Town, feature: Feature, event: object) -> None:
    """Let one feature handle an event in every way in which it could."""
    async with town.store.work() as work:
        sender = getattr(event, "sender", None) or getattr(event, "by", None)
        work.speaker = sender
        context = Context(event, work, town.app.world, "fr")
        for kind, call in feature.listeners:
            if isinstance(event, kind):
                await call(context, event)
        if isinstance(event, Message):
            for command in feature.commands:
                for words in ("", TEXT, "non", f"AAAAAAAAAA {TEXT}"):
                    await command.call(context, words)
        if isinstance(event, Tapped):
            for call in feature.taps.values():
                for words in ("", "no", TEXT, "0"):
                    await call(context, words)
        for _, moment in feature.moments.values():
            await moment(context, WHEN)


def away(bridge: FakeBridge, home: Chat) -> str:
    """All that anyone but the canary can see outside the chat where it spoke."""
    posts = [post for post in bridge.posts.values() if post.chat != home and post.to != NAME]
    return str([(post.html, post.reactions) for post in posts])


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("before", ["silent", "refused", "took it back"])
@pytest.mark.parametrize("feature", FEATURES)
async def test_no_canary_leaves(linked: Town, feature: str, before: str, event: str) -> None:
    said = {"silent": [], "refused": ["/relais non"], "took it back": ["/relais oui", "/relais non"]}[before]
    for line in said:
        await linked.telegram.says(NAME, line)
    ref = await linked.telegram.says(NAME, f"<b>{TEXT}</b>")
    await linked.settles()
    await drive(linked, FEATURES[feature], samples(ref, Person(NAME, HOME, NAME))[event])
    await linked.settles()
    for bridge in (linked.telegram, linked.matrix):
        seen = away(bridge, HOME)
        assert TEXT not in seen and NAME not in seen
        assert "🎉" not in seen
    acts = [str(action) for action, _ in linked.matrix.did.values()]
    assert not [act for act in acts if TEXT in act or NAME in act]


names = st.text(st.characters(categories=["L"]), min_size=9)


@given(st.text("abc é", max_size=8), names, st.sampled_from(Choice))
def test_a_name_leaves_only_after_a_named_yes_and_words_after_a_yes(html: str, name: str, choice: Choice) -> None:
    ana = Person("9", HOME, name)
    signed = sign(Said(chat=Chat("matrix", "!a"), html=html), ana, choice, "Quelqu'un", AWAY)
    assert (signed is None) == (choice is Choice.NO)
    assert signed is None or choice is Choice.NAMED or name not in signed.shown


@pytest.mark.parametrize("name", ["Mairie de Bourg-Exemple", "M\u200bairie", "ΜΑIRIE", "Palier", "Le modérateur"])
def test_a_borrowed_name_becomes_the_label(name: str) -> None:
    signed = sign(Said(chat=Chat("matrix", "!a"), html="x"), Person("9", HOME, name), Choice.NAMED, "Quelqu'un", AWAY)
    assert signed and signed.by == "Quelqu'un"


def test_every_action_that_can_carry_words_says_whose() -> None:
    fields = {kind: {field.name for field in dataclasses.fields(kind)} for kind in get_args(model.Action)}
    without = [kind for kind, names in fields.items() if {"html", "emoji"} & names and "of" not in names]
    assert without == [model.Mirror]  # its emoji are looked up among those who said yes, when it leaves


