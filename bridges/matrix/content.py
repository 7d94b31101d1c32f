"""From our actions to the contents of Matrix events: pure, and the one place that knows how words look there."""

import json
from hashlib import sha256
from html import escape
from typing import Any

from bridges.markup import to_matrix
from bridges.model import Button, Edit, Said, Send
from bridges.port import Refused

PROFILE = "com.beeper.per_message_profile"
# An event may have 65,536 bytes (client-server API, "Size limits"); the server adds ids, hashes and signatures.
LARGEST = 63_000
SHORT = 200


def message(said: Send | Edit, *, reply: bool = False) -> dict[str, Any]:
    """The content of the `m.room.message`; `reply`: the message that it answers is in the same room.

    Raises Refused("too-long") where the homeserver would, which text of the promised length cannot reach.
    """
    full = words(said, quoted(said) if reply else said.html)
    plain = {name: part for name, part in full.items() if name not in {"format", "formatted_body"}}
    short = {"body": f"{plain['body'][:SHORT]}…"}
    # What goes first when space is short: how an edit looks in clients that know no edits, then the marks.
    for new, fallback in [(full, full), (full, plain | short), (plain, plain | short)]:
        content = related(said, new, fallback, reply=reply)
        if size(content) <= LARGEST:
            return content
    raise Refused("too-long")


def related(said: Send | Edit, new: dict[str, Any], fallback: dict[str, Any], *, reply: bool) -> dict[str, Any]:
    """The words with what they refer to."""
    match said:
        case Edit(ref=ref):
            starred = {name: f"* {part}" for name, part in fallback.items() if name in {"body", "formatted_body"}}
            relation = {"rel_type": "m.replace", "event_id": ref.id}
            return {**fallback, **starred, "m.new_content": new, "m.relates_to": relation}
        case Send(reply_to=to) if to and reply:
            return {**new, "m.relates_to": {"m.in_reply_to": {"event_id": to.id}}}
    return new


def words(said: Send | Edit, html: str) -> dict[str, Any]:
    """Body and formatted body under the signature, which MSC4144 wants readable for clients that do not know it."""
    body, formatted = to_matrix(html + links(said.buttons))
    # A notice is muted by default: fit for asides, not for people's words. Without mentions, a name in the body pings.
    content: dict[str, Any] = {"msgtype": "m.notice" if said.aside else "m.text", "m.mentions": {}}
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


def size(content: dict[str, Any]) -> int:
    """Bytes of canonical JSON."""
    return len(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(errors="replace"))
