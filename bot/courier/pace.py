"""How soon the next call may go, so that a network's limits are respected before it says so."""

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bridges.port import Pace

MINUTE = 61.0  # seconds: as far back as a network's limits look
LONG = 30.0  # seconds: limits that are spent evenly once half is gone
FORGETS = 5_000  # recalled calls, after which old ones are forgotten
LEEWAY = 1.02  # a bucket on the other side drips by another clock
AHEAD = 0.25  # seconds: a call may be claimed so long before the network as a whole takes it


@dataclass(slots=True)
class Call:
    """A call that counts. While it is under way nobody knows when it arrives: it counts as made now.

    `bucket`: the name of the leaky one that it goes into; `to_come`: it is claimed, and waits for its moment.
    """

    at: float
    under_way: bool = True
    bucket: str = ""
    to_come: bool = False


class Pacer:
    """Counts calls by room and by network; the clock gives seconds and never goes back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._calls: dict[str, deque[Call]] = {}
        self._full: dict[str, float] = {}  # until when a leaky bucket drips
        self._drops: dict[str, float] = {}  # how long one call takes to drip
        self._recalled: dict[int, list[Call]] = {}
        self._held: dict[str, float] = {}
        self._of_all: dict[str, Sequence[Pace]] = {}
        self._refused: deque[tuple[float, str, str]] = deque()

    def wait(self, network: str, room: str, paces: Sequence[Pace], of_all: Sequence[Pace], *, calls: int = 1) -> float:
        """Seconds until so many calls into this room may be claimed; 0 calls are those that the network does not count.

        What only the network as a whole holds back may be claimed a little ahead; `begin` says when it is time.
        """
        now = self._clock()
        held = max(0.0, self._held.get(network, 0) - now)
        if not calls:
            return held
        soon = self._next(network, of_all, now, calls) - ahead(of_all)
        return max(held, self._next(room, paces, now, calls), soon)

    def delay(self, network: str, room: str, paces: Sequence[Pace], of_all: Sequence[Pace], *, calls: int) -> float:
        """Seconds until the last of so many calls, one by one, could go."""
        now = self._clock()
        longest = self.wait(network, room, paces, of_all)
        for name, limits in ((room, paces), (network, of_all)):
            for limit in limits:
                per, used = limit.per.total_seconds(), limit.count - self._left(name, limit, now)
                if limit.leaky:
                    longest = max(longest, (used + calls - limit.count) * per / limit.count)
                else:
                    longest = max(longest, math.floor((used + calls - 1) / limit.count) * per)
        return longest

    def left(self, network: str, of_all: Sequence[Pace]) -> float:
        """How many calls of a network may be claimed at this moment, whatever the room."""
        now = self._clock()
        if self._held.get(network, 0) > now:
            return 0
        return min((self._left(network, limit, now + ahead(of_all)) for limit in of_all), default=math.inf)

    def called(
        self, network: str, room: str, paces: Sequence[Pace], of_all: Sequence[Pace], *, calls: int = 1
    ) -> list[Call]:
        """Calls that count are claimed; each goes out when it may `begin`. Tell when they are `answered`."""
        now, made = self._clock(), []
        self._of_all[network] = of_all
        for name, limits in ((room, paces), (network, of_all)):
            for limit in limits:
                if limit.leaky:
                    drop = limit.per.total_seconds() / limit.count * LEEWAY
                    self._full[name] = max(now, self._fill(name, limit, now)) + calls * drop
                    self._drops[name] = drop
            if limits:
                bucket = name if any(limit.leaky for limit in limits) else ""
                to_come = name == network and ahead(of_all) > 0
                made += (fresh := [Call(now, bucket=bucket, to_come=to_come) for _ in range(calls)])
                self._keep(name, fresh, now - max(limit.per.total_seconds() for limit in limits))
        return made

    def begin(self, network: str, calls: Sequence[Call]) -> float:
        """Seconds until calls that were claimed may be made; at 0 they count as made."""
        now = self._clock()
        mine = [call for call in calls if call.to_come]
        if mine and (wait := self._next(network, self._of_all[network], now, len(mine), made=True)) > 0:
            return wait
        for call in mine:
            call.to_come, call.at = False, now
        return 0.0

    def answered(self, calls: Sequence[Call]) -> None:
        """They had arrived by now."""
        now = self._clock()
        for call in calls:
            call.at, call.under_way, call.to_come = now, False, False
            if call.bucket:  # on the other side it began to drip no sooner than it was there
                self._full[call.bucket] = max(self._full[call.bucket], now + self._drops[call.bucket])

    def recall(self, network: str, room: str, ago: timedelta, *, name: int) -> None:
        """A call that another process made, or this one before it was started anew; of one name, the latest counts."""
        now, at = self._clock(), self._clock() - ago.total_seconds()
        if known := self._recalled.get(name):
            for call in known:
                call.at = max(call.at, at)
            return
        calls = self._recalled[name] = [Call(at, under_way=False), Call(at, under_way=False)]
        for where, call in zip((network, room), calls, strict=True):
            self._keep(where, [call], now - MINUTE)
            if where in self._full:
                self._full[where] = max(at, self._full[where]) + self._drops[where]
        if len(self._recalled) > FORGETS:
            self._recalled = {name: calls for name, calls in self._recalled.items() if calls[0].at > now - MINUTE}

    def refused(self, network: str, room: str, after: timedelta, *, everywhere: bool) -> None:
        """A room was told to wait; three rooms within a second mean that the whole bot is."""
        now = self._clock()
        self._refused.append((now, network, room))
        while self._refused[0][0] < now - 1:
            self._refused.popleft()
        if everywhere or len({other for _, there, other in self._refused if there == network}) >= 3:
            self._held[network] = max(self._held.get(network, 0), now + after.total_seconds())

    def _keep(self, name: str, calls: list[Call], since: float) -> None:
        kept = self._calls.setdefault(name, deque())
        kept.extend(calls)
        while kept and not kept[0].under_way and kept[0].at <= since:
            kept.popleft()

    def _fill(self, name: str, limit: Pace, now: float) -> float:
        """Until when a bucket drips; at first it holds no more than what came while a full one runs empty."""
        if name in self._full:
            return self._full[name]
        per = limit.per.total_seconds()
        recent = sum(call.at > now - per for call in self._calls.get(name, ()))
        return now + min(recent, limit.count) * per / limit.count * LEEWAY

    def _left(self, name: str, limit: Pace, now: float) -> float:
        """How many calls could go at this moment."""
        per = limit.per.total_seconds()
        if limit.leaky:
            return limit.count - max(0.0, self._fill(name, limit, now) - now) * limit.count / per
        recent = sum(call.under_way or call.at > now - per for call in self._calls.get(name, ()))
        return limit.count - recent

    def _next(self, name: str, limits: Sequence[Pace], now: float, calls: int, *, made: bool = False) -> float:
        """Seconds until so many more may go; `made`: only what was made counts, not what is to come."""
        wait = 0.0
        for limit in limits:
            per, wanted = limit.per.total_seconds(), min(calls, limit.count)
            if limit.leaky:
                spare = per * (1 - wanted / limit.count)
                wait = max(wait, self._fill(name, limit, now) - now - spare)
                continue
            known = (call for call in self._calls.get(name, ()) if not (made and call.to_come))
            recent = [now if call.under_way else call.at for call in known]
            recent = sorted(at for at in recent if at > now - per)
            if per >= LONG and len(recent) >= limit.count / 2:  # steady from here on, rather than nothing at the end
                wait = max(wait, recent[-1] + per / limit.count - now)
            if len(recent) + wanted > limit.count:
                wait = max(wait, recent[len(recent) + wanted - limit.count - 1] + per - now)
        return wait


def ahead(of_all: Sequence[Pace]) -> float:
    """How many seconds before the network takes it a call may be claimed, so that the store's time is not lost."""
    return 0.0 if not of_all or any(limit.leaky for limit in of_all) else AHEAD
