"""The tables that every feature shares; a column of personal data says what for and how long, where it is declared."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Enum, Index, Integer, TypeDecorator, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from bot.gate import Choice
from bot.purposes import PURPOSES, keyed, personal
from bridges.model import Chat, Person, Ref


class Moment(TypeDecorator[datetime]):
    """An instant: aware and in UTC in Python, on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("an instant without a time zone")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo:
            return value.astimezone(UTC) if value else None
        return value.replace(tzinfo=UTC)


BIG = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only where the type is INTEGER


AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)  # whatever the clock will say


def now() -> datetime:
    return datetime.now(UTC)


def instant(**more: Any) -> Any:
    """A column for a moment in time."""
    return Field(sa_type=Moment, **more)


def word(kind: type[StrEnum], default: StrEnum, **more: Any) -> Any:
    """A column for one of a few words, kept as text on every database."""
    return Field(sa_type=Enum(kind, native_enum=False, length=16), default=default, **more)


# Only a crash or a lost answer leaves an action in `sending`; `dropped`: by now it is not to be done; `held`: a human
# is to look at it first.
State = StrEnum("State", ["WAITING", "SENDING", "DONE", "DROPPED", "DEAD", "HELD"])
OPEN = (State.WAITING, State.SENDING)
TO_COME = (*OPEN, State.HELD)
IS_OPEN = text("state IN ('WAITING', 'SENDING')")


