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
    edited: Json = ({"name": name} if name else {}) | ({} if emoji is None else {"icon_custom_emoji_id": emoji})
    topic.name = name or topic.name
    topic.icon_custom_emoji_id = topic.icon_custom_emoji_id if emoji is None else emoji
    call.deeds.serve(chat, call.bot, {"forum_topic_edited": edited}, thread=topic.id)
    return True


def _close(call: Call, *, closed: bool) -> bool:
    chat = _forum(call)
    topic = _topic(call, chat)
    if topic.closed == closed:
        raise bad("TOPIC_NOT_MODIFIED")
    topic.closed = closed
    kind = "forum_topic_closed" if closed else "forum_topic_reopened"
    call.deeds.serve(chat, call.bot, {kind: {}}, thread=topic.id)
    return True


@method("closeForumTopic", "chat_id", "message_thread_id")
def close(call: Call) -> bool:
    return _close(call, closed=True)


@method("reopenForumTopic", "chat_id", "message_thread_id")
def reopen(call: Call) -> bool:
    return _close(call, closed=False)
