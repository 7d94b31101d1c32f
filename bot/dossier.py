"""What is kept of one person, or of one commune: found, shown and deleted by what the tables say of their columns."""

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, LargeBinary, Table, and_, delete, func, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import SQLModel, col, select

from bot.gate import Choice
from bot.store import (
    OPEN,
    TAKEN_BACK,
    Circle,
    Consent,
    Copy,
    Linked,
    Outgoing,
    Reaction,
    Receipt,
    Room,
    Sighting,
    State,
    Work,
    now,
    place,
)
from bridges.model import Chat, Mirror, Person, Ref, Remove

Row = dict[str, Any]
TOLD = {"kind", "html", "by", "spot"}  # of an action: the rest names others
MAP = ("copy", "outgoing")  # what is needed to take copies away, which lasts: their rows lose the person


def tables() -> list[Table]:
    """Every table, the features' own too."""
    return SQLModel.metadata.sorted_tables


def is_sealed(column: Any) -> bool:
    """Whether a column holds what `Seal.close` made."""
    return isinstance(column.type, LargeBinary)


def owners(table: Table) -> list[Any]:
    """The columns that hold a person's keyed hash."""
    return [column for column in table.c if "purpose" in column.info and not is_sealed(column)]


async def run(work: Work, statement: Any) -> Any:
    """Execute a statement on tables as they are."""
    return await work.exec(cast("Any", statement))


# --- showing


async def rows_of(work: Work, person: Person) -> dict[str, list[Row]]:
    """All that is kept of somebody, by table, in plain words and numbers; GDPR articles 15 and 20."""
    found: dict[str, list[Row]] = {}
    for table in tables():
        mine = [column for column in owners(table) if column.info["shown"]]
        if mine:
            which = or_(*(column == work.hash(person) for column in mine))
            rows = await run(work, select_columns(table).where(which))
            if told := [dict(shown(work, table, row._mapping)) for row in rows.all()]:  # noqa: SLF001 - its public name
                found[table.name] = told
    return found


def shown(work: Work, table: Table, row: Any) -> Iterator[tuple[str, Any]]:
    """What a row says: hashes say nothing to anybody, and what is sealed is opened."""
    for column in table.c:
        value, info = row[column], column.info
        if column in owners(table) or info.get("keyed") or not info.get("shown", True):
            continue
        if is_sealed(column) and value is not None:
            value = opened(work.seal.open(value))
        yield column.name, value.isoformat() if isinstance(value, datetime | date) else value


def opened(text: str) -> Any:
    """What was sealed; of an action, the words that it carries."""
    with suppress(ValueError):
        if isinstance(said := json.loads(text), dict):
            return {name: value for name, value in said.items() if name in TOLD} if "kind" in said else said
    return text


# --- forgetting somebody


async def take_copies_back(work: Work, person: Person, stub: Callable[[Chat], Awaitable[str]]) -> int:
    """Have what somebody said, and has copies, removed where it was said and wherever it went; tell how many.

    `stub` gives what stands in a chat where a network does not let go of a message.
    """
    me = work.hash(person)
    mine = (await work.exec(select(Copy).where(Copy.of == me))).all()
    under_way = select(Outgoing.origin).where(Outgoing.of == me, Outgoing.origin != "", col(Outgoing.state).in_(OPEN))
    waiting = set((await work.exec(under_way)).all())
    for origin in sorted({copy.origin for copy in mine} | waiting):
        network, room, id_ = origin.split("|", 2)
        ref = Ref(Chat(network, room), id_)
        places = {Chat(copy.network, copy.room, copy.thread) for copy in mine if copy.origin == origin}
        await work.drop(ref)
        for chat in [*places, ref.chat]:
            remove = Remove(chat=chat, ref=ref, stub=await stub(chat), asked_by=person, many=True)
            await work.do(remove, bulk=True)
    return len(mine)


async def take_reactions_back(work: Work, person: Person) -> int:
    """What somebody holds is no longer shown elsewhere; tell how many."""
    held = (await work.exec(select(Reaction).where(Reaction.person == work.hash(person)))).all()
    for reaction in held:
        network, room, id_ = reaction.origin.split("|", 2)
        home = Chat(*reaction.home.split("|", 2))
        await work.delete(reaction)
        await work.flush()
        for chat in await work.others(home):
            await work.do(Mirror(chat=chat, ref=Ref(Chat(network, room), id_)), bulk=True)
    return len(held)


