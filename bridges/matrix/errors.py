"""What a homeserver's refusal or silence means: the one place that knows status codes and errcodes."""

import json
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, TypeVar

import nio
from aiohttp import ClientError, ClientResponse

from bridges.port import BridgeError, Refused, Stopped, TryLater

R = TypeVar("R")
SHUT_OUT = {"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED", "M_USER_LOCKED"}
REFUSALS = {
    "M_FORBIDDEN": "rights", "M_USER_SUSPENDED": "rights", "M_CONSENT_NOT_GIVEN": "rights", "M_BAD_STATE": "rights",
    "M_NOT_FOUND": "gone", "M_TOO_LARGE": "too-long", "M_UNRECOGNIZED": "defect",
}  # fmt: skip


class AlreadyThere(Refused):
    """The same reaction is on the message (M_DUPLICATE_ANNOTATION), which is what was wanted."""

    def __init__(self) -> None:
        super().__init__("defect")


def meaning(status: int, code: str | None = None, pause_ms: object = None) -> BridgeError:
    """What an answer that is no success means, by HTTP status, errcode and `retry_after_ms`.

    With its transaction id a call may be repeated, so whatever is not a plain no is worth trying again.
    """
    if code == "M_LIMIT_EXCEEDED" or status == 429:
        pause = timedelta(milliseconds=pause_ms) if isinstance(pause_ms, int) and pause_ms > 0 else None
        return TryLater(pause)  # where the account as a whole is meant, other rooms are told so too
    if code in SHUT_OUT or status == 401:
        return Stopped("matrix-login")
    if status < 400 or status >= 500:
        return TryLater(everywhere=True)
    if code == "M_DUPLICATE_ANNOTATION":
        return AlreadyThere()
    return Refused(REFUSALS.get(code or "") or {404: "gone", 413: "too-long"}.get(status, "defect"))


async def answer(call: Awaitable[R | nio.ErrorResponse]) -> R:
    """What a call of nio's brought; it returns some errors and raises others."""
    try:
        came = await call
    except (ClientError, TimeoutError) as error:
        raise TryLater(everywhere=True) from error
    if isinstance(came, nio.ErrorResponse):
        raise meaning(getattr(came.transport_response, "status", 500), came.status_code, came.retry_after_ms)
    return came


async def ask(client: nio.AsyncClient, method: str, path: str, body: object = None) -> dict[str, Any]:
    """A call that nio has no words for, or loses errors in; `path` is quoted and begins with /_matrix."""
    headers = {"Authorization": f"Bearer {client.access_token}", "Content-Type": "application/json"}
    try:
        response = await client.send(method, path, None if body is None else json.dumps(body), headers)
        said = await told(response)
    except (ClientError, TimeoutError) as error:
        raise TryLater(everywhere=True) from error
    if response.status == 200 and said is not None:
        return said
    raise meaning(response.status, (said or {}).get("errcode"), (said or {}).get("retry_after_ms"))


async def told(response: ClientResponse) -> dict[str, Any] | None:
    """The object in an answer, None where it holds none; raises what the connection raises."""
    try:
        said = json.loads(await response.text(errors="replace"))
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
