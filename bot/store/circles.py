"""What a transaction knows of circles, rooms and roles, and the small things that every part of it needs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel, col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.seal import Seal
from bot.store.tables import Circle, DayCount, Invitation, Linked, Mandate, Room, Seen, now, place, who
from bridges.model import Chat, Person
from bridges.port import Capabilities
from moderation.names import Reserved


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a transaction has to know of the world, given by the composition root."""

    can: Callable[[Chat], Capabilities]
    label: Callable[[Circle, int], str]
    reserved: Reserved
    budget: Callable[[Chat], int]
    knows: Callable[[str], bool] = lambda _: True  # whether a network is connected


class Circles(AsyncSession):
    """A transaction, as far as it answers who belongs together and who may what."""

    speaker: Person | None
    seal: Seal
    rules: Rules

    # --- circles, rooms, roles

    async def circle(self, chat: Chat) -> Circle | None:
        """The circle that a chat belongs to."""
        found = await self.exec(
            select(Circle)
            .join(Linked, col(Linked.circle) == Circle.id)
            .where(Linked.network == chat.network, Linked.room == chat.id, Linked.thread == chat.thread)
        )
        return found.first()

    async def chats(self, circle: Circle) -> list[Chat]:
        """Every chat of a circle in which the bot is."""
        rows = await self.exec(
            select(Linked)
            .join(Room, (col(Room.network) == Linked.network) & (col(Room.id) == Linked.room))
            .where(Linked.circle == circle.id, col(Room.member))
            .order_by(Linked.network, Linked.room, Linked.thread)
        )
        return [linked.chat for linked in rows if self.rules.knows(linked.network)]

    async def others(self, chat: Chat) -> list[Chat]:
        """Every other chat of the same circle."""
        circle = await self.circle(chat)
        return [other for other in await self.chats(circle) if other != chat] if circle else []

    async def room(self, chat: Chat) -> Room | None:
        """What is known of the group that holds this chat."""
        return await self.get(Room, (chat.network, chat.id))

    async def mandates(self, person: Person) -> list[Mandate]:
        """The roles that someone holds today."""
        rows = await self.exec(select(Mandate).where(Mandate.person == self.hash(person)))
        return [mandate for mandate in rows if mandate.until is None or mandate.until > now()]

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

    async def first_time(self, key: str) -> bool:
        """Note that an event was handled, and say whether this is its first time."""
        return await self.upsert(Seen, {"key": key, "at": now()}, keys=("key",))

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

    async def alive(self) -> bool:
        """Whether the database answers."""
        await (await self.connection()).execute(text("select 1"))
        return True
