"""How a feature says what it does: commands, listeners, taps, moments, answers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from markupsafe import Markup
from sqlmodel import col, select

from bot.config import Settings
from bot.store import Circle, Mandate, Work, now
from bot.texts import Texts
from bridges.model import Button, Chat, Edited, Event, Heard, Message, Person, Ref, Said, Send, Tapped, Toast, Voice
from bridges.port import Bridge, Capabilities

Keyboard = tuple[tuple[Button, ...], ...]


class Role(StrEnum):
    """Who may do what; each is given by a link."""

    OPERATOR = "operator"
    PUBLISHER = "publisher"
    APPROVER = "approver"
    AMBASSADOR = "ambassador"
    MODERATOR = "moderator"


STAFF = frozenset(Role)
HOSTS = frozenset({Role.OPERATOR, Role.PUBLISHER, Role.AMBASSADOR})


@dataclass(frozen=True, slots=True)
class Choices:
    """What does this person's decision look like in this circle?"""

    person: Person
    circle: int


@dataclass(frozen=True, slots=True)
class ThisWeek:
    """These days' news for a chat."""

    chat: Chat


Question = Choices | ThisWeek  # what one feature would like to know from the others


class Lately:
    """Messages that somebody is being asked about: in memory, for an hour, since nothing is stored before a yes."""

    HOLDS, FOR = 500, timedelta(hours=1)

    def __init__(self) -> None:
        self._messages: OrderedDict[str, Message] = OrderedDict()

    def keep(self, person: str, message: Message) -> None:
        """Hold a message until its author has decided."""
        self._messages.pop(person, None)
        self._messages[person] = message
        while self._messages:
            oldest = next(iter(self._messages))
            if len(self._messages) <= self.HOLDS and message.at - self._messages[oldest].at < self.FOR:
                break
            del self._messages[oldest]

    def change(self, ref: Ref, html: str | None) -> None:
        """Its author made it read differently, or (None) took it away."""
        for person, message in list(self._messages.items()):
            if message.ref == ref:
                self._messages.pop(person)
                if html is not None:
                    self._messages[person] = replace(message, html=html)

    def take(self, person: str, at: datetime) -> Message | None:
        """What was held for someone, if that is not too long ago; it is held no longer."""
        message = self._messages.pop(person, None)
        return message if message and at - message.at < self.FOR else None


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is the same for every event: the composition root fills it once."""

    settings: Settings
    texts: Texts
    features: Sequence[Feature]
    bridges: Mapping[str, Bridge]
    route: Callable[[Context], Awaitable[None]]
    lately: Lately = field(default_factory=Lately)


@dataclass(slots=True)
class Context:
    """Everything a handler may use."""

    event: Any
    work: Work
    world: World
    language: str

    @property
    def heard(self) -> Message:
        """The message that a command answers to."""
        assert isinstance(self.event, Message)
        return self.event

    @property
    def tapped(self) -> Tapped:
        """The tap that a button's handler answers to."""
        assert isinstance(self.event, Tapped)
        return self.event

    @property
    def sender(self) -> Person:
        """Whoever wrote or tapped."""
        who = self.event.sender
        assert isinstance(who, Person)
        return who

    @property
    def home(self) -> Chat:
        """The chat in which it happened."""
        here = self.event.ref.chat
        assert isinstance(here, Chat)
        return here

    def text(self, key: str, **args: object) -> str:
        """A text in the language of the chat."""
        return self.world.texts.say(self.language, key, **args)

    def can(self, chat: Chat) -> Capabilities:
        """What can be done in a chat."""
        return self.world.bridges[chat.network].capabilities(chat)

    async def in_language_of(self, chat: Chat) -> Context:
        """The same, speaking another chat's language."""
        return replace(self, language=await language_of(self.work, self.world, chat))

    async def may(self, command: Command, circle: Circle | None) -> bool:
        """Whether whoever wrote holds a role that opens this command, here."""
        if not command.roles:
            return True
        return bool(command.roles & await self.roles(circle))

    async def roles(self, circle: Circle | None) -> frozenset[Role]:
        """The roles of whoever wrote, as far as they hold in a circle; without a circle, those held anywhere."""
        held = await self.work.mandates(self.sender)
        scopes = {"", circle.commune, f"{circle.commune}/{circle.neighbourhood}"} if circle else None
        return frozenset(Role(m.role) for m in held if scopes is None or m.scope in scopes)

    async def looks_after(self, roles: frozenset[Role]) -> list[Circle]:
        """The circles in which whoever wrote holds one of these roles: in a chat its own, in private all of them."""
        here = await self.work.circle(self.home)
        if here or not getattr(self.event, "private", False):
            return [here] if here and roles & await self.roles(here) else []
        everywhere = await self.work.exec(select(Circle).order_by(Circle.name, col(Circle.id)))
        return [circle for circle in everywhere.all() if roles & await self.roles(circle)]

    async def staff(self, circle: Circle, roles: frozenset[Role]) -> list[Person]:
        """Everybody who holds one of these roles in a circle today and can be told something, each in private."""
        scopes, found = {"", circle.commune, f"{circle.commune}/{circle.neighbourhood}"}, {}
        for mandate in await self.work.exec(select(Mandate).order_by(Mandate.person, Mandate.role)):
            over = mandate.until is not None and mandate.until <= now()
            if mandate.role in roles and mandate.scope in scopes and mandate.identity and not over:
                network, id_ = self.work.seal.open(mandate.identity).split(" ", 1)
                if network in self.world.bridges:
                    found[mandate.person] = Person(id_, Chat(network, id_))
        return list(found.values())

    async def say(
        self, chat: Chat, key: str, *, of: Person | Voice = Voice.BOT, reply_to: Ref | None = None, **args: object
    ) -> None:
        """Say one of the bot's texts in a chat; `of` where it holds somebody's words."""
        there = await self.in_language_of(chat)
        await self.work.do(Send(chat=chat, html=there.text(key, **args), of=of, aside=True, reply_to=reply_to))

    async def reply(self, key: str, *, buttons: Keyboard = (), **args: object) -> None:
        """Answer where it was asked; in a group what was whispered is answered by a whisper."""
        await self.answer(self.text(key, **args), buttons=buttons)

    async def answer(self, html: str, *, buttons: Keyboard = ()) -> None:
        """The same with words that are made already."""
        event: Heard | Tapped = self.event
        to = event.sender if isinstance(event, Heard) and event.whispered else None
        reply_to = event.ref if isinstance(event, Heard) else None
        await self.work.do(
            Send(chat=self.home, html=html, of=Voice.BOT, reply_to=reply_to, aside=True, to=to, buttons=buttons)
        )

    async def whisper(
        self, key: str, *, to: Person | None = None, buttons: Keyboard = (), reply_to: Ref | None = None, **args: object
    ) -> None:
        """Tell one person alone: in the group if the network can, else in private."""
        who = to or self.sender
        if to is None and getattr(self.event, "private", False):
            await self.answer(self.text(key, **args), buttons=buttons)
            return
        tap, instead = "", None
        if isinstance(self.event, Tapped) and to is None:
            tap = self.event.tap
            instead = self.event.ref if self.event.ref.id.startswith("e") else None
        if isinstance(self.event, Message) and self.event.whispered and to is None:
            reply_to = self.event.ref
        send = Send(chat=who.chat, html=self.text(key, **args), of=who, to=who, aside=True, buttons=buttons, tap=tap)
        await self.work.do(replace(send, instead=instead, reply_to=reply_to))

    async def toast(self, key: str = "", **args: object) -> None:
        """End a tap, with a line that only the one who tapped sees."""
        tapped = self.tapped
        words = Markup(self.text(key, **args)).striptags() if key else ""  # noqa: S704 - a toast shows plain text
        await self.work.do(Toast(chat=tapped.ref.chat, tap=tapped.tap, text=words))

    async def tell(self, event: Event) -> None:
        """Let every feature know of something, now and in the same transaction."""
        await self.world.route(replace(self, event=event))

    async def ask(self, question: Question) -> list[Said]:
        """What the features know, as far as the gate lets it into the chat that it is asked for."""
        calls = [call for feature in self.world.features if (call := feature.answers.get(type(question)))]
        lines = [line for call in calls for line in await call(self, question)]
        return [passed for line in lines if (passed := await self.work.admit(line))]


