"""The running bot: one to a database, without a network at first, gone in order, open about its state."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlmodel import select

from bot import run
from bot.run import Unfit, Watch, alone, finish, open_store, working
from bot.run.workers import run_workers
from bot.store import Outgoing, Room, State
from bridges.model import Action, Ref, Send, Voice
from bridges.simulator import Control
from tests.cli.conftest import TOKEN, Home
from tests.conftest import Town, make_settings

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def started(home: Home) -> Iterator[subprocess.Popen[str]]:
    """`palier run` as a process, its log in run.log; killed if the test did not end it."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    with (home.folder / "run.log").open("w") as log:
        command = [sys.executable, "-m", "bot", "run"]
        process = subprocess.Popen(command, cwd=home.folder, env=env, stderr=log, text=True)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def log_of(home: Home) -> list[dict[str, object]]:
    text = (home.folder / "run.log").read_text()
    assert TOKEN not in text and "Traceback" not in text
    return [json.loads(line) for line in text.splitlines() if line.endswith("}")]


def waits_for(home: Home, event: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not any(line["event"] == event for line in log_of(home)):
        assert time.monotonic() < end, log_of(home)
        time.sleep(0.05)


def health(port: int) -> dict[str, object]:
    told: dict[str, object] = httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).json()
    return told


def test_it_runs_alone_and_goes_when_asked(home: Home) -> None:
    port = free_port()
    home.sets_up("--port", str(port))
    with started(home) as process:
        waits_for(home, "ready")
        assert "already runs" in home.fails("run")
        said = home.types("check")
        assert said.code == 0 and "Palier is running" in said.out
        metrics = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        assert 'palier_outbox_waiting{network="telegram"} 0.0' in metrics and "process_resident_memory_bytes" in metrics
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    assert log_of(home)[-1]["event"] == "stopped"
    with started(home) as again:  # the place is free again, also after kill -9
        waits_for(home, "ready")
        again.kill()
        again.wait()
    with started(home):
        waits_for(home, "ready")


def test_settings_are_read_anew_while_it_runs(home: Home) -> None:
    port = free_port()
    home.sets_up("--port", str(port))
    assert home.fails("reload") == "Palier does not run on this database."
    text = home.config.read_text()
    with started(home) as process:
        waits_for(home, "ready")
        said = home.types("reload")
        assert said.code == 0 and "Changed: nothing." in said.out
        home.config.write_text(f"budget = 7\n{text}")
        assert "Changed: budget." in home.types("reload").out
        home.config.write_text(f"budget = 7\n{text}".replace(f"port = {port}", f"port = {free_port()}"))
        said = home.types("reload")
        assert said.code == 1 and "web.port" in said.out
        home.config.write_text(f"budget = 99\n{text}")
        assert "budget: 99 is too much" in home.fails("reload")  # this one reads it first
        process.send_signal(signal.SIGHUP)
        waits_for(home, "the settings have a fault, and stay as they were")
        assert health(port)["status"] in ("ok", "degraded") and process.poll() is None


def test_one_file_has_one_worker(home: Home) -> None:
    home.sets_up()
    assert home.fails("run", "--workers", "2").startswith("several workers need a PostgreSQL database")
    assert "--workers" in home.fails("run", "--workers", "0")


