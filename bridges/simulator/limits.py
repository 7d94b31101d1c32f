"""The pace that Telegram allows a bot, and the wait it asks for beyond it."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bridges.simulator.errors import too_many


@dataclass
class _Lane:
    """One bot in one chat: what it sent within the last minute, and how much of its burst is left."""

    sent: deque[float] = field(default_factory=deque)
    left: float = 0
    at: float = -math.inf


@dataclass
class Limits:
    """30 messages a second in all, 1 a second in a chat after a short burst, 20 a minute in a group; edits count.

    Answers to taps, reactions and questions are free. `now` is the world's clock.
    """

    now: Callable[[], float]
    on: bool = True
    per_second: int = 30
    burst: int = 3
    per_minute: int = 20
    refused: dict[int, int] = field(default_factory=dict)  # how often each chat was told to wait
    _all: dict[int, deque[float]] = field(default_factory=dict)
    _lanes: dict[tuple[int, int], _Lane] = field(default_factory=dict)

    def spend(self, bot: int, chat: int, *, group: bool, messages: int = 1) -> None:
        """Count messages (an album is as many as its items); raises `Refusal` 429 with whole seconds to wait.

        What is refused is not counted; an album longer than the burst goes where the burst is whole.
        """
        if not self.on:
            return
        now = self.now()
        everywhere, lane = self._all.setdefault(bot, deque()), self._lanes.setdefault((bot, chat), _Lane())
        lane.left = min(float(self.burst), lane.left + max(0.0, now - lane.at))
        lane.at = now
        wait = max(_wait(everywhere, self.per_second, 1, now, messages), min(messages, self.burst) - lane.left)
        if group:
            wait = max(wait, _wait(lane.sent, self.per_minute, 60, now, messages))
        if wait > 0:
            self.refused[chat] = self.refused.get(chat, 0) + 1
            raise too_many(max(1, math.ceil(wait)))
        lane.left -= messages
        everywhere.extend([now] * messages)
        if group:
            lane.sent.extend([now] * messages)


def _wait(times: deque[float], most: int, within: float, now: float, messages: int) -> float:
    """Seconds until `messages` more are no more than `most` in `within` seconds; older times are forgotten."""
    while times and not now - within < times[0] <= now:
        times.popleft()
    over = len(times) + messages - most
    return times[min(over, len(times)) - 1] + within - now if over > 0 and times else 0.0
