"""Nothing that Telegram could send breaks the reading of its updates, and what comes of it can be kept and shown."""

import copy
import json
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from bridges import markup
from bridges.model import Event, Heard
from bridges.telegram.translate import Odd, translate
from tests.bridges.telegram_server import said
from tests.bridges.test_telegram_contents import FILES, PERSON, SHARED, SIZES, VENUE, ballot

NOW = datetime(2026, 5, 1, tzinfo=UTC)
BOT = {"id": 1, "is_bot": True, "first_name": "P", "username": "palier_bot"}
GROUP = {"id": -5, "type": "supergroup", "title": "Rue", "is_forum": True}
MARKS = [
    {"type": "bold", "offset": 0, "length": 2}, {"type": "pre", "offset": 1, "length": 4, "language": "python"},
    {"type": "text_link", "offset": 3, "length": 2, "url": "https://example.org"},
    {"type": "text_mention", "offset": 0, "length": 1, "user": PERSON},
]  # fmt: skip
RICH = {"blocks": [{"type": "paragraph", "text": ["a", {"type": "bold", "text": "b"}]}, {"type": "list", "items": []}]}
TOPIC = {"is_topic_message": True, "message_thread_id": 12}
OPENING = said(12, "", forum_topic_created={"name": "t", "icon_color": 1})
QUOTING = {"reply_to_message": said(3, "what was said", photo=SIZES), "quote": {"text": "was", "position": 5}}
FORWARD = {"forward_origin": {"type": "channel", "date": 0, "chat": {"id": -6, "type": "channel"}, "message_id": 1}}
WHISPERED = said(0, "?", ephemeral_message_id=70, receiver_user=BOT)
EMPTY = {name: value for name, value in said(7, "").items() if name != "text"}
REMARKS: list[dict[str, Any]] = [
    {"new_chat_members": [PERSON, BOT]}, {"left_chat_member": PERSON}, {"migrate_to_chat_id": -9},
    {"pinned_message": said(3, "x")},
]  # fmt: skip
MESSAGES: list[dict[str, Any]] = [
    said(7, "words 😀", entities=MARKS), said(7, "words", **TOPIC, reply_to_message=OPENING), said(7, "x", **QUOTING),
    said(7, "x", **FORWARD), said(7, "x", **{"from": BOT}, sender_chat=GROUP), WHISPERED,
    said(7, "x", rich_message=RICH), said(7, "x", poll=ballot(), **VENUE),
    *({**EMPTY, **content} for _, content, _ in FILES), *({**EMPTY, **content} for content, _ in SHARED),
    *({**EMPTY, **content} for content in REMARKS),
]  # fmt: skip
TAP = {"id": "q", "from": PERSON, "chat_instance": "c", "data": "yes", "message": said(7, "?", **QUOTING)}
EMOJI = [{"type": "emoji", "emoji": "👍"}, {"type": "custom_emoji", "custom_emoji_id": "1"}, {"type": "paid"}]
PLACED = {
    "chat": GROUP, "from": PERSON, "date": 0, "old_chat_member": {"user": BOT, "status": "member"},
    "new_chat_member": {"user": BOT, "status": "kicked", "until_date": 0},
}  # fmt: skip
SAMPLES: list[dict[str, Any]] = [
    *({"message": message} for message in MESSAGES), *({"edited_message": message} for message in MESSAGES),
    {"callback_query": TAP}, {"poll": ballot(is_closed=True)}, {"my_chat_member": PLACED},
    {"message_reaction": {"chat": GROUP, "message_id": 7, "date": 0, "user": PERSON, "old_reaction": EMOJI[1:],
                          "new_reaction": EMOJI}},
]  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=[]), max_size=12)  # lone surrogates too
WILD: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.sampled_from([10**400, "<b>", "telegram", -5]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


VALUES: list[Any] = [
    None, True, 0, -1, 10**400, float("nan"), 1.5, "", "x", "\ud800", "<b>", [], {}, ["x"], [[]], {"a": 1},
    {"type": "x"}, {"text": "x"},
]  # fmt: skip


def mutated(sample: dict[str, Any], seed: int, values: list[Any]) -> dict[str, Any]:
    """The sample with something else, something from another place, or nothing, in some of its places."""
    update, chance = {"update_id": 7, **copy.deepcopy(sample)}, random.Random(seed)  # noqa: S311 - no secret
    for value in values:
        holder, key = chance.choice(list(places(update)))
        match chance.randrange(5):
            case 0:
                del holder[key]
            case 1:
                other, there = chance.choice(list(places(update)))
                holder[key] = copy.deepcopy(other[there])
            case 2 if isinstance(holder, dict):
                holder[str(value)[:20]] = copy.deepcopy(value)
            case _:
                holder[key] = copy.deepcopy(value)
        if not update:
            break
    return update


def one(seed: int) -> list[Event]:
    """One try of a long run, without the library that minimises: what was understood of an update of that number."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    values = [chance.choice(VALUES) for _ in range(chance.randint(1, 4))]
    return read(mutated(chance.choice(SAMPLES), seed, values))


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Everything that can be replaced in a value, the value itself excepted."""
    keys: Any = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in list(keys):
        yield value, key
        yield from places(value[key])


def read(update: dict[str, Any]) -> list[Event]:
    """What an update tells, if it is understood at all; fails where that could not be kept and shown."""
    events: list[Event] = []
    with suppress(Odd):
        events = translate(update, NOW)
    for event in events:
        fit_to_be_kept(event)
    return events


def fit_to_be_kept(event: Event) -> None:
    """Keys, names and ids can be stored as UTF-8, and words are in the safe subset."""
    assert event.key.startswith("telegram ") and event.at.tzinfo
    assert json.dumps(asdict(cast("Any", event)), default=str, ensure_ascii=False).encode()
    if isinstance(event, Heard):
        assert markup.clean(event.html) == event.html
    for about in (getattr(event, "answered", None), getattr(event, "about", None)):
        if about:
            fit_to_be_kept(about)


@given(st.sampled_from(SAMPLES), st.integers(0, 2**32), st.lists(WILD, min_size=1, max_size=4))
def test_whatever_telegram_sends_is_understood_or_odd(sample: dict[str, Any], seed: int, values: list[Any]) -> None:
    read(mutated(sample, seed, values))


def test_a_long_run_can_be_made_of_numbers() -> None:
    assert sum(bool(one(seed)) for seed in range(300)) > 50


def test_what_is_whole_is_understood() -> None:
    silent = [sample for sample in SAMPLES if not read({"update_id": 7, **copy.deepcopy(sample)})]
    assert [sample for sample in silent if "edited_message" not in sample] == []