class Outgoing(SQLModel, table=True):
    """An action on its way: the transactional outbox.

    A lane keeps its order; a row of a `~` lane waits until the lane before the sign is empty. The payload is sealed,
    and wiped two days after it was delivered. `bundle`: the rows that one call carries share it. `worker`: which one
    claimed it last. `before`: the newest message that was known in the room when it was first claimed.
    """

    __table_args__ = (
        Index("outgoing_lanes", "lane", "id", sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
        Index("outgoing_origin", "origin", "place"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    key: str = Field(unique=True)
    lane: str = keyed()
    network: str
    place: str = keyed()  # a private chat is named after its person
    room: str = keyed(default="")  # the same without the thread: what a network's limits count by
    kind: str
    album: str = keyed(default="")
    bundle: str = ""
    worker: int = Field(default=0, sa_type=BIG)
    before: int = Field(default=0, sa_type=BIG)
    payload: bytes | None = personal("text", default=None)
    of: str = personal("text", default="", index=True)
    origin: str = ""
    part: int = 0
    unasked: int | None = None
    state: State = word(State, State.WAITING)
    not_before: datetime = instant(default=AT_ONCE)
    made: datetime = instant(default_factory=now)
    first_try: datetime | None = instant(default=None)
    tries: int = 0
    called: datetime | None = instant(default=None, index=True)
    done: datetime | None = instant(default=None, index=True)
    why: str = ""


class Copy(SQLModel, table=True):
    """Which message elsewhere is the copy of which, and whose words it holds; the map is kept for 30 days.

    Several origins may share a message; `nth` is their order in it. `form`: what it is, if not text (`model.Edit`).
    """

    __table_args__ = (Index("copy_message", "network", "room", "id"),)

    origin: str = Field(primary_key=True)
    network: str = Field(primary_key=True)
    room: str = Field(primary_key=True)
    thread: str = Field(primary_key=True, default="")
    part: int = Field(primary_key=True, default=0)
    id: str
    nth: int = 0
    form: str = ""
    of: str = personal("relay", default="", index=True)
    made: datetime = instant(default_factory=now, index=True)


class Strand(SQLModel, table=True):
    """Which thread of one room is the counterpart of which topic or thread of another."""

    __table_args__ = (Index("strand_other", "other_network", "other_room", "other_thread"),)

    network: str = Field(primary_key=True)
    room: str = Field(primary_key=True)
    thread: str = Field(primary_key=True)
    other_network: str = Field(primary_key=True)
    other_room: str = Field(primary_key=True)
    other_thread: str


class Sighting(SQLModel, table=True):
    """That a message of this number is there, where numbers run by one: not whose it is, nor what it says."""

    network: str = Field(primary_key=True)
    room: str = keyed(primary_key=True)  # a private chat is named after its person
    id: int = Field(primary_key=True, sa_type=BIG)
    at: datetime = instant(default_factory=now, index=True)


class Ballot(SQLModel, table=True):
    """Which message holds the poll that a network will tell the end of."""

    network: str = Field(primary_key=True)
    poll: str = Field(primary_key=True)
    origin: str
    at: datetime = instant(default_factory=now, index=True)


class Circle(SQLModel, table=True):
    """Chats that hear one another."""

    __table_args__ = (UniqueConstraint("commune", "neighbourhood", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    commune: str
    neighbourhood: str
    name: str
    language: str = ""


class Room(SQLModel, table=True):
    """A group that the bot is or was in; linked to a circle, or still unclaimed."""

    network: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    title: str = ""
    kind: str = ""
    member: bool = True
    rights: str = ""
    came: datetime = instant(default_factory=now)
    warned: datetime | None = instant(default=None)
    noted: str = ""  # things that were said there once, and need not be said again


class Linked(SQLModel, table=True):
    """Which chats make up a circle."""

    network: str = Field(primary_key=True)
    room: str = Field(primary_key=True)
    thread: str = Field(primary_key=True, default="")
    circle: int = Field(foreign_key="circle.id", index=True)
    since: datetime = instant(default_factory=now)

    @property
    def chat(self) -> Chat:
        return Chat(self.network, self.room, self.thread)


class Consent(SQLModel, table=True):
    """What someone decided about their words in a circle; the number stands for those without a name."""

    __table_args__ = (UniqueConstraint("person", "circle"), UniqueConstraint("circle", "number"))

    id: int | None = Field(default=None, primary_key=True)
    person: str = personal("consent", index=True)
    circle: int = Field(foreign_key="circle.id")
    number: int
    choice: Choice = word(Choice, Choice.NO)
    media: bool | None = None  # whether files may leave too; None: not asked yet
    name: bytes | None = personal("name", default=None)
    changed: datetime = instant(default_factory=now)
    version: int = PURPOSES["relay"].version  # of what was asked; a new one asks again
    left: datetime | None = instant(default=None)  # since when they are out of the chat, where the network tells


class Receipt(SQLModel, table=True):
    """Proof of what was decided, on which wording (GDPR article 7(1))."""

    id: int | None = Field(default=None, primary_key=True)
    person: str = personal("receipt", index=True)
    identity: bytes = personal("receipt")
    circle: int
    purpose: str
    choice: str
    wording: str  # its version and hash
    at: datetime = instant(default_factory=now, index=True)


class Asked(SQLModel, table=True):
    """Who was already asked, so that nobody is asked twice, and the 🙊 comes at most weekly."""

    person: str = personal("consent", after="at", primary_key=True)
    circle: int = Field(primary_key=True)
    version: int = PURPOSES["relay"].version
    at: datetime = instant(default_factory=now)


class Mandate(SQLModel, table=True):
    """Who holds which role where; the scope is "" for everywhere, a commune, or a commune/neighbourhood."""

    person: str = personal("mandate", after="until", primary_key=True)
    role: str = Field(primary_key=True)
    scope: str = Field(primary_key=True)
    identity: bytes | None = personal("mandate", default=None)
    since: datetime = instant(default_factory=now)
    until: datetime | None = instant(default=None)


class Sanction(SQLModel, table=True):
    """What holds for somebody in a circle until it is lifted or ends; a lock holds for the circle, and nobody's name.

    Several may hold at once; what the networks are told is made of all of them. `act` is the entry of the log.
    """

    act: int = Field(primary_key=True, sa_type=BIG)
    circle: int = Field(foreign_key="circle.id", index=True)
    person: str = personal("sanction", default="", index=True)
    identity: bytes | None = personal("sanction", default=None)
    what: str  # mute, ban, lock
    until: datetime | None = instant(default=None, index=True)


class Invitation(SQLModel, table=True):
    """A code that gives a role, or links a chat to a circle; only its hash is kept."""

    code: str = keyed(primary_key=True)
    purpose: str  # a role, or "link"
    scope: str = ""
    circle: int | None = None
    by: str = personal("mandate", keep_days=30, default="")
    until: datetime = instant(index=True)
    used: datetime | None = instant(default=None)


class Member(SQLModel, table=True):
    """Since when someone is known in a circle, as long as it matters whether they are new there.

    `arrived`: they were seen to come; `messages` stops at the number after which nobody is new any more.
    """

    person: str = personal("newcomer", after="left", primary_key=True)
    circle: int = Field(primary_key=True)
    since: datetime = instant(default_factory=now)
    messages: int = 0
    arrived: bool = False
    left: datetime | None = instant(default=None, index=True)


class Layer(SQLModel, table=True):
    """What moderators changed of the policy, as JSON; the scope is "" or COMMUNE, COMMUNE/NEIGHBOURHOOD or circle N."""

    scope: str = Field(primary_key=True)
    changes: str
    changed: datetime = instant(default_factory=now)


class Reaction(SQLModel, table=True):
    """Who holds which emoji on a message, by hash; kept as long as the map of copies."""

    __table_args__ = (UniqueConstraint("origin", "person", "emoji"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    origin: str = Field(index=True)
    person: str = personal("reaction", after="at", index=True)
    home: str  # the chat in which it was given
    emoji: str
    mark: str = Field(default="", index=True)
    at: datetime = instant(default_factory=now, index=True)


class Seen(SQLModel, table=True):
    """Events already handled: the same news twice is told once. A key may name somebody, so it is hashed."""

    key: str = keyed(primary_key=True)
    at: datetime = instant(default_factory=now, index=True)


class Remembered(SQLModel, table=True):
    """What a bridge keeps across restarts, sealed."""

    name: str = Field(primary_key=True)
    value: bytes


class DayCount(SQLModel, table=True):
    """How much of what happened in a chat on a day; persons do not appear."""

    day: date = Field(primary_key=True)
    place: str = keyed(primary_key=True)
    what: str = Field(primary_key=True)
    count: int = 0


def where(ref: Ref) -> str:
    """A message's name in the tables: ids are unique in a room, whatever the thread."""
    return f"{ref.chat.network}|{ref.chat.id}|{ref.id}"


def place(chat: Chat) -> str:
    """A chat's name in the tables."""
    return f"{chat.network}|{chat.id}|{chat.thread}"


def who(person: Person) -> tuple[str, str]:
    """What a person's keyed hash is made of."""
    return person.chat.network, person.id
