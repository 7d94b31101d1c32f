"""What a failed call means, for every way in which Telegram or the way to it fails."""

import asyncio
import gzip
import json
import logging
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import httpx
import pytest
from telegram.error import TelegramError

from bridges.model import Send
from bridges.port import BridgeError, Doubtful, Refused, Shut, Stopped, TryLater
from bridges.telegram import TelegramBridge, api, errors
from bridges.telegram.errors import FAILURES, Migrated
from tests.bridges.telegram_server import CHAT, SECRET, begin, no, refused

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PAGE = b"<html><h1>Not what you asked for: too large, unauthorized, forbidden, blocked</h1></html>"


# --- servers that misbehave, on a real socket


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


# --- the table


@dataclass(frozen=True)
class Sample:
    """Something that happens to a call, and what it means: on a socket (`talk`), in place of one (`error`), or nobody
    is there.
    """

    line: str
    means: type[BridgeError]
    talk: Talk | None = None
    error: Exception | None = None
    why: str = ""
    after: float | None = None
    heavy: bool = False  # the question is long


def prose(line: str, status: int, text: str, means: type[BridgeError], why: str) -> Sample:
    return Sample(line, means, told(status, text), why=why, after=60 if means is Shut else None)


NOT_API = "an answer that is not the Bot API's"
BROKEN, HALF, REST = "a broken answer", "a half-written request", "5xx, and whatever else"
SAMPLES = [
    Sample("429 with a pause", TryLater, told(429, "Too Many Requests: retry after 35", retry_after=35), after=35),
    Sample("429 without a pause", TryLater, told(429, "Too Many Requests")),
    Sample("429 without a pause", TryLater, answering(429, PAGE)),
    Sample("413, too large", Refused, told(413, "Request Entity Too Large"), why="too-large"),
    Sample("413, too large", Refused, answering(413, PAGE), why="too-large"),
    *(Sample(NOT_API, Doubtful, answering(status, PAGE)) for status in (400, 401, 403, 404, 409, 500, 502, 503)),
    Sample("400 with the group's new id", Migrated,
           told(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-100), after=2),
    Sample("409, another poller", Stopped, told(409, "Conflict: terminated by other"), why="telegram-second"),
    Sample("401, the token is no more", Stopped, told(401, "Unauthorized"), why="telegram-token"),
    Sample("404, no such method", Refused, told(404, "Not Found: method not found"), why="refused"),
    *(prose("400, a plain no", 400, f"Bad Request: {text}", means, why) for text, means, why in (
        ("chat not found", Refused, "unreachable"),
        ("message thread not found", Shut, "topic-closed"),
        ("TOPIC_CLOSED", Shut, "topic-closed"),
        ("not enough rights to send text messages to the chat", Shut, "rights"),
        ("have no rights to send a message", Shut, "rights"),
        ("not enough rights to send photos to the chat", Refused, "rights"),
        ("CHAT_WRITE_FORBIDDEN", Shut, "rights"),
        ("MESSAGE_TOO_LONG", Refused, "too-long"),
        ("message caption is too long", Refused, "too-long"),
        ("file is too big", Refused, "too-large"),
        ("something that nobody foresaw", Refused, "refused"),
    )),
    *(prose("403, a plain no", 403, f"Forbidden: {text}", means, why) for text, means, why in (
        ("bot was kicked from the supergroup chat", Shut, "kicked"),
        ("bot is not a member of the supergroup chat", Shut, "kicked"),
        ("the group chat was deleted", Shut, "kicked"),
        ("bot was blocked by the user", Refused, "unreachable"),
        ("user is deactivated", Refused, "unreachable"),
        ("bot can't initiate conversation with a user", Refused, "unreachable"),
        ("bots can't send messages to bots", Refused, "rights"),
    )),
    Sample("no connection", TryLater),
    Sample("no connection", TryLater, error=httpx.ConnectTimeout("")),
    Sample("no connection", TryLater, error=httpx.PoolTimeout("")),
    Sample("no connection", TryLater, error=httpx.ProxyError("")),
    Sample(HALF, Doubtful, deaf, heavy=True),
    Sample(HALF, Doubtful, error=httpx.WriteError("")),
    Sample("no answer", Doubtful, mute),
    Sample(BROKEN, Doubtful, curt),
    Sample(BROKEN, Doubtful, curt, heavy=True),  # the library reads on after a failed write
    Sample(BROKEN, Doubtful, answering(200, b'{"ok": true, "res', length=500)),
    Sample(BROKEN, Doubtful, answering(200, b'{"ok": true, "res', length=500, close=True)),
    Sample(BROKEN, Doubtful, answering(200, b'{"ok": true, "res')),
    Sample(BROKEN, Doubtful, answering(200, PAGE)),
    Sample(BROKEN, Doubtful, answering(200, gzip.compress(b"{}")[:9] + b"nonsense", "Content-Encoding: gzip")),
    Sample(REST, Doubtful, told(500, "Internal Server Error")),
    Sample(REST, Doubtful, told(502, "Bad Gateway")),
    Sample(REST, Doubtful, told(418, "I'm a teapot")),
    Sample(REST, Doubtful, error=httpx.CloseError("")),
]  # fmt: skip


