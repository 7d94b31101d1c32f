"""What a change of a room's state means: who came and went, what the bot may do, what is pinned, where all went to."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from bridges.matrix.raw import Odd, Raw, head, moment, previous
from bridges.matrix.rooms import Room, localpart
from bridges.matrix.strangers import clean, is_id, part, text
from bridges.model import AskedIn, Chat, Invited, Moved, Pinned, Placed, Ref, Stirred

PINNED = "m.room.pinned_events"
MOST_PINS = 20  # that one event may change


def change(event: Raw, me: str) -> tuple[str, str] | None:
    """One's own membership before and after this event, where it changed; a new name is the same kind of event."""
    match event:
        case {"type": "m.room.member", "state_key": str(user), "content": {"membership": str(now)}} if user == me:
            before = text(previous(event).get("membership")) or ("leave" if now in ("join", "invite") else "join")
            return (before, now) if before != now else None
    return None


def placed(event: Raw, room: Room) -> Placed | None:
    """The bot came or went. An invitation that came to nothing is no going."""
    match change(event, room.me):
        case "invite", "join":
            asked = part(event, "unsigned", "prev_sender")  # Synapse's own field: who invited
            by = asked if is_id(asked) else event["sender"]
        case (_, "join") | ("join", _):
            by = event["sender"]
        case _:
            return None
    here = event["content"]["membership"] == "join"
    rights = room.rights if here else frozenset()
    who = room.person(by)
    return Placed(**head(event), chat=room.chat, by=who, title=room.title, kind=room.kind, member=here, rights=rights)


def promoted(event: Raw, room: Room) -> Placed | None:
    """The power levels changed, and with them what the bot may do."""
    rights = room.rights_by(event["content"])
    if room.rights_by(previous(event)) == rights:
        return None
    who = room.person(event["sender"])
    return Placed(**head(event), chat=room.chat, by=who, title=room.title, kind=room.kind, rights=rights)


def stirred(event: Raw, room: Room) -> Stirred | None:
    """Somebody else came, went, or calls themselves otherwise; invitations and bans of people outside are nothing."""
    user, now, before = event.get("state_key"), event["content"], previous(event)
    if not is_id(user) or room.is_ghost(user):
        return None
    who = room.person(user)
    match before.get("membership"), now.get("membership"):
        case "join", "join" if before.get("displayname") != now.get("displayname"):
            return Stirred(**head(event), chat=room.chat, sender=who, what="renamed")
        case "join", "join" if before.get("avatar_url") != now.get("avatar_url"):
            return Stirred(**head(event), chat=room.chat, sender=who, what="avatar")
        case was, "join" if was != "join":
            return Stirred(**head(event), chat=room.chat, sender=who, what="joined")
        case "join", "leave" | "ban":
            return Stirred(**head(event), chat=room.chat, sender=who, what="left")
    return None


def asked_in(event: Raw, room: Room) -> AskedIn | None:
    """Somebody knocks (MSC2403, room version 7) where the bot can let them in."""
    user, now = event.get("state_key"), event["content"]
    if now.get("membership") != "knock" or previous(event).get("membership") == "knock" or not room.may_invite:
        return None
    if not is_id(user) or user != event["sender"] or room.is_ghost(user):
        return None
    who = replace(room.person(user), name=clean(text(now.get("displayname"))) or localpart(user))
    return AskedIn(**head(event), chat=room.chat, sender=who, words=clean(text(now.get("reason"))))


def pinned(event: Raw, room: Room) -> list[Pinned]:
    """What is pinned now and was not, then what was and is no more: Matrix tells the whole list each time."""
    before, after = ids(previous(event)), ids(event["content"])
    new, gone = [one for one in after if one not in before], [one for one in before if one not in after]
    who, changes = room.person(event["sender"]), [(one, True) for one in new] + [(one, False) for one in gone]
    every = [Pinned(**head(event), ref=Ref(room.chat, id_), sender=who, on=on) for id_, on in changes[:MOST_PINS]]
    return [replace(one, key=f"{one.key}#{n}") if n else one for n, one in enumerate(every)]


def ids(content: object) -> dict[str, None]:
    """The ids in a list of what is pinned, in its order."""
    listed = part(content, "pinned")
    return dict.fromkeys(one for one in listed if is_id(one)) if isinstance(listed, list) else {}


def moved(event: Raw, room: Room) -> Moved:
    """The room says that all go on in another one; whether that one agrees has to be seen there."""
    new = event["content"].get("replacement_room")
    if not is_id(new) or new == room.id:
        raise Odd("malformed")
    return Moved(**head(event), old=room.chat, new=Chat("matrix", new), by=room.person(event["sender"]), entered=False)


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
            reason = clean(text(inside.get("reason")))
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
