"""What one person sees in a chat at this moment."""

from itertools import islice

from bridges.simulator.text import to_html
from bridges.simulator.world import Chat, Json, Message


def view(chat: Chat, user_id: int, last: int = 0) -> Json:
    """Messages in the order in which they stand on the screen; whispers for this person included, removed ones gone.

    Only the `last` messages where asked so, 0 for all.
    """
    if chat.kind != "private" and not chat.member(user_id).present:
        return {"messages": [], "pinned": []}
    seen = (m for m in reversed(chat.messages.values()) if m.seen_by(user_id))
    shown = [*islice(seen, last or None), *(m for m in chat.whispers.values() if m.seen_by(user_id))]
    covered = {m.replaces.seq: m.seq for m in shown if m.replaces}
    places = {over: under for under, over in covered.items()}
    kept = sorted((m for m in shown if m.seq not in covered), key=lambda m: places.get(m.seq, m.seq))
    return {"messages": [_line(m) for m in kept[-last:]], "pinned": list(chat.pinned)}


def _line(m: Message) -> Json:
    line: Json = {"message_id": 0 if m.receiver else m.id}
    if m.receiver:
        line["ephemeral_message_id"] = m.ephemeral_id
    name = m.sender_chat.title if m.sender_chat else m.sender.name
    line |= {
        "date": m.date,
        "from": {"id": m.sender.id, "name": name, "is_bot": m.sender.is_bot},
        "text": m.content.text,
        "entities": m.content.entities,
        "html": to_html(m.content),
        "edited": bool(m.edited),
        "reactions": _reactions(m),
        "buttons": [[_button(button) for button in row] for row in m.markup],
    }
    if m.reply_to and not m.reply_to.deleted:
        line["reply_to"] = m.reply_to.id or m.reply_to.ephemeral_id
        line["reply_text"] = m.reply_to.content.text[:80]
    if m.quote:
        line["quote"] = m.quote["text"]
    if m.topic and m.thread:
        line["thread"] = m.thread
        line["topic"] = m.chat.topics[m.thread].name if m.thread in m.chat.topics else ""
    if m.id in m.chat.pinned and not m.receiver:
        line["pinned"] = True
    if m.service:
        line["service"] = service_text(m)
    return line | _shown(m)


def _shown(m: Message) -> Json:
    """What is neither words nor about who says them."""
    told: Json = {}
    if m.kind != "text":
        told["kind"] = m.kind
        told[m.kind] = m.body.get(m.kind)
    if m.poll:
        votes = zip(m.poll.options, m.poll.counts(), strict=True)
        told["poll"] = {
            "question": m.poll.question.text,
            "options": [{"text": option.text, "votes": count} for option, count in votes],
            "closed": m.poll.closed, "anonymous": m.poll.anonymous, "several": m.poll.several,
        }  # fmt: skip
    if file := _file(m):
        told["file"] = file
    if m.body.get("has_media_spoiler"):
        told["spoiler"] = True
    if album := m.marks.get("media_group_id"):
        told["album"] = album
    if origin := m.marks.get("forward_origin"):
        told["forward"] = origin
    return told


def _file(m: Message) -> Json | None:
    """The file of a message, the largest size of a photo; `thumbnail` is the id of the picture that goes with it."""
    shown = m.body.get(m.kind)
    if isinstance(shown, list):
        shown = shown[-1] if shown else None
    if not isinstance(shown, dict) or "file_id" not in shown:
        return None
    names = {"file_id": "id", "file_size": "size", "file_name": "name", "mime_type": "type"}
    told = {names[name]: shown[name] for name in names if name in shown}
    return told | ({"thumbnail": shown["thumbnail"]["file_id"]} if "thumbnail" in shown else {})


def _reactions(m: Message) -> Json:
    told: dict[str, list[int]] = {}
    for who, emoji in m.reactions.items():
        for one in emoji:
            told.setdefault(one, []).append(who)
    return told


def _button(button: Json) -> Json:
    return {"text": button["text"]} | (
        {"data": button["callback_data"]} if "callback_data" in button else {}
    ) | ({"url": button["url"]} if "url" in button else {})


def service_text(m: Message) -> str:
    """A service message in words, in French, as the chat page shows it."""
    match m.service:
        case {"new_chat_members": [who]}:
            alone = who["id"] == m.sender.id
            return f"{who['first_name']} rejoint le groupe" if alone else f"{m.sender.name} ajoute {who['first_name']}"
        case {"left_chat_member": who}:
            alone = who["id"] == m.sender.id
            return f"{who['first_name']} quitte le groupe" if alone else f"{m.sender.name} retire {who['first_name']}"
        case {"pinned_message": number}:
            pinned = m.chat.live(number)
            words = f" « {pinned.content.text[:60]} »" if pinned and pinned.content.text else ""
            return f"{m.sender.name} épingle un message{words}"
        case {"forum_topic_created": look}:
            return f"{m.sender.name} ouvre le sujet « {look['name']} »"
        case {"forum_topic_edited": look}:
            return f"{m.sender.name} renomme le sujet « {look.get('name', '')} »"
        case {"forum_topic_closed": _}:
            return f"{m.sender.name} ferme le sujet"
        case {"forum_topic_reopened": _}:
            return f"{m.sender.name} rouvre le sujet"
        case {"new_chat_title": title}:
            return f"{m.sender.name} nomme le groupe « {title} »"
        case {"migrate_to_chat_id": _} | {"migrate_from_chat_id": _}:
            return "Le groupe devient un supergroupe"
        case _:
            return "Message de service"
