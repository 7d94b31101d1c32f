"""What a failed call means, for every way in which Telegram or the way to it fails."""

import logging
import traceback
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bridges.model import (
    Send,
)
from bridges.port import BridgeError, Doubtful, Refused, Stopped, TryLater
from tests.bridges.telegram_server import CHAT, SECRET, begin, no, refused

FAILURES: list[tuple[Any, type[BridgeError], str]] = [
    (refused("Too Many Requests: retry after 3", 429, retry_after=3), TryLater, ""),
    (refused("Too Many Requests", 429), TryLater, ""),
    (refused("Unauthorized", 401), Stopped, "telegram-token"),
    (no("chat not found"), Refused, "unreachable"),
    (no("message thread not found"), Refused, "gone"),
    (no("TOPIC_CLOSED"), Refused, "topic-closed"),
    (no("not enough rights to send text messages to the chat"), Refused, "rights"),
    (no("CHAT_WRITE_FORBIDDEN"), Refused, "rights"),
    (no("MESSAGE_TOO_LONG"), Refused, "too-long"),
    (no("something that nobody foresaw"), Refused, "refused"),
    (refused("Bad Request: group chat was upgraded", 400, migrate_to_chat_id=-100), Refused, "migrated"),
    (refused("Forbidden: bot was kicked from the supergroup chat", 403), Refused, "kicked"),
    (refused("Forbidden: bot is not a member of the supergroup chat", 403), Refused, "kicked"),
    (refused("Forbidden: bot was blocked by the user", 403), Refused, "unreachable"),
    (refused("Forbidden: bot can't initiate conversation with a user", 403), Refused, "unreachable"),
    (refused("Forbidden: bots can't send messages to bots", 403), Refused, "rights"),
    (refused("Request Entity Too Large", 413), Refused, "too-long"),
    (refused("Bad Gateway", 502), Doubtful, ""),
    (httpx.Response(500, text="<html>no JSON</html>"), Doubtful, ""),
    (httpx.Response(200, text="no JSON"), Doubtful, ""),
    (httpx.Response(200, json={}), Doubtful, ""),
    (httpx.ReadTimeout(""), Doubtful, ""),
    (httpx.WriteError(""), Doubtful, ""),
    (httpx.RemoteProtocolError(""), Doubtful, ""),
    (httpx.PoolTimeout(""), TryLater, ""),
    (httpx.ConnectTimeout(""), TryLater, ""),
    (httpx.ConnectError(""), TryLater, ""),
]


@pytest.mark.parametrize(("answer", "kind", "why"), FAILURES, ids=[f"{n}" for n in range(len(FAILURES))])
async def test_what_a_failure_means(answer: Any, kind: type[BridgeError], why: str) -> None:
    bridge, _ = begin(sendMessage=answer)
    with pytest.raises(BridgeError) as caught:
        await bridge.do(Send(chat=CHAT, html="x"), key="k")
    error = caught.value
    assert type(error) is kind or (kind is Refused and isinstance(error, Refused))
    assert getattr(error, "why", "") == why


async def test_the_pause_is_the_one_asked_for() -> None:
    bridge, _ = begin(sendMessage=refused("Too Many Requests: retry after 35", 429, retry_after=35))
    with pytest.raises(TryLater) as caught:
        await bridge.do(Send(chat=CHAT, html="x"), key="k")
    assert caught.value.after == timedelta(seconds=35)


@pytest.mark.parametrize(
    "answer",
    [refused("Unauthorized", 401), no("can't: Jeanne lost her keys"), httpx.ConnectError(f"/bot{SECRET}/sendMessage")],
)
async def test_an_error_holds_neither_the_token_nor_words(
    answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    bridge, _ = begin(sendMessage=answer)
    send = Send(chat=CHAT, html="Jeanne lost her keys")
    with caplog.at_level(logging.DEBUG), pytest.raises(BridgeError) as caught:
        await bridge.do(send, key="k")
    error = caught.value
    assert error.__cause__ is None and error.__context__ is None
    told = "".join(traceback.format_exception(error)) + repr(error) + str(error) + repr(bridge._api) + caplog.text
    assert SECRET not in told and "Jeanne" not in told