def test_every_line_of_the_table_has_a_sample() -> None:
    assert {sample.line for sample in SAMPLES} == {failure.what for failure in FAILURES}
    assert len({failure.what for failure in FAILURES}) == len(FAILURES)


@asynccontextmanager
async def facing(sample: Sample) -> AsyncIterator[TelegramBridge]:
    """A bridge to which that will happen."""
    if sample.error:
        yield begin(sendMessage=sample.error)[0]
        return
    async with wire(sample.talk or mute) as url:
        bridge = TelegramBridge(SECRET, api=url if sample.talk else nowhere())
        yield bridge
        await bridge.close()


def nowhere() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return f"http://127.0.0.1:{door.getsockname()[1]}"


@pytest.mark.parametrize("sample", SAMPLES, ids=[f"{n} {sample.line}" for n, sample in enumerate(SAMPLES)])
async def test_what_a_failure_means(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[errors.Failure] = []

    def meaning(error: TelegramError) -> BridgeError:
        lines.append(errors.which(error))
        return lines[0].means(error)

    monkeypatch.setattr(errors, "meaning", meaning)
    monkeypatch.setattr(api, "PATIENCE", 0.3)
    monkeypatch.setattr(api, "UPLOADING", 0.3)
    send = Send(chat=CHAT, html="x")
    async with facing(sample) as bridge:
        call = bridge._server.upload("sendMessage", text="x" * 30_000_000) if sample.heavy else bridge.do(send, key="k")
        with pytest.raises(BridgeError) as caught:
            await call
    error = caught.value
    assert type(error) is sample.means or (sample.means is Refused and isinstance(error, Refused))
    assert (getattr(error, "why", ""), [line.what for line in lines]) == (sample.why, [sample.line])
    assert lines[0].certain is not isinstance(error, Doubtful)
    if isinstance(error, TryLater):
        assert error.after == (None if sample.after is None else timedelta(seconds=sample.after))
    assert error.__cause__ is error.__context__ is None


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b"3", b'{"ok": true}'])
@pytest.mark.parametrize("status", [200, 500])
async def test_an_answer_of_another_shape_is_doubtful(status: int, body: bytes) -> None:
    async with wire(answering(status, body)) as url:
        bridge = TelegramBridge(SECRET, api=url)
        with pytest.raises(Doubtful) as caught:
            await bridge.do(Send(chat=CHAT, html="x"), key="k")
        await bridge.close()
    assert caught.value.__context__ is None


# --- what an error tells


def all_that_is_told(error: BaseException) -> str:
    """Everything that a log, a debugger or a careless `repr` could show of an error."""
    seen, link = traceback.format_exception(error), error
    while True:
        seen += [repr(link), str(link), repr(vars(link))]
        if (before := link.__cause__ or link.__context__) is None:
            return "".join(seen)
        link = before


