"""Editing what the bot has sent: its text, its caption, what it shows, its keyboard."""

from bridges.simulator import render
from bridges.simulator.errors import NOT_MODIFIED, bad, forbidden
from bridges.simulator.media import CAPTIONED
from bridges.simulator.methods.call import Call, method
from bridges.simulator.methods.media import GROUPS, INPUTS, input_media
from bridges.simulator.methods.whispers import whispered
from bridges.simulator.text import Formatted
from bridges.simulator.world import Chat, Json, Message

WHISPER = ("chat_id", "receiver_user_id", "ephemeral_message_id", "reply_markup")
WHICH = ("business_connection_id", "chat_id", "message_id", "inline_message_id", "reply_markup")


@method(
    "editMessageText", *WHICH, "text", "parse_mode", "entities", "link_preview_options", "rich_message",
    "disable_web_page_preview",
)  # fmt: skip
def edit_message_text(call: Call) -> Json:
    chat = call.chat()
    content = call.content()
    message = _editable(call, chat)
    if message.kind != "text":
        raise bad("there is no text in the message to edit")
    return _edit(call, message, content)


@method("editMessageReplyMarkup", *WHICH)
def edit_message_reply_markup(call: Call) -> Json:
    return _edit(call, _editable(call, call.chat()))


@method(
    "editMessageCaption", *WHICH, "caption", "parse_mode", "caption_entities", "show_caption_above_media"
)
def edit_message_caption(call: Call) -> Json:
    chat = call.chat()
    content = call.caption()
    message = _editable(call, chat)
    if message.kind not in CAPTIONED:
        raise bad("there is no caption in the message to edit")
    above = {"show_caption_above_media": True} if call.flag("show_caption_above_media") else {}
    kept = {name: value for name, value in message.body.items() if name != "show_caption_above_media"}
    return _edit(call, message, content, kept | above)


@method("editMessageMedia", *WHICH, "media")
def edit_message_media(call: Call) -> Json:
    chat = call.chat()
    given = call.structure("media", "input media")
    message = _editable(call, chat)
    if message.kind != "text" and message.kind not in INPUTS:
        raise bad("there is no media in the message to edit")
    content, body = input_media(call, given)
    if "media_group_id" in message.marks and GROUPS.get(message.kind) != GROUPS.get(next(iter(body))):
        raise bad("message content type can't be used in an album")
    return _edit(call, message, content, body)


def _editable(call: Call, chat: Chat) -> Message:
    """A bot edits its own messages at any time, and each try is counted."""
    if chat.blocked:
        raise forbidden("bot was blocked by the user")
    call.spend(chat)
    message = call.message(chat, "message to edit not found")
    if message.sender is not call.bot or message.service:
        raise bad("message can't be edited")
    return message


def _edit(call: Call, message: Message, content: Formatted | None = None, body: Json | None = None) -> Json:
    """The missing keyboard of an edit takes the old one away; the items of an album have none."""
    markup = [] if "media_group_id" in message.marks else call.keyboard() or []
    content = None if content == message.content else content
    body = None if body == message.body else body
    if content is None and body is None and markup == message.markup:
        raise bad(NOT_MODIFIED)
    call.deeds.edit(message, content, markup, body)
    return render.message(message, call.world)


@method(
    "editEphemeralMessageCaption", *WHISPER, "caption", "parse_mode", "caption_entities", "show_caption_above_media"
)
def edit_whisper_caption(call: Call) -> bool:
    message = whispered(call, "message to edit not found")
    content, markup = call.caption(), call.keyboard() or []
    if message.kind not in CAPTIONED:
        raise bad("there is no caption in the message to edit")
    call.spend(message.chat)
    call.deeds.edit(message, content, markup)
    return True


@method("editEphemeralMessageMedia", *WHISPER, "media")
def edit_whisper_media(call: Call) -> bool:
    message = whispered(call, "message to edit not found")
    markup = call.keyboard() or []
    content, body = input_media(call, call.structure("media", "input media"))
    call.spend(message.chat)
    call.deeds.edit(message, content, markup, body)
    return True


@method("stopPoll", "business_connection_id", "chat_id", "message_id", "reply_markup")
def stop_poll(call: Call) -> Json:
    chat = call.chat()
    markup = call.keyboard() or []
    call.spend(chat)
    message = call.message(chat, "message with poll to stop not found")
    if message.sender is not call.bot:
        raise bad("poll can't be stopped")
    if message.poll is None:
        raise bad("message is not a poll")
    if message.poll.closed:
        raise bad("poll has already been closed")
    message.markup = markup
    call.deeds.stop(message, message.poll)
    return message.poll.told()
