"""What can happen in a chat, and what can be done about it, on any network.

Words travel as `html`: the safe subset that `bridges.markup` defines, where a line feed ends a line.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from html import escape
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Chat:
    """One room on one network, or one forum topic (`thread`) of it."""

    network: str
    id: str
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Ref:
    """One message in one chat; ids are unique in the whole room, whatever the thread."""

    chat: Chat
    id: str


@dataclass(frozen=True, slots=True)
class Person:
    """Someone, in the chat where they spoke; the name is only what they call themselves.

    `collective`: no person but a group or a channel that speaks, such as an anonymous administrator.
    """

    id: str
    chat: Chat
    name: str = ""
    collective: bool = False


class MediaKind(StrEnum):
    """What a file is shown as."""

    PHOTO = "photo"
    VIDEO = "video"
    ANIMATION = "animation"  # moves in a loop, without sound
    ROUND = "round"  # Telegram's video note
    VOICE = "voice"
    AUDIO = "audio"
    FILE = "file"
    STICKER = "sticker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file that stays where it is until it is carried over.

    `source` is how the bridge of `network` finds it (`Bridge.fetch`); it may hold keys and means nothing to others. Of
    the network "palier" it is the file itself: a text that the bot wrote.
    `still` is the source of a picture that may stand for it. `size` is in bytes, None where nobody said.
    """

    kind: MediaKind
    network: str
    source: str
    name: str = ""
    type: str = ""  # MIME, as the network says
    size: int | None = None
    width: int = 0
    height: int = 0
    seconds: float = 0
    emoji: str = ""  # what a sticker stands for
    title: str = ""  # of music
    performer: str = ""
    spoiler: bool = False
    still: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A point on the map (WGS 84, degrees), or a place with a name and an address."""

    latitude: float
    longitude: float
    title: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """A question with its options, plain text; `votes` is how many chose each, where the network tells."""

    id: str
    question: str
    options: tuple[str, ...]
    votes: tuple[int, ...] = ()
    closed: bool = False
    several: bool = False


class Right(StrEnum):
    """What the bot may do in a chat, as far as Palier has a use for it."""

    ADMIN = "admin"  # Telegram: reactions and every message reach it, and it may whisper at any time
    DELETE = "delete"
    PIN = "pin"
    RESTRICT = "restrict"
    TOPICS = "topics"
    SEND = "send"


# --- events: what has happened


class Event(Protocol):
    """Something that happened; what has the same key is handled once."""

    @property
    def key(self) -> str: ...
    @property
    def at(self) -> datetime: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something that a network tells of; `at` is aware and in UTC."""

    key: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard(Happened):
    """Words out of a chat.

    `private`: a chat of that person with the bot alone. `whispered`: said in a group, seen by the bot alone; then the
    answer has to be a whisper too. `opens`: addresses that buttons below it open; they never cross.
    """

    ref: Ref
    sender: Person
    html: str
    private: bool = False
    whispered: bool = False
    opens: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Heard):
    """`quote` is the part of `reply_to` that was answered; with `media`, `html` is its caption.

    `album`: messages of one sender with the same name here are one album. `topic`: the title of the topic or thread
    that `ref.chat` names. `shared`: something was shared that never crosses, by kind (`contact`, `live-location`,
    `forwarded`, `story`...; see `shared-...` in the texts). `origin`: the channel or chat from which it was forwarded,
    never a person. `late`: it could not be read when it was said. `answered`: what it answers, where the network tells
    that too: it may be shown where there is no copy of it.
    """

    reply_to: Ref | None = None
    quote: str = ""
    media: Media | None = None
    album: str = ""
    spot: Spot | None = None
    poll: Poll | None = None
    topic: str = ""
    shared: str = ""
    origin: str = ""
    late: bool = False
    answered: Heard | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited(Heard):
    """The message `ref` reads differently now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed(Happened):
    """The message, or the reaction, `ref` was taken away by `sender`."""

    ref: Ref
    sender: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacted(Happened):
    """Someone put emoji on a message or took them off; `mark` is what a `Removed` calls this reaction later."""

    ref: Ref
    sender: Person
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tapped(Happened):
    """Someone tapped a button under the message `ref`; `about` is the message which that one answers, where told."""

    ref: Ref
    sender: Person
    data: str
    tap: str
    private: bool = False
    about: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed(Happened):
    """What the bot is in a chat has changed: it came, went, or got other rights, by `by`'s doing."""

    chat: Chat
    by: Person
    title: str = ""
    kind: str = ""  # the network's own word: private, group, supergroup, channel, room
    member: bool = True
    rights: frozenset[Right] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned(Happened):
    """A message was pinned, or is pinned no more."""

    ref: Ref
    sender: Person
    on: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PollClosed(Happened):
    """A poll has ended; `poll.id` is the same as in its message. `ref` and `sender` where the network tells."""

    poll: Poll
    network: str
    ref: Ref | None = None
    sender: Person | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stirred(Happened):
    """Somebody came to a chat, left it, or calls themselves otherwise now."""

    chat: Chat
    sender: Person
    what: Literal["joined", "left", "renamed", "avatar"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedIn(Happened):
    """Somebody asks to be let in (Telegram's `chat_join_request`, a Matrix knock); `words`: what they wrote with it."""

    chat: Chat
    sender: Person
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Happened):
    """A group became another one: `old` is dead, its people go on in `new` (supergroup, upgraded room).

    `entered`: the bot is in the new one already; otherwise it could not get in, and someone has to let it in.
    """

    old: Chat
    new: Chat
    by: Person
    entered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited(Happened):
    """Someone asks the bot into a room; `reason` is what they wrote beside it; `direct`: to talk with it alone."""

    chat: Chat
    by: Person
    reason: str = ""
    direct: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable(Happened):
    """Something was said that the bot cannot read."""

    chat: Chat
    sender: Person
    why: Literal["encrypted"] = "encrypted"


