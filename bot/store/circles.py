"""What a transaction knows of circles, rooms and roles, and the small things that every part of it needs."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar, cast

from sqlalchemy import event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import Session, SQLModel, col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.seal import Seal
from bot.store.tables import Circle, DayCount, Invitation, Linked, Mandate, Remembered, Room, Seen, now, place, who
from bridges.model import Chat, Person
from bridges.port import Capabilities
from moderation.names import Reserved

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a transaction has to know of the world, given by the composition root."""

    can: Callable[[Chat], Capabilities]
    label: Callable[[Circle, int], str]
    reserved: Reserved
    budget: Callable[[Chat], int]
    knows: Callable[[str], bool] = lambda _: True  # whether a network is connected
    layers: Callable[[Circle], Mapping[str, Mapping[str, Any]]] = lambda _: {}  # of the policy, by scope, from the file


def data_version(session: Any) -> tuple[int, int]:
    """SQLite's count of other connections' commits, and to which connection it belongs."""
    raw: Any = session.connection().connection.driver_connection
    return id(raw), raw.execute("PRAGMA data_version").fetchone()[0]


NOTE = SQLModel.metadata.tables["seen"].insert()
# What is found of these is good in other transactions, too, until something is written; and the tables they stand in.
LASTING = frozenset({"chats", "circle", "consent", "linked", "mandates", "policy", "silenced"})
TOLD_OF = frozenset({"circle", "consent", "layer", "linked", "mandate", "room", "sanction"})
MOST_LASTING = 20_000


def count_up(insert: Any) -> Any:
    """One statement for any number of counts, made once."""
    statement = insert(table := SQLModel.metadata.tables["daycount"])
    more = {"count": table.c["count"] + statement.excluded["count"]}
    return statement.on_conflict_do_update(index_elements=("day", "place", "what"), set_=more)


COUNT_UP = {"sqlite": count_up(sqlite.insert), "postgresql": count_up(postgresql.insert)}


class Shared:
    """What transactions on a database that nobody else writes may tell one another: that nothing has changed."""

    def __init__(self) -> None:
        self.changes = 0
        self.newest: dict[tuple[str, str], int] = {}  # the highest number of a message, by room
        self.standings: tuple[object, dict[object, Any]] = (None, {})
        self.lasting: tuple[object, dict[object, Any]] = (None, {})  # what was found at a version
        self.settled: set[tuple[str, int]] = set()  # who is new no more, and in which circle


class Forgetful(Session):
    """A session that forgets what was looked up when something was written."""


@event.listens_for(Forgetful, "after_flush")
def forget(session: Forgetful, _: object) -> None:
    """What was found may not be so any more."""
    session.info["found"].clear()
    if shared := session.info["shared"]:
        shared.changes += 1


@event.listens_for(Forgetful, "do_orm_execute")
def forget_if_written(state: ORMExecuteState) -> None:
    """The same where a statement writes many rows past the session."""
    if state.is_select:
        return
    table = getattr(state.statement, "table", None)
    if getattr(table, "name", "") in TOLD_OF:
        forget(cast("Forgetful", state.session), None)


