"""The disk is full for a while."""

import asyncio
import resource
import time
from pathlib import Path

from tests.faults.rows import Row
from tests.faults.world import World

FULL = 5.0  # seconds
COUNT = 50


async def full(world: World) -> list[Row]:
    """No file of Palier's may grow (RLIMIT_FSIZE, which needs no rights), with and without its log; then all may again.

    The first bytes of a write-ahead log are used again and again: they are left to it, and are soon not enough.
    """
    return [*await _full(world, "but for its log", 64 * 1024), *await _full(world, "its log neither", 1)]


async def _full(world: World, how: str, size: int) -> list[Row]:
    place = await world.place(f"disk{size}", [(1, 1)])
    here, tag, pid = place.circles[:1], f"full{size}", place.palier.pid
    await place.write("space", 20, telegram=here, matrix=here)
    await place.counted("space", 20, telegram=here, matrix=here, patience=20)
    await place.control.delay("sendMessage", 0.2, chat=here[0].group)  # so that calls are under way, and rows wait
    writing = asyncio.create_task(place.write(tag, COUNT, telegram=here, matrix=here, pause=0.05))
    await asyncio.sleep(0.7)
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
    began, used = time.monotonic(), seconds_used(pid)
    await asyncio.sleep(FULL / 2)
    told = await place.health()
    await asyncio.sleep(FULL / 2)
    load = (seconds_used(pid) - used) / (time.monotonic() - began)
    tally, alive = await place.metrics("palier_tally"), place.palier.pid == pid
    errors = sum(tally.get(name, 0) for name in ("claim_errors", "bridge_errors"))
    if alive:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
    await place.control.no_delays()
    await writing
    telegram, matrix = await place.counted(tag, COUNT, telegram=here, matrix=here, patience=90 if alive else 1)
    doubts = int((await place.metrics("palier_tally")).get("doubts", 0))
    what, database = f"no file may grow for {FULL:.0f} s, {how}", told.get("database", "none")
    kept = Row(
        f"{what}, in the middle of {COUNT} messages each way",
        "no crash, no spin; errors are counted; then all, in order, once (but for doubts on Telegram)",
        f"{'alive' if alive else 'dead'}, {load:.0%} of a core, {errors:.0f} errors. "
        f"Matrix {matrix}. Telegram {telegram} ({doubts} in doubt)",
        good=alive and load < 0.5 and errors > 0 and matrix.good and telegram.good_but_for(doubts),
    )
    seen = f"status {told.get('status', 'none')}, database {database}"
    return [kept, Row(f"{what}: what an operator sees", "/health says that it is the database", seen, database != "ok")]


def seconds_used(pid: int) -> float:
    """The processor time that a process has taken (proc(5), `stat`)."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