# --- actions: what is to be done


class Voice(StrEnum):
    """Words that are nobody's personal data, which must be said explicitly."""

    BOT = "bot"
    TOWN_HALL = "town hall"


@dataclass(frozen=True, slots=True)
class Button:
    """What one can tap under a message: `data` comes back as `Tapped`, at most 64 bytes; or `url` is opened."""

    text: str
    data: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Words into a chat: whose they are, and the signature that the gate gave them."""

    chat: Chat
    html: str
    of: Person | Voice | None = None
    by: str = ""
    aside: bool = False  # the bot's own remark, which should not ring

    @property
    def shown(self) -> str:
        """The words under their signature, in the safe subset."""
        return f"<b>{escape(self.by, quote=False)}</b>: {self.html}" if self.by else self.html


@dataclass(frozen=True, slots=True, kw_only=True)
class Send(Said):
    """A new message.

    `copy_of`: the origin by which edits, answers and removals find it again. `part`: where one origin becomes several
    messages, which one this is. `to`: only this person sees it, in `chat` or else in private. `tap`: the tap that it
    answers; `instead`: the whisper that it replaces. `unasked`: nobody asked for it, so it is paid from the budget of
    the chat; the smaller the number, the sooner it goes.

    `media`: a file with `html` as its caption; `spot`: a point on the map, with `html` where the network can show both.
    `album`: sends of one author with the same name here belong together. `strand`: the topic or thread, elsewhere, that
    it comes from, and `topic` its title: the courier finds or opens its counterpart. `quote_of`: whose words `quote`
    are, where they are shown because there is nothing to answer.
    """

    reply_to: Ref | None = None
    quote: str = ""
    copy_of: Ref | None = None
    part: int = 0
    buttons: tuple[tuple[Button, ...], ...] = ()
    to: Person | None = None
    tap: str = ""
    instead: Ref | None = None
    unasked: int | None = None
    media: Media | None = None
    spot: Spot | None = None
    album: str = ""
    strand: Chat | None = None
    topic: str = ""
    quote_of: Person | None = None
    kind: Literal["send"] = "send"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit(Said):
    """`ref` is the origin, wherever the copy is. `form`: "" if the copy is text, else a `MediaKind` or "spot"."""

    ref: Ref
    part: int = 0
    buttons: tuple[tuple[Button, ...], ...] = ()
    form: str = ""
    kind: Literal["edit"] = "edit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """Take a message away, or leave `stub` where that is all the network allows. Carries nobody's words."""

    chat: Chat
    ref: Ref
    part: int = 0
    stub: str = "[…]"
    sent_at: datetime | None = None  # when the copy was made, where it is known
    form: str = ""  # what the copy is, as in `Edit`
    asked_by: Person | None = None  # who is told if it cannot be done
    many: bool = False  # it is one of many that were asked for at once: a failure is told once for all
    kind: Literal["remove"] = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class React:
    """The bot's reactions on a message shall be just these; with none, it takes its own away."""

    chat: Chat
    ref: Ref
    emoji: tuple[str, ...] = ()
    of: Person | Voice | None = None
    kind: Literal["react"] = "react"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """Show on `ref`'s copy what those who said yes hold on it; which emoji that is, is looked up when it leaves."""

    chat: Chat
    ref: Ref
    emoji: tuple[str, ...] = ()
    kind: Literal["mirror"] = "mirror"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreact:
    """Take away somebody's reaction `ref`, so that nobody sees who gave it (Matrix: redact the annotation)."""

    chat: Chat
    ref: Ref
    kind: Literal["unreact"] = "unreact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Keep a message in sight."""

    chat: Chat
    ref: Ref
    on: bool = True
    kind: Literal["pin"] = "pin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Toast:
    """Answer a tap with a short line that only the one who tapped sees; empty, the tap just ends."""

    chat: Chat
    tap: str
    text: str = ""
    kind: Literal["toast"] = "toast"


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Accept an invitation, or decline it."""

    chat: Chat
    accept: bool = True
    kind: Literal["join"] = "join"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Go out of a chat."""

    chat: Chat
    kind: Literal["leave"] = "leave"


