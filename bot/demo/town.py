"""A fictional commune on this machine: a homeserver, a simulated Telegram, residents, and Palier between them."""

import asyncio
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx

from bot.demo.children import Child, ChildError
from bot.demo.resident import Resident
from bot.demo.synapse import Synapse, free_port
from bridges.simulator import Control

T = TypeVar("T")
Say = Callable[[str, str], None]  # a line in French and the same in English

PALIER = "bot"  # the module that is Palier
COMMUNE, PLACE = "Bourg-Exemple", "Les Tilleuls"
ON_TELEGRAM = "Amina", "Yann", "Lucette", "Théo", "Solène"
ON_MATRIX = "Maëlle", "Idir", "Rosa"
OPERATOR, HOST = "Solène", "Rosa"  # who opens the Telegram group and runs Palier, who opens the Matrix room
WILLING = "Yann", "Maëlle"  # who has said yes before the page opens
YES = "Oui, avec mon prénom"
PATIENCE = 15.0


class Unseen(Exception):
    """What was waited for did not come in time."""


async def until(what: str, look: Callable[[], Awaitable[T | None]], patience: float = PATIENCE) -> T:
    """Look again and again until there is something to see, and return it; Unseen says what was expected."""
    end, seen = time.monotonic() + patience, None
    while time.monotonic() < end:
        if seen := await look():
            return seen
        await asyncio.sleep(0.05)
    raise Unseen(f"within {patience:.0f} s there should have been: {what}")


