"""Sending, editing, removing, pinning, reacting, and answering taps."""

from bridges.simulator import render
from bridges.simulator.deeds import quoted
from bridges.simulator.errors import NOT_MODIFIED, QUERY_TOO_OLD, bad, forbidden
from bridges.simulator.methods.call import Call, method
from bridges.simulator.methods.whispers import whisper
from bridges.simulator.text import Formatted
from bridges.simulator.world import DAY, TAP_LIFE, Chat, Json, Message

EMOJI = (
    "❤", "👍", "👎", "🔥", "🥰", "👏", "😁", "🤔", "🤯", "😱", "🤬", "😢",
    "🎉", "🤩", "🤮", "💩", "🙏", "👌", "🕊", "🤡", "🥱", "🥴", "😍", "🐳",
    "❤‍🔥", "🌚", "🌭", "💯", "🤣", "⚡", "🍌", "🏆", "💔", "🤨", "😐", "🍓",
    "🍾", "💋", "🖕", "😈", "😴", "😭", "🤓", "👻", "👨‍💻", "👀", "🎃", "🙈",
    "😇", "😨", "🤝", "✍", "🤗", "🫡", "🎅", "🎄", "☃", "💅", "🤪", "🗿",
    "🆒", "💘", "🙉", "🦄", "😘", "💊", "🙊", "😎", "👾", "🤷‍♂", "🤷", "🤷‍♀",
    "😡",
)  # fmt: skip
CHAT_ACTIONS = (
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note", "cancel",
)  # fmt: skip


@method(
    "sendMessage", "chat_id", "text", "business_connection_id", "message_thread_id", "direct_messages_topic_id",
    "parse_mode", "entities", "link_preview_options", "disable_notification", "protect_content",
    "allow_paid_broadcast", "message_effect_id", "suggested_post_parameters", "reply_parameters", "reply_markup",
    "ephemeral_message_parameters", "receiver_user_id", "callback_query_id", "allow_sending_without_reply",
    "disable_web_page_preview", "reply_to_message_id",
)  # fmt: skip
def send_message(call: Call) -> Json:
    chat = call.chat()
    call.writable(chat)
    content = call.content()
    markup = call.keyboard() or []
    reply, quote = reply_to(call, chat)
    thread = thread_of(call, chat, reply)
    more: Json = {"link_preview": call.preview(), "protected": call.flag("protect_content")}
    if parameters := call.structure("ephemeral_message_parameters", "ephemeral message parameters"):
        more |= whisper(call, chat, parameters, reply)
    call.spend(chat)
    message = call.deeds.say(
        chat, call.bot, content, markup=markup, reply_to=reply, quote=quote, thread=thread,
        sender_chat=chat if chat.kind == "channel" else None, **more,
    )  # fmt: skip
    return render.message(message, call.world)


def thread_of(call: Call, chat: Chat, reply: Message | None) -> int | None:
    """`message_thread_id`: an open topic of a forum; General takes no id, a reply goes where its original is."""
    thread = call.number("message_thread_id")
    if not call.has("message_thread_id"):
        thread = reply.thread or 0 if reply and reply.topic else 0
    elif thread not in chat.topics:
        root = chat.live(thread)
        chain = root and any(m.thread == thread for m in chat.messages.values())
        raise bad("message thread is not a forum topic thread" if chain else "message thread not found")
    if thread and chat.topics[thread].closed and not chat.can(call.bot.id, "can_manage_topics"):
        raise bad("TOPIC_CLOSED")
    return thread or None


def reply_to(call: Call, chat: Chat) -> tuple[Message | None, Json | None]:
    """`reply_parameters`: the message answered in this chat, and the TextQuote; an unknown one may be forgiven."""
    given: Json = call.structure("reply_parameters", "reply parameters") or {}
    if not given and call.has("reply_to_message_id"):
        given = {
            "message_id": call.number("reply_to_message_id"),
            "allow_sending_without_reply": call.flag("allow_sending_without_reply"),
        }
    if not given:
        return None, None
    original = _original(chat, given)
    if original is None:
        if given.get("allow_sending_without_reply"):
            return None, None
        raise bad("message to be replied not found")
    if not given.get("quote"):
        return original, None
    words = call.formatted(given["quote"], given.get("quote_parse_mode") or "", given.get("quote_entities"))
    quote = quoted(original, words.text, given.get("quote_position"), manual=True)
    if quote is None:
        raise bad("QUOTE_TEXT_INVALID")
    return original, quote


def _original(chat: Chat, given: Json) -> Message | None:
    if int(given.get("chat_id") or chat.id) != chat.id:
        return None
    if whispered := given.get("ephemeral_message_id"):
        found = chat.whispers.get(int(whispered))
        return found if found and not found.deleted else None
    return chat.live(int(given.get("message_id") or 0))


def _own(call: Call, message: Message) -> None:
    if message.sender is not call.bot or message.service:
        raise bad("message can't be edited")


def changed(message: Message, content: Formatted | None, markup: list[list[Json]]) -> None:
    """Raises where an edit would change nothing."""
    if (content is None or content == message.content) and markup == message.markup:
        raise bad(NOT_MODIFIED)


