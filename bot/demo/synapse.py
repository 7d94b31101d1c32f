"""Starts and stops a real Matrix homeserver on this machine alone, for the demo and for tests."""

import asyncio
import hashlib
import hmac
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx

# The kernel ends the server when whoever started it is gone, however it went (Linux; elsewhere `stop` has to do).
CHILD = """
import ctypes, os, runpy, signal, sys
try:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
except (OSError, AttributeError):
    pass
if os.getppid() != int(sys.argv.pop(1)):
    sys.exit("orphaned")
runpy.run_module("synapse.app.homeserver", run_name="__main__", alter_sys=True)
"""
FREE = {"per_second": 10_000, "burst_count": 10_000}
ALONE = "message", "registration", "admin_redaction", "joins_per_room", "room_creation"
UNLIMITED = {
    **{f"rc_{name}": FREE for name in ALONE},
    "rc_login": dict.fromkeys(["address", "account", "failed_attempts"], FREE),
    "rc_joins": dict.fromkeys(["local", "remote"], FREE),
    "rc_invites": dict.fromkeys(["per_room", "per_user", "per_issuer"], FREE),
}


class SynapseError(Exception):
    """The homeserver did not start, or answered a request of ours with an error."""


class Synapse:
    """A homeserver with SQLite in `folder`, heard on 127.0.0.1 only, without federation.

    The folder remembers port, name and secrets: the same server comes back after `stop`, `kill` or a crash. `limits`:
    with Synapse's own rate limits, else with none. Its log holds warnings and errors, no texts.
    """

    def __init__(self, folder: Path, *, port: int = 0, server_name: str = "localhost", limits: bool = False) -> None:
        self._folder = folder
        self._config = self._settled(port, server_name, limits=limits)
        self._process: subprocess.Popen[bytes] | None = None
        self._admin = ""

    @property
    def server_name(self) -> str:
        return str(self._config["server_name"])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._config['listeners'][0]['port']}"

    @property
    def log(self) -> Path:
        """What the server has written about itself."""
        return self._folder / "synapse.log"

    async def start(self, patience: float = 60) -> Self:
        """Return when it answers; raises SynapseError with the log's end if it dies, or after `patience` seconds."""
        if self._process and self._process.poll() is None:
            return self
        config = str((self._folder / "homeserver.yaml").absolute())
        command = [sys.executable, "-c", CHILD, str(os.getpid()), "--config-path", config]
        with self.log.open("ab") as log:
            # A session of its own: a Ctrl-C for the demo reaches the demo, which then stops its server in order.
            self._process = subprocess.Popen(  # noqa: ASYNC220, S603 (a short call; nothing in it comes from outside)
                command, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        up = False
        try:
            async with asyncio.timeout(patience), httpx.AsyncClient(trust_env=False) as http:
                while self._process.poll() is None and not (up := await self._answers(http)):
                    await asyncio.sleep(0.1)
        except TimeoutError as error:
            raise SynapseError(f"Synapse did not answer in {patience} s:\n{self._last_lines()}") from error
        finally:
            if not up:
                await self.kill()
        if not up:
            raise SynapseError(f"Synapse ended by itself:\n{self._last_lines()}")
        return self

    async def stop(self, patience: float = 10) -> None:
        """End it in order, or by force after `patience` seconds; nothing is left running."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            with suppress(TimeoutError):
                await self._ended(patience)
        await self.kill()

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            await self._ended(10)
        self._process = None

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def register(self, localpart: str, password: str, displayname: str = "", *, admin: bool = False) -> str:
        """Make an account, or come back to one with this password; returns an access token.

        Synapse's shared-secret registration (`/_synapse/admin/v1/register`).
        """
        path = "/_synapse/admin/v1/register"
        nonce = (await self._call("GET", path))["nonce"]
        words = [nonce, localpart, password, "admin" if admin else "notadmin"]
        secret = str(self._config["registration_shared_secret"]).encode()
        mac = hmac.new(secret, "\0".join(words).encode(), hashlib.sha1).hexdigest()
        body = {"nonce": nonce, "username": localpart, "password": password, "admin": admin, "mac": mac}
        try:
            made = await self._call("POST", path, {**body, "displayname": displayname or localpart})
        except SynapseError as error:
            if "M_USER_IN_USE" not in str(error):
                raise
            who = {"type": "m.id.user", "user": localpart}
            login = {"type": "m.login.password", "identifier": who, "password": password}
            made = await self._call("POST", "/_matrix/client/v3/login", login)
        return str(made["access_token"])

    async def override_ratelimit(self, user: str) -> None:
        """Lift `rc_message` for one account, given by its full id (`/_synapse/admin/v1/users/…/override_ratelimit`)."""
        free = {"messages_per_second": 0, "burst_count": 0}
        await self._call("POST", self._override(user), free, await self._token())

    async def restore_ratelimit(self, user: str) -> None:
        """Take the lift away again."""
        await self._call("DELETE", self._override(user), None, await self._token())

    @staticmethod
    def _override(user: str) -> str:
        return f"/_synapse/admin/v1/users/{quote(user)}/override_ratelimit"

    async def _token(self) -> str:
        if not self._admin:
            password = str(self._config["form_secret"])
            self._admin = await self.register("homeserver-admin", password, admin=True)
        return self._admin

    async def _call(self, method: str, path: str, body: object = None, token: str = "") -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            answer = await http.request(method, self.url + path, json=body, headers=headers)
        said: dict[str, Any] = answer.json()
        if answer.is_error:
            raise SynapseError(f"{method} {path}: {answer.status_code} {said.get('errcode')} {said.get('error')}")
        return said

    async def _answers(self, http: httpx.AsyncClient) -> bool:
        with suppress(httpx.TransportError):
            return (await http.get(f"{self.url}/health")).is_success
        return False

    async def _ended(self, patience: float) -> None:
        async with asyncio.timeout(patience):
            while self._process and self._process.poll() is None:
                await asyncio.sleep(0.02)

    def _last_lines(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def _settled(self, port: int, server_name: str, *, limits: bool) -> dict[str, Any]:
        """The folder's configuration, made when it is the first time. JSON is YAML."""
        path = self._folder / "homeserver.yaml"
        if path.exists():
            kept: dict[str, Any] = json.loads(path.read_text())
            return kept
        self._folder.mkdir(parents=True, exist_ok=True)
        seed = b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        handler = {"class": "logging.StreamHandler", "formatter": "short", "stream": "ext://sys.stderr"}
        form = {"short": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}}
        logs = {"version": 1, "formatters": form, "handlers": {"out": handler}, "disable_existing_loggers": False}
        (self._folder / "log.yaml").write_text(json.dumps({**logs, "root": {"level": "WARNING", "handlers": ["out"]}}))
        listener = {"port": port or free_port(), "bind_addresses": ["127.0.0.1"], "type": "http"}
        config = {
            "server_name": server_name,
            "listeners": [{**listener, "tls": False, "resources": [{"names": ["client"], "compress": False}]}],
            "database": {"name": "sqlite3", "args": {"database": str((self._folder / "homeserver.db").absolute())}},
            "log_config": str((self._folder / "log.yaml").absolute()),
            "media_store_path": str((self._folder / "media").absolute()),
            "signing_key": f"ed25519 a_1 {seed}",
            **{f"{name}_secret": secrets.token_hex(32) for name in ("registration_shared", "form")},
            "macaroon_secret_key": secrets.token_hex(32),
            "federation_domain_whitelist": [], "send_federation": False, "trusted_key_servers": [],
            "report_stats": False, "url_preview_enabled": False, "enable_metrics": False,
            "presence": {"enabled": False}, "bcrypt_rounds": 4, "include_profile_data_on_invite": True,
            # Otherwise what a client asked for two minutes ago is what it gets.
            "caches": {"global_factor": 0.2, "sync_response_cache_duration": 0},
            **({} if limits else UNLIMITED),
        }  # fmt: skip
        path.touch(mode=0o600)
        path.write_text(json.dumps(config, indent=1))
        return config


def free_port() -> int:
    """A port that nobody listens to at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
