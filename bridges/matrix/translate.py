"""The whole knowledge of Matrix's events: a pure function from one event and its room to what has happened."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from bridges.markup import from_matrix
from bridges.matrix.rooms import LEVELS, MEMBER, Room
from bridges.matrix.strangers import clean, is_emoji, is_id
from bridges.model import Edited, Event, Heard, Invited, Message, Placed, Reacted, Ref, Removed, Unreadable

Raw = Mapping[str, Any]
SPOKEN = {"m.text", "m.emote"}
MEDIA = {"m.image", "m.file", "m.audio", "m.video", "m.location"}
# Kinds whose passing by is worth counting, and what they count as.
COUNTED = {
    "m.sticker": "media", "m.room.tombstone": "tombstone",
    "m.poll.start": "poll", "org.matrix.msc3381.poll.start": "poll",
}  # fmt: skip
# Emoji that are plain signs unless U+FE0F follows, among those that Telegram's bots may give.
TWO_FACED = re.compile("([❤☃✍🕊⚡👍👎😐🏆♂♀])(?![\U0001f3fb-\U0001f3ff\ufe0f])")


class Odd(Exception):
    """An event that Palier does not pass on; `kind` says what is counted."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def bare(emoji: str) -> str:
    """An emoji as Palier and Telegram write it: without U+FE0F, so that "❤️" and "❤" are one."""
    return emoji.replace("\ufe0f", "")


def dressed(emoji: str) -> str:
    """An emoji as Matrix clients write it (MSC2677 asks for U+FE0F), so that it is counted together with theirs."""
    return TWO_FACED.sub("\\1\ufe0f", bare(emoji))


def translate(event: Raw, room: Room) -> Event | None:
    """What a timeline event means to Palier, None if nothing; raises Odd. The room has already learnt the event."""
    match event:
        case {"type": str(kind), "event_id": str(it), "sender": str(sender), "content": dict(inside)} if (
            is_id(it) and is_id(sender)
        ):
            pass
        case _:
            raise Odd("malformed")
    if kind == MEMBER:
        return placed(event, room)
    if sender == room.me or "redacted_because" in event.get("unsigned", {}):
        return None  # our own; or taken away before it was read
    match kind:
        case "m.room.message":
            return heard(event, inside, room)
        case "m.reaction":
            return reacted(event, inside, room)
        case "m.room.redaction":
            return removed(event, inside, room)
        case "m.room.encrypted" | "m.room.encryption":
            return Unreadable(**head(event), chat=room.chat, sender=room.person(sender))
        case _ if kind == LEVELS:
            return promoted(event, inside, room)
    if kind in COUNTED:
        raise Odd(COUNTED[kind])
    return None


def heard(event: Raw, inside: dict[str, Any], room: Room) -> Heard | None:
    """A message or an edit; other bots' notices are nothing, so that bots do not feed one another.

    What an answer quotes is somebody else's, who may have said no: an edit often carries it without saying so.
    """
    said: dict[str, Any] = inside
    about = inside.get("m.relates_to")
    match inside:
        case {"m.relates_to": {"rel_type": "m.replace", "event_id": str(first)}, "m.new_content": dict(new)} if (
            is_id(first)
        ):
            said = new
        case {"m.relates_to": {"rel_type": "m.replace"}}:
            raise Odd("malformed")
    match said:
        case {"msgtype": "m.notice"}:
            return None
        case {"msgtype": str(kind)} if kind in MEDIA:
            raise Odd("media")
        case {"msgtype": str(kind), "body": str(body)} if kind in SPOKEN and "state_key" not in event:
            pass
        case _:
            raise Odd("malformed")
    formatted = text(said.get("formatted_body")) or ""
    answers = said is not inside or (isinstance(about, dict) and "m.in_reply_to" in about)
    quotes = answers or "<mx-reply" in formatted.lower()
    html = from_matrix(body, formatted, text(said.get("format")), strip_reply=quotes)
    if not html.strip():
        raise Odd("empty")
    # Who waves is said by the signature; the name in the text would pass the gate unasked.
    html = f"* {html}" if kind == "m.emote" else html
    common = {**head(event), "sender": room.person(event["sender"]), "html": html, "private": room.is_private()}
    match about:
        case {"rel_type": "m.replace", "event_id": str(first)}:
            return Edited(**common, ref=Ref(room.chat, first))
        case {"m.in_reply_to": {"event_id": str(other)}, **rest} if (
            is_id(other) and rest.get("is_falling_back") is not True
        ):
            return Message(**common, ref=Ref(room.chat, event["event_id"]), reply_to=Ref(room.chat, other))
    return Message(**common, ref=Ref(room.chat, event["event_id"]))


