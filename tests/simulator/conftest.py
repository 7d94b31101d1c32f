"""A simulator over real HTTP with a small town in it, and a bot's side on which every answer is checked."""

import json
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from typing import Any

import aiogram
import httpx
import pytest
import telegram
from aiogram.types import TelegramObject
from pydantic import TypeAdapter

from bridges.simulator import Control, Simulator
from tests.simulator import spec

Json = dict[str, Any]


def read_by_both(value: Json, kind: str) -> None:
    """What both libraries can read; aiogram models 10.3, so nothing may be left over."""
    parsed = getattr(telegram, kind).de_json(value, None)
    assert parsed is not None
    strict: TelegramObject = TypeAdapter(getattr(aiogram.types, kind)).validate_python(value)
    assert not list(leftovers(strict))


def leftovers(value: Any) -> Any:
    if isinstance(value, TelegramObject):
        yield from (value.model_extra or {}).items()
        for name in type(value).model_fields:
            yield from leftovers(getattr(value, name))
    elif isinstance(value, list):
        for one in value:
            yield from leftovers(one)


class Failed(Exception):
    """A call that the Bot API refused."""

    def __init__(self, answer: Json) -> None:
        super().__init__(answer["description"])
        self.code: int = answer["error_code"]
        self.parameters: Json = answer.get("parameters", {})


@dataclass
class Api:
    """The bot's side without any library: calls with JSON, checks every answer against the description."""

    http: httpx.AsyncClient
    token: str
    id: int

    async def __call__(self, method: str, **params: Any) -> Any:
        return await self._answered(method, await self.http.post(f"/bot{self.token}/{method}", json=params))

    async def upload(self, method: str, files: dict[str, tuple[str, bytes]], **params: Any) -> Any:
        """A call with files, each with its name and bytes under that of its parameter."""
        data = {name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()}
        reply = await self.http.post(f"/bot{self.token}/{method}", data=data, files=files)
        return await self._answered(method, reply)

    async def fetch(self, file_id: str) -> bytes:
        """What a bot gets of a file, by `getFile` and then its link."""
        told = await self("getFile", file_id=file_id)
        reply = await self.http.get(f"/file/bot{self.token}/{told['file_path']}")
        assert reply.status_code == 200
        return reply.content

    async def _answered(self, method: str, reply: httpx.Response) -> Any:
        answer = reply.json()
        assert answer["ok"] == (reply.status_code == 200)
        if not answer["ok"]:
            assert answer["error_code"] == reply.status_code
            raise Failed(answer)
        self.check(method, answer["result"])
        return answer["result"]

    def check(self, method: str, result: Any) -> None:
        if spec.there():
            returns = spec.spec()["methods"][method]["returns"]
            assert not spec.faults(result, returns, method)
        model = getattr(aiogram.methods, method[0].upper() + method[1:]).__returning__
        assert not list(leftovers(TypeAdapter(model).validate_python(result)))
        for one in result if isinstance(result, list) else [result]:
            if isinstance(one, dict) and "message_id" in one:
                read_by_both(one, "Message")

    async def updates(self, **params: Any) -> list[Json]:
        """What has come since the last look, each update checked and confirmed."""
        found: list[Json] = await self("getUpdates", **params)
        for update in found:
            read_by_both(update, "Update")
        if found:
            await self("getUpdates", offset=found[-1]["update_id"] + 1)
        return found

    async def refused(self, method: str, **params: Any) -> str:
        """The words in which a call is refused, without the kind of error before them."""
        return await self._words(self(method, **params))

    async def refused_upload(self, method: str, files: dict[str, tuple[str, bytes]], **params: Any) -> str:
        return await self._words(self.upload(method, files, **params))

    async def _words(self, call: Awaitable[Any]) -> str:
        with pytest.raises(Failed) as failure:
            await call
        return str(failure.value).removeprefix("Bad Request: ")


@dataclass
class Town:
    """Alice owns the supergroup, Bruno and Chloé are in it, and so is the bot, an administrator."""

    sim: Simulator
    control: Control
    api: Api
    alice: int
    bruno: int
    chloe: int
    group: int

    @property
    def bot(self) -> int:
        return self.api.id

    async def say(self, text: str, **more: Any) -> Json:
        return await self.control.say(self.group, self.alice, text, **more)

    async def last(self, user: int = 0) -> Json:
        """The last message in the group, as that person sees it, or Alice."""
        seen: Json = (await self.control.view(self.group, user or self.alice, last=1))["messages"][-1]
        return seen

    async def texts(self, user: int) -> list[str]:
        return await self.control.texts(self.group, user)

    async def another_bot(self, username: str = "autre_bot", **more: Any) -> Api:
        made = await self.control.bot(username, "Autre", **more)
        return Api(self.api.http, made["token"], made["id"])

    def shift(self, seconds: float) -> None:
        self.sim.server.world.shift += seconds


RIGHTS = {"can_delete_messages": True, "can_pin_messages": True, "can_restrict_members": True}


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator() as simulator:
        yield simulator


@pytest.fixture
async def town(sim: Simulator) -> AsyncIterator[Town]:
    async with Control(sim.url) as control, httpx.AsyncClient(base_url=sim.url, trust_env=False) as http:
        made = await control.bot("palier_bot", "Palier")
        alice = await control.user("Alice", last_name="Martin", username="alice_m", language_code="fr")
        bruno, chloe = await control.user("Bruno"), await control.user("Chloé", language_code="en")
        group = await control.chat("Rue des Lilas", members=[alice, bruno, chloe])
        await control.member(group, alice, "creator")
        await control.member(group, made["id"], "administrator", rights=RIGHTS)
        await control.settings(limits=False)  # test_limits.py switches them on
        api = Api(http, made["token"], made["id"])
        await api.updates()
        yield Town(sim, control, api, alice, bruno, chloe, group)