@method(
    "editMessageText", "text", "business_connection_id", "chat_id", "message_id", "inline_message_id", "parse_mode",
    "entities", "link_preview_options", "reply_markup", "rich_message", "disable_web_page_preview",
)  # fmt: skip
def edit_message_text(call: Call) -> Json:
    chat = call.chat()
    content = call.content()
    markup = call.keyboard() or []
    return _edit(call, chat, content, markup)


@method(
    "editMessageReplyMarkup", "business_connection_id", "chat_id", "message_id", "inline_message_id", "reply_markup",
)  # fmt: skip
def edit_message_reply_markup(call: Call) -> Json:
    chat = call.chat()
    return _edit(call, chat, None, call.keyboard() or [])


def _edit(call: Call, chat: Chat, content: Formatted | None, markup: list[list[Json]]) -> Json:
    """A bot edits its own messages at any time; the missing keyboard of an edit takes the old one away."""
    if chat.blocked:
        raise forbidden("bot was blocked by the user")
    call.spend(chat)
    message = call.message(chat, "message to edit not found")
    _own(call, message)
    changed(message, content, markup)
    call.deeds.edit(message, None if content == message.content else content, markup)
    return render.message(message, call.world)


def _deletable(call: Call, message: Message) -> bool:
    """Nothing older than 48 h, nor a topic's opening; else own messages, in private and by right all."""
    chat = message.chat
    if call.world.now() - message.date > 2 * DAY or message.id in chat.topics:
        return False
    if chat.kind == "private" or chat.can(call.bot.id, "can_delete_messages"):
        return True
    return message.sender is call.bot and not message.service


@method("deleteMessage", "chat_id", "message_id")
def delete_message(call: Call) -> bool:
    chat = call.chat()
    message = call.message(chat, "message to delete not found")
    if not _deletable(call, message):
        raise bad("message can't be deleted")
    call.deeds.delete([message])
    return True


@method("deleteMessages", "chat_id", "message_ids")
def delete_messages(call: Call) -> bool:
    """Ids that are not found are passed over."""
    chat = call.chat()
    ids = call.structure("message_ids", "message_ids") or []
    if not 1 <= len(ids) <= 100:
        raise bad("too many message identifiers specified" if ids else "message identifiers are not specified")
    found = [message for one in ids if (message := chat.live(int(one)))]
    if not all(_deletable(call, message) for message in found):
        raise bad("message can't be deleted")
    call.deeds.delete(found)
    return True


@method("setMessageReaction", "chat_id", "message_id", "reaction", "is_big")
def set_message_reaction(call: Call) -> bool:
    chat = call.chat()
    message = call.message(chat, "message to react not found")
    wanted = call.structure("reaction", "reaction types") or []
    if message.service and "new_chat_members" not in message.service:
        raise bad("MESSAGE_ID_INVALID")
    emoji = [one.get("emoji", "") for one in wanted]
    if any(one.get("type") != "emoji" or one.get("emoji") not in EMOJI for one in wanted):
        raise bad("REACTION_INVALID")
    if len(emoji) > 1:
        raise bad("REACTIONS_TOO_MANY")
    call.deeds.react(message, call.bot, emoji)
    return True


@method("answerCallbackQuery", "callback_query_id", "text", "show_alert", "url", "cache_time")
def answer_callback_query(call: Call) -> bool:
    tap = call.world.taps.get(call.text("callback_query_id"))
    if not tap or tap.bot is not call.bot or tap.answer is not None or call.world.now() - tap.at > TAP_LIFE:
        raise bad(QUERY_TOO_OLD)
    if len(call.text("text")) > 200:
        raise bad("MESSAGE_TOO_LONG")
    tap.answer = {"text": call.text("text"), "show_alert": call.flag("show_alert"), "url": call.text("url")}
    call.deeds.changed(tap.message.chat)
    return True


@method("pinChatMessage", "chat_id", "message_id", "business_connection_id", "disable_notification")
def pin_chat_message(call: Call) -> bool:
    chat = call.chat()
    message = call.message(chat, "message to pin not found")
    if message.service:
        raise bad("message can't be pinned")
    _may_pin(call, chat)
    if not chat.pinned or chat.pinned[-1] != message.id:
        call.deeds.pin(message, call.bot)
    return True


@method("unpinChatMessage", "chat_id", "business_connection_id", "message_id")
def unpin_chat_message(call: Call) -> bool:
    chat = call.chat()
    _may_pin(call, chat)
    target = call.number("message_id") or (chat.pinned[-1] if chat.pinned else 0)
    if not chat.live(target):
        raise bad("message to unpin not found")
    call.deeds.unpin(chat, [target])
    return True


@method("unpinAllChatMessages", "chat_id")
def unpin_all_chat_messages(call: Call) -> bool:
    chat = call.chat()
    _may_pin(call, chat)
    call.deeds.unpin(chat, list(chat.pinned))
    return True


def _may_pin(call: Call, chat: Chat) -> None:
    if chat.kind == "channel":
        if not chat.can(call.bot.id, "can_edit_messages"):
            raise bad("not enough rights to manage pinned messages in the chat")
    elif chat.kind != "private":
        call.require(chat, "can_pin_messages")


@method("sendChatAction", "chat_id", "action", "business_connection_id", "message_thread_id")
def send_chat_action(call: Call) -> bool:
    chat = call.chat()
    if call.text("action").lower() not in CHAT_ACTIONS:
        raise bad("wrong parameter action in request")
    call.writable(chat)
    return True
