"""`python -m tests.measures.profiled FILE run --config ...`: Palier under a profiler, which also counts its SQL."""

import cProfile
import pstats
import re
import sqlite3
import sys
import threading
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

LITERALS = re.compile(r"X?'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b")
SPACES = re.compile(r"\s+")
statements = Counter[str]()
profiles: list[cProfile.Profile] = []
_connect, _run = sqlite3.connect, threading.Thread.run


def note(sql: str) -> None:
    """A statement as SQLite runs it, without what was bound to it."""
    shape = SPACES.sub(" ", LITERALS.sub("?", sql)).strip()
    statements[re.sub(r"\(\?(?:, ?\?)+\)", "(?...)", shape)] += 1


def connect(*arguments: Any, **more: Any) -> sqlite3.Connection:
    """A connection that tells what it runs."""
    connection: sqlite3.Connection = _connect(*arguments, **more)
    connection.set_trace_callback(note)
    return connection


def run(thread: threading.Thread) -> None:
    """A thread with a profile of its own."""
    profiles.append(profile := cProfile.Profile())
    profile.runcall(_run, thread)


def report(file: Path) -> None:
    """The 40 costliest functions by their own time and by all that they call, then the statements."""
    out = StringIO()
    main, *others = [profile for profile in profiles if profile.getstats()]
    stats = pstats.Stats(main, stream=out)
    for profile in others:
        stats.add(profile)
    stats.dump_stats(str(file.with_suffix(".pstats")))
    stats.strip_dirs()
    for order in ("tottime", "cumtime"):
        stats.sort_stats(order).print_stats(40)
    commits = sum(times for sql, times in statements.items() if sql.startswith("COMMIT"))
    out.write(f"\n{sum(statements.values())} SQL statements, {commits} of them COMMIT:\n")
    for sql, times in statements.most_common(60):
        out.write(f"{times:8d}  {sql[:200]}\n")
    file.write_text(out.getvalue(), encoding="utf-8")


def main() -> None:
    file = Path(sys.argv.pop(1))
    sqlite3.connect = sqlite3.dbapi2.connect = connect  # type: ignore[assignment]
    threading.Thread.run = run  # type: ignore[assignment,method-assign]
    from bot.cli import main as palier

    profiles.append(profile := cProfile.Profile())
    profile.enable()
    try:
        palier()
    finally:
        profile.disable()
        report(file)


if __name__ == "__main__":
    main()
