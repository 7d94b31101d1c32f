"""The one transaction that each event gets: what a handler reads, writes and wants done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, func, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel, col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.gate import Choice, S, at_home, sign
from bot.seal import Seal
from bot.store.tables import (
    OPEN,
    Circle,
    Consent,
    Copy,
    DayCount,
    Invitation,
    Linked,
    Mandate,
    Outgoing,
    Reaction,
    Room,
    Seen,
    State,
    now,
    place,
    where,
    who,
)
from bridges import markup
from bridges.model import (
    Action,
    Chat,
    Edit,
    Join,
    Leave,
    Person,
    React,
    Ref,
    Remove,
    Said,
    Send,
    Toast,
    Unreact,
    Voice,
)
from bridges.port import Capabilities
from moderation.names import Reserved

ACTION: TypeAdapter[Action] = TypeAdapter(Action)
SIGNATURE = 120  # units left free in each part for its signature and number


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a transaction has to know of the world, given by the composition root."""

    can: Callable[[Chat], Capabilities]
    label: Callable[[Circle, int], str]
    reserved: Reserved
    budget: Callable[[Chat], int]


class Work(AsyncSession):
    """One transaction. Nothing is sent from here: actions are rows that leave after the commit."""

    speaker: Person | None
    seal: Seal
    rules: Rules

    # --- what is to be done

    async def do(self, action: Action, *, bulk: bool = False) -> bool:
        """Queue an action if the gate lets it pass, and say whether it did; `bulk` yields to what is said meanwhile."""
        match action:
            case Said():
                if (passed := await self.admit(action)) is None:
                    return False
                for part in await self._parts(passed):
                    if not await self._says_nothing_new(part):
                        self._queue(part, bulk=bulk)
            case React() if not await self._may_react(action):
                return False
            case Remove(ref=ref, part=0):
                for n in range(max(1, await self._part_count(ref, action.chat))):
                    self._queue(replace(action, part=n), bulk=bulk)
            case _:
                self._queue(action, bulk=bulk)
        return True

    def _queue(self, action: Action, *, bulk: bool) -> None:
        row = Outgoing(key=uuid4().hex, lane="", network=action.chat.network, place=self.place(action.chat), kind="")
        row.kind, row.payload = action.kind, self.seal.close(ACTION.dump_json(action).decode())
        row.lane, to = row.place, getattr(action, "to", None)
        if isinstance(action, Toast):
            row.lane = f"{row.place} {action.tap}"
        elif to:
            row.lane = f"{row.place} {self.hash(to)}"
        elif isinstance(action, Join | Leave):
            row.lane = f"{row.place} door"
        elif bulk:
            row.lane = f"{row.place}~"
        if isinstance(action, Send):
            row.origin, row.part = where(action.copy_of) if action.copy_of else "", action.part
            row.unasked = action.unasked
            if action.unasked is not None:
                row.lane = f"{row.place} unasked"
        elif isinstance(action, Edit):
            row.origin, row.part = where(action.ref), action.part
        of = getattr(action, "of", None)
        row.of = self.hash(of) if isinstance(of, Person) else ""
        self.add(row)

    async def _parts(self, said: Said) -> list[Send | Edit | Remove]:
        """One action for each message that the network needs for these words."""
        assert isinstance(said, Send | Edit)
        can = self.rules.can(said.chat)
        entities = can.entities - 1 if can.entities else None  # the signature is one
        if markup.length(said.html) + SIGNATURE <= can.text_length and not (
            entities and markup.entity_count(said.html) > entities
        ):
            pieces = [said.html]
        else:
            pieces = markup.split(said.html, can.text_length - SIGNATURE, entities)
        if isinstance(said, Send):
            return [
                replace(said, html=numbered(piece, n, pieces), part=n, reply_to=said.reply_to if n == 0 else None)
                for n, piece in enumerate(pieces)
            ]
        had = await self._part_count(said.ref, said.chat) if len(pieces) > 1 or can.text_length < 10_000 else 1
        parts: list[Send | Edit | Remove] = []
        for n, piece in enumerate(pieces):
            words = numbered(piece, n, pieces)
            if n < max(1, had):
                parts.append(replace(said, html=words, part=n))
            else:
                parts.append(Send(chat=said.chat, html=words, of=said.of, by=said.by, copy_of=said.ref, part=n))
        return parts + [Remove(chat=said.chat, ref=said.ref, part=n) for n in range(len(pieces), had)]

    async def _part_count(self, origin: Ref, chat: Chat) -> int:
        """How many messages in a chat this origin has become, or is about to become."""
        rows = select(func.max(Outgoing.part)).where(
            Outgoing.origin == where(origin), Outgoing.place == self.place(chat), Outgoing.kind == "send",
            col(Outgoing.state).in_(OPEN),
        )  # fmt: skip
        copies = select(func.max(Copy.part)).where(Copy.origin == where(origin), *in_chat(chat))
        known = [part for query in (rows, copies) if (part := (await self.exec(query)).first()) is not None]
        return max(known) + 1 if known else 0

    async def _says_nothing_new(self, action: Send | Edit | Remove) -> bool:
        """An edit that leaves the words as they are: networks tell of those too, for link previews and the like."""
        if not isinstance(action, Edit):
            return False
        last = await self._last_words(where(action.ref), self.place(action.chat), action.part)
        return last is not None and (last.html, last.by, last.buttons) == (action.html, action.by, action.buttons)

    async def _last_words(self, origin: str, place_: str, part: int) -> Send | Edit | None:
        """What a copy was last made to say, as long as its payload is kept."""
        rows = await self.exec(
            select(Outgoing)
            .where(Outgoing.origin == origin, Outgoing.place == place_, Outgoing.part == part)
            .where(col(Outgoing.kind).in_(("send", "edit")), col(Outgoing.state).in_((*OPEN, State.DONE)))
            .order_by(col(Outgoing.id).desc())
        )
        if (row := rows.first()) is None or row.payload is None:
            return None
        action = ACTION.validate_json(self.seal.open(row.payload))
        return action if isinstance(action, Send | Edit) else None

    async def sign_again(self, copy: Copy, person: Person) -> bool:
        """Let a copy say the same under the signature that its author chose by now, if its words are still kept."""
        chat = Chat(copy.network, copy.room, copy.thread)
        if (last := await self._last_words(copy.origin, self.place(chat), copy.part)) is None:
            return False
        network, room, id_ = copy.origin.split("|", 2)
        origin = Ref(Chat(network, room), id_)
        passed = await self.admit(Edit(chat=chat, ref=origin, html=last.html, of=person, part=copy.part))
        if passed:
            self._queue(passed, bulk=True)
        return passed is not None

    async def drop(self, origin: Ref) -> None:
        """What waits of these words is not sent any more, and no text of them is kept."""
        await self.exec(
            update(Outgoing)
            .where(col(Outgoing.origin) == where(origin), col(Outgoing.state) == State.WAITING)
            .values(state=State.DROPPED, done=now())
        )
        await self.exec(update(Outgoing).where(col(Outgoing.origin) == where(origin)).values(payload=None))

    # --- the gate

    async def admit(self, said: S) -> S | None:
        """The same as its person allowed, else None; what names nobody is taken for the speaker's."""
        of = said.of or self.speaker
        if of is None or isinstance(of, Voice):
            return said
        to = said.to if isinstance(said, Send) else None
        if at_home(of, said.chat, to):
            return replace(said, of=of)
        circle = await self.circle(said.chat)
        consent = await self.consent(of, circle) if circle else None
        if consent is None or circle is None:
            return None
        named = replace(of, name=of.name or (self.seal.open(consent.name) if consent.name else ""))
        return sign(said, named, consent.choice, self.rules.label(circle, consent.number), self.rules.reserved)

    async def _may_react(self, action: React) -> bool:
        of = action.of or self.speaker
        if not isinstance(of, Person) or at_home(of, action.chat):
            return True
        circle = await self.circle(action.chat)
        consent = await self.consent(of, circle) if circle else None
        return consent is not None and consent.choice is not Choice.NO

    async def consent(self, person: Person, circle: Circle) -> Consent | None:
        """What that person decided in that circle."""
        rows = await self.exec(
            select(Consent).where(Consent.person == self.hash(person), Consent.circle == circle.id)
        )
        return rows.first()

    async def decide(self, person: Person, circle: Circle, choice: Choice) -> Consent:
        """Note a decision; the name is kept only with a yes that gives it."""
        consent = await self.consent(person, circle)
        if consent is None:
            highest = select(func.max(Consent.number)).where(Consent.circle == circle.id)
            number = ((await self.exec(highest)).first() or 0) + 1
            assert circle.id is not None
            consent = Consent(person=self.hash(person), circle=circle.id, number=number)
        consent.choice, consent.changed = choice, now()
        consent.name = self.seal.close(person.name) if choice is Choice.NAMED else None
        self.add(consent)
        await self.flush()
        return consent

    # --- reactions

    async def hold(self, origin: Ref, person: Person, emoji: str, mark: str = "") -> None:
        """Note that someone holds an emoji on a message."""
        values = {"origin": where(origin), "person": self.hash(person), "emoji": emoji}
        row = {**values, "home": place(person.chat), "mark": mark, "at": now()}
        await self.upsert(Reaction, row, keys=tuple(values), add=None)

    async def let_go(self, origin: Ref, person: Person, emoji: str) -> None:
        """Note that someone took an emoji off."""
        one = select(Reaction).where(
            Reaction.origin == where(origin), Reaction.person == self.hash(person), Reaction.emoji == emoji
        )
        for row in await self.exec(one):
            await self.delete(row)

    async def held(self, origin: str, chat: Chat) -> tuple[str, ...]:
        """The emoji to show on a message in `chat`: held elsewhere by someone who said yes; the most held come first."""
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

    async def unreact(self, chat: Chat, mark: str) -> None:
        """Take somebody's reaction out of sight."""
        await self.do(Unreact(chat=chat, ref=Ref(chat, mark)))

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
        return [linked.chat for linked in rows]

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

    async def invite(self, code: str, purpose: str, *, hours: int, **more: Any) -> Invitation:
        """Note that a code opens something for some hours."""
        until = now() + timedelta(hours=hours)
        invitation = Invitation(code=self.seal.find("code", code), purpose=purpose, until=until, **more)
        self.add(invitation)
        return invitation

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

    async def author(self, origin: Ref) -> str:
        """The keyed hash of whoever wrote a message that was relayed, or empty."""
        found = await self.exec(select(Copy.of).where(Copy.origin == where(origin)))
        waiting = await self.exec(
            select(Outgoing.of).where(Outgoing.origin == where(origin), col(Outgoing.state).in_(OPEN))
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

    # --- small things

    def hash(self, person: Person) -> str:
        """By which a person is found."""
        return self.seal.find("person", *who(person))

    def place(self, chat: Chat) -> str:
        """By which a chat's rows are found."""
        return self.seal.find("place", place(chat))

    async def first_time(self, key: str) -> bool:
        """Note that an event was handled, and say whether this is its first time."""
        made = await self.upsert(Seen, {"key": key, "at": now()}, keys=("key",), add=None)
        return made == 1

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

    async def upsert(self, table: type[SQLModel], row: dict[str, Any], *, keys: tuple[str, ...], add: str | None) -> int:
        """Insert a row, or add to one column of the row that is there; tell how many rows were touched."""
        dialect = postgresql if self.get_bind().dialect.name == "postgresql" else sqlite
        insert = dialect.insert(table).values(**row)
        if add is None:
            insert = insert.on_conflict_do_nothing(index_elements=keys)
        else:
            old: ColumnElement[int] = getattr(table, add)
            insert = insert.on_conflict_do_update(index_elements=keys, set_={add: old + row[add]})
        done: Any = await self.exec(insert)
        return int(done.rowcount)

    async def alive(self) -> bool:
        """Whether the database answers."""
        await self.exec(text("select 1"))
        return True


def numbered(piece: str, n: int, pieces: Sequence[str]) -> str:
    """A part says which it is, so that a reader knows that more comes."""
    return piece if len(pieces) == 1 else f"({n + 1}/{len(pieces)}) {piece}"


def in_chat(chat: Chat) -> tuple[ColumnElement[bool], ...]:
    """Copies in this very chat."""
    return (col(Copy.network) == chat.network, col(Copy.room) == chat.id, col(Copy.thread) == chat.thread)

