"""The one transaction that each event gets: what a handler reads, writes and wants done, with the gate at its exit."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlmodel import SQLModel, col, func, select, update

from bot.gate import Choice, S, at_home, sign
from bot.purposes import PURPOSES
from bot.seal import Seal
from bot.store.circles import Rules, Shared
from bot.store.holds import NEW
from bot.store.standards import Standards
from bot.store.tables import OPEN, TO_COME, Circle, Consent, Copy, Outgoing, Sanction, State, now, where
from bot.store.traces import in_chat
from bridges import markup
from bridges.model import (
    Act,
    Action,
    Chat,
    Edit,
    Join,
    Leave,
    MediaKind,
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

ACTION: TypeAdapter[Action] = TypeAdapter(Action)
TAKEN_BACK = "taken-back"
OUTBOX = SQLModel.metadata.tables["outgoing"]
# What every row begins with; the database knows no defaults.
FRESH = {
    name: default for name, default in Outgoing(key="", lane="", network="", place="", kind="").model_dump().items()
    if name not in {"id", "made"}
}  # fmt: skip
LOOSE = "+"  # begins the name of an album that nobody made
PICTURES = {MediaKind.PHOTO, MediaKind.VIDEO}
STANDINGS = 5_000  # people whose decision is held in memory
SIGNATURE = 120  # units left free in each part for its signature and number


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody's words may leave for a circle, and what they are signed with."""

    choice: Choice
    media: bool
    name: str
    label: str


