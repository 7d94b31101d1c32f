"""Removing, pinning, reacting, and answering taps."""

from bridges.simulator.errors import QUERY_TOO_OLD, bad
from bridges.simulator.methods.call import Call, method
from bridges.simulator.world import DAY, TAP_LIFE, Chat, Message

EMOJI = (
    "❤", "👍", "👎", "🔥", "🥰", "👏", "😁", "🤔", "🤯", "😱", "🤬", "😢",
    "🎉", "🤩", "🤮", "💩", "🙏", "👌", "🕊", "🤡", "🥱", "🥴", "😍", "🐳",
    "❤‍🔥", "🌚", "🌭", "💯", "🤣", "⚡", "🍌", "🏆", "💔", "🤨", "😐", "🍓",
    "🍾", "💋", "🖕", "😈", "😴", "😭", "🤓", "👻", "👨‍💻", "👀", "🎃", "🙈",
    "😇", "😨", "🤝", "✍", "🤗", "🫡", "🎅", "🎄", "☃", "💅", "🤪", "🗿",
    "🆒", "💘", "🙉", "🦄", "😘", "💊", "🙊", "😎", "👾", "🤷‍♂", "🤷", "🤷‍♀",
    "😡",
)  # fmt: skip
MOST_REACTIONS = 10_000  # that one call takes away
CHAT_ACTIONS = (
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note", "cancel",
)  # fmt: skip


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


def _giver(call: Call, chat: Chat) -> int:
    """Whose reactions are to go: `user_id` or `actor_chat_id`."""
    if chat.kind not in ("group", "supergroup"):
        raise bad("reactions can be deleted only in groups and supergroups")
    if not chat.can(call.bot.id, "can_delete_messages"):
        raise bad("not enough rights to delete reactions")
    if call.has("actor_chat_id"):
        return call.number("actor_chat_id")
    return call.user().id


@method("deleteMessageReaction", "chat_id", "message_id", "user_id", "actor_chat_id")
def delete_message_reaction(call: Call) -> bool:
    chat = call.chat()
    call.deeds.unreact([call.message(chat, "message to delete reaction not found")], _giver(call, chat))
    return True


@method("deleteAllMessageReactions", "chat_id", "user_id", "actor_chat_id")
def delete_all_message_reactions(call: Call) -> bool:
    chat = call.chat()
    giver = _giver(call, chat)
    given = [message for message in reversed(chat.messages.values()) if message.reactions.get(giver)]
    call.deeds.unreact(given[:MOST_REACTIONS], giver)
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