async def withdraw(work: Work, person: Person) -> int:
    """End every decision of somebody's, with a receipt for each yes; tell how many there were."""
    mine = (await work.exec(select(Consent).where(Consent.person == work.hash(person)))).all()
    for consent in mine:
        if consent.choice is not Choice.NO:
            identity = work.seal.close(f"{person.chat.network} {person.id}")
            receipt = Receipt(person=consent.person, identity=identity, circle=consent.circle, purpose="relay",
                              choice=Choice.NO, wording="")  # fmt: skip
            work.add(receipt)
        await work.delete(consent)
    await work.flush()
    return len(mine)


async def erase(work: Work, person: Person) -> Counter[str]:
    """Delete every row of somebody's, but those that have to stay; tell how many stay, by purpose.

    Rows that are needed to take copies away stay without the person, as long as the map of copies does.
    """
    me, stay = work.hash(person), Counter[str]()
    over = [State.DROPPED, State.DONE, State.DEAD]
    mine, sending = col(Outgoing.of) == me, col(Outgoing.state) == State.SENDING
    waiting = col(Outgoing.state).in_((State.WAITING, State.HELD))
    await run(work, update(Outgoing).where(mine, waiting).values(state=State.DROPPED, done=now()))
    await run(work, update(Outgoing).where(mine, sending).values(why=TAKEN_BACK))
    await run(work, update(Outgoing).where(mine, ~sending).values(payload=None, of=""))
    told = col(Outgoing.lane).endswith(f" {me}"), col(Outgoing.state).in_(over)
    await run(work, delete(Outgoing).where(*told))
    await run(work, update(Copy).where(col(Copy.of) == me).values(of=""))
    for table in tables():
        for column in owners(table):
            if table.name in MAP:
                continue
            if column.info["stays"]:
                stay[column.info["purpose"]] += (
                    await run(work, select_columns(func.count()).select_from(table).where(column == me))
                ).scalar_one()
            else:
                await run(work, delete(table).where(column == me))
    alone = Chat(person.chat.network, person.id)  # a private chat is named after its person
    await run(work, delete(Sighting).where(col(Sighting.room) == work.room_hash(alone)))
    work.changed()
    return +stay


# --- what had its time


async def expire(work: Work, moment: datetime) -> None:
    """Delete the rows, and wipe the sealed columns, whose time is over by what their columns say (`personal`)."""
    for table in tables():
        for column in table.c:
            if not (after := column.info.get("after")):
                continue
            old = table.c[after] < moment - timedelta(days=column.info["keep_days"])
            if not is_sealed(column):
                await run(work, delete(table).where(old, column != ""))
            elif column.nullable:
                await run(work, update(table).where(old, column.is_not(None)).values({column.name: None}))
            else:
                await run(work, update(table).where(old).values({column.name: b""}))


# --- forgetting a chat, or a commune


async def forget_chats(work: Work, chats: Sequence[Chat]) -> Counter[str]:
    """Delete what is about these chats alone; tell how many rows, by table. A chat without a thread is the whole room.

    Copies of what was said there stay known as long as the map lasts: their authors may still take them back. Actions
    that wait are left to the courier.
    """
    gone: Counter[str] = Counter()
    for table in tables():
        if which := [clause for chat in chats if (clause := about(work, table, chat)) is not None]:
            gone[table.name] += await count_and_delete(work, table, or_(*which))
    return +gone


def about(work: Work, table: Table, chat: Chat) -> ColumnElement[bool] | None:
    """Which rows of a table belong to a chat, by the names of the columns; None where the table knows no chats."""
    c = table.c
    match table.name:
        case "sighting":
            return and_(c.network == chat.network, c.room == work.room_hash(chat))
        case "room":
            return and_(c.network == chat.network, c.id == chat.id)
        case "strand":
            there = and_(c.other_network == chat.network, c.other_room == chat.id)
            return or_(and_(c.network == chat.network, c.room == chat.id), there)
        case "ballot":
            return c.origin.startswith(f"{chat.network}|{chat.id}|", autoescape=True)
        case "daycount":
            return c.place == work.place(chat)
    if "home" in c:
        return c.home.startswith(f"{chat.network}|{chat.id}|", autoescape=True)
    if {"network", "room"} <= set(c.keys()):
        return and_(c.network == chat.network, c.room == chat.id)
    return None


