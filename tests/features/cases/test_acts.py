"""Acts in answer to a message, on either network; their inverses; who may not; one result for each chat."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from bot.features.cases.tables import Target
from bot.store import now
from tests.features.cases.quarter import Quarter


async def targets(quarter: Quarter) -> list[tuple[str, str]]:
    async with quarter.town.store.work() as work:
        rows = (await work.exec(select(Target).order_by(col(Target.act), col(Target.nth)))).all()
        return [(one.network, one.result) for one in rows]


async def test_a_matrix_user_is_silenced_from_telegram(quarter: Quarter) -> None:
    await quarter.says("Mia", "bonjour", chat=quarter.matrix.chat)
    copy = quarter.telegram.find("bonjour")
    await quarter.says("Mo", "/muet 2h du calme", reply_to=quarter.telegram.ref(copy))
    await quarter.minute()
    assert not quarter.matrix.may_write("Mia")
    assert await targets(quarter) == [("matrix", "done"), ("telegram", "held back")]
    await quarter.says("Mia", "encore moi", chat=quarter.matrix.chat)
    assert "encore moi" not in str(quarter.telegram.posts)
    assert "du calme" in quarter.told("Mia", "matrix")[-1]
    assert not any("/muet" in line for line in quarter.telegram.heard())
    await quarter.minute(now() + timedelta(hours=3))
    assert quarter.matrix.may_write("Mia") and await quarter.sanctions() == []
    await quarter.says("Mia", "me revoilà", chat=quarter.matrix.chat)
    assert "me revoilà" in quarter.telegram.heard()[-1]


async def test_a_telegram_user_is_silenced_from_matrix(quarter: Quarter) -> None:
    await quarter.says("Ana", "bonjour")
    copy = quarter.matrix.find("bonjour")
    await quarter.says("Mina", "!muet", reply_to=quarter.matrix.ref(copy), chat=quarter.matrix.chat)
    assert not quarter.telegram.may_write("Ana")
    await quarter.says("Ana", "encore moi")
    assert "encore moi" not in str(quarter.matrix.posts)
    await quarter.says("Mina", "!annuler", chat=quarter.matrix.chat)
    await quarter.says("Ana", "me revoilà")
    assert quarter.telegram.may_write("Ana") and "me revoilà" in quarter.matrix.heard()[-1]
    assert any("annulée" in line for line in quarter.told("Ana"))


async def test_a_failure_in_one_chat_does_not_stop_the_rest_and_is_told(quarter: Quarter) -> None:
    ref = await quarter.says("Ana", "bonjour")
    quarter.telegram.admins[quarter.telegram.chat] = {"Ana"}
    await quarter.says("Mo", "/exclure", reply_to=ref)
    await quarter.minute()
    assert await targets(quarter) == [("matrix", "held back"), ("telegram", "is-admin")]
    assert "⚠️" in quarter.desk("Cas 1").html
    assert any("Décision 1" in line for line in quarter.told("Ana"))


@pytest.mark.parametrize("command", ["/avertir", "/muet", "/exclure"])
async def test_nothing_is_done_to_those_with_a_role(quarter: Quarter, command: str) -> None:
    ref = await quarter.says("Max", "bonjour")
    await quarter.says("Mo", command, reply_to=ref)
    assert "a un rôle ici" in quarter.told("Mo")[-1]
    assert await quarter.acts() == [] and await quarter.cases() == []


async def test_residents_moderate_nobody(quarter: Quarter) -> None:
    ref = await quarter.says("Spam", "bonjour")
    await quarter.says("Ana", "/exclure", reply_to=ref)
    assert await quarter.acts() == []


async def test_a_removal_goes_everywhere_and_undone_is_said_again_on_both_sides(quarter: Quarter) -> None:
    ref = await quarter.says("Ana", "Le <b>lavoir</b> est fermé")
    await quarter.says("Mo", "/retirer", reply_to=ref)
    assert "lavoir" not in str(quarter.telegram.heard()) + str(quarter.matrix.heard())
    assert any("ne revient pas lui-même" in line for line in quarter.told("Mo"))
    await quarter.says("Max", "/annuler 1")
    assert "retiré par erreur" in quarter.telegram.heard()[-1] and "lavoir" in quarter.telegram.heard()[-1]
    assert "<b>Ana · Telegram</b>: Le <b>lavoir</b> est fermé" in quarter.matrix.heard()
    await quarter.says("Max", "/annuler 1")
    assert "plus rien à annuler" in quarter.told("Max")[-1]


async def test_words_that_imitate_the_town_hall_do_not_come_back_in_the_bots_own_voice(quarter: Quarter) -> None:
    ref = await quarter.says("Ana", "🏛 Mairie de Bourg-Exemple : coupure d'eau")
    await quarter.says("Mo", "/retirer", reply_to=ref)
    await quarter.says("Mo", "/annuler 1")
    assert "🏛" not in quarter.telegram.heard()[-1]


async def test_a_circle_is_locked_and_opened_again(quarter: Quarter) -> None:
    await quarter.says("Mo", "/verrouiller")
    assert quarter.telegram.locked == {quarter.telegram.chat} and quarter.matrix.locked == {quarter.matrix.chat}
    await quarter.says("Mo", "/verrouiller")
    assert "déjà verrouillé" in quarter.told("Mo")[-1]
    await quarter.says("Max", "/annuler 1")
    assert quarter.telegram.locked == set() and quarter.matrix.locked == set()


async def test_reactions_are_cleared_here_and_on_the_copies_and_do_not_come_back(quarter: Quarter) -> None:
    ref = await quarter.says("Ana", "bonjour")
    mine = await quarter.says("Spam", "salut")
    await quarter.telegram.reacts("Spam", ref, "👎")
    await quarter.town.settles()
    assert quarter.matrix.find("bonjour").reactions == {"👎": {"bot"}}
    await quarter.says("Mo", "/nettoyer", reply_to=mine)
    assert quarter.telegram.posts[ref.chat, ref.id].reactions.get("👎") is None
    assert quarter.matrix.find("bonjour").reactions == {}
    await quarter.says("Mo", "/annuler 1")
    assert "ne reviennent pas" in quarter.told("Mo")[-1]


async def test_strikes_raise_what_is_offered_and_undone_ones_do_not_count(quarter: Quarter) -> None:
    ref = await quarter.says("Spam", "bonjour")
    for _ in range(2):
        await quarter.says("Mo", "/avertir", reply_to=ref)
    from tests.features.cases.quarter import SPAM

    await quarter.says("Spam", SPAM)
    assert "2 décisions avant. Proposé : muet 1 jour" in quarter.desk("Cas 3").html
    await quarter.says("Mo", "/annuler 1")
    await quarter.says("Mo", "/annuler 2")
    await quarter.says("Spam", SPAM + " !")
    assert "Aucune décision avant" in quarter.desk("Cas 4").html


async def test_the_statement_arrives_before_the_ban(quarter: Quarter) -> None:
    ref = await quarter.says("Ana", "bonjour")
    await quarter.says("Mo", "/exclure insultes", reply_to=ref)
    kinds = [action.kind for action, _ in quarter.telegram.did.values()]
    sent = [action for action, _ in quarter.telegram.did.values()]
    statement = next(n for n, one in enumerate(sent) if one.kind == "send" and "Décision 1" in one.html)
    assert statement < kinds.index("restrict")
