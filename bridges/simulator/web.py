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

from aiohttp import web

from bridges.simulator.control import Control
from bridges.simulator.deeds import Deeds
from bridges.simulator.errors import NO_METHOD, NOT_FOUND, UNAUTHORIZED, Refusal, bad, too_many
from bridges.simulator.faults import Fault, Faults
from bridges.simulator.files import MEGABYTE, MOST_UP
from bridges.simulator.intake import parameters
from bridges.simulator.ledger import Ledger
from bridges.simulator.limits import Limits
from bridges.simulator.media import kind_of
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
    """One simulated Telegram behind HTTP; of messages, calls and updates the last `keep` are kept, 0 for all."""

    keep: int = 0
    listeners: set[asyncio.Queue[Json]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.world = World(self.keep)
        self.ledger = Ledger(self.keep)
        self.faults = Faults()
        self.limits = Limits(self.world.now)
        self.deeds = Deeds(self.world, self.changed)
        self.control = Control(self.world, self.deeds, self.limits, self.faults, self.ledger)

    def changed(self, chat: Chat) -> None:
        """Tell every listening page."""
        event = {"chat": chat.bot.id if chat.bot else chat.id} | ({"user": chat.user.id} if chat.user else {})
        for listener in self.listeners:
            listener.put_nowait(event)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=MOST_UP + MEGABYTE)
        app.router.add_route("*", "/bot{token}/{method}", self.bot_api)
        app.router.add_get("/file/bot{token}/{path:.+}", self.download)
        app.router.add_get("/control/events", self.events)
        app.router.add_post("/control/uploads", self.upload)
        app.router.add_get("/control/files/{id}", self.file)
        for verb, path, act in self._routes():
            app.router.add_route(verb, f"/control/{path}", self._answered(act))
        app.router.add_get("/", self.page)
        app.router.add_get("/static/{name}", self.page)
        app.on_cleanup.append(self._close)
        return app

    async def _close(self, _: web.Application) -> None:
        for bot in self.world.bots.values():
            if bot.webhook:
                await bot.webhook.close()

    def _routes(self) -> list[tuple[str, str, Callable[[Json, dict[str, str]], Json]]]:
        do = self.control
        return [
            ("POST", "bots", lambda ask, _: do.add_bot(ask)),
            ("POST", "users", lambda ask, _: do.add_user(ask)),
            ("POST", "chats", lambda ask, _: do.add_chat(ask)),
            ("POST", "users/{id}", lambda ask, at: do.edit_user(int(at["id"]), ask)),
            ("POST", "chats/{id}/members", lambda ask, at: do.set_member(int(at["id"]), ask)),
            ("POST", "chats/{id}/topics", lambda ask, at: do.add_topic(int(at["id"]), ask)),
            ("POST", "chats/{id}/topics/{topic}", lambda ask, at: do.edit_topic(int(at["id"]), int(at["topic"]), ask)),
            ("POST", "chats/{id}/migrate", lambda _, at: do.migrate(int(at["id"]))),
            ("POST", "chats/{id}/title", lambda ask, at: do.rename(int(at["id"]), ask)),
            ("POST", "chats/{id}/permissions", lambda ask, at: do.permit(int(at["id"]), ask)),
            ("POST", "chats/{id}/requests", lambda ask, at: do.ask_in(int(at["id"]), ask)),
            ("POST", "chats/{id}/slow", lambda ask, at: do.slow(int(at["id"]), ask)),
            ("POST", "chats/{id}/link", lambda ask, at: do.link(int(at["id"]), ask)),
            ("POST", "chats/{id}/pins", lambda ask, at: do.pin(int(at["id"]), ask)),
            ("POST", "messages", lambda ask, _: do.say(ask)),
            ("POST", "albums", lambda ask, _: do.album(ask)),
            ("POST", "moves", lambda ask, _: do.move(ask)),
            ("POST", "votes", lambda ask, _: do.vote(ask)),
            ("POST", "stops", lambda ask, _: do.stop_poll(ask)),
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
            ("GET", "calls", lambda _, at: do.asked(int(at.get("since", 0)))),
            ("GET", "counts", lambda *_: do.counts()),
            ("GET", "world", lambda *_: do.whole()),
        ]

    # --- the Bot API

    def _bot(self, token: str) -> Bot:
        """Whose token it is; raises `Refusal`."""
        bot = self.world.tokens.get(token)
        if bot is None:
            raise Refusal(401, UNAUTHORIZED) if TOKEN.fullmatch(token) else Refusal(404, NOT_FOUND)
        return bot

    async def bot_api(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        try:
            bot = self._bot(request.match_info["token"])
        except Refusal as refusal:
            return _json(refusal)
        method = METHODS.get(name.lower())
        if method is None:
            self._note(bot, name, 404, NO_METHOD)
            return _json(Refusal(404, NO_METHOD))
        try:
            given, files = await parameters(request)
        except Refusal as refusal:
            self._note(bot, method.name, refusal.status, refusal.description)
            return _json(refusal)
        self.world.expire()
        call = Call(method, bot, self.deeds, self.limits, self.faults, given, files)
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
            return await _broken(fault, request, answer)
        self._note(bot, method.name, status, error, call)
        return _told(answer, status)

    async def download(self, request: web.Request) -> web.StreamResponse:
        """What `getFile` pointed to; faults and delays call it `download`."""
        try:
            bot = self._bot(request.match_info["token"])
        except Refusal as refusal:
            return _json(refusal)
        if wait := self.faults.delay("download", ""):
            await asyncio.sleep(wait)
        fault = self.faults.meet("download", "")
        found = self.world.files.at(request.match_info["path"])
        if found is None:
            return _json(Refusal(404, NOT_FOUND))
        data = await asyncio.to_thread(found.read)
        self._note(bot, "download", _status(fault) if fault else 200, f"fault: {fault.kind}" if fault else "")
        if fault:
            return await _broken(fault, request, data)
        return web.Response(body=data, content_type="application/octet-stream")

    async def _run(self, call: Call) -> tuple[Json, int, str]:
        try:
            result = call.method.run(call)
            if isawaitable(result):
                result = await result
        except Refusal as refusal:
            return refusal.body(), refusal.status, refusal.description
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
            # A parameter is not what it is described to be; the real server, typed as it is, has words for each.
            odd = bad("can't parse the parameters")
            return odd.body(), odd.status, odd.description
        return {"ok": True, "result": result}, 200, ""

    def _note(self, bot: Bot, method: str, status: int, error: str, call: Call | None = None) -> None:
        """`unknown` are the parameters that the method does not have; the real server ignores them in silence."""
        noted: Json = {
            "at": self.world.now(), "bot": bot.id, "method": method, "params": call.given if call else {},
            "status": status, "unknown": call.unknown if call else [],
        }  # fmt: skip
        self.ledger.note(noted | ({"error": error} if error else {}))

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

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """The body is a file for a message that somebody is about to send; gives its `upload` id."""
        name, kind = request.query.get("name", ""), request.query.get("type", "")
        return web.json_response(self.control.upload(name, kind, await request.read()))

    async def file(self, request: web.Request) -> web.StreamResponse:
        """The bytes behind a file id, as people's apps load them."""
        found = self.world.files.get(request.match_info["id"])
        if found is None:
            raise web.HTTPNotFound
        data = await asyncio.to_thread(found.read)
        kind = kind_of(data)
        shown = kind if kind.startswith(("image/", "video/", "audio/")) else "application/octet-stream"
        return web.Response(body=data, content_type=shown, headers=SAFE)

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


def _told(answer: Json, status: int = 200) -> web.Response:
    return web.Response(body=json.dumps(answer).encode(), status=status, content_type="application/json")


def _json(refusal: Refusal) -> web.Response:
    return _told(refusal.body(), refusal.status)


def _status(fault: Fault) -> int:
    return {"429": 429, "5xx": fault.status}.get(fault.kind, 0)


async def _broken(fault: Fault, request: web.Request, answer: Json | bytes = b"") -> web.StreamResponse:
    """What the caller meets instead of the answer."""
    if fault.kind == "429":
        return _json(too_many(fault.retry_after))
    if fault.kind == "5xx":
        reason = f"{fault.status} {REASONS.get(fault.status, 'Server Error')}"
        return web.Response(text=NGINX.format(reason), status=fault.status, content_type="text/html")
    if fault.kind in ("timeout", "half-open"):  # ends when the caller gives up: then the handler is cancelled
        await asyncio.sleep(3600)
    if fault.kind == "cut":
        whole = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        begun = web.StreamResponse(headers={"Content-Length": str(len(whole) + 1)})
        await begun.prepare(request)
        await begun.write(whole[: len(whole) // 2])
        if request.transport:
            request.transport.close()
        return begun
    transport = request.transport
    if transport:
        with contextlib.suppress(OSError, AttributeError):  # a linger of zero makes it a reset, not a polite end
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()
