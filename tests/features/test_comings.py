"""Who comes and leaves is told in numbers, now and then, where an ambassador wants it; names only with a yes."""

from datetime import timedelta
from typing import Literal

import pytest
from sqlmodel import select, update

from bot.events import Tick
from bot.features.comings import Coming, Doorway
from bot.gate import Choice
from bot.store import now
from bridges.model import Person, Stirred
from tests.conftest import Town

What = Literal["joined", "left", "renamed", "avatar"]


@pytest.fixture
async def open_door(linked: Town) -> Town:
    """An ambassador has asked for it."""
    await linked.appoints("Hôte", "telegram", "ambassador", "Bourg-Exemple/Les Tilleuls")
    await linked.telegram.says("Hôte", "/arrivees oui")
    await linked.settles()
    assert "C'est noté" in linked.telegram.heard()[-1]
    return linked


async def stirs(town: Town, name: str, what: What = "joined", *, key: str = "") -> None:
    who = Person(name, town.telegram.chat, name)
    event = Stirred(key=key or f"telegram {name} {what}", at=now(), chat=town.telegram.chat, sender=who, what=what)
    await town.telegram.tells(event)


async def decides(town: Town, name: str, choice: Choice) -> None:
    async with town.store.work() as work:
        circle = await work.circle(town.telegram.chat)
        assert circle
        await work.decide(Person(name, town.telegram.chat, name), circle, choice)


async def ten_minutes_pass(town: Town) -> None:
    async with town.store.work() as work:
        await work.exec(update(Doorway).values(told=now() - timedelta(minutes=11)))


async def kept(town: Town) -> list[Coming]:
    async with town.store.work() as work:
        return list(await work.exec(select(Coming)))


async def test_nothing_is_told_unless_an_ambassador_wants_it(linked: Town) -> None:
    await stirs(linked, "Ana")
    await linked.telegram.says("Ana", "/arrivees oui")
    await stirs(linked, "Bob")
    await linked.reaches("comings.tell")
    assert linked.matrix.heard() == [] and await kept(linked) == []


async def test_a_line_tells_how_many_without_names(open_door: Town) -> None:
    for name in ("Ana", "Bob", "Cléo"):
        await stirs(open_door, name)
    await stirs(open_door, "Ana", "left")
    before = open_door.telegram.heard()
    await open_door.reaches("comings.tell")
    assert open_door.matrix.heard() == [
        "<i>🚪 groupe Telegram « Les Tilleuls » : 3 personnes sont arrivées, une personne est partie.</i>"
    ]
    assert open_door.telegram.heard() == before and await kept(open_door) == []


async def test_the_same_news_twice_counts_once(open_door: Town) -> None:
    await stirs(open_door, "Ana", key="same")
    await stirs(open_door, "Ana", key="same")
    await open_door.reaches("comings.tell")
    assert "une personne est arrivée." in open_door.matrix.heard()[-1]


async def test_a_line_comes_at_most_every_ten_minutes(open_door: Town) -> None:
    await stirs(open_door, "Ana")
    await open_door.reaches("comings.tell")
    for name in ("Bob", "Cléo"):
        await stirs(open_door, name)
    await open_door.reaches("comings.tell")
    assert len(open_door.matrix.heard()) == 1
    await ten_minutes_pass(open_door)
    await open_door.reaches("comings.tell")
    await open_door.reaches("comings.tell")
    assert len(open_door.matrix.heard()) == 2 and "2 personnes sont arrivées." in open_door.matrix.heard()[-1]


async def test_only_those_are_named_who_said_yes_with_their_name(open_door: Town) -> None:
    await decides(open_door, "Ana Martin", Choice.NAMED)
    await decides(open_door, "Bob", Choice.UNNAMED)
    await decides(open_door, "Mairie de Bourg-Exemple", Choice.NAMED)
    await decides(open_door, "Zoé", Choice.NAMED)
    for name in ("Ana Martin", "Bob", "Cléo", "Mairie de Bourg-Exemple", "Zoé"):
        await stirs(open_door, name, "left")
    assert len({row.person for row in await kept(open_door)}) == 4  # three, and nobody
    await decides(open_door, "Zoé", Choice.NO)  # before it is told
    await open_door.reaches("comings.tell")
    assert open_door.matrix.heard() == [
        "<i>🚪 groupe Telegram « Les Tilleuls » : 5 personnes sont parties (Ana).</i>"
    ]
    assert len(await kept(open_door)) == 1


