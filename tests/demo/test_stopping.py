"""Ctrl-C at any moment stops the demo and all that it started."""

import signal
import socket
import time
from pathlib import Path

import pytest

from tests.demo.conftest import Demo, running


def children(demo: Demo) -> int:
    return len(demo.family()) - 1


@pytest.mark.parametrize("line", ["Matrix", "palier setup", "Linking"])
def test_during_start_up(tmp_path: Path, line: str) -> None:
    with running(tmp_path / "home") as demo:
        demo.wait_for(line)
        demo.interrupt()
        assert demo.ended() == 0
        assert not demo.family()


def test_twice_when_it_runs(tmp_path: Path) -> None:
    with running(tmp_path / "home") as demo:
        demo.wait_for(r"http://127\.0\.0\.1:\d+")
        assert children(demo) == 3
        demo.interrupt()
        time.sleep(0.05)
        demo.interrupt()
        assert demo.ended() == 0
        assert "Traceback" not in demo.output


def test_the_script_ends_too_and_says_that_it_did_not_finish(tmp_path: Path) -> None:
    with running(tmp_path / "home", "--script") as demo:
        demo.wait_for("\n1 · ")
        demo.interrupt()
        assert demo.ended() == 1


def test_killed_itself_it_takes_its_processes_along(tmp_path: Path) -> None:
    with running(tmp_path / "home") as demo:
        demo.wait_for("Ouvrez")
        demo.process.send_signal(signal.SIGKILL)
        demo.ended()
        end = time.monotonic() + 5
        while demo.family() and time.monotonic() < end:
            time.sleep(0.05)
        assert not demo.family()
        for folder in (tmp_path / "home").glob("palier-demo-*"):  # nobody was left to take it away
            folder.rename(tmp_path / folder.name)


def test_a_port_that_is_taken_is_said_at_once(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with running(tmp_path / "home", "--port", str(port)) as demo:
            assert demo.ended() == 1
            assert f"port {port} cannot be had" in demo.output
