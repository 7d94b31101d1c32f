"""Cases, who reported, what was done and what is asked against it; a log to which rows are only added."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from bot.features.cases.base import EXCERPT
from bot.features.cases.ladder import What
from bot.purposes import personal
from bot.store.tables import BIG, instant, now, word
from bridges.model import Chat

Kind = StrEnum("Kind", ["HELD", "REPORTED", "ACTED"])
Outcome = StrEnum("Outcome", ["OPEN", "PASSED", "ACTED", "WITHDRAWN", "EXPIRED"])
Verdict = StrEnum("Verdict", ["OPEN", "UPHELD", "LIFTED"])
IS_OPEN = text("outcome = 'OPEN'")


class Desk(SQLModel, table=True):
    """The chat of moderators of a commune, or of a neighbourhood (`commune/neighbourhood`)."""

    scope: str = Field(primary_key=True)
    network: str
    room: str
    thread: str = ""

    @property
    def chat(self) -> Chat:
        return Chat(self.network, self.room, self.thread)


class Case(SQLModel, table=True):
    """Something that moderators look at, or did; after six months only what can be counted is left.

    `subject` is whose words they are and where they stand (`Matter`), `excerpt` what they say and what was found.
    `nth`: the how manieth person of the month in this circle, so that people can be counted when nobody is known.
    """

    __tablename__ = "moderation_case"
    __table_args__ = (Index("case_open", "origin", unique=True, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),)

    id: int | None = Field(default=None, primary_key=True)
    circle: int = Field(foreign_key="circle.id", index=True)
    kind: Kind = word(Kind, Kind.ACTED)
    outcome: Outcome = word(Outcome, Outcome.OPEN)
    origin: str = ""
    person: str = personal("report", stays=True, default="", index=True)
    subject: bytes | None = personal("report", after="closed", stays=True, shown=False, default=None)
    excerpt: bytes | None = personal("report", keep_days=EXCERPT, after="closed", stays=True, default=None)
    ground: str = ""  # a check, "reported" or "charter"
    checks: str = ""
    proposed: str = ""
    policy: str = ""
    reports: int = 0
    nth: int = 0
    opened: datetime = instant(default_factory=now, index=True)
    closed: datetime | None = instant(default=None, index=True)


class Report(SQLModel, table=True):
    """Who reported; who that is, is known sealed until they are told the outcome."""

    case: int = Field(primary_key=True, foreign_key="moderation_case.id")
    person: str = personal("report", primary_key=True)
    identity: bytes | None = personal("report", keep_days=0, default=None)
    at: datetime = instant(default_factory=now, index=True)


class Act(SQLModel, table=True):
    """One thing that was done. A row is never changed, but for what time takes away; undoing is a row of its own.

    `facts`: the excerpt, `words`: the moderator's reason. `automated`: found by a machine; who decided is always a
    person (`by`). `source`: what brought it up.
    """

    __tablename__ = "moderation_act"

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    case: int = Field(foreign_key="moderation_case.id", index=True)
    circle: int = Field(foreign_key="circle.id")
    what: What = word(What, What.WARN)
    at: datetime = instant(default_factory=now, index=True)
    until: datetime | None = instant(default=None)
    by: str = personal("sanction", shown=False, default="")
    person: str = personal("sanction", default="", index=True)
    facts: bytes | None = personal("sanction", after="at", default=None)
    words: bytes | None = personal("sanction", after="at", default=None)
    ground: str = ""
    source: Kind = word(Kind, Kind.ACTED)
    automated: bool = False
    undoes: int | None = Field(default=None, unique=True, sa_type=BIG)


class Target(SQLModel, table=True):
    """What became of an act in one chat: `result` is empty until it is known, then "done", "absent" or a reason."""

    act: int = Field(primary_key=True, foreign_key="moderation_act.id", sa_type=BIG)
    nth: int = Field(primary_key=True)
    network: str
    room: str
    thread: str = ""
    result: str = Field(default="", index=True)
    at: datetime = instant(default_factory=now)

    @property
    def key(self) -> str:
        """The key of its row in the outbox."""
        return f"act-{self.act}-{self.nth}"

    @property
    def chat(self) -> Chat:
        return Chat(self.network, self.room, self.thread)


class Appeal(SQLModel, table=True):
    """What somebody says against a decision, once for each."""

    case: int = Field(primary_key=True, foreign_key="moderation_case.id")
    person: str = personal("sanction", index=True)
    words: bytes | None = personal("sanction", after="at", default=None)
    verdict: Verdict = word(Verdict, Verdict.OPEN)
    by: str = personal("sanction", shown=False, default="")
    at: datetime = instant(default_factory=now, index=True)
    decided: datetime | None = instant(default=None)
