"""`python -m tests.fidelity [--write] [NAME...]`: plays every row, prints the table, exit 1 if one does not pass."""

import argparse
import asyncio
import logging
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import structlog

from bot.demo.synapse import Synapse
from tests.fidelity import back, back_files, encrypted, forth, forth_files
from tests.fidelity.stage import Stage, open_stage
from tests.fidelity.table import ROWS, Row, markdown

PLAYS = back, back_files, encrypted, forth, forth_files
REPORT = Path(__file__).parents[2] / "docs" / "fidelity.md"
PATIENCE = 60.0


async def play(stage: Stage, row: Row) -> str:
    """Whether it "passes", or what went wrong."""
    try:
        async with asyncio.timeout(PATIENCE):
            await row.play(await stage.pair(**({"is_forum": True} if row.forum else {})))
    except Exception as error:
        return f"FAILED: {type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''}"
    return "passes"


async def run(names: list[str]) -> dict[str, str]:
    """Every row that was asked for, on one pair of networks."""
    results = {}
    with tempfile.TemporaryDirectory(prefix="palier-fidelity-") as folder:
        async with Synapse(Path(folder) / "synapse") as synapse, open_stage(Path(folder), synapse) as stage:
            for row in ROWS:
                if not names or any(name in row.name for name in names):
                    results[row.name] = await play(stage, row)
                    sys.stdout.write(f"{results[row.name][:300]:8} {row.name}\n")
                    sys.stdout.flush()
    return results


def report(results: dict[str, str]) -> str:
    """docs/fidelity.md."""
    parts = ", ".join(f"{name} {version(name)}" for name in ("python-telegram-bot", "matrix-nio", "matrix-synapse"))
    passed = sum(result == "passes" for result in results.values())
    return f"""# What crosses the bridge, and how

Written by `make fidelity ARGS=--write` on {datetime.now(UTC):%Y-%m-%d}: each row was played between the Telegram
simulator and a real homeserver, and looked at as a resident of the other side. {passed} of {len(ROWS)} pass.

{markdown(results)}

{parts}.
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fidelity", description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep the table in docs/fidelity.md")
    parser.add_argument("names", nargs="*", help="parts of the names of rows")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    results = asyncio.run(run(options.names))
    failed = [name for name, result in results.items() if result != "passes"]
    sys.stdout.write(f"\n{len(results) - len(failed)} of {len(results)} pass\n")
    if options.write and not options.names:
        REPORT.write_text(report(results), encoding="utf-8")
    sys.exit(1 if failed or not results else 0)


if __name__ == "__main__":
    main()
