"""What a failed call to Telegram means: the one place that knows the library's errors and the network's prose."""

import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
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
UNSENT = httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol

# The server's words (telegram-bot-api, Client.cpp: the names in capitals are passed on from further inside), the key
# for people, and what this bridge itself may do about it. The first that fits counts.
PROSE = [
    (re.compile(words.replace("_", "[ _]"), re.IGNORECASE), why, hint)
    for words, why, hint in (
        ("not_modified", "refused", "unchanged"),
        ("administrator_of_the_chat|chat_owner|restrict_self|user_admin_invalid", "is-admin", ""),
        ("not_participant|participant_id_invalid|member_not_found|requester_missing", "not-there", ""),
        ("already_participant", "refused", "inside"),
        ("available_(only_)?for_supergroup", "not-in-this-group", ""),
        ("too_(big|large)", "too-large", ""),
        ("quote", "refused", "quote"),
        ("parse_entities|entity|entities", "refused", "entities"),
        ("repl(y|ied)(_message)?_not_found", "gone", "reply"),
        ("query_is_too_old|query_id_invalid", "gone", "stale"),
        ("can't_be_deleted|message_delete_forbidden", "kept", "undeletable"),
        ("topic_closed|thread_not_found|topic_(id_invalid|deleted)", "topic-closed", "shut"),
        ("caption_is_too_long|too_long", "too-long", ""),
        ("can't_be_edited", "gone", "foreign"),
        ("message_([a-z ]+_)?not_found|message_id_invalid", "gone", "absent"),
        ("can't_initiate|blocked|deactivated|(peer|user)_id_invalid|user_not_found", "unreachable", "person"),
        ("chat_not_found", "unreachable", ""),
        ("kicked|not_a_member|group_chat_was_deleted|channel_(private|invalid)", "kicked", "shut"),
        ("rights_to_send_(text_)?messages|no_rights_to_send_a_message", "rights", "shut"),
        ("chat_(write_forbidden|send_plain_forbidden|restricted)|no_write_access|user_banned_in", "rights", "shut"),
        ("rights|admin|forbidden|restricted", "rights", ""),
        ("photo_(invalid|content|ext|save)|image_process|wrong_type", "refused", "picture"),
        ("wrong_file|failed_to_get_http|file_is_temporarily|file_reference", "gone", ""),
    )
]


class Refusal(Refused):
    """A `Refused` that also tells this bridge what it may try instead."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.hint = hint


class Migrated(TryLater):
    """The group is another one now; what is meant for it will follow the link."""

    def __init__(self, new: int) -> None:
        super().__init__(timedelta(seconds=2))
        self.new = new


Meaning = Callable[[TelegramError], BridgeError]


@dataclass(frozen=True, slots=True)
class Failure:
    """One kind of failure: how it is known, and what it means. `certain`: the call was surely not carried out."""

    what: str
    is_it: Callable[[TelegramError], bool]
    means: Meaning
    certain: bool = True


def prose(error: TelegramError) -> BridgeError:
    """What the server's words say."""
    for words, why, hint in PROSE:
        if words.search(error.message):
            return Refusal(why, hint)
    return Refusal("rights" if isinstance(error, Forbidden) else "refused")


def pause(error: TelegramError) -> BridgeError:
    """As long as the server asks for."""
    assert isinstance(error, RetryAfter)
    wait = error.retry_after
    return TryLater(wait if isinstance(wait, timedelta) else timedelta(seconds=wait))


def migrated(error: TelegramError) -> BridgeError:
    """Where the group went (`ResponseParameters.migrate_to_chat_id`)."""
    assert isinstance(error, ChatMigrated)
    return Migrated(error.new_chat_id)


def status(*phrases: str) -> Callable[[TelegramError], bool]:
    """An answer that begins so: the server's words, or the status of a page that stands before it."""
    return lambda error: type(error) is NetworkError and error.message.lower().startswith(phrases)


def broke(*kinds: type[Exception]) -> Callable[[TelegramError], bool]:
    """The connection failed in one of these ways."""
    return lambda error: isinstance(error.__cause__, kinds)


# What is certain and what is doubtful after each kind of failure; the first line that fits counts. `BadRequest` and
# `TimedOut` are subclasses of the library's `NetworkError`, so the order matters. A page that is no JSON comes from a
# proxy, and neither its status nor its words are Telegram's.
FAILURES = (
    Failure("429 with a pause", lambda e: isinstance(e, RetryAfter), pause),
    Failure("429 without a pause", status("too many requests"), lambda _: TryLater()),
    Failure("413, too large", status("request entity too large", "content too large"),
            lambda _: Refusal("too-large")),
    Failure("an answer that is not the Bot API's", broke(TelegramError), lambda _: Doubtful(), certain=False),
    Failure("400 with the group's new id", lambda e: isinstance(e, ChatMigrated), migrated),
    Failure("409, another poller", lambda e: isinstance(e, Conflict), lambda _: Stopped("telegram-second")),
    Failure("401, the token is no more", lambda e: isinstance(e, InvalidToken) and "unauthorized" in e.message.lower(),
            lambda _: Stopped("telegram-token")),
    Failure("404, no such method", lambda e: isinstance(e, InvalidToken), lambda _: Refusal("refused", "unknown")),
    Failure("400, a plain no", lambda e: isinstance(e, BadRequest), prose),
    Failure("403, a plain no", lambda e: isinstance(e, Forbidden), prose),
    Failure("no connection", broke(*UNSENT), lambda _: TryLater()),
    Failure("a half-written request", broke(httpx.WriteError, httpx.WriteTimeout), lambda _: Doubtful(), certain=False),
    Failure("no answer", broke(httpx.ReadTimeout), lambda _: Doubtful(), certain=False),
    Failure("a broken answer", broke(httpx.ReadError, httpx.ProtocolError, httpx.DecodingError, ValueError),
            lambda _: Doubtful(), certain=False),
    Failure("5xx, and whatever else", lambda _: True, lambda _: Doubtful(), certain=False),
)  # fmt: skip


async def answer(call: Awaitable[T]) -> T:
    """What came back, or one of the port's errors.

    It is raised after the library's own error was let go of: that one's chain holds the address, hence the token, and
    the server's words, which may quote a message.
    """
    try:
        return await call
    except TelegramError as error:
        failure = meaning(error)
    # An answer of another shape than the Bot API's.
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        failure = Doubtful()
    raise failure


def which(error: TelegramError) -> Failure:
    """The line of the table that an error is."""
    return next(line for line in FAILURES if line.is_it(error))


def meaning(error: TelegramError) -> BridgeError:
    """The port's error for the library's (Bot API, "Making requests", `ResponseParameters`)."""
    return which(error).means(error)
