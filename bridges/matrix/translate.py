"""The whole knowledge of Matrix's events: a pure function from one event and its room to what has happened."""

from collections.abc import Sequence
from typing import Any

from bridges.markup import from_matrix
from bridges.matrix import media, places, polls, rooms, state
from bridges.matrix.emoji import bare, is_emoji
from bridges.matrix.raw import Odd, Raw, head, is_copy, replaced
from bridges.matrix.rooms import Room
from bridges.matrix.strangers import is_id, part, text
from bridges.model import Chat, Edited, Event, Heard, Message, Poll, PollClosed, Reacted, Ref, Removed, Unreadable

SPOKEN = {"m.text", "m.emote"}
# What programs say to programs or beside people's words; no one would miss it on the other side.
SILENT = {"m.notice", "m.key.verification.request", "m.server_notice"}
NOISE = ("m.call.", "m.key.", "m.rtc.", "org.matrix.msc3401.", "org.matrix.msc4075.", "org.matrix.call.")


def translate(event: Raw, room: Room) -> Sequence[Event]:
    """What a timeline event means to Palier, nothing in most cases; raises Odd and nothing else.

    The room has already learnt the event. The result of a poll and the agreement of two rooms on a move are not in one
    event: `PollClosed` comes without votes, `Moved` as not entered.
    """
    match event:
        case {"type": str(kind), "event_id": str(it), "sender": str(sender), "content": dict()} if (
            is_id(it) and is_id(sender) and sender.startswith("@")  # user ids (Matrix, appendices, 4.2.1)
        ):
            pass
        case _:
            raise Odd("malformed")
    if kind == rooms.MEMBER:
        came: Event | None = state.asked_in(event, room) or state.stirred(event, room)
        if event.get("state_key") == room.me:
            came = state.placed(event, room)
        return [came] if came else []
    if sender == room.me or part(event, "unsigned", "redacted_because") is not None:
        return []  # our own; or taken away before it was read
    return changed(event, kind, room) if "state_key" in event else said(event, kind, room)


def changed(event: Raw, kind: str, room: Room) -> Sequence[Event]:
    """Another piece of the room's state."""
    match kind:
        case "m.room.encryption":
            return [Unreadable(**head(event), chat=room.chat, sender=room.person(event["sender"]))]
        case rooms.LEVELS:
            return [one] if (one := state.promoted(event, room)) else []
        case state.PINNED:
            return state.pinned(event, room)
        case rooms.TOMBSTONE:
            return [state.moved(event, room)]
        case _ if kind in places.LIVE and places.begins_live(event) and not is_relayed(event, room):
            return [message(event, room, shared="live-location")]
        case "m.room.message" | "m.reaction" | media.STICKER:
            raise Odd("malformed")
    return []


def said(event: Raw, kind: str, room: Room) -> Sequence[Event]:
    """Something that is no state: words, files, reactions, polls. What another bridge carried here is nothing.

    Bridges of others say so in the event or about the room (`is_copy`, `Room.is_ghost`); what they take away may still
    be anybody's.
    """
    one: Event | None = None
    match kind:
        case "m.room.redaction":
            one = removed(event, room)
        case _ if is_relayed(event, room):
            pass
        case "m.room.message":
            one = heard(event, room)
        case "m.reaction":
            one = reacted(event, room)
        case "m.room.encrypted":
            one = Unreadable(**head(event), chat=room.chat, sender=room.person(event["sender"]))
        case _ if not replaced(event["content"]):  # other words for a poll: the copy stays as it was
            one = shared(event, kind, room)
    return [one] if one else []


def is_relayed(event: Raw, room: Room) -> bool:
    """Whether another bridge carried this here, or another Palier did."""
    new = event["content"].get("m.new_content")
    return is_copy(event["content"]) or is_copy(new) or room.is_ghost(event["sender"])


def message(event: Raw, room: Room, html: str = "", **more: Any) -> Message:
    """Something new in the room or in a thread of it (MSC3440), with what it answers.

    In a thread, clients without threads are told that everything answers what came before; that is no answer.
    """
    about, chat = event["content"].get("m.relates_to"), room.chat
    root, to = part(about, "event_id"), part(about, "m.in_reply_to", "event_id")
    if part(about, "rel_type") == "m.thread" and is_id(root):
        chat = Chat(chat.network, chat.id, root)
    if is_id(to) and part(about, "is_falling_back") is not True:
        more["reply_to"] = Ref(chat, to)
    who, ref = room.person(event["sender"], chat), Ref(chat, event["event_id"])
    return Message(**head(event), ref=ref, sender=who, html=html, private=room.is_private(), **more)