async def test_workers_of_which_none_can_begin_end_as_one(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    assert await run_workers(2, ["run", "--config", str(tmp_path / "nowhere.toml")]) == 2
    assert time.monotonic() - began < 60
    assert capfd.readouterr().err.count("there is no such file") >= 2


def test_it_starts_without_the_network_and_recovers(home: Home) -> None:
    port = free_port()
    home.sets_up("--port", str(port))
    number = home.networks.telegram.port
    home.networks.do(home.networks.telegram.close())
    with started(home):
        waits_for(home, "ready")
        assert health(port)["status"] in ("ok", "degraded")
        again = type(home.networks.telegram)(port=number)

        async def come_back() -> None:
            await again.open()
            async with Control(again.url) as control:
                await control.bot("palier_bot", "Palier", token=TOKEN)

        home.networks.do(come_back())
        home.networks.telegram = again

        async def asked() -> bool:
            async with Control(again.url) as control:
                return any(call["method"] == "deleteWebhook" for call in await control.calls())

        end = time.monotonic() + 20
        while not home.networks.do(asked()):
            assert time.monotonic() < end
            time.sleep(0.1)
        while health(port)["status"] != "ok":
            assert time.monotonic() < end
            time.sleep(0.1)


def test_a_revoked_token_is_a_sentence_in_the_log_and_in_health(home: Home) -> None:
    port = free_port()
    home.sets_up("--port", str(port))
    (home.folder / "telegram.token").write_text("3:z")
    with started(home):
        waits_for(home, "a bridge has stopped")
        told = health(port)
        said = home.types("check")
    assert told["status"] == "down" and "@BotFather" in str(told["bridges"])
    assert any("@BotFather" in str(line.get("help")) for line in log_of(home))
    assert said.code == 1 and said.out.count("has stopped") == 1


def test_a_taken_port_is_one_line(home: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        home.sets_up("--port", str(taken.getsockname()[1]))
        with started(home) as process:
            assert process.wait(20) == 2
    assert "is already used by another program" in (home.folder / "run.log").read_text()


async def test_what_is_under_way_ends_before_the_bot_does(linked: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, done = asyncio.Event(), []
    do = linked.telegram.do

    async def slowly(action: Action, *, key: str) -> Ref | None:
        begun.set()
        await asyncio.sleep(0.3)
        done.append(key)
        return await do(action, key=key)

    monkeypatch.setattr(linked.telegram, "do", slowly)
    async with linked.store.work() as work:
        for words in ("one", "two"):  # in one lane: the second is still waiting when the first ends
            await work.do(Send(chat=linked.telegram.chat, html=words, of=Voice.BOT))
    courier = asyncio.create_task(linked.app.courier.run())
    await begun.wait()
    await finish(linked.app)
    courier.cancel()
    assert len(done) == 1
    async with linked.store.work() as work:
        rows = (await work.exec(select(Outgoing.state).order_by(Outgoing.id))).all()  # type: ignore[arg-type]
    assert rows == [State.DONE, State.WAITING]


async def test_what_never_ends_is_not_waited_for(linked: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "PATIENCE", 0.2)
    linked.app.courier._claims.calling.add(1)
    began = time.monotonic()
    await finish(linked.app)
    assert time.monotonic() - began < 5


async def test_one_bot_to_a_database_on_both_kinds(tmp_path: Path, postgresql: str) -> None:
    for url in (f"sqlite+inline:///{tmp_path}/x.db", make_settings(postgresql).database):
        async with alone(url):
            with pytest.raises(Unfit, match="already-running"):
                async with alone(url):
                    pass
        async with alone(url):
            pass


async def test_a_server_that_is_not_there_is_a_sentence() -> None:
    settings = make_settings("postgresql://palier:canari@127.0.0.1:9/palier")
    with pytest.raises(Unfit) as refused:
        async with alone(settings.database):
            pass
    assert refused.value.key == "cli-database-unusable" and "canari" not in str(refused.value.filled)


async def test_the_database_says_with_which_key_it_was_made(tmp_path: Path) -> None:
    settings = make_settings(f"sqlite:///{tmp_path}/x.db")
    await run.prepare(settings)
    await run.prepare(settings)
    other = make_settings(f"sqlite:///{tmp_path}/x.db", key="A" * 43 + "=")
    with pytest.raises(Unfit, match="wrong-key"):
        await run.prepare(other)
    with pytest.raises(Unfit, match="wrong-key"):
        async with open_store(other):
            pass


async def test_health_and_metrics_show_numbers_and_no_chat(linked: Town) -> None:
    linked.telegram.odd["malformed"] += 2
    linked.app.tally["retries"] += 3
    linked.app.tally["done_telegram_send"] += 4
    watch = Watch(linked.app)
    async with linked.store.work() as work:
        await work.do(Send(chat=linked.telegram.chat, html="canari-texte", of=Voice.BOT))
        await work.do(Send(chat=linked.matrix.chat, html="canari-texte", of=Voice.BOT))
        await work.count(linked.telegram.chat, "heard", 5)
        room = await work.get_one(Room, (linked.telegram.chat.network, linked.telegram.chat.id))
        room.title = "canari-titre"
    told = await watch.health()
    assert (told.database, told.waiting, told.dead) == ("ok", 2, 0)
    assert told.oldest_waiting_seconds is not None and told.oldest_waiting_seconds < 60
    text = watch.metrics.text().decode()
    for line in (
        'palier_outbox_waiting{network="matrix"} 1.0',
        'palier_bridge_odd_total{kind="malformed",network="telegram"} 2.0',
        'palier_tally_total{what="retries"} 3.0', 'palier_done_total{kind="send",network="telegram"} 4.0',
        'palier_today{what="heard"} 5.0', 'palier_bridge_up{network="telegram"} 0.0',
    ):  # fmt: skip
        assert line in text
    for canary in ("canari", linked.telegram.chat.id + '"', linked.matrix.chat.id + '"'):
        assert canary not in text


async def test_a_stopped_bridge_shows_in_health(linked: Town) -> None:
    linked.app.courier.stopped["matrix"] = "matrix-login"
    linked.app.lines["telegram"].turn("running")
    told = await Watch(linked.app).health()
    assert told.status == "down"
    assert (told.bridges["telegram"].state, told.bridges["matrix"].state) == ("running", "stopped")
    assert "palier login" in str(told.bridges["matrix"].why)
