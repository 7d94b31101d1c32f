"""The two networks, Palier between them in this process, and pairs of chats in which residents write."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bot.app import App, make_rules
from bot.config import Settings
from bot.demo.resident import Line, Resident
from bot.demo.synapse import Synapse
from bot.gate import Choice
from bot.seal import Seal
from bot.store import Circle, Linked, Room, Store, open_engine
from bot.store.migrate import upgrade
from bot.texts import Texts
from bridges.depot import Carrier
from bridges.matrix import MatrixBridge
from bridges.model import Chat, Person, Right
from bridges.simulator import Control, Simulator
from bridges.telegram import TelegramBridge

T = TypeVar("T")
KEY = bytes(range(32))
PLACE = "Les Tilleuls"


@dataclass(slots=True)
class Stage:
    """Amina and Basile are on Telegram, Maëlle and Yann on Matrix; all of them said yes, to files too."""

    app: App
    control: Control
    synapse: Synapse
    bot: dict[str, Any]
    me: Resident
    amina: int
    basile: int
    maelle: Resident
    yann: Resident

    async def pair(self, **how: Any) -> "Pair":
        """A supergroup and a room that hear one another; `how` goes to `control.chat`."""
        group = await self.control.chat(PLACE, members=[self.amina, self.basile, self.bot["id"]], **how)
        await self.control.member(group, self.amina, "administrator", rights={"can_pin_messages": True})
        rights = dict.fromkeys(["can_delete_messages", "can_pin_messages", "can_manage_topics"], True)
        await self.control.member(group, self.bot["id"], "administrator", rights=rights)
        room = await self.maelle.create_room(PLACE, preset="public_chat")
        await self.me.join(room)
        await self.yann.join(room)
        await self.maelle.appoint(room, self.me.user, 100)
        return await self.link(group, room)

    async def link(self, group: int, room: str) -> "Pair":
        """As people would have done it with a code."""
        async with self.app.store.work() as work:
            name = f"{PLACE} {secrets.token_hex(3)}"
            circle = Circle(commune="Bourg-Exemple", neighbourhood=PLACE, name=name)
            work.add(circle)
            await work.flush()
            assert circle.id is not None
            tg, mx = Chat("telegram", str(group)), Chat("matrix", room)
            rights = " ".join(sorted(Right))
            for chat, kind in ((tg, "supergroup"), (mx, "room")):
                await work.merge(Room(network=chat.network, id=chat.id, title=PLACE, kind=kind, rights=rights))
                work.add(Linked(network=chat.network, room=chat.id, circle=circle.id))
            await work.flush()
            people = [Person(str(self.amina), tg, "Amina"), Person(str(self.basile), tg, "Basile")]
            people += [Person(self.maelle.user, mx, "Maëlle"), Person(self.yann.user, mx, "Yann")]
            for person in people:
                (await work.decide(person, circle, Choice.NAMED)).media = True
        return Pair(self, group, room, circle.id)


@dataclass(slots=True)
class Pair:
    """One group and one room, as their residents see them."""

    stage: Stage
    group: int
    room: str
    circle: int

    async def telegram(self) -> list[dict[str, Any]]:
        """What Amina sees of what the bot wrote, oldest first."""
        stage = self.stage
        view = await stage.control.view(self.group, stage.amina)
        return [one for one in view["messages"] if one.get("from", {}).get("id") == stage.bot["id"]]

    async def matrix(self) -> list[Line]:
        """What Maëlle sees of what the bot wrote, oldest first."""
        return [line for line in await self.stage.maelle.timeline(self.room) if line.sender == self.stage.me.user]

    async def on_telegram(self, true: Callable[[dict[str, Any]], object], patience: float = 12) -> dict[str, Any]:
        """The bot's last message that is so; waits for it."""
        return await self._seen(self.telegram, true, patience)

    async def on_matrix(self, true: Callable[[Line], object], patience: float = 12) -> Line:
        """The bot's last message that is so; waits for it."""
        return await self._seen(self.matrix, true, patience)

    async def _seen(
        self, look: Callable[[], Awaitable[Sequence[T]]], true: Callable[[T], object], patience: float
    ) -> T:
        found: list[T] = []

        async def there() -> bool:
            found[:] = [one for one in await look() if true(one)]
            return bool(found)

        try:
            await until(there, patience)
        except TimeoutError:
            raise AssertionError(f"not seen; what is there: {list(await look())[-4:]}") from None
        return found[-1]

    async def says(self, text: str, **how: Any) -> dict[str, Any]:
        """Amina writes; what the Bot API tells of it."""
        return dict(await self.stage.control.say(self.group, self.stage.amina, text, **how))

    async def writes(self, text: str, html: str = "", **how: Any) -> str:
        """Maëlle writes; the event's id."""
        return await self.stage.maelle.send(self.room, text, html, **how)

    async def crossed(self, text: str) -> tuple[dict[str, Any], Line]:
        """Amina says something, and it is there: the message and its copy."""
        said = await self.says(text)
        return said, await self.on_matrix(lambda line: text in line.body)

    async def crossed_back(self, text: str) -> tuple[str, dict[str, Any]]:
        """Maëlle says something, and it is there: the event's id and its copy."""
        event = await self.writes(text)
        return event, await self.on_telegram(lambda one: text in one.get("text", ""))

    async def quiet(self, seconds: float = 1.0) -> None:
        """Long enough for what should not cross to have crossed."""
        await asyncio.sleep(seconds)


