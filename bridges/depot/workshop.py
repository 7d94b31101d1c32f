"""Gives jobs to processes of their own, few at a time, and ends those that do not answer."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "bridges.depot.worker")
_JOBS = 500  # after which a process ends, whatever it has gathered
_IDLE = 60.0  # seconds
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH")  # nothing else of our surroundings, where secrets may be


class Workshop:
    """At most `hands` processes, started when they are needed, ended when they have nothing to do."""

    def __init__(self, hands: int) -> None:
        self._turn = asyncio.Semaphore(hands)
        self._idle: list[tuple[Process, int]] = []
        self._busy: set[Process] = set()
        self._ending: set[asyncio.Future[None]] = set()
        self._later: asyncio.TimerHandle | None = None

    async def do(self, what: str, *, room: int, seconds: float, **job: Any) -> dict[str, Any] | None:
        """The answer, or None where there was none in time or the job failed; it writes at most `room` bytes."""
        asked = {"do": what, "room": room, **job}
        answer = None
        async with self._turn:
            try:
                answer = await self._once(asked, seconds)
            except EOFError:  # it died, perhaps of what came before, or because the system needed its memory
                with suppress(EOFError):
                    answer = await self._once(asked, seconds, anew=True)
        return answer if answer and "failed" not in answer else None

    async def _once(self, asked: dict[str, Any], seconds: float, *, anew: bool = False) -> dict[str, Any] | None:
        """One process's answer, None where it is too late or none; raises EOFError where it died."""
        process, done = await self._hand(anew=anew)
        self._busy.add(process)
        answer = None
        try:
            with suppress(TimeoutError, ValueError):
                async with asyncio.timeout(seconds):
                    answer = await self._ask(process, asked)
        finally:
            self._busy.discard(process)
            if answer is None or done + 1 >= _JOBS:
                await self._end(process)
            else:
                self._idle.append((process, done + 1))
                self._rest()
        return answer

    async def _hand(self, *, anew: bool) -> tuple[Process, int]:
        """A process and how many jobs it has done; one that has died meanwhile is none."""
        while self._idle and not anew:
            process, done = self._idle.pop()
            if process.returncode is None:
                return process, done
        return await self._start(), 0

    async def _start(self) -> Process:
        surroundings = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        return await asyncio.create_subprocess_exec(
            *COMMAND, cwd=_ROOT, env=surroundings | {"PYTHONPATH": str(_ROOT)}, stdin=PIPE, stdout=PIPE, stderr=DEVNULL,
        )  # fmt: skip

    @staticmethod
    async def _ask(process: Process, job: dict[str, Any]) -> dict[str, Any]:
        assert process.stdin and process.stdout
        try:
            process.stdin.write(json.dumps(job).encode() + b"\n")
            await process.stdin.drain()
        except ConnectionError as error:
            raise EOFError from error
        if not (line := await process.stdout.readline()):
            raise EOFError
        answer: dict[str, Any] = json.loads(line)
        return answer

    @staticmethod
    async def _end(process: Process) -> None:
        with suppress(ProcessLookupError):
            process.kill()
        await asyncio.shield(process.wait())

    def _rest(self) -> None:
        if self._later:
            self._later.cancel()
        self._later = asyncio.get_running_loop().call_later(_IDLE, self._dismiss)

    def _dismiss(self) -> None:
        """Nobody has needed them for a while."""
        idle, self._idle = self._idle, []
        for process, _ in idle:
            task = asyncio.ensure_future(self._end(process))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """End every process."""
        if self._later:
            self._later.cancel()
        ending, self._idle = [*(process for process, _ in self._idle), *self._busy], []
        await asyncio.gather(*self._ending, *map(self._end, ending))