async def count_and_delete(work: Work, table: Table, which: ColumnElement[bool]) -> int:
    """How many rows there were."""
    count: int = (await run(work, select_columns(func.count()).select_from(table).where(which))).scalar_one()
    if count:
        await run(work, delete(table).where(which))
    return count


async def forget_places(work: Work, chats: Sequence[Chat]) -> Counter[str]:
    """Delete what is about these chats, what was said there and wherever it went, and what waits for them."""
    gone = await forget_origins(work, chats)
    gone += await forget_chats(work, chats)
    rooms = [work.room_hash(chat) for chat in chats]
    outbox = SQLModel.metadata.tables["outgoing"]
    gone["outgoing"] += await count_and_delete(work, outbox, outbox.c.room.in_(rooms))
    return +gone


async def forget_circles(work: Work, circles: Sequence[int]) -> Counter[str]:
    """Delete everything of these circles: their chats, decisions, roles, cases; tell how many rows, by table."""
    linked = await work.exec(select(Linked).where(col(Linked.circle).in_(circles)))
    gone = await forget_places(work, [link.chat for link in linked.all()])
    gone += await forget_cases(work, circles)
    layers = SQLModel.metadata.tables["layer"]
    own = [f"{kind} {circle}" for kind in ("circle", "raid") for circle in circles]
    gone["layer"] += await count_and_delete(work, layers, layers.c.scope.in_(own))
    for table in reversed(tables()):  # those that refer to others first
        if table.name != "circle" and (which := inside(table, circles)) is not None:
            gone[table.name] += await count_and_delete(work, table, which)
    gone["circle"] += await count_and_delete(work, SQLModel.metadata.tables["circle"], col(Circle.id).in_(circles))
    work.changed()
    return +gone


def inside(table: Table, circles: Sequence[int]) -> ColumnElement[bool] | None:
    """Which rows belong to circles, by a column of their own or by the row they refer to; None where none can."""
    if "circle" in table.c:
        return table.c.circle.in_(circles)
    for key in table.foreign_keys:
        if (which := inside(key.column.table, circles)) is not None:
            return key.parent.in_(select_columns(key.column).where(which))
    return None


async def forget_cases(work: Work, circles: Sequence[int]) -> Counter[str]:
    """Where the bot said something about the cases of these circles; their numbers may be given again."""
    case, said = SQLModel.metadata.tables["moderation_case"], SQLModel.metadata.tables["copy"]
    numbers = (await run(work, select_columns(case.c.id).where(case.c.circle.in_(circles)))).scalars().all()
    names = [f"palier|{kind}|{number}" for kind in ("case", "appeal", "statement") for number in numbers]
    return Counter(copy=await count_and_delete(work, said, said.c.origin.in_(names)))


async def forget_origins(work: Work, chats: Sequence[Chat]) -> Counter[str]:
    """The traces of what was said in these chats, wherever it went; what is a circle's goes with its circle."""
    gone: Counter[str] = Counter()
    homes = [f"{chat.network}|{chat.id}|" for chat in chats]
    cards = [place(chat) for chat in chats]
    for table in tables():
        if "origin" in table.c and "circle" not in table.c and homes:
            said = [table.c.origin.startswith(home, autoescape=True) for home in homes]
            ours = [table.c.origin == f"palier|card|{card}" for card in cards]
            gone[table.name] += await count_and_delete(work, table, or_(*said, *ours))
    return gone


async def forget_scope(work: Work, commune: str) -> Counter[str]:
    """Roles and invitations that hold in a commune, or in a part of it."""
    gone: Counter[str] = Counter()
    for table in tables():
        if "scope" in table.c:
            here = or_(table.c.scope == commune, table.c.scope.startswith(f"{commune}/", autoescape=True))
            gone[table.name] += await count_and_delete(work, table, here)
    return +gone


async def is_last(work: Work, chat: Chat) -> list[int]:
    """The circles that have no other chat than those of this room."""
    here = Linked.network == chat.network, Linked.room == chat.id
    mine: set[int] = set((await work.exec(select(Linked.circle).where(*here))).all())
    elsewhere = select(Linked.circle).where(or_(col(Linked.network) != chat.network, col(Linked.room) != chat.id))
    return sorted(mine - set((await work.exec(elsewhere)).all()))


async def left(work: Work) -> list[Room]:
    """The rooms in which the bot is no more."""
    return list(await work.exec(select(Room).where(~col(Room.member))))
