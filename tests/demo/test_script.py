"""The scenes of the demo, as `make demo ARGS=--script` plays them."""

import time
from pathlib import Path

from tests.demo.conftest import running


def test_everyone_hears_what_they_should_and_nothing_else(tmp_path: Path) -> None:
    began = time.monotonic()
    with running(tmp_path / "home", "--script") as demo:
        assert demo.ended(120) == 0, demo.output
        assert not demo.family()
        assert "✗" not in demo.output
        assert "manquées : 0." in demo.output
        for scene in range(1, 7):
            assert f"\n{scene} · " in demo.output
    assert time.monotonic() - began < 60
