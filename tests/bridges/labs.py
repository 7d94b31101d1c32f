"""One network each with people in it, for the contract that every bridge is held to."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, Protocol
from urllib.parse import quote

from aiohttp import ClientSession, DummyCookieJar, web

from bot.demo.resident import Resident, ResidentError
from bot.demo.synapse import Synapse
from bridges import markup
from bridges.fake import FakeBridge
from bridges.markup import Entity, from_matrix, from_telegram, to_matrix, to_telegram
from bridges.matrix import MatrixBridge
from bridges.model import Chat, Join, Person, Ref
from bridges.port import Bridge, Inbox, TryLater
from bridges.simulator import Control, Rejected, Simulator
from bridges.simulator.world import World
from bridges.telegram import TelegramBridge
from tests.bridges.matrix_lab import Bot, Memory, bot, resident, until

PEOPLE = "Ana", "Bea"  # Ana administers the chat
OUTSIDE = "Eve"
PAUSE = timedelta(seconds=3)
Trouble = Literal["pause", "down"]


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as somebody sees it; reactions without U+FE0F, which the networks do not agree on."""

    id: str
    html: str
    mine: bool  # the bot's
    reply_to: str = ""
    reactions: frozenset[str] = frozenset()


def bare(emoji: Iterable[str]) -> frozenset[str]:
    return frozenset(one.replace("\ufe0f", "") for one in emoji)


class Lab(Protocol):
    """A chat on some network with Ana, Bea and the bot in it.

    `longest`: what a person can say at once, in UTF-16 units; `removals`: the network tells the bot when people take
    messages away; `once`: the same key acts once.
    """

    bridge: Bridge
    chat: Chat
    longest: int
    removals: bool
    once: bool

    async def ready(self) -> None:
        """Return when the bridge, which runs, will hear whatever happens from now on."""

    async def restart(self) -> None:
        """Put another bridge in the place of this one, which knows what was kept, as after a crash."""

    def person(self, name: str) -> Person:
        """Somebody as the bridge names them."""

    def nowhere(self) -> Ref:
        """A message that never was."""

    async def says(self, name: str, html: str, *, reply_to: Ref | None = None) -> Ref:
        """A person writes into the chat."""

    async def edits(self, name: str, ref: Ref, html: str) -> None:
        """A person writes it differently."""

    async def removes(self, name: str, ref: Ref) -> None:
        """A person takes their message away."""

    async def reacts(self, name: str, ref: Ref, *emoji: str) -> None:
        """A person holds just these on a message."""

    async def seen(self, name: str = "Bea") -> list[Shown]:
        """The chat as a person sees it, oldest first."""

    async def told(self, name: str) -> list[str]:
        """All that the bot has said where this person can see it, in the chat and elsewhere."""

    async def pinned(self) -> list[str]:
        """The ids of what is pinned."""

    async def may_write(self, name: str) -> bool:
        """Whether a person can write into the chat, by trying it."""

    async def is_in(self, name: str) -> bool:
        """Whether a person is in the chat."""

    async def comes(self, name: str) -> None:
        """A person comes into the chat, as far as it lets them; somebody in it may have to ask them in."""

    async def asks_in(self, name: str, words: str = "") -> None:
        """A person asks to be let in."""

    async def rules(self) -> Any:
        """All that says who may write here, the bot's part in it included."""

    async def fails(self, trouble: Trouble) -> None:
        """The next message that the bot sends meets a wait of `PAUSE`, or a server that is down."""


@asynccontextmanager
async def listening(lab: Lab, inbox: Inbox) -> AsyncIterator["asyncio.Task[None]"]:
    """Let the bridge run meanwhile."""
    running = asyncio.create_task(lab.bridge.run(inbox))
    try:
        await lab.ready()
        yield running
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await running