# What moderators do about people, rather than messages: `Capabilities.acts` tells what a chat knows of it. Each may be
# done twice without harm, and is done where it is so already. Refused: "no-right", "is-admin", "not-there" (nobody, or
# no request, of that kind is there), "not-in-this-group" (the chat does not know it).


@dataclass(frozen=True, slots=True, kw_only=True)
class Restrict:
    """Somebody may not write ("mute"), not be in the chat ("ban"), or is neither muted nor banned any more ("free").

    `until`, aware and in UTC, None for ever: the network ends it then only where `Capabilities` say `forgets_mutes`;
    elsewhere whoever asked frees the person in time. Who was banned has to come back by themselves.
    """

    chat: Chat
    person: Person
    what: Literal["mute", "ban", "free"]
    until: datetime | None = None
    kind: Literal["restrict"] = "restrict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Nobody but those who administer the chat may write in it; off, all is as it was before."""

    chat: Chat
    on: bool
    kind: Literal["lock"] = "lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearReactions:
    """Take away the reactions that somebody gave in a chat, as far back as the network lets one; there is no way back.

    The bot hears nothing of it: what it mirrors of them elsewhere is the caller's to take away.
    """

    chat: Chat
    person: Person
    kind: Literal["clear"] = "clear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Admit:
    """Let somebody in who asked to be (`AskedIn`), or do not."""

    chat: Chat
    person: Person
    yes: bool
    kind: Literal["admit"] = "admit"


Act = Restrict | Lock | ClearReactions | Admit
Action = Send | Edit | Remove | React | Mirror | Unreact | Pin | Toast | Join | Leave | Act


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuItem:
    """A command as a network's menu shows it; `whispered`: what is typed stays between its author and the bot."""

    word: str
    text: str
    whispered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """The commands of one language, which a network may show while people type."""

    language: str
    items: tuple[MenuItem, ...] = field(default=())