class Circles(AsyncSession):
    """A transaction, as far as it answers who belongs together and who may what.

    A batch of events asks the same again and again: what is `remembered` is good until something is written.
    """

    sync_session_class = Forgetful
    speaker: Person | None
    seal: Seal
    rules: Rules

    def begin_anew(self, seal: Seal, rules: Rules, shared: Shared | None) -> None:
        """Prepare what every transaction has; `shared` where no other process writes while this one runs for long."""
        self.speaker, self.seal, self.rules, self.shared = None, seal, rules, shared
        self.info["shared"] = shared
        self._data: object = None
        self._counts: Counter[tuple[str, str]] = Counter()
        self.info["found"] = {}
        self._undone: list[Callable[[], None]] = []

    def if_undone(self, call: Callable[[], None]) -> None:
        """Call this if the transaction comes to nothing."""
        self._undone.append(call)

    def undone(self) -> None:
        """The transaction came to nothing."""
        if self.shared:
            self.shared.changes += 1
            self.shared.newest.clear()
        for call in reversed(self._undone):
            call()

    async def version(self) -> object:
        """The same as at another time if nothing was decided, linked or taken back between; None where nobody knows."""
        if self.shared is None:
            return None
        if self._data is None:  # another process may write a line now and then: SQLite counts these
            self._data = await self.run_sync(data_version)
        return self.shared.changes, self._data

    async def remembered(self, key: tuple[object, ...], look: Callable[[], Awaitable[T]]) -> T:
        """What was found before in this transaction, or is now."""
        session = self.sync_session
        if session.new or session.deleted or session.dirty:
            await self.flush()
        found: dict[tuple[object, ...], Any] = self.info["found"]
        if key not in found:
            answer = await (self._lasting(key, look) if key[0] in LASTING else look())
            found[key] = answer
        return cast("T", found[key])

    async def _lasting(self, key: tuple[object, ...], look: Callable[[], Awaitable[T]]) -> T:
        """What another transaction found, if nothing was written since; rows become this one's, without a query."""
        version = await self.version()
        if self.shared is None or version is None:
            return await look()
        at, known = self.shared.lasting
        if at != version or len(known) > MOST_LASTING:
            known = {}
            self.shared.lasting = version, known
        if key in known:
            return cast("T", self._own(known[key]))
        answer = await look()
        if await self.version() == version:
            known[key] = answer
        return answer

    def _own(self, found: object) -> object:
        """Rows that another transaction read, as rows of this one."""
        if isinstance(found, list):
            return [self._own(one) for one in found]
        return self.sync_session.merge(found, load=False) if isinstance(found, SQLModel) else found

    def changed(self) -> None:
        """Something was written past the session: what was looked up may not be so any more."""
        self.info["found"].clear()
        if self.shared:
            self.shared.changes += 1

    # --- circles, rooms, roles

    async def circle(self, chat: Chat) -> Circle | None:
        """The circle that a chat belongs to: a topic or a thread belongs to its room's, if it has none of its own."""
        return await self.remembered(("circle", chat), lambda: self._circle(chat))

    async def _circle(self, chat: Chat) -> Circle | None:
        linked = await self.linked(chat)
        return await self.get(Circle, linked.circle) if linked else None

    async def linked(self, chat: Chat) -> Linked | None:
        """The link that holds a chat: its own, else that of the whole room."""
        return await self.remembered(("linked", chat), lambda: self._linked(chat))

    async def _linked(self, chat: Chat) -> Linked | None:
        if own := await self.get(Linked, (chat.network, chat.id, chat.thread)):
            return own
        return await self.get(Linked, (chat.network, chat.id, "")) if chat.thread else None

    async def chats(self, circle: Circle) -> list[Chat]:
        """Every chat of a circle in which the bot is."""
        return await self.remembered(("chats", circle.id), lambda: self._chats(circle))

    async def _chats(self, circle: Circle) -> list[Chat]:
        rows = await self.exec(
            select(Linked)
            .join(Room, (col(Room.network) == Linked.network) & (col(Room.id) == Linked.room))
            .where(Linked.circle == circle.id, col(Room.member))
            .order_by(Linked.network, Linked.room, Linked.thread)
        )
        return [linked.chat for linked in rows if self.rules.knows(linked.network)]

    async def others(self, chat: Chat) -> list[Chat]:
        """Every other chat of the same circle."""
        circle, linked = await self.circle(chat), await self.linked(chat)
        return [other for other in await self.chats(circle) if other != linked.chat] if circle and linked else []

    async def room(self, chat: Chat) -> Room | None:
        """What is known of the group that holds this chat."""
        return await self.get(Room, (chat.network, chat.id))

    async def mandates(self, person: Person) -> list[Mandate]:
        """The roles that someone holds today."""
        who = self.hash(person)
        rows = await self.remembered(("mandates", who), lambda: self._mandates(who))
        return [mandate for mandate in rows if mandate.until is None or mandate.until > now()]

    async def _mandates(self, who: str) -> list[Mandate]:
        return list(await self.exec(select(Mandate).where(Mandate.person == who)))

    async def invitation(self, code: str) -> Invitation | None:
        """A code that may still be used."""
        found = await self.get(Invitation, self.seal.find("code", code.strip().upper()))
        return found if found and found.used is None and found.until > now() else None

    async def use(self, invitation: Invitation) -> bool:
        """Use a code up, and say whether nobody else was quicker."""
        one = update(Invitation).where(col(Invitation.code) == invitation.code, col(Invitation.used).is_(None))
        done: Any = await self.exec(one.values(used=now()).returning(col(Invitation.code)))
        return done.first() is not None

    async def invite(self, code: str, purpose: str, *, hours: int, **more: Any) -> Invitation:
        """Note that a code opens something for some hours."""
        until = now() + timedelta(hours=hours)
        invitation = Invitation(code=self.seal.find("code", code), purpose=purpose, until=until, **more)
        self.add(invitation)
        return invitation

    # --- small things

    def hash(self, person: Person) -> str:
        """By which a person is found."""
        return self.seal.find("person", *who(person))

    def place(self, chat: Chat) -> str:
        """By which a chat's rows are found."""
        return self.seal.find("place", place(chat))

    def room_hash(self, chat: Chat) -> str:
        """The same for the whole room: what a network's limits count by."""
        return self.seal.find("room", chat.network, chat.id)

    async def first_time(self, key: str) -> bool:
        """Note that something was done, and say whether for the first time; the key names people by hashes alone."""
        return await self.upsert(Seen, {"key": key, "at": now()}, keys=("key",))

    async def fresh(self, keys: Sequence[str]) -> set[str]:
        """Note that events were handled, and say which of them are new."""
        found = {self._event(key): key for key in keys}
        rows = [{"key": hash_, "at": now()} for hash_ in found]
        if not rows:
            return set()
        if self.get_bind().dialect.name == "postgresql":  # another worker may note the same at this moment
            insert = postgresql.insert(Seen).values(rows).on_conflict_do_nothing().returning(col(Seen.key))
            return {found[hash_] for hash_ in (await self.exec(cast("Any", insert))).scalars()}
        known = set(await self.exec(select(Seen.key).where(col(Seen.key).in_([row["key"] for row in rows]))))
        new = [row for row in rows if row["key"] not in known]
        if new:
            await self.run_sync(lambda session: session.connection().execute(NOTE, new))
        return {found[str(row["key"])] for row in new}

    def _event(self, key: str) -> str:
        """By which an event is known: networks name people in the keys of some."""
        return self.seal.find("event", key)

    def tally(self, chat: Chat, what: str) -> None:
        """Count one more in a chat today; written at the end."""
        self._counts[self.place(chat), what] += 1

    async def finish(self) -> None:
        """Write what was put off until the end of the transaction."""
        if self._counts:  # in one order: two workers must not lock each other
            day, counts = now().date(), sorted(self._counts.items())
            rows = [{"day": day, "place": place_, "what": what, "count": by} for (place_, what), by in counts]
            statement = COUNT_UP[self.get_bind().dialect.name]
            await self.run_sync(lambda session: session.connection().execute(statement, rows))
            self._counts.clear()

    async def count(self, chat: Chat, what: str, by: int = 1) -> int:
        """Add to what is counted in a chat today, and tell the sum."""
        key = {"day": now().date(), "place": self.place(chat), "what": what}
        await self.upsert(DayCount, {**key, "count": by}, keys=tuple(key), add="count")
        found = await self.exec(
            select(DayCount.count).where(*(col(getattr(DayCount, name)) == value for name, value in key.items()))
        )
        return found.one()

    async def spend(self, chat: Chat) -> bool:
        """Take one unasked message from today's budget of a chat, if there is one left."""
        if await self.count(chat, "unasked", 0) >= self.rules.budget(chat):
            return False
        await self.count(chat, "unasked")
        return True

    async def upsert(self, table: type[SQLModel], row: dict[str, Any], *, keys: tuple[str, ...], add: str = "") -> bool:
        """Insert a row; if it is there, add to one of its columns, or leave it. Tell whether anything was written."""
        columns = SQLModel.metadata.tables[str(table.__tablename__)].c
        dialect = postgresql if self.get_bind().dialect.name == "postgresql" else sqlite
        insert = dialect.insert(columns[keys[0]].table).values(**row)
        if add:
            insert = insert.on_conflict_do_update(index_elements=keys, set_={add: columns[add] + row[add]})
        else:
            insert = insert.on_conflict_do_nothing(index_elements=keys)
        done: Any = await self.exec(insert.returning(columns[keys[0]]))  # a count of rows is not given by every driver
        return done.first() is not None

    async def keep(self, name: str, value: bytes) -> None:
        """Remember something sealed in the place of what was there, whoever else does it at this moment."""
        dialect = postgresql if self.get_bind().dialect.name == "postgresql" else sqlite
        insert = dialect.insert(Remembered).values(name=name, value=value)
        await self.exec(cast("Any", insert.on_conflict_do_update(index_elements=["name"], set_={"value": value})))

    async def alive(self) -> bool:
        """Whether the database answers."""
        await self.run_sync(lambda session: session.execute(text("select 1")))
        return True
