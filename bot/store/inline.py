"""SQLite behind SQLAlchemy's asynchronous face, without a thread between: a statement takes microseconds, a hop longer.

Only what may take its time leaves the loop: the commit, which waits for the disk, and the wait for another writer.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from itertools import islice
from typing import Any

from sqlalchemy import URL, Pool
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.util import await_

PATIENCE = 10_000  # milliseconds for another writer to end


class Cursor(sqlite3.Cursor):
    """A cursor that has read all its rows when a statement returns, as SQLAlchemy's asynchronous results want it."""

    server_side = False

    async def _async_soft_close(self) -> None:
        """Nothing is left open on the database's side."""

    def execute(self, *arguments: Any) -> "Cursor":
        super().execute(*arguments)
        self._rows = iter(super().fetchall() if self.description else ())
        return self

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        return list(islice(self._rows, self.arraysize if size is None else size))

    def fetchall(self) -> list[Any]:
        return list(self._rows)


class Connection(sqlite3.Connection):
    """A connection whose cursors are these."""

    def cursor(self, factory: Any = Cursor) -> Any:
        return super().cursor(factory)


class Inline(SQLiteDialect_pysqlite):
    """The `sqlite3` module itself (`sqlite+inline:///file`)."""

    driver = "inline"
    is_async = True
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:  # noqa: ARG003 - the same for every file
        return AsyncAdaptedQueuePool

    def create_connect_args(self, url: URL) -> Any:
        arguments, options = super().create_connect_args(url)
        return arguments, {**options, "factory": Connection, "check_same_thread": False}  # the commit has another

    def do_commit(self, dbapi_connection: Any) -> None:
        aside(dbapi_connection.commit)


def begin_to_write(connection: sqlite3.Connection) -> None:
    """Take the writer's turn at once: a transaction that reads first could not write later; fails as SQLAlchemy."""
    try:
        begin(connection)
    except sqlite3.Error as error:
        raise OperationalError("BEGIN IMMEDIATE", None, error) from error


def begin(connection: sqlite3.Connection) -> None:
    """In the loop where nobody else writes, else beside it."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise
        connection.execute(f"PRAGMA busy_timeout={PATIENCE}")
        try:
            aside(lambda: connection.execute("BEGIN IMMEDIATE"))
        finally:
            connection.execute("PRAGMA busy_timeout=0")


def aside(call: Callable[[], object]) -> None:
    """Call it in a thread, while the loop goes on."""
    await_(asyncio.get_running_loop().run_in_executor(None, call))


registry.register("sqlite.inline", "bot.store.inline", "Inline")
