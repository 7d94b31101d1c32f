"""The HTTP side: the Bot API, the control API, the events and the chat page, on one port."""

import asyncio
import contextlib
import json
import re
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from inspect import isawaitable
from pathlib import Path
from typing import Any

from aiohttp import web

from bridges.simulator.control import Control
from bridges.simulator.deeds import Deeds
from bridges.simulator.errors import NO_METHOD, NOT_FOUND, UNAUTHORIZED, Refusal, too_many
from bridges.simulator.faults import Fault, Faults
from bridges.simulator.limits import Limits
from bridges.simulator.methods import METHODS, Call
from bridges.simulator.world import Bot, Chat, Json, World

STATIC = Path(__file__).parent / "static"
TOKEN = re.compile(r"\d+:[\w-]{20,}")
NGINX = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n"
    "<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n"
)
REASONS = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Time-out"}
SAFE = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Server:
    """One simulated Telegram behind HTTP; `calls` is what bots have asked of it, in order."""

    world: World = field(default_factory=World)
    calls: list[Json] = field(default_factory=list)
    listeners: set[asyncio.Queue[Json]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.faults = Faults()
        self.limits = Limits(self.world.now)
        self.deeds = Deeds(self.world, self.changed)
        self.control = Control(self.world, self.deeds, self.limits, self.faults)

    def changed(self, chat: Chat) -> None:
        """Tell every listening page."""
        event = {"chat": chat.bot.id if chat.bot else chat.id} | ({"user": chat.user.id} if chat.user else {})
        for listener in self.listeners:
            listener.put_nowait(event)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=50 * 2**20)
        app.router.add_route("*", "/bot{token}/{method}", self.bot_api)
        app.router.add_get("/control/events", self.events)
        for verb, path, act in self._routes():
            app.router.add_route(verb, f"/control/{path}", self._answered(act))
        app.router.add_get("/", self.page)
        app.router.add_get("/static/{name}", self.page)
        return app

    def _routes(self) -> list[tuple[str, str, Callable[[Json, dict[str, str]], Json]]]:
        do = self.control
        return [
            ("POST", "bots", lambda ask, _: do.add_bot(ask)),
            ("POST", "users", lambda ask, _: do.add_user(ask)),
            ("POST", "chats", lambda ask, _: do.add_chat(ask)),
            ("POST", "chats/{id}/members", lambda ask, at: do.set_member(int(at["id"]), ask)),
            ("POST", "chats/{id}/topics", lambda ask, at: do.add_topic(int(at["id"]), ask)),
            ("POST", "chats/{id}/migrate", lambda _, at: do.migrate(int(at["id"]))),
            ("POST", "messages", lambda ask, _: do.say(ask)),
            ("POST", "edits", lambda ask, _: do.edit(ask)),
            ("POST", "deletes", lambda ask, _: do.delete(ask)),
            ("POST", "taps", lambda ask, _: do.tap(ask)),
            ("GET", "taps/{id}", lambda _, at: do.tapped(at["id"])),
            ("POST", "reactions", lambda ask, _: do.react(ask)),
            ("POST", "start", lambda ask, _: do.start(ask)),
            ("POST", "startgroup", lambda ask, _: do.startgroup(ask)),
            ("POST", "block", lambda ask, _: do.block(ask)),
            ("POST", "updates", lambda ask, _: do.push(ask)),
            ("POST", "repeat", lambda ask, _: do.repeat(ask)),
            ("POST", "faults", lambda ask, _: do.add_fault(ask)),
            ("DELETE", "faults", lambda *_: do.clear_faults()),
            ("POST", "delays", lambda ask, _: do.add_delay(ask)),
            ("DELETE", "delays", lambda *_: do.clear_delays()),
            ("POST", "settings", lambda ask, _: do.set(ask)),
            ("GET", "view", lambda _, at: do.view(int(at["chat"]), int(at["user"]), int(at.get("last", 0)))),
            ("GET", "calls", lambda _, at: {"calls": [c for c in self.calls if c["n"] > int(at.get("since", 0))]}),
            ("GET", "world", lambda *_: do.whole()),
        ]

    # --- the Bot API

    async def bot_api(self, request: web.Request) -> web.StreamResponse:
        token, name = request.match_info["token"], request.match_info["method"]
        bot = next((b for b in self.world.bots.values() if b.token == token), None)
        if bot is None:
            known = TOKEN.fullmatch(token)
            return _json(Refusal(401, UNAUTHORIZED) if known else Refusal(404, NOT_FOUND))
        method = METHODS.get(name.lower())
        if method is None:
            self._note(bot, name, 404, NO_METHOD)
            return _json(Refusal(404, NO_METHOD))
        try:
            given = await _parameters(request)
        except Refusal as refusal:
            self._note(bot, method.name, refusal.status, refusal.description)
            return _json(refusal)
        self.world.expire()
        call = Call(method, bot, self.deeds, self.limits, given)
        chat = str(given.get("chat_id", ""))
        if wait := self.faults.delay(method.name, chat):
            await asyncio.sleep(wait)
        fault = self.faults.meet(method.name, chat)
        if fault and fault.when == "before":
            self._note(bot, method.name, _status(fault), f"fault: {fault.kind} before", call)
            return await _broken(fault, request)
        answer, status, error = await self._run(call)
        if fault:
            self._note(bot, method.name, _status(fault), f"fault: {fault.kind} after", call)
            return await _broken(fault, request)
        self._note(bot, method.name, status, error, call)
        return web.json_response(answer, status=status)

    async def _run(self, call: Call) -> tuple[Json, int, str]:
        try:
            result = call.method.run(call)
            if isawaitable(result):
                result = await result
        except Refusal as refusal:
            return refusal.body(), refusal.status, refusal.description
        return {"ok": True, "result": result}, 200, ""

    def _note(self, bot: Bot, method: str, status: int, error: str, call: Call | None = None) -> None:
        """`unknown` are the parameters that the method does not have; the real server ignores them in silence."""
        noted: Json = {
            "n": len(self.calls) + 1, "at": self.world.now(), "bot": bot.id, "method": method,
            "params": call.given if call else {}, "status": status, "unknown": call.unknown if call else [],
        }  # fmt: skip
        self.calls.append(noted | ({"error": error} if error else {}))

    # --- control

    def _answered(self, act: Callable[[Json, dict[str, str]], Json]) -> Handler:
        """A control request as an HTTP handler; what cannot be done is 400 with the reason."""

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                self.world.expire()
                ask = await request.json() if request.can_read_body else {}
                if not isinstance(ask, dict):
                    raise ValueError("a JSON object is expected")  # noqa: TRY004, TRY301 - answered below like the rest
                return web.json_response(act(ask, {**request.query, **request.match_info}))
            except KeyError as error:
                return web.json_response({"error": f"missing or unknown: {error.args[0]}"}, status=400)
            except (LookupError, ValueError, TypeError) as error:
                return web.json_response({"error": str(error)}, status=400)
            except Refusal as refusal:
                return web.json_response({"error": refusal.description}, status=400)

        return handle

    # --- the page

    async def page(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name", "index.html")
        kinds = {"index.html": "text/html", "chat.css": "text/css", "chat.js": "text/javascript"}
        if name not in kinds:
            raise web.HTTPNotFound
        body = await asyncio.to_thread((STATIC / name).read_text, "utf-8")
        return web.Response(text=body, content_type=kinds[name], headers=SAFE)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: one `{chat}` per change, with `user` for a private chat (`chat` is then the bot)."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        queue: asyncio.Queue[Json] = asyncio.Queue()
        self.listeners.add(queue)
        try:
            await response.write(b": hello\n\n")
            while True:
                await response.write(f"data: {json.dumps(await queue.get())}\n\n".encode())
        except ConnectionError:
            return response
        finally:
            self.listeners.discard(queue)


async def _parameters(request: web.Request) -> Json:
    """Query string, then the body: a form, a multipart form or JSON. Files are told by their name and size."""
    given: dict[str, Any] = dict(request.query)
    if not request.can_read_body:
        return given
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except ValueError:
            raise Refusal(400, "Bad Request: can't parse JSON object") from None
        if not isinstance(body, dict):
            raise Refusal(400, "Bad Request: object expected")
        return given | body
    for name, value in (await request.post()).items():
        given[name] = value if isinstance(value, str) else f"file {getattr(value, 'filename', '')}"
    return given


def _json(refusal: Refusal) -> web.Response:
    return web.json_response(refusal.body(), status=refusal.status)


def _status(fault: Fault) -> int:
    return {"429": 429, "5xx": fault.status}.get(fault.kind, 0)


async def _broken(fault: Fault, request: web.Request) -> web.StreamResponse:
    """What the caller meets instead of the answer."""
    if fault.kind == "429":
        return _json(too_many(fault.retry_after))
    if fault.kind == "5xx":
        reason = f"{fault.status} {REASONS.get(fault.status, 'Server Error')}"
        return web.Response(text=NGINX.format(reason), status=fault.status, content_type="text/html")
    if fault.kind == "timeout":  # ends when the caller gives up: then the handler is cancelled
        await asyncio.sleep(3600)
    transport = request.transport
    if transport:
        with contextlib.suppress(OSError, AttributeError):  # a linger of zero makes it a reset, not a polite end
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()
