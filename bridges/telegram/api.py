"""The Bot API through the library: plain dicts both ways, files streamed, and no error that holds the token."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import httpx
from telegram import Bot
from telegram.request import HTTPXRequest

from bridges.port import BridgeError, Refused, TryLater
from bridges.telegram.calls import Call
from bridges.telegram.errors import answer
from bridges.telegram.request import QuickRequest

PIECE = 64 * 1024  # bytes
PATIENCE, UPLOADING = 30.0, 300.0  # seconds that an answer, and a file, may take

# What these write down may hold the token, which is in every address, or people's words.
for _name in ("telegram", "httpx", "httpcore", "aiohttp"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


class Api(Bot):
    """The library's calls.

    Telegram is ahead of the library's models, and one update that they do not understand must not stop the others.
    """

    async def call(self, method: str, arguments: Call, *, wait: float = 0, uploads: bool = False) -> Any:
        """Any method of the Bot API; `wait` is how many seconds the server may take on purpose."""
        more: dict[str, Any] = {"read_timeout": PATIENCE + wait}
        if uploads:
            more = {"read_timeout": UPLOADING, "write_timeout": UPLOADING}
        return await answer(self._post(method, arguments, **more))

    def __repr__(self) -> str:
        return "Api"  # the library's own shows the token


class Server:
    """A Bot API server: calls, and files by their links. `transport` replaces the network in tests."""

    def __init__(self, token: str, api: str, transport: httpx.AsyncBaseTransport | None) -> None:
        more: dict[str, Any] = {"transport": transport} if transport else {}
        # Questions for news are held open by the server, and must not take the place of calls.
        made = (lambda size: HTTPXRequest(connection_pool_size=size, httpx_kwargs=more)) if transport else QuickRequest
        self._pools = [made(size) for size in (64, 2)]
        api = api.rstrip("/")
        self._api = Api(token, base_url=f"{api}/bot", request=self._pools[0], get_updates_request=self._pools[1])
        self._files, self._links = httpx.AsyncClient(timeout=60, **more), f"{api}/file/bot{token}/"

    async def call(self, method: str, **arguments: Any) -> Any:
        """Any method."""
        return await self._api.call(method, arguments)

    async def ask(self, method: str, arguments: Call, *, wait: float) -> Any:
        """One whose answer the server may hold back for `wait` seconds."""
        return await self._api.call(method, arguments, wait=wait)

    async def upload(self, method: str, **arguments: Any) -> Any:
        """One that carries files."""
        return await self._api.call(method, arguments, uploads=True)

    @asynccontextmanager
    async def download(self, file_id: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """A file, piece by piece (`getFile`); its link holds the token, so nobody else ever sees one."""
        try:
            found = await self.call("getFile", file_id=file_id)
        except Refused as no:
            if no.why == "refused":
                raise Refused("gone") from None
            raise
        path = found.get("file_path") if isinstance(found, dict) else None
        if not isinstance(path, str):
            raise Refused("too-large")
        failure: BridgeError | None = None
        try:
            async with self._files.stream("GET", self._links + quote(path)) as response:
                failure = refusal(response.status_code)
                if failure is None:
                    yield pieces(response)
        except httpx.HTTPError:
            failure = TryLater()
        if failure:  # raised here, after what the library raised was let go of: that one names the link
            raise failure

    async def close(self) -> None:
        """Let go of the connections."""
        for pool in self._pools:
            await pool.shutdown()
        await self._files.aclose()


async def pieces(response: httpx.Response) -> AsyncIterator[bytes]:
    """What is left of an answer; it fails by itself, so that whoever reads it never holds the library's error."""
    try:
        async for piece in response.aiter_bytes(PIECE):
            yield piece
    except (httpx.HTTPError, httpx.StreamError):
        failed = True
    else:
        failed = False
    if failed:
        raise TryLater


def refusal(status: int) -> BridgeError | None:
    """What a file server's answer means if it is not the file."""
    if status == httpx.codes.OK:
        return None
    return TryLater() if status == httpx.codes.TOO_MANY_REQUESTS or status >= 500 else Refused("gone")
