"""Processes of the demo's own, each with a log, none of which can outlive it."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

# The kernel ends the child when the demo is gone, however it went (Linux; elsewhere `stop` has to do).
LEASH = """
import ctypes, os, runpy, signal, sys
try:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
except (OSError, AttributeError):
    pass
if os.getppid() != int(sys.argv.pop(1)):
    sys.exit("orphaned")
name = sys.argv.pop(1)
sys.path.insert(0, os.getcwd())
runpy.run_module(name, run_name="__main__", alter_sys=True)
"""
ROOT = Path(__file__).parents[2]


class ChildError(Exception):
    """A process of the demo did not do what it should."""


class Child:
    """`python -m module arguments...` in a process group of its own; what it prints is added to `log`.

    `secrets` go into its environment, which other people of the machine cannot read.
    """

    def __init__(
        self, module: str, arguments: Sequence[str], log: Path, secrets: Mapping[str, str] | None = None
    ) -> None:
        self.module, self.arguments, self.log, self._secrets = module, list(arguments), log, dict(secrets or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its number; 0 where it does not run."""
        return self._process.pid if self._process and self.alive else 0

    def start(self) -> None:
        """Set it going, if it is not; a Ctrl-C for the demo does not reach it, the demo stops it in order."""
        if self.alive:
            return
        # Whoever tries the demo may have a real Palier, whose secrets are none of the demo's business.
        env = {name: value for name, value in os.environ.items() if not name.startswith("PALIER_")}
        command = [sys.executable, "-c", LEASH, str(os.getpid()), self.module, *self.arguments]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - nothing in it comes from outside
                command, cwd=ROOT, env={**env, **self._secrets, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    async def run(self, patience: float) -> str:
        """Start it, wait for its end and return what it printed; ChildError where it fails or takes too long."""
        self.start()
        try:
            await self._ended(patience)
        except TimeoutError:
            raise ChildError(f"{self.arguments[0]} did not end in {patience:.0f} s:\n{self.last_lines()}") from None
        finally:
            code = self._process.poll() if self._process else 1
            await self.kill()
        if code:
            raise ChildError(f"{self.arguments[0]} failed:\n{self.last_lines()}")
        return self.log.read_text(encoding="utf-8")

    async def stop(self, patience: float = 5) -> None:
        """End it in order, or by force after `patience` seconds."""
        if self._process and self.alive:
            self._process.terminate()
            with suppress(TimeoutError):
                await self._ended(patience)
        await self.kill()

    async def kill(self) -> None:
        """End it and all that it started, as a power cut would."""
        if self._process is None:
            return
        with suppress(ProcessLookupError, PermissionError):  # the whole group is gone already
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._ended(10)
        self._process = None

    async def _ended(self, patience: float) -> None:
        async with asyncio.timeout(patience):
            while self.alive:
                await asyncio.sleep(0.02)

    def last_lines(self, count: int = 15) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:]) if self.log.exists() else ""
