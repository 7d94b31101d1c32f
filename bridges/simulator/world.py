"""What exists in the simulated Telegram: people, bots, chats and messages, and what can be asked of them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from bridges.simulator.errors import bad
from bridges.simulator.files import Files
from bridges.simulator.polls import Poll
from bridges.simulator.text import Formatted
from bridges.simulator.updates import Queue
from bridges.simulator.webhook import Webhook

Json = dict[str, Any]
Kind = Literal["private", "group", "supergroup", "channel"]
Status = Literal["creator", "administrator", "member", "restricted", "left", "kicked"]

DAY = 86400
TAP_LIFE = 15  # seconds in which a tap can be answered, and in which a plain bot may whisper back

ADMIN_RIGHTS = (
    "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members", "can_promote_members",
    "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories",
    "can_send_welcome_messages",
)  # fmt: skip
GROUP_RIGHTS = ("can_pin_messages", "can_manage_topics", "can_manage_tags")
CHANNEL_RIGHTS = ("can_post_messages", "can_edit_messages", "can_manage_direct_messages")
PERMISSIONS = (
    "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
    "can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages",
    "can_add_web_page_previews", "can_react_to_messages", "can_edit_tag", "can_change_info", "can_invite_users",
    "can_pin_messages", "can_manage_topics",
)  # fmt: skip
MEDIA = PERMISSIONS[:7]  # what other permissions imply where they are not set independently
EVERYONE = {name: name not in ("can_change_info", "can_pin_messages", "can_manage_topics") for name in PERMISSIONS}

# What a message may be, the permission that it takes, and what it is called where that is missing.
NEEDS = {
    "text": ("can_send_messages", "text messages"), "photo": ("can_send_photos", "photos"),
    "live_photo": ("can_send_photos", "photos"), "video": ("can_send_videos", "videos"),
    "animation": ("can_send_other_messages", "animations"), "video_note": ("can_send_video_notes", "video notes"),
    "voice": ("can_send_voice_notes", "voice notes"), "audio": ("can_send_audios", "music"),
    "document": ("can_send_documents", "documents"), "sticker": ("can_send_other_messages", "stickers"),
    "dice": ("can_send_other_messages", "dice"), "game": ("can_send_other_messages", "games"),
    "poll": ("can_send_polls", "polls"), "location": ("can_send_messages", "locations"),
    "venue": ("can_send_messages", "venues"), "contact": ("can_send_messages", "contacts"),
}  # fmt: skip


@dataclass(eq=False)
class User:
    """A person or a bot, as others see them."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = ""
    is_bot: bool = False

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(eq=False, kw_only=True)
class Bot(User):
    """A bot account with its token; `last_id` numbers the messages of its private chats and basic groups."""

    token: str
    queue: Queue
    webhook: Webhook | None = None
    is_bot: bool = True
    reads_all: bool = False
    last_id: int = 0
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    default_rights: dict[bool, Json] = field(default_factory=dict)


@dataclass
class Member:
    """One person's or bot's place in a chat; `by` is who gave the rights."""

    status: Status = "member"
    rights: dict[str, bool] = field(default_factory=dict)
    permissions: dict[str, bool] = field(default_factory=dict)
    until: int = 0
    by: int = 0
    inside: bool = True  # a restricted one may be outside

    @property
    def present(self) -> bool:
        return self.status in ("creator", "administrator", "member") or (self.status == "restricted" and self.inside)

    @property
    def admin(self) -> bool:
        return self.status in ("creator", "administrator")


@dataclass
class Topic:
    id: int
    name: str
    icon_color: int = 0x6FB9F0
    closed: bool = False
    creator: int = 0
    icon_custom_emoji_id: str = ""


