"""What waits for a bot: numbered, kept a day, handed out until it is confirmed."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bridges.simulator.errors import SECOND_POLLER, WEBHOOK_ACTIVE, Refusal

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


@dataclass(eq=False)
class Queue:
    """One bot's updates (`getUpdates`); `now` is the world's clock."""

    now: Callable[[], float]
    allowed: frozenset[str] = USUAL
    webhook: str = ""
    waiting: deque[tuple[float, dict[str, Any]]] = field(default_factory=deque)
    past: dict[int, dict[str, Any]] = field(default_factory=dict)
    _last: int = 0
    _last_at: float = 0
    _poll: asyncio.Future[bool] | None = None

    def add(self, kind: str, payload: dict[str, Any]) -> None:
        """Queue one update if the bot asked for its kind."""
        if kind in self.allowed:
            self.put({kind: payload})

    def put(self, update: dict[str, Any]) -> int:
        """Queue anything, malformed or repeated updates too; gives its `update_id`."""
        if "update_id" not in update:
            quiet = self.now() - self._last_at > QUIET
            self._last = 1 + (secrets.randbelow(900_000_000) + 1000 if quiet else self._last)
            self._last_at = self.now()
            update = {"update_id": self._last, **update}
        number = update["update_id"]
        self.past[number] = update
        self.waiting.append((self.now(), update))
        self.wake(superseded=False)
        return int(number)

    def wake(self, *, superseded: bool) -> None:
        if self._poll and not self._poll.done():
            self._poll.set_result(superseded)

    @property
    def polled(self) -> bool:
        """Whether somebody is waiting for an update at this moment."""
        return bool(self._poll and not self._poll.done())

    def forget(self) -> None:
        self.waiting.clear()

    def ready(self, offset: int, limit: int) -> list[dict[str, Any]]:
        """What waits, after forgetting what `offset` confirms: all below it, or all but the last few if negative."""
        oldest = self.now() - LIFE
        while self.waiting and self.waiting[0][0] < oldest:
            self.waiting.popleft()
        if offset < 0:
            while len(self.waiting) > -offset:
                self.waiting.popleft()
        elif offset:
            self.waiting = deque((at, update) for at, update in self.waiting if update["update_id"] >= offset)
        return [update for _, update in self.waiting][:limit]

    async def poll(self, offset: int, limit: int, timeout: float) -> list[dict[str, Any]]:  # noqa: ASYNC109 - the API's word
        """`getUpdates`: at once if something waits, else as soon as something comes, or nothing after `timeout` s.

        Raises `Refusal` 409 if another poll takes over, or while a webhook is set.
        """
        if self.webhook:
            raise Refusal(409, WEBHOOK_ACTIVE)
        self.wake(superseded=True)
        if (found := self.ready(offset, limit)) or timeout <= 0:
            return found
        mine = self._poll = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout):
                if await mine:
                    raise Refusal(409, SECOND_POLLER)
        except TimeoutError:
            return []
        finally:
            if self._poll is mine:
                self._poll = None
        return self.ready(offset, limit)
