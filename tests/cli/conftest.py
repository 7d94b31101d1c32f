"""An empty folder, a command line, and two networks that answer it: the simulator, and a homeserver's few answers."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from aiohttp import web
from typer.testing import CliRunner

from bot.cli import app
from bot.config import Settings, load
from bridges.simulator import Control, Simulator

T = TypeVar("T")
TOKEN = "111111:canari-" + "x" * 30
PASSWORD = "canari-mot-de-passe"


@dataclass
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


@dataclass
class Homeserver:
    """What the command line asks of a homeserver; `session` is the only valid access token."""

    session: str = "syt_session"
    flows: tuple[str, ...] = ("m.login.password",)
    state: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def app(self) -> web.Application:
        made = web.Application()
        base = "/_matrix/client/v3"
        made.router.add_get(f"{base}/login", self.tell_flows)
        made.router.add_post(f"{base}/login", self.login)
        made.router.add_get(f"{base}/account/whoami", self.who)
        made.router.add_get(f"{base}/rooms/{{room}}/state", self.room)
        return made

    async def tell_flows(self, _: web.Request) -> web.Response:
        return web.json_response({"flows": [{"type": kind} for kind in self.flows]})

    async def login(self, request: web.Request) -> web.Response:
        if (await request.json())["password"] != PASSWORD:
            return web.json_response({"errcode": "M_FORBIDDEN", "error": "no"}, status=403)
        return web.json_response({"user_id": "@palier:localhost", "device_id": "D2", "access_token": self.session})

    def knows(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self.session}"

    async def who(self, request: web.Request) -> web.Response:
        if not self.knows(request):
            return web.json_response({"errcode": "M_UNKNOWN_TOKEN", "error": "no"}, status=401)
        return web.json_response({"user_id": "@palier:localhost"})

    async def room(self, request: web.Request) -> web.Response:
        if not self.knows(request):
            return web.json_response({"errcode": "M_UNKNOWN_TOKEN", "error": "no"}, status=401)
        if (state := self.state.get(request.match_info["room"])) is None:
            return web.json_response({"errcode": "M_FORBIDDEN", "error": "no"}, status=403)
        return web.json_response(state)


class Networks:
    """Both networks, in a thread of their own: commands run event loops of theirs."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.homeserver = Homeserver()
        self.telegram, self.matrix, self._runner = self.do(self._open())

    async def _open(self) -> tuple[Simulator, str, web.AppRunner]:
        runner = web.AppRunner(self.homeserver.app())
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        simulator = await Simulator.start()
        async with Control(simulator.url) as control:
            await control.bot("palier_bot", "Palier", token=TOKEN)
        return simulator, f"http://127.0.0.1:{runner.addresses[0][1]}", runner

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def close(self) -> None:
        self.do(self.telegram.close())
        self.do(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@dataclass
class Home:
    """A folder in which an operator types."""

    folder: Path
    networks: Networks

    @property
    def config(self) -> Path:
        return self.folder / "palier.toml"

    @property
    def database(self) -> Path:
        return self.folder / "palier.db"

    def settings(self) -> Settings:
        return load(self.config, {})

    def types(self, *words: str, answers: str | None = None, **env: str | None) -> Said:
        """Type `palier ...` here; at the end nothing printed holds a secret or a traceback."""
        languages = {"LC_ALL": None, "LC_MESSAGES": None, "LANG": "C.UTF-8"}
        done = CliRunner().invoke(app, list(words), input=answers, env={**languages, **env})
        said = Said(done.exit_code, done.stdout, done.stderr)
        for canary in ("Traceback", TOKEN, PASSWORD):
            assert canary not in said.out + said.err
        return said

    def fails(self, *words: str, **env: str) -> str:
        """The one line that a command ends with."""
        said = self.types(*words, answers=None, **env)
        assert said.code == 2, said
        assert said.err.count("\n") == 1, said.err
        return said.err.removeprefix("palier: ").strip()

    def sets_up(self, *more: str, matrix: bool = False) -> Said:
        """A commune on the simulated Telegram, and on the homeserver if asked for."""
        words = ["setup", "--yes", "--commune", "Bourg-Exemple", "-n", "Les Tilleuls", "-n", "Le Port"]
        words += ["--telegram-api", self.networks.telegram.url]
        if matrix:
            words += ["--homeserver", self.networks.matrix, "--matrix-user", "@palier:localhost"]
        said = self.types(*words, *more, PALIER_TELEGRAM_TOKEN=TOKEN, PALIER_MATRIX_PASSWORD=PASSWORD)
        assert said.code == 0, said
        return said


@pytest.fixture
def networks() -> Iterator[Networks]:
    made = Networks()
    yield made
    made.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, networks: Networks) -> Home:
    monkeypatch.chdir(tmp_path)
    for name in ("PALIER_KEY", "PALIER_TELEGRAM_TOKEN", "PALIER_MATRIX_PASSWORD", "PALIER_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    return Home(tmp_path, networks)


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Commands set logging up for their whole process."""
    import logging

    import structlog

    from bot.log import SILENT

    root, others = logging.getLogger(), [logging.getLogger(name) for name in SILENT]
    before = root.level, root.handlers[:], [(one, one.propagate, one.handlers[:]) for one in others]
    yield
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    for one, propagate, handlers in before[2]:
        one.propagate, one.handlers = propagate, handlers
    structlog.reset_defaults()
