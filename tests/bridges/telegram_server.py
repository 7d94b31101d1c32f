"""A Bot API of prepared answers under the real library: only the transport is replaced."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx

from bridges.model import Chat, Person, Ref
from bridges.port import Inbox
from bridges.telegram import TelegramBridge

CHAT, PRIVATE = Chat("telegram", "-5"), Chat("telegram", "9")
SEVEN, WHISPER = Ref(CHAT, "7"), Ref(CHAT, "e70")
ANA = Person("9", CHAT, "Ana")
SECRET = "1:very-secret"
MADE = {"message_id": 7, "date": 0, "chat": {"id": -5, "type": "supergroup"}}
HEARD_PRIVATELY = {"message_id": 3, "date": 0, "chat": {"id": 9, "type": "private"}}


def refused(text: str, code: int = 400, **more: Any) -> httpx.Response:
    """How the server says no."""
    return httpx.Response(code, json={"ok": False, "error_code": code, "description": text, "parameters": more})


def no(text: str) -> httpx.Response:
    return refused(f"Bad Request: {text}")


class Server(httpx.AsyncBaseTransport):
    """A Bot API that gives the answers it was told, in order, and remembers what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = {name: list(given) if isinstance(given, list) else [given] for name, given in answers.items()}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        method, form = request.url.path.rsplit("/", 1)[-1], parse_qsl((await request.aread()).decode())
        self.asked.append((method, {name: read(value) for name, value in form}))
        usual = {"getMe": {"id": 1, "is_bot": True, "first_name": "P", "username": "palier_bot"}, "sendMessage": MADE}
        rest = self.answers.get(method)
        if not rest and method == "getUpdates":
            await asyncio.Event().wait()
        match rest.pop(0) if rest else usual.get(method, True):
            case Exception() as error:
                raise error
            case httpx.Response() as response:
                return response
            case result:
                return httpx.Response(200, json={"ok": True, "result": result})

    def calls(self, *methods: str) -> list[dict[str, Any]]:
        return [arguments for name, arguments in self.asked if name in methods]


def begin(**answers: Any) -> tuple[TelegramBridge, Server]:
    """A bridge to a server with these answers; one answer stands for a list of one, an exception for no answer."""
    server = Server(**answers)
    return TelegramBridge(SECRET, transport=server), server


def read(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


async def running(bridge: TelegramBridge, inbox: Inbox, until: Callable[[], bool]) -> None:
    """Run it until that is so."""
    task = asyncio.create_task(bridge.run(inbox))
    async with asyncio.timeout(5):
        while not until() and not task.done():
            await asyncio.sleep(0)
    if task.done():
        task.result()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def said(number: int, text: str, **more: Any) -> dict[str, Any]:
    chat, ana = {"id": -5, "type": "supergroup"}, {"id": 9, "is_bot": False, "first_name": "Ana", "last_name": "Secret"}
    return {"message_id": number, "date": 0, "text": text, "chat": chat, "from": ana, **more}
