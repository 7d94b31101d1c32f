"""What one call carries: an action, several texts as one message, or the files of an album."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

from bot.courier.pace import Call
from bot.courier.row import Row
from bot.store import Copy, State
from bridges import markup
from bridges.model import Action, Ref, Said, Send
from bridges.port import Capabilities

APART = "apart"  # why an album is sent file by file
HEAD = 40  # units left free for the names that a merged message repeats


@dataclass(slots=True)
class Parcel:
    """Rows that one call carries, and what each asks for; `action` is what is really called.

    `copies`: what is known of the message that an edit or a removal is about. `ids`: messages that a doubtful send may
    be. `gone`: rows that were taken back while nobody knew whether they had arrived. `settled`: that is known by now.
    `version`: what was decided when it was claimed (`Work.version`).
    """

    rows: list[Row]
    actions: list[Action]
    how: Literal["single", "merged", "album"] = "single"
    doubtful: bool = False
    copies: Sequence[Copy] = ()
    ids: tuple[str, ...] = ()
    gone: set[int | None] = field(default_factory=set)
    settled: bool = False
    version: object = None
    calls: list[Call] = field(default_factory=list)

    @property
    def key(self) -> str:
        """By which the network knows the call."""
        return self.rows[0].key

    @property
    def network(self) -> str:
        return self.rows[0].network

    @property
    def action(self) -> Action:
        """The one action of a call that is no album."""
        if self.how == "merged":
            there = [one for row, one in zip(self.rows, self.actions, strict=True) if row.id not in self.gone]
            return together(there or self.actions)
        return self.actions[0]

    @property
    def weight(self) -> int:
        """How many calls a network counts this as."""
        return len(self.rows) if self.how == "album" else 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call went: what to write, and how long to wait before the next try. One ref for each row, if any."""

    state: State
    refs: tuple[Ref | None, ...] = ()
    wait: timedelta = timedelta(0)
    why: str = ""


def together(actions: Sequence[Action]) -> Send:
    """Several texts as one, each under its author's name; it answers what the first one answers."""
    sends = [action for action in actions if isinstance(action, Send)]
    return replace(sends[0], html=joined(sends), by="")


def joined(said: Sequence[Said]) -> str:
    """One below the other, each under its name."""
    return "\n".join(one.shown for one in said)


def joins(send: Action) -> bool:
    """Whether this may share a message with others: words of somebody, and nothing but words."""
    if not (isinstance(send, Send) and send.copy_of and send.by):
        return False
    return not (send.media or send.spot or send.buttons or send.to or send.instead or send.tap)


def fits(sends: Sequence[Send], can: Capabilities) -> bool:
    """Whether so many texts are one message for this network."""
    html = joined(sends)
    if markup.length(html) + HEAD > can.text_length:
        return False
    return can.entities is None or markup.entity_count(html) <= can.entities
