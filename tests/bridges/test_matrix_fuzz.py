"""Nothing that people send breaks the reading of Matrix's events, and what comes of it can be kept and shown."""

import copy
import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridges import markup
from bridges.matrix import polls, sync
from bridges.matrix.raw import Odd
from bridges.matrix.state import change, invited, inviter
from bridges.matrix.translate import recalled, translate
from bridges.model import Event, Heard, Person
from tests.bridges.matrix_raw import ANA, BEA, ME, member, raw, room

FILE = {"url": "mxc://x/1", "key": {"k": "a" * 43, "alg": "A256CTR"}, "iv": "b" * 22, "hashes": {"sha256": "c" * 43}}
INFO = {"mimetype": "image/gif", "size": 5, "w": 2, "h": 3, "duration": 9, "thumbnail_url": "mxc://x/2"}
IMAGE = {"msgtype": "m.image", "body": "words", "filename": "a.png", "url": "mxc://x/1", "info": INFO}
POLL = {"question": {"m.text": [{"body": "?"}]}, "answers": [{"m.id": "a", "m.text": "yes"}], "max_selections": 1}
REPLY = {"m.in_reply_to": {"event_id": "$0"}}
THREAD = {"rel_type": "m.thread", "event_id": "$t", "is_falling_back": True, **REPLY}
EDIT = {"rel_type": "m.replace", "event_id": "$1"}
HTML = {"format": "org.matrix.custom.html", "formatted_body": "<mx-reply>x</mx-reply><b>bold</b>"}
SAMPLES: list[dict[str, Any]] = [
    raw(content={"msgtype": "m.text", "body": "> <@a:x> q\n\nwords", **HTML, "m.relates_to": REPLY}),
    raw(content={"msgtype": "m.emote", "body": "waves", "m.relates_to": THREAD}),
    raw(content={**IMAGE, "m.relates_to": THREAD, "org.matrix.msc3245.voice": {}}),
    raw(content={**IMAGE, "file": FILE}),
    raw(content={**IMAGE, "m.new_content": IMAGE, "m.relates_to": EDIT}),
    raw(content={"msgtype": "m.location", "body": "here", "geo_uri": "geo:1,2", "m.location": {"description": "x"}}),
    raw("m.sticker", content={"body": "😀", "url": "mxc://x/1", "info": INFO}),
    raw("m.poll.start", content={"m.poll": POLL}),
    raw("org.matrix.msc3381.poll.start", content={"org.matrix.msc3381.poll.start": POLL}),
    raw("m.poll.end", content={"m.relates_to": {"rel_type": "m.reference", "event_id": "$1"}}),
    raw("m.poll.response", content={"m.selections": ["a"], "m.relates_to": {"rel_type": "m.reference"}}),
    raw("m.reaction", content={"m.relates_to": {"rel_type": "m.annotation", "event_id": "$1", "key": "👍"}}),
    raw("m.room.redaction", content={"redacts": "$1"}, redacts="$1"),
    raw("m.room.encrypted", content={"algorithm": "m.megolm.v1.aes-sha2"}),
    raw("com.example.thing", content={"m.text": [{"body": "words"}]}),
    raw("m.room.pinned_events", state_key="", content={"pinned": ["$1"]}, unsigned={"prev_content": {"pinned": []}}),
    raw("m.room.tombstone", state_key="", content={"replacement_room": "!b", "body": "moved"}),
    raw("m.room.power_levels", state_key="", content={"users": {ME: 50}, "events": {}, "redact": 50}),
    raw("m.room.create", state_key="", content={"room_version": "12", "predecessor": {"room_id": "!0"}}),
    raw("m.bridge", state_key="x", content={"bridgebot": "@bot:x", "protocol": {"id": "irc"}}),
    raw("m.beacon_info", state_key=ANA, content={"live": True}),
    member(ANA, "join", "join", displayname="Ana", avatar_url="mxc://x/1"),
    member(ME, "join", "invite", is_direct=True),
]
TEXT = st.text(st.characters(exclude_categories=[]), max_size=12)  # lone surrogates too
WILD: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.sampled_from([10**400, "$1", ME, "m.text"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def mutated(sample: dict[str, Any], seed: int, values: list[Any]) -> dict[str, Any]:
    """The sample with something else, or nothing, in some of its places."""
    event, chance = copy.deepcopy(sample), random.Random(seed)  # noqa: S311 - no secret
    for value in values:
        holder, key = chance.choice(list(places(event)))
        if chance.random() < 0.2 and isinstance(holder, dict):
            del holder[key]
        else:
            holder[key] = value
    return event


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Everything that can be replaced in a value, the value itself excepted."""
    keys: Any = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in list(keys):
        yield value, key
        yield from places(value[key])


@given(st.sampled_from(SAMPLES), st.integers(0, 2**32), st.lists(WILD, min_size=1, max_size=3))
def test_whatever_people_send_is_understood_or_odd(sample: dict[str, Any], seed: int, values: list[Any]) -> None:
    event, known = mutated(sample, seed, values), room(ME, ANA, BEA, levels={})
    if not event:
        return
    known.learn(event)
    sync.stay([event], ME, inside=True)
    change(event, ME)
    inviter(event, ME)
    recalled(event, event)
    assert known.people() and known.rights is not None and isinstance(known.title, str)
    assert isinstance(known.kind, str) and isinstance(known.is_ghost(ANA), bool)
    with suppress(Odd):
        invited("!a", ME, [event])
    with suppress(Odd):
        polls.closed(event, raw("m.poll.end"), [event], may=lambda _: True)
    with suppress(Odd):
        for understood in translate(event, known):
            fit_to_be_kept(understood)


def fit_to_be_kept(event: Event) -> None:
    """Keys and names can be stored as UTF-8, and words are in the safe subset."""
    assert event.key.startswith("matrix ") and event.key.encode() and event.at.tzinfo
    sender = getattr(event, "sender", None)
    assert sender is None or (isinstance(sender, Person) and sender.id.encode() and sender.name.encode())
    if isinstance(event, Heard):
        assert event.ref.id.encode() and markup.clean(event.html) == event.html
    media, spot, poll = (getattr(event, name, None) for name in ("media", "spot", "poll"))
    assert media is None or (media.name.encode() and media.type.isascii() and media.seconds >= 0) or not media.name
    assert spot is None or (abs(spot.latitude) <= 90 and abs(spot.longitude) <= 180 and "\n" not in spot.title)
    assert poll is None or all(isinstance(option, str) for option in poll.options)
