"""A storm on the line: what befalls which request, by chance."""

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

from aiohttp import web

Moment = Literal["before", "after"]  # the server behind has carried it out
# How many requests in a hundred each of these befalls.
ROUGH = {"429": 5, "429 without a wait": 2, "500": 2, "502": 5, "503": 4, "reset": 5, "cut": 3}
NEVER = "half-open"  # taken, and never answered


@dataclass(slots=True)
class Storm:
    """Each request is drawn for; `silences` of them are never answered, the first at once, others by chance.

    `met` counts what was broken.
    """

    dice: Random
    odds: Mapping[str, int] = field(default_factory=lambda: ROUGH)
    silences: int = 0
    met: Counter[str] = field(default_factory=Counter)

    def draw(self, *, matters: bool) -> tuple[str, Moment] | None:
        """What befalls the next request; silence only what matters."""
        if matters and self.silences and self.dice.random() < 0.1:
            self.silences -= 1
            kind = NEVER
        else:
            calm = 100 - sum(self.odds.values())
            kind = self.dice.choices(["", *self.odds], [calm, *self.odds.values()])[0]
        if not kind:
            return None
        when: Moment = "before" if kind.startswith("429") or self.dice.random() < 0.5 else "after"
        self.met[kind] += 1
        return kind, when


async def broken(kind: str, request: web.Request, body: bytes = b"{}") -> web.StreamResponse:
    """What the caller meets in the place of an answer."""
    transport = request.transport
    match kind:
        case "429" | "429 without a wait":
            return web.json_response(busy(request, kind), status=429)
        case "half-open":  # ends when the caller gives up: then the handler is cancelled
            await asyncio.sleep(3600)
        case "cut":
            begun = web.StreamResponse(headers={"Content-Length": str(len(body) + 1)})
            with suppress(ConnectionError):  # the caller is gone already
                await begun.prepare(request)
                await begun.write(body[: len(body) // 2])
            if transport:
                transport.close()
            return begun
        case "reset" if transport:
            with suppress(OSError, AttributeError):  # a linger of zero makes it a reset, not a polite end
                handle = transport.get_extra_info("socket")
                handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        case _ if kind.isdecimal():
            return web.Response(text=f"<html><h1>{kind}</h1></html>", status=int(kind), content_type="text/html")
    return web.Response()


def busy(request: web.Request, kind: str) -> dict[str, Any]:
    """A 429 as each network says it, with or without how long to wait."""
    told = kind == "429"
    if request.path.startswith("/_matrix"):
        pause: dict[str, Any] = {"retry_after_ms": 1000} if told else {}
        return {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", **pause}
    wait: dict[str, Any] = {"parameters": {"retry_after": 1}} if told else {}
    prose = "Too Many Requests: retry after 1" if told else "Too Many Requests"
    return {"ok": False, "error_code": 429, "description": prose, **wait}
