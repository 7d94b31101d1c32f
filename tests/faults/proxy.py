"""Stands before a server: counts what is asked of it, breaks some answers, and can be away as a whole."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, web

from bot.demo.synapse import free_port


@dataclass(slots=True)
class Trouble:
    """What befalls the first n of each `of` sends."""

    n: int
    of: int
    status: int
    when: str
    sends: int = 0

    def hits(self) -> bool:
        """Whether the next send is one of them."""
        self.sends += 1
        return (self.sends - 1) % self.of < self.n


@dataclass(slots=True)
class Proxy:
    """Hands everything on to `behind`; what `break_sends` arranged befalls only messages that are sent on Matrix.

    `asked` holds when each request came (by `time.monotonic`). `twists`: the content that takes the place of a message
    with this body, which is how servers elsewhere can hand on what one's own server would refuse.
    """

    behind: str
    port: int = field(default_factory=free_port)
    asked: list[float] = field(default_factory=list)
    twists: dict[str, Any] = field(default_factory=dict)
    _troubles: dict[str, Trouble] = field(default_factory=dict)
    _runner: web.AppRunner | None = None
    _http: ClientSession | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def break_sends(self, room: str, n: int, of: int, status: int, when: str = "before") -> None:
        """The first n of each `of` sends into a room get this status, before or after it is carried out."""
        self._troubles[room] = Trouble(n, of, status, when)

    def heal(self) -> None:
        """No more broken answers."""
        self._troubles.clear()
        self.twists.clear()

    async def start(self) -> None:
        """Be there, if it is not."""
        if self._runner:
            return
        app = web.Application(client_max_size=50 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._http = ClientSession(cookie_jar=DummyCookieJar(), timeout=ClientTimeout(total=None), trust_env=False)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()

    async def stop(self) -> None:
        """Be gone: whoever knocks is refused by the kernel."""
        if self._runner and self._http:
            runner, self._runner = self._runner, None
            await runner.cleanup()
            await self._http.close()

    async def _handle(self, request: web.Request) -> web.Response:
        self.asked.append(time.monotonic())
        trouble = self._met(request)
        if trouble and trouble.when == "before":
            return broken(trouble.status)
        kept = {name: value for name, value in request.headers.items() if name in ("Authorization", "Content-Type")}
        assert self._http
        try:
            async with self._http.request(
                request.method, self.behind + request.raw_path, headers=kept, data=await request.read()
            ) as answer:
                body, kind = await answer.read(), answer.headers.get("Content-Type", "")
        except ClientError:
            return broken(502)
        if trouble:
            return broken(trouble.status)
        if self.twists and request.method == "GET" and kind.startswith("application/json"):
            body = json.dumps(json.loads(body, object_hook=self._twisted)).encode()
        return web.Response(body=body, status=answer.status, headers={"Content-Type": kind})

    def _twisted(self, found: dict[str, Any]) -> dict[str, Any]:
        match found:
            case {"type": "m.room.message", "content": {"body": str(body)}} if body in self.twists:
                return {**found, "content": self.twists[body]}
        return found

    def _met(self, request: web.Request) -> Trouble | None:
        parts = request.path.split("/")
        if request.method != "PUT" or "m.room.message" not in parts:
            return None
        trouble = self._troubles.get(parts[parts.index("rooms") + 1])
        return trouble if trouble and trouble.hits() else None


def broken(status: int) -> web.Response:
    """A homeserver's 429, or what a web server says in the place of the one behind it."""
    if status == 429:
        wait: dict[str, Any] = {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": 1000}
        return web.json_response(wait, status=429)
    return web.Response(text=f"<html><h1>{status}</h1></html>", status=status, content_type="text/html")