@dataclass(slots=True)
class Town:
    """The residents by first name, the two chats, and the processes.

    `codes` are those that linked the chats, which stand in them for everyone to see; used once, they open nothing more.
    """

    folder: Path
    synapse: Synapse
    simulator: Child
    palier: Child
    control: Control
    web: str
    neighbours: dict[str, int] = field(default_factory=dict)  # on Telegram
    residents: dict[str, Resident] = field(default_factory=dict)  # on Matrix
    bot: int = 0
    bot_name: str = ""
    matrix_bot: str = ""
    group: int = 0
    room: str = ""
    codes: dict[str, str] = field(default_factory=dict)

    # --- Palier's process

    async def start_palier(self) -> None:
        """Set Palier going and return when both of its bridges hear what is said. Raises ChildError."""
        before = len(await self.control.calls())
        self.palier.start()

        async def ready() -> bool:
            if not self.palier.alive:
                raise ChildError(f"Palier ended by itself:\n{self.palier.last_lines()}")
            calls = await self.control.calls(before)
            menus = sum(call["method"] == "setMyCommands" and call["status"] == 200 for call in calls)
            return menus >= 2 and await self._well()

        await until("Palier, ready", ready, 40)

    async def _well(self) -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
                told = (await http.get(f"{self.web}/health")).json()
        except (httpx.HTTPError, ValueError):
            return False
        return bool(told["status"] == "ok" and len(told["bridges"]) == 2)

    async def outbox_is_empty(self) -> bool:
        """Whether nothing waits to be sent."""
        async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
            return not (await http.get(f"{self.web}/health")).json()["waiting"]

    # --- what residents do

    async def says(self, name: str, text: str, **more: Any) -> int:
        """Somebody writes into the Telegram group; the message's number (0 for a command that only the bot sees)."""
        return int((await self.control.say(self.group, self.neighbours[name], text, **more))["message_id"])

    async def view(self, name: str, *, private: bool = False) -> list[dict[str, Any]]:
        """What somebody sees in the Telegram group, or in their chat with the bot, service messages left out."""
        seen = await self.control.view(self.bot if private else self.group, self.neighbours[name])
        return [message for message in seen["messages"] if "service" not in message]

    async def card(self, name: str) -> dict[str, Any] | None:
        """The pinned card with the buttons, as somebody sees it in the Telegram group."""
        seen = await self.control.view(self.group, self.neighbours[name])
        return next((m for m in seen["messages"] if m["message_id"] in seen["pinned"] and m["buttons"]), None)

    async def tap(self, name: str, message: dict[str, Any], words: str) -> None:
        """Tap the button that begins with these words."""
        found = [key for row in message["buttons"] for key in row if key["text"].startswith(words)]
        which = {"ephemeral_message": message.get("ephemeral_message_id"), "message": message["message_id"] or None}
        chat = self.bot if message.get("private") else self.group
        await self.control.tap(chat, self.neighbours[name], found[0]["data"], **which)

    async def pinned(self) -> list[str]:
        """The events that are pinned in the Matrix room."""
        state = await self.residents[HOST].history(self.room)
        pins = [event["content"].get("pinned", []) for event in state if event["type"] == "m.room.pinned_events"]
        return list(pins[-1]) if pins else []

    async def agree(self) -> None:
        """One neighbour on each side lets the other side read them: by the card's button, and by 👍 on the card."""
        yann, maelle = WILLING
        if card := await self.card(yann):
            await self.tap(yann, card, YES)
        await self.residents[maelle].react(self.room, (await self.pinned())[-1], "👍")
        await until(f"the answer to {yann}", lambda: self._heard(yann, "C'est noté"))
        await until("an empty outbox", self.outbox_is_empty, 30)

    # --- from zero to two linked chats, as anybody would do it

    async def link(self, code: str) -> None:
        """The operator opens their link, asks for a code for each chat, and both chats are let in."""
        operator = self.neighbours[OPERATOR]
        await self.control.start(operator, self.bot, code)
        await self._told("opérateur")
        await self.control.say(self.bot, operator, "/relier")
        ask = await self._told("Quel quartier")
        await self.tap(OPERATOR, {**ask, "private": True}, PLACE)
        offer = await self._told("Matrix :")
        url = next(key["url"] for row in offer["buttons"] for key in row if "startgroup" in key.get("url", ""))
        query = parse_qs(urlsplit(url).query.replace("+", " "))
        rights = {f"can_{right}": True for right in query["admin"][0].split()}
        self.codes["telegram"] = query["startgroup"][0]
        await self.control.startgroup(operator, self.bot, self.group, self.codes["telegram"], rights=rights)
        await until("the Telegram group, linked", lambda: self._heard(OPERATOR, "fait maintenant partie"))
        if not (found := re.search(r"!relier (\w+)", offer["text"])):
            raise Unseen(f"a code for Matrix in: {offer['text']}")
        await self._link_room(found[1])
        await until("the card, pinned in the group", lambda: self.card("Amina"))
        await until("the card, pinned in the room", self.pinned)
        await until("an empty outbox", self.outbox_is_empty, 30)

    async def _link_room(self, code: str) -> None:
        self.codes["matrix"], host = code, self.residents[HOST]
        await host.invite(self.room, self.matrix_bot, code)
        await self._entered(HOST, self.room)
        await host.appoint(self.room, self.matrix_bot, 50)
        await host.send(self.room, f"!relier {code}")

    async def _entered(self, name: str, room: str) -> None:
        async def inside() -> bool:
            return (await self.residents[name].members(room)).get(self.matrix_bot) == "join"

        await until("Palier, in a Matrix room into which it was asked", inside)

    async def talk(self, name: str) -> str:
        """A Matrix resident opens a room of their own with the bot; what is said before it enters is not heard."""
        room = await self.residents[name].create_room("", [self.matrix_bot], direct=True)
        await self._entered(name, room)
        return room

    async def _told(self, words: str) -> dict[str, Any]:
        """What the bot says to the operator in private."""
        return await until(f"« {words} » from Palier in private", lambda: self._heard(OPERATOR, words, private=True))

    async def _heard(self, name: str, words: str, *, private: bool = False) -> dict[str, Any] | None:
        messages = await self.view(name, private=private)
        return next((m for m in reversed(messages) if m["from"]["is_bot"] and words in m["text"]), None)

    # --- before Palier is there

    async def people_telegram(self) -> str:
        """Residents, their group and the bot's account; returns the bot's token."""
        made = await self.control.bot("palier_bot", "Palier")
        self.bot, self.bot_name = made["id"], made["username"]
        for name in ON_TELEGRAM:
            self.neighbours[name] = await self.control.user(name, language_code="fr")
        self.group = await self.control.chat(PLACE, members=list(self.neighbours.values()))
        await self.control.member(self.group, self.neighbours[OPERATOR], "creator")
        return str(made["token"])

    async def people_matrix(self, password: str) -> None:
        """Residents, their room (not encrypted) and the bot's account, which no limit of the homeserver slows down."""
        self.matrix_bot = f"@palier:{self.synapse.server_name}"
        names = {name: f"{localpart(name)}" for name in ON_MATRIX}
        for name, local in names.items():
            token = await self.synapse.register(local, password, name)
            user = f"@{local}:{self.synapse.server_name}"
            self.residents[name] = Resident(self.synapse.url, user, token)
        await self.synapse.register("palier", password, "Palier")
        await self.synapse.override_ratelimit(self.matrix_bot)
        host = self.residents[HOST]
        others = [one for one in self.residents.values() if one is not host]
        self.room = await host.create_room(PLACE, [one.user for one in others])
        for one in others:
            await one.join(self.room)


