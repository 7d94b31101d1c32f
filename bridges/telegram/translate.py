"""What Telegram's updates mean: pure functions."""

from datetime import datetime

import telegram
from telegram import (
    CallbackQuery,
    ChatMember,
    ChatMemberUpdated,
    MessageReactionUpdated,
    ReactionTypeEmoji,
    Update,
    User,
)

from bridges.markup import Entity, from_telegram
from bridges.model import Chat, Edited, Event, Message, Person, Placed, Reacted, Ref, Right, Tapped

RIGHTS = {
    "can_delete_messages": Right.DELETE,
    "can_pin_messages": Right.PIN,
    "can_restrict_members": Right.RESTRICT,
    "can_manage_topics": Right.TOPICS,
}


class Odd(Exception):
    """Something was said that this bridge does not carry; the text is its kind, and never what was said."""


def translate(update: Update, now: datetime) -> Event | None:
    """The event in an update of the Bot API, or None where nobody did anything that matters here.

    `now`, aware and in UTC, dates what Telegram does not. Raises `Odd`.
    """
    key = f"telegram {update.update_id}"
    if update.message:
        return message(update.message, key)
    if update.edited_message:
        m = update.edited_message
        return (said := message(m, key)) and Edited(
            key=key, at=m.edit_date or m.date, ref=said.ref, sender=said.sender, html=said.html,
            private=said.private, whispered=said.whispered,
        )  # fmt: skip
    if update.callback_query:
        return tapped(update.callback_query, key, now)
    if update.message_reaction:
        return reacted(update.message_reaction, key)
    if update.my_chat_member:
        return placed(update.my_chat_member, key)
    return None


def message(m: telegram.Message, key: str) -> Message | None:
    """Words of a person. A `sender_chat` is a group or a channel that speaks: no person who could say yes."""
    who = m.from_user
    if who is None or who.is_bot or m.sender_chat or m.via_bot:
        return None
    if m.text is None:
        if m.effective_attachment or "rich_message" in m.api_kwargs:
            raise Odd("media")
        return None  # Telegram's own remarks: somebody came, a message was pinned, the group moved
    if m.forward_origin and getattr(m.forward_origin, "sender_user", None) != who:
        raise Odd("forwarded")  # words of someone who was not asked
    entities = [Entity(str(e.type), e.offset, e.length, e.url or "", e.language or "") for e in m.entities]
    chat, to = chat_of(m), m.reply_to_message
    if to and (to.forum_topic_created or (m.is_topic_message and to.message_id == m.message_thread_id)):
        to = None  # everything in a topic "answers" the topic's opening
    return Message(
        key=key, at=m.date, ref=ref_of(m, chat), sender=person(who, chat), html=from_telegram(m.text, entities),
        private=m.chat.type == "private", whispered="ephemeral_message_id" in m.api_kwargs,
        reply_to=ref_of(to, chat) if to else None, quote=m.quote.text if to and m.quote else "",
    )  # fmt: skip


def tapped(query: CallbackQuery, key: str, now: datetime) -> Tapped | None:
    """A tap on a button of ours; what came from elsewhere (`inline_message_id`, games) is not."""
    if not query.message or query.data is None:
        return None
    m, about = query.message, None
    chat = chat_of(m)
    if isinstance(m, telegram.Message) and m.reply_to_message:
        try:
            about = message(m.reply_to_message, f"telegram about {key.removeprefix('telegram ')}")
        except Odd:
            about = None
    return Tapped(
        key=key, at=now, ref=ref_of(m, chat), sender=person(query.from_user, chat), data=query.data, tap=query.id,
        private=m.chat.type == "private", about=about,
    )  # fmt: skip


def reacted(change: MessageReactionUpdated, key: str) -> Reacted | None:
    """What a person put on and took off. Telegram does not tell the topic; whole chats react anonymously."""
    chat, who = Chat("telegram", str(change.chat.id)), change.user
    old, new = (
        tuple(one.emoji for one in held if isinstance(one, ReactionTypeEmoji))
        for held in (change.old_reaction, change.new_reaction)
    )
    added, removed = tuple(e for e in new if e not in old), tuple(e for e in old if e not in new)
    if who is None or who.is_bot or not (added or removed):
        return None
    ref = Ref(chat, str(change.message_id))
    return Reacted(key=key, at=change.date, ref=ref, sender=person(who, chat), added=added, removed=removed)


def placed(change: ChatMemberUpdated, key: str) -> Placed:
    """What the bot itself is in a chat now."""
    chat, me = Chat("telegram", str(change.chat.id)), change.new_chat_member
    return Placed(
        key=key, at=change.date, chat=chat, by=person(change.from_user, chat), title=change.chat.title or "",
        kind=change.chat.type, member=is_member(me), rights=rights(me),
    )  # fmt: skip


def is_member(who: ChatMember) -> bool:
    """Whether one with that status is in the chat; a restricted one may have left (`ChatMemberRestricted`)."""
    return who.status not in ("left", "kicked") and bool(getattr(who, "is_member", True))


def rights(who: ChatMember) -> frozenset[Right]:
    """What a member may do (`ChatMemberAdministrator`, `ChatMemberRestricted`).

    A plain member counts as one that may write: what the chat allows its members is not told here.
    """
    if who.status in ("administrator", "creator"):
        all_ = who.status == "creator"
        given = {right for name, right in RIGHTS.items() if all_ or getattr(who, name, False)}
        return frozenset(given | {Right.ADMIN, Right.SEND})
    return frozenset({Right.SEND} if is_member(who) and getattr(who, "can_send_messages", True) else ())


def chat_of(m: telegram.MaybeInaccessibleMessage) -> Chat:
    """The chat or the topic; the General topic is the chat itself, as it takes no thread id when one writes there."""
    thread = isinstance(m, telegram.Message) and m.is_topic_message and m.message_thread_id
    return Chat("telegram", str(m.chat.id), str(thread) if thread else "")


def ref_of(m: telegram.MaybeInaccessibleMessage, chat: Chat) -> Ref:
    """A whisper has 0 for an id, and a number of its own beside it (Bot API 10.2)."""
    whisper = m.api_kwargs.get("ephemeral_message_id")
    return Ref(chat, str(m.message_id) if whisper is None else f"e{whisper}")


def person(user: User, chat: Chat) -> Person:
    """Only the first name is ever used: that is what residents are promised."""
    return Person(str(user.id), chat, user.first_name)
