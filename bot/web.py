"""The HTTP side for whoever watches over the bot: how it is, and what it counts."""

import asyncio
import contextlib
import errno
import secrets
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

import structlog
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import ClientDisconnect

log = structlog.get_logger()

LARGEST = 1_000_000  # bytes of a call; Telegram's updates are some thousand
SLOWEST = 10.0  # seconds in which a call has to come in whole
Hook = Callable[[Mapping[str, str], bytes], Awaitable[int]]  # headers and body; gives the status of the answer
PATIENCE = 5.0  # seconds for the database to answer, and for open connections to end
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def _version() -> str:
    try:
        return version("palier")
    except PackageNotFoundError:  # started from a folder in which it is not installed
        return "unknown"


class CannotListen(Exception):
    """The address of the web side cannot be had; the text is one sentence for the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeHealth:
    """`since` is aware; `why` is a text key or a short word, never the network's prose."""

    state: Literal["running", "waiting", "stopped"]
    since: datetime
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the bot is: `database` is "ok" or a word for what is wrong; `waiting` and `dead` count rows of the outbox."""

    database: str
    bridges: Mapping[str, BridgeHealth] = field(default_factory=dict)
    oldest_waiting_seconds: float | None = None
    waiting: int = 0
    dead: int = 0

    @property
    def status(self) -> Literal["ok", "degraded", "down"]:
        """Degraded mends itself; down needs a human."""
        states = {bridge.state for bridge in self.bridges.values()}
        if self.database != "ok" or "stopped" in states:
            return "down"
        return "degraded" if "waiting" in states else "ok"

    def told(self) -> dict[str, Any]:
        """What `/health` answers."""
        return {
            "status": self.status,
            "version": _version(),
            "database": self.database,
            "bridges": {
                name: {"state": bridge.state, "since": bridge.since.isoformat(), "why": bridge.why}
                for name, bridge in self.bridges.items()
            },
            "oldest_waiting_seconds": self.oldest_waiting_seconds,
            "waiting": self.waiting,
            "dead": self.dead,
        }


def make_web(
    health: Callable[[], Awaitable[Health]], metrics: Callable[[], bytes], hooks: Mapping[str, Hook] | None = None
) -> FastAPI:
    """The application: `/health` (200, or 503 where a human is needed) and `/metrics` (Prometheus' text format).

    `hooks`: what networks call by themselves, by path. One that fails answers 503: nothing was kept, it comes again.
    """
    app = FastAPI(title="Palier", docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        try:
            response = await call_next(request)
        except Exception as error:  # its text may hold people's words: only its kind is kept
            reference = secrets.token_hex(4)
            log.error("web request failed", reference=reference, kind=type(error).__name__)
            response = JSONResponse({"error": reference}, 500)
        response.headers.update(_HEADERS)
        return response

    @app.api_route("/health", methods=["GET", "HEAD"])
    async def tell_health() -> Response:
        try:
            async with asyncio.timeout(PATIENCE):
                now = await health()
        except Exception as error:
            log.error("health unknown", kind=type(error).__name__)
            now = Health(database="no answer")
        return JSONResponse(now.told(), 503 if now.status == "down" else 200)

    @app.api_route("/metrics", methods=["GET", "HEAD"])
    async def tell_metrics() -> Response:
        return Response(metrics(), media_type=CONTENT_TYPE_LATEST)

    for path, hook in (hooks or {}).items():
        app.add_api_route(path, answering(hook), methods=["POST"])
    return app


def answering(hook: Hook) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that reads what it is sent, within bounds, and passes it on."""

    async def answer(request: Request) -> Response:
        try:
            async with asyncio.timeout(SLOWEST):
                body = await read(request)
        except (TimeoutError, ClientDisconnect):
            return Response(status_code=408)
        if body is None:
            return Response(status_code=413)
        try:
            status = await hook(request.headers, body)
        except Exception as error:
            log.error("a call could not be taken", path=request.url.path, kind=type(error).__name__)
            return Response(status_code=503, headers={"Retry-After": "1"})
        return Response(status_code=status)

    return answer


async def read(request: Request) -> bytes | None:
    """The body of a request, or None where it is too large; it is not read any further then."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST:
            return None
    return bytes(body)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The app, not its web side, decides what a signal means."""
        yield


async def serve(app: FastAPI, host: str, *ports: int, shared: bool = False) -> None:
    """Answer until cancelled, then finish what is under way; CannotListen where an address cannot be had.

    `shared`: other processes of the same account may answer at the same address; each call reaches one of them.
    """
    listeners: list[socket.socket] = []
    try:
        for port in ports:
            listeners.append(_listen(host, port, shared=shared))  # noqa: PERF401 - those before the one that fails are closed
        await _serve(app, listeners)
    finally:
        for listener in listeners:
            listener.close()


async def _serve(app: FastAPI, listeners: list[socket.socket]) -> None:
    server = _Server(
        uvicorn.Config(
            app, log_config=None, access_log=False, log_level="warning", lifespan="off", ws="none", proxy_headers=False,
            server_header=False, timeout_graceful_shutdown=int(PATIENCE),
        )
    )
    serving = asyncio.create_task(server.serve(listeners))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await asyncio.wait([serving])


def _listen(host: str, port: int, *, shared: bool) -> socket.socket:
    """Bound here and not by uvicorn, which ends the process where it fails."""
    where = f"{f'[{host}]' if ':' in host else host}:{port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotListen(f"web.host: {host} is not an address of this machine") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a restart need not wait for old connections
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        match error.errno:
            case errno.EADDRINUSE:
                why = f"{where} is already used by another program; choose another web.port"
            case errno.EACCES:
                why = f"web.port: {port} is reserved for the system; choose one above 1023"
            case _:
                why = f"web.host: {host} is not an address of this machine"
        raise CannotListen(why) from error
    listener.setblocking(False)
    return listener
