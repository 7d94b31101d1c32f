"""What is asked about devices where servers are slow, odd or away."""

import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import nio
import pytest
from aiohttp import web

from bridges.matrix.keys.devices import BARREN, SILENCE, Devices
from bridges.port import TryLater
from tests.bridges.keys.machines import Device

ANA, BEA = "@ana:a.example", "@bea:b.example"


class Server:
    """A homeserver that knows devices of others."""

    def __init__(self) -> None:
        self.known = {user: Device(user, user[1:4].upper()) for user in (ANA, BEA)}
        self.away: set[str] = set()
        self.refuses: set[str] = set()
        self.queries: list[set[str]] = []
        self.claims = self.status = 0
        self.one_time_keys: dict[str, Any] = {}

    async def query(self, request: web.Request) -> web.Response:
        asked = set((await request.json())["device_keys"])
        self.queries.append(asked)
        if self.status or asked & self.refuses:
            return web.json_response({"errcode": "M_INVALID_PARAM"}, status=self.status or 400)
        there = [self.known[user] for user in asked if user in self.known and user.partition(":")[2] not in self.away]
        keys = {one.user: {one.id: one.machine.device_keys()} for one in there}
        return web.json_response({"device_keys": keys, "failures": {name: {"status": 503} for name in self.away}})

    async def claim(self, request: web.Request) -> web.Response:
        self.claims += 1
        return web.json_response({"one_time_keys": self.one_time_keys, "failures": {}})


@pytest.fixture
async def server() -> Server:
    return Server()


@pytest.fixture
async def devices(server: Server) -> AsyncIterator[Devices]:
    app = web.Application()
    app.router.add_post("/_matrix/client/v3/keys/query", server.query)
    app.router.add_post("/_matrix/client/v3/keys/claim", server.claim)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    client = nio.AsyncClient(f"http://127.0.0.1:{runner.addresses[0][1]}", "@palier:p.example")

    async def flush() -> None:
        pass

    yield Devices(client, Device("@palier:p.example", "P").machine, flush, Counter())
    await client.close()  # type: ignore[no-untyped-call]
    await runner.cleanup()


def known(devices: Devices, *users: str) -> set[str]:
    return {user for user, _ in devices._machine.devices(users)}


async def test_everybody_is_asked_for_once_until_they_change(server: Server, devices: Devices) -> None:
    await devices.learn([ANA, BEA])
    await devices.learn([ANA, BEA])
    assert server.queries == [{ANA, BEA}] and known(devices, ANA, BEA) == {ANA, BEA}
    version = devices.version
    devices.changed([BEA, "@stranger:x.example"])
    assert devices.version > version
    await devices.learn([ANA])
    await devices.learn([ANA, BEA])
    assert server.queries[1:] == [{BEA}]
    devices.gone([ANA])
    assert known(devices, ANA, BEA) == {BEA}
    await devices.learn([ANA])
    assert server.queries[2:] == [{ANA}]


async def test_a_server_that_is_away_holds_nobody_up(
    server: Server, devices: Devices, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.away = {"b.example"}
    await devices.learn([ANA, BEA])
    assert known(devices, ANA, BEA) == {ANA}
    await devices.learn([ANA, BEA])
    assert len(server.queries) == 1
    server.away, now = set(), time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + SILENCE + 1)
    await devices.learn([ANA, BEA])
    assert known(devices, ANA, BEA) == {ANA, BEA} and server.queries[1:] == [{BEA}]


async def test_one_whom_the_homeserver_cannot_name_hides_nobody(server: Server, devices: Devices) -> None:
    odd = "@odd name:c.example"
    server.refuses = {odd}
    await devices.learn([ANA, BEA, odd])
    assert known(devices, ANA, BEA, odd) == {ANA, BEA}
    count = len(server.queries)
    await devices.learn([ANA, BEA, odd])
    assert len(server.queries) == count <= 5


async def test_a_homeserver_that_fails_is_asked_again(server: Server, devices: Devices) -> None:
    server.status = 502
    with pytest.raises(TryLater):
        await devices.learn([ANA])
    server.status = 0
    await devices.learn([ANA])
    assert known(devices, ANA) == {ANA}


async def test_a_device_without_a_good_key_is_left_alone_for_a_while(
    server: Server, devices: Devices, monkeypatch: pytest.MonkeyPatch
) -> None:
    await devices.learn([ANA])
    ana = server.known[ANA]
    (device,) = devices._machine.devices([ANA]).values()
    answers: list[dict[str, Any]] = [{}, {ANA: {"ANA": {"signed_curve25519:A": {"key": "x"}}}}, {ANA: []}]
    for bad in answers:
        server.one_time_keys, server.claims = bad, 0
        now = time.monotonic()
        await devices.meet([device])
        await devices.meet([device])
        assert server.claims == 1 and devices._machine.session_store.get(device.curve25519) is None
        monkeypatch.setattr(time, "monotonic", lambda now=now: now + BARREN + 1)
    offer = ana.machine.offer()
    assert offer
    name, key = next(iter(offer["one_time_keys"].items()))
    server.one_time_keys = {ANA: {"ANA": {name: key}}}
    devices.changed([ANA])  # a sign of life
    await devices.meet([device])
    assert devices._machine.session_store.get(device.curve25519)
