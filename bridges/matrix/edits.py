"""Remembers which events were edits, so that taking one away is understood, across restarts too."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from bridges.model import Chat, Ref
from bridges.port import Cursor

PREFIX = "matrix.edit."
MOST = 5_000
KEPT = timedelta(days=30)  # as long as the map of copies


class Edits:
    """Each of the last `MOST` edits, with the message that it changed and who sent it; oldest first.

    What is new is saved together with the sync token (`news`), so that it costs no write of its own.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, str, str, str]] = {}
        self._news: dict[str, str | None] = {}

    async def restore(self, cursor: Cursor) -> None:
        """Take in what was saved, where nothing is known yet."""
        if self._known:
            return
        for name, saved in (await cursor.load_all(PREFIX)).items():
            with suppress(ValueError, TypeError):
                at, room, first, author = json.loads(saved)
                self._known[name.removeprefix(PREFIX)] = float(at), room, first, author
        self._known = dict(sorted(self._known.items(), key=lambda item: item[1][0]))

    def note(self, edit: Ref, first: Ref, author: str) -> None:
        """This event changed that message."""
        if edit.id not in self._known:
            known = datetime.now(UTC).timestamp(), edit.chat.id, first.id, author
            self._known[edit.id], self._news[PREFIX + edit.id] = known, json.dumps(known)

    def of(self, edit: Ref) -> tuple[Ref, str] | None:
        """The message that an event changed, and who sent the edit; None if it is not known to be one."""
        match self._known.get(edit.id):
            case (_, room, first, author) if room == edit.chat.id:
                return Ref(Chat("matrix", room), first), author
        return None

    def forget(self, room: str) -> None:
        """A room is left."""
        for edit in [edit for edit, known in self._known.items() if known[1] == room]:
            self._drop(edit)

    def news(self) -> dict[str, str | None]:
        """What is to be saved, and forgotten, since `saved` was called."""
        oldest = (datetime.now(UTC) - KEPT).timestamp()
        while self._known:
            edit, known = next(iter(self._known.items()))
            if len(self._known) <= MOST and known[0] >= oldest:
                break
            self._drop(edit)
        return dict(self._news)

    def saved(self) -> None:
        """The news are durable."""
        self._news.clear()

    def _drop(self, edit: str) -> None:
        del self._known[edit]
        self._news[PREFIX + edit] = None