def reacted(event: Raw, inside: dict[str, Any], room: Room) -> Reacted:
    """An annotation (MSC2677), if it is an emoji: its key may be any text, which would pass where words may not."""
    match inside.get("m.relates_to"):
        case {"rel_type": "m.annotation", "event_id": str(first), "key": str(emoji)} if bare(emoji) and is_id(first):
            if not is_emoji(bare(emoji)):
                raise Odd("reaction")
            ref, who = Ref(room.chat, first), room.person(event["sender"])
            return Reacted(**head(event), ref=ref, sender=who, added=(bare(emoji),), mark=event["event_id"])
    raise Odd("malformed")


def removed(event: Raw, inside: dict[str, Any], room: Room) -> Removed:
    """A redaction; from room version 11 on, what it takes away is told in its content."""
    match event.get("redacts"), inside.get("redacts"):
        case ((str(gone), _) | (_, str(gone))) if is_id(gone):
            return Removed(**head(event), ref=Ref(room.chat, gone), sender=room.person(event["sender"]))
    raise Odd("malformed")


def change(event: Raw, me: str) -> tuple[str, str] | None:
    """One's own membership before and after this event, where it changed; a new name is the same kind of event."""
    match event:
        case {"type": "m.room.member", "state_key": str(user), "content": {"membership": str(now)}} if user == me:
            before = previous(event).get("membership") or ("leave" if now in {"join", "invite"} else "join")
            return (before, now) if before != now else None
    return None


def placed(event: Raw, room: Room) -> Placed | None:
    """The bot came or went. An invitation that came to nothing is no going."""
    match change(event, room.me):
        case "invite", "join":
            asked = event.get("unsigned", {}).get("prev_sender")  # Synapse's own field: who invited
            by = asked if is_id(asked) else event["sender"]
        case (_, "join") | ("join", _):
            by = event["sender"]
        case _:
            return None
    here = event["content"]["membership"] == "join"
    rights = room.rights if here else frozenset()
    who = room.person(by)
    return Placed(**head(event), chat=room.chat, by=who, title=room.title, kind=room.kind, member=here, rights=rights)


def promoted(event: Raw, inside: dict[str, Any], room: Room) -> Placed | None:
    """The power levels changed, and with them what the bot may do."""
    rights = room.rights_by(inside)
    if room.rights_by(previous(event)) == rights:
        return None
    who = room.person(event["sender"])
    return Placed(**head(event), chat=room.chat, by=who, title=room.title, kind=room.kind, rights=rights)


def invited(room: str, me: str, state: Sequence[Raw], since: str = "") -> Invited:
    """An invitation, out of the stripped state that comes with it; raises Odd if the invitation itself is missing.

    It has no id. What came after the same token is the same one; after another token, somebody asks anew.
    """
    known = Room(room, me)
    mine: Raw | None = None
    for event in state:
        known.learn(event)
        match event:
            case {"type": "m.room.member", "state_key": str(user), "content": {"membership": "invite"}} if user == me:
                mine = event
    match mine:
        case {"sender": str(sender), "content": dict(inside)} if is_id(sender):
            reason = clean(text(inside.get("reason")) or "")
            key = sha256(f"{room}\0{sender}\0{since}".encode()).hexdigest()[:32]
            direct = inside.get("is_direct") is True
            who, at = known.person(sender), moment(mine or {})
            return Invited(key=f"matrix {key}", at=at, chat=known.chat, by=who, reason=reason, direct=direct)
    raise Odd("malformed")


def inviter(event: Raw, me: str) -> str:
    """Who asked the bot for a talk between the two, if that is what this entrance answers; else nothing."""
    match change(event, me), event.get("unsigned"):
        case ("invite", "join"), {"prev_content": {"is_direct": True}, "prev_sender": str(sender)} if is_id(sender):
            return sender
    return ""


def previous(event: Raw) -> dict[str, Any]:
    """The content that a state event replaced."""
    match event:
        case {"unsigned": {"prev_content": dict(before)}}:
            return before
    return {}


def head(event: Raw) -> dict[str, Any]:
    """What every event of ours begins with."""
    return {"key": f"matrix {event['event_id']}", "at": moment(event)}


def moment(event: Raw) -> datetime:
    """When it was sent, as its homeserver claims; now, where the claim is none."""
    try:
        return datetime.fromtimestamp(event["origin_server_ts"] / 1000, UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return datetime.now(UTC)


def text(value: object) -> str | None:
    """A string, or None for whatever else stands in its place."""
    return value if isinstance(value, str) else None