class FakeLab(Lab):
    """The network in memory."""

    longest, removals, once = 10_000, True, True

    def __init__(self) -> None:
        self.bridge: FakeBridge = FakeBridge()
        self.chat = self.bridge.chat
        self.bridge.admins = {self.chat: {"Ana"}}
        self.bridge.members = {self.chat: {"Ana", "Bea"}}
        self._busy: list[asyncio.Task[Any]] = []

    async def ready(self) -> None:
        await asyncio.sleep(0)

    async def restart(self) -> None:
        """A network in memory lives as long as its bridge."""

    def person(self, name: str) -> Person:
        return self.bridge.person(name)

    def nowhere(self) -> Ref:
        return Ref(self.chat, "999")

    async def says(self, name: str, html: str, *, reply_to: Ref | None = None) -> Ref:
        await self._does(self.bridge.says(name, html, reply_to=reply_to))
        return Ref(self.chat, [post.id for post in self.bridge.posts.values() if post.author == name][-1])

    async def edits(self, name: str, ref: Ref, html: str) -> None:
        await self._does(self.bridge.edits(name, ref, html))

    async def removes(self, name: str, ref: Ref) -> None:
        await self._does(self.bridge.removes(name, ref))

    async def reacts(self, name: str, ref: Ref, *emoji: str) -> None:
        await self._does(self.bridge.reacts(name, ref, *emoji))

    async def seen(self, name: str = "Bea") -> list[Shown]:
        return [
            Shown(p.id, p.html, p.author == "bot", p.reply_to or "", bare(p.reactions))
            for p in self.bridge.seen(name)
        ]

    async def told(self, name: str) -> list[str]:
        return [markup.plain(post.html) for post in self.bridge.seen(name) if post.author == "bot"]

    async def pinned(self) -> list[str]:
        return self.bridge.pinned

    async def may_write(self, name: str) -> bool:
        return self.bridge.may_write(name)

    async def is_in(self, name: str) -> bool:
        return name in self.bridge.members[self.chat]

    async def comes(self, name: str) -> None:
        self.bridge.members[self.chat].add(name)

    async def asks_in(self, name: str, words: str = "") -> None:
        await self._does(self.bridge.asks_in(name, words))

    async def rules(self) -> Any:
        return dict(self.bridge.muted), dict(self.bridge.banned), set(self.bridge.locked)

    async def fails(self, trouble: Trouble) -> None:
        self.bridge.failures.append(TryLater(PAUSE if trouble == "pause" else None))

    async def _does(self, deed: Any) -> None:
        """The deed of a person ends when the bot has handled it, which is not what people wait for."""
        self._busy.append(asyncio.create_task(deed))
        await asyncio.sleep(0)

    async def close(self) -> None:
        for deed in self._busy:
            deed.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)


@asynccontextmanager
async def fake_lab() -> AsyncIterator[Lab]:
    lab = FakeLab()
    yield lab
    await lab.close()


class TelegramLab(Lab):
    """A supergroup of the simulator, spoken to over HTTP by everyone."""

    longest, removals, once = 4096, False, False

    def __init__(
        self, control: Control, world: World, bot: dict[str, Any], group: int, people: dict[str, int]
    ) -> None:
        self._control, self._world, self._bot, self._group, self._people = control, world, bot, group, people
        self.chat, self._memory = Chat("telegram", str(group)), Memory()
        self.bridge = self._another()

    def _another(self) -> TelegramBridge:
        return TelegramBridge(self._bot["token"], api=self._control.url, paced=False, cursor=self._memory)

    async def ready(self) -> None:
        before = len(await self._control.calls())
        while not any(call["method"] == "getUpdates" for call in await self._control.calls(before)):
            # The call is noted when it ends: something has to happen, which no bridge delivers.
            await self._control.update(self._bot["id"], {"nothing": {}})
            await asyncio.sleep(0.02)

    async def restart(self) -> None:
        await self.bridge.close()
        self.bridge = self._another()

    def person(self, name: str) -> Person:
        return Person(str(self._people[name]), self.chat, name)

    def nowhere(self) -> Ref:
        return Ref(self.chat, "999999")

    async def says(self, name: str, html: str, *, reply_to: Ref | None = None) -> Ref:
        text, entities = told_to_telegram(html)
        to = int(reply_to.id) if reply_to else None
        said = await self._control.say(self._group, self._people[name], text, entities=entities, reply_to=to)
        return Ref(self.chat, str(said["message_id"]))

    async def edits(self, name: str, ref: Ref, html: str) -> None:
        text, entities = told_to_telegram(html)
        await self._control.edit(self._group, self._people[name], int(ref.id), text, entities=entities)

    async def removes(self, name: str, ref: Ref) -> None:
        await self._control.delete(self._group, self._people[name], int(ref.id))

    async def reacts(self, name: str, ref: Ref, *emoji: str) -> None:
        await self._control.react(self._group, self._people[name], int(ref.id), *emoji)

    async def seen(self, name: str = "Bea") -> list[Shown]:
        return await self._view(self._group, name)

    async def _view(self, chat: int, name: str) -> list[Shown]:
        messages = (await self._control.view(chat, self._people[name]))["messages"]
        return [
            Shown(
                str(m.get("ephemeral_message_id") or m["message_id"]),
                from_telegram(m["text"], entities(m["entities"])), m["from"]["is_bot"],
                str(m.get("reply_to", "")), bare(m["reactions"]),
            )
            for m in messages if "service" not in m
        ]  # fmt: skip

    async def told(self, name: str) -> list[str]:
        everywhere = [*await self.seen(name), *await self._view(self._bot["id"], name)]
        return [markup.plain(shown.html) for shown in everywhere if shown.mine]

    async def pinned(self) -> list[str]:
        return [str(one) for one in (await self._control.view(self._group, self._people["Bea"]))["pinned"]]

    async def may_write(self, name: str) -> bool:
        with suppress(Rejected):
            await self._control.say(self._group, self._people[name], "may I?")
            return True
        return False

    async def is_in(self, name: str) -> bool:
        return self._people[name] in self._members()

    async def comes(self, name: str) -> None:
        await self._control.member(self._group, self._people[name])

    async def asks_in(self, name: str, words: str = "") -> None:
        await self._control.ask_in(self._group, self._people[name], bio="not said to anybody here")

    async def rules(self) -> Any:
        chat = self._world.chats[self._group]
        places = {who: (place.status, dict(place.rights)) for who, place in chat.members.items()}
        return dict(chat.permissions), places, dict(self._memory.kept)

    def _members(self) -> set[int]:
        return {who for who, place in self._world.chats[self._group].members.items() if place.present}

    async def fails(self, trouble: Trouble) -> None:
        if trouble == "pause":
            await self._control.fault("sendMessage", "429", retry_after=int(PAUSE.total_seconds()))
        else:
            await self._control.fault("sendMessage", "5xx", status=502)


