"""The world in the Bot API's types, each as one bot is shown it."""

from bridges.simulator.text import Entity
from bridges.simulator.world import (
    ADMIN_RIGHTS,
    CHANNEL_RIGHTS,
    GROUP_RIGHTS,
    PERMISSIONS,
    Bot,
    Chat,
    Json,
    Member,
    Message,
    User,
    World,
)


def user(who: User) -> Json:
    """User."""
    optional = {"last_name": who.last_name, "username": who.username, "language_code": who.language_code}
    return {"id": who.id, "is_bot": who.is_bot, "first_name": who.first_name} | {k: v for k, v in optional.items() if v}


def me(bot: Bot) -> Json:
    """User, with what `getMe` alone tells."""
    return user(bot) | {
        "can_join_groups": True, "can_read_all_group_messages": bot.reads_all, "supports_inline_queries": False,
        "supports_guest_queries": False, "supports_join_request_queries": False, "can_connect_to_business": False,
        "has_main_web_app": False, "has_topics_enabled": False, "allows_users_to_create_topics": False,
        "can_manage_bots": False,
    }  # fmt: skip


def chat(what: Chat) -> Json:
    """Chat."""
    if what.user:
        person = user(what.user)
        shown = {name: person[name] for name in ("first_name", "last_name", "username") if name in person}
        return {"id": what.id, "type": "private"} | shown
    return {"id": what.id, "type": what.kind, "title": what.title} | ({"is_forum": True} if what.is_forum else {})


def member(who: User, place: Member, kind: str, viewer: int = 0) -> Json:
    """ChatMember, as the bot `viewer` sees it: it can edit whom it promoted."""
    told: Json = {"user": user(who), "status": place.status}
    match place.status:
        case "creator":
            return told | {"is_anonymous": place.rights.get("is_anonymous", False)}
        case "administrator":
            names = (*ADMIN_RIGHTS, *(CHANNEL_RIGHTS if kind == "channel" else GROUP_RIGHTS))
            rights = {name: place.rights.get(name, False) for name in names}
            anonymous = place.rights.get("is_anonymous", False)
            return told | {"can_be_edited": place.by == viewer, "is_anonymous": anonymous} | rights
        case "restricted":
            given = {name: place.permissions.get(name, False) for name in PERMISSIONS}
            return told | {"is_member": place.inside, "until_date": place.until} | given
        case "kicked":
            return told | {"until_date": place.until}
        case _:
            return told


def message(m: Message, world: World, *, nested: bool = False) -> Json:
    """Message; one that is replied to is told without its own reply, as Telegram does."""
    told: Json = {"message_id": 0 if m.receiver else m.id}
    if m.chat.kind != "channel":
        told["from"] = user(m.sender)
    if m.sender_chat:
        told["sender_chat"] = chat(m.sender_chat)
    told |= {"chat": chat(m.chat), "date": m.date}
    if m.edited:
        told["edit_date"] = m.edited
    if m.receiver:
        told |= {"ephemeral_message_id": m.ephemeral_id, "receiver_user": user(m.receiver)}
    if m.thread:
        told["message_thread_id"] = m.thread
    if m.topic:
        told["is_topic_message"] = True
    if not nested:
        told |= _reply(m, world)
    if m.protected:
        told["has_protected_content"] = True
    told |= m.marks | _content(m, world)
    if m.service:
        told |= _service(m, world, nested=nested)
    if m.markup:
        told["reply_markup"] = {"inline_keyboard": m.markup}
    return told


def _content(m: Message, world: World) -> Json:
    """What it shows, and its text or caption."""
    told = dict(m.body)
    if m.poll:
        told["poll"] = m.poll.told(results=m.sender.is_bot)
    if m.content.text:
        text, entities = ("caption", "caption_entities") if m.body else ("text", "entities")
        told[text] = m.content.text
        if m.content.entities:
            told[entities] = [_entity(e, world) for e in m.content.entities]
        if m.link_preview:
            told["link_preview_options"] = m.link_preview
    return told


def _reply(m: Message, world: World) -> Json:
    told: Json = {}
    above = m.reply_to or (m.chat.live(m.thread) if m.topic and m.thread and m.id != m.thread else None)
    if above and not above.deleted and not above.receiver:
        told["reply_to_message"] = message(above, world, nested=True)
    if m.quote and above:
        told["quote"] = m.quote
    return told


def _service(m: Message, world: World, *, nested: bool) -> Json:
    told = dict(m.service)
    if "pinned_message" in told:
        pinned = m.chat.live(told["pinned_message"])
        if nested:
            del told["pinned_message"]
        else:
            gone = {"chat": chat(m.chat), "message_id": told["pinned_message"], "date": 0}
            told["pinned_message"] = message(pinned, world, nested=True) if pinned else gone
    return told


def _entity(entity: Entity, world: World) -> Json:
    if entity["type"] == "text_mention":
        return entity | {"user": user(world.person(entity["user"]))}
    return entity


def origin(m: Message) -> Json:
    """MessageOrigin of a message that somebody forwards."""
    if m.chat.kind == "channel":
        return {"type": "channel", "date": m.date, "chat": chat(m.chat), "message_id": m.id}
    if m.sender_chat:
        return {"type": "chat", "date": m.date, "sender_chat": chat(m.sender_chat)}
    return {"type": "user", "date": m.date, "sender_user": user(m.sender)}


def forwarded(origin: Json) -> Json:
    """What a forwarded message tells of its MessageOrigin, with the older fields beside it."""
    old: Json = {"forward_date": origin["date"]}
    match origin["type"]:
        case "user":
            old["forward_from"] = origin["sender_user"]
        case "hidden_user":
            old["forward_sender_name"] = origin["sender_user_name"]
        case "chat":
            old["forward_from_chat"] = origin["sender_chat"]
        case "channel":
            old |= {"forward_from_chat": origin["chat"], "forward_from_message_id": origin["message_id"]}
    return {"forward_origin": origin} | old


def reactions(emoji: list[str]) -> list[Json]:
    """Array of ReactionTypeEmoji."""
    return [{"type": "emoji", "emoji": one} for one in emoji]
