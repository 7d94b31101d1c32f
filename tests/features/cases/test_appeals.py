"""Appeals: by answering the statement, within six months, never decided by the one who acted; lifting restores both."""

from datetime import timedelta

from sqlmodel import update

from bot.features.cases.tables import Case
from bot.store import now
from bridges.fake import Post
from bridges.model import Chat
from tests.features.cases.quarter import DESK, SPAM, Quarter


async def banned(quarter: Quarter) -> None:
    await quarter.says("Spam", SPAM)
    await quarter.taps("Mo", quarter.desk("Cas 1"), "ban")
    assert not quarter.telegram.may_write("Spam")


async def test_an_appeal_is_lifted_by_another_moderator_and_both_sides_recover(quarter: Quarter) -> None:
    await banned(quarter)
    statement = next(p for p in quarter.telegram.posts.values() if p.to == "Spam" and "Décision 1" in p.html)
    private = Chat("telegram", "with Spam")
    await quarter.says("Spam", "/recours 1 C'était <i>une</i> blague", chat=private)
    assert "est noté" in quarter.telegram.heard(chat=private)[-1]
    appeal = quarter.desk("Recours")
    assert "C'était une blague" in appeal.html and "5000 €" in appeal.html
    await quarter.taps("Mo", appeal, "lift")
    assert "une autre personne doit répondre" in quarter.telegram.toasts[-1]
    assert not quarter.telegram.may_write("Spam")
    await quarter.taps("Max", quarter.desk("Recours"), "lift")
    assert quarter.telegram.may_write("Spam") and await quarter.sanctions() == []
    assert any("5000 €" in line for line in quarter.matrix.heard())
    assert any("5000 €" in line and "par erreur" in line for line in quarter.telegram.heard())
    assert "annulée" in quarter.told("Spam")[-1]
    card = quarter.desk("Recours")
    assert "accepté" in card.html and "blague" not in card.html
    await quarter.says("Spam", "merci")
    assert "merci" in quarter.matrix.heard()[-1]
    assert statement.to == "Spam"


async def said_again(quarter: Quarter) -> Post:
    """Removed, and said again by the bot after an undo."""
    await banned(quarter)
    await quarter.says("Max", "/annuler 1", chat=DESK)
    return quarter.telegram.find("5000 €")


async def test_what_is_said_again_is_answered_and_found_like_the_first(quarter: Quarter) -> None:
    again = await said_again(quarter)
    await quarter.says("Ana", "ah bon ?", reply_to=quarter.telegram.ref(again))
    answer = quarter.matrix.find("ah bon")
    assert answer.reply_to == quarter.matrix.find("5000 €").id
    back = await quarter.says("Mia", "vraiment ?", reply_to=quarter.matrix.ref(answer), chat=quarter.matrix.chat)
    assert back and quarter.telegram.find("vraiment").reply_to


async def test_what_is_said_again_goes_when_its_author_is_forgotten(quarter: Quarter) -> None:
    await said_again(quarter)
    await quarter.says("Spam", "/oublier oui", chat=Chat("telegram", "with Spam"))
    assert not any("5000 €" in line for line in (*quarter.telegram.heard(), *quarter.matrix.heard()))


async def test_answering_the_statement_in_private_is_an_appeal(quarter: Quarter) -> None:
    await quarter.says("Mia", "nul nul nul", chat=quarter.matrix.chat)
    copy = quarter.telegram.find("nul nul")
    await quarter.says("Mo", "/avertir", reply_to=quarter.telegram.ref(copy))
    statement = next(p for p in quarter.matrix.posts.values() if p.to == "Mia" and "Décision 1" in p.html)
    await quarter.says("Mia", "pas d'accord", reply_to=quarter.matrix.ref(statement), chat=Chat("matrix", "with Mia"))
    assert "pas d'accord" in quarter.desk("Recours").html
    await quarter.taps("Max", quarter.desk("Recours"), "uphold")
    assert "maintenue" in quarter.told("Mia", "matrix")[-1]


async def test_one_appeals_once_in_time_and_for_oneself(quarter: Quarter) -> None:
    await banned(quarter)
    private = Chat("telegram", "with Spam")
    await quarter.says("Ana", "/recours 1 je proteste")
    assert "ne trouve pas de décision" in quarter.told("Ana")[-1]
    async with quarter.town.store.work() as work:
        await work.exec(update(Case).values(closed=now() - timedelta(days=190)))
    await quarter.says("Spam", "/recours 1 pardon", chat=private)
    assert "six mois" in quarter.telegram.heard(chat=private)[-1]
    async with quarter.town.store.work() as work:
        await work.exec(update(Case).values(closed=now() - timedelta(days=170)))
    await quarter.says("Spam", "/recours 1 pardon", chat=private)
    await quarter.says("Spam", "/recours 1 encore", chat=private)
    assert "déjà noté" in quarter.telegram.heard(chat=private)[-1]
    assert "encore" not in quarter.desk("Recours").html


async def test_what_the_moderator_undoes_alone_needs_no_appeal_any_more(quarter: Quarter) -> None:
    await banned(quarter)
    private = Chat("telegram", "with Spam")
    await quarter.says("Spam", "/recours 1 pardon", chat=private)
    await quarter.says("Mo", "/annuler 1")
    assert "accepté" in quarter.desk("Recours").html
    await quarter.says("Spam", "/recours 1 pardon", chat=private)
    assert "rien à contester" in quarter.telegram.heard(chat=private)[-1]


async def test_typed_at_the_desk_of_matrix(quarter: Quarter) -> None:
    await banned(quarter)
    await quarter.says("Spam", "/recours 1 pardon", chat=Chat("telegram", "with Spam"))
    await quarter.says("Mina", "!cas 1 lever", chat=Chat("matrix", "with Mina"))
    assert quarter.telegram.may_write("Spam")
