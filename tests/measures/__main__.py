"""`make bench`: measures, prints one table, exit 1 if something is slower or larger than it may be."""

import argparse
import asyncio
import logging
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import structlog

from tests.measures.rows import ROWS, Options, Result

REPORT = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- measured -->", "<!-- end -->"


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def run(names: list[str], options: Options) -> list[Result]:
    """One row after the other; one that breaks is a result, too."""
    results: list[Result] = []
    for name in names:
        began = time.monotonic()
        try:
            found = await ROWS[name](options)
        except Exception as error:  # a failure of the measuring's own is shown, and counts as missed
            found = [Result(name, f"{type(error).__name__}: {error}"[:200], "", "", "a result", good=False)]
        for one in found:
            mark = "ok    " if one.good else "MISSED"
            tell(f"{mark} {one.what}: {one.figure} (ceiling {one.ceiling}, ratio {one.ratio}; needed {one.need})")
        tell(f"       {name} took {time.monotonic() - began:.0f} s; load {os.getloadavg()[0]:.1f}")
        results += found
    return results


HEAD = ["| what | measured | its ceiling | ratio | at least | met |", "| --- | --- | --- | --- | --- | --- |"]


def lines(results: list[Result]) -> dict[str, str]:
    """In Markdown, by what was measured."""
    made = {}
    for one in results:
        met = "yes" if one.good else "**no**"
        made[one.what] = f"| {one.what} | {one.figure} | {one.ceiling} | {one.ratio} | {one.need} | {met} |"
    return made


def kept(report: str) -> dict[str, str]:
    """The lines of an earlier run: rows may be measured one by one."""
    table = report.partition(BEGIN)[2].partition(END)[0].splitlines()
    rows = [line for line in table if line.startswith("| ") and line not in HEAD]
    return {line.split(" | ")[0].removeprefix("| "): line for line in rows}


def machine() -> str:
    """What it was taken on."""
    names = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]  # fmt: skip
    parts = ", ".join(f"{name} {version(name)}" for name in ("python-telegram-bot", "matrix-nio", "sqlalchemy"))
    model = names[0] if names else platform.machine()
    return f"{os.cpu_count()} cores ({model}), Python {platform.python_version()}, {parts}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.measures", description=__doc__)
    parser.add_argument("--short", action="store_true", help="each row, with smaller numbers")
    parser.add_argument("--write", action="store_true", help="keep the table in docs/performance.md")
    parser.add_argument("--only", nargs="+", choices=list(ROWS), metavar="NAME", help=", ".join(ROWS))
    parser.add_argument("--messages", type=int, default=0, help="in each measurement of speed")
    parser.add_argument("--profile", type=Path, help="a file for the profile of Palier's process")
    parser.add_argument("--keep", type=Path, help="a folder for databases and logs, which stay")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    messages = asked.messages or (1_000 if asked.short else 4_000)
    with tempfile.TemporaryDirectory(prefix="palier-bench-") as folder:
        options = Options(asked.keep or Path(folder), asked.short, messages, asked.profile)
        results = asyncio.run(run(asked.only or list(ROWS), options))
    found = lines(results)
    tell("\n".join(["", *HEAD, *found.values(), "", f"{machine()}; load {os.getloadavg()[0]:.1f}"]))
    if asked.write:
        day = f"{datetime.now(UTC):%Y-%m-%d}"
        before = REPORT.read_text(encoding="utf-8") if REPORT.exists() else f"# How fast\n\n{BEGIN}\n{END}\n"
        head, _, rest = before.partition(BEGIN)
        tail = rest.partition(END)[2]
        text = "\n".join([*HEAD, *(kept(before) | found).values()])
        measured = f"{BEGIN}\n\n{text}\n\nLast measured on {day}, on {machine()}.\n\n{END}"
        REPORT.write_text(f"{head}{measured}{tail}", encoding="utf-8")
    sys.exit(0 if results and all(one.good for one in results) else 1)


if __name__ == "__main__":
    main()
