"""Forum topics."""

from bridges.simulator.errors import bad
from bridges.simulator.methods.call import Call, method
from bridges.simulator.world import Chat, Json, Topic

COLORS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)


def _forum(call: Call) -> Chat:
    chat = call.chat()
    if not chat.is_forum:
        raise bad("the chat is not a forum")
    return chat


def _topic(call: Call, chat: Chat) -> Topic:
    topic = chat.topics.get(call.number("message_thread_id"))
    if topic is None:
        raise bad("message thread not found")
    if topic.creator != call.bot.id and not chat.can(call.bot.id, "can_manage_topics"):
        raise bad("not enough rights to manage the topic")
    return topic


@method("createForumTopic", "chat_id", "name", "icon_color", "icon_custom_emoji_id")
def create(call: Call) -> Json:
    chat = _forum(call)
    call.require(chat, "can_manage_topics")
    name = call.text("name").strip()
    if not 1 <= len(name) <= 128:
        raise bad("TOPIC_TITLE_EMPTY" if not name else "TOPIC_TITLE_TOO_LONG")
    color = call.number("icon_color", COLORS[0])
    if color not in COLORS:
        raise bad("invalid icon color specified")
    topic = call.deeds.open_topic(chat, call.bot, name, color, call.text("icon_custom_emoji_id"))
    told: Json = {"message_thread_id": topic.id, "name": topic.name, "icon_color": topic.icon_color}
    return told | ({"icon_custom_emoji_id": topic.icon_custom_emoji_id} if topic.icon_custom_emoji_id else {})


@method("editForumTopic", "chat_id", "message_thread_id", "name", "icon_custom_emoji_id")
def edit(call: Call) -> bool:
    chat = _forum(call)
    topic = _topic(call, chat)
    name = call.text("name").strip()
    emoji = call.raw("icon_custom_emoji_id")
    if (not name or name == topic.name) and (emoji is None or emoji == topic.icon_custom_emoji_id):
        raise bad("TOPIC_NOT_MODIFIED")
    call.deeds.edit_topic(chat, topic, call.bot, name if name != topic.name else "", emoji)
    return True


@method("deleteForumTopic", "chat_id", "message_thread_id")
def delete(call: Call) -> bool:
    """The topic goes with all that was said in it."""
    chat = _forum(call)
    topic = _topic(call, chat)
    if not chat.can(call.bot.id, "can_delete_messages"):
        raise bad("not enough rights to delete a topic")
    call.deeds.delete([m for m in chat.messages.values() if m.topic and m.thread == topic.id])
    del chat.topics[topic.id]
    return True


@method("unpinAllForumTopicMessages", "chat_id", "message_thread_id")
def unpin_all(call: Call) -> bool:
    chat = _forum(call)
    topic = _topic(call, chat)
    call.require(chat, "can_pin_messages")
    pinned = [n for n in chat.pinned if (m := chat.live(n)) and m.topic and m.thread == topic.id]
    call.deeds.unpin(chat, pinned)
    return True


def _close(call: Call, *, closed: bool) -> bool:
    chat = _forum(call)
    topic = _topic(call, chat)
    if topic.closed == closed:
        raise bad("TOPIC_NOT_MODIFIED")
    call.deeds.close_topic(chat, topic, call.bot, closed=closed)
    return True


@method("closeForumTopic", "chat_id", "message_thread_id")
def close(call: Call) -> bool:
    return _close(call, closed=True)


@method("reopenForumTopic", "chat_id", "message_thread_id")
def reopen(call: Call) -> bool:
    return _close(call, closed=False)
