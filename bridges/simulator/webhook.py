"""Bringing updates to a bot's webhook, as the real server does: in order within a chat, side by side otherwise."""

import asyncio
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout

from bridges.simulator.faults import Faults
from bridges.simulator.updates import LIFE, Queue

Json = dict[str, Any]

SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
TIMEOUT = 30
LONGEST = 60  # seconds between two tries
MOST_ASKED = 3600
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def lane_of(update: Json) -> tuple[str, object]:
    """Updates of one lane arrive one after the other, those of two lanes in any order.

    Messages and their edits share the lane of their chat; taps have one for each person, reactions and the bot's own
    membership one for each chat, polls one each (`webhook_queue_id` in the real server's source).
    """
    for kind in ("message", "edited_message", "channel_post", "edited_channel_post"):
        if kind in update:
            return "chat", _of(update[kind], "chat")
    for kind in ("callback_query", "inline_query", "chosen_inline_result", "pre_checkout_query"):
        if kind in update:
            return kind, _of(update[kind], "from")
    for kind in ("my_chat_member", "message_reaction", "message_reaction_count", "chat_boost"):
        if kind in update:
            return kind, _of(update[kind], "chat")
    if "chat_member" in update:
        return "chat_member", _of(update["chat_member"].get("new_chat_member"), "user")
    if "poll" in update:
        return "poll", _of(update, "poll")
    return "poll", (update.get("poll_answer") or {}).get("poll_id", update.get("update_id"))


def _of(told: Any, name: str) -> object:
    inner = told.get(name) if isinstance(told, dict) else None
    return inner.get("id") if isinstance(inner, dict) else None


@dataclass(eq=False)
class Webhook:
    """One bot's webhook; an address outside of this machine is never called.

    A first failure is repeated at once, the second after twice the seconds of `pause`, then after twice as long each
    time. `faults` of the method `webhook` keep a call from being made, or (`after`) its answer from being heard.
    """

    url: str
    queue: Queue
    faults: Faults
    pause: Callable[[], float]
    secret: str = ""
    connections: int = 40
    error: str = ""
    error_at: float = 0
    _lanes: dict[tuple[str, object], deque[tuple[int, Json]]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _http: ClientSession | None = None

    def open(self) -> None:
        """What waits already goes first."""
        self._places = asyncio.Semaphore(self.connections)
        self.queue.hooked(self.url, self.take)
        for number, (_, update) in list(self.queue.waiting.items()):
            self.take(number, update)

    async def close(self) -> None:
        """What is under way is given up; its update waits on."""
        self.queue.hooked("", None)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._http:
            await self._http.close()

    def take(self, number: int, update: Json) -> None:
        if urlsplit(self.url).hostname not in LOOPBACK:
            return
        name = lane_of(update)
        if name in self._lanes:
            self._lanes[name].append((number, update))
            return
        self._lanes[name] = deque([(number, update)])
        task = asyncio.get_running_loop().create_task(self._bring(name))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _bring(self, name: tuple[str, object]) -> None:
        """One lane, until it is empty: each update again and again until it is taken, or a day old."""
        lane = self._lanes[name]
        while lane:
            number, update = lane[0]
            failures = 0
            while number in self.queue.waiting:
                if self.queue.waiting[number][0] < self.queue.now() - LIFE:
                    break
                wait = await self._post(update)
                if wait is None:
                    break
                failures += 1
                if not wait and failures > 1:
                    wait = min(LONGEST, self.pause() * 2 ** min(failures - 1, 16))
                await asyncio.sleep(wait)
            self.queue.waiting.pop(number, None)
            lane.popleft()
        del self._lanes[name]

    async def _post(self, update: Json) -> float | None:
        """None where the update was taken, else the seconds that the other side asks to wait (`Retry-After`)."""
        async with self._places:
            fault = self.faults.meet("webhook", "")
            if fault and fault.when == "before":
                return self._failed("Connection refused")
            self._http = self._http or ClientSession(timeout=ClientTimeout(total=TIMEOUT))
            headers = {SECRET: self.secret} if self.secret else {}
            try:
                async with self._http.post(self.url, json=update, headers=headers, allow_redirects=False) as answer:
                    await answer.read()
            except (ClientError, TimeoutError, OSError) as error:
                return self._failed("Read timeout expired" if isinstance(error, TimeoutError) else "Connection refused")
        if fault:
            return self._failed("Read timeout expired")
        if 200 <= answer.status <= 299:
            return None
        self._failed(f"Wrong response from the webhook: {answer.status} {answer.reason}")
        asked = answer.headers.get("Retry-After", "")
        return float(min(MOST_ASKED, int(asked))) if asked.isdecimal() else 0.0

    def _failed(self, words: str) -> float:
        self.error, self.error_at = words, math.floor(self.queue.now())
        return 0.0
