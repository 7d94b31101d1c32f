"""When many strangers come at once, newcomers wait, nobody is announced, and those who look after the circle know."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import col, select, update

from bot.clock import sweep
from bot.features.comings import Coming, Doorway
from bot.features.raid import Arrival, Raid
from bot.store import Circle, Mandate, Outgoing, State, now
from bridges.model import Chat, Person, Stirred
from tests.conftest import Town, new_database, open_town

CIRCLE = "Bourg-Exemple/Les Tilleuls"


@pytest.fixture
async def watched(linked: Town) -> Town:
    """A moderator on each network looks after the circle, and an ambassador wants to hear who comes."""
    await watch(linked)
    return linked


async def watch(town: Town) -> None:
    for name, network in (("Garde", "telegram"), ("Veille", "matrix")):
        await looks_after(town, name, network, "moderator")
    async with town.store.work() as work:
        work.add(Doorway(circle=1, told=now() - timedelta(minutes=11)))


async def looks_after(town: Town, name: str, network: str, role: str) -> None:
    async with town.store.work() as work:
        person = Person(name, Chat(network, "main"), name)
        identity = work.seal.close(f"{network} {name}")
        work.add(Mandate(person=work.hash(person), role=role, scope=CIRCLE, identity=identity))


async def comes(town: Town, *names: str, at: timedelta = timedelta(0), what: str = "joined") -> None:
    for name in names:
        who, key = Person(name, town.telegram.chat, name), f"{name} {what} {now().isoformat()}"
        event = Stirred(key=key, at=now() + at, chat=town.telegram.chat, sender=who, what=what)  # type: ignore[arg-type]
        await town.telegram.tells(event)


async def crowd(town: Town, count: int = 10) -> None:
    await comes(town, *(f"Inconnu {n}" for n in range(count)))
    await town.settles()


async def raided(town: Town) -> bool:
    async with town.store.work() as work:
        told = (await work.exec(select(Raid))).first() is not None
        assert told == await work.in_raid(await work.get_one(Circle, 1))
        return told


def told(town: Town, name: str = "Garde") -> list[str]:
    return [post.html for bridge in (town.telegram, town.matrix) for post in bridge.whispers(name)]


async def test_a_few_who_come_are_no_raid(watched: Town) -> None:
    await crowd(watched, 9)
    assert not await raided(watched) and told(watched) == []


async def test_many_at_once_are_one_and_it_is_told_once_on_each_network(watched: Town) -> None:
    await crowd(watched, 14)
    assert await raided(watched)
    for name in ("Garde", "Veille"):
        [line] = told(watched, name)
        assert "Beaucoup d'inconnus" in line and "30 minutes" in line
    assert "!raid non Les Tilleuls" in told(watched, "Veille")[0]


async def test_one_who_comes_and_goes_and_comes_counts_once(watched: Town) -> None:
    for _ in range(12):
        await comes(watched, "Inconnu")
        await comes(watched, "Inconnu", what="left")
    assert not await raided(watched)


async def test_what_a_homeserver_says_of_the_time_changes_nothing(watched: Town) -> None:
    await comes(watched, *(f"Inconnu {n}" for n in range(10)), at=-timedelta(days=40))
    assert await raided(watched)


async def test_those_who_knock_count_as_well(watched: Town) -> None:
    for n in range(10):
        await watched.telegram.asks_in(f"Inconnu {n}")
    assert await raided(watched)


async def test_nobody_is_announced_meanwhile_nor_afterwards(watched: Town) -> None:
    await crowd(watched, 12)
    await watched.reaches("comings.tell")
    assert watched.matrix.heard() == []
    await watched.telegram.says("Garde", "/raid non")
    await watched.reaches("comings.tell")
    assert watched.matrix.heard() == []
    async with watched.store.work() as work:
        assert list(await work.exec(select(Coming))) == []


async def agrees(town: Town, *names: str) -> None:
    for name in names:
        await town.telegram.says(name, "/relais oui")
    await town.settles()


async def an_hour_passes(town: Town) -> None:
    async with town.store.work() as work:
        await work.exec(update(Outgoing).where(col(Outgoing.state) == State.WAITING).values(not_before=now()))
    await town.settles()


async def test_what_newcomers_say_waits_an_hour_and_residents_notice_nothing(watched: Town) -> None:
    await agrees(watched, "Ancienne", "Inconnu 3")
    await watched.telegram.says("Ancienne", "bonjour")
    await crowd(watched)
    await watched.telegram.says("Inconnu 3", *(f"canari {n}" for n in range(8)))  # more than newcomers usually are
    await watched.telegram.says("Ancienne", "toujours là")
    await watched.settles()
    assert "toujours là" in watched.matrix.heard()[-1] and "canari" not in str(watched.matrix.heard())
    await an_hour_passes(watched)
    assert "canari 7" in str(watched.matrix.heard())


async def test_what_was_removed_meanwhile_never_crosses(watched: Town) -> None:
    await agrees(watched, "Inconnu 3")
    await crowd(watched)
    ref = await watched.telegram.says("Inconnu 3", "canari")
    await watched.settles()
    del watched.telegram.posts[ref.chat, ref.id]  # by an administrator: the network tells nobody
    await an_hour_passes(watched)
    assert "canari" not in str(watched.matrix.did)


async def test_the_other_network_of_the_circle_waits_as_well(watched: Town) -> None:
    await crowd(watched)
    who = Person("Mia", watched.matrix.chat, "Mia")
    await watched.matrix.tells(Stirred(key="mia", at=now(), chat=watched.matrix.chat, sender=who, what="joined"))
    await watched.matrix.says("Mia", "!relais oui", "canari")
    await watched.settles()
    assert "canari" not in str(watched.telegram.heard())


async def test_it_ends_by_itself_when_it_has_been_calm(watched: Town) -> None:
    await crowd(watched)
    await watched.reaches("raid.calm_down")
    assert await raided(watched)
    await passes(watched, timedelta(minutes=31))
    await watched.reaches("raid.calm_down")
    await watched.reaches("raid.calm_down")
    assert not await raided(watched)
    assert len(told(watched)) == 2 and "Le calme est revenu" in told(watched)[-1]


async def passes(town: Town, time: timedelta) -> None:
    async with town.store.work() as work:
        await work.exec(update(Raid).values(last=now() - time))


async def test_whoever_comes_makes_it_last_longer(watched: Town) -> None:
    await crowd(watched)
    await passes(watched, timedelta(minutes=31))
    await comes(watched, "Encore un")
    await watched.reaches("raid.calm_down")
    assert await raided(watched)


async def test_a_clock_that_was_ahead_makes_it_no_longer(watched: Town) -> None:
    await crowd(watched)
    await passes(watched, -timedelta(days=3))
    await watched.reaches("raid.calm_down")
    async with watched.store.work() as work:
        assert (await work.exec(select(Raid))).one().last <= now()


async def test_a_moderator_begins_and_ends_it_and_the_others_are_told(watched: Town) -> None:
    await watched.matrix.says("Veille", "!raid oui")
    await watched.settles()
    assert await raided(watched)
    assert len(told(watched)) == 1 and "Quelqu'un de l'équipe" in told(watched)[0]
    await watched.telegram.says("Garde", "/raid oui")  # two at once: it is on already
    await watched.settles()
    assert len(told(watched, "Veille")) == 1
    await watched.telegram.says("Garde", "/raid non Les Tilleuls", private=True)
    await watched.settles()
    assert not await raided(watched) and "a levé l'attente" in told(watched, "Veille")[-1]


async def test_after_it_was_ended_by_hand_those_who_came_do_not_begin_it_anew(watched: Town) -> None:
    await crowd(watched)
    await watched.telegram.says("Garde", "/raid non")
    await comes(watched, "Encore un")
    assert not await raided(watched)


async def test_residents_cannot_switch_it(watched: Town) -> None:
    await watched.telegram.says("Ana", "/raid oui")
    await watched.settles()
    assert not await raided(watched)


async def test_without_a_word_it_says_how_it_stands(watched: Town) -> None:
    await watched.telegram.says("Garde", "/raid")
    await watched.settles()
    assert "tout est calme" in told(watched)[-1]


async def test_it_outlives_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    database = f"sqlite:///{tmp_path_factory.mktemp('raid')}/town.db"
    async with open_town(database) as town:
        await town.links(town.telegram.chat, town.matrix.chat)
        await watch(town)
        await crowd(town)
    async with open_town(database) as town:
        await comes(town, "Encore un")
        await town.settles()
        assert await raided(town) and told(town) == []


async def test_many_who_come_at_the_very_same_moment_are_told_once(postgresql: str) -> None:
    async with open_town(await new_database(postgresql)) as town:
        await town.links(town.telegram.chat, town.matrix.chat)
        await watch(town)
        await crowd(town, 9)
        here = town.telegram.chat
        events = [
            Stirred(key=str(n), at=now(), chat=here, sender=Person(f"Autre {n}", here), what="joined") for n in range(6)
        ]
        await asyncio.gather(*(town.app.handle([event]) for event in events))
        await town.settles()
        assert await raided(town) and len(told(town)) == 1


async def test_who_came_is_forgotten_after_a_day(watched: Town) -> None:
    await crowd(watched, 3)
    async with watched.store.work() as work:
        await work.exec(update(Arrival).values(at=now() - timedelta(days=2)))
    await sweep(watched.store)
    async with watched.store.work() as work:
        assert list(await work.exec(select(Arrival))) == []