async def language_of(work: Work, world: World, chat: Chat) -> str:
    """The language that the bot speaks in a chat."""
    circle = await work.circle(chat)
    return (circle.language if circle else "") or world.settings.language


E = TypeVar("E", bound=Event)
Q = TypeVar("Q", Choices, ThisWeek)
F = TypeVar("F", bound=Callable[..., Any])
Ordered = Callable[[Context, str], Awaitable[None]]
Listener = Callable[[Context, E], Awaitable[None]]
Moment = Callable[[Context, datetime], Awaitable[None]]
Answer = Callable[[Context, Q], Awaitable[list[Said]]]


@dataclass(frozen=True, slots=True)
class Command:
    """In each language, `command-NAME` holds the words that people type, `command-NAME-help` what it does.

    `private`: what is typed and answered stays between that person and the bot, wherever the network can do that.
    """

    name: str
    roles: frozenset[Role]
    call: Ordered
    private: bool = False


@dataclass(slots=True)
class Feature:
    """One thing the bot can do, in one file."""

    name: str
    commands: list[Command] = field(default_factory=list)
    listeners: list[tuple[type[Any], Listener[Any]]] = field(default_factory=list)
    taps: dict[str, Ordered] = field(default_factory=dict)
    moments: dict[str, tuple[str, Moment]] = field(default_factory=dict)
    answers: dict[type[Any], Answer[Any]] = field(default_factory=dict)

    def command(self, name: str, *, roles: frozenset[Role] = frozenset(), private: bool = False) -> Deco[Ordered]:
        """Called with the words behind the command."""
        return noting(lambda call: self.commands.append(Command(name, roles, call, private)))

    def on(self, kind: type[E]) -> Deco[Listener[E]]:
        """Called for each event of a kind that is no command."""
        return noting(lambda call: self.listeners.append((kind, call)))

    def tap(self, verb: str) -> Deco[Ordered]:
        """Called for a button made by `button(verb, ...)`, with what stands behind the verb."""
        return noting(lambda call: self.taps.update({f"{self.name}:{verb}": call}))

    def button(self, text: str, verb: str, rest: str = "") -> Button:
        """A button that comes back to this feature."""
        return Button(text, data=f"{self.name}:{verb}:{rest}")

    def every(self, cron: str) -> Deco[Moment]:
        """Called when a crontab line (in the installation's time zone) says so."""
        return noting(lambda call: self.moments.update({f"{self.name}.{call.__name__}": (cron, call)}))

    def knows(self, kind: type[Q]) -> Deco[Answer[Q]]:
        """Called when another feature asks this kind of question."""
        return noting(lambda call: self.answers.update({kind: call}))


Deco = Callable[[F], F]


def noting(note: Callable[[Any], None]) -> Callable[[F], F]:
    """A decorator that notes a function and leaves it as it is."""

    def decorate(call: F) -> F:
        note(call)
        return call

    return decorate


__all__ = ["HOSTS", "STAFF", "Choices", "Command", "Context", "Edited", "Feature", "Role", "ThisWeek", "World"]
