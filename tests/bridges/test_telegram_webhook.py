"""Telegram brings its news: with the secret, in order, and again until it is committed."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from bridges.model import Event, Message
from bridges.simulator import Control, Simulator
from bridges.telegram import TelegramBridge, Webhook
from bridges.telegram import bridge as module
from tests.bridges.matrix_lab import Ear, until
from tests.bridges.telegram_server import SECRET, begin, said

SHOWN = {"X-Telegram-Bot-Api-Secret-Token": "hush"}
UPDATE = json.dumps({"update_id": 7, "message": said(3, "hi")}).encode()


def called() -> tuple[TelegramBridge, Ear]:
    """A bridge that waits to be called, and what it hears."""
    return TelegramBridge(SECRET, webhook=Webhook("https://example.org/telegram", "hush")), Ear()


async def test_an_update_with_the_secret_is_taken() -> None:
    bridge, ear = called()
    assert await bridge.receive(ear, {"host": "x", **SHOWN}, UPDATE) == 200
    assert await bridge.receive(ear, {name.lower(): value for name, value in SHOWN.items()}, UPDATE) == 200
    assert [message.html for message in ear.of(Message)] == ["hi", "hi"]
    assert {message.key for message in ear.of(Message)} == {"telegram 7"}


@pytest.mark.parametrize("shown", [None, "", "hus", "hush ", "HUSH", "hushé", "hush, hush"])
async def test_without_the_secret_nothing_is_taken(shown: str | None) -> None:
    bridge, ear = called()
    headers = {} if shown is None else {"X-Telegram-Bot-Api-Secret-Token": shown}
    assert await bridge.receive(ear, headers, UPDATE) == 401
    assert (ear.heard, bridge.odd) == ([], {"webhook-secret": 1})


async def test_a_secret_that_was_forgotten_opens_nothing() -> None:
    bridge, ear = TelegramBridge(SECRET, webhook=Webhook("https://example.org/telegram", "")), Ear()
    for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": ""}):
        assert await bridge.receive(ear, headers, UPDATE) == 401


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"3", b"null", b"{}", b'{"update_id": "7"}', b"\xff", b"[" * 100_000],
    ids=range(9),
)
async def test_what_is_no_update_is_told_so(body: bytes) -> None:
    bridge, ear = called()
    assert await bridge.receive(ear, SHOWN, body) == 400
    assert (ear.heard, bridge.odd) == ([], {"malformed": 1})


async def test_what_cannot_be_understood_is_not_brought_for_ever() -> None:
    bridge, ear = called()
    for update in ({"update_id": 7, "message": {"message_id": "x"}}, {"update_id": 8, "something_new": 3}):
        assert await bridge.receive(ear, SHOWN, json.dumps(update).encode()) == 200
    assert (ear.heard, bridge.odd) == ([], {"malformed": 1})


async def test_what_is_not_committed_is_not_confirmed() -> None:
    bridge, ear = called()
    ear.strike = ConnectionError("the database is away")
    with pytest.raises(ConnectionError):
        await bridge.receive(ear, SHOWN, UPDATE)
    assert await bridge.receive(ear, SHOWN, UPDATE) == 200


async def test_where_it_asks_nobody_calls() -> None:
    bridge, _ = begin()
    assert await bridge.receive(Ear(), {"X-Telegram-Bot-Api-Secret-Token": ""}, UPDATE) == 404


def test_a_webhook_does_not_show_its_secret() -> None:
    assert "hush" not in repr(Webhook("https://example.org/telegram", "hush"))


# --- called by the simulator


class Hook:
    """A page that hands to the bridge what it is called with; notes what it answered."""

    def __init__(self) -> None:
        self.bridge: TelegramBridge | None = None
        self.ear, self.url = Ear(), ""
        self.answers: list[int] = []
        self.side_by_side = self.most = 0

    async def __call__(self, events: Sequence[Event]) -> None:
        self.side_by_side += 1
        self.most = max(self.most, self.side_by_side)
        await asyncio.sleep(0.01)
        self.side_by_side -= 1
        await self.ear(events)

    async def take(self, request: web.Request) -> web.Response:
        assert self.bridge
        try:
            status = await self.bridge.receive(self, request.headers, await request.read())
        except ConnectionError:
            status = 500
        self.answers.append(status)
        return web.Response(status=status)

    @asynccontextmanager
    async def up(self) -> AsyncIterator["Hook"]:
        app = web.Application()
        app.router.add_post("/telegram", self.take)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/telegram"
        yield self
        await runner.cleanup()


@asynccontextmanager
async def running(bridge: TelegramBridge, inbox: Any) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.create_task(bridge.run(inbox))
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await bridge.close()


async def test_news_are_brought_in_order_and_once_more_after_a_failure() -> None:
    async with Simulator() as simulator, Control(simulator.url) as control, Hook().up() as hook:
        await control.settings(limits=False, webhook_pause=0.01)
        bot = await control.bot("palier_bot", "Palier", can_read_all_group_messages=True)
        ana = await control.user("Ana")
        group = await control.chat("Rue", members=[ana, bot["id"]])
        await control.say(group, ana, "before")
        hook.bridge = TelegramBridge(bot["token"], api=simulator.url, webhook=Webhook(hook.url, "hush"))
        async with running(hook.bridge, hook):
            await until(lambda: hook.ear.of(Message), 5)
            hook.ear.strike = ConnectionError("the database is away")
            for n in range(20):
                await control.say(group, ana, f"{n}")
            await until(lambda: len(hook.ear.of(Message)) == 21, 10)
            assert [message.html for message in hook.ear.of(Message)] == ["before", *(f"{n}" for n in range(20))]
            assert (hook.answers.count(500), hook.answers.count(200), hook.most) == (1, 21, 1)
            assert not any(call["method"] == "getUpdates" for call in await control.calls())
        # Asked again later, it lets go of the webhook and misses nothing.
        await control.fault("webhook", "reset", count=1000)
        await control.say(group, ana, "meanwhile")
        later = TelegramBridge(bot["token"], api=simulator.url)
        ear = Ear()
        async with running(later, ear):
            await until(lambda: [message.html for message in ear.of(Message)] == ["meanwhile"], 5)


async def test_an_answer_that_is_lost_brings_the_same_news_under_the_same_key() -> None:
    async with Simulator() as simulator, Control(simulator.url) as control, Hook().up() as hook:
        await control.settings(webhook_pause=0.01)
        bot = await control.bot("palier_bot", "Palier", can_read_all_group_messages=True)
        ana = await control.user("Ana")
        group = await control.chat("Rue", members=[ana, bot["id"]])
        await control.fault("webhook", "reset", when="after")
        await control.say(group, ana, "once")
        hook.bridge = TelegramBridge(bot["token"], api=simulator.url, webhook=Webhook(hook.url, "hush"))
        async with running(hook.bridge, hook):
            await until(lambda: len(hook.ear.of(Message)) == 2, 5)
        assert len({message.key for message in hook.ear.of(Message)}) == 1


async def test_an_address_that_somebody_changed_is_set_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STILL_SET", 0.05)
    async with Simulator() as simulator, Control(simulator.url) as control, Hook().up() as hook:
        bot = await control.bot("palier_bot", "Palier", can_read_all_group_messages=True)
        ana = await control.user("Ana")
        group = await control.chat("Rue", members=[ana, bot["id"]])
        hook.bridge = TelegramBridge(bot["token"], api=simulator.url, webhook=Webhook(hook.url, "hush"))
        async with running(hook.bridge, hook) as task:
            await until(lambda: hook.bridge and hook.bridge.address, 5)
            await hook.bridge._call("deleteWebhook")
            await control.say(group, ana, "still there")
            await until(lambda: hook.ear.of(Message), 5)
            assert not task.done()
