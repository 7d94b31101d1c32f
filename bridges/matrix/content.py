"""From our actions to the contents of Matrix events: pure, and the one place that knows how words look there."""

import json
from collections.abc import Callable
from hashlib import sha256
from html import escape
from typing import Any

from bridges.markup import to_matrix
from bridges.matrix import media, places
from bridges.matrix.raw import MARK, PROFILE
from bridges.matrix.strangers import text
from bridges.model import Button, Edit, Media, MediaKind, Said, Send, Spot
from bridges.port import File, Refused

# An event may have 65,536 bytes (client-server API, "Size limits"); the server adds ids, hashes and signatures.
LARGEST = 63_000
SHORT = 200
PLACE = "palier.place"  # what a point is called, so that it stays where its words are edited
Content = dict[str, Any]


def message(said: Send | Edit, *, room: str = "", last: str = "", original: Content | None = None) -> Content:
    """The content of the `m.room.message` for `room`; `last`: the newest message of the thread, where it is known.

    `original`: the content of the copy that an edit changes, where that is a file or a point. Raises
    Refused("too-long") where the homeserver would, which text of the promised length cannot reach.
    """
    relation = relates(said, room, last) if isinstance(said, Send) else {}
    answers = isinstance(said, Send) and "m.in_reply_to" in relation and not relation.get("is_falling_back")
    match said:
        case Send(spot=Spot() as spot):
            html, shape = placed(said.html, places.named(spot) or places.geo(spot)), pointing(spot)
        case Edit() if original is not None:
            html, shape = placed(said.html, text(original.get(PLACE))), keeping(original)
        case _:
            html, shape = quoted(said) if answers else said.html, dict
    return fitted(said, words(said, html), shape, relation)


def carrying(send: Send, file: File, where: Content, *, room: str = "", last: str = "") -> Content:
    """The content of the `m.room.message` that shows an uploaded file with its caption; raises Refused("too-long").

    A sticker has no caption: what it stands for is said there.
    """
    relation, carried = relates(send, room, last), send.media
    assert carried is not None
    html = quoted(send) if "m.in_reply_to" in relation and not relation.get("is_falling_back") else send.html
    html = html or escape(unsaid(carried))
    full = words(send, html)
    return fitted(send, full, lambda words: media.attachment(file, carried, where, words), relation)


def unsaid(media: Media) -> str:
    """What a file says where its author said nothing: what a sticker stands for, what a piece of music is called."""
    match media.kind:
        case MediaKind.STICKER:
            return media.emoji
        case MediaKind.AUDIO:
            return " – ".join(filter(None, (media.performer, media.title)))
    return ""


def fitted(said: Send | Edit, full: Content, shape: Callable[[Content], Content], relation: Content) -> Content:
    """What goes first when space is short: how an edit looks in clients that know no edits, then the marks."""
    plain = {name: part for name, part in full.items() if name not in {"format", "formatted_body"}}
    short = {"body": f"{plain['body'][:SHORT]}…"}
    for new, fallback in [(full, full), (full, plain | short), (plain, plain | short)]:
        content = shape(new)
        if isinstance(said, Edit):
            starred = {name: f"* {part}" for name, part in fallback.items() if name in {"body", "formatted_body"}}
            replaces = {"rel_type": "m.replace", "event_id": said.ref.id}
            content = {**shape(fallback | starred), "m.new_content": content, "m.relates_to": replaces}
        elif relation:
            content = {**content, "m.relates_to": relation}
        if size(content) <= LARGEST:
            return content
    raise Refused("too-long")


def relates(send: Send, room: str, last: str) -> Content:
    """What a message belongs to and answers (MSC3440); in a thread, clients without threads get something to answer."""
    to = send.reply_to.id if send.reply_to and send.reply_to.chat.id == room else ""
    thread = send.chat.thread if send.chat.id == room else ""
    answer = {"m.in_reply_to": {"event_id": to or last or thread}}
    if thread:
        return {"rel_type": "m.thread", "event_id": thread, "is_falling_back": not to, **answer}
    return answer if to else {}


def pointing(spot: Spot) -> Callable[[Content], Content]:
    """Words around a point on the map."""
    return lambda words: {**places.location(spot, words), PLACE: places.named(spot)}


def keeping(original: Content) -> Callable[[Content], Content]:
    """Other words around the same file or point."""
    kept = {name: part for name, part in original.items() if name in media.KEPT | places.KEPT | {PLACE}}

    def shape(words: Content) -> Content:
        body = words["body"] or text(original.get("filename"))
        described = {places.LOCATION: {**known, "description": body}} if (known := kept.get(places.LOCATION)) else {}
        return {**words, **kept, **described, "body": body}

    return shape


def placed(html: str, place: str) -> str:
    """Words above what a place is called."""
    return "\n".join(line for line in (html, escape(place, quote=False)) if line)


def words(said: Send | Edit, html: str) -> Content:
    """Body and formatted body under the signature, which MSC4144 wants readable for clients that do not know it."""
    body, formatted = to_matrix(html + links(said.buttons))
    # A notice is muted by default: fit for asides, not for people's words. Without mentions, a name in the body pings.
    content: Content = {"msgtype": "m.notice" if said.aside else "m.text", "m.mentions": {}, MARK: True}
    if said.by:
        fallback = f"<strong data-mx-profile-fallback>{escape(said.by, quote=False)}: </strong>"
        formatted = fallback + (formatted or escape(body, quote=False).replace("\n", "<br>"))
        body = f"{said.by}: {body}"
        # Nothing but the name goes into the id, so that it tells nothing else.
        profile = sha256(said.by.encode()).hexdigest()[:16]
        content[PROFILE] = {"id": profile, "displayname": said.by, "has_fallback": True}
    if formatted:
        content |= {"format": "org.matrix.custom.html", "formatted_body": formatted}
    return {**content, "body": body}


def quoted(said: Said) -> str:
    """The words under the part of the message that they answer."""
    quote = said.quote if isinstance(said, Send) else ""
    return f"<blockquote>{escape(quote, quote=False)}</blockquote>{said.html}" if quote else said.html


def links(buttons: tuple[tuple[Button, ...], ...]) -> str:
    """Matrix has no buttons: what opens an address becomes a line below; for the rest, the text tells what to write."""
    lines = [(button.url, button.text) for row in buttons for button in row if button.url]
    return "".join(f'\n<a href="{escape(url)}">{escape(label, quote=False)}</a>' for url, label in lines)


def size(content: Content) -> int:
    """Bytes of canonical JSON."""
    return len(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(errors="replace"))
