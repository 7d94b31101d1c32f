"""What waits for a bot: numbered, kept a day, handed out until it is confirmed."""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from bridges.simulator.errors import HOOKED, SECOND_POLLER, WEBHOOK_ACTIVE, Refusal

KINDS = (
    "message", "edited_message", "channel_post", "edited_channel_post", "business_connection", "business_message",
    "edited_business_message", "deleted_business_messages", "message_reaction", "message_reaction_count",
    "inline_query", "chosen_inline_result", "callback_query", "shipping_query", "pre_checkout_query",
    "purchased_paid_media", "poll", "poll_answer", "my_chat_member", "chat_member", "chat_join_request", "chat_boost",
    "removed_chat_boost", "guest_message", "managed_bot", "subscription", "stopped_message_generation",
)  # fmt: skip
ASKED_FOR = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
USUAL = frozenset(KINDS) - ASKED_FOR
LIFE = 86400
QUIET = 7 * 86400
PAST = 1000


@dataclass(eq=False)
class Queue:
    """One bot's updates (`getUpdates`); `now` is the world's clock.

    `waiting` are the updates with their times, by the order in which they came; `past` are the last ones of all, so
    that one can be repeated. `hook` is told of each new one where a webhook is set.
    """

    now: Callable[[], float]
    allowed: frozenset[str] = USUAL
    webhook: str = ""
    hook: Callable[[int, dict[str, Any]], None] | None = None
    waiting: OrderedDict[int, tuple[float, dict[str, Any]]] = field(default_factory=OrderedDict)
    past: OrderedDict[int, dict[str, Any]] = field(default_factory=OrderedDict)
    _count: int = 0
    _last: int = 0
    _last_at: float = 0
    _rising: bool = True  # whether the numbers of all that waits rise
    _poll: asyncio.Future[str] | None = None

    def add(self, kind: str, payload: dict[str, Any]) -> None:
        """Queue one update if the bot asked for its kind."""
        if kind in self.allowed:
            self.put({kind: payload})

    def put(self, update: dict[str, Any]) -> int:
        """Queue anything, malformed or repeated updates too; gives its `update_id`."""
        if "update_id" not in update:
            quiet = self.now() - self._last_at > QUIET
            self._rising = self._rising and not (quiet and self.waiting)
            self._last = 1 + (secrets.randbelow(900_000_000) + 1000 if quiet else self._last)
            self._last_at = self.now()
            update = {"update_id": self._last, **update}
        else:
            self._rising = False
        number = update["update_id"]
        self.past[number] = update
        if len(self.past) > PAST:
            self.past.popitem(last=False)
        self._count += 1
        self.waiting[self._count] = self.now(), update
        self.wake()
        if self.hook:
            self.hook(self._count, update)
        return int(number)

    def wake(self, refused: str = "") -> None:
        """The poll under way ends: something has come, or it is refused in these words."""
        if self._poll and not self._poll.done():
            self._poll.set_result(refused)

    @property
    def polled(self) -> bool:
        """Whether somebody is waiting for an update at this moment."""
        return bool(self._poll and not self._poll.done())

    def forget(self) -> None:
        self.waiting.clear()

    def expire(self) -> None:
        """What nobody fetched for a day is lost."""
        oldest = self.now() - LIFE
        while self.waiting and next(iter(self.waiting.values()))[0] < oldest:
            self.waiting.popitem(last=False)

    def ready(self, offset: int, limit: int) -> list[dict[str, Any]]:
        """What waits, after forgetting what `offset` confirms: all below it, or all but the last few if negative."""
        self.expire()
        if offset < 0:
            while len(self.waiting) > -offset:
                self.waiting.popitem(last=False)
        elif offset and self._rising:
            while self.waiting and next(iter(self.waiting.values()))[1]["update_id"] < offset:
                self.waiting.popitem(last=False)
        elif offset:
            kept = {n: one for n, one in self.waiting.items() if one[1]["update_id"] >= offset}
            self.waiting = OrderedDict(kept)
        self._rising = self._rising or not self.waiting
        return [update for _, update in islice(self.waiting.values(), limit)]

    async def poll(self, offset: int, limit: int, timeout: float) -> list[dict[str, Any]]:  # noqa: ASYNC109 - the API's word
        """`getUpdates`: at once if something waits, else as soon as something comes, or nothing after `timeout` s.

        Raises `Refusal` 409 if another poll takes over, or while a webhook is set.
        """
        if self.webhook:
            raise Refusal(409, WEBHOOK_ACTIVE)
        self.wake(SECOND_POLLER)
        if (found := self.ready(offset, limit)) or timeout <= 0:
            return found
        mine = self._poll = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout):
                if refused := await mine:
                    raise Refusal(409, refused)
        except TimeoutError:
            return []
        finally:
            if self._poll is mine:
                self._poll = None
        return self.ready(offset, limit)

    def hooked(self, url: str, hook: Callable[[int, dict[str, Any]], None] | None) -> None:
        """A webhook is set, or with an empty address taken away; who polls is refused."""
        self.webhook, self.hook = url, hook
        if url:
            self.wake(HOOKED)
