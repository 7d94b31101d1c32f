"""Everything that was said in a room since a token, however long the pause was, and nothing from outside one's stay."""

from collections.abc import Sequence
from typing import Any

import nio

from bridges.matrix.errors import answer
from bridges.matrix.raw import Raw
from bridges.matrix.state import change

PAGE = 100
# Synapse gives at most 100 events of a room at once, whatever is asked; presence and typing are nobody's business.
FILTER: dict[str, Any] = {
    "presence": {"not_types": ["*"]},
    "account_data": {"types": ["m.direct"]},
    "room": {
        "ephemeral": {"not_types": ["*"]},
        "account_data": {"not_types": ["*"]},
        "state": {"lazy_load_members": False},
        "timeline": {"limit": 100, "lazy_load_members": False},
    },
}


async def gap(client: nio.AsyncClient, room: str, timeline: nio.Timeline, since: str) -> list[Raw]:
    """What a limited timeline left out, oldest first, back to the token `since`; raises what `answer` raises.

    A page may be empty and yet have an end: what it held was not for us to see, and more may follow.
    """
    missed: list[Raw] = []
    token = timeline.prev_batch if timeline.limited else None
    while token:
        page = await answer(client.room_messages(room, token, end=since, limit=PAGE))
        missed += [event.source for event in page.chunk]
        token = page.end if page.end != token else None
    return missed[::-1]


def stay(events: Sequence[Raw], me: str, *, inside: bool, alone: bool = False) -> list[Raw]:
    """The events that happened while one was in the room, and one's own comings and goings.

    Order decides, never timestamps. `inside`: whether one is in the room after all of them, which says how they began
    where none of them changed it. `alone`: with one person only; what they say to someone whom they asked in for a
    talk is meant for them already, and clients open such a room together with its first message.
    """
    changes = [both for event in events if (both := change(event, me))]
    here = changes[0][0] == "join" if changes else inside
    kept = []
    for event in events:
        if both := change(event, me):
            here = both[1] == "join" or (alone and both[1] == "invite" and event["content"].get("is_direct") is True)
        if here or both:
            kept.append(event)
    return kept
