"""What every bridge promises, what a chat can do, and the ways in which a bridge may fail."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from bridges.model import Action, Chat, Event, Menu, Ref, Right

# Takes a batch in the order in which it happened; when it returns, the batch is committed and may be confirmed.
Inbox = Callable[[Sequence[Event]], Awaitable[None]]
Fate = Enum("Fate", ["AGAIN", "UNKNOWN"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """At most `count` calls in `per`."""

    count: int
    per: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What can be done in a chat; asked before acting. Lengths are UTF-16 code units, as both networks' limits are."""

    text_length: int
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

    async def settle(self, action: Action, *, key: str, since: datetime) -> Ref | Fate:
        """What became of a call, first made at `since`, whose answer was lost: this message, do it again, unknown."""

    def capabilities(self, chat: Chat) -> Capabilities:
        """What can be done there; needs no network."""

    def whereabouts(self, person: str) -> list[Chat]:
        """The chats in which that person is known to be besides the bot, as far as the bridge knows by itself."""

    def link(self, *, start: str = "", group: str = "") -> str:
        """An address that opens the bot in private with a code, or adds it to a group; empty where there is none."""

    async def inspect(self, chat: Chat) -> Standing:
        """Ask the network what the bot is there."""

    async def offer(self, menus: Sequence[Menu]) -> None:
        """Show these commands while people type, where the network can."""

    async def close(self) -> None:
        """Let go of connections."""


class Cursor(Protocol):
    """What a bridge remembers across restarts, sealed: how far a stream was handled, a session."""

    async def load(self, name: str) -> str | None:
        """What was saved under a name."""

    async def save(self, name: str, value: str) -> None:
        """Keep it; returns when it is durable."""


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
