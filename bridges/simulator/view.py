"""What one person sees in a chat at this moment."""

from bridges.simulator.text import to_html
from bridges.simulator.world import Chat, Json, Message


def view(chat: Chat, user_id: int) -> Json:
    """Messages in the order in which they stand on the screen; whispers for this person included, removed ones gone."""
    if chat.kind != "private" and not chat.member(user_id).present:
        return {"messages": [], "pinned": []}
    shown = [m for m in (*chat.messages.values(), *chat.whispers.values()) if m.seen_by(user_id)]
    covered = {m.replaces.seq: m.seq for m in shown if m.replaces}
    places = {over: under for under, over in covered.items()}
    kept = sorted((m for m in shown if m.seq not in covered), key=lambda m: places.get(m.seq, m.seq))
    return {"messages": [_line(m) for m in kept], "pinned": list(chat.pinned)}


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
    if m.topic:
        line["thread"] = m.thread
    if m.service:
        line["service"] = service_text(m)
    return line


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
        case {"migrate_to_chat_id": _} | {"migrate_from_chat_id": _}:
            return "Le groupe devient un supergroupe"
        case _:
            return "Message de service"
