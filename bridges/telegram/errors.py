"""What a failed call to Telegram means: the one place that knows the library's errors and the network's prose."""

import os
import re
from collections.abc import Awaitable
from datetime import timedelta
from typing import TypeVar

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bridges.port import BridgeError, Doubtful, Refused, Stopped, TryLater

os.environ.setdefault("PTB_TIMEDELTA", "true")  # the library's future default; without it, it warns at each wait

T = TypeVar("T")
UNSENT = httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError

# The server's words (telegram-bot-api, Client.cpp: the names in capitals are passed on from further inside), the key
# for people, and what this bridge itself may do about it. The first that fits counts.
PROSE = [
    (re.compile(words.replace("_", "[ _]"), re.IGNORECASE), why, hint)
    for words, why, hint in (
        ("not_modified", "refused", "unchanged"),
        ("quote", "refused", "quote"),
        ("parse_entities|entity|entities", "refused", "entities"),
        ("repl(y|ied)(_message)?_not_found", "gone", "reply"),
        ("query_is_too_old|query_id_invalid", "gone", "stale"),
        ("can't_be_deleted|message_delete_forbidden", "kept", "undeletable"),
        ("topic_closed", "topic-closed", ""),
        ("message_([a-z ]+_)?not_found|can't_be_edited|message_id_invalid|topic_(id_invalid|deleted)", "gone", ""),
        ("too_long", "too-long", ""),
        ("can't_initiate|blocked|deactivated|(chat|user)_not_found|(peer|user)_id_invalid", "unreachable", ""),
        ("kicked|not_a_member|group_chat_was_deleted", "kicked", ""),
        ("rights|admin|forbidden|restricted", "rights", ""),
    )
]


class Refusal(Refused):
    """A `Refused` that also tells this bridge what it may try instead."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.hint = hint


async def answer(call: Awaitable[T]) -> T:
    """What came back, or one of the port's errors.

    It is raised after the library's own error was let go of: that one's chain holds the address, hence the token, and
    the server's words, which may quote a message.
    """
    try:
        return await call
    except TelegramError as error:
        failure = meaning(error)
    except (KeyError, TypeError):  # an answer of another shape than the Bot API's
        failure = Doubtful()
    raise failure


def meaning(error: TelegramError) -> BridgeError:
    """The port's error for the library's (Bot API, "Making requests", `ResponseParameters`)."""
    text = error.message.lower()
    match error:
        case RetryAfter(retry_after=wait):
            return TryLater(wait if isinstance(wait, timedelta) else timedelta(seconds=wait))
        case ChatMigrated():
            return Refusal("migrated")
        case Conflict():
            return Stopped("telegram-second")
        case InvalidToken():  # the library's name for 401, and for 404: no such method, or no such token
            return Stopped("telegram-token") if "unauthorized" in text else Refusal("refused", "unknown")
        case BadRequest() | Forbidden():
            for words, why, hint in PROSE:
                if words.search(text):
                    return Refusal(why, hint)
            return Refusal("rights" if isinstance(error, Forbidden) else "refused")
        case NetworkError() if "too many requests" in text:  # a 429 that names no pause
            return TryLater()
        case NetworkError() if "too large" in text:
            return Refusal("too-long")
        case NetworkError() if isinstance(error.__cause__, UNSENT):
            return TryLater()
    return Doubtful()
