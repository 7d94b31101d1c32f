"""Asking, deciding, changing one's mind, taking back."""

import pytest
from sqlmodel import select

from bot.store import Consent, Copy, Outgoing, Receipt
from tests.conftest import Town
from tests.features.test_relay import agrees

YES, UNNAMED, NO = "privacy:choose:named 1", "privacy:choose:unnamed 1", "privacy:choose:no 1"


async def test_a_first_message_that_stays_is_marked_and_its_author_alone_is_asked(linked: Town) -> None:
    ref = await linked.telegram.says("Ana", "L'eau est coupée chez vous ?")
    await linked.settles()
    assert linked.telegram.posts[ref.chat, ref.id].reactions == {"🙊": {"bot"}}
    (question,) = linked.telegram.whispers("Ana")
    assert question.reply_to == ref.id and "resté dans ce groupe" in question.html
    assert linked.telegram.heard("Bob") == ["L'eau est coupée chez vous ?"]
    assert linked.matrix.heard() == []


async def test_nobody_is_asked_twice(linked: Town) -> None:
    await linked.telegram.says("Ana", "un", "deux", "trois")
    await linked.settles()
    assert len(linked.telegram.whispers("Ana")) == 1
    assert [post.reactions for post in linked.telegram.seen()] == [{"🙊": {"bot"}}, {}, {}]


@pytest.mark.parametrize(
    ("button", "by"), [(YES, "Ana · Telegram"), (UNNAMED, "Quelqu'un · Les Tilleuls 1")]
)
async def test_a_yes_to_the_question_sends_that_very_message(linked: Town, button: str, by: str) -> None:
    ref = await linked.telegram.says("Ana", "L'eau est coupée <i>chez vous</i> ?")
    await linked.settles()
    question = linked.telegram.ref(linked.telegram.whispers("Ana")[0])
    await linked.telegram.taps("Ana", question, button)
    await linked.settles()
    assert linked.matrix.heard() == [f"<b>{by}</b>: L'eau est coupée <i>chez vous</i> ?"]
    assert linked.telegram.posts[ref.chat, ref.id].reactions == {}
    assert any("C'est noté" in post.html for post in linked.telegram.whispers("Ana"))
    await linked.telegram.taps("Ana", question, button)
    await linked.settles()
    assert len(linked.matrix.heard()) == 1


async def test_a_no_to_the_question_sends_nothing_and_is_noted(linked: Town) -> None:
    await linked.telegram.says("Ana", "un secret")
    await linked.settles()
    await linked.telegram.taps("Ana", linked.telegram.ref(linked.telegram.whispers("Ana")[0]), NO)
    await linked.settles()
    assert linked.matrix.heard() == []
    assert "reste ici" in linked.telegram.whispers("Ana")[-1].html


async def test_the_card_hangs_in_every_chat_and_asks_as_its_network_can(linked: Town) -> None:
    await puts_up_cards(linked)
    (telegram,), (matrix,) = linked.telegram.seen(), linked.matrix.seen()
    assert (linked.telegram.pinned, linked.matrix.pinned) == ([telegram.id], [matrix.id])
    assert telegram.action and [row[0].data for row in telegram.action.buttons] == [YES, UNNAMED, NO]
    assert "salon Matrix « Les Tilleuls »" in telegram.html and "Mairie de Bourg-Exemple" in telegram.html
    assert "👍" in matrix.html and "groupe Telegram « Les Tilleuls »" in matrix.html
    await linked.telegram.taps("Ana", linked.telegram.ref(telegram), YES)
    await linked.telegram.says("Ana", "bonjour")
    await linked.settles()
    assert linked.matrix.heard()[-1] == "<b>Ana · Telegram</b>: bonjour"
    assert "bonjour" not in linked.telegram.heard()[0]


async def puts_up_cards(town: Town) -> None:
    """Have the circle's cards hung."""
    from bot.events import CircleChanged
    from bot.feature import Context
    from bot.store import now

    async with town.store.work() as work:
        await town.app.world.route(Context(CircleChanged(at=now(), circle=1), work, town.app.world, "fr"))
    await town.settles()


async def test_a_thumb_on_the_matrix_card_is_a_yes_and_leaves_no_list(linked: Town) -> None:
    await puts_up_cards(linked)
    card = linked.matrix.ref(linked.matrix.seen()[0])
    await linked.matrix.reacts("Mia", card, "👍", mark="$r1")
    await linked.matrix.says("Mia", "coucou")
    await linked.settles()
    assert linked.telegram.heard()[-1] == "<b>Mia · Matrix</b>: coucou"
    assert linked.matrix.unreacted == ["$r1"]


async def test_another_emoji_on_the_card_is_no_yes(linked: Town) -> None:
    await puts_up_cards(linked)
    await linked.matrix.reacts("Mia", linked.matrix.ref(linked.matrix.seen()[0]), "👎", mark="$r1")
    await linked.matrix.says("Mia", "coucou")
    await linked.settles()
    assert "coucou" not in str(linked.telegram.heard())