@dataclass(eq=False)
class Message:
    """One message; `seq` orders everything that was ever said, whispers included.

    `content` is its text, or its caption where `body` shows something: fields of the Bot API's Message such as `photo`
    or `location`. `marks` are further such fields, which no edit changes: `media_group_id`, `forward_origin`...
    """

    seq: int
    chat: "Chat"
    id: int
    date: int
    sender: User
    content: Formatted = field(default_factory=Formatted)
    body: Json = field(default_factory=dict)
    marks: Json = field(default_factory=dict)
    poll: Poll | None = None
    service: Json = field(default_factory=dict)
    sender_chat: "Chat | None" = None
    reply_to: "Message | None" = None
    quote: Json | None = None
    thread: int | None = None  # a topic's id, or the first message of a chain of replies
    topic: bool = False
    edited: int = 0
    markup: list[list[Json]] = field(default_factory=list)
    link_preview: Json | None = None
    reactions: dict[int, list[str]] = field(default_factory=dict)
    deleted: bool = False
    ephemeral_id: int = 0
    receiver: User | None = None
    replaces: "Message | None" = None
    arrived: bool = True
    protected: bool = False

    @property
    def kind(self) -> str:
        """The field of Message that says what it shows: `text`, `photo`, `location`, `poll`..."""
        return "poll" if self.poll else next(iter(self.body), "text")

    def seen_by(self, user_id: int) -> bool:
        """Whispers are seen by their two ends alone, and not at all where they did not arrive."""
        if self.deleted:
            return False
        if not self.receiver:
            return True
        return user_id == self.sender.id or (user_id == self.receiver.id and self.arrived)


@dataclass(eq=False)
class Chat:
    """A chat; a private one is kept per bot and person (`bot`, `user`), and its `id` is what the bot calls it."""

    id: int
    kind: Kind
    title: str = ""
    is_forum: bool = False
    members: dict[int, Member] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    whispers: dict[int, Message] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    asking: set[int] = field(default_factory=set)  # who asks to be let in
    shut_out: set[int] = field(default_factory=set)  # channels that may not speak here
    permissions: dict[str, bool] = field(default_factory=lambda: dict(EVERYONE))
    last_id: int = 0
    last_whisper: int = 0
    moved_to: int = 0
    slow: int = 0  # seconds that members wait between two messages
    spoke: dict[int, float] = field(default_factory=dict)
    linked: "Chat | None" = None  # a channel's discussion group, or the other way round
    bot: Bot | None = None
    user: User | None = None
    blocked: bool = False

    def member(self, user_id: int) -> Member:
        """The place of someone here: `left` where they never were."""
        if self.kind == "private":
            return Member("member")
        return self.members.get(user_id) or Member("left")

    def can(self, user_id: int, right: str) -> bool:
        """Whether an administrator's right, or in want of one a member's permission, is held."""
        place = self.member(user_id)
        if place.status == "creator":
            return True
        if place.status == "administrator":
            return place.rights.get(right, False)
        if not place.present:
            return False
        given = place.permissions if place.status == "restricted" else self.permissions
        return right in PERMISSIONS and given.get(right, False) and self.permissions.get(right, False)

    def hush(self, user_id: int, now: float) -> float:
        """Seconds that the slow mode keeps someone from writing; administrators do not wait."""
        if not self.slow or self.member(user_id).admin:
            return 0
        return max(0.0, self.spoke.get(user_id, 0) + self.slow - now)

    def forget(self, keep: int) -> None:
        """Of more than `keep` messages the oldest are gone, as if they had never been; whispers likewise."""
        while len(self.messages) > keep:
            oldest = self.messages.pop(next(iter(self.messages)))
            oldest.deleted, oldest.reply_to = True, None  # else answers to answers would keep one another for ever
        while len(self.whispers) > keep:
            self.whispers.pop(next(iter(self.whispers)))

    def live(self, message_id: int) -> Message | None:
        found = self.messages.get(message_id)
        return found if found and not found.deleted else None


@dataclass
class Tap:
    """A tapped button, and what the bot answered."""

    id: str
    bot: Bot
    by: User
    message: Message
    at: float
    answer: Json | None = None


