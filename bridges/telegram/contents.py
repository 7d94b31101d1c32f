"""What a message of Telegram holds besides words: files, places, polls, and things that never leave."""

from collections.abc import Sequence
from typing import Any

import telegram

from bridges.markup import address, clean, escape
from bridges.model import Media, MediaKind, Poll, Spot

# Fields of `Message` (Bot API 10.3) that say something about it, or that Telegram itself remarks: nobody's words.
SILENT = frozenset("""
message_id date chat message_thread_id direct_messages_topic from sender_chat sender_boost_count sender_business_bot
sender_tag guest_query_id business_connection_id forward_origin is_topic_message is_automatic_forward reply_to_message
external_reply quote reply_to_story reply_to_checklist_task_id reply_to_poll_option_id via_bot guest_bot_caller_user
guest_bot_caller_chat edit_date has_protected_content is_from_offline is_paid_post media_group_id author_signature
paid_star_count entities link_preview_options suggested_post_info effect_id caption caption_entities
show_caption_above_media has_media_spoiler new_chat_members left_chat_member chat_owner_left chat_owner_changed
new_chat_title new_chat_photo delete_chat_photo group_chat_created supergroup_chat_created channel_chat_created
message_auto_delete_timer_changed migrate_to_chat_id migrate_from_chat_id pinned_message successful_payment
refunded_payment users_shared chat_shared gift_upgrade_sent connected_website write_access_allowed passport_data
proximity_alert_triggered boost_added chat_background_set checklist_tasks_done checklist_tasks_added
direct_message_price_changed forum_topic_created forum_topic_edited forum_topic_closed forum_topic_reopened
general_forum_topic_hidden general_forum_topic_unhidden giveaway_created giveaway_completed managed_bot_created
paid_message_price_changed poll_option_added poll_option_deleted suggested_post_approved suggested_post_approval_failed
suggested_post_declined suggested_post_paid suggested_post_refunded video_chat_scheduled video_chat_started
video_chat_ended video_chat_participants_invited web_app_data reply_markup receiver_user ephemeral_message_id
community_chat_added community_chat_removed community_chat_joined forward_date forward_from forward_from_chat
forward_from_message_id forward_sender_name forward_signature user_shared
""".split())  # noqa: SIM905 - so many names read better as prose
# What is shared, but has nothing like it elsewhere, or never leaves: the field, and its kind in the texts.
SHARED = {
    "contact": "contact", "dice": "dice", "game": "game", "story": "story", "paid_media": "paid-media",
    "checklist": "checklist", "giveaway": "gift", "giveaway_winners": "gift", "gift": "gift", "unique_gift": "gift",
    "invoice": "other",
}  # fmt: skip
NETWORK = "telegram"


def media(m: telegram.Message) -> Media | None:
    """The file of a message. `source` and `still` are `file_id`s."""
    spoiler = bool(m.has_media_spoiler)
    match m:
        case telegram.Message(animation=telegram.Animation() as a):
            return of(MediaKind.ANIMATION, a, spoiler=spoiler, type=a.mime_type or "video/mp4", name=a.file_name or "")
        case telegram.Message(photo=(_, *_) as sizes):
            best = largest(sizes)
            return of(MediaKind.PHOTO, best, spoiler=spoiler, type="image/jpeg")
        case telegram.Message(video=telegram.Video() as v):
            return of(MediaKind.VIDEO, v, spoiler=spoiler, type=v.mime_type or "video/mp4", name=v.file_name or "")
        case telegram.Message(video_note=telegram.VideoNote() as r):
            return of(MediaKind.ROUND, r, type="video/mp4", width=r.length, height=r.length)
        case telegram.Message(voice=telegram.Voice() as v):
            return of(MediaKind.VOICE, v, type=v.mime_type or "audio/ogg")
        case telegram.Message(audio=telegram.Audio() as a):
            more = {"title": a.title or "", "performer": a.performer or "", "name": a.file_name or ""}
            return of(MediaKind.AUDIO, a, type=a.mime_type or "audio/mpeg", **more)
        case telegram.Message(sticker=telegram.Sticker() as s):
            kind = "application/x-tgsticker" if s.is_animated else "video/webm" if s.is_video else "image/webp"
            return of(MediaKind.STICKER, s, type=kind, emoji=s.emoji or "")
        case telegram.Message(document=telegram.Document() as d):
            return of(MediaKind.FILE, d, type=d.mime_type or "", name=d.file_name or "")
        case telegram.Message(live_photo=telegram.LivePhoto() as v):  # a short film around a photo
            still = largest(v.photo).file_id if v.photo else ""
            return of(MediaKind.VIDEO, v, spoiler=spoiler, type=v.mime_type or "video/mp4", still=still)
    return None


