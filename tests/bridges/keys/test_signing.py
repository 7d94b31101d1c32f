"""The bot's device is signed by keys of the account's own, whatever breaks off in between."""

import json
from collections.abc import AsyncIterator
from secrets import token_hex
from typing import Any

import pytest
from aiohttp import web
from nio import AsyncClient

from bot.demo.synapse import Synapse
from bridges.matrix import MatrixBridge
from bridges.matrix.keys import running
from bridges.matrix.keys.signing import NAME, Signer, canonical, upload
from bridges.port import Stopped, TryLater
from tests.bridges.keys.gate import Gate
from tests.bridges.keys.sealed import Sealed, is_signed, signed_devices
from tests.bridges.matrix_lab import Bot, bot, until

STEPS = ["/keys/upload", "/keys/device_signing/upload", "/keys/signatures/upload"]


class Gated(Bot):
    """A bot behind a gate."""

    gate: Gate
    url: str

    def bridge(self) -> MatrixBridge:
        name = self.user[1:].partition(":")[0]
        return MatrixBridge(self.url, name, password=self.password, cursor=self.memory, pickle_key="a key of tests")


@pytest.fixture
async def palier(synapse: Synapse) -> AsyncIterator[Gated]:
    made, gate = await bot(synapse), Gate(synapse.url)
    gated = Gated(synapse, made.user, made.password)
    async with gate.up() as url:
        gated.gate, gated.url = gate, url
        yield gated


@pytest.fixture
async def nour(synapse: Synapse) -> AsyncIterator[Sealed]:
    one = await Sealed.login(synapse, f"nour{token_hex(3)}", "Nour")
    yield one
    await one.close()


def device(palier: Bot) -> str:
    return str(json.loads(palier.memory.kept["matrix.session"])["device_id"])


async def test_the_chain_holds_from_the_master_key_to_the_device_and_stays(palier: Gated, nour: Sealed) -> None:
    async with palier.up():
        pass
    said = await nour.query(palier.user)
    assert signed_devices(said, palier.user) == {device(palier)}
    async with palier.itself() as me:  # only its own account sees who signed the master key
        master = (await me.call("POST", "/keys/query", {"device_keys": {palier.user: []}}))["master_keys"][palier.user]
    shown = said["device_keys"][palier.user][device(palier)]["keys"]
    assert is_signed(master, palier.user, shown[f"ed25519:{device(palier)}"], device(palier))
    calls = [palier.gate.count(step) for step in STEPS]
    async with palier.up() as bridge:
        assert not bridge.odd
    assert await nour.query(palier.user) == said
    assert [palier.gate.count(step) for step in STEPS] == calls == [1, 1, 1]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("when", ["before", "after"])
async def test_broken_off_anywhere_it_is_done_after_a_restart(
    palier: Gated, nour: Sealed, step: str, when: str
) -> None:
    getattr(palier.gate, when).append(step)
    async with palier.up() as bridge:
        assert bridge.odd["keys-later"]
    async with palier.up() as bridge:
        assert not bridge.odd
    assert signed_devices(await nour.query(palier.user), palier.user) == {device(palier)}


@pytest.mark.parametrize("step", STEPS)
async def test_or_by_itself_a_little_later(
    palier: Gated, nour: Sealed, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "REST", 0.0)
    palier.gate.before += [step, step]
    async with palier.up() as bridge:
        room = await nour.room(palier.user)  # something to hear of
        async with palier.itself() as me:
            await me.join(room)
            await until(lambda: bridge._rooms.get(room))
        await nour.client.room_leave(room)
        await until(lambda: not palier.gate.before)
        await until(lambda: bridge._keys and bridge._keys._running and bridge._keys._running._signed)
    assert signed_devices(await nour.query(palier.user), palier.user) == {device(palier)}


async def test_keys_of_somebody_else_are_left_alone(palier: Gated, nour: Sealed) -> None:
    """Somebody reset them from another client: the bot goes on, and says so."""
    async with palier.up():
        pass
    async with palier.itself() as me:
        other = Signer(palier.user, Signer.seeds())
        keys: dict[str, Any] = {f"{usage}_key": other.key(usage) for usage in ("master", "self_signing")}
        client = AsyncClient(palier.url, palier.user)
        client.access_token = me._token
        assert not await upload(client, keys, None)  # the server wants the password for this
        client.user_id = palier.user
        assert await upload(client, keys, "secret")
        await client.close()  # type: ignore[no-untyped-call]
    theirs = await nour.query(palier.user)
    async with palier.up() as bridge:
        assert bridge.odd == {"cross-signing": 1}
    assert await nour.query(palier.user) == theirs


async def test_the_seeds_are_the_account_s(palier: Gated) -> None:
    async with palier.up():
        pass
    kept = json.loads(palier.memory.kept[NAME])
    assert kept["user"] == palier.user and set(kept["seeds"]) == {"master", "self_signing", "user_signing"}
    first = Signer(palier.user, kept["seeds"])
    assert first.public("master") != first.public("self_signing") != first.public("user_signing")


def test_canonical_json() -> None:
    """Appendices, "Canonical JSON", its examples."""
    assert canonical({"b": "2", "a": "1", "signatures": {}, "unsigned": 5}) == b'{"a":"1","b":"2"}'
    assert canonical({"a": "日本語"}) == '{"a":"日本語"}'.encode()
    assert canonical({"a": None, "1": {"z": [True], "é": 0}}) == '{"1":{"z":[true],"é":0},"a":null}'.encode()


class Server:
    """Answers one call in a row of ways."""

    def __init__(self, *answers: tuple[int, object]) -> None:
        self.answers, self.asked = list(answers), list[dict[str, Any]]()

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json())
        status, said = self.answers.pop(0)
        return web.json_response(said, status=status)

    async def ask(self, password: str | None) -> bool:
        app = web.Application()
        app.router.add_post("/{path:.*}", self.handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        client = AsyncClient(f"http://127.0.0.1:{runner.addresses[0][1]}", "@p:localhost")
        client.access_token, client.user_id = "t", "@p:localhost"
        try:
            return await upload(client, {"master_key": {}}, password)
        finally:
            await client.close()  # type: ignore[no-untyped-call]
            await runner.cleanup()


ASKS = (401, {"session": "s", "flows": [{"stages": ["m.login.password"]}], "params": {}})


async def test_the_password_is_given_where_it_is_asked_for() -> None:
    server = Server(ASKS, (200, {}))
    assert await server.ask("secret")
    who = {"type": "m.id.user", "user": "@p:localhost"}
    auth = {"type": "m.login.password", "identifier": who, "password": "secret", "session": "s"}
    assert server.asked == [{"master_key": {}}, {"master_key": {}, "auth": auth}]


@pytest.mark.parametrize("password", [None, "wrong"])
async def test_without_the_right_one_it_is_a_no_and_no_lost_session(password: str | None) -> None:
    assert not await Server(ASKS, ASKS).ask(password)


async def test_other_answers_mean_what_they_always_mean() -> None:
    assert not await Server((404, {"errcode": "M_UNRECOGNIZED"})).ask(None)
    assert not await Server((400, [])).ask(None)
    with pytest.raises(TryLater):
        await Server((502, "x")).ask(None)
    with pytest.raises(TryLater):
        await Server((429, {"errcode": "M_LIMIT_EXCEEDED"})).ask(None)
    with pytest.raises(Stopped):
        await Server((401, {"errcode": "M_UNKNOWN_TOKEN"})).ask("secret")