class World:
    """Everything, held in memory; nothing here waits. Of each chat the last `keep` messages are kept, 0 for all."""

    def __init__(self, keep: int = 0) -> None:
        self.keep = keep
        self.shift = 0.0
        self.webhook_pause = 1.0  # seconds; see `Webhook.pause`
        self.files = Files(self.now)
        self.users: dict[int, User] = {}
        self.bots: dict[int, Bot] = {}
        self.tokens: dict[str, Bot] = {}
        self.terms: list[Member] = []  # bans and restrictions that will end
        self.chats: dict[int, Chat] = {}
        self.private: dict[tuple[int, int], Chat] = {}
        self.taps: dict[str, Tap] = {}
        self.ephemerals_arrive = True
        self.seq = 0
        self.anonymous = User(1087968824, "Group", username="GroupAnonymousBot", is_bot=True)
        self.channel_bot = User(136817688, "Channel", username="Channel_Bot", is_bot=True)
        self.telegram = User(777000, "Telegram")

    def now(self) -> float:
        """Seconds of Unix time, as far as the control API has not shifted them."""
        return time.time() + self.shift

    def expire(self) -> None:
        """End the bans and restrictions whose time is over."""
        for place in self.terms:
            if place.until and place.until <= self.now():
                inside = place.status == "restricted" and place.inside
                place.status, place.until, place.permissions = "member" if inside else "left", 0, {}
        if self.terms:
            self.terms = [place for place in self.terms if place.until]

    def person(self, user_id: int) -> User:
        """A person or a bot; raises `LookupError`."""
        found = self.users.get(user_id) or self.bots.get(user_id)
        if found is None:
            raise LookupError(f"no such user: {user_id}")
        return found

    def enter(self, bot: Bot) -> None:
        """A new bot account."""
        self.bots[bot.id] = self.tokens[bot.token] = bot

    def revoke(self, token: str, new: str) -> None:
        """From now on the bot answers to the new token only; raises `LookupError`."""
        bot = self.tokens.pop(token, None)
        if bot is None:
            raise LookupError("no such token")
        bot.token = new
        self.tokens[new] = bot

    def bot(self, user_id: int) -> Bot:
        if user_id not in self.bots:
            raise LookupError(f"no such bot: {user_id}")
        return self.bots[user_id]

    def chat_of(self, chat_id: int, user_id: int) -> Chat:
        """The chat that this person means: a bot's id is their private chat with it. Raises `LookupError`."""
        if chat_id in self.bots:
            return self.private_chat(self.bots[chat_id], self.person(user_id))
        if chat_id not in self.chats:
            raise LookupError(f"no such chat: {chat_id}")
        return self.chats[chat_id]

    def private_chat(self, bot: Bot, user: User) -> Chat:
        """The private chat of a person with a bot, opened where it was not."""
        key = bot.id, user.id
        if key not in self.private:
            self.private[key] = Chat(user.id, "private", bot=bot, user=user)
        return self.private[key]

    def bots_in(self, chat: Chat) -> Iterator[Bot]:
        if chat.bot:
            if not chat.blocked:
                yield chat.bot
            return
        yield from (bot for bot in self.bots.values() if chat.member(bot.id).present)

    def next_id(self, chat: Chat) -> int:
        """Supergroups and channels count for themselves; all else shares the counter of its bots."""
        if chat.kind in ("supergroup", "channel"):
            chat.last_id += 1
            return chat.last_id
        sharing = list(self.bots_in(chat)) or ([chat.bot] if chat.bot else [])
        chat.last_id = max([chat.last_id, *(bot.last_id for bot in sharing)]) + 1
        for bot in sharing:
            bot.last_id = chat.last_id
        return chat.last_id

    def next_seq(self) -> int:
        self.seq += 1
        return self.seq

    def meets(self, bot: Bot, user_id: int) -> bool:
        """Whether a bot has ever come across someone: only then does it know the id."""
        return (bot.id, user_id) in self.private or any(
            user_id in chat.members and bot.id in chat.members for chat in self.chats.values()
        )

    def user_for(self, bot: Bot, user_id: int) -> User:
        """Someone named by a bot; raises `Refusal`."""
        if user_id == bot.id:
            return bot
        if user_id in (self.users | self.bots) and self.meets(bot, user_id):
            return self.person(user_id)
        raise bad("user not found")

    def command_of(self, bot: Bot, chat: Chat, user: User, name: str) -> Json | None:
        """The registered command that this person is shown here (`BotCommandScope`), the narrowest scope first."""
        scopes = [f"chat_member {chat.id} {user.id}", f"chat {chat.id}", "all_group_chats", "default"]
        if chat.kind == "private":
            scopes = [f"chat {chat.id}", "all_private_chats", "default"]
        elif chat.member(user.id).admin:
            scopes[1:1] = [f"chat_administrators {chat.id}"]
            scopes[3:3] = ["all_chat_administrators"]
        for scope in scopes:
            for language in (user.language_code, ""):
                if commands := bot.commands.get((scope, language)):
                    return next((c for c in commands if c["command"] == name), None)
        return None
