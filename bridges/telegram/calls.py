"""How words, buttons and answers look in a call of the Bot API: pure functions."""

import re
from collections.abc import Sequence
from typing import Any

from telegram.constants import ReactionEmoji

from bridges.markup import to_telegram, units
from bridges.model import Button, Edit, Menu, Ref, Send
from bridges.port import Refused

Call = dict[str, Any]

LONGEST, CAPTION = 4096, 1024
# `ReactionTypeEmoji` as Telegram spells it; the library puts U+FE0F into three of them, which Telegram does not.
REACTIONS = frozenset(one.value.replace("\ufe0f", "") for one in ReactionEmoji)
MENTION = re.compile(r"(https?://\S+)|(?<!\w)@(?=\w)")  # in an address it calls nobody
VARIANTS = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff]")  # as a picture, and the five tones of skin


def sending(send: Send) -> Call:
    """The arguments of `sendMessage`. A whisper answers only what its one reader may see; nothing else answers one."""
    return {**words(send), **addressed(send)}


def addressed(send: Send) -> Call:
    """Where a new message of any kind goes, who sees it, and what it answers."""
    call: Call = {"chat_id": int(send.chat.id)}
    whisper = send.to is not None and call["chat_id"] < 0
    if send.chat.thread:
        call["message_thread_id"] = number(send.chat.thread)
    if send.aside:
        call["disable_notification"] = True
    if send.to and whisper:
        receiver: Call = {"receiver_user_id": number(send.to.id)}
        call["ephemeral_message_parameters"] = receiver | ({"callback_query_id": send.tap} if send.tap else {})
    if (to := send.reply_to) and to.chat.id == send.chat.id:
        if to.id.startswith("e"):
            if not whisper:
                raise Refused("defect")
            call["reply_parameters"] = {"ephemeral_message_id": number(to.id[1:])}
        else:
            part = {"quote": send.quote} if send.quote else {}
            call["reply_parameters"] = {"message_id": number(to.id), "allow_sending_without_reply": True, **part}
    return call


def words(said: Send | Edit, *, caption: bool = False) -> Call:
    """Text, entities and buttons. A text beyond the limit is refused here: nobody is told half of it."""
    most = CAPTION if caption else LONGEST
    text, entities = to_telegram(unpinged(said.shown) if said.by else said.shown)
    if said.by and units(text) > most:
        text, entities = to_telegram(unpinged(said.shown, "\uff20"))  # a sign that makes nothing longer
    if caption and not said.html and said.by:
        text = text.removesuffix(": ")  # a file without words stands under a name alone
    if units(text) > most:
        raise Refused("too-long")
    call: Call = {"text": text}
    if entities:
        call["entities"] = [
            {"type": one.type, "offset": one.offset, "length": one.length}
            | ({"url": one.url} if one.url else {})
            | ({"language": one.language} if one.language else {})
            for one in entities
        ]
    if said.aside:
        call["link_preview_options"] = {"is_disabled": True}
    return call | keyboard(said.buttons)


def unpinged(html: str, sign: str = "@\u2060") -> str:
    """Words from elsewhere with their "@name"s as nothing but text: Telegram would call whoever has that name here.

    A word joiner (U+2060), which nobody sees, stands behind the sign; in code, which Telegram leaves alone, none does.
    """
    parts, code = re.split(r"(<[^>]*>)", html), 0
    for n, part in enumerate(parts):
        if part.startswith(("<code", "<pre", "</code", "</pre")):
            code += -1 if part.startswith("</") else 1
        elif not code and not part.startswith("<"):
            parts[n] = MENTION.sub(lambda found: found[1] or sign, part)
    return "".join(parts)


def captioned(said: Send | Edit) -> Call:
    """The same words as the caption of a file."""
    names = {"text": "caption", "entities": "caption_entities", "reply_markup": "reply_markup"}
    return {names[name]: value for name, value in words(said, caption=True).items() if name in names}


def keyboard(buttons: Sequence[Sequence[Button]]) -> Call:
    """What stands under a message, if anything does."""
    rows = [[button(one) for one in row] for row in buttons]
    return {"reply_markup": {"inline_keyboard": rows}} if rows else {}


def button(one: Button) -> Call:
    """An `InlineKeyboardButton`."""
    return {"text": one.text} | ({"url": one.url} if one.url else {"callback_data": one.data})


def weaker(call: Call, hint: str) -> Call | None:
    """What to send instead of a refused message, each time a little less; None when there is nothing left."""
    match hint, call:
        case "quote", {"reply_parameters": {"quote": _, **reply}, **rest}:
            return {**rest, "reply_parameters": reply}
        case "entities", {"entities": _, **rest} | {"caption_entities": _, **rest}:
            return rest
        case "stale", {"ephemeral_message_parameters": {"callback_query_id": _, **receiver}, **rest}:
            return {**rest, "ephemeral_message_parameters": receiver}  # an administrator may whisper untapped
        case "too-long", _:
            return None
        case _, {"reply_parameters": _, **rest} if hint == "reply" or "ephemeral_message_parameters" in rest:
            return rest  # a whisper may answer only a fresh command, and never "without the answer"
        case _, {"ephemeral_message_parameters": _}:
            return privately(call)
    return None


def privately(call: Call) -> Call:
    """A whisper as a message in the chat of that person with the bot."""
    kept = {"text", "entities", "reply_markup", "disable_notification", "link_preview_options"}
    receiver = call["ephemeral_message_parameters"]["receiver_user_id"]
    return {"chat_id": receiver} | {name: value for name, value in call.items() if name in kept}


def reaction(emoji: Sequence[str]) -> list[Call]:
    """The first emoji that a bot may give, as `setMessageReaction` takes it, or none."""
    plain = (VARIANTS.sub("", one) for one in emoji)
    return [{"type": "emoji", "emoji": one} for one in plain if one in REACTIONS][:1]


def commands(menu: Menu, *, whispered: bool) -> list[Call]:
    """`BotCommand`s; with `is_ephemeral` (Bot API 10.2), which the library does not know, where it is asked for."""
    return [
        {"command": item.word, "description": item.text[:256]}
        | ({"is_ephemeral": True} if whispered and item.whispered else {})
        for item in menu.items
    ]


def number(id_: str) -> int:
    """An id as Telegram counts; what never was one cannot be found either."""
    if not id_.isdecimal():
        raise Refused("gone")
    return int(id_)


def which(ref: Ref) -> Call:
    """How calls name a message that everyone sees; a whisper is reached only by who received it."""
    return {"chat_id": int(ref.chat.id), "message_id": number(ref.id)}
