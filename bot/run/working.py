"""`palier run`: everything that runs side by side, which begins and ends well."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog

from bot.app import App
from bot.clock import make_clock
from bot.config import Settings
from bot.run.building import open_app
from bot.run.database import Unfit, alone, file_of, prepare, prepare_together
from bot.run.reload import Read, reload_when
from bot.run.watch import CLOSING, Watch, listening
from bot.web import CannotListen, Hook, make_web, serve

if TYPE_CHECKING:
    from bot.run.seat import Seat

log = structlog.get_logger()
PATIENCE = 10.0  # seconds for calls under way to end, once the bot is asked to stop
CLOCK = "clock"
SIDES = list[Coroutine[Any, Any, object]]


async def run(
    settings: Settings, stop: asyncio.Event | None = None, *, read: Read | None = None, nth: int = 0
) -> None:
    """Run the bot until SIGTERM, SIGINT or `stop`; Unfit where it cannot begin.

    `read` gives the settings anew, for SIGHUP. `nth`: which of the workers of one machine this is, counted from 1.
    """
    began, stop, asked = time.monotonic(), stop or asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, asked.set)
    place = by_itself(settings) if file_of(settings.database) else among_others(settings, asked)
    async with place as (app, seat):
        side = reload_when(asked, app, read or (lambda: settings))
        await work_until(stop, app, began, seat, [side, orphaned(stop)] if nth else [side], nth=nth)
    log.info("stopped")


@asynccontextmanager
async def by_itself(settings: Settings) -> AsyncIterator[tuple[App, None]]:
    """The only bot at a file."""
    async with alone(settings.database):
        await prepare(settings)
        async with open_app(settings) as app:
            yield app, None


class Bell:
    """Wakes the courier of a bot that is yet to be made."""

    app: App | None = None

    def __call__(self) -> None:
        if self.app:
            self.app.courier.ring()


@asynccontextmanager
async def among_others(settings: Settings, asked: asyncio.Event) -> AsyncIterator[tuple[App, "Seat"]]:
    """One of the workers at a server."""
    from bot.run.seat import Seat  # noqa: PLC0415 - it needs a driver that only PostgreSQL's users have installed

    await prepare_together(settings)
    queued = Bell()
    networks = [name for name in ("telegram", "matrix") if getattr(settings, name)]
    seat = Seat(settings.database, [CLOCK, *map(listening, networks)], news=queued, reload=asked.set)
    await seat.take()
    try:
        async with open_app(settings, worker=seat.number, alive=seat.alive) as app:
            queued.app = app
            yield app, seat
    finally:
        await seat.leave()


async def work_until(
    stop: asyncio.Event, app: App, began: float, seat: "Seat | None" = None, beside: SIDES | None = None, *,
    nth: int = 0,
) -> None:  # fmt: skip
    """Everything that runs side by side; when one of them fails, or on request, all end."""
    settings, watch = app.world.settings, Watch(app, seat)
    sides: SIDES = [watch.run(), app.watchdog.run(), stop.wait(), *(beside or [])]
    if seat:
        sides += [seat.run(), app.run(seat.while_mine), seat.while_mine(CLOCK, lambda: tick(app)), watch.share()]
    else:
        sides += [app.run(), tick(app)]
    if settings.web.enabled:
        page = make_web(watch.health, watch.metrics.text, hooks(app))
        ports = [settings.web.port] + ([settings.web.port + nth] if nth else [])
        sides.append(serve(page, settings.web.host, *ports, shared=seat is not None))
    tasks = [asyncio.create_task(side) for side in sides]
    more = {"worker": seat.number} if seat else {}
    log.info("ready", networks=sorted(app.bridges), seconds=round(time.monotonic() - began, 2), **more)
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await finish(app)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in ended:
        match task.exception():
            case CannotListen() as error:
                raise Unfit("cli-cannot-listen", why=error) from None
            case Exception() as error:
                raise error


def hooks(app: App) -> dict[str, Hook]:
    """The networks that call by themselves when something happens, by the path at which they do."""
    telegram = app.world.settings.telegram
    if telegram is None or not telegram.webhook:
        return {}

    async def receive(headers: Mapping[str, str], body: bytes) -> int:
        return await app.bridges["telegram"].receive(app.handle, headers, body)

    return {urlsplit(telegram.webhook).path: receive}


async def tick(app: App) -> None:
    """The clock, for as long as it is this worker's."""
    clock = make_clock(app.world.features, app.world.settings.timezone, app.handle, app.store)
    clock.start()
    try:
        await asyncio.Event().wait()
    finally:
        clock.shutdown(wait=False)


async def orphaned(stop: asyncio.Event) -> None:
    """End in order when the process that started this one is gone."""
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(1)
    stop.set()
    await asyncio.Event().wait()


async def finish(app: App) -> None:
    """Begin no more calls, and let those under way end: one that is cut off may have been done, and is doubtful."""
    for name in app.bridges:
        app.courier.stopped.setdefault(name, CLOSING)
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while app.courier.calling:
                await asyncio.sleep(0.05)
