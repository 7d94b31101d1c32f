"""What all sends have in common, and the send of a text."""

from typing import Any

from bridges.simulator import render
from bridges.simulator.deeds import quoted
from bridges.simulator.errors import bad
from bridges.simulator.methods.call import Call, method
from bridges.simulator.methods.whispers import whisper
from bridges.simulator.text import Formatted
from bridges.simulator.world import Chat, Json, Message

PLACED = (
    "chat_id", "business_connection_id", "message_thread_id", "disable_notification", "protect_content",
    "allow_paid_broadcast", "message_effect_id", "reply_parameters", "reply_to_message_id",
    "allow_sending_without_reply",
)  # fmt: skip
SENT = (*PLACED, "direct_messages_topic_id", "suggested_post_parameters", "reply_markup")
WHISPERED = ("ephemeral_message_parameters", "receiver_user_id", "callback_query_id")
CAPTION = ("caption", "parse_mode", "caption_entities")


def send(call: Call, kind: str, content: Formatted, **more: Any) -> Message:
    """One message of that kind into `chat_id`; `more` are fields of `Message`."""
    chat = call.chat()
    call.writable(chat, kind)
    how = placed(call, chat) | {"markup": call.keyboard() or []}
    if call.takes("ephemeral_message_parameters") and (
        parameters := call.structure("ephemeral_message_parameters", "ephemeral message parameters")
    ):
        how |= whisper(call, chat, parameters, how["reply_to"])
    call.spend(chat)
    return call.deeds.say(chat, call.bot, content, **how, **more)


def placed(call: Call, chat: Chat) -> Json:
    """The fields of `Message` that say where it stands and what it answers."""
    reply, quote = reply_to(call, chat)
    return {
        "reply_to": reply,
        "quote": quote,
        "thread": thread_of(call, chat, reply),
        "protected": call.flag("protect_content"),
        "sender_chat": chat if chat.kind == "channel" else None,
    }


@method(
    "sendMessage", *SENT, *WHISPERED, "text", "parse_mode", "entities", "link_preview_options",
    "disable_web_page_preview",
)  # fmt: skip
def send_message(call: Call) -> Json:
    call.chat()  # where it may not go is told before what is wrong with it
    return render.message(send(call, "text", call.content(), link_preview=call.preview()), call.world)


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