def shared(event: Raw, kind: str, room: Room) -> Event | None:
    """What has an event of its own kind. Who has words in it for those who do not know it wants to be seen."""
    inside = event["content"]
    match kind:
        case media.STICKER:
            return message(event, room, media=media.media(kind, inside))
        case _ if kind in polls.START:
            return message(event, room, poll=polls.poll(inside, event["event_id"]))
        case _ if kind in polls.END:
            return ended(event, room)
        case _ if not kind.startswith(NOISE) and polls.words(inside):
            return message(event, room, shared="unknown")
    return None


def heard(event: Raw, room: Room) -> Heard | None:
    """A message or an edit; other bots' notices are nothing, so that bots do not feed one another."""
    inside: dict[str, Any] = event["content"]
    first, new = replaced(inside), inside.get("m.new_content")
    if first:
        if not isinstance(new, dict):
            raise Odd("malformed")
        if text(new.get("msgtype")) not in (*SPOKEN, *SILENT, *media.KINDS):
            raise Odd("edit")  # a copy keeps its kind
        if (html := words(new, edit=True)) is None:
            return None
        who = room.person(event["sender"])
        ref, private = Ref(room.chat, first), room.is_private()
        return Edited(**head(event), ref=ref, sender=who, html=html, private=private)
    match inside.get("msgtype"):
        case str(kind) if kind in media.KINDS and kind != media.STICKER:
            return message(event, room, words(inside) or "", media=media.media(kind, inside))
        case "m.location":
            return message(event, room, spot=places.spot(inside))
        case str(kind) if kind in SPOKEN or kind in SILENT:
            html = words(inside)
            return None if html is None else message(event, room, html)
        case str():
            return message(event, room, shared="unknown")
    raise Odd("malformed")


def words(said: Raw, *, edit: bool = False) -> str | None:
    """What a message says in the safe subset, or the caption of its file; None where it speaks to programs.

    What an answer quotes is somebody else's, who may have said no: an edit often carries it without saying so. Raises
    Odd where there should be words and are none.
    """
    kind, body = text(said.get("msgtype")), said.get("body")
    is_file = kind in media.KINDS
    if kind in SILENT:
        return None
    if is_file and not media.is_captioned(said):
        return ""
    if not isinstance(body, str):
        raise Odd("malformed")
    formatted = text(said.get("formatted_body"))
    answers = edit or part(said, "m.relates_to", "m.in_reply_to") is not None
    html = from_matrix(body, formatted, said.get("format"), strip_reply=answers or "<mx-reply" in formatted.lower())
    if not html.strip() and not is_file:
        raise Odd("empty")
    # Who waves is said by the signature; the name in the text would pass the gate unasked.
    return f"* {html}" if kind == "m.emote" else html


def recalled(event: Raw, edit: Raw | None = None) -> str | None:
    """What a message says by now, out of the event as its homeserver tells it today; None where it says nothing.

    `edit`: the last one by its author, which comes along (`unsigned.m.relations`; client-server API, 11.15.2 of v1.16).
    """
    inside = event.get("content")
    new = part(edit, "content", "m.new_content") if part(edit, "sender") == event.get("sender") else None
    for said, is_edit in ((new, True), (inside, False)):
        if isinstance(said, dict) and "msgtype" in said:
            try:
                return words(said, edit=is_edit)
            except Odd:
                continue
    return None


def reacted(event: Raw, room: Room) -> Reacted:
    """An annotation (MSC2677), if it is an emoji: its key may be any text, which would pass where words may not."""
    match event["content"].get("m.relates_to"):
        case {"rel_type": "m.annotation", "event_id": str(first), "key": str(emoji)} if bare(emoji) and is_id(first):
            if not is_emoji(bare(emoji)):
                raise Odd("reaction")
            ref, who = Ref(room.chat, first), room.person(event["sender"])
            return Reacted(**head(event), ref=ref, sender=who, added=(bare(emoji),), mark=event["event_id"])
    raise Odd("malformed")


def removed(event: Raw, room: Room) -> Removed:
    """A redaction; from room version 11 on, what it takes away is told in its content."""
    match event.get("redacts"), event["content"].get("redacts"):
        case ((str(gone), _) | (_, str(gone))) if is_id(gone):
            return Removed(**head(event), ref=Ref(room.chat, gone), sender=room.person(event["sender"]))
    raise Odd("malformed")


def ended(event: Raw, room: Room) -> PollClosed:
    """Somebody says that a poll is over."""
    start, who = polls.about(event["content"]), room.person(event["sender"])
    if not start:
        raise Odd("malformed")
    poll = Poll(id=start, question="", options=(), closed=True)
    return PollClosed(**head(event), poll=poll, network="matrix", ref=Ref(room.chat, start), sender=who)
