"""What a transaction knows of messages: their copies, who wrote them, and who holds which emoji on them."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement
from sqlmodel import col, func, select

from bot.gate import Choice
from bot.store.circles import Circles
from bot.store.tables import OPEN, Consent, Copy, Linked, Outgoing, Reaction, now, place, where
from bridges.model import Chat, Person, Ref


class Traces(Circles):
    """A transaction, as far as it finds messages again."""

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
                Outgoing.origin == where(origin), Outgoing.kind == "send", col(Outgoing.state).in_(OPEN)
            )
        )
        return found.first() or waiting.first() or ""

    async def copies(self, origin: Ref) -> Sequence[Copy]:
        """Where copies of a message are."""
        found = await self.exec(select(Copy).where(Copy.origin == where(origin)).order_by(col(Copy.part)))
        return found.all()

    async def resolve(self, ref: Ref, chat: Chat, *, part: int = 0, of: str = "") -> Copy | Ref | None:
        """The message, its copy or its origin, in a chat; with `of`, only where it holds their words."""
        origin = await self.origin(ref)
        if (origin.chat.network, origin.chat.id) == (chat.network, chat.id):
            return Ref(chat, origin.id)
        copy = await self.get(Copy, (where(origin), chat.network, chat.id, chat.thread, part))
        return copy if copy and of in ("", copy.of) else None

    async def is_under_way(self, origin: Ref, chat: Chat) -> bool:
        """Whether a copy waits to be sent into a chat."""
        waiting = await self.exec(
            select(Outgoing.id).where(
                Outgoing.origin == where(origin), Outgoing.place == self.place(chat), Outgoing.kind == "send",
                col(Outgoing.state).in_(OPEN),
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

    async def held(self, origin: str, chat: Chat) -> tuple[str, ...]:
        """The emoji to show on a message in `chat`, most held first: those of people elsewhere who said yes."""
        if (circle := await self.circle(chat)) is None:
            return ()
        yes = select(Consent.person).where(Consent.circle == circle.id, Consent.choice != Choice.NO)
        count = func.count(func.distinct(Reaction.person))
        found = await self.exec(
            select(Reaction.emoji, count)
            .where(Reaction.origin == origin, Reaction.home != place(chat), col(Reaction.person).in_(yes))
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
    """Copies in this very chat."""
    return (col(Copy.network) == chat.network, col(Copy.room) == chat.id, col(Copy.thread) == chat.thread)
