"""Stands before a homeserver: counts what is asked about keys, and breaks calls off before or after they reach it."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from tests.bridges.labs import Proxy

Deed = Callable[[], Awaitable[None]]


class Gate(Proxy):
    """`before` and `after`: parts of paths whose next call does not arrive, or whose answer does not come back.

    `first`: what happens before the next call to such a path goes on.
    """

    def __init__(self, behind: str) -> None:
        super().__init__(behind)
        self.before: list[str] = []
        self.after: list[str] = []
        self.first: list[tuple[str, Deed]] = []
        self.calls: list[str] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.calls.append(request.path)
        for one in [one for one in self.first if one[0] in request.path]:
            self.first.remove(one)
            await one[1]()
        if self._taken(self.before, request.path):
            return web.Response(status=502)
        answer = await super().handle(request)
        return web.Response(status=502) if self._taken(self.after, request.path) else answer

    @staticmethod
    def _taken(troubles: list[str], path: str) -> bool:
        if found := next((trouble for trouble in troubles if trouble in path), None):
            troubles.remove(found)
        return found is not None

    def count(self, part: str) -> int:
        """How many calls were made to such a path."""
        return sum(part in path for path in self.calls)
