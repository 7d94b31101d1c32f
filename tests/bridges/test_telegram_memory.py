"""Heavy files pass through without being held in memory."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path

from bridges.model import Media, MediaKind, Ref, Send
from bridges.telegram import TelegramBridge
from tests.bridges.matrix_lab import Shelf
from tests.bridges.telegram_server import CHAT, SECRET

HEAVY, LIGHT = 40 * 2**20, 4 * 2**20  # bytes: of the files, and of what their passage may cost
MADE = b'{"ok": true, "result": {"message_id": 7, "date": 0, "chat": {"id": -5, "type": "supergroup"}}}'
ALBUM = MADE.replace(b'{"message_id"', b'[{"message_id"').replace(b'"}}}', b'"}}, {"message_id": 8}]}')
FOUND = b'{"ok": true, "result": {"file_id": "F", "file_unique_id": "u", "file_path": "documents/a.bin"}}'
PIECE = bytes(64 * 1024)


@asynccontextmanager
async def server() -> AsyncIterator[tuple[str, list[int]]]:
    """A Bot API that keeps nothing: its address, and how many bytes each question had."""
    taken: list[int] = []

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        left = size = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
        while left:
            left -= len(await reader.read(min(left, len(PIECE))))
        taken.append(size)
        if head.startswith(b"GET"):
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {HEAVY}\r\nConnection: close\r\n\r\n".encode())
            for _ in range(HEAVY // len(PIECE)):
                writer.write(PIECE)
                await writer.drain()
        else:
            body = FOUND if b"/getFile" in head else ALBUM if b"/sendMediaGroup" in head else MADE
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
            await writer.drain()
        writer.close()

    made = await asyncio.start_server(meet, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{made.sockets[0].getsockname()[1]}", taken
    made.close()


async def cost(call: Awaitable[object]) -> int:
    """How many bytes a call held at most."""
    tracemalloc.start()
    try:
        await call
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def heavy(shelf: Shelf, name: str) -> Send:
    with (shelf._folder / name).open("wb") as file:
        file.truncate(HEAVY)
    media = Media(kind=MediaKind.FILE, network="shelf", source=name, type="application/zip", name=name)
    return Send(chat=CHAT, html="x", media=media)


async def test_a_heavy_file_is_uploaded_piece_by_piece(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    async with server() as (url, taken):
        bridge = TelegramBridge(SECRET, api=url, depot=shelf)
        assert await cost(bridge.do(heavy(shelf, "a.zip"), key="1")) < LIGHT
        await bridge.close()
    assert len(taken) == 1 and taken[0] > HEAVY


async def test_so_is_an_album(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    async with server() as (url, taken):
        bridge = TelegramBridge(SECRET, api=url, depot=shelf)
        assert await cost(bridge.together([heavy(shelf, "a.zip"), heavy(shelf, "b.zip")], key="1")) < LIGHT
        await bridge.close()
    assert len(taken) == 1 and taken[0] > 2 * HEAVY


async def test_a_heavy_file_is_downloaded_piece_by_piece() -> None:
    async with server() as (url, _):
        bridge = TelegramBridge(SECRET, api=url)
        got: list[int] = []

        async def read() -> None:
            async with bridge.fetch("F") as pieces:
                got.extend([len(piece) async for piece in pieces])

        assert await cost(read()) < LIGHT
        assert (sum(got), max(got)) == (HEAVY, len(PIECE))
        await bridge.close()


async def test_others_speak_while_a_heavy_file_leaves(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    async with server() as (url, _):
        bridge = TelegramBridge(SECRET, api=url, depot=shelf)
        leaving = asyncio.create_task(bridge.do(heavy(shelf, "a.zip"), key="1"))
        await asyncio.sleep(0)
        assert await bridge.do(Send(chat=CHAT, html="x"), key="2") == Ref(CHAT, "7")
        assert not leaving.done()
        await leaving
        await bridge.close()