def of(kind: MediaKind, file: Any, **more: Any) -> Media:
    """Any of the Bot API's files."""
    still = getattr(file, "thumbnail", None)
    duration = getattr(file, "duration", None) or 0
    seconds = duration.total_seconds() if hasattr(duration, "total_seconds") else float(duration)
    size = {name: value for name in ("width", "height") if isinstance(value := getattr(file, name, None), int)}
    about: dict[str, Any] = {"still": still.file_id if still else "", "seconds": seconds, **size, **more}
    return Media(kind=kind, network=NETWORK, source=file.file_id, size=file.file_size, **about)


def largest(sizes: Sequence[telegram.PhotoSize]) -> telegram.PhotoSize:
    return max(sizes, key=lambda size: size.width * size.height)


def spot(m: telegram.Message) -> Spot | None:
    """A point on the map, unless it moves."""
    where = m.location
    if venue := m.venue:
        at = venue.location
        return Spot(latitude=at.latitude, longitude=at.longitude, title=venue.title, address=venue.address)
    if where and not where.live_period:
        return Spot(latitude=where.latitude, longitude=where.longitude)
    return None


def poll(asked: telegram.Poll | None) -> Poll | None:
    """A poll; a bot learns the votes of somebody else's when it is closed."""
    if asked is None:
        return None
    return Poll(
        id=asked.id, question=asked.question, options=tuple(option.text for option in asked.options),
        votes=tuple(option.voter_count for option in asked.options) if asked.is_closed else (),
        closed=asked.is_closed, several=asked.allows_multiple_answers,
    )  # fmt: skip


def shared(m: telegram.Message) -> str:
    """The kind of what was shared and cannot cross; empty where there is nothing but Telegram's own remarks."""
    if m.location and m.location.live_period:
        return "live-location"
    for field, kind in SHARED.items():
        if getattr(m, field, None) or field in m.api_kwargs:
            return kind
    return "other" if set(m.to_dict()) - SILENT else ""


# --- rich messages (Bot API 10.2): blocks of text, which are read as far as they are text

MARKS = {"bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "spoiler": "tg-spoiler", "code": "code"}
Rich = Any


def rich(message: Rich) -> str:
    """The words of a `RichMessage`, in the safe subset; what is no text is left out."""
    return address(clean(rich_blocks(message)), lambda *_: None)


def rich_blocks(holder: Rich) -> str:
    """One line for each of the blocks that something holds, if there is anything to read in it."""
    match holder:
        case {"blocks": list(blocks)}:
            return "\n".join(line for block in blocks if (line := rich_block(block)))
    return ""


def rich_block(block: Rich) -> str:  # noqa: PLR0911 - one line for each shape
    """One block, whatever its type is called, by what it holds."""
    match block:
        case {"type": str(kind), "text": text} if "pre" in kind:
            return f"<pre>{rich_text(text)}</pre>"
        case {"type": str(kind), "text": text} if "heading" in kind:
            return f"<b>{rich_text(text)}</b>"
        case {"type": str(kind), "text": text} if "quot" in kind:
            return f"<blockquote>{rich_text(text)}</blockquote>"
        case {"type": str(kind), "blocks": list()} if "quot" in kind:
            return f"<blockquote>{rich_blocks(block)}</blockquote>"
        case {"summary": summary, "blocks": list()}:
            return f"<b>{rich_text(summary)}</b>\n{rich_blocks(block)}"
        case {"items": list(items)}:
            return "\n".join(f"• {rich_blocks(item)}" for item in items)
        case {"cells": list(rows)}:
            return "\n".join(" | ".join(rich_text(cell) for cell in row) for row in rows if isinstance(row, list))
        case {"blocks": list()}:
            return rich_blocks(block)
        case {"text": text} | {"caption": {"text": text}}:
            return rich_text(text)
        case {"expression": str(words)}:
            return rich_text(words)
    return ""


def rich_text(text: Rich) -> str:
    """A `RichText`: a string, a list of them, or one with a mark."""
    match text:
        case str():
            return escape(text)
        case list():
            return "".join(rich_text(one) for one in text)
        case {"type": str(kind), "text": inner} if kind in MARKS:
            return f"<{MARKS[kind]}>{rich_text(inner)}</{MARKS[kind]}>"
        case {"url": str(url), "text": inner} if url.startswith(("https://", "http://")):
            return f'<a href="{escape(url).replace(chr(34), "%22")}">{rich_text(inner)}</a>'
        case {"alternative_text": str(words)} | {"expression": str(words)}:
            return escape(words)
        case {"text": inner}:
            return rich_text(inner)
    return ""
