"""What every bridge promises, what a chat can do, and the ways in which a bridge may fail."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Protocol

from bridges.model import Action, Chat, Event, Media, MediaKind, Menu, Ref, Right, Send

# Takes a batch in the order in which it happened; when it returns, the batch is committed and may be confirmed.
Inbox = Callable[[Sequence[Event]], Awaitable[None]]
Fate = Enum("Fate", ["AGAIN", "UNKNOWN"])
# What can be done about people: `Restrict` by its `what`, else an action's `kind`.
ACTS = frozenset({"mute", "ban", "free", "lock", "clear", "admit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """At most `count` calls in `per`; `leaky`: a bucket that holds so many, and runs empty in that time."""

    count: int
    per: timedelta
    leaky: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What can be done in a chat; asked before acting. Lengths are UTF-16 code units, as both networks' limits are."""

    text_length: int
    caption_length: int = 1024
    entities: int | None = None  # None: no bound
    prefix: str = "/"  # how a command begins
    buttons: bool = False
    whispers: bool = False  # a message in the chat that one member alone sees
    reactions: frozenset[str] | None = None  # those that the bot may give; None: any
    reactions_per_message: int | None = None
    remove_within: timedelta | None = None  # None: at any time
    keeps_old_text: bool = False  # an edit leaves what was there before in the history
    direct: bool = False  # the bot may open a conversation with a person
    wants: tuple[Right, ...] = ()  # the rights without which something is missing there
    paces: tuple[Pace, ...] = ()  # per chat
    pace_of_all: tuple[Pace, ...] = ()
    counts: frozenset[str] = frozenset({"send", "edit"})  # the kinds of action that these limits count
    albums: int = 1  # how many files one call of `together` may send
    uploads: int | None = None  # the largest file in bytes
    spots_with_text: bool = False  # a point on the map can carry words
    threads: bool = False  # a message may open a thread: topics of a group that is linked as a whole become threads
    repeats: bool = False  # the same key acts once, so several rows of a lane may be claimed at a time
    numbered: bool = False  # ids of messages run by one: `settle` can look for what was sent
    acts: frozenset[str] = frozenset()  # those of ACTS that the chat knows
    undone: frozenset[str] = frozenset({"mute", "lock"})  # whose inverse leaves all as it was before
    forgets_mutes: bool = False  # the network itself ends a mute or a ban when its time is over


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the bot is in a chat, asked of the network at this moment."""

    title: str
    kind: str
    member: bool
    rights: frozenset[Right]
    encrypted: bool = False


class Bridge(Protocol):
    """A network: a source of events and a place where actions are carried out; it fails with errors of this file.

    `address` is how people find the bot there (`@name`, `@palier:example.org`), known once `run` has begun. `odd`
    counts what could not be understood, by kind. `link(...)` helps people in one tap where the network has such links.
    """

    name: str
    address: str
    odd: Counter[str]

    async def run(self, inbox: Inbox) -> None:
        """Deliver events for ever; a batch counts as delivered when `inbox` has returned.

        After `TryLater` it may be run again; after `Stopped` only a human can help.
        """

    async def do(self, action: Action, *, key: str) -> Ref | None:
        """Carry out one action, and tell which message it made or changed; the same key acts once, where possible."""

    async def together(self, sends: Sequence[Send], *, key: str) -> list[Ref]:
        """Carry out the sends of one album, all with `media`, in order: one `Ref` each."""

    async def settle(self, action: Action, *, key: str, since: datetime, ids: Sequence[str] = ()) -> Ref | Fate:
        """What became of a call, first made at `since`, whose answer was lost: this message, do it again, unknown.

        `ids`: where `capabilities` say `numbered`, messages that may be it: they came after the last one known before
        the call, and nobody is known to have written them. None of them being ours, it was not sent.
        """

    def fetch(self, source: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The bytes of a `Media` of this network, piece by piece, decrypted. Raises TryLater, Refused("gone")."""

    async def recall(self, ref: Ref) -> str | None:
        """What a message says by now, in the safe subset; None where it is gone or the network does not tell."""

    async def stands(self, ref: Ref) -> bool | None:
        """Whether a message is still there; None where it cannot be known. Raises TryLater, Stopped."""

    def capabilities(self, chat: Chat) -> Capabilities:
        """What can be done there; needs no network."""

    def whereabouts(self, person: str) -> list[Chat]:
        """The chats in which that person is known to be besides the bot, as far as the bridge knows by itself."""

    def link(self, *, start: str = "", group: str = "") -> str:
        """An address that opens the bot in private with a code, or adds it to a group; empty where there is none."""

    async def inspect(self, chat: Chat) -> Standing:
        """Ask the network what the bot is there."""

    async def receive(self, inbox: Inbox, headers: Mapping[str, str], body: bytes) -> int:
        """A call of the network to this program (a webhook); returns the HTTP status of the answer.

        200 only when `inbox` has returned; 401 where the secret is wrong; 404 where this bridge takes none.
        """

    async def offer(self, menus: Sequence[Menu]) -> None:
        """Show these commands while people type, where the network can."""

    async def close(self) -> None:
        """Let go of connections."""


class Cursor(Protocol):
    """What a bridge remembers across restarts, sealed: how far a stream was handled, a session, keys."""

    async def load(self, name: str) -> str | None:
        """What was saved under a name."""

    async def load_all(self, prefix: str) -> dict[str, str]:
        """Everything under names that begin so."""

    async def save(self, name: str, value: str) -> None:
        """Keep it; returns when it is durable."""

    async def save_all(self, values: Mapping[str, str | None]) -> None:
        """Keep all of these, or none, and forget those that are None; returns when it is durable."""


class File(Protocol):
    """A file at hand: `type` and `name` are those of what `path` holds by now, after a conversion; `size` in bytes."""

    path: Path
    kind: MediaKind
    name: str
    type: str
    size: int
    width: int
    height: int
    seconds: float


class Depot(Protocol):
    """Brings a file from the network where it is to the one where it goes (`bridges.depot`)."""

    def bring(
        self, media: Media, *, largest: int | None, accepts: Callable[[MediaKind, str], bool]
    ) -> AbstractAsyncContextManager[File]:
        """Fetch, take out what tells of the person who made it, convert to what is accepted; deleted at the end.

        `accepts(kind, type)`: whether the network takes this as this. What cannot be made so becomes a FILE. Raises
        Refused("too-large"), Refused("gone"), TryLater.
        """


class BridgeError(Exception):
    """The network did not do what was asked."""


class TryLater(BridgeError):
    """It was certainly not done, or twice is the same as once; it may work after a while.

    `after` is what the network asked for; None leaves the pause, which grows, to the caller. `everywhere`: the whole
    network is meant, not this chat alone.
    """

    def __init__(self, after: timedelta | None = None, *, everywhere: bool = False) -> None:
        super().__init__(f"try again in {after}" if after else "try again later")
        self.after, self.everywhere = after, everywhere


class Doubtful(TryLater):
    """The call went out and no answer came: it may have been done."""


class Shut(TryLater):
    """The chat takes nothing from the bot by now: it was put out, may not write, or the topic is closed.

    What is meant for the chat waits, and an ambassador is told; `why` is a text key as in `Refused`.
    """

    def __init__(self, why: str, after: timedelta | None = None) -> None:
        super().__init__(after)
        self.why = why


class Refused(BridgeError):
    """It will never work. `why` is a key for people (see `bot/texts`, `refused-...`), never the network's prose."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Stopped(BridgeError):
    """The bridge as a whole cannot go on without a human: a revoked token, a second poller. `why` is a text key."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
