"""The page for whoever watches over the bot, in memory and over a real socket."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest
from structlog.testing import capture_logs

from bot import web
from bot.web import BridgeHealth, CannotListen, Health, Hook, make_web, serve

SINCE = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
RUNNING = BridgeHealth(state="running", since=SINCE)
WELL = Health(
    database="ok",
    bridges={"telegram": RUNNING, "matrix": RUNNING},
    oldest_waiting_seconds=1.5,
    waiting=3,
    dead=1,
)


def always(health: Health) -> Callable[[], Awaitable[Health]]:
    async def ask() -> Health:
        return health

    return ask


async def get(
    path: str,
    health: Callable[[], Awaitable[Health]] | None = None,
    metrics: Callable[[], bytes] = lambda: b"",
    method: str = "GET",
) -> httpx.Response:
    transport = httpx.ASGITransport(make_web(health or always(WELL), metrics))
    async with httpx.AsyncClient(transport=transport, base_url="http://palier") as client:
        return await client.request(method, path)


async def test_health_is_told_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "version", lambda _: "1.2.3")
    answer = await get("/health")
    assert answer.status_code == 200
    running = {"state": "running", "since": "2026-03-01T08:30:00+00:00", "why": None}
    assert answer.json() == {
        "status": "ok", "version": "1.2.3", "database": "ok",
        "bridges": {"telegram": running, "matrix": running}, "oldest_waiting_seconds": 1.5, "waiting": 3, "dead": 1,
    }


async def test_it_can_be_asked_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_there(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(web, "version", not_there)
    assert (await get("/health")).json()["version"] == "unknown"


@pytest.mark.parametrize(
    ("state", "database", "status", "code"),
    [
        ("running", "ok", "ok", 200),
        ("waiting", "ok", "degraded", 200),
        ("stopped", "ok", "down", 503),
        ("running", "locked", "down", 503),
    ],
)
async def test_what_needs_a_human_is_503(state: str, database: str, status: str, code: int) -> None:
    bridge = BridgeHealth(state=state, since=SINCE, why="stopped-token")  # type: ignore[arg-type]
    answer = await get("/health", always(replace(WELL, database=database, bridges={**WELL.bridges, "matrix": bridge})))
    assert (answer.json()["status"], answer.status_code) == (status, code)
    assert answer.json()["bridges"]["matrix"]["why"] == "stopped-token"


async def test_a_database_that_fails_or_hangs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "PATIENCE", 0.01)

    async def fails() -> Health:
        raise RuntimeError("canary")

    async def hangs() -> Health:
        await asyncio.sleep(60)
        return WELL

    for health in (fails, hangs):
        with capture_logs() as logs:
            answer = await get("/health", health)
        assert (answer.status_code, answer.json()["database"]) == (503, "no answer")
        assert "canary" not in f"{answer.text}{logs}"


async def test_metrics_are_in_prometheus_format() -> None:
    registry = CollectorRegistry()
    Counter("relayed", "Messages relayed", registry=registry).inc(2)
    answer = await get("/metrics", metrics=lambda: generate_latest(registry))
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "relayed_total 2.0" in answer.text.splitlines()


async def test_a_defect_answers_with_a_reference_that_is_in_the_log() -> None:
    def breaks() -> bytes:
        raise RuntimeError("canary")

    with capture_logs() as logs:
        answer = await get("/metrics", metrics=breaks)
    assert answer.status_code == 500
    (entry,) = logs
    assert (entry["reference"], entry["kind"]) == (answer.json()["error"], "RuntimeError")
    assert "canary" not in f"{answer.text}{logs}"


@pytest.mark.parametrize("path", ["/", "/docs", "/redoc", "/openapi.json", "/health/", "/health", "/metrics"])
async def test_there_is_no_other_page_no_cookie_and_nothing_to_embed(path: str) -> None:
    answer = await get(path)
    assert answer.is_success == (path in {"/health", "/metrics"})
    assert "set-cookie" not in answer.headers
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


async def test_only_reading_is_possible() -> None:
    assert (await get("/health", method="HEAD")).status_code == 200
    assert (await get("/health", method="POST")).status_code == 405


# --- calls of networks


async def post(hook: Hook, body: bytes | AsyncIterator[bytes] = b"{}", path: str = "/telegram") -> httpx.Response:
    page = make_web(always(WELL), lambda: b"", {"/telegram": hook})
    transport = httpx.ASGITransport(page)
    async with httpx.AsyncClient(transport=transport, base_url="http://palier") as client:
        return await client.post(path, content=body, headers={"X-Telegram-Bot-Api-Secret-Token": "s"})


@pytest.mark.parametrize("status", [200, 400, 401, 404])
async def test_a_call_is_handed_on_with_its_headers_and_answered_as_it_was_taken(status: int) -> None:
    taken: list[tuple[str, bytes]] = []

    async def take(headers: Mapping[str, str], body: bytes) -> int:
        taken.append((headers["x-telegram-bot-api-secret-token"], body))
        return status

    answer = await post(take, b'{"update_id": 1}')
    assert (answer.status_code, taken) == (status, [("s", b'{"update_id": 1}')])
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await post(take, path="/other")).status_code == 404


async def test_what_could_not_be_kept_is_asked_for_again() -> None:
    async def fails(_: Mapping[str, str], __: bytes) -> int:
        raise RuntimeError("canary")

    with capture_logs() as logs:
        answer = await post(fails, b"canary")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "canary" not in f"{answer.text}{logs}" and logs[0]["kind"] == "RuntimeError"


async def answer_to(port: int, *pieces: bytes) -> bytes:
    """The first line that comes back, before what was begun has ended."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /telegram HTTP/1.1\r\nHost: palier\r\nTransfer-Encoding: chunked\r\n\r\n")
    for piece in pieces:
        writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
    line = await reader.readline()
    writer.close()
    return line


