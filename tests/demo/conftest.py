"""`palier demo` as a process of its own, and the proof that it leaves none behind."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]


class Demo:
    """A running demo; `output` is what it printed so far."""

    def __init__(self, process: subprocess.Popen[str], log: Path, home: Path) -> None:
        self.process, self._log, self._home = process, log, home

    @property
    def output(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def wait_for(self, pattern: str, patience: float = 60) -> str:
        """What was printed that looks so."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if found := re.search(pattern, self.output):
                return found[0]
            assert self.process.poll() is None, self.output
            time.sleep(0.05)
        raise AssertionError(f"no {pattern} in:\n{self.output}")

    def family(self) -> list[psutil.Process]:
        """Everything that the demo has started, wherever it moved: all of it knows the demo's folder."""
        return [one for one in psutil.process_iter() if mentions(one, self._home)]

    def interrupt(self) -> None:
        """What Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)

    def ended(self, patience: float = 30) -> int:
        """Its exit code."""
        return self.process.wait(patience)


def mentions(process: psutil.Process, folder: Path) -> bool:
    """Whether a process was told of a folder, by its arguments or its environment."""
    try:
        told = [*process.cmdline(), process.environ().get("TMPDIR", "")]
    except psutil.Error:
        return False
    return process.status() != psutil.STATUS_ZOMBIE and any(str(folder) in words for words in told)


@contextmanager
def running(home: Path, *arguments: str) -> Iterator[Demo]:
    """Start it with a temporary folder of its own; whatever is left at the end is ended, and is a failure."""
    log = home.with_name("output.txt")
    home.mkdir()
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "demo", *arguments], cwd=ROOT, env={**os.environ, "TMPDIR": str(home)},
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, text=True,
        )  # fmt: skip
    demo = Demo(process, log, home)
    try:
        yield demo
    finally:
        left = demo.family()
        for one in left:
            one.kill()
        process.wait(10)
        assert not left, f"left behind: {[one.name() for one in left]}\n{demo.output}"
        assert not list(home.glob("palier-demo-*")), "its folder is still there"