async def until(true: Callable[[], Awaitable[object]], patience: float = 12) -> None:
    """Wait for something to become so; TimeoutError if it does not."""
    async with asyncio.timeout(patience):
        while not await true():
            await asyncio.sleep(0.05)


@asynccontextmanager
async def open_stage(folder: Path, synapse: Synapse) -> AsyncIterator[Stage]:
    """Everything running; the homeserver is started already."""
    async with Simulator(keep=0) as simulator, Control(simulator.url) as control:
        await control.settings(limits=False)
        made = await control.bot("palier_bot", "Palier")
        amina, basile = await control.user("Amina", language_code="fr"), await control.user("Basile")
        people = {name: await account(synapse, name) for name in ("Maëlle", "Yann")}
        name = f"palier{secrets.token_hex(3)}"
        me = await account(synapse, "Palier", name)
        url = f"sqlite:///{folder}/fidelity.db"
        settings = Settings.model_validate({
            "database": url, "key": base64.b64encode(KEY).decode(), "telegram": {"token": made["token"]},
            "commune": [{"name": "Bourg-Exemple", "neighbourhoods": [PLACE]}],
            "moderation": {"checks": {"flood": {"on": False}, "duplicates": {"on": False}}},  # tests write a lot
        })  # fmt: skip
        await upgrade(settings.database)
        texts = Texts()
        depot = Carrier()
        store = Store(open_engine(settings.database), Seal(KEY), make_rules(settings, texts, []))
        telegram = TelegramBridge(made["token"], api=simulator.url, paced=False, depot=depot)
        matrix = MatrixBridge(synapse.url, name, password="secret", cursor=store, depot=depot, **secret_of(KEY))
        depot.bridges = {"telegram": telegram, "matrix": matrix}
        store = Store(store.engine, Seal(KEY), make_rules(settings, texts, [telegram, matrix]))
        app = App(settings, store, [telegram, matrix], texts=texts)
        running = asyncio.create_task(app.run())
        try:
            await until(lambda: ready(app))
            yield Stage(app, control, synapse, made, me, amina, basile, people["Maëlle"], people["Yann"])
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await asyncio.gather(telegram.close(), matrix.close(), *(one.close() for one in (me, *people.values())))
            await depot.close()
            await store.close()


def secret_of(key: bytes) -> dict[str, Any]:
    """What the bridge needs for encrypted rooms."""
    return {"pickle_key": Seal(key).find("matrix", "pickle")}


async def ready(app: App) -> bool:
    return all(line.state == "running" and app.bridges[name].address for name, line in app.lines.items())


async def account(synapse: Synapse, name: str, localpart: str = "") -> Resident:
    """A new account, as its own client."""
    local = localpart or f"r{secrets.token_hex(3)}"
    token = await synapse.register(local, "secret", name)
    return Resident(synapse.url, f"@{local}:{synapse.server_name}", token)
