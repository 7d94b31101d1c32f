"""Stands before a server: counts what is asked of it, breaks some answers, and can be away as a whole."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, web

from bot.demo.synapse import free_port
from tests.faults.weather import NEVER, Storm, broken


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

    A `storm` may befall every request. `silent`: ends of paths; the next request for each is taken and never answered.

    `asked` holds when each request came (by `time.monotonic`). `twists`: the content that takes the place of a message
    with this body, which is how servers elsewhere can hand on what one's own server would refuse.
    """

    behind: str
    port: int = field(default_factory=free_port)
    asked: list[float] = field(default_factory=list)
    twists: dict[str, Any] = field(default_factory=dict)
    storm: Storm | None = None
    silent: set[str] = field(default_factory=set)
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
        self.silent.clear()
        self.storm = None

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

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(time.monotonic())
        kind, when = self._met(request) or ("", "")
        if when == "before":
            return await broken(kind, request)
        kept = {name: value for name, value in request.headers.items() if name in ("Authorization", "Content-Type")}
        assert self._http
        try:
            async with self._http.request(
                request.method, self.behind + request.raw_path, headers=kept, data=await request.read()
            ) as answer:
                body, type_ = await answer.read(), answer.headers.get("Content-Type", "")
        except ClientError:
            return await broken("502", request)
        if kind:
            return await broken(kind, request, body)
        if self.twists and request.method == "GET" and type_.startswith("application/json"):
            body = json.dumps(json.loads(body, object_hook=self._twisted)).encode()
        return web.Response(body=body, status=answer.status, headers={"Content-Type": type_})

    def _twisted(self, found: dict[str, Any]) -> dict[str, Any]:
        match found:
            case {"type": "m.room.message", "content": {"body": str(body)}} if body in self.twists:
                return {**found, "content": self.twists[body]}
        return found

    def _met(self, request: web.Request) -> tuple[str, str] | None:
        """What befalls a request, and when."""
        parts = request.path.split("/")
        sends = "m.room.message" in parts or parts[-1] == "sendMessage"
        if request.method == "PUT" and "m.room.message" in parts:
            trouble = self._troubles.get(parts[parts.index("rooms") + 1])
            if trouble and trouble.hits():
                return str(trouble.status), trouble.when
        if parts[-1] in self.silent:
            self.silent.remove(parts[-1])
            return NEVER, "before"
        return self.storm.draw(matters=sends) if self.storm else None
