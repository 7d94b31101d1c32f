"""Updates brought to a webhook: the secret, the order, repeats, and who may ask meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from bridges.simulator.webhook import lane_of
from tests.simulator.conftest import Failed, Town, read_by_both

Json = dict[str, Any]
SECRET = "un-secret_42"


@dataclass
class Hook:
    """Listens for updates; `answers` are the next statuses, then 200; a full `gate` lets calls through."""

    url: str = ""
    got: list[Json] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    slow: set[str] = field(default_factory=set)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    most: int = 0
    now: int = 0

    async def take(self, request: web.Request) -> web.Response:
        update = await request.json()
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token", ""))
        self.now += 1
        self.most = max(self.most, self.now)
        if update.get("message", {}).get("text") in self.slow:
            await self.gate.wait()
        self.now -= 1
        self.got.append(update)
        status = self.answers.pop(0) if self.answers else 200
        return web.Response(status=status, headers=self.headers if status != 200 else None)

    async def wait(self, count: int) -> list[str]:
        """The texts of the first updates, once there are so many."""
        async with asyncio.timeout(5):
            while len(self.got) < count:
                await asyncio.sleep(0.01)
        return self.texts

    @property
    def texts(self) -> list[str]:
        return [update["message"]["text"] for update in self.got if "message" in update]


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    made = Hook()
    app = web.Application()
    app.router.add_post("/hook", made.take)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield made
    await runner.cleanup()


async def settled(town: Town) -> Json:
    """WebhookInfo once nothing waits any more."""
    async with asyncio.timeout(5):
        while (info := await town.api("getWebhookInfo"))["pending_update_count"]:
            await asyncio.sleep(0.01)
    assert isinstance(info, dict)
    return info


async def test_updates_come_with_the_secret_in_order(town: Town, hook: Hook) -> None:
    await town.say("avant")
    assert await town.api("setWebhook", url=hook.url, secret_token=SECRET)
    for n in range(20):
        await town.say(f"{n}")
    assert await hook.wait(21) == ["avant", *(f"{n}" for n in range(20))]
    assert set(hook.secrets) == {SECRET} and hook.most == 1
    for update in hook.got:
        read_by_both(update, "Update")
    assert await settled(town) == {
        "url": hook.url, "has_custom_certificate": False, "pending_update_count": 0, "max_connections": 40,
    }  # fmt: skip


async def test_asking_is_refused_meanwhile(town: Town, hook: Hook) -> None:
    poll = asyncio.create_task(town.api("getUpdates", timeout=20))
    await asyncio.sleep(0.05)
    await town.api("setWebhook", url=hook.url)
    with pytest.raises(Failed) as failure:
        await poll
    assert failure.value.code == 409 and str(failure.value) == "Conflict: terminated by setWebhook request"
    with pytest.raises(Failed) as failure:
        await town.api("getUpdates")
    assert failure.value.code == 409
    await town.api("deleteWebhook")
    await town.say("bonjour")
    assert [update["message"]["text"] for update in await town.api.updates()] == ["bonjour"]
    assert hook.got == []


async def test_what_is_not_taken_comes_again_and_holds_its_chat_up(town: Town, hook: Hook) -> None:
    await town.control.settings(webhook_pause=0.01)
    hook.answers = [500, 403, 302, 503]
    await town.api("setWebhook", url=hook.url)
    await town.say("un")
    await town.say("deux")
    assert await hook.wait(6) == ["un"] * 5 + ["deux"]
    info = await settled(town)
    assert info["last_error_message"] == "Wrong response from the webhook: 503 Service Unavailable"
    assert info["last_error_date"] > 0


async def test_it_waits_as_long_as_it_is_asked_to(town: Town, hook: Hook) -> None:
    hook.answers, hook.headers = [429], {"Retry-After": "1"}
    await town.api("setWebhook", url=hook.url)
    await town.say("un")
    await hook.wait(1)
    begun = asyncio.get_running_loop().time()
    await hook.wait(2)
    assert 0.8 <= asyncio.get_running_loop().time() - begun < 3


async def test_chats_do_not_hold_each_other_up(town: Town, hook: Hook) -> None:
    other = await town.control.chat("Autre", members=[town.alice])
    await town.control.member(other, town.bot, "administrator")
    hook.slow = {"lent"}
    await town.api("setWebhook", url=hook.url, max_connections=2, drop_pending_updates=True)
    await town.say("lent")
    await town.say("après")
    await town.control.say(other, town.alice, "ailleurs")
    assert await hook.wait(1) == ["ailleurs"]
    hook.gate.set()
    assert await hook.wait(3) == ["ailleurs", "lent", "après"]
    assert hook.most == 2


async def test_one_connection_is_one_after_the_other(town: Town, hook: Hook) -> None:
    other = await town.control.chat("Autre", members=[town.alice])
    await town.control.member(other, town.bot, "administrator")
    hook.slow = {"lent"}
    await town.api("setWebhook", url=hook.url, max_connections=1, drop_pending_updates=True)
    await town.say("lent")
    await town.control.say(other, town.alice, "ailleurs")
    await asyncio.sleep(0.05)
    assert hook.texts == []
    hook.gate.set()
    assert await hook.wait(2) == ["lent", "ailleurs"]


async def test_a_lost_answer_brings_the_update_twice(town: Town, hook: Hook) -> None:
    await town.api("setWebhook", url=hook.url)
    await town.control.fault("webhook", "reset", when="after")
    await town.say("un")
    assert await hook.wait(2) == ["un", "un"]
    assert hook.got[0] == hook.got[1]
    await town.control.fault("webhook", "reset")
    await town.say("deux")
    assert await hook.wait(3) == ["un", "un", "deux"]


async def test_a_dead_webhook_keeps_the_updates_for_later(town: Town) -> None:
    await town.control.settings(webhook_pause=0.01)
    await town.api("setWebhook", url="http://127.0.0.1:9/hook")
    await town.say("un")
    await asyncio.sleep(0.1)
    info = await town.api("getWebhookInfo")
    assert info["pending_update_count"] == 1 and info["last_error_message"] == "Connection refused"
    await town.api("deleteWebhook")
    assert [update["message"]["text"] for update in await town.api.updates()] == ["un"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"url": "http://example.org/hook"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        ({"url": "http://127.0.0.1/hook", "secret_token": "é"}, "secret token contains unallowed characters"),
        ({"url": "http://127.0.0.1/hook", "secret_token": "a" * 257}, "secret token is too long"),
    ],
)
async def test_what_is_no_webhook(town: Town, given: Json, words: str) -> None:
    assert await town.api.refused("setWebhook", **given) == words


def test_what_shares_a_lane_stays_in_order() -> None:
    here: Json = {"chat": {"id": -5}, "message_id": 1}
    assert lane_of({"message": here}) == lane_of({"edited_message": here | {"message_id": 9}})
    taps = {"callback_query": {"from": {"id": 7}, "message": here}}
    reactions, placed = {"message_reaction": here}, {"my_chat_member": here}
    polls, answers = {"poll": {"id": "3"}}, {"poll_answer": {"poll_id": "3"}}
    assert lane_of(polls) == lane_of(answers)
    member = {"chat_member": here | {"new_chat_member": {"user": {"id": 7}}}}
    lanes = [lane_of(update) for update in ({"message": here}, taps, reactions, placed, polls, member)]
    assert len(set(lanes)) == 6
    assert lane_of({"update_id": 3, "odd": True}) == ("poll", 3)
    assert lane_of({"message": {"odd": True}}) == lane_of({"message": None})
