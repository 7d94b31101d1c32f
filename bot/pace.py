"""How soon the next call may go, so that a network's limits are respected before it says so."""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta

from bridges.model import Chat
from bridges.port import Pace


class Pacer:
    """Counts calls by chat and by network; the clock gives seconds and never goes back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._calls: dict[str, deque[float]] = {}
        self._held: dict[str, float] = {}
        self._refused: deque[tuple[float, Chat]] = deque()

    def wait(self, chat: Chat, paces: Sequence[Pace], of_all: Sequence[Pace], *, counts: bool) -> float:
        """Seconds until a call into this chat may go; `counts` is false for calls that the network does not count."""
        now = self._clock()
        held = max(0.0, self._held.get(chat.network, 0) - now)
        if not counts:
            return held
        room = f"{chat.network}|{chat.id}"
        return max(held, self._next(room, paces, now), self._next(chat.network, of_all, now))

    def called(self, chat: Chat, paces: Sequence[Pace], of_all: Sequence[Pace]) -> None:
        """A call that counts goes out now."""
        now = self._clock()
        for name, limits in ((f"{chat.network}|{chat.id}", paces), (chat.network, of_all)):
            if limits:
                calls = self._calls.setdefault(name, deque())
                calls.append(now)
                longest = max(limit.per.total_seconds() for limit in limits)
                while calls and calls[0] <= now - longest:
                    calls.popleft()

    def refused(self, chat: Chat, after: timedelta, *, everywhere: bool) -> None:
        """A chat was told to wait; three chats within a second mean that the whole bot is."""
        now = self._clock()
        self._refused.append((now, chat))
        while self._refused[0][0] < now - 1:
            self._refused.popleft()
        if everywhere or len({other.id for _, other in self._refused if other.network == chat.network}) >= 3:
            self._held[chat.network] = max(self._held.get(chat.network, 0), now + after.total_seconds())

    def _next(self, name: str, limits: Sequence[Pace], now: float) -> float:
        calls, wait = self._calls.get(name, ()), 0.0
        for limit in limits:
            per = limit.per.total_seconds()
            recent = [call for call in calls if call > now - per]
            if len(recent) >= limit.count:
                wait = max(wait, recent[-limit.count] + per - now)
        return wait
