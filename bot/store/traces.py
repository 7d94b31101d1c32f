"""What a transaction knows of messages: their copies, who wrote them, and who holds which emoji on them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel, col, func, select

from bot.gate import Choice
from bot.store.circles import Circles
from bot.store.tables import TO_COME, Consent, Copy, Linked, Outgoing, Reaction, Sighting, Strand, now, place, where
from bridges.model import Chat, Person, Ref

MOST_KNOWN = 10_000  # messages of a room that may have come since a call


def upsert_copy(insert: Any) -> Any:
    """One statement for any number of copies, made once."""
    statement = insert(SQLModel.metadata.tables["copy"])
    change = {name: statement.excluded[name] for name in ("id", "nth", "form", "of", "made")}
    keys = ("origin", "network", "room", "thread", "part")
    return statement.on_conflict_do_update(index_elements=keys, set_=change)


UPSERT = {"sqlite": upsert_copy(sqlite.insert), "postgresql": upsert_copy(postgresql.insert)}

SIGHT = {
    "sqlite": sqlite.insert(SQLModel.metadata.tables["sighting"]).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(SQLModel.metadata.tables["sighting"]).on_conflict_do_nothing(),
}


class Traces(Circles):
    """A transaction, as far as it finds messages again."""

    _seen: set[Ref]

    # --- messages and their copies

    async def origin(self, ref: Ref) -> Ref:
        """The message of which this is a copy, or else itself."""
        found = await self.exec(
            select(Copy.origin).where(
                Copy.network == ref.chat.network, Copy.room == ref.chat.id, Copy.id == ref.id
            )
        )
        if (first := found.first()) is None:
            return ref
        network, room, id_ = first.split("|", 2)
        return Ref(Chat(network, room), id_)

    async def thread_of(self, ref: Ref) -> Chat:
        """The chat of a message of which a network told only the room, if it was relayed and one topic is linked."""
        room = col(Linked.network) == ref.chat.network, col(Linked.room) == ref.chat.id
        linked = (await self.exec(select(Linked).where(*room))).all()
        if ref.chat.thread or len(linked) != 1 or not linked[0].thread:
            return ref.chat
        origin = await self.origin(ref)
        return linked[0].chat if origin != ref or await self.copies(origin) else ref.chat

    async def author(self, origin: Ref) -> str:
        """The keyed hash of whoever wrote a message that was relayed, or empty."""
        found = await self.exec(select(Copy.of).where(Copy.origin == where(origin)))
        waiting = await self.exec(
            select(Outgoing.of).where(
                Outgoing.origin == where(origin), Outgoing.kind == "send", col(Outgoing.state).in_(TO_COME)
            )
        )
        return found.first() or waiting.first() or ""

    async def move(self, old: Chat, new: Chat) -> None:
        """Links follow a room that became another one."""
        for linked in await self.exec(select(Linked).where(Linked.network == old.network, Linked.room == old.id)):
            await self.delete(linked)
            await self.flush()
            await self.merge(Linked(**linked.model_dump() | {"room": new.id}))
        await self.flush()

    async def copies(self, origin: Ref) -> Sequence[Copy]:
        """Where copies of a message are."""
        found = await self.exec(select(Copy).where(Copy.origin == where(origin)).order_by(col(Copy.part)))
        return found.all()

    async def resolve(self, ref: Ref, chat: Chat, *, part: int = 0, of: str = "") -> Copy | Ref | None:
        """The message, its copy or its origin, in a chat; with `of`, only where it holds their words.

        What was taken away at home and is said there again is a copy, too.
        """
        origin = await self.origin(ref)
        found = await self.exec(
            select(Copy).where(
                Copy.origin == where(origin), Copy.network == chat.network, Copy.room == chat.id, Copy.part == part
            )
        )
        copy = found.first()
        if copy is None and (origin.chat.network, origin.chat.id) == (chat.network, chat.id):
            return Ref(chat, origin.id)
        return copy if copy and of in ("", copy.of) else None

    async def note_copies(self, rows: Sequence[dict[str, Any]]) -> None:
        """Note where copies are, by the columns of `Copy`; one that is there already has moved."""
        if rows:
            upsert = UPSERT[self.get_bind().dialect.name]
            await self.run_sync(lambda session: session.connection().execute(upsert, rows))

    async def sharing(self, copy: Copy) -> Sequence[Copy]:
        """All that shares a message with a copy, itself too, in the order in which it stands there."""
        same = Copy.network == copy.network, Copy.room == copy.room, Copy.id == copy.id
        return (await self.exec(select(Copy).where(*same).order_by(col(Copy.nth)))).all()

    # --- threads, and numbers of messages

    async def strand(self, there: Chat, here: Chat) -> str:
        """The thread in the room `here` that is the counterpart of the topic or thread `there`, or empty."""
        forth = await self.get(Strand, (there.network, there.id, there.thread, here.network, here.id))
        if forth:
            return forth.other_thread
        back = await self.exec(
            select(Strand.thread).where(
                Strand.network == here.network, Strand.room == here.id, Strand.other_network == there.network,
                Strand.other_room == there.id, Strand.other_thread == there.thread,
            )
        )  # fmt: skip
        return back.first() or ""

    async def open_strand(self, there: Chat, here: Chat, thread: str) -> None:
        """Note that a thread is the counterpart of a topic."""
        row = {"network": there.network, "room": there.id, "thread": there.thread, "other_network": here.network}
        row |= {"other_room": here.id, "other_thread": thread}
        await self.upsert(Strand, row, keys=("network", "room", "thread", "other_network", "other_room"))

    def sight(self, ref: Ref) -> None:
        """Note that this message is there, where messages are numbered; written at the end."""
        if ref.id.isdecimal():
            self._seen.add(ref)
            room = (ref.chat.network, ref.chat.id)
            if self.shared and room in self.shared.newest:
                self.shared.newest[room] = max(self.shared.newest[room], int(ref.id))

    async def _write_sightings(self) -> None:
        if self._seen:
            rooms = {(r.chat.network, r.chat.id): self.room_hash(r.chat) for r in self._seen}
            rows = [
                {"network": r.chat.network, "room": rooms[r.chat.network, r.chat.id], "id": int(r.id), "at": now()}
                for r in self._seen
            ]
            self._seen.clear()
            sighting = SIGHT[self.get_bind().dialect.name]
            await self.run_sync(lambda session: session.connection().execute(sighting, rows))

    async def newest(self, chat: Chat) -> int:
        """The highest number that was seen in a room, or 0."""
        known, room = self.shared.newest if self.shared else None, (chat.network, chat.id)
        if known is not None and room in known:
            return known[room]
        await self._write_sightings()
        highest = select(func.max(Sighting.id)).where(*self._numbers(chat))
        newest = (await self.exec(highest)).first() or 0
        if known is not None:
            known[room] = newest
        return newest

    def _numbers(self, chat: Chat) -> tuple[bool, bool]:
        return Sighting.network == chat.network, Sighting.room == self.room_hash(chat)

    async def unknown(self, chat: Chat, before: int, most: int) -> tuple[str, ...] | None:
        """The numbers after `before` that nobody is known to have, and some that may be taken by now, `most` in all.

        None where there are too many, or where nothing was known before.
        """
        if not before:
            return None
        await self._write_sightings()
        there = *self._numbers(chat), col(Sighting.id) > before
        known = set((await self.exec(select(Sighting.id).where(*there))).all())
        newest = max(known, default=before)
        free = [id_ for id_ in range(before + 1, newest) if id_ not in known] if newest - before < MOST_KNOWN else None
        if free is None or len(free) >= most:
            return None
        return tuple(str(id_) for id_ in [*free, *range(newest + 1, newest + 1 + most - len(free))])

    async def is_under_way(self, origin: Ref, chat: Chat) -> bool:
        """Whether a copy waits to be sent into a chat, be it for a human's word."""
        waiting = await self.exec(
            select(Outgoing.id).where(
                Outgoing.origin == where(origin), Outgoing.place == self.place(chat), Outgoing.kind == "send",
                col(Outgoing.state).in_(TO_COME),
            )
        )  # fmt: skip
        return waiting.first() is not None

    # --- reactions

    async def hold(self, origin: Ref, person: Person, emoji: str, mark: str = "") -> None:
        """Note that someone holds an emoji on a message."""
        values = {"origin": where(origin), "person": self.hash(person), "emoji": emoji}
        row = {**values, "home": place(person.chat), "mark": mark, "at": now()}
        await self.upsert(Reaction, row, keys=tuple(values))

    async def let_go(self, origin: Ref, person: Person, emoji: str) -> None:
        """Note that someone took an emoji off."""
        one = select(Reaction).where(
            Reaction.origin == where(origin), Reaction.person == self.hash(person), Reaction.emoji == emoji
        )
        for row in await self.exec(one):
            await self.delete(row)

    async def held(self, origins: Sequence[str], chat: Chat) -> tuple[str, ...]:
        """The emoji to show in `chat` on what holds these, most held first: those of people elsewhere who said yes."""
        if (circle := await self.circle(chat)) is None:
            return ()
        yes = select(Consent.person).where(Consent.circle == circle.id, Consent.choice != Choice.NO)
        count = func.count(func.distinct(Reaction.person))
        found = await self.exec(
            select(Reaction.emoji, count)
            .where(col(Reaction.origin).in_(origins), Reaction.home != place(chat), col(Reaction.person).in_(yes))
            .group_by(Reaction.emoji)
            .order_by(count.desc(), func.min(Reaction.id))
        )
        return tuple(emoji for emoji, _ in found)

    async def unmark(self, mark: Ref) -> Ref | None:
        """Note that the reaction known by this mark is gone; tell on which message it was, or None if it is none."""
        found = await self.exec(
            select(Reaction).where(Reaction.mark == mark.id, Reaction.home == place(mark.chat), Reaction.mark != "")
        )
        if (row := found.first()) is None:
            return None
        await self.delete(row)
        network, room, id_ = row.origin.split("|", 2)
        return Ref(Chat(network, room), id_)


def in_chat(chat: Chat) -> tuple[ColumnElement[bool], ...]:
    """Copies in this room, in whatever thread: an origin has its copies in one of them."""
    return (col(Copy.network) == chat.network, col(Copy.room) == chat.id)
