"""What may leave a chat, and under which name: nobody's words, name or reaction without their yes."""

from dataclasses import replace
from enum import StrEnum
from typing import TypeVar

from bridges.markup import escape, plain
from bridges.model import Chat, Person, Said, Send
from moderation.names import Reserved, defuse, imitates, shown_name

S = TypeVar("S", bound=Said)
# How far someone's words may go in a circle; whoever said nothing said no.
Choice = StrEnum("Choice", ["NO", "UNNAMED", "NAMED"])


def at_home(of: Person, chat: Chat, to: Person | None = None) -> bool:
    """Whether these words stay where their author is: in the same room or topic, or with the author alone."""
    if to is not None:
        return (to.id, to.chat.network) == (of.id, of.chat.network)
    return of.chat == chat


def sign(said: S, of: Person, choice: Choice, label: str, reserved: Reserved, *, again: bool = False) -> S | None:
    """The same, signed as its person chose; None where it has to stay.

    `label` stands for those who gave no name, and for a name that pretends to be the town hall, a role or the bot. The
    words cannot pretend that either; `again`: they are known not to.
    """
    if choice is Choice.NO:
        return None
    name = shown_name(of.name) if choice is Choice.NAMED else ""
    by = f"{name} · {of.chat.network.title()}" if name and not imitates(name, reserved) else label
    if again:
        return replace(said, of=of, by=by)
    signed = replace(said, of=of, by=by, html=defuse(said.html, reserved))
    if not isinstance(signed, Send):
        return signed
    quote, topic = (plain(defuse(escape(words), reserved)) if words else "" for words in (signed.quote, signed.topic))
    return replace(signed, quote=quote, topic=topic)