def told_to_telegram(html: str) -> tuple[str, list[dict[str, Any]]]:
    text, marks = to_telegram(html)
    fields = ("type", "offset", "length", "url", "language")
    return text, [{f: getattr(mark, f) for f in fields if getattr(mark, f) != ""} for mark in marks]


def entities(raw: Sequence[dict[str, Any]]) -> list[Entity]:
    return [Entity(e["type"], e["offset"], e["length"], e.get("url", ""), e.get("language", "")) for e in raw]


@asynccontextmanager
async def telegram_lab() -> AsyncIterator[Lab]:
    async with Simulator() as simulator, Control(simulator.url) as control:
        await control.settings(limits=False)
        bot = await control.bot("palier_bot", "Palier")
        people = {name: await control.user(name, last_name="Durand") for name in (*PEOPLE, OUTSIDE)}
        group = await control.chat("Tilleuls", members=[*(people[name] for name in PEOPLE), bot["id"]])
        names = "can_delete_messages", "can_pin_messages", "can_restrict_members", "can_invite_users"
        await control.member(group, people["Ana"], "creator")
        await control.member(group, bot["id"], "administrator", rights=dict.fromkeys(names, True))
        lab = TelegramLab(control, simulator.server.world, bot, group, people)
        yield lab
        await lab.bridge.close()
        # The real server ignores in silence what it does not know.
        assert [(call["method"], call["unknown"]) for call in await control.calls() if call["unknown"]] == []


class Proxy:
    """Stands before a homeserver and lets the next message that is sent fail, when told to."""

    def __init__(self, behind: str) -> None:
        self._behind, self.troubles = behind, list[Trouble]()

    async def handle(self, request: web.Request) -> web.Response:
        if self.troubles and "/send/m.room.message/" in request.path:
            if self.troubles.pop(0) == "pause":
                milliseconds = PAUSE // timedelta(milliseconds=1)
                wait = {"errcode": "M_LIMIT_EXCEEDED", "error": "no", "retry_after_ms": milliseconds}
                return web.json_response(wait, status=429)
            return web.Response(status=502, text="<html>down</html>")
        headers = {name: value for name, value in request.headers.items() if name in ("Authorization", "Content-Type")}
        async with (
            ClientSession(cookie_jar=DummyCookieJar()) as http,
            http.request(
                request.method, self._behind + request.raw_path, headers=headers, data=await request.read()
            ) as answer,
        ):
            kind = answer.headers.get("Content-Type", "")
            return web.Response(body=await answer.read(), status=answer.status, headers={"Content-Type": kind})

    @asynccontextmanager
    async def up(self) -> AsyncIterator[str]:
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{path:.*}", self.handle)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        await runner.cleanup()


