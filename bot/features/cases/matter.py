"""Whose words something is about, where they stand, and what they say: found from an answer, a copy or a case."""

import json
from dataclasses import asdict, dataclass, replace

from sqlmodel import col, select

from bot.feature import Context
from bot.features.cases.base import number_of
from bot.features.cases.tables import Case
from bot.store import Circle, Work, where
from bridges.markup import escape, plain
from bridges.model import Chat, Heard, Message, Person, Ref

LONGEST = 1500  # characters that an excerpt keeps
SHOWN = 600  # that the desk shows


@dataclass(frozen=True, slots=True)
class Matter:
    """Words, their author and where they stand; the origin, not a copy."""

    ref: Ref
    person: Person
    html: str = ""


def sealed(work: Work, matter: Matter) -> bytes:
    """Who and where, for the database; the words are kept apart, since they go sooner."""
    return work.seal.close(json.dumps(asdict(replace(matter, html=""))))


def opened(work: Work, case: Case) -> Matter | None:
    """Who and where a case is about, as long as that is kept and there is somebody."""
    if case.subject is None:
        return None
    kept = json.loads(work.seal.open(case.subject))
    chat = Chat(**kept["ref"]["chat"])
    who = Person(kept["person"]["id"], Chat(**kept["person"]["chat"]), kept["person"]["name"])
    return Matter(Ref(chat, kept["ref"]["id"]), who, words_of(work, case.excerpt))


def words_of(work: Work, excerpt: bytes | None) -> str:
    """The words that are kept, in the safe subset; empty by when they are wiped."""
    return work.seal.open(excerpt) if excerpt else ""


def person_sealed(work: Work, person: Person) -> bytes:
    """How somebody can be reached, for the database."""
    return work.seal.close(json.dumps(asdict(replace(person, name=""))))


def person_opened(work: Work, identity: bytes) -> Person:
    """The other way round."""
    kept = json.loads(work.seal.open(identity))
    return Person(kept["id"], Chat(**kept["chat"]))


def excerpt_of(said: Heard) -> str:
    """What is kept of somebody's words: as they stand if they are short, else their beginning; a file by its kind."""
    html = said.html
    if isinstance(said, Message) and said.media:
        html = f"[{said.media.kind}] {html}".strip()
    text = plain(html)
    return html if len(text) <= LONGEST else f"{escape(text[:LONGEST])}…"


def shown(html: str) -> str:
    """What a moderator is shown: no marks and no links that could be followed by mistake."""
    text = plain(html)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


async def answered(ctx: Context) -> Matter | None:
    """Whose message a command answers, in the chat where it was written or at a copy of it elsewhere."""
    said = ctx.heard
    if said.reply_to is None:
        return None
    origin = await ctx.work.origin(said.reply_to)
    if (number := number_of(origin, "case", "statement", "appeal")) is not None:
        case = await ctx.work.get(Case, number)
        return opened(ctx.work, case) if case else None
    if origin == said.reply_to and said.answered is not None:
        return Matter(origin, said.answered.sender, excerpt_of(said.answered))
    if found := await ctx.work.words_of(origin):
        return Matter(origin, found[1], escape(found[0]))
    return await in_a_case(ctx.work, origin)


async def in_a_case(work: Work, origin: Ref) -> Matter | None:
    """The same, from an earlier case about that message."""
    rows = select(Case).where(Case.origin == where(origin), col(Case.subject).is_not(None))
    case = (await work.exec(rows.order_by(col(Case.id).desc()))).first()
    return opened(work, case) if case else None


async def circle_of(work: Work, case: Case) -> Circle:
    """The circle that a case belongs to."""
    return await work.get_one(Circle, case.circle)
