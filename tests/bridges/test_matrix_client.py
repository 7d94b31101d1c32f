"""What the bot said itself comes back with the sync, and goes no further than nio's door."""

from typing import Any, cast

import pytest
from aiohttp import ClientResponse

from bridges.matrix.client import Client

ME = "@palier:bourg.example"
MINE = {"sender": ME, "type": "m.room.message", "event_id": "$1"}
SEALED = {"sender": ME, "type": "m.room.encrypted", "event_id": "$2"}
STATE = {"sender": ME, "type": "m.room.name", "state_key": "", "event_id": "$3"}
THEIRS = {"sender": "@mia:bourg.example", "type": "m.room.message", "event_id": "$4"}


class Said:
    """An answer with this body."""

    def __init__(self, body: Any) -> None:
        self._body = body

    async def json(self) -> Any:
        return self._body


async def after(*bodies: Any) -> tuple[Any, bool]:
    client = Client("https://matrix.bourg.example", ME)
    client.user_id = ME
    parsed: Any = None
    for body in bodies:
        parsed = await client.parse_body(cast("ClientResponse", Said(body)))
    return parsed, client.only_echo


def batch(*events: Any) -> dict[str, Any]:
    return {"next_batch": "s1", "rooms": {"join": {"!a": {"timeline": {"events": list(events)}}}}}


@pytest.mark.parametrize(
    ("events", "left", "echo"),
    [
        ([MINE], [], True),
        ([MINE, MINE], [], True),
        ([MINE, THEIRS], [THEIRS], False),
        ([SEALED], [SEALED], False),
        ([STATE, MINE], [STATE], False),
        ([], [], False),
        (["odd", 7, None], ["odd", 7, None], False),
        ([{"type": "m.room.message"}], [{"type": "m.room.message"}], False),
    ],
)
async def test_the_echo_is_dropped_and_nothing_else(events: list[Any], left: list[Any], echo: bool) -> None:  # noqa: FBT001
    parsed, only_echo = await after(batch(*events))
    assert parsed["rooms"]["join"]["!a"]["timeline"]["events"] == left
    assert only_echo is echo


@pytest.mark.parametrize("quiet", [{"next_batch": "s2"}, {"next_batch": "s2", "rooms": {"join": []}}, batch(THEIRS)])
async def test_a_later_batch_is_judged_by_itself(quiet: Any) -> None:
    _, only_echo = await after(batch(MINE), quiet)
    assert only_echo is False


@pytest.mark.parametrize("body", [{"rooms": {"join": {"!a": 3}}, "next_batch": "s"}, {"chunk": [MINE]}, {}])
async def test_other_answers_stay_as_they_are(body: Any) -> None:
    parsed, only_echo = await after(body)
    assert parsed == body
    assert only_echo is False
