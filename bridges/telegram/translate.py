"""What Telegram's updates mean: pure functions."""

from dataclasses import replace
from datetime import datetime

import telegram
from telegram import (
    CallbackQuery,
    ChatJoinRequest,
    ChatMember,
    ChatMemberUpdated,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginUser,
    MessageReactionUpdated,
    ReactionTypeEmoji,
    User,
)

from bridges.markup import Entity, from_telegram
from bridges.model import (
    AskedIn,
    Chat,
    Edited,
    Event,
    Message,
    Moved,
    Person,
    Pinned,
    Placed,
    PollClosed,
    Reacted,
    Ref,
    Right,
    Stirred,
    Tapped,
)
from bridges.telegram import contents
from bridges.telegram.calls import Call
from bridges.telegram.shape import fits

RIGHTS = {
    "can_delete_messages": Right.DELETE,
    "can_pin_messages": Right.PIN,
    "can_restrict_members": Right.RESTRICT,
    "can_manage_topics": Right.TOPICS,
}


class Odd(Exception):
    """This bridge does not understand it; the text is its kind, and never what was said."""


def translate(update: Call, now: datetime) -> list[Event]:
    """What an update of the Bot API tells; nothing where nobody did anything that matters here.

    `now`, aware and in UTC, dates what Telegram does not. Raises `Odd`: the network's types may change under us, and
    what is not of the model's shape could not be kept.
    """
    try:
        events = events_of(telegram.Update.de_json(update), now)
    except Exception:
        raise Odd("malformed") from None
    if not all(fits(event) for event in events):
        raise Odd("malformed")
    return events


def events_of(update: telegram.Update, now: datetime) -> list[Event]:
    """The same; fails in any way where the update is not one."""
    key = f"telegram {update.update_id}"
    if update.message:
        return remarks(update.message, key) or some(message(update.message, key))
    if update.edited_message:
        return some(edited(update.edited_message, key))
    if update.callback_query:
        return some(tapped(update.callback_query, key, now))
    if update.message_reaction:
        return some(reacted(update.message_reaction, key))
    if update.my_chat_member:
        return some(placed(update.my_chat_member, key))
    if update.chat_join_request:
        return some(asked_in(update.chat_join_request, key))
    if update.poll and update.poll.is_closed and (poll := contents.poll(update.poll)):
        return some(PollClosed(key=key, at=now, poll=poll, network="telegram"))
    return []


def some(event: Event | None) -> list[Event]:
    return [event] if event else []


def remarks(m: telegram.Message, key: str) -> list[Event]:
    """Telegram's own words in a chat, as far as they matter: it moved, a message was pinned, people came or went."""
    chat, whole = chat_of(m), Chat("telegram", str(m.chat.id))
    by = author(m, chat)
    if m.migrate_to_chat_id:
        return [moved(whole, Chat("telegram", str(m.migrate_to_chat_id)), by or Person("", whole), m.date)]
    if m.migrate_from_chat_id:
        return [moved(Chat("telegram", str(m.migrate_from_chat_id)), whole, by or Person("", whole), m.date)]
    if m.pinned_message and by:
        return [Pinned(key=key, at=m.date, ref=ref_of(m.pinned_message, chat), sender=by)]
    came = [Stirred(key=f"{key} {user.id}", at=m.date, chat=chat, sender=person(user, chat), what="joined")
            for user in m.new_chat_members if not user.is_bot]  # fmt: skip
    if m.left_chat_member and not m.left_chat_member.is_bot:
        return [Stirred(key=key, at=m.date, chat=chat, sender=person(m.left_chat_member, chat), what="left")]
    return list(came)


def moved(old: Chat, new: Chat, by: Person, at: datetime) -> Moved:
    """Both groups tell of it, in any order, and so may a failed call: it is one event."""
    return Moved(key=f"telegram moved {old.id}", at=at, old=old, new=new, by=by)


def edited(m: telegram.Message, key: str) -> Edited | None:
    """A message or a caption that reads differently; a place that moves is none."""
    if (said := message(m, key)) is None or said.shared or said.spot or said.poll:
        return None
    return Edited(
        key=key, at=m.edit_date or m.date, ref=said.ref, sender=said.sender, html=said.html,
        private=said.private, whispered=said.whispered, opens=said.opens,
    )  # fmt: skip


