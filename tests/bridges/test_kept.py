"""What something was like before the bot changed it: kept durably, and forgotten altogether."""

import pytest

from bridges.kept import Kept
from bridges.port import Refused
from tests.bridges.matrix_lab import Memory


async def test_what_is_kept_is_there_for_another_process_and_leaves_nothing_when_forgotten() -> None:
    memory = Memory()
    kept = Kept(memory, "before")
    await kept.put("a", {"level": None})
    await kept.put("b", ["x"])
    await kept.put("b", ["y"])
    assert (await Kept(memory, "before").get("a"), await Kept(memory, "before").get("b")) == ({"level": None}, ["y"])
    for name in ("a", "b", "never"):
        await kept.forget(name)
        assert await kept.get(name) is None
    assert memory.kept == {}


async def test_without_a_place_nothing_is_promised() -> None:
    kept = Kept(None, "before")
    with pytest.raises(Refused, match="defect"):
        await kept.get("a")
    with pytest.raises(Refused, match="defect"):
        await kept.put("a", 1)
