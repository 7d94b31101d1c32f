"""Knows how the bot is, for whoever watches over it; where there are several workers, how all of them are."""

import asyncio
import json
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from bot.app import BOUND, App, Line
from bot.config import Settings
from bot.metrics import Metrics, Snapshot, count
from bot.store import now, to_the_end
from bot.texts import Texts
from bot.web import BridgeHealth, Health
from bridges import markup

if TYPE_CHECKING:
    from bot.run.seat import Seat  # it needs a driver that only PostgreSQL's users have installed

log = structlog.get_logger()
EVERY = 15.0  # seconds between two counts of the outbox
MOMENT = 1.0  # seconds between two looks at how bridges are elsewhere
LINES = "palier.line."
CLOSING = "closing"  # why nothing is begun any more by a worker that is about to end


def listening(network: str) -> str:
    """The duty of hearing what happens on a network."""
    return f"listen {network}"


def explain(settings: Settings) -> Callable[[str], str]:
    """The sentence that says what to do where a bridge has stopped; empty for any other reason."""
    texts = Texts()

    def sentence(why: str) -> str:
        key = f"stopped-{why}"
        return markup.plain(texts.say(settings.language, key)) if texts.has(key) else ""

    return sentence


class Watch:
    """Knows how the bot is; `seat` is that of this worker, where there may be others."""

    def __init__(self, app: App, seat: "Seat | None" = None) -> None:
        self._app, self._seat, self.metrics = app, seat, Metrics(app)
        self._sentence = explain(app.world.settings)
        self._writable, self._tried = True, float("-inf")
        self._told: dict[str, str] = {}

    async def health(self) -> Health:
        """Ask the database now, and once a second at most whether it can be written."""
        if time.monotonic() - self._tried > 1:
            await self._write()
            self._tried = time.monotonic()
        try:
            self.metrics.snapshot = await to_the_end(self._count())
            await self._exchange()
            database = "ok" if self._writable else "cannot be written"
        except Exception as error:
            log.error("the database does not answer", kind=type(error).__name__)
            database = "no answer"
        seen = self.metrics.snapshot
        return Health(
            database=database,
            bridges={name: self._bridge(name) for name in self._app.bridges},
            oldest_waiting_seconds=seen.oldest_seconds,
            waiting=sum(queue.waiting for queue in seen.queues.values()),
            dead=sum(queue.dead for queue in seen.queues.values()),
        )

    def _bridge(self, name: str) -> BridgeHealth:
        line, stopped = self._app.lines[name], self._app.courier.stopped.get(name)
        why = stopped or line.why
        if stopped or line.state == "stopped":
            return BridgeHealth(state="stopped", since=line.since, why=self._sentence(why) or why or None)
        return BridgeHealth(state="running" if line.state == "running" else "waiting", since=line.since)

    async def run(self) -> None:
        """Keep what is counted fresh between two questions."""
        while True:
            await self.health()
            await asyncio.sleep(EVERY)

    async def _count(self) -> Snapshot:
        async with self._app.store.work() as work:
            return await count(work)

    async def _write(self) -> None:
        """Try whether anything can be written: a full disk can still be read from."""
        try:
            await self._app.store.save("palier.alive", now().isoformat())
        except Exception as error:
            if self._writable:
                log.error("the database cannot be written", kind=type(error).__name__)
            self._writable = False
        else:
            self._writable = True

    # --- among several workers

    async def share(self) -> None:
        """Tell the others how the bridges are that this worker runs, and learn how theirs are."""
        while True:
            try:
                await self._exchange()
            except Exception as error:
                log.warning("nothing is known of the other workers", kind=type(error).__name__)
            await asyncio.sleep(MOMENT)

    async def _exchange(self) -> None:
        if self._seat is None:
            return
        for name, line in self._app.lines.items():
            if not self._seat.has(listening(name)):
                self._told.pop(name, None)
            elif (said := self._as_told(name, line)) != self._told.get(name):
                await self._app.store.save(LINES + name, said)
                self._told[name] = said
        kept = await self._app.store.load_all(LINES)
        heard = await to_the_end(self._heard(self._app.lines))
        for name, line in self._app.lines.items():
            if not self._seat.has(listening(name)):
                self._learn(name, line, kept.get(LINES + name) if name in heard else None)

    def _as_told(self, name: str, line: Line) -> str:
        stopped = self._app.courier.stopped.get(name, "")
        state = ("stopped", stopped) if stopped not in {"", CLOSING} else (line.state, line.why)
        return json.dumps([*state, line.since.isoformat(), self._app.bridges[name].address])

    def _learn(self, name: str, line: Line, said: str | None) -> None:
        """How a bridge is that another worker runs; between two workers, nobody does."""
        if said is None:
            line.turn("waiting")
            return
        line.state, line.why, since, address = json.loads(said)
        line.since = datetime.fromisoformat(since)
        if name not in BOUND:
            self._app.bridges[name].address = address

    async def _heard(self, networks: Iterable[str]) -> set[str]:
        """Those of these networks that some worker listens to."""
        from bot.run.seat import held  # noqa: PLC0415

        async with self._app.store.work() as work:
            duties = await held(work, map(listening, networks))
        return {name for name in networks if listening(name) in duties}
