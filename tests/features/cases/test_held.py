"""Held words become a case at once; a human decides, once, and everybody concerned is told."""

import asyncio
from datetime import timedelta

from sqlmodel import select

from bot.features.cases.tables import Outcome
from bot.store import Outgoing, State, now
from bridges.model import Chat
from tests.features.cases.quarter import DESK, SPAM, Quarter


async def test_spam_is_held_shown_to_moderators_alone_and_its_author_is_told_kindly(quarter: Quarter) -> None:
    await quarter.says("Spam", SPAM)
    assert quarter.matrix.heard() == []
    card = quarter.desk("Cas 1")
    assert "Spam · Telegram" in card.html and "5000 €" in card.html and card.chat == DESK
    assert card.action and len([one for row in card.action.buttons for one in row]) == 6
    (told,) = [line for line in quarter.told("Spam") if "⏸" in line]
    assert "un modérateur le regarde" in told
    assert [line for line in quarter.telegram.heard() if "5000" in line] == [SPAM]


async def test_a_moderator_lets_it_pass_and_it_crosses(quarter: Quarter) -> None:
    await quarter.says("Spam", SPAM)
    await quarter.taps("Mo", quarter.desk("Cas 1"), "pass")
    assert [line for line in quarter.matrix.heard() if "5000 €" in line]
    assert "tout va bien" in quarter.told("Spam")[-1]
    card = quarter.desk("Cas 1")
    assert "5000" not in card.html and card.action is not None
    assert [act.what for act in await quarter.acts()] == ["release"]


async def test_a_removed_message_goes_at_home_and_never_reaches_the_others(quarter: Quarter) -> None:
    ref = await quarter.says("Spam", SPAM)
    await quarter.taps("Mo", quarter.desk("Cas 1"), "remove")
    await quarter.minute()
    assert (ref.chat, ref.id) not in quarter.telegram.posts
    assert "5000" not in str(quarter.matrix.did) and "5000" not in str(quarter.matrix.posts)
    statement = quarter.told("Spam")[-1]
    for words in ("Décision 1", "retiré", "Les Tilleuls", "filtre", "une personne a décidé", "/recours 1", "5000 €"):
        assert words in statement, words
    assert "Fait dans 2 salons sur 2" in quarter.desk("Cas 1").html
    async with quarter.town.store.work() as work:
        kept = (await work.exec(select(Outgoing).where(Outgoing.state == State.HELD))).all()
    assert kept == []


async def test_two_moderators_at_once_act_once(quarter: Quarter) -> None:
    await quarter.says("Spam", SPAM)
    card = quarter.desk("Cas 1")
    assert card.action
    await asyncio.gather(quarter.taps("Mo", card, "ban"), quarter.taps("Max", card, "ban"))
    assert [act.what for act in await quarter.acts()] == ["remove", "ban"]
    assert any("déjà décidé" in toast for toast in quarter.telegram.toasts)
    assert len([line for line in quarter.told("Spam") if "Décision 1" in line]) == 1


async def test_whoever_is_no_moderator_decides_nothing(quarter: Quarter) -> None:
    await quarter.says("Spam", SPAM)
    await quarter.taps("Ana", quarter.desk("Cas 1"), "pass")
    assert await quarter.acts() == [] and (await quarter.cases())[0].outcome is Outcome.OPEN


async def test_on_matrix_a_case_is_decided_by_typing(quarter: Quarter) -> None:
    await quarter.says("Spam", SPAM)
    await quarter.says("Mina", "!cas 1 muet publicité répétée", chat=Chat("matrix", "with Mina"))
    assert [act.what for act in await quarter.acts()] == ["remove", "mute"]
    assert "publicité répétée" in [line for line in quarter.told("Spam") if "Décision" in line][-1]
    assert not quarter.telegram.may_write("Spam")


async def test_what_nobody_looks_at_in_two_days_stays_where_it_is(quarter: Quarter) -> None:
    await quarter.says("Spam", SPAM)
    await quarter.minute(now() + timedelta(hours=49))
    assert (await quarter.cases())[0].outcome is Outcome.EXPIRED
    assert "Personne n'a pu regarder" in quarter.told("Spam")[-1]
    assert quarter.matrix.heard() == []


async def test_whoever_takes_their_own_held_words_away_has_settled_the_case(quarter: Quarter) -> None:
    ref = await quarter.says("Spam", SPAM)
    await quarter.telegram.removes("Spam", ref)
    await quarter.town.settles()
    assert (await quarter.cases())[0].outcome is Outcome.WITHDRAWN
    assert "5000" not in quarter.desk("Cas 1").html


async def test_an_edit_of_held_words_is_the_same_case(quarter: Quarter) -> None:
    ref = await quarter.says("Spam", SPAM)
    await quarter.telegram.edits("Spam", ref, f"{SPAM} vite !")
    await quarter.town.settles()
    assert len(await quarter.cases()) == 1 and "vite !" in quarter.desk("Cas 1").html


async def test_staff_is_never_judged(quarter: Quarter) -> None:
    await quarter.says("Mo", SPAM)
    assert await quarter.cases() == []


async def test_a_crash_between_acts_resumes(quarter: Quarter) -> None:
    """All acts are rows of the outbox, in the transaction of the decision: a new courier carries out what is left."""
    ref = await quarter.says("Spam", SPAM)
    card = quarter.desk("Cas 1")
    assert card.action
    data = next(one.data for row in card.action.buttons for one in row if one.data.endswith(" ban"))
    quarter.telegram.failures = [RuntimeError("the process dies here")] * 0
    await quarter.telegram.taps("Mo", quarter.telegram.ref(card), data)
    quarter.town.restarts_courier()
    await quarter.town.settles()
    quarter.town.restarts_courier()
    await quarter.minute()
    assert (ref.chat, ref.id) not in quarter.telegram.posts and not quarter.telegram.may_write("Spam")
    restricts = [action for action, _ in quarter.telegram.did.values() if action.kind == "restrict"]
    assert len(restricts) == 1
