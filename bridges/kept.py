"""Remembers durably what something was like before the bot changed it, so that it can be put back as it was."""

import asyncio
import json
from typing import Any

from bridges.port import Cursor, Refused


class Kept:
    """JSON values by name, under one name of the `cursor`; whoever reads and then writes holds `turn` meanwhile."""

    def __init__(self, cursor: Cursor | None, name: str) -> None:
        self._cursor, self._name = cursor, name
        self.turn = asyncio.Lock()

    async def get(self, key: str) -> Any:
        """What is kept, None where nothing is. Raises Refused("defect") where there is nothing to keep it in."""
        return (await self._all()).get(key)

    async def put(self, key: str, value: Any) -> None:
        """Keep it instead of what was kept; durable when this returns."""
        await self._save(await self._all() | {key: value})

    async def forget(self, key: str) -> None:
        """It is put back, or cannot be any more."""
        if key in (kept := await self._all()):
            await self._save({name: value for name, value in kept.items() if name != key})

    async def _all(self) -> dict[str, Any]:
        if self._cursor is None:
            raise Refused("defect")
        return dict(json.loads(await self._cursor.load(self._name) or "{}"))

    async def _save(self, kept: dict[str, Any]) -> None:
        assert self._cursor
        await self._cursor.save_all({self._name: json.dumps(kept) if kept else None})
