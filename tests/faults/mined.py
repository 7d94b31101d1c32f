"""A Palier in a process of its own that dies where it is told to, or goes by a clock that is wrong."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import httpx
import time_machine
from sqlalchemy.dialects.postgresql.psycopg import PGDialectAsync_psycopg

from bot import log
from bot.config import load
from bot.run import run
from bot.store import now
from bot.store.inline import Inline
from bridges.matrix import MatrixBridge
from bridges.telegram import TelegramBridge

BLOWN = 86  # the exit code of whoever stepped on a mine
FORK = get_context("forkserver")  # what takes long, the libraries, is loaded once
FORK.set_forkserver_preload(["tests.faults.warm"])


@dataclass(frozen=True, slots=True)
class Mine:
    """Where to die: before or after (that is: done, but with nobody to tell of it) the nth passing of a point.

    Points are `commit`, calls to the networks (`telegram sendMessage`, `matrix sync`, `matrix send`...) and what the
    courier asks of a bridge (`do`, `together`, `settle`).
    """

    point: str
    after: bool
    nth: int = 1

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.point} {self.nth}"


@dataclass(frozen=True, slots=True)
class Orders:
    """What can be told to a Palier that runs, or is about to."""

    mine: Mine | None = None
    ahead: timedelta = timedelta(0)  # of the real clock


class Mined:
    """What `tests.faults.place.Place` needs of a process, for a Palier that runs all but its web pages."""

    def __init__(self, config: Path, secrets: Mapping[str, str], journal: Path) -> None:
        self._arguments = config, dict(secrets), journal
        self._process: BaseProcess | None = None
        self._line: Connection | None = None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.is_alive()

    @property
    def blown(self) -> bool:
        """Whether it died of a mine."""
        return self._process is not None and self._process.exitcode == BLOWN

    def start(self, orders: Orders | None = None) -> None:
        """Set it going, if it is not."""
        if self.alive:
            return
        self._line, theirs = FORK.Pipe()
        self._process = FORK.Process(target=_live, args=(theirs, orders or Orders(), *self._arguments), daemon=True)
        self._process.start()
        theirs.close()

    def order(self, orders: Orders) -> None:
        """New orders; one that is dead by now does not hear them."""
        assert self._line
        with suppress(OSError):
            self._line.send(orders)

    async def kill(self) -> None:
        """`kill -9`."""
        await self._ended(BaseProcess.kill)

    async def stop(self) -> None:
        """In order, as an operator would."""
        await self._ended(BaseProcess.terminate)

    async def _ended(self, how: Callable[[BaseProcess], None]) -> None:
        if self._process and self._line:
            how(self._process)
            async with asyncio.timeout(20):
                while self._process.is_alive():
                    await asyncio.sleep(0.005)
            self._line.close()
            self._process = None


# --- what runs in the process


class Field:
    """The mine that is laid, and how near it is."""

    def __init__(self) -> None:
        self.mine: Mine | None = None
        self.passed = 0

    def lay(self, mine: Mine | None) -> None:
        self.mine, self.passed = mine, 0

    def step(self, point: str, *, after: bool) -> None:
        """Die here, as a process does that the kernel ends: nothing is flushed, closed or taken back."""
        if self.mine and (self.mine.point, self.mine.after) == (point, after):
            self.passed += 1
            if self.passed >= self.mine.nth:
                os._exit(BLOWN)


def _live(line: Connection, orders: Orders, config: Path, secrets: Mapping[str, str], journal: Path) -> None:
    with journal.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    settings = load(config, secrets)
    settings = settings.model_copy(update={"web": settings.web.model_copy(update={"enabled": False})})
    log.set_up("warning", stream=sys.stderr)
    field = Field()
    lay_everywhere(field)
    obey = follow(field)
    obey(orders)

    def hear() -> None:
        try:
            obey(line.recv())
        except EOFError:  # nobody is there any more for whom to live
            os._exit(1)

    async def live() -> None:
        asyncio.get_running_loop().add_reader(line.fileno(), hear)
        await run(settings)

    asyncio.run(live())


def follow(field: Field) -> Callable[[Orders], None]:
    """Does as told: lays the mine, sets the clock."""
    clock: list[time_machine.travel] = []

    def obey(orders: Orders) -> None:
        field.lay(orders.mine)
        for travel in clock:
            travel.stop()
        clock.clear()
        if orders.ahead:
            clock.append(time_machine.travel(now() + orders.ahead, tick=True))
            clock[0].start()

    return obey


def lay_everywhere(field: Field) -> None:
    """Have every commit, call and errand of the courier's pass by the field; what is changed is this process's own."""
    around(field, aiohttp.ClientSession, "_request", lambda _, __, url, **___: endpoint(str(url)))
    around(field, httpx.AsyncHTTPTransport, "handle_async_request", lambda _, request: endpoint(str(request.url)))
    for bridge in (TelegramBridge, MatrixBridge):
        for name in ("do", "together", "settle"):
            around(field, bridge, name, lambda *_, name=name, **__: name)
    for dialect in (Inline, PGDialectAsync_psycopg):
        around_commit(field, dialect)


def around(field: Field, owner: type, name: str, point: Callable[..., str]) -> None:
    """Step on a point before and after an asynchronous method."""
    real = getattr(owner, name)

    @wraps(real)
    async def mined(*args: Any, **more: Any) -> Any:
        here = point(*args, **more)
        field.step(here, after=False)
        came = await real(*args, **more)
        field.step(here, after=True)
        return came

    setattr(owner, name, mined)


def around_commit(field: Field, dialect: Any) -> None:
    """Step on `commit` before and after a database does it."""
    real = dialect.do_commit

    def mined(self: Any, connection: Any) -> None:
        field.step("commit", after=False)
        real(self, connection)
        field.step("commit", after=True)

    dialect.do_commit = mined


def endpoint(url: str) -> str:
    """The network and what is asked of it: `telegram sendMessage`, `matrix sync`, `matrix send`..."""
    parts = urlsplit(url).path.split("/")
    if "_matrix" in parts:
        return f"matrix {next((part for part in parts if part.startswith('send')), parts[-1])}"
    return "telegram file" if "file" in parts else f"telegram {parts[-1]}"
