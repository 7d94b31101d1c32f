"""What a room's state says: its name, who is in it, what one may do there, where it came from and went to."""

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any

from bridges.matrix.strangers import clean, is_id, part
from bridges.model import Chat, Person, Right

Event = Mapping[str, Any]
CREATE, MEMBER, LEVELS = "m.room.create", "m.room.member", "m.room.power_levels"
TOMBSTONE, HISTORY = "m.room.tombstone", "m.room.history_visibility"
BRIDGES = "m.bridge", "uk.half-shot.bridge"  # MSC2346, which bridges write under both names
KEPT = {CREATE, MEMBER, LEVELS, TOMBSTONE, HISTORY, "m.room.name", "m.room.canonical_alias", "m.room.encryption"}
PROTOCOL = re.compile("[a-z][a-z0-9.-]{1,31}")
# Up to version 11 the creator stands in the power levels like anyone else; from 12 on, above them.
CREATOR_IS_LISTED = tuple(str(version) for version in range(1, 12))


class Room:
    """One room, known by the state events it was told; whatever is malformed counts as absent."""

    def __init__(self, room: str, me: str) -> None:
        self.id, self.me = room, me
        self._state: dict[tuple[str, str], Event] = {}
        self._bridges: dict[tuple[str, str], Event] = {}
        self._names: dict[str, str] = {}  # of those who left too: their words may still be on the way
        self.listed = False  # whether the account's `m.direct` names it
        self._for_a_talk = False

    def learn(self, event: Event) -> None:
        """Take a state event in; what is none is passed over."""
        match event:
            case {"type": str(kind), "state_key": str(key), "content": dict()} if kind in KEPT:
                self._state[kind, key] = event
            case {"type": str(kind), "state_key": str(key), "content": dict(said)} if kind in BRIDGES:
                self._bridges[kind, key] = said
        match event:
            case {"type": "m.room.member", "state_key": str(user), "content": {"membership": "join" | "invite"}}:
                name = event["content"].get("displayname")
                self._names[user] = (clean(name) if isinstance(name, str) else "") or localpart(user)
        match event:
            case (
                {"type": "m.room.member", "state_key": self.me, "content": {"membership": "invite", "is_direct": True}}
                | {"type": "m.room.member", "state_key": self.me, "unsigned": {"prev_content": {"is_direct": True}}}
            ):
                self._for_a_talk = True

    @property
    def chat(self) -> Chat:
        return Chat("matrix", self.id)

    @property
    def title(self) -> str:
        """The room's name, else its address, else nothing."""
        name, alias = self._content("m.room.name").get("name"), self._content("m.room.canonical_alias").get("alias")
        return next((title for words in (name, alias) if isinstance(words, str) and (title := clean(words))), "")

    @property
    def encrypted(self) -> bool:
        return ("m.room.encryption", "") in self._state

    @property
    def creators(self) -> set[str]:
        event = self._state.get((CREATE, ""), {})
        more = self._content(CREATE).get("additional_creators")
        return {str(user) for user in (event.get("sender"), *(more if isinstance(more, list) else ())) if user}

    @property
    def is_member(self) -> bool:
        return self._content(MEMBER, self.me).get("membership") == "join"

    @property
    def rights(self) -> frozenset[Right]:
        """What the bot may do."""
        return self.rights_by(self._content(LEVELS)) if self.is_member else frozenset()

    def rights_by(self, levels: Event, user: str = "") -> frozenset[Right]:
        """What the bot, or somebody else, may do if these are the power levels."""
        who, version = user or self.me, self._content(CREATE).get("room_version", "1")
        above = who in self.creators and (version not in CREATOR_IS_LISTED or not levels)
        return rights(levels, who, creator=above)

    def level(self, user: str) -> float:
        """Somebody's power level; a creator's has no bound from room version 12 on."""
        said = self._content(LEVELS)
        if user in self.creators and (self._content(CREATE).get("room_version", "1") not in CREATOR_IS_LISTED):
            return math.inf
        users = said.get("users")
        default = number(said.get("users_default"), 0)
        return number(users.get(user), default) if isinstance(users, dict) else default

    def state_level(self, kind: str) -> float:
        """What it takes to change one kind of the room's state."""
        said = self._content(LEVELS)
        events, default = said.get("events"), number(said.get("state_default"), 50)
        return number(events.get(kind), default) if isinstance(events, dict) else default

    @property
    def may_invite(self) -> bool:
        """Whether the bot can let somebody in."""
        return self.is_member and self.level(self.me) >= number(self._content(LEVELS).get("invite"), 0)

    def may(self, user: str, right: Right) -> bool:
        """Whether somebody may do something here."""
        return right in self.rights_by(self._content(LEVELS), user)

    @property
    def successor(self) -> str:
        """The room that goes on in the place of this one (`m.room.tombstone`), as this one says; else nothing."""
        room = self._content(TOMBSTONE).get("replacement_room")
        return room if is_id(room) else ""

    @property
    def predecessor(self) -> str:
        """The room in whose place this one stands (`m.room.create`), as this one says; else nothing."""
        room = part(self._content(CREATE), "predecessor", "room_id")
        return room if is_id(room) else ""

    def is_ghost(self, user: str) -> bool:
        """Whether another bridge speaks by this account: what it says was said elsewhere.

        A bridge tells the room who its bot is and what it carries (MSC2346); its ghosts are named after that, as
        `@telegram_1:` or `@_irc_ana:`. Only who may change the room's state can tell so.
        """
        name = localpart(user).removeprefix("_")
        for said in self._bridges.values():
            protocol = part(said, "protocol", "id")
            if said.get("bridgebot") == user:
                return True
            if isinstance(protocol, str) and PROTOCOL.fullmatch(protocol) and name.startswith(f"{protocol}_"):
                return True
        return False

    def people(self) -> Iterator[str]:
        """Who is in the room or invited, the bot too."""
        for (kind, user), event in self._state.items():
            if kind == MEMBER and event["content"].get("membership") in ("join", "invite"):
                yield user

    def readers(self) -> set[str]:
        """Who may read what is said now: who is invited too, unless the room shows nothing from before a join."""
        invited = self._content(HISTORY).get("history_visibility") != "joined"
        return {user for user in self.people() if invited or self.has(user)}

    def has(self, user: str) -> bool:
        """Whether somebody has joined."""
        return self.membership(user) == "join"

    def membership(self, user: str) -> str:
        """What somebody is here: join, invite, knock, ban, leave, or nothing yet."""
        return str(self._content(MEMBER, user).get("membership", ""))

    @property
    def is_direct(self) -> bool:
        """Whether it was made for a talk: the account lists it, the bot was asked in for one, or opened it itself."""
        return self.listed or self._for_a_talk or self.is_nameless_work_of(self.me)

    @property
    def kind(self) -> str:
        """`private`: made for a talk, and nobody else came to it; else `room`."""
        return "private" if self.is_direct and len(set(self.people()) - {self.me}) < 2 else "room"

    def is_private(self) -> bool:
        """Whether the bot and one other person are alone here."""
        people = set(islice(self.people(), 3))
        return len(people) == 2 and self.me in people

    def is_private_with(self, user: str) -> bool:
        """Whether the bot and that person are alone here, and always were."""
        ever = {who for kind, who in self._state if kind == MEMBER}
        return set(self.people()) == ever == {self.me, user}

    def is_nameless_work_of(self, user: str) -> bool:
        """Whether somebody made this room and gave it no name, as direct rooms are."""
        return user in self.creators and not self.title

    def person(self, user: str, chat: Chat | None = None) -> Person:
        """Somebody as this room knows them, where they speak: the room, or `chat`, a thread of it."""
        return Person(user, chat or self.chat, self._names.get(user) or localpart(user))

    def _content(self, kind: str, key: str = "") -> dict[str, Any]:
        content: dict[str, Any] = self._state.get((kind, key), {}).get("content", {})
        return content


def rights(levels: Event, user: str, *, creator: bool = False) -> frozenset[Right]:
    """What somebody may do by the content of an `m.room.power_levels` (client-server API, 10.6.1 of v1.16)."""
    users, events = (said if isinstance(said := levels.get(name), dict) else {} for name in ("users", "events"))
    mine = math.inf if creator else number(users.get(user), number(levels.get("users_default"), 0))
    state = number(levels.get("state_default"), 50)
    needed = {
        Right.SEND: number(events.get("m.room.message"), number(levels.get("events_default"), 0)),
        Right.DELETE: number(levels.get("redact"), 50),
        Right.PIN: number(events.get("m.room.pinned_events"), state),
        Right.RESTRICT: max(number(levels.get("kick"), 50), number(levels.get("ban"), 50)),
        Right.ADMIN: 100,
    }
    return frozenset(right for right, level in needed.items() if mine >= level)


def number(value: object, default: float) -> float:
    """A power level; old rooms hold some as strings."""
    with suppress(ValueError):
        if isinstance(value, int | str):
            return int(value)
    return default


def localpart(user: str) -> str:
    """`ana` of `@ana:example.org`."""
    return clean(user.removeprefix("@").partition(":")[0])
