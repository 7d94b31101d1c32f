"""Faults on demand: before or after a call is carried out, once, after some, or again and again."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from bridges.simulator import Item, Rejected
from bridges.simulator.faults import Fault
from bridges.simulator.media import sample
from tests.simulator.conftest import Failed, Town


async def send(town: Town, text: str = "a", **more: Any) -> Any:
    return await town.api("sendMessage", chat_id=town.group, text=text, **more)


async def test_429_and_502(town: Town) -> None:
    await town.control.fault("sendMessage", "429", retry_after=7)
    with pytest.raises(Failed) as failure:
        await send(town)
    assert failure.value.code == 429 and failure.value.parameters == {"retry_after": 7}
    await town.control.fault("sendMessage", "5xx", status=502)
    answer = await town.api.http.post(f"/bot{town.api.token}/sendMessage", json={"chat_id": town.group, "text": "a"})
    assert answer.status_code == 502 and answer.headers["content-type"].startswith("text/html")
    assert "502 Bad Gateway" in answer.text and "nginx" in answer.text
    await send(town, "enfin")
    assert await town.texts(town.alice) == ["enfin"]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_reset_leaves_in_doubt_what_was_done(town: Town, when: Any) -> None:
    await town.control.fault("sendMessage", "reset", when=when)
    with pytest.raises(httpx.ReadError):
        await send(town, "perdu ?")
    assert await town.texts(town.alice) == ([] if when == "before" else ["perdu ?"])
    call = (await town.control.calls())[-1]
    assert call["error"] == f"fault: reset {when}" and call["status"] == 0


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_timeout_lasts_until_the_caller_gives_up(town: Town, when: Any) -> None:
    await town.control.fault("sendMessage", "timeout", when=when)
    http = httpx.AsyncClient(base_url=town.sim.url, timeout=0.3, trust_env=False)
    async with http:
        with pytest.raises(httpx.ReadTimeout):
            await http.post(f"/bot{town.api.token}/sendMessage", json={"chat_id": town.group, "text": "a"})
    assert await town.texts(town.alice) == ([] if when == "before" else ["a"])
    await send(town, "b")


async def test_faults_pick_method_chat_count_and_skip(town: Town) -> None:
    other = await town.control.chat("Autre", members=[town.alice, town.bot])
    await town.control.fault("sendmessage", "429", chat=town.group, skip=1, count=2)
    await town.api("getMe")
    await town.api("sendMessage", chat_id=other, text="a")
    outcome = []
    for _ in range(4):
        try:
            await send(town)
            outcome.append("ok")
        except Failed:
            outcome.append("429")
    assert outcome == ["ok", "429", "429", "ok"]
    await town.control.fault("*", "429", count=9)
    with pytest.raises(Failed):
        await town.api("getMe")
    await town.control.no_faults()
    await town.api("getMe")


def test_a_pattern_repeats_without_end() -> None:
    fault = Fault("x", "*", "5xx", every=(2, 5), skip=1)
    assert [fault.hits(n) for n in range(11)] == [False, *([True, True, False, False, False] * 2)]


async def test_delays(town: Town) -> None:
    await town.control.delay("getMe", 0.3)
    begun = time.monotonic()
    await asyncio.gather(town.api("getMe"), town.api("getMe"))
    assert 0.3 <= time.monotonic() - begun < 0.6
    await town.control.no_delays()


@pytest.mark.parametrize("odd", [{"kind": "fire"}, {"kind": "5xx", "status": 404}, {"kind": "429", "colour": "red"}])
async def test_faults_that_make_no_sense_are_refused(town: Town, odd: dict[str, Any]) -> None:
    answer = await town.api.http.post("/control/faults", json={"method": "*"} | odd)
    assert answer.status_code == 400
    with pytest.raises(Rejected):
        await town.control.fault("*", "429", when="never")  # type: ignore[arg-type]  # on purpose
    await town.api("getMe")


@pytest.mark.parametrize("when", ["before", "after"])
async def test_half_an_answer(town: Town, when: Any) -> None:
    await town.control.fault("sendMessage", "cut", when=when)
    with pytest.raises(httpx.RemoteProtocolError):
        await send(town, "perdu ?")
    assert await town.texts(town.alice) == ([] if when == "before" else ["perdu ?"])
    await send(town, "encore")


async def test_a_half_open_connection_never_answers(town: Town) -> None:
    await town.control.fault("sendPhoto", "half-open", when="after")
    photo = {"photo": ("a.jpg", sample("photo").data)}
    async with httpx.AsyncClient(base_url=town.sim.url, timeout=0.3, trust_env=False) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.post(f"/bot{town.api.token}/sendPhoto", data={"chat_id": str(town.group)}, files=photo)
    assert (await town.last())["kind"] == "photo"


async def test_fetching_a_file_fails_too(town: Town) -> None:
    sent = await town.control.send(town.group, town.alice, Item(kind="document"))
    file_id = sent["document"]["file_id"]
    path = (await town.api("getFile", file_id=file_id))["file_path"]
    await town.control.fault("download", "5xx", status=503)
    assert (await town.api.http.get(f"/file/bot{town.api.token}/{path}")).status_code == 503
    await town.control.fault("download", "cut", when="after")
    with pytest.raises(httpx.RemoteProtocolError):
        await town.api.http.get(f"/file/bot{town.api.token}/{path}")
    await town.control.delay("download", 0.2)
    begun = time.monotonic()
    assert await town.api.fetch(file_id) == sample("document").data
    assert time.monotonic() - begun >= 0.2


async def test_calls_are_counted_by_how_they_ended(town: Town) -> None:
    await town.control.fault("sendMessage", "429", retry_after=1)
    await town.control.fault("sendMessage", "reset", skip=1)
    with pytest.raises(Failed):
        await send(town)
    with pytest.raises(httpx.ReadError):
        await send(town)
    await send(town)
    counts = await town.control.counts()
    assert counts["methods"]["sendMessage"] == 3 and counts["refused"] == {}
    assert (counts["statuses"]["429"], counts["statuses"]["0"]) == (1, 1)
