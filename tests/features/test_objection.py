"""An objection reaches a human, is answered, and can be followed."""

from datetime import UTC, datetime, timedelta

import time_machine
from sqlmodel import select

from bot.clock import sweep
from bot.features.objection import Objection
from bot.invitations import accept
from bot.store import now
from bridges.model import Chat, Person
from tests.conftest import Town

ODILE = Person("Odile", Chat("telegram", "with Odile"), "Odile")


async def has_operator(town: Town) -> None:
    """Odile runs the bot."""
    async with town.store.work() as work:
        invitation = await work.invite("CODE", "operator", hours=1)
        await work.flush()
        assert await accept(work, invitation, ODILE)


async def test_it_is_noted_told_answered_and_shown(linked: Town) -> None:
    await has_operator(linked)
    await linked.telegram.says("Ana", "/objection je ne veux pas être <b>comptée</b>")
    await linked.settles()
    assert "n° 1" in linked.telegram.whispers("Ana")[-1].html
    assert "Objection n° 1" in linked.telegram.whispers("Odile")[-1].html
    assert "comptée" not in linked.telegram.whispers("Odile")[-1].html
    await linked.telegram.says("Odile", "/objections", private=True)
    await linked.settles()
    assert "je ne veux pas être comptée" in linked.telegram.heard(chat=ODILE.chat)[-1]
    assert "comptée" not in str(linked.matrix.heard()) + str(linked.telegram.heard("Bob")[1:])
    await linked.telegram.says("Odile", "/objections 1 Nous ne comptons plus <vous>.", private=True)
    await linked.settles()
    assert "Nous ne comptons plus" in linked.telegram.whispers("Ana")[-1].html
    await linked.telegram.says("Ana", "/mesdonnees", private=True)
    await linked.settles()
    assert "Objection n° 1" in str(linked.telegram.heard(chat=Chat("telegram", "with Ana")))
    await linked.telegram.says("Odile", "/objections", private=True)
    await linked.settles()
    assert "Aucune objection" in linked.telegram.heard(chat=ODILE.chat)[-1]


async def test_only_the_operator_reads_them(linked: Town) -> None:
    await linked.appoints("Bob", "telegram", "ambassador")
    await linked.telegram.says("Ana", "/objection canari")
    await linked.telegram.says("Bob", "/objections", private=True)
    await linked.settles()
    assert "canari" not in str([post.html for post in linked.telegram.posts.values() if post.author == "bot"])


async def test_one_person_cannot_flood_the_operator(linked: Town) -> None:
    await has_operator(linked)
    await linked.telegram.says("Ana", *["/objection non"] * 5)
    await linked.settles()
    async with linked.store.work() as work:
        assert len((await work.exec(select(Objection))).all()) == 3
    assert "trois objections" in linked.telegram.whispers("Ana")[-1].html


async def test_whoever_is_late_is_reminded(linked: Town) -> None:
    await has_operator(linked)
    await linked.telegram.says("Ana", "/objection non")
    await linked.reaches("objection.remind")
    assert "vingt jours" not in str([post.html for post in linked.telegram.whispers("Odile")])
    with time_machine.travel(datetime.now(UTC) + timedelta(days=21), tick=True):
        await linked.reaches("objection.remind")
    assert "Une objection attend" in linked.telegram.whispers("Odile")[-1].html


async def test_an_answered_one_is_forgotten_after_a_year(linked: Town) -> None:
    await linked.telegram.says("Ana", "/objection canari")
    await linked.settles()
    async with linked.store.work() as work:
        one = (await work.exec(select(Objection))).one()
        assert b"canari" not in one.words + one.identity
        one.answered = now()
    for days, left in ((364, 1), (366, 0)):
        with time_machine.travel(datetime.now(UTC) + timedelta(days=days), tick=True):
            await sweep(linked.store)
        async with linked.store.work() as work:
            assert len((await work.exec(select(Objection))).all()) == left
