"""Names the handler that is slow, cuts off the one that never ends, and says which one holds the whole loop."""

import asyncio
import sys
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from types import CodeType, FrameType
from typing import Any, TypeVar

import structlog

log = structlog.get_logger()
SLOW = 0.5  # seconds after which a handler is named
BLOCKED = 2.0  # seconds after which the loop is
LONGEST = 20.0  # seconds after which a handler is cut off
AGAIN, REMEMBERED = 2.0, 600.0  # the same for one that was cut off lately, so that it costs this once; for how long
BEAT = 0.25

T = TypeVar("T")


class Stuck(Exception):
    """A handler did not end, and was cut off."""


class Watchdog:
    """Runs the handlers of features; what it counts (`slow_...`, `stuck_...`, `blocked`) goes into `tally`.

    It logs names of handlers, never what they were called with.
    """

    def __init__(self, tally: Counter[str]) -> None:
        self._tally = tally
        self._names: dict[CodeType, str] = {}
        self._running: dict[object, str] = {}  # those that have begun, the latest last
        self._stuck: dict[str, float] = {}
        self._beat, self._loop_thread = time.monotonic(), 0
        self._over = threading.Event()

    async def call(self, feature: str, handler: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """Await a handler; raises what it raises, or Stuck."""
        name = f"{feature}.{handler.__name__}"
        self._names[handler.__code__] = name
        limit = AGAIN if time.monotonic() - self._stuck.get(name, -REMEMBERED) < REMEMBERED else LONGEST
        mark, began = object(), time.monotonic()
        self._running[mark] = name
        try:
            async with asyncio.timeout(limit) as timer:
                return await handler(*arguments)
        except TimeoutError:
            if not timer.expired():
                raise
        finally:
            del self._running[mark]
            if (took := time.monotonic() - began) > SLOW:
                self._tally[f"slow_{feature}"] += 1
                log.warning("a handler was slow", handler=name, seconds=round(took, 2))
        self._stuck[name] = time.monotonic()
        self._tally[f"stuck_{feature}"] += 1
        log.error("a handler was cut off", handler=name, seconds=limit)
        raise Stuck(name)

    # --- the loop

    async def run(self) -> None:
        """Watch over the loop until cancelled."""
        self._beat, self._loop_thread = time.monotonic(), threading.get_ident()
        self._over.clear()
        thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        thread.start()
        try:
            while True:
                self._beat = time.monotonic()
                await asyncio.sleep(BEAT)
        finally:
            self._over.set()
            thread.join(1)

    def _watch(self) -> None:
        """In a thread of its own: a loop that is held cannot tell."""
        told = False
        while not self._over.wait(BEAT):
            held = time.monotonic() - self._beat > BLOCKED
            if held and not told:
                self._tally["blocked"] += 1
                log.error("the loop is held", handler=self._culprit())
            told = held

    def _culprit(self) -> str:
        """The handler that is on the loop's stack; else the one that began last, or nothing of ours."""
        frame: FrameType | None = sys._current_frames().get(self._loop_thread)  # noqa: SLF001 - there is no other way
        while frame:
            if name := self._names.get(frame.f_code):
                return name
            frame = frame.f_back
        return next(reversed(list(self._running.values())), "none")
