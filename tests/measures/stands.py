"""The stand-ins as processes of their own, and what their books say when they are laid side by side."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx

from bot.demo.children import Child
from bot.demo.synapse import free_port
from bot.demo.town import until

SIZE = (20, 100)  # characters of a message
_rounds = count(1)


class Stand:
    """A stand-in for one network."""

    def __init__(self, name: str, folder: Path, **options: float) -> None:
        port = free_port()
        more = [part for key, value in options.items() for part in (f"--{key}", str(value))]
        self.name, self.url = name, f"http://127.0.0.1:{port}"
        self._child = Child(f"tests.measures.{name}", ["--port", str(port), *more], folder / f"{name}.log")
        self._http = httpx.AsyncClient(base_url=f"{self.url}/control/", trust_env=False, timeout=60)

    async def start(self) -> None:
        """Return when it answers."""
        self._child.start()

        async def answers() -> bool:
            try:
                return (await self._http.get("count/0")).is_success
            except httpx.TransportError:
                return False

        await until(f"the stand-in for {self.name}", answers)

    async def stop(self) -> None:
        await self._http.aclose()
        await self._child.stop()

    async def feed(
        self, number: int, chats: int, messages: int, *, pause: float = 0, length: tuple[int, int] = SIZE
    ) -> None:
        """Have a resident write so many messages, in turn into so many chats; returns at once."""
        ask = {"number": number, "chats": list(range(chats)), "count": messages, "pause": pause, "length": length}
        (await self._http.post("feed", json=ask)).raise_for_status()

    async def count(self, number: int) -> dict[str, int]:
        """How many messages of a round were `given` away and `brought`; `asleep`: the bot waits for news."""
        found: dict[str, int] = (await self._http.get(f"count/{number}")).json()
        return found

    async def report(self, number: int) -> dict[str, Any]:
        """The whole book of a round, which is closed with that."""
        return dict(json.loads((await self._http.get(f"report/{number}")).content))


@dataclass(frozen=True, slots=True)
class Crossing:
    """How the messages of one round went over: moments in seconds, by `time.monotonic`."""

    asked: int
    lost: int
    twice: int
    disorder: int
    astray: int
    calls: int
    began: float  # when the first was given away
    ended: float  # when the last was brought
    waits: tuple[float, ...]  # of each message, between the two

    @property
    def good(self) -> bool:
        """All, in order, once, each in its chat."""
        return not (self.lost or self.twice or self.disorder or self.astray)

    @property
    def rate(self) -> float:
        """Messages a second."""
        return (self.asked - self.lost) / (self.ended - self.began) if self.ended > self.began else 0.0

    @property
    def middle(self) -> float:
        return median(self.waits)

    @property
    def p99(self) -> float:
        return quantiles(self.waits, n=100)[98]

    @property
    def fault(self) -> str:
        """What went wrong, in words; empty where nothing did."""
        found = {name: getattr(self, name) for name in ("lost", "twice", "disorder", "astray")}
        return ", ".join(f"{n} {name}" for name, n in found.items() if n)


def lay(given: Sequence[Sequence[int]], brought: Sequence[Sequence[int]], asked: int, calls: int) -> Crossing:
    """Lay the book of the giving network beside that of the taking one."""
    left: dict[tuple[int, int], int] = {}
    for chat, n, at in given:
        left.setdefault((chat, n), at)  # given again means only that it was not confirmed
    came: dict[tuple[int, int], int] = {}
    last = defaultdict[int, int](lambda: -1)
    twice = disorder = astray = 0
    for chat, n, at, where in brought:
        if (chat, n) in came:
            twice += 1
            continue
        came[chat, n] = at
        astray += where != chat
        disorder += n < last[chat]
        last[chat] = max(last[chat], n)
    waits = tuple((at - left[one]) / 1e9 for one, at in came.items() if one in left)
    began, ended = min(left.values(), default=0) / 1e9, max(came.values(), default=0) / 1e9
    return Crossing(asked, asked - len(came), twice, disorder, astray, calls, began, ended, waits)


async def cross(
    giver: Stand, taker: Stand, chats: int, messages: int, *, pause: float = 0, patience: float = 60,
    length: tuple[int, int] = SIZE,
) -> Crossing:  # fmt: skip
    """Have messages written on one network and wait until all were brought to the other, or patience ends."""
    number, end = next(_rounds), time.monotonic() + patience
    await giver.feed(number, chats, messages, pause=pause, length=length)
    while (await taker.count(number))["brought"] < messages and time.monotonic() < end:
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.3)  # long enough to see doubles
    given, brought = await giver.report(number), await taker.report(number)
    return lay(given["given"], brought["brought"], messages, brought["calls"])