@pytest.mark.parametrize(
    "answer",
    [
        refused("Unauthorized", 401),
        refused("Bad Gateway: Jeanne lost her keys", 502),
        no("can't: Jeanne lost her keys"),
        httpx.Response(502, text=f"no way to /bot{SECRET}/sendMessage"),
        httpx.ConnectError(f"/bot{SECRET}/sendMessage"),
        httpx.ReadError(f"/bot{SECRET}/sendMessage"),
    ],
    ids=range(6),
)
async def test_an_error_holds_neither_the_token_nor_words(answer: Any, caplog: pytest.LogCaptureFixture) -> None:
    bridge, _ = begin(sendMessage=answer)
    send = Send(chat=CHAT, html="Jeanne lost her keys")
    with caplog.at_level(logging.DEBUG), pytest.raises(BridgeError) as caught:
        await bridge.do(send, key="k")
    assert caught.value.__cause__ is caught.value.__context__ is None
    told = all_that_is_told(caught.value) + repr(bridge._server._api) + repr(vars(bridge)) + caplog.text
    assert SECRET not in told and "Jeanne" not in told


FOUND = {"file_id": "F", "file_unique_id": "u", "file_path": "photos/jeanne.jpg"}
DOWNLOADS: list[tuple[Talk | None, str | None]] = [
    (None, None),
    (curt, None),
    (answering(404, PAGE), "gone"),
    (answering(403, PAGE), "gone"),
    (answering(302, b"", f"Location: http://127.0.0.1/file/bot{SECRET}/x"), "gone"),
    (answering(429, PAGE), None),
    (answering(502, PAGE), None),
    (answering(200, b"half of", length=500), None),
    (answering(200, b"half of", length=500, close=True), None),
    (answering(200, b"nonsense", "Content-Encoding: gzip"), None),
]


async def taken(bridge: TelegramBridge, most: int = 1000) -> bytes:
    """A file, unless it is longer than that."""
    data = b""
    async with bridge.fetch("F") as pieces:
        async for piece in pieces:
            data += piece
            if len(data) > most:
                raise Refused("too-large")
    return data


@pytest.mark.parametrize(("talk", "why"), DOWNLOADS, ids=[f"{n}" for n in range(len(DOWNLOADS))])
async def test_a_download_that_fails_tells_nothing(talk: Talk | None, why: str | None) -> None:
    bridge, _ = begin(getFile=FOUND)
    async with wire(talk or mute) as url:
        bridge._server._files = httpx.AsyncClient(timeout=0.5)
        bridge._server._links = f"{url if talk else nowhere()}/file/bot{SECRET}/"
        with pytest.raises(TryLater if why is None else Refused) as caught:
            await taken(bridge)
        await bridge.close()
    assert getattr(caught.value, "why", None) == why
    assert not isinstance(caught.value, Doubtful)
    assert caught.value.__cause__ is caught.value.__context__ is None
    told = all_that_is_told(caught.value)
    assert SECRET not in told and "jeanne" not in told


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (no("file is too big"), "too-large"),
        ({"file_id": "F", "file_unique_id": "u"}, "too-large"),
        (no("wrong file_id or the file is temporarily unavailable"), "gone"),
        (no("invalid file_id"), "gone"),
    ],
    ids=range(4),
)
async def test_a_file_that_cannot_be_had_is_refused_in_known_words(answer: Any, why: str) -> None:
    bridge, _ = begin(getFile=answer)
    with pytest.raises(Refused) as caught:
        await taken(bridge)
    assert caught.value.why == why


async def test_whoever_reads_a_file_may_fail_in_their_own_way() -> None:
    bridge, _ = begin(getFile=FOUND)
    async with wire(answering(200, b"x" * 100)) as url:
        bridge._server._links = f"{url}/file/"
        bridge._server._files = httpx.AsyncClient()
        with pytest.raises(Refused, match="too-large"):
            await taken(bridge, most=10)
        await bridge.close()
