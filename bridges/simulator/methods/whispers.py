"""Ephemeral messages: seen by one member of a group and the bot alone."""

from bridges.simulator.errors import QUERY_TOO_OLD, bad
from bridges.simulator.methods.call import Call, method
from bridges.simulator.world import TAP_LIFE, Chat, Json, Message


def whisper(call: Call, chat: Chat, given: Json, reply: Message | None) -> Json:
    """`ephemeral_message_parameters` of a send: the fields of the message that it makes ephemeral.

    An administrator may whisper to any person in the chat at any time, another bot only within 15 s of a tap
    (`callback_query_id`) or of a whisper to it (`reply_parameters.ephemeral_message_id`).
    """
    if chat.kind not in ("group", "supergroup"):
        raise bad("ephemeral messages can be sent only to groups and supergroups")
    number = int(given.get("receiver_user_id") or 0)
    receiver = call.world.users.get(number)
    if receiver is None or not chat.member(number).present:
        raise bad("PARTICIPANT_ID_INVALID" if number in call.world.users else "USER_ID_INVALID")
    tap = call.world.taps.get(str(given.get("callback_query_id") or ""))
    now = call.world.now()
    if given.get("callback_query_id"):
        valid = tap and tap.bot is call.bot and tap.by is receiver and tap.message.chat is chat
        if not tap or not valid or now - tap.at > TAP_LIFE:
            raise bad(QUERY_TOO_OLD)
    heard = bool(reply and reply.receiver is call.bot and reply.sender is receiver and now - reply.date <= TAP_LIFE)
    if not (chat.member(call.bot.id).admin or tap or heard):
        raise bad("not enough rights to send ephemeral messages to the chat")
    replaces = None
    if given.get("replace_callback_query_message"):
        if tap is None:
            raise bad("callback query identifier must be specified to replace the message")
        if tap.message.receiver:
            raise bad("ephemeral messages must be edited instead of being replaced")
        replaces = tap.message
    return {"receiver": receiver, "replaces": replaces, "arrived": call.world.ephemerals_arrive}


def whispered(call: Call, missing: str) -> Message:
    """The bot's whisper that `ephemeral_message_id` and `receiver_user_id` name; `missing` is the complaint."""
    chat = call.chat()
    found = chat.whispers.get(call.number("ephemeral_message_id"))
    mine = found and not found.deleted and found.sender is call.bot
    if not found or not mine or not found.receiver or found.receiver.id != call.number("receiver_user_id"):
        raise bad(missing)
    return found


@method(
    "editEphemeralMessageText", "chat_id", "receiver_user_id", "ephemeral_message_id", "text", "parse_mode",
    "entities", "link_preview_options", "reply_markup", "rich_message",
)  # fmt: skip
def edit_text(call: Call) -> bool:
    message = whispered(call, "message to edit not found")
    content, markup = call.content(), call.keyboard() or []
    call.spend(message.chat)
    call.deeds.edit(message, content, markup)
    return True


@method("editEphemeralMessageReplyMarkup", "chat_id", "receiver_user_id", "ephemeral_message_id", "reply_markup")
def edit_markup(call: Call) -> bool:
    message = whispered(call, "message to edit not found")
    markup = call.keyboard() or []
    call.spend(message.chat)
    call.deeds.edit(message, None, markup)
    return True


@method("deleteEphemeralMessage", "chat_id", "receiver_user_id", "ephemeral_message_id")
def delete(call: Call) -> bool:
    call.deeds.delete([whispered(call, "message to delete not found")])
    return True