async def test_a_no_takes_earlier_copies_back_everywhere(linked: Town) -> None:
    await agrees(linked, "Ana", "Mia")
    ref = await linked.telegram.says("Ana", "un", "deux")
    copy = linked.matrix.ref
    await linked.settles()
    await linked.telegram.reacts("Ana", ref, "👍")
    await linked.matrix.says("Mia", "trois", reply_to=copy(linked.matrix.find("deux")))
    await linked.settles()
    await linked.telegram.says("Ana", "/relais non")
    await linked.settles()
    assert [line for line in linked.matrix.heard() if "Ana" in line] == []
    assert "trois" in linked.matrix.heard()[-1] or "trois" in str(linked.matrix.heard())
    assert "2 copies déjà faites sont retirées" in linked.telegram.heard("Ana")[-1]


async def test_what_waits_when_someone_says_no_never_leaves(linked: Town) -> None:
    await agrees(linked, "Ana")
    await linked.telegram.says("Ana", "canari", "/relais non")
    await linked.settles()
    assert "canari" not in str(linked.matrix.did)


async def test_taking_the_name_back_signs_telegram_copies_anew_and_removes_matrix_ones(linked: Town) -> None:
    await agrees(linked, "Ana", "Mia")
    await linked.telegram.says("Ana", "de Telegram")
    await linked.matrix.says("Mia", "de Matrix")
    await linked.settles()
    await agrees(linked, "Ana", "Mia", choice="sans-nom")
    assert "de Telegram" not in str(linked.matrix.heard())
    assert "<b>Quelqu'un · Les Tilleuls 2</b>: de Matrix" in linked.telegram.heard()


async def test_where_the_words_are_no_longer_kept_the_named_copy_is_removed(linked: Town) -> None:
    await agrees(linked, "Mia")
    await linked.matrix.says("Mia", "vieux message")
    await linked.settles()
    async with linked.store.work() as work:
        for row in await work.exec(select(Outgoing)):
            row.payload = None
    await agrees(linked, "Mia", choice="sans-nom")
    assert "vieux message" not in str(linked.telegram.heard())


async def test_erase_removes_here_and_there_and_keeps_no_words(linked: Town) -> None:
    await agrees(linked, "Ana")
    ref = await linked.telegram.says("Ana", "L'eau est coupée ?")
    await linked.settles()
    await linked.telegram.says("Ana", "/effacer", reply_to=ref)
    await linked.settles()
    assert "L'eau" not in str(linked.telegram.heard()) + str(linked.matrix.heard())
    async with linked.store.work() as work:
        origin = f"telegram|main|{ref.id}"
        rows = (await work.exec(select(Outgoing).where(Outgoing.origin == origin))).all()
        assert rows and all(row.payload is None for row in rows)
        assert (await work.exec(select(Copy).where(Copy.origin == origin))).all() == []


async def test_the_authors_own_see_no_evil_erases_too(linked: Town) -> None:
    await agrees(linked, "Ana", "Bob")
    ref = await linked.telegram.says("Ana", "oups")
    await linked.settles()
    await linked.telegram.reacts("Bob", ref, "🙈")
    await linked.settles()
    assert "oups" in linked.matrix.heard()[-1]
    await linked.telegram.reacts("Ana", ref, "🙈")
    await linked.settles()
    assert "oups" not in str(linked.matrix.heard()) + str(linked.telegram.heard())


@pytest.mark.parametrize(
    ("reply", "answer"),
    [(None, "Répondez à votre message"), ("Bob", "n'est pas de vous"), ("Théo", "n'a pas quitté ce salon")],
)
async def test_erase_says_why_it_does_not(linked: Town, reply: str | None, answer: str) -> None:
    await agrees(linked, "Bob")
    ref = await linked.telegram.says(reply, "bonjour") if reply else None
    await linked.settles()
    await linked.telegram.says("Ana", "/effacer", reply_to=ref)
    await linked.settles()
    assert answer in linked.telegram.whispers("Ana")[-1].html


async def test_in_private_the_choice_is_for_the_circle_one_is_in(linked: Town) -> None:
    await linked.matrix.says("Mia", "bonjour")
    await linked.matrix.says("Mia", "!relais", private=True)
    await linked.matrix.says("Mia", "!relais sans-nom", private=True)
    await linked.matrix.says("Mia", "ça marche ?")
    await linked.settles()
    private = linked.matrix.heard(chat=type(linked.matrix.chat)("matrix", "with Mia"))
    assert "vous n'avez rien dit" in private[2] and "C'est noté" in private[3]
    assert linked.telegram.heard()[-1] == "<b>Quelqu'un · Les Tilleuls 1</b>: ça marche ?"


async def test_in_private_a_stranger_is_told_so(linked: Town) -> None:
    await linked.matrix.says("Zoé", "!relais oui", private=True)
    await linked.settles()
    assert "dans aucun salon relié" in linked.matrix.heard(chat=type(linked.matrix.chat)("matrix", "with Zoé"))[-1]


async def test_each_decision_leaves_a_receipt_without_a_readable_person(linked: Town) -> None:
    await agrees(linked, "Ana")
    await agrees(linked, "Ana", choice="non")
    async with linked.store.work() as work:
        receipts = (await work.exec(select(Receipt))).all()
        consent = (await work.exec(select(Consent))).one()
    assert [receipt.choice for receipt in receipts] == ["named", "no"]
    assert all(len(receipt.wording.split()) == 3 and b"Ana" not in receipt.identity for receipt in receipts)
    assert consent.name is None and "Ana" not in consent.person


async def test_rules_are_told_to_whoever_asks(linked: Town) -> None:
    await linked.telegram.says("Ana", "/privacy")
    await linked.settles()
    assert "Mairie de Bourg-Exemple" in linked.telegram.whispers("Ana")[-1].html
