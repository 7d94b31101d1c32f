"""Power levels: who may write, who may write no more, and changes that do not undo what others change meanwhile."""

from collections.abc import Callable, Mapping
from typing import Any

from bridges.matrix.raw import Raw
from bridges.matrix.rooms import LEVELS, number
from bridges.matrix.server import Server
from bridges.matrix.strangers import part
from bridges.port import TryLater

Content = dict[str, Any]
Change = Callable[[Content], Content]
MODERATOR = 50  # what clients call so
# Kinds of events by which people say something; a room may ask a level of its own for each.
SAID = frozenset({
    "m.room.message", "m.room.encrypted", "m.sticker", "m.reaction", "m.poll.start", "m.poll.response", "m.poll.end",
    "org.matrix.msc3381.poll.start", "org.matrix.msc3381.poll.response", "org.matrix.msc3381.poll.end",
})  # fmt: skip
REDACTION = "m.room.redaction"
TRIES = 5
GONE = object()


class Levels:
    """The power levels of rooms. Matrix has no compare-and-swap, but its servers tell what an event replaced."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def read(self, room: str) -> Content:
        """As they are now. Raises Refused, also where a room has none: nothing must be written over what is unknown."""
        return await self._server.state_there(room, LEVELS)

    async def change(self, room: str, change: Change) -> None:
        """Make a change, and again what others changed between the look and the write, and look whether it stayed.

        `change` gives the same when it is applied twice. Raises Refused, and TryLater where others change too much.
        """
        for _ in range(TRIES):
            was = await self.read(room)
            wanted = change(was)
            if wanted == was:
                return
            for _ in range(TRIES):
                event = await self._server.put_state(room, LEVELS, wanted)
                replaced = await self._replaced(room, event)
                if replaced is None or replaced == was:
                    break
                was, wanted = wanted, patched(wanted, was, replaced)
                if wanted == was:
                    break
        raise TryLater

    async def _replaced(self, room: str, event: str) -> Content | None:
        """What a state event took the place of, as far as the homeserver tells."""
        told = (await self._server.event(room, event)).get("unsigned")
        before = part(told, "prev_content")
        if isinstance(before, dict):
            return before
        if isinstance(id_ := part(told, "replaces_state"), str):
            content = (await self._server.event(room, id_)).get("content")
            return content if isinstance(content, dict) else None
        return None


def patched(content: Content, old: Content, new: Content) -> Content:
    """The same with what is different between two other versions of it: objects are compared inside."""
    made = dict(content)
    for name in old.keys() | new.keys():
        before, after = old.get(name, GONE), new.get(name, GONE)
        if before == after:
            continue
        if isinstance(before, dict) and isinstance(after, dict) and isinstance(here := made.get(name), dict):
            made[name] = patched(here, before, after)
        elif after is GONE:
            made.pop(name, None)
        else:
            made[name] = after
    return made


def inside(levels: Raw, name: str) -> Content:
    """An object in the levels; empty where it is missing or malformed."""
    said = levels.get(name)
    return dict(said) if isinstance(said, dict) else {}


# --- one person


def level_of(levels: Raw, user: str) -> float:
    """What somebody has, unless they stand above the levels."""
    return number(inside(levels, "users").get(user), number(levels.get("users_default"), 0))


def mute_level(levels: Raw) -> int:
    """Below what any words need, even in a room that is locked now and will be open again."""
    events = inside(levels, "events")
    needs = [number(value, 0) for kind, value in events.items() if kind in SAID]
    defaults = [number(levels.get(name), 0) for name in ("events_default", "users_default")]
    return int(min(0, *needs, *defaults)) - 1


def is_mute(levels: Raw, user: str) -> bool:
    return level_of(levels, user) <= mute_level(levels)


def given(levels: Content, user: str, level: Any) -> Content:
    """The levels with this one for somebody, or with the default where it is None."""
    users = {one: value for one, value in inside(levels, "users").items() if one != user}
    return levels | {"users": users if level is None else users | {user: level}}


# --- the whole room


def lock_level(levels: Raw) -> int:
    """The moderators' level."""
    return int(max(MODERATOR, number(levels.get("redact"), MODERATOR)))


def is_locked(levels: Raw, at: int) -> bool:
    """Whether every kind of words needs so much."""
    listed = [value for kind, value in inside(levels, "events").items() if kind in SAID]
    return all(number(value, 0) >= at for value in [levels.get("events_default"), *listed])


def locked(levels: Content, at: int) -> Content:
    """Words need so much; who has less can still take their own words away."""
    need, events = levels.get("events_default", 0), inside(levels, "events")
    raised = {kind: at if kind in SAID and number(value, 0) < at else value for kind, value in events.items()}
    return levels | {"events_default": max(at, int(number(need, 0))), "events": {REDACTION: need, **raised}}


def taken(levels: Raw) -> Content:
    """What `locked` changes, as it is before."""
    kinds = SAID | {REDACTION}
    events = {kind: value for kind, value in inside(levels, "events").items() if kind in kinds}
    return {"default": levels.get("events_default"), "events": events, "listed": "events" in levels}


def unlocked(levels: Content, before: Mapping[str, Any]) -> Content:
    """Words need what they needed before."""
    kept = {kind: value for kind, value in inside(levels, "events").items() if kind not in SAID | {REDACTION}}
    events = kept | before["events"]
    opened = {name: value for name, value in levels.items() if name not in ("events_default", "events")}
    if before["default"] is not None:
        opened["events_default"] = before["default"]
    return opened | ({"events": events} if events or before["listed"] else {})
