"""The one transaction that each event gets: what a handler reads, writes and wants done, with the gate at its exit."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from pydantic import TypeAdapter
from sqlmodel import col, func, select, update

from bot.gate import Choice, S, at_home, sign
from bot.store.tables import OPEN, Circle, Consent, Copy, Outgoing, State, now, where
from bot.store.traces import Traces, in_chat
from bridges import markup
from bridges.model import Action, Chat, Edit, Join, Leave, Person, React, Ref, Remove, Said, Send, Toast, Unreact, Voice

ACTION: TypeAdapter[Action] = TypeAdapter(Action)
TAKEN_BACK = "taken-back"
SIGNATURE = 120  # units left free in each part for its signature and number


class Work(Traces):
    """One transaction. Nothing is sent from here: actions are rows that leave after the commit."""

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
        elif bulk:  # what is taken back waits for nothing; what only reads differently yields to what is said meanwhile
            row.lane = f"{row.place} back" if isinstance(action, Remove) else f"{row.place}~"
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
        had = await self._part_count(said.ref, said.chat)
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
        of = self.hash(action.of) if isinstance(action.of, Person) else ""
        last = await self._last_words(where(action.ref), self.place(action.chat), action.part, of)
        return last is not None and (last.html, last.by, last.buttons) == (action.html, action.by, action.buttons)

    async def _last_words(self, origin: str, place_: str, part: int, of: str) -> Send | Edit | None:
        """What its author last made a copy say, as long as the payload is kept."""
        rows = await self.exec(
            select(Outgoing)
            .where(Outgoing.origin == origin, Outgoing.place == place_, Outgoing.part == part, Outgoing.of == of)
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
        if (last := await self._last_words(copy.origin, self.place(chat), copy.part, copy.of)) is None:
            return False
        network, room, id_ = copy.origin.split("|", 2)
        origin = Ref(Chat(network, room), id_)
        passed = await self.admit(Edit(chat=chat, ref=origin, html=last.html, of=person, part=copy.part))
        if passed:
            self._queue(passed, bulk=True)
        return passed is not None

    async def drop(self, origin: Ref) -> None:
        """What waits of these words is not sent any more, and no text of them is kept.

        What is on its way just now is marked: it is removed when it turns out to have arrived.
        """
        these = col(Outgoing.origin) == where(origin)
        waiting, sending = col(Outgoing.state) == State.WAITING, col(Outgoing.state) == State.SENDING
        await self.exec(update(Outgoing).where(these, waiting).values(state=State.DROPPED, done=now()))
        await self.exec(update(Outgoing).where(these, sending).values(why=TAKEN_BACK))
        await self.exec(update(Outgoing).where(these, ~sending).values(payload=None))

    async def unreact(self, chat: Chat, mark: str) -> None:
        """Take somebody's reaction out of sight."""
        await self.do(Unreact(chat=chat, ref=Ref(chat, mark)))

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

    async def still_shared(self, copy: Copy) -> bool:
        """Whether whoever wrote what this copy holds has not said no since."""
        circle = await self.circle(Chat(copy.network, copy.room, copy.thread))
        if circle is None or not copy.of:
            return False
        yes = select(Consent.id).where(
            Consent.person == copy.of, Consent.circle == circle.id, Consent.choice != Choice.NO
        )
        return (await self.exec(yes)).first() is not None

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


def numbered(piece: str, n: int, pieces: Sequence[str]) -> str:
    """A part says which it is, so that a reader knows that more comes."""
    return piece if len(pieces) == 1 else f"({n + 1}/{len(pieces)}) {piece}"
