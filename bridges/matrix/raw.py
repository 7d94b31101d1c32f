"""What every event of a homeserver has, whoever sent it; any of it may be of any JSON type."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bridges.matrix.strangers import is_id, part

Raw = Mapping[str, Any]
# Palier's copies bear MARK. The profile (MSC4144) with a fallback is what bridges that relay others' words send.
MARK, PROFILE = "palier.copy", "com.beeper.per_message_profile"


class Odd(Exception):
    """An event that Palier does not pass on; `kind` says what is counted."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def head(event: Raw) -> dict[str, Any]:
    """What every event of ours begins with."""
    return {"key": f"matrix {event['event_id']}", "at": moment(event)}


def moment(event: Raw) -> datetime:
    """When it was sent, as its homeserver claims; now, where the claim is none."""
    try:
        return datetime.fromtimestamp(event["origin_server_ts"] / 1000, UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return datetime.now(UTC)


def previous(event: Raw) -> dict[str, Any]:
    """The content that a state event replaced."""
    before = part(event, "unsigned", "prev_content")
    return before if isinstance(before, dict) else {}


def replaced(inside: object) -> str | None:
    """The message that an edit changes; None where this is no edit. Raises Odd where it changes nothing."""
    if part(inside, "m.relates_to", "rel_type") != "m.replace":
        return None
    first = part(inside, "m.relates_to", "event_id")
    if is_id(first):
        return first
    raise Odd("malformed")


def is_copy(inside: object) -> bool:
    """Whether a bridge says of these words that they are somebody else's: Palier's own mark, or MSC4144's profile."""
    return part(inside, MARK) is True or part(inside, PROFILE, "has_fallback") is True
