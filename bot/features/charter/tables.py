"""What is kept of charters: their wordings, who accepted which, how people come in, and who is asking to."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from secrets import token_hex

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel, col, select

from bot.feature import Context, Feature
from bot.store import Circle, Work, instant, now, personal
from bridges.markup import escape
from bridges.model import Chat, Person

feature = Feature("charter")

NEVER, OWN = -1, 0  # no version; the version that the bot brings along


class Charter(SQLModel, table=True):
    """A wording that a circle gave itself, from version 1 on; an empty one brings the bot's own back."""

    circle: int = Field(primary_key=True, foreign_key="circle.id")
    version: int = Field(primary_key=True)
    text: str
    at: datetime = instant(default_factory=now)


class Pledge(SQLModel, table=True):
    """Which version somebody was shown when they came, and which they accepted; `at`: when that was, the later one."""

    person: str = personal("charter", after="left", primary_key=True)
    circle: int = Field(primary_key=True, foreign_key="circle.id")
    shown: int = NEVER
    accepted: int = NEVER
    at: datetime = instant(default_factory=now, index=True)
    left: datetime | None = instant(default=None)


class Entrance(SQLModel, table=True):
    """How a circle lets in who asks: without a row, whoever accepts the charter, or who answers well."""

    circle: int = Field(primary_key=True, foreign_key="circle.id")
    asks: bool = True
    question: str = ""


class Applicant(SQLModel, table=True):
    """Somebody who asks to come in, until that is decided, a week at most; identity and answer are sealed."""

    __table_args__ = (UniqueConstraint("person", "network", "room"),)

    id: str = Field(default_factory=partial(token_hex, 4), primary_key=True)  # an old button must not mean somebody new
    person: str = personal("entry", index=True)
    identity: bytes = personal("entry")
    network: str
    room: str
    circle: int = Field(foreign_key="circle.id", index=True)
    accepted: bool = False
    answer: bytes | None = personal("entry", default=None)
    at: datetime = instant(default_factory=now, index=True)

    @property
    def chat(self) -> Chat:
        return Chat(self.network, self.room)


@dataclass(frozen=True, slots=True)
class InForce:
    """The charter of a circle as it is today; `words` are html."""

    version: int
    words: str


async def in_force(ctx: Context, circle: Circle, chat: Chat) -> InForce:
    """What holds in a circle: its own words or else the bot's, as they are to be read in a chat."""
    newest = select(Charter).where(Charter.circle == circle.id).order_by(col(Charter.version).desc()).limit(1)
    row = (await ctx.work.exec(newest)).first()
    there = speaking(ctx, circle)
    if row is None or not row.text:
        return InForce(row.version if row else OWN, there.text("charter-own", prefix=ctx.can(chat).prefix))
    return InForce(row.version, escape(row.text))


def speaking(ctx: Context, circle: Circle) -> Context:
    """The same in the language of a circle, wherever it is said."""
    return replace(ctx, language=circle.language or ctx.world.settings.language)


async def pledge_of(work: Work, person: Person, circle: Circle) -> Pledge:
    """What is noted of somebody in a circle; a new row is not added yet."""
    assert circle.id is not None
    found = await work.get(Pledge, (work.hash(person), circle.id))
    return found or Pledge(person=work.hash(person), circle=circle.id)
