"""What happens outside the chats, or inside the bot: the clock, a circle that changes, words that never arrived."""

from dataclasses import dataclass
from datetime import datetime

from bridges.model import Action, Chat, Heard, Person
from moderation.judgement import Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A scheduled moment has come."""

    name: str
    at: datetime

    @property
    def key(self) -> str:
        return f"tick {self.name} {self.at.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """Something inside the bot: it is part of the event that caused it, in the same transaction."""

    at: datetime
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CircleChanged(Within):
    """A chat joined a circle, or left it."""

    circle: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanished(Within):
    """The bot is no longer in this chat, or was told to leave its circle."""

    chat: Chat


@dataclass(frozen=True, slots=True, kw_only=True)
class Empowered(Within):
    """The bot has all the rights that it asked for in this chat."""

    chat: Chat


@dataclass(frozen=True, slots=True, kw_only=True)
class Barred(Within):
    """A chat takes nothing from the bot any more, and what is meant for it waits; `why` is the key of a text."""

    chat: Chat
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered(Within):
    """An action can never succeed; `why` is the key that the bridge gave (`refused-...` in the texts)."""

    action: Action
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged(Within):
    """The checks have something to say about these words; what was to be held is held already."""

    said: Heard
    judgement: Judgement
    circle: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten(Within):
    """Somebody asked to be forgotten: their decisions are over; what a feature keeps of them has to go now.

    Rows that hold their hash in a `personal` column are deleted right after, whatever the features do.
    """

    person: Person
