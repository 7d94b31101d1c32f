"""What is written down about the bot's own doings: ids, counts and kinds, never words, names or tokens."""

import logging
import re
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Any, TextIO

import structlog

# Those that write down addresses (on Telegram they hold the token) or what people said are not heard at all.
SILENT = ("telegram", "httpx", "httpcore", "nio", "sqlalchemy.engine", "sqlalchemy.pool")
SECRET = re.compile(r"/bot\d+:|\b\d{6,}:[A-Za-z0-9_-]{30,}|\b(syt|mct)_\w{10,}|access_token=")
Entry = MutableMapping[str, Any]


class Patient:
    """Where to write to; a full disk under the log is no reason to stop carrying messages."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write it, or lose it."""
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        """As far as that can be done."""
        with suppress(OSError):
            self._stream.flush()


class Others(logging.Handler):
    """What libraries log: who, how grave, and the sentence that stands in their code, without what was filled in."""

    def emit(self, record: logging.LogRecord) -> None:
        """Hand it on; a failure to log is no reason to fail."""
        try:
            lines = str(record.msg).splitlines() or [""]
            kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
            more = {"kind": kind} if kind else {}
            structlog.get_logger().log(record.levelno, lines[0][:200], by=record.name, **more)
        except Exception:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Python's own prints the record's arguments."""


def without_secrets(_: Any, __: str, entry: Entry) -> Entry:
    """Drop a line that holds what looks like a token: losing a line is better than showing one."""
    if any(SECRET.search(str(value)) for value in entry.values()):
        raise structlog.DropEvent
    return entry


def without_tracebacks(_: Any, __: str, entry: Entry) -> Entry:
    """An exception is logged by its kind: its text and its locals may hold words and names."""
    for name in ("exc_info", "stack_info", "exception"):
        entry.pop(name, None)
    return entry


def set_up(level: str, explain: Callable[[str], str] | None = None, stream: TextIO | None = None) -> None:
    """Log from `level` on, one JSON line each, or in columns on a terminal; `explain` gives the sentence of a `why`."""
    stream = stream or sys.stderr
    least = getattr(logging, level.upper())

    def with_sentence(_: Any, __: str, entry: Entry) -> Entry:
        if explain and isinstance(why := entry.get("why"), str) and (sentence := explain(why)):
            entry["help"] = sentence
        return entry

    show: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if stream.isatty():
        show = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            with_sentence,
            without_tracebacks,
            without_secrets,
            show,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(Patient(stream)),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [Others(max(least, logging.WARNING))]
    root.setLevel(max(least, logging.WARNING))
    for name in SILENT:
        logger = logging.getLogger(name)
        logger.propagate, logger.handlers = False, [logging.NullHandler()]