def message(m: telegram.Message, key: str, *, inner: bool = False) -> Message | None:
    """What somebody shared with a chat: words, a file, a place, a poll, or what never crosses.

    `inner`: it is what another one answers.
    """
    chat = chat_of(m)
    if (who := author(m, chat)) is None:
        return None
    said = Message(
        key=key, at=m.date, ref=ref_of(m, chat), sender=who, html=words(m), private=m.chat.type == "private",
        whispered="ephemeral_message_id" in m.api_kwargs, media=contents.media(m), spot=contents.spot(m),
        poll=contents.poll(m.poll), album=m.media_group_id or "", opens=opens(m),
    )  # fmt: skip
    if not (said.html or said.media or said.spot or said.poll):
        if not (kind := contents.shared(m)):
            return None  # Telegram's own remarks: a title was changed, a video chat began
        said = replace(said, shared=kind)
    said = forwarded(m, said)
    to = m.reply_to_message
    if to and to.forum_topic_created:
        said = replace(said, topic=to.forum_topic_created.name)
    if to is None or inner or to.forum_topic_created or (m.is_topic_message and to.message_id == m.message_thread_id):
        return said  # everything in a topic "answers" the topic's opening
    quote = m.quote.text if m.quote else ""
    return replace(said, reply_to=ref_of(to, chat), quote=quote, answered=message(to, f"{key} answered", inner=True))


def author(m: telegram.Message, chat: Chat) -> Person | None:
    """Whoever speaks; no bot. A group that speaks is an administrator who stays anonymous, or a linked channel."""
    if m.via_bot:
        return None
    if m.sender_chat:
        return Person(str(m.sender_chat.id), chat, m.sender_chat.title or "", collective=True)
    return person(m.from_user, chat) if m.from_user and not m.from_user.is_bot else None


def words(m: telegram.Message) -> str:
    """Text or caption, in the safe subset."""
    if "rich_message" in m.api_kwargs:
        return contents.rich(m.api_kwargs["rich_message"])
    text, marks = (m.text, m.entities) if m.text is not None else (m.caption or "", m.caption_entities)
    return from_telegram(text, [entity(e) for e in marks]) if text else ""


def opens(m: telegram.Message) -> tuple[str, ...]:
    """Where the buttons below it lead, which a post keeps when somebody forwards it."""
    rows = m.reply_markup.inline_keyboard if m.reply_markup else ()
    return tuple(button.url for row in rows for button in row if button.url)


def entity(e: telegram.MessageEntity) -> Entity:
    return Entity(str(e.type), e.offset, e.length, e.url or "", e.language or "")


def forwarded(m: telegram.Message, said: Message) -> Message:
    """Named after the channel or chat that it came from; another person was not asked, so nothing of theirs leaves."""
    origin = m.forward_origin
    if origin is None or m.is_automatic_forward:
        return said
    if isinstance(origin, MessageOriginUser) and origin.sender_user == m.from_user:
        return said  # their own words
    if isinstance(origin, MessageOriginChannel | MessageOriginChat):
        there = origin.chat if isinstance(origin, MessageOriginChannel) else origin.sender_chat
        return replace(said, origin=there.title or "")
    return replace(said, html="", media=None, spot=None, poll=None, album="", shared="forwarded")


def tapped(query: CallbackQuery, key: str, now: datetime) -> Tapped | None:
    """A tap on a button of ours; what came from elsewhere (`inline_message_id`, games) is not."""
    if not query.message or query.data is None:
        return None
    m, about = query.message, None
    chat = chat_of(m)
    if isinstance(m, telegram.Message) and m.reply_to_message:
        about = message(m.reply_to_message, f"telegram about {key.removeprefix('telegram ')}")
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


def asked_in(request: ChatJoinRequest, key: str) -> AskedIn | None:
    """Somebody asks to be let in. What they tell of themselves in their profile (`bio`) was not said to us."""
    chat = Chat("telegram", str(request.chat.id))
    if request.from_user.is_bot:
        return None
    return AskedIn(key=key, at=request.date, chat=chat, sender=person(request.from_user, chat))


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
