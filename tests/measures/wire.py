"""An HTTP/1.1 server for local measuring alone: it takes next to no time, so that what is measured is not itself."""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, unquote_plus

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `parts` is the path between its slashes, decoded; `query` is as it came."""

    method: str
    parts: list[str]
    query: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; `written` is called when its last byte is with the kernel."""

    body: bytes
    status: int = 200
    written: Callable[[], None] | None = None


Handler = Callable[[Request], Answer | Awaitable[Answer]]


def said(body: object, status: int = 200) -> Answer:
    """JSON."""
    return Answer(json.dumps(body, separators=(",", ":")).encode(), status)


def form(text: str) -> dict[str, str]:
    """An urlencoded form or query. Quicker than the library's, which splits again to be safe from what cannot come."""
    pairs = (pair.partition("=") for pair in text.split("&") if pair)
    return {name: unquote_plus(value) if "%" in value or "+" in value else value for name, _, value in pairs}


class Connection(asyncio.Protocol):
    """One kept connection; a client sends its next request when it has the answer to the one before."""

    def __init__(self, handler: Handler) -> None:
        self._handler, self._held = handler, b""
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever hangs up waits for nothing any more."""
        self._transport = None
        if self._task:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        self._held += data
        end = self._held.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._held[:end]
        length, lowered = 0, head.lower()
        if (at := lowered.find(b"\r\ncontent-length:")) >= 0:
            length = int(lowered[at + 17 :].split(b"\r\n", 1)[0])
        whole = end + 4 + length
        if len(self._held) < whole:
            return
        body, self._held = self._held[end + 4 : whole], self._held[whole:]
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
        path, _, query = target.partition("?")
        parts = [unquote(part) if "%" in part else part for part in path.split("/")[1:]]
        answer = self._handler(Request(method, parts, query, body))
        if isinstance(answer, Answer):
            self._write(answer)
        else:
            self._task = asyncio.ensure_future(self._later(answer))

    async def _later(self, coming: Awaitable[Answer]) -> None:
        self._write(await coming)

    def _write(self, answer: Answer) -> None:
        if self._transport:
            head = f"HTTP/1.1 {answer.status} .\r\nContent-Type: application/json\r\nContent-Length: {len(answer.body)}"
            self._transport.write(head.encode() + b"\r\n\r\n" + answer.body)
            if answer.written:
                answer.written()


async def serve(handler: Handler, port: int) -> None:
    """Listen on the loopback until SIGTERM or SIGINT."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(lambda: Connection(handler), "127.0.0.1", port, backlog=512)
    async with server:
        await stop.wait()
