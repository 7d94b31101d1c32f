"""Reports: one case for many, nobody sees who, not too many of one person, and the outcome is told."""

from sqlmodel import select

from bot.features.cases.tables import Kind, Report
from tests.features.cases.quarter import DESK, Quarter


async def test_many_reports_are_one_case_and_reporters_stay_hidden(quarter: Quarter) -> None:
    ref = await quarter.says("Spam", "tu es nul, Bob")
    command = await quarter.says("Ana", "/abus", reply_to=ref)
    assert (command.chat, command.id) not in quarter.telegram.posts
    copy = quarter.matrix.find("nul")
    await quarter.says("Mia", "!abus", reply_to=quarter.matrix.ref(copy), chat=quarter.matrix.chat)
    await quarter.says("Ana", "/abus", reply_to=ref)
    (case,) = await quarter.cases()
    assert (case.kind, case.reports) == (Kind.REPORTED, 2)
    card = quarter.desk("Cas 1")
    assert "2 personnes l'ont signalé" in card.html and "tu es nul" in card.html
    assert "Ana" not in card.html and "Mia" not in card.html
    assert quarter.told("Spam") == []


async def test_reporters_hear_the_outcome_and_are_forgotten_then(quarter: Quarter) -> None:
    ref = await quarter.says("Spam", "tu es nul, Bob")
    await quarter.says("Ana", "/abus", reply_to=ref)
    await quarter.taps("Mo", quarter.desk("Cas 1"), "warn")
    assert "Un modérateur a agi" in quarter.told("Ana")[-1]
    statement = quarter.told("Spam")[-1]
    assert "un signalement" in statement and "Ana" not in statement and "aucune, une personne" in statement
    async with quarter.town.store.work() as work:
        assert [one.identity for one in await work.exec(select(Report))] == [None]


async def test_nothing_done_is_told_too(quarter: Quarter) -> None:
    ref = await quarter.says("Spam", "bonjour")
    await quarter.says("Ana", "/abus", reply_to=ref)
    await quarter.taps("Mo", quarter.desk("Cas 1"), "pass")
    assert "il reste en place" in quarter.told("Ana")[-1]
    assert not any("Décision" in line for line in quarter.told("Spam"))


async def test_nobody_reports_without_end(quarter: Quarter) -> None:
    refs = [await quarter.says("Spam", f"bonjour {n}") for n in range(6)]
    for ref in refs:
        await quarter.says("Ana", "/abus", reply_to=ref)
    assert len(await quarter.cases()) == 5
    assert "déjà beaucoup signalé" in quarter.told("Ana")[-1]


async def test_one_does_not_report_oneself_nor_the_bot_nor_nothing(quarter: Quarter) -> None:
    own = await quarter.says("Ana", "bonjour")
    await quarter.says("Ana", "/abus", reply_to=own)
    assert "votre propre message" in quarter.told("Ana")[-1]
    await quarter.says("Ana", "/abus")
    assert "Répondez par cette commande" in quarter.told("Ana")[-1]
    await quarter.says("Ana", "/aide")
    bots = next(post for post in quarter.telegram.posts.values() if post.author == "bot" and post.chat != DESK)
    await quarter.says("Ana", "/abus", reply_to=quarter.telegram.ref(bots))
    assert "ne retrouve pas" in quarter.told("Ana")[-1]
    assert await quarter.cases() == []


async def test_a_moderator_does_not_decide_about_themselves(quarter: Quarter) -> None:
    ref = await quarter.says("Mo", "tu es nul, Bob")
    await quarter.says("Ana", "/abus", reply_to=ref)
    await quarter.taps("Mo", quarter.desk("Cas 1"), "pass")
    assert "vous concerne" in quarter.telegram.toasts[-1]
    await quarter.taps("Max", quarter.desk("Cas 1"), "remove")
    assert (ref.chat, ref.id) not in quarter.telegram.posts