async def test_what_is_too_large_or_never_ends_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "LARGEST", 100)
    monkeypatch.setattr(web, "SLOWEST", 0.2)

    async def refuses(_: Mapping[str, str], __: bytes) -> int:
        raise AssertionError

    port = a_port()
    serving = asyncio.create_task(serve(make_web(always(WELL), lambda: b"", {"/telegram": refuses}), "127.0.0.1", port))
    await asyncio.sleep(0.2)
    async with asyncio.timeout(10):
        assert b" 413 " in await answer_to(port, b"x" * 60, b"x" * 60)
        assert b" 408 " in await answer_to(port, b"x" * 60)
    serving.cancel()
    await asyncio.wait([serving])


async def test_several_processes_may_answer_at_one_address() -> None:
    port, own = a_port(), a_port()
    async with asyncio.timeout(10), httpx.AsyncClient(trust_env=False) as client:
        both = [
            asyncio.create_task(serve(make_web(always(WELL), lambda: b""), "127.0.0.1", *ports, shared=True))
            for ports in ((port,), (port, own))
        ]
        await asyncio.sleep(0.2)
        for one in (port, own):
            assert (await client.get(f"http://127.0.0.1:{one}/health")).json()["status"] == "ok"
        with pytest.raises(CannotListen):
            await serve(make_web(always(WELL), lambda: b""), "127.0.0.1", port)
        for task in both:
            task.cancel()
        await asyncio.wait(both)


def a_port(host: str = "127.0.0.1") -> int:
    with socket.create_server((host, 0)) as free:
        return int(free.getsockname()[1])


async def test_it_answers_on_a_real_socket_and_leaves_signals_alone() -> None:
    port, before = a_port(), signal.getsignal(signal.SIGTERM)
    serving = asyncio.create_task(serve(make_web(always(WELL), lambda: b""), "127.0.0.1", port))
    async with asyncio.timeout(10), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        while True:
            try:
                answer = await client.get("/health")
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.01)
        assert answer.json()["status"] == "ok"
        assert "server" not in answer.headers
        assert signal.getsignal(signal.SIGTERM) is before
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    with socket.create_server(("127.0.0.1", port)):
        pass  # it has let go of the address


async def test_a_request_under_way_is_answered_before_the_end() -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def slow() -> Health:
        asked.set()
        await go.wait()
        return WELL

    port = a_port()
    serving = asyncio.create_task(serve(make_web(slow, lambda: b""), "127.0.0.1", port))
    async with asyncio.timeout(10), httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=5)) as client:
        request = asyncio.create_task(client.get(f"http://127.0.0.1:{port}/health"))
        await asked.wait()
        serving.cancel()
        go.set()
        assert (await request).status_code == 200
        await asyncio.wait([serving])


async def test_an_address_in_use_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=f"^127.0.0.1:{port} is already used by another program; choose another"):
            await serve(make_web(always(WELL), lambda: b""), "127.0.0.1", port)


async def test_an_address_of_another_machine_is_one_sentence() -> None:
    with pytest.raises(CannotListen, match=r"^web\.host: 192\.0\.2\.1 is not an address of this machine$"):
        await serve(make_web(always(WELL), lambda: b""), "192.0.2.1", 8080)
