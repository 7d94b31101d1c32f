"""Servers that misbehave, on real sockets, and all that an error shows of what it was about."""

import asyncio
import json
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PAGE = b"<html><h1>Not what you asked for: too large, unauthorized, forbidden, blocked</h1></html>"


@asynccontextmanager
async def wire(talk: Talk) -> AsyncIterator[str]:
    """A server that treats every connection so; yields its address."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


def answering(status: int, body: bytes, *head: str, length: int | None = None, close: bool = False) -> Talk:
    """Reads the whole question and answers it, or says that the answer will be longer than it is."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await reader.readexactly(int(asked.partition("content-length: ")[2].split("\r\n")[0] or 0))
        size = len(body) if length is None else length
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {size}", "Connection: close", *head]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await writer.drain()
        if close:
            reset(writer)

    return talk


def told(status: int, text: str, **parameters: Any) -> Talk:
    """An answer as the Bot API gives it."""
    body = {"ok": False, "error_code": status, "description": text, "parameters": parameters}
    return answering(status, json.dumps(body).encode())


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection without a word of goodbye."""
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def mute(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()  # until the other side gives up


async def deaf(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    cast("asyncio.Transport", writer.transport).pause_reading()
    await asyncio.sleep(2)


async def curt(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    reset(writer)


def nowhere() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return f"http://127.0.0.1:{door.getsockname()[1]}"


def all_that_is_told(error: BaseException) -> str:
    """Everything that a log, a debugger or a careless `repr` could show of an error."""
    seen, link = traceback.format_exception(error), error
    while True:
        seen += [repr(link), str(link), repr(vars(link))]
        if (before := link.__cause__ or link.__context__) is None:
            return "".join(seen)
        link = before