async def test_a_name_goes_when_its_person_takes_it_back(open_door: Town) -> None:
    await decides(open_door, "Ana", Choice.NAMED)
    await stirs(open_door, "Ana")
    await open_door.reaches("comings.tell")
    assert "(Ana)" in open_door.matrix.heard()[-1]
    await open_door.reaches("comings.tell")
    assert len(open_door.matrix.heard()) == 1
    await decides(open_door, "Ana", Choice.UNNAMED)
    await open_door.reaches("comings.tell")
    assert open_door.matrix.heard() == [] and await kept(open_door) == []


async def test_who_is_named_is_forgotten_after_a_month(open_door: Town) -> None:
    await decides(open_door, "Ana", Choice.NAMED)
    await stirs(open_door, "Ana")
    await open_door.reaches("comings.tell")
    async with open_door.store.work() as work:
        await work.exec(update(Coming).values(at=now() - timedelta(days=31)))
    await open_door.reaches("comings.tell")
    assert await kept(open_door) == [] and len(open_door.matrix.heard()) == 1


@pytest.mark.parametrize("what", ["renamed", "avatar"])
async def test_how_people_call_themselves_and_look_is_not_told(open_door: Town, what: What) -> None:
    await decides(open_door, "Ana", Choice.NAMED)
    await stirs(open_door, "Ana", what)
    assert await kept(open_door) == []
    await open_door.reaches("comings.tell")
    assert open_door.matrix.heard() == []


async def test_a_name_that_waits_does_not_arrive_after_all(open_door: Town) -> None:
    await decides(open_door, "Ana", Choice.NAMED)
    await stirs(open_door, "Ana")
    await open_door.app.handle([Tick(at=now(), name="comings.tell")])
    await decides(open_door, "Ana", Choice.NO)
    await open_door.reaches("comings.tell")
    assert open_door.matrix.heard() == [] and not [act for act, _ in open_door.matrix.did.values() if "Ana" in str(act)]


async def test_a_raid_takes_one_row(open_door: Town) -> None:
    for n in range(50):
        await stirs(open_door, f"robot{n}")
    assert [row.count for row in await kept(open_door)] == [10]  # from then on it is seen for what it is
    await open_door.reaches("comings.tell")
    assert await kept(open_door) == [] and open_door.matrix.heard() == []


async def test_people_may_answer_the_line_and_react_to_it(open_door: Town) -> None:
    for name in ("Ana", "Mia"):
        await decides(open_door, name, Choice.NAMED)
    await open_door.matrix.says("Mia", "!relais oui")
    await stirs(open_door, "Ana")
    await open_door.reaches("comings.tell")
    line = open_door.matrix.ref(open_door.matrix.find("une personne est arrivée"))
    await open_door.matrix.says("Mia", "bienvenue", reply_to=line)
    await open_door.matrix.reacts("Mia", line, "🎉")
    await open_door.settles()
    assert "bienvenue" in open_door.telegram.heard()[-1]


async def test_it_can_be_switched_off_again(open_door: Town) -> None:
    await stirs(open_door, "Ana")
    await open_door.telegram.says("Hôte", "/arrivees")
    await open_door.settles()
    assert "sont annoncés" in open_door.telegram.heard()[-1]
    await open_door.telegram.says("Hôte", "/arrivees non")
    await stirs(open_door, "Bob")
    await open_door.reaches("comings.tell")
    assert open_door.matrix.heard() == [] and await kept(open_door) == []
    await open_door.telegram.says("Hôte", "/arrivees")
    await open_door.settles()
    assert "ne sont pas annoncés" in open_door.telegram.heard()[-1]


async def test_in_a_chat_without_neighbours_there_is_nothing_to_choose(town: Town) -> None:
    await town.appoints("Hôte", "telegram", "ambassador")
    await town.telegram.says("Hôte", "/arrivees oui")
    await town.settles()
    assert town.telegram.heard()[-1] == "Ce salon n'est relié à aucun autre."
