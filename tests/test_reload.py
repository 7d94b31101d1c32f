"""Settings that change while the bot runs, and links that do: nothing is lost by either."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from sqlmodel import select
from structlog.testing import capture_logs

from bot import log as logs
from bot.config import ConfigError, Settings
from bot.run.reload import ANSWER, merged, reload, reload_when
from bot.store import Linked, Room
from bridges.model import Chat
from tests.conftest import Town, make_settings
from tests.features.test_relay import agrees


@pytest.fixture
def levels(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The levels from which on it was said to log."""
    made: list[str] = []
    monkeypatch.setattr(logs, "set_up", lambda level, *_: made.append(level))
    return made


def settings(**more: Any) -> Settings:
    return make_settings("sqlite:///:memory:", **more)


def commune(*places: str, **more: Any) -> dict[str, Any]:
    return {"name": "Bourg-Exemple", "neighbourhoods": places, **more}


def test_what_can_be_changed_is_told_from_what_needs_a_restart() -> None:
    matrix = {"homeserver": "https://a.example", "user": "@p:a.example", "password": "x"}
    old = settings(matrix=matrix, web={"port": 8080})
    new = settings(
        matrix={**matrix, "password": "y", "servers": ("b.example",)}, web={"port": 8081}, budget=5, language="en",
        doubts="leave", log={"level": "debug"}, timezone="Indian/Reunion", telegram={"token": "2:y"},
    )  # fmt: skip
    made, changed, fixed = merged(old, new)
    assert set(changed) == {"matrix.servers", "budget", "language", "doubts", "log.level"}
    assert set(fixed) == {"matrix.password", "web.port", "timezone", "telegram.token"}
    assert made.matrix and made.matrix.servers == ("b.example",) and made.matrix.password.get_secret_value() == "x"
    assert (made.web.port, made.timezone) == (8080, old.timezone)
    assert (made.budget, made.language, made.doubts, made.log.level) == (5, "en", "leave", "debug")
    assert merged(old, old) == (old, [], [])


def test_a_network_that_comes_or_goes_needs_a_restart() -> None:
    matrix = {"homeserver": "https://a.example", "user": "@p:a.example", "password": "x"}
    _, changed, fixed = merged(settings(), settings(matrix=matrix))
    assert (changed, fixed) == ([], ["matrix"])


async def test_the_bot_goes_on_with_other_settings(linked: Town, levels: list[str]) -> None:
    place = Chat("telegram", "elsewhere")
    new = settings(language="en", budget=0, doubts="leave", commune=[commune("Les Tilleuls", "Le Moulin")])
    told = reload(linked.app, lambda: new)
    assert set(told["changed"]) == {"language", "budget", "doubts", "commune"} and told["restart"] == ["database"]
    assert levels == ["info"]
    assert linked.app.courier.doubts == "leave" and linked.app.new_courier().doubts == "leave"
    async with linked.store.work() as work:
        assert not await work.spend(place)
        assert work.rules.knows("telegram") and not work.rules.knows("irc")
    await linked.telegram.says("Ana", "/aide", private=True)
    await linked.settles()
    assert "/help" in linked.telegram.heard(chat=Chat("telegram", "with Ana"))[-1]
    assert linked.app.menus()[0].language == "en"


async def test_a_file_with_a_fault_changes_nothing_and_says_why(linked: Town) -> None:
    before, asked = linked.app.world.settings, asyncio.Event()

    def broken() -> Settings:
        raise ConfigError("palier.toml, line 3: budget: 21 is too much; the most is 20", "another")

    side = asyncio.create_task(reload_when(asked, linked.app, broken))
    with capture_logs() as written:
        asked.set()
        while (said := await linked.store.load(ANSWER)) is None:
            await asyncio.sleep(0.01)
    side.cancel()
    assert "21 is too much" in said and linked.app.world.settings is before
    (entry,) = written
    assert "21 is too much" in entry["faults"][0]


async def test_nothing_is_lost_while_links_change(linked: Town) -> None:
    """A third chat is linked and taken out again and again while people write; the other two hear everything."""
    third = Chat("matrix", "third")
    await agrees(linked, "Ana")
    async with linked.store.work() as work:
        circle = (await work.exec(select(Linked))).first()
        assert circle
    courier = asyncio.create_task(linked.app.courier.run())
    inside: list[int] = []
    for n in range(60):
        if n % 10 == 0:
            async with linked.store.work() as work:
                await work.merge(Room(network=third.network, id=third.id, kind="room"))
                work.add(Linked(network=third.network, room=third.id, circle=circle.circle))
        if n % 10 == 5:  # what is under way when a link goes is not for those people any more
            await heard(linked, third, inside)
            async with linked.store.work() as work:
                await work.delete(await work.get_one(Linked, (third.network, third.id, "")))
        inside += [n] if n % 10 < 5 else []
        await linked.telegram.says("Ana", f"n {n}")
    await heard(linked, linked.matrix.chat, list(range(60)))
    courier.cancel()
    assert told(linked, third) == inside


def told(town: Town, chat: Chat) -> list[int]:
    """The numbers that Ana is heard to say in a chat."""
    return [int(html.rpartition("n ")[2]) for html in town.matrix.heard(chat=chat) if "Ana" in html and ": n " in html]


async def heard(town: Town, chat: Chat, wanted: list[int]) -> None:
    """Wait until just that was heard there, in this order, and written down."""
    with suppress(TimeoutError):
        async with asyncio.timeout(10):
            while told(town, chat) != wanted or town.app.courier.calling:
                await asyncio.sleep(0.02)
    assert told(town, chat) == wanted
