"""The connection to the control API of one simulator."""

from types import TracebackType
from typing import Any, Self

import httpx

Json = dict[str, Any]


class Rejected(Exception):
    """The control API refused; the text says why."""


class Link:
    """One HTTP client for all calls."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.AsyncClient(base_url=f"{self.url}/control/", timeout=30, trust_env=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _ask(self, verb: str, path: str, body: Json | None = None, **query: object) -> Json:
        sent = {k: v for k, v in (body or {}).items() if v is not None}
        params = {k: str(v) for k, v in query.items()}
        answer = await self._http.request(verb, path, json=sent if body is not None else None, params=params)
        told: Json = answer.json()
        if answer.status_code != 200:
            raise Rejected(told.get("error", answer.status_code))
        return told
