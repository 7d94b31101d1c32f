"""`palier run --workers N`: a process that works on nothing itself, and keeps N others running."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Sequence

import structlog

log = structlog.get_logger()
NTH = "PALIER_WORKER"  # tells a worker which one it is
PATIENCE = 20.0  # seconds for a worker to end in order
LONG = 60.0  # seconds after which a worker that dies is no longer taken for one that cannot begin
LONGEST_PAUSE = 30.0
UNFIT = 2  # how a process ends that needs a human


class Worker:
    """One of the processes, started anew whenever it dies."""

    def __init__(self, nth: int, command: Sequence[str]) -> None:
        self.nth, self._command = nth, command
        self.process: asyncio.subprocess.Process | None = None
        self.unfit = False  # whether it ended last because somebody has to mend something

    async def keep(self, stop: asyncio.Event) -> None:
        """Until asked to stop; the pauses grow while it dies soon after its start."""
        failures = 0
        while not stop.is_set():
            began = time.monotonic()
            env = {**os.environ, NTH: str(self.nth)}
            self.process = await asyncio.create_subprocess_exec(
                *self._command, env=env, stdin=asyncio.subprocess.DEVNULL, start_new_session=True
            )
            if stop.is_set():
                self.tell(signal.SIGTERM)  # it was not there yet when the others were told
            code = await self.process.wait()
            self.unfit = code == UNFIT
            if stop.is_set():
                return
            failures = 1 if time.monotonic() - began > LONG else failures + 1
            log.error("a worker has ended", nth=self.nth, code=code)
            await first(stop.wait(), asyncio.sleep(min(LONGEST_PAUSE, 0.5 * 2.0 ** min(failures - 1, 6))))

    def tell(self, number: int) -> None:
        """Pass a signal on."""
        if self.process and self.process.returncode is None:
            self.process.send_signal(number)


async def run_workers(count: int, arguments: Sequence[str], stop: asyncio.Event | None = None) -> int:
    """Run `palier` with these arguments, `count` times, until SIGTERM, SIGINT or `stop`; gives the exit code.

    SIGHUP is passed on. When none of them can begin without a human, all is over.
    """
    stop = stop or asyncio.Event()
    workers = [Worker(nth, [sys.executable, "-m", "bot", *arguments]) for nth in range(1, count + 1)]

    def pass_on(number: int) -> None:
        if number != signal.SIGHUP:
            stop.set()
        for worker in workers:
            worker.tell(number)

    numbers = signal.SIGTERM, signal.SIGINT, signal.SIGHUP
    for number in numbers:
        asyncio.get_running_loop().add_signal_handler(number, pass_on, number)
    kept = [asyncio.create_task(worker.keep(stop)) for worker in workers]
    try:
        await first(stop.wait(), none_can_begin(workers))
    finally:
        unfit = all(worker.unfit for worker in workers)
        stop.set()
        await end(workers)
        await asyncio.gather(*kept)
    return UNFIT if unfit else 0


async def none_can_begin(workers: Sequence[Worker]) -> None:
    """Return when every one has ended because somebody has to mend something; the log says what."""
    while not all(worker.unfit and worker.process and worker.process.returncode is not None for worker in workers):
        await asyncio.sleep(0.1)


async def end(workers: Sequence[Worker]) -> None:
    """In order, or after a while by force."""
    for worker in workers:
        worker.tell(signal.SIGTERM)
    running = [asyncio.create_task(worker.process.wait()) for worker in workers if worker.process]
    if running:
        await asyncio.wait(running, timeout=PATIENCE)
    for worker in workers:
        worker.tell(signal.SIGKILL)


async def first(*waits: Awaitable[object]) -> None:
    """Until one of these has ended; the others are given up."""
    tasks = [asyncio.ensure_future(one) for one in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