@asynccontextmanager
async def open_town(folder: Path, say: Say) -> AsyncIterator[Town]:
    """Build it in a folder and link its two chats; at the end nothing is left running.

    Raises ChildError, SynapseError or Unseen, with what the processes said last, where something does not come up.
    """
    synapse = Synapse(folder / "synapse")
    web, number = free_port(), free_port()
    simulator = Child("bridges.simulator", ["--port", str(number)], folder / "simulator.log")
    palier = Child(PALIER, ["run", "--config", str(folder / "palier.toml")], folder / "palier.log")
    control = Control(f"http://127.0.0.1:{number}")
    town = Town(folder, synapse, simulator, palier, control, f"http://127.0.0.1:{web}")
    try:
        say("Un vrai serveur Matrix démarre, et un Telegram d'exercice.", "Starting Matrix, and a mock Telegram.")
        simulator.start()
        await synapse.start()
        await until("the simulator", lambda: answers(town), 30)
        password, token = secrets.token_urlsafe(16), await town.people_telegram()
        await town.people_matrix(password)
        say("Palier s'installe (palier setup) et démarre (palier run).", "Setting Palier up, and starting it.")
        code = await set_up(town, token, password)
        await town.start_palier()
        say(f"Les deux groupes « {PLACE} » sont reliés.", f'Linking the two chats "{PLACE}".')
        await town.link(code)
        yield town
    finally:
        await asyncio.gather(*(one.close() for one in town.residents.values()), control.close())
        await asyncio.gather(palier.stop(), simulator.stop(), synapse.stop())


async def answers(town: Town) -> bool:
    """Whether the simulator listens."""
    if not town.simulator.alive:
        raise ChildError(f"the simulator ended by itself:\n{town.simulator.last_lines()}")
    try:
        return bool(await town.control.world())
    except httpx.HTTPError:
        return False


async def set_up(town: Town, token: str, password: str) -> str:
    """Let `palier setup` write the configuration, the key and the secrets; returns the code in the operator's link."""
    said = {
        "config": str(town.folder / "palier.toml"), "language": "fr", "commune": COMMUNE, "neighbourhood": PLACE,
        "homeserver": town.synapse.url, "matrix-user": town.matrix_bot, "telegram-api": town.control.url,
        "port": str(urlsplit(town.web).port),
    }  # fmt: skip
    options = [part for name, value in said.items() for part in (f"--{name}", value)]
    secret = {"PALIER_TELEGRAM_TOKEN": token, "PALIER_MATRIX_PASSWORD": password}
    setup = Child(PALIER, ["setup", "--yes", *options], town.folder / "setup.log", secret)
    printed = await setup.run(30)
    if not (found := re.search(r"\?start=(\w+)", printed)):
        raise ChildError(f"setup printed no link:\n{setup.last_lines()}")
    without_pace(town.folder / "palier.toml")
    return found[1]


def without_pace(config: Path) -> None:
    """The homeserver's limit is lifted for the bot's account, as step 2 of docs/setup.md has it."""
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("[matrix]\n", "[matrix]\n\npaced = false\n", 1), encoding="utf-8")


def localpart(name: str) -> str:
    """A first name as an account's name."""
    return name.lower().replace("ë", "e").replace("é", "e")
