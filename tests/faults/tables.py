"""Palier's database as it lies there, seen from outside."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

OPEN = "state in ('WAITING', 'SENDING')"
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Tables:
    """The database at an address, as SQLAlchemy writes it; queries have `?` where a value belongs."""

    url: str

    def ask(self, query: str, *values: object) -> Rows:
        """Rows of a query."""
        if (made := make_url(self.url)).get_backend_name() == "sqlite":
            with closing(sqlite3.connect(f"file:{made.database}?mode=ro", uri=True, timeout=5)) as database:
                return list(database.execute(query, values))
        with psycopg.connect(self._server()) as server:
            return list(server.execute(query.replace("?", "%s"), values))

    def do(self, query: str, *values: object) -> None:
        """Change something, for when Palier does not run."""
        if (made := make_url(self.url)).get_backend_name() == "sqlite":
            with closing(sqlite3.connect(str(made.database), timeout=5)) as database, database:
                database.execute(query, values)
            return
        with psycopg.connect(self._server()) as server:
            server.execute(query.replace("?", "%s"), values)

    def _server(self) -> str:
        return make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)

    def outbox(self) -> tuple[int, int]:
        """How many messages were ever put into the outbox, and how many actions wait there."""
        ((every,),) = self.ask("select count(*) from outgoing where kind = 'send'")
        ((waiting,),) = self.ask(f"select count(*) from outgoing where {OPEN}")  # noqa: S608
        return int(every), int(waiting)

    def acts(self) -> int:
        """How often something was ever said or edited."""
        ((every,),) = self.ask("select count(*) from outgoing where kind in ('send', 'edit')")
        return int(every)

    def done(self, acts: int) -> bool:
        """Whether so many acts were heard of, and nothing waits."""
        return self.acts() >= acts and not self.outbox()[1]

    def cut_off(self) -> set[tuple[int, int]]:
        """Which calls to Telegram nobody knows the end of, once Palier is dead."""
        query = "select id, tries from outgoing where state = 'SENDING' and kind = 'send' and network = 'telegram'"
        return {(int(id_), int(tries)) for id_, tries in self.ask(query)}

    def remembers(self, name: str) -> bool:
        """Whether Palier has noted this by now: "matrix" is how far it has read, "matrix.session" its session."""
        return bool(self.ask("select 1 from remembered where name = ?", name))

    def forget(self, name: str = "") -> None:
        """Take out what Palier noted under this name, or all that it noted of Matrix."""
        self.do("delete from remembered where name = ? or (? = '' and name like 'matrix%')", name, name)
