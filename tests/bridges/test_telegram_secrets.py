"""No error of a call or of a download holds the token, a link or words."""

import logging
from typing import Any

import httpx
import pytest

from bridges.model import Send
from bridges.port import BridgeError, Doubtful, Refused, TryLater
from bridges.telegram import TelegramBridge
from tests.bridges.telegram_server import CHAT, SECRET, begin, no, refused
from tests.bridges.telegram_wire import PAGE, Talk, all_that_is_told, answering, curt, mute, nowhere, wire


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