class MatrixLab(Lab):
    """A room on a real Synapse."""

    longest, removals, once = 10_000, True, True

    def __init__(self, url: str, proxy: Proxy, account: Bot, people: dict[str, Resident], room: str) -> None:
        self._url, self._proxy, self._account, self._people, self._room = url, proxy, account, people, room
        self.chat = Chat("matrix", room)
        self.bridge = self._another()

    def _another(self) -> MatrixBridge:
        localpart = self._account.user[1:].partition(":")[0]
        return MatrixBridge(self._url, localpart, password=self._account.password, cursor=self._account.memory)

    async def ready(self) -> None:
        await until(lambda: self.bridge._known)

    async def restart(self) -> None:
        await self.bridge.close()
        self.bridge = self._another()

    def person(self, name: str) -> Person:
        return Person(self._people[name].user, self.chat, name)

    def nowhere(self) -> Ref:
        return Ref(self.chat, "$" + "0" * 43)

    async def says(self, name: str, html: str, *, reply_to: Ref | None = None) -> Ref:
        body, formatted = to_matrix(html)
        to = reply_to.id if reply_to else ""
        return Ref(self.chat, await self._people[name].send(self._room, body, formatted or "", reply_to=to))

    async def edits(self, name: str, ref: Ref, html: str) -> None:
        body, formatted = to_matrix(html)
        await self._people[name].edit(self._room, ref.id, body, formatted or "")

    async def removes(self, name: str, ref: Ref) -> None:
        await self._people[name].redact(self._room, ref.id)

    async def reacts(self, name: str, ref: Ref, *emoji: str) -> None:
        person = self._people[name]
        for mark in await person.relations(self._room, ref.id, "m.annotation"):
            if mark["sender"] == person.user:
                await person.redact(self._room, mark["event_id"])
        for one in emoji:
            await person.react(self._room, ref.id, one)

    async def seen(self, name: str = "Bea") -> list[Shown]:
        return await self._view(self._room, name)

    async def _view(self, room: str, name: str) -> list[Shown]:
        return [
            Shown(
                line.event_id, from_matrix(line.body, line.html, "org.matrix.custom.html"),
                line.sender == self._account.user, line.reply_to, bare(line.reactions),
            )
            for line in await self._people[name].timeline(room)
        ]  # fmt: skip

    async def told(self, name: str) -> list[str]:
        person = self._people[name]
        for room in await person.invitations():
            await person.join(room)
        rooms = (await person.call("GET", "/joined_rooms"))["joined_rooms"]
        everywhere = [shown for room in rooms for shown in await self._view(room, name)]
        return [markup.plain(shown.html) for shown in everywhere if shown.mine]

    async def pinned(self) -> list[str]:
        return list((await self._people["Bea"].state(self._room, "m.room.pinned_events")).get("pinned", []))

    async def may_write(self, name: str) -> bool:
        with suppress(ResidentError):
            await self._people[name].send(self._room, "may I?")
            return True
        return False

    async def is_in(self, name: str) -> bool:
        members = await self._people["Ana"].members(self._room)
        return members.get(self._people[name].user) in ("join", "invite")

    async def comes(self, name: str) -> None:
        await self._people["Ana"].invite(self._room, self._people[name].user)
        await self._people[name].join(self._room)

    async def asks_in(self, name: str, words: str = "") -> None:
        await self._people[name].call("POST", f"/knock/{quote(self._room)}", {"reason": words})

    async def rules(self) -> Any:
        levels = await self._people["Ana"].state(self._room, "m.room.power_levels")
        kept = {name: value for name, value in self._account.memory.kept.items() if name == "matrix.before"}
        return levels, await self._people["Ana"].members(self._room), kept

    async def fails(self, trouble: Trouble) -> None:
        self._proxy.troubles.append(trouble)


@asynccontextmanager
async def matrix_lab(synapse: Synapse) -> AsyncIterator[Lab]:
    proxy, account = Proxy(synapse.url), await bot(synapse)
    people = {name: await resident(synapse, name) for name in (*PEOPLE, OUTSIDE)}
    ana, bea, eve = people.values()
    knocking = {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "knock"}}
    async with ana, bea, eve, proxy.up() as url:
        room = await ana.create_room("Tilleuls", [bea.user, account.user], initial_state=[knocking])
        await bea.join(room)
        await ana.appoint(room, account.user, 100)
        lab = MatrixLab(url, proxy, account, people, room)
        await lab.bridge.do(Join(chat=lab.chat), key=f"join {quote(room)}")
        yield lab
        await lab.bridge.close()
