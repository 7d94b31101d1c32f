"""A street in the simulator, with a bot in its group: what tests of the Telegram bridge over HTTP stand on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bridges.fake import FakeBridge
from bridges.model import Chat, Media, MediaKind, Message, Person, Ref, Send
from bridges.port import Depot
from bridges.simulator import Control, Simulator
from bridges.telegram import TelegramBridge
from tests.bridges.matrix_lab import Ear, until


@dataclass
class Rue:
    """A group with Ana and Bea, in which the bot is a plain member until `promote`; files come from `elsewhere`."""

    control: Control
    bridge: TelegramBridge
    bot: dict[str, Any]
    ana: int
    bea: int
    group: int
    ear: Ear
    running: "asyncio.Task[None]"
    elsewhere: FakeBridge

    @property
    def chat(self) -> Chat:
        return Chat("telegram", str(self.group))

    async def promote(self, **more: bool) -> None:
        rights = {"can_delete_messages": True, "can_pin_messages": True, **more}
        await self.control.member(self.group, self.bot["id"], "administrator", rights=rights)

    async def hears(self, text: str) -> Message:
        """The message with that text, when it has come."""
        await until(lambda: any(message.html == text for message in self.ear.of(Message)), 5)
        return next(message for message in self.ear.of(Message) if message.html == text)

    async def heard(self, number: int) -> Message:
        """The message with that number, when it has come."""
        await until(lambda: str(number) in self.ear.ids(), 5)
        return next(message for message in self.ear.of(Message) if message.ref.id == str(number))

    async def texts(self, user: int, chat: int = 0) -> list[str]:
        return await self.control.texts(chat or self.group, user)

    async def shown(self, ref: Ref) -> dict[str, Any]:
        """A message as Bea sees it; empty if she does not."""
        lines = (await self.control.view(int(ref.chat.id), self.bea))["messages"]
        return next((line for line in lines if line["message_id"] == int(ref.id)), {})

    def put(self, data: bytes, kind: MediaKind, **more: Any) -> Media:
        """A file that waits elsewhere."""
        source = f"file{len(self.elsewhere.files)}"
        self.elsewhere.files[source] = data
        return Media(kind=kind, network=self.elsewhere.name, source=source, **more)

    def sends(self, media: Media, html: str = "words", **more: Any) -> Send:
        """Ana's file, on its way to the group."""
        return Send(chat=self.chat, html=html, by="Ana", of=Person("ana", self.elsewhere.chat), media=media, **more)

    async def methods(self, since: int = 0) -> list[str]:
        """What the bridge has asked, in order; `since`: how many calls to leave out."""
        return [call["method"] for call in await self.control.calls() if call["method"] != "getUpdates"][since:]


@asynccontextmanager
async def street(depot: Depot | None = None, *, elsewhere: FakeBridge | None = None) -> AsyncIterator[Rue]:
    async with Simulator() as simulator, Control(simulator.url) as control:
        await control.settings(limits=False)
        bot = await control.bot("palier_bot", "Palier", can_read_all_group_messages=True)
        ana, bea = await control.user("Ana", last_name="Durand"), await control.user("Bea")
        group = await control.chat("Rue", is_forum=True, members=[ana, bea, bot["id"]])
        bridge = TelegramBridge(bot["token"], api=simulator.url, depot=depot)
        running = asyncio.create_task(bridge.run(ear := Ear()))
        rue = Rue(control, bridge, bot, ana, bea, group, ear, running, elsewhere or FakeBridge("elsewhere"))
        await until(lambda: bridge.address, 5)
        await control.say(group, ana, "ready")
        await rue.hears("ready")
        yield rue
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await bridge.close()
