"""What a failed call means, for every way in which Telegram or the way to it fails."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import httpx
import pytest
from telegram import InputFile
from telegram.error import TelegramError

from bridges.model import Send
from bridges.port import BridgeError, Doubtful, Refused, Shut, Stopped, TryLater
from bridges.telegram import TelegramBridge, api, errors
from bridges.telegram import request as module
from bridges.telegram.errors import FAILURES, Migrated
from bridges.telegram.request import QuickRequest
from tests.bridges.telegram_server import CHAT, SECRET, begin
from tests.bridges.telegram_wire import (
    PAGE,
    Talk,
    all_that_is_told,
    answering,
    curt,
    deaf,
    mute,
    nowhere,
    told,
    wire,
)


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
    heavy: bool = False  # the question carries a file


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
        ("CHAT_SEND_PLAIN_FORBIDDEN", Shut, "rights"),
        ("CHAT_SEND_PHOTOS_FORBIDDEN", Refused, "rights"),
        ("USER_BANNED_IN_CHANNEL", Shut, "rights"),
        ("CHANNEL_PRIVATE", Shut, "kicked"),
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
        film = InputFile(b"x" * 30_000_000)
        call = bridge._server.upload("sendVideo", video=film) if sample.heavy else bridge.do(send, key="k")
        with pytest.raises(BridgeError) as caught:
            await call
    error = caught.value
    assert type(error) is sample.means or (sample.means is Refused and isinstance(error, Refused))
    assert (getattr(error, "why", ""), [line.what for line in lines]) == (sample.why, [sample.line])
    assert lines[0].certain is not isinstance(error, Doubtful)
    if isinstance(error, TryLater):
        assert error.after == (None if sample.after is None else timedelta(seconds=sample.after))
    assert error.__cause__ is error.__context__ is None


QUICK: list[tuple[Exception, str]] = [
    (aiohttp.ConnectionTimeoutError(f"Connection timeout to host /bot{SECRET}/"), "no connection"),
    (aiohttp.InvalidURL(f"/bot{SECRET}/"), "no connection"),
    (aiohttp.SocketTimeoutError(f"Timeout on reading data from /bot{SECRET}/"), "no answer"),
    (TimeoutError(), "no answer"),
    (aiohttp.ServerDisconnectedError(), BROKEN),
    (aiohttp.ClientPayloadError(f"/bot{SECRET}/"), BROKEN),
    (aiohttp.ClientConnectionResetError(f"Cannot write to /bot{SECRET}/"), BROKEN),
    (OSError(f"/bot{SECRET}/"), BROKEN),
    (RuntimeError(f"/bot{SECRET}/"), REST),
]


@pytest.mark.parametrize(("failure", "line"), QUICK, ids=range(len(QUICK)))
async def test_both_ways_of_asking_fail_in_the_same_words(
    failure: Exception, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise failure

    monkeypatch.setattr(aiohttp.ClientSession, "request", fail)
    request = QuickRequest(1)
    with pytest.raises(TelegramError) as caught:
        await request.post("http://127.0.0.1/")
    assert errors.which(caught.value).what == line
    if line != REST:  # whatever nobody foresaw is let go of by `answer`
        assert SECRET not in all_that_is_told(caught.value)
    await request.shutdown()


async def test_a_server_that_stops_reading_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT", 0.2)
    monkeypatch.setattr(api, "PATIENCE", 0.2)
    async with wire(deaf) as url:
        bridge = TelegramBridge(SECRET, api=url)
        async with asyncio.timeout(1.5):
            with pytest.raises(Doubtful):
                await bridge._call("sendMessage", text="x" * 30_000_000)
        await bridge.close()


async def test_nobody_else_is_told_what_was_meant_for_telegram() -> None:
    told: list[bytes] = []

    async def other(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        told.append(await reader.read(1000))

    async with wire(other) as elsewhere, wire(answering(307, b"", f"Location: {elsewhere}/")) as url:
        bridge = TelegramBridge(SECRET, api=url)
        with pytest.raises(Doubtful):
            await bridge.do(Send(chat=CHAT, html="x"), key="k")
        await bridge.close()
    assert told == []


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b"3", b'{"ok": true}'])
@pytest.mark.parametrize("status", [200, 500])
async def test_an_answer_of_another_shape_is_doubtful(status: int, body: bytes) -> None:
    async with wire(answering(status, body)) as url:
        bridge = TelegramBridge(SECRET, api=url)
        with pytest.raises(Doubtful) as caught:
            await bridge.do(Send(chat=CHAT, html="x"), key="k")
        await bridge.close()
    assert caught.value.__context__ is None