class Work(Standards):
    """One transaction. Nothing is sent from here: actions are rows that leave after the commit.

    Rows are gathered, and written together before anything is read.
    """

    def begin_anew(self, seal: Seal, rules: Rules, shared: Shared | None) -> None:
        super().begin_anew(seal, rules, shared)
        self._rows: list[dict[str, Any]] = []
        self._seen: set[Ref] = set()

    if not TYPE_CHECKING:  # its types are the library's

        async def exec(self, *arguments: Any, **options: Any) -> Any:
            if self._rows:
                await self._write_rows()
            return await super().exec(*arguments, **options)

    async def _write_rows(self) -> None:
        rows, self._rows = self._rows, []
        await self.run_sync(lambda session: session.connection().execute(OUTBOX.insert(), rows))

    async def finish(self) -> None:
        await super().finish()
        await self._write_sightings()
        if self._rows:
            await self._write_rows()
        if self.queued and self.get_bind().dialect.name == "postgresql":
            await self.exec(text("notify palier"))  # type: ignore[call-overload]  # every worker hears it after the commit

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """A part of the transaction: what it did is undone where it raises, and nothing else."""
        if self._rows:
            await self._write_rows()
        counts, queued = self._counts.copy(), self.queued
        try:
            async with self.begin_nested():
                yield
                if self._rows:
                    await self._write_rows()
        except BaseException:
            self._rows, self._counts, self.queued = [], counts, queued
            self.info["found"].clear()
            raise

    # --- what is to be done

    async def do(self, action: Action, *, bulk: bool = False, key: str = "", among_acts: bool = False) -> bool:
        """Queue an action if the gate lets it pass, and say whether it did; `bulk` yields to what is said meanwhile.

        `key`: by which the row is found again, for an action that is one row. `among_acts`: words that have to arrive
        before what is done about a person, who may be gone afterwards.
        """
        lane = await self._lane_of(action) if isinstance(action, Edit | Remove) else ""
        if among_acts:
            lane = self._lane_of_acts(action.chat)
        match action:
            case Said():
                if (passed := await self.admit(action)) is None:
                    return False
                for part in await self._parts(passed):
                    if not await self._says_nothing_new(part):
                        self._queue(part, bulk=bulk, lane=lane)
            case React() if not await self._may_react(action):
                return False
            case Remove(ref=ref, part=0):
                for n in range(max(1, await self._part_count(ref, action.chat))):
                    self._queue(replace(action, part=n), bulk=bulk, lane=lane, key="" if n else key)
            case _:
                self._queue(action, bulk=bulk, key=key)
        return True

    def _queue(self, action: Action, *, bulk: bool, lane: str = "", key: str = "") -> None:
        chat, to, of = action.chat, getattr(action, "to", None), getattr(action, "of", None)
        place_ = self.place(chat)
        row: dict[str, Any] = FRESH | {
            "key": key or uuid4().hex, "network": chat.network, "place": place_, "lane": place_, "kind": action.kind,
            "room": self.room_hash(chat), "payload": self.seal.close(ACTION.dump_json(action).decode()),
            "of": self.hash(of) if isinstance(of, Person) else "", "made": now(),
        }  # fmt: skip
        match action:
            case Toast(tap=tap):
                row["lane"] = f"{place_} {tap}"
            case Join() | Leave():
                row["lane"] = f"{place_} door"
            case _ if isinstance(action, Act):
                row["lane"] = self._lane_of_acts(chat)
            case Send(unasked=int(rank)):
                row |= {"lane": f"{place_} unasked", "unasked": rank}
            case _ if to:
                row["lane"] = f"{place_} {self.hash(to)}"
            case Remove() if bulk:  # what is taken back waits for nothing
                row["lane"] = f"{place_} back"
            case _ if bulk:  # what only reads differently yields to what is said meanwhile
                row["lane"] = f"{place_}~"
        match action:
            case Send():
                row |= {"origin": where(action.copy_of) if action.copy_of else "", "part": action.part}
                row["album"] = self._album(action, row["of"])
            case Edit():
                row |= {"origin": where(action.ref), "part": action.part}
        self._rows.append(row | self._kept_back(row, lane))
        self.queued += 1

    def _kept_back(self, row: dict[str, Any], lane: str) -> dict[str, Any]:
        """What is different about a row whose words are held, or wait because their author is new."""
        origin, (new, delay) = row["origin"], self.delaying
        if origin and origin == self.holding:
            return {"state": State.HELD}
        if delay and origin == new and row["kind"] == "send":
            return {"lane": f"{row['place']}{NEW}{row['of']}", "not_before": now() + delay}
        return {"lane": lane} if lane else {}

    def _lane_of_acts(self, chat: Chat) -> str:
        """What is done about people is done in its order, whatever the topic, and not behind what was said."""
        return f"{self.place(replace(chat, thread=''))} acts"

    def _album(self, send: Send, of: str) -> str:
        """The name of the album that a file belongs to; pictures that one person sends at once make one, too."""
        if send.media is None or self.rules.can(send.chat).albums < 2:
            return ""
        return send.album or (f"{LOOSE}{of}" if of and send.media.kind in PICTURES else "")

    async def _parts(self, said: Said) -> list[Send | Edit | Remove]:
        """One action for each message that the network needs for these words."""
        assert isinstance(said, Send | Edit)
        can = self.rules.can(said.chat)
        if isinstance(said, Send) and said.spot and not can.spots_with_text:  # the name has to stand somewhere
            alone = replace(said, html="", by="", part=1, reply_to=None, quote="")
            return [replace(said, spot=None), alone]
        first = can.caption_length if isinstance(said, Send) and said.media else can.text_length
        pieces = cut(said.html, can, first)
        if isinstance(said, Send):
            rest = replace(said, reply_to=None, quote="", media=None, album="")
            return [
                replace(rest if n else said, html=numbered(piece, n, pieces), part=n) for n, piece in enumerate(pieces)
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
            col(Outgoing.state).in_(TO_COME),
        )  # fmt: skip
        copies = select(func.max(Copy.part)).where(Copy.origin == where(origin), *in_chat(chat))
        known = [part for query in (rows, copies) if (part := (await self.exec(query)).first()) is not None]
        return max(known) + 1 if known else 0

    async def _says_nothing_new(self, action: Send | Edit | Remove) -> bool:
        """An edit that leaves the words as they are: networks tell of those too, for link previews and the like."""
        if not isinstance(action, Edit):
            return False
        of = self.hash(action.of) if isinstance(action.of, Person) else ""
        last = await self._last_words(where(action.ref), self.place(action.chat), action.part, of, held=True)
        return last is not None and (last.html, last.by, last.buttons) == (action.html, action.by, action.buttons)

    async def _last_words(
        self, origin: str, place_: str, part: int, of: str, *, held: bool = False
    ) -> Send | Edit | None:
        """What its author last made a copy say, as long as the payload is kept; `held`: even if nobody may see it."""
        states = (*(TO_COME if held else OPEN), State.DONE)
        rows = await self.exec(
            select(Outgoing)
            .where(Outgoing.origin == origin, Outgoing.place == place_, Outgoing.part == part, Outgoing.of == of)
            .where(col(Outgoing.kind).in_(("send", "edit")), col(Outgoing.state).in_(states))
            .order_by(col(Outgoing.id).desc())
        )
        if (row := rows.first()) is None or row.payload is None:
            return None
        action = ACTION.validate_json(self.seal.open(row.payload))
        return action if isinstance(action, Send | Edit) else None

    async def last_words(self, copy: Copy) -> Send | Edit | None:
        """What its author last made a copy say, as long as the payload is kept."""
        chat = Chat(copy.network, copy.room)
        places = [self.place(chat), self.place(replace(chat, thread=copy.thread))]
        found = [await self._last_words(copy.origin, place_, copy.part, copy.of) for place_ in dict.fromkeys(places)]
        return next((one for one in found if one), None)

    async def words_of(self, ref: Ref) -> tuple[str, Person] | None:
        """What a message says that has a copy somewhere, in plain text, and whose it is, as long as it is kept."""
        for copy in await self.copies(await self.origin(ref)):
            last = await self.last_words(copy)
            if last and isinstance(last.of, Person):
                return markup.plain(last.html), last.of
        return None

    async def send_again(self, copy: Copy) -> None:
        """Say once more what stood in a message that went: it shared it with words that had to go."""
        network, room, id_ = copy.origin.split("|", 2)
        match await self.last_words(copy):
            case Send() as send:
                self._queue(replace(send, reply_to=None), bulk=False)
            case Edit(chat=chat, html=html, of=of, by=by):
                self._queue(Send(chat=chat, html=html, of=of, by=by, copy_of=Ref(Chat(network, room), id_)), bulk=False)

    async def sign_again(self, copy: Copy, person: Person) -> bool:
        """Let a copy say the same under the signature that its author chose by now, if its words are still kept."""
        chat = Chat(copy.network, copy.room, copy.thread)
        if (last := await self.last_words(copy)) is None:
            return False
        network, room, id_ = copy.origin.split("|", 2)
        origin = Ref(Chat(network, room), id_)
        passed = await self.admit(Edit(chat=chat, ref=origin, html=last.html, of=person, part=copy.part))
        if passed:
            self._queue(passed, bulk=True)
        return passed is not None

    async def move(self, old: Chat, new: Chat) -> None:
        """Links follow a room that became another one, and what waits for it, in its order; earlier messages stay."""
        await super().move(old, new)
        there, states = Outgoing.room == self.room_hash(old), (State.WAITING, State.HELD)
        waiting = select(Outgoing).where(there, col(Outgoing.state).in_(states))
        for row in (await self.exec(waiting.order_by(col(Outgoing.id)))).all():
            if row.payload is not None:
                action = ACTION.validate_json(self.seal.open(row.payload))
                self._queue(replace(action, chat=replace(action.chat, id=new.id)), bulk=row.lane.endswith("~"))
                self._rows[-1]["state"] = row.state
                row.state, row.done, row.payload = State.DROPPED, now(), None
        await self.flush()

    async def wake(self, chat: Chat) -> None:
        """What waits because a chat was shut may be tried again now."""
        these = col(Outgoing.room) == self.room_hash(chat), col(Outgoing.state) == State.WAITING
        await self.exec(update(Outgoing).where(*these).values(not_before=now()))
        self.queued += 1

    async def drop(self, origin: Ref) -> None:
        """What waits of these words is not sent any more, and no text of them is kept.

        What is on its way just now is marked: it is removed when it turns out to have arrived.
        """
        if self.shared:
            self.shared.changes += 1
        these = col(Outgoing.origin) == where(origin)
        waiting = col(Outgoing.state).in_((State.WAITING, State.HELD))
        sending = col(Outgoing.state) == State.SENDING
        await self.exec(update(Outgoing).where(these, waiting).values(state=State.DROPPED, done=now()))
        await self.exec(update(Outgoing).where(these, sending).values(why=TAKEN_BACK))
        await self.exec(update(Outgoing).where(these, ~sending).values(payload=None))

    async def unreact(self, chat: Chat, mark: str) -> None:
        """Take somebody's reaction out of sight."""
        await self.do(Unreact(chat=chat, ref=Ref(chat, mark)))

    # --- the gate

    async def admit(self, said: S, *, again: bool = False) -> S | None:
        """The same as its person allowed, else None; what names nobody is taken for the speaker's.

        `again`: these words passed before, and are only to be signed as is right by now.
        """
        of = said.of or self.speaker
        if of is None or isinstance(of, Voice):
            return said
        to = said.to if isinstance(said, Send) else None
        if at_home(of, said.chat, to):
            return replace(said, of=of)
        standing = await self._standing(of, said.chat)
        if standing is None or (files(said) and not (standing.media or of.collective)):
            return None
        named = replace(of, name=of.name or standing.name)
        return sign(said, named, standing.choice, standing.label, self.rules.reserved, again=again)

    async def _standing(self, of: Person, chat: Chat) -> Standing | None:
        """What somebody decided for the circle of a chat; asked anew only if something was written since."""
        if (version := await self.version()) is None:
            return await self._stands(of, chat)
        assert self.shared
        at, known = self.shared.standings
        if at != version or len(known) > STANDINGS:
            known = {}
            self.shared.standings = (version, known)
        key = (of.id, of.chat.network, chat)
        if key not in known:
            known[key] = await self._stands(of, chat)
        found: Standing | None = known[key]
        return found

    async def _stands(self, of: Person, chat: Chat) -> Standing | None:
        circle = await self.circle(chat)
        consent = await self.consent(of, circle) if circle else None
        if consent is None or circle is None or await self.silenced(of, circle):
            return None
        name = self.seal.open(consent.name) if consent.name else ""
        return Standing(consent.choice, bool(consent.media), name, self.rules.label(circle, consent.number))

    async def _may_react(self, action: React) -> bool:
        of = action.of or self.speaker
        if not isinstance(of, Person) or at_home(of, action.chat):
            return True
        circle = await self.circle(action.chat)
        consent = await self.consent(of, circle) if circle else None
        if circle is None or consent is None or consent.choice is Choice.NO:
            return False
        return not await self.silenced(of, circle)

    async def silenced(self, person: Person, circle: Circle) -> bool:
        """Whether somebody is muted or banned in a circle: where they are not, nothing of theirs arrives meanwhile."""
        who = self.hash(person)
        return await self.remembered(("silenced", who, circle.id), lambda: self._silenced(who, circle))

    async def _silenced(self, who: str, circle: Circle) -> bool:
        holds = select(Sanction.act).where(Sanction.person == who, Sanction.circle == circle.id)
        return (await self.exec(holds)).first() is not None

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
        who = self.hash(person)
        return await self.remembered(("consent", who, circle.id), lambda: self._consent(who, circle))

    async def _consent(self, who: str, circle: Circle) -> Consent | None:
        rows = await self.exec(
            select(Consent).where(Consent.person == who, Consent.circle == circle.id)
        )
        found: Consent | None = rows.first()
        return found

    async def decide(self, person: Person, circle: Circle, choice: Choice) -> Consent:
        """Note a decision; the name is kept only with a yes that gives it."""
        consent = await self.consent(person, circle)
        if consent is None:
            highest = select(func.max(Consent.number)).where(Consent.circle == circle.id)
            number = ((await self.exec(highest)).first() or 0) + 1
            assert circle.id is not None
            consent = Consent(person=self.hash(person), circle=circle.id, number=number)
        consent.choice, consent.changed, consent.left = choice, now(), None
        consent.version = PURPOSES["relay"].version
        consent.name = self.seal.close(person.name) if choice is Choice.NAMED else None
        self.add(consent)
        await self.flush()
        return consent


def files(said: Said) -> bool:
    """Whether it carries a file, for which there is a consent of its own."""
    return isinstance(said, Send) and said.media is not None


def cut(html: str, can: Capabilities, first: int) -> list[str]:
    """Pieces that fit into messages of this network under their signatures; the first may be a caption."""
    entities = can.entities - 1 if can.entities else None  # the signature is one
    length, many = markup.length(html) + SIGNATURE, bool(entities and markup.entity_count(html) > entities)
    if length <= first and not many:
        return [html]
    if first == can.text_length or not html:
        return markup.split(html, can.text_length - SIGNATURE, entities)
    caption = markup.split(html, first - SIGNATURE, entities)[0]
    if not html.startswith(caption):  # it ends inside a mark: the words go whole below the file
        return ["", *markup.split(html, can.text_length - SIGNATURE, entities)]
    return [caption, *markup.split(html.removeprefix(caption).lstrip(), can.text_length - SIGNATURE, entities)]


def numbered(piece: str, n: int, pieces: Sequence[str]) -> str:
    """A part says which it is, so that a reader knows that more comes."""
    return piece if len(pieces) == 1 else f"({n + 1}/{len(pieces)}) {piece}"
