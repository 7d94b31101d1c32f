"""One page on 127.0.0.1 on which a person sees both sides and is whoever they like on each."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.demo.sides import DEEDS, GROUP, PRIVATE, Cannot, Matrix, Side, Telegram
from bot.demo.town import COMMUNE, PLACE, Town

HERE = Path(__file__).parent / "static"
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
FILES = {"index.html", "demo.css", "demo.js"}
SAFE = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
HEARTBEAT = 15  # seconds
Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Page:
    """The page's HTTP side: `/town`, `/view`, `/do`, `/palier` and the events that say what to look at again."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._sides: dict[str, Side] = {side.name: side for side in (Telegram(town), Matrix(town))}
        self._listeners: set[asyncio.Queue[Json]] = set()

    def app(self) -> web.Application:
        """The application."""
        app = web.Application(client_max_size=64 * 1024, middlewares=[guarded])
        app.router.add_get("/town", self.town)
        app.router.add_get("/view", self.view)
        app.router.add_post("/do", self.do)
        app.router.add_post("/palier", self.palier)
        app.router.add_get("/events", self.events)
        app.router.add_get("/", self.file)
        app.router.add_get("/static/{name}", self.file)
        return app

    async def listen(self) -> None:
        """Tell the open pages of every change, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for side in self._sides.values():
                tasks.create_task(side.listen(lambda name=side.name: self._tell({"side": name})))  # type: ignore[misc]
            tasks.create_task(self._watch_palier())

    async def _watch_palier(self) -> None:
        before = self._town.palier.alive
        while True:
            await asyncio.sleep(0.5)
            if (now := self._town.palier.alive) != before:
                before = now
                self._tell({"palier": now})

    def _tell(self, event: Json) -> None:
        for listener in self._listeners:
            listener.put_nowait(event)

    # --- requests

    async def town(self, _: web.Request) -> web.Response:
        """Who lives where."""
        sides = [{"name": side.name, "app": side.app, "people": side.people()} for side in self._sides.values()]
        return web.json_response(
            {"commune": COMMUNE, "place": PLACE, "sides": sides, "palier": self._town.palier.alive}
        )

    async def view(self, request: web.Request) -> web.Response:
        """What one resident sees in one chat."""
        side, who, place = self._whose(request.query)
        return web.json_response(await side.view(who, place))

    async def do(self, request: web.Request) -> web.Response:
        """What one resident does there."""
        about = await request.json()
        if not isinstance(about, dict) or about.get("deed") not in DEEDS:
            raise Cannot("unknown deed")
        side, who, place = self._whose(about)
        return web.json_response(await side.do(who, place, str(about["deed"]), about))

    async def palier(self, request: web.Request) -> web.Response:
        """Kill Palier as a power cut would, or start it again."""
        about = await request.json()
        if isinstance(about, dict) and about.get("on"):
            self._town.palier.start()
        else:
            await self._town.palier.kill()
        return web.json_response({})

    def _whose(self, asked: Any) -> tuple[Side, str, str]:
        side = self._sides.get(str(asked.get("side")))
        who, place = str(asked.get("who")), str(asked.get("place", GROUP))
        if side is None or who not in side.people() or place not in (GROUP, PRIVATE):
            raise Cannot("nobody of that name there")
        return side, who, place

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: `{side}` where something changed there, `{palier}` when it stops or starts."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **SAFE})
        await response.prepare(request)
        queue: asyncio.Queue[Json] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            while True:
                await response.write(b": here\n\n")
                with suppress(TimeoutError):
                    while True:
                        async with asyncio.timeout(HEARTBEAT):
                            event = await queue.get()
                        await response.write(f"data: {json.dumps(event)}\n\n".encode())
        except ConnectionError:
            return response
        finally:
            self._listeners.discard(queue)

    async def file(self, request: web.Request) -> web.Response:
        """The page and what belongs to it."""
        name = request.match_info.get("name", "index.html")
        if name not in FILES:
            raise web.HTTPNotFound
        body = await asyncio.to_thread((HERE / name).read_text, "utf-8")
        return web.Response(text=body, content_type=KINDS[Path(name).suffix], headers=SAFE)


@web.middleware
async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Other sites that are open in the same browser must neither read nor write here."""
    if request.url.host not in ("127.0.0.1", "localhost"):
        raise web.HTTPForbidden
    if request.method == "POST" and request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    try:
        return await handler(request)
    except Cannot as error:
        return web.json_response({"error": str(error)}, status=400)
    except json.JSONDecodeError:
        return web.json_response({"error": "not JSON"}, status=400)


@asynccontextmanager
async def open_page(town: Town, port: int | None = None) -> AsyncIterator[str]:
    """Serve it on that port of 127.0.0.1, or on any free one, and give its address. Raises OSError."""
    page = Page(town)
    runner = web.AppRunner(page.app(), access_log=None, handler_cancellation=True, shutdown_timeout=0.2)
    await runner.setup()
    listening = asyncio.create_task(page.listen())
    try:
        await web.TCPSite(runner, "127.0.0.1", port or 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await runner.cleanup()
