"""What crosses, for whom, and under which name."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bridges.model import Message
from bridges.port import Refused, TryLater
from tests.conftest import Town


async def agrees(town: Town, *names: str, choice: str = "oui") -> None:
    """Have neighbours on either side say yes, by command, and let the answers arrive."""
    for name in names:
        bridge = town.telegram if name[0] < "M" else town.matrix  # Ana, Bob, Chloé on Telegram; Mia, Noé on Matrix
        await bridge.says(name, f"{bridge.can.prefix}relais {choice}")
    await town.settles()


@pytest.mark.parametrize(("word", "by"), [("oui", "Ana · Telegram"), ("sans-nom", "Quelqu'un · Les Tilleuls 1")])
async def test_a_message_and_its_edit_cross_as_their_author_chose(linked: Town, word: str, by: str) -> None:
    await agrees(linked, "Ana", choice=word)
    ref = await linked.telegram.says("Ana", "bonjour <b>tous</b>")
    await linked.settles()
    assert linked.matrix.heard()[-1] == f"<b>{by}</b>: bonjour <b>tous</b>"
    await linked.telegram.edits("Ana", ref, "bonsoir")
    await linked.settles()
    assert linked.matrix.heard()[-1] == f"<b>{by}</b>: bonsoir"


@pytest.mark.parametrize("words", [[], ["/relais non"], ["/relais oui", "/relais non"]])
async def test_nothing_of_who_did_not_say_yes_leaves(linked: Town, words: list[str]) -> None:
    before = linked.matrix.heard()
    for word in words:
        await linked.telegram.says("Ana", word)
    ref = await linked.telegram.says("Ana", "canari")
    await linked.telegram.edits("Ana", ref, "canari jaune")
    await linked.telegram.reacts("Ana", ref, "👍")
    await linked.settles()
    assert linked.matrix.heard() == before


async def test_an_answer_finds_its_message_on_both_sides(linked: Town) -> None:
    await agrees(linked, "Ana", "Mia")
    question = await linked.telegram.says("Ana", "qui vient ?")
    await linked.settles()
    copy = linked.matrix.seen()[-1]
    await linked.matrix.says("Mia", "moi", reply_to=linked.matrix.ref(copy))
    await linked.settles()
    answer = linked.telegram.seen()[-1]
    assert (answer.html, answer.reply_to) == ("<b>Mia · Matrix</b>: moi", question.id)
    await linked.telegram.says("Ana", "parfait", reply_to=linked.telegram.ref(answer))
    await linked.settles()
    assert linked.matrix.seen()[-1].reply_to == linked.matrix.find("moi").id


async def test_an_answer_to_what_stayed_says_so(linked: Town) -> None:
    await agrees(linked, "Ana")
    stayed = await linked.telegram.says("Bob", "un secret")
    await linked.telegram.says("Ana", "d'accord", reply_to=stayed)
    await linked.settles()
    assert linked.matrix.heard()[-1] == (
        "<b>Ana · Telegram</b>: <i>(en réponse à un message resté là-bas)</i>\nd'accord"
    )


async def test_an_answer_sent_right_after_its_message_still_finds_it(linked: Town) -> None:
    await agrees(linked, "Ana", "Bob")
    first = await linked.telegram.says("Ana", "qui ?")
    await linked.telegram.says("Bob", "moi", reply_to=first)
    await linked.settles()
    assert linked.matrix.seen()[-1].reply_to == linked.matrix.find("qui ?").id


async def test_only_its_author_edits_a_message(linked: Town) -> None:
    await agrees(linked, "Mia", "Noé")
    ref = await linked.matrix.says("Mia", "à six heures")
    await linked.settles()
    await linked.matrix.edits("Noé", ref, "à neuf heures")
    await linked.settles()
    assert linked.telegram.heard()[-1] == "<b>Mia · Matrix</b>: à six heures"


async def test_an_edit_that_changes_nothing_is_not_sent(linked: Town) -> None:
    await agrees(linked, "Ana")
    ref = await linked.telegram.says("Ana", "un lien")
    await linked.settles()
    acts = len(linked.matrix.did)
    await linked.telegram.edits("Ana", ref, "un lien")
    await linked.settles()
    assert len(linked.matrix.did) == acts


async def test_what_its_author_removes_is_removed_elsewhere(linked: Town) -> None:
    await agrees(linked, "Mia")
    ref = await linked.matrix.says("Mia", "oups")
    await linked.settles()
    assert linked.telegram.heard()[-1] == "<b>Mia · Matrix</b>: oups"
    await linked.matrix.removes("Mia", ref)
    await linked.settles()
    assert "oups" not in str(linked.telegram.heard())


async def test_what_is_removed_before_it_left_never_leaves(linked: Town) -> None:
    await agrees(linked, "Mia")
    ref = await linked.matrix.says("Mia", "oups")
    await linked.matrix.removes("Mia", ref)
    await linked.settles()
    assert "oups" not in str([action for action, _ in linked.telegram.did.values()])


async def test_reactions_show_while_someone_who_said_yes_holds_them(linked: Town) -> None:
    await agrees(linked, "Ana", "Mia", "Noé")
    ref = await linked.telegram.says("Ana", "fête samedi")
    await linked.settles()
    copy = linked.matrix.ref(linked.matrix.find("fête samedi"))
    await linked.matrix.reacts("Mia", copy, "🎉")
    await linked.matrix.reacts("Noé", copy, "🎉")
    await linked.matrix.reacts("Personne", copy, "💩")
    await linked.settles()
    shown = linked.telegram.posts[ref.chat, ref.id].reactions
    assert shown == {"🎉": {"bot"}}
    await linked.matrix.reacts("Mia", copy)
    await linked.settles()
    assert linked.telegram.posts[ref.chat, ref.id].reactions == {"🎉": {"bot"}}
    await linked.matrix.reacts("Noé", copy)
    await linked.settles()
    assert linked.telegram.posts[ref.chat, ref.id].reactions == {}


async def test_a_long_message_is_split_and_its_edits_and_removal_find_every_part(linked: Town) -> None:
    await agrees(linked, "Mia")
    before = len(linked.telegram.seen())
    words = " ".join(f"mot{n}" for n in range(1500))
    ref = await linked.matrix.says("Mia", words)
    await linked.settles()
    parts = linked.telegram.seen()[before:]
    assert len(parts) == 3 and all(part.html.startswith("<b>Mia · Matrix</b>: (") for part in parts)
    assert [word for n in range(1500) if (word := f"mot{n}") not in "".join(part.html for part in parts)] == []
    await linked.matrix.edits("Mia", ref, words[:5000])
    await linked.settles()
    assert len(linked.telegram.seen()[before:]) == 2
    await linked.matrix.edits("Mia", ref, words + words)
    await linked.settles()
    assert len(linked.telegram.seen()[before:]) == 6
    await linked.matrix.removes("Mia", ref)
    await linked.settles()
    assert linked.telegram.seen()[before:] == []


async def test_a_command_is_never_passed_on(linked: Town) -> None:
    await agrees(linked, "Ana", "Mia")
    before = linked.matrix.heard(), linked.telegram.heard()
    await linked.telegram.says("Ana", "/meteo@autrebot demain", "/aide", "/inconnu")
    await linked.matrix.says("Mia", "!aide")
    await linked.settles()
    for bridge, was in ((linked.matrix, before[0]), (linked.telegram, before[1])):
        assert "meteo" not in str(bridge.heard()[len(was) :]) or bridge is linked.telegram
        assert not [post for post in bridge.seen()[len(was) :] if post.author == "bot" and "meteo" in post.html]


async def test_what_cannot_be_delivered_is_told_to_its_author_once(linked: Town) -> None:
    await agrees(linked, "Ana")
    linked.matrix.failures.append(Refused("rights"))
    await linked.telegram.says("Ana", "bonjour")
    await linked.settles()
    whispers = [post.html for post in linked.telegram.whispers("Ana")]
    assert whispers[-1] == (
        "Votre message n'a pas pu partir chez vos voisins de l'autre côté : je n'en ai pas le droit dans ce salon."
    )
    await linked.telegram.says("Ana", "encore")
    await linked.settles()
    assert linked.matrix.heard()[-1] == "<b>Ana · Telegram</b>: encore"


async def test_a_wait_is_no_loss(linked: Town) -> None:
    await agrees(linked, "Ana")
    linked.matrix.failures += [TryLater(timedelta(0)), TryLater(timedelta(0))]
    await linked.telegram.says("Ana", "un", "deux", "trois")
    await linked.settles()
    assert [line.rpartition(" ")[2] for line in linked.matrix.heard()[-3:]] == ["un", "deux", "trois"]


async def test_a_name_that_pretends_to_be_the_town_hall_is_replaced(linked: Town) -> None:
    await linked.telegram.says("Mairie de Bourg-Exemple", "/relais oui", "Fermeture demain")
    await linked.settles()
    assert linked.matrix.heard()[-1] == "<b>Quelqu'un · Les Tilleuls 1</b>: Fermeture demain"


async def test_three_chats_hear_one_another_and_no_copy_comes_back(town: Town) -> None:
    second = type(town.telegram.chat)("telegram", "second")
    await town.links(town.telegram.chat, town.matrix.chat, second)
    await agrees(town, "Ana")
    await town.telegram.says("Ana", "bonjour")
    await town.settles()
    assert town.matrix.heard()[-1] == "<b>Ana · Telegram</b>: bonjour"
    assert town.telegram.heard(chat=second)[-1] == "<b>Ana · Telegram</b>: bonjour"
    assert len([post for post in town.telegram.posts.values() if "bonjour" in post.html]) == 2


async def test_a_topic_is_a_chat_of_its_own_and_reactions_find_it(town: Town) -> None:
    room = town.telegram.chat
    topic = type(room)(room.network, room.id, "7")
    await town.links(topic, town.matrix.chat)
    await town.telegram.says("Ana", "/relais oui", chat=topic)
    await agrees(town, "Mia")
    ref = await town.telegram.says("Ana", "dans le sujet", chat=topic)
    await town.telegram.says("Ana", "hors sujet")
    await town.settles()
    assert town.matrix.heard()[-1] == "<b>Ana · Telegram</b>: dans le sujet"
    bare = type(ref)(room, ref.id)
    town.telegram.posts[room, ref.id] = town.telegram.posts[topic, ref.id]
    await town.telegram.reacts("Ana", bare, "🎉")
    await town.settles()
    assert town.matrix.seen()[-1].reactions == {"🎉": {"bot"}}


async def test_a_quote_crosses_only_where_the_quoted_words_are_already(linked: Town) -> None:
    await agrees(linked, "Ana", "Mia")
    stayed = await linked.telegram.says("Bob", "un canari secret")
    shared = await linked.telegram.says("Mia", "rien")  # never relayed: it only gives a message to tell anew
    crossed = await linked.telegram.says("Ana", "rendez-vous au parc")
    await linked.settles()
    told = linked.telegram.last
    assert isinstance(told, Message)
    for n, (to, quote) in enumerate([(stayed, "canari secret"), (crossed, "au parc")]):
        ref = replace(shared, id=f"q{n}")
        await linked.telegram.tells(replace(told, key=f"q{n}", ref=ref, html="oui", reply_to=to, quote=quote))
    await linked.settles()
    first, second = [post.action for post in linked.matrix.seen()[-2:]]
    assert first and second
    assert (first.quote, second.quote) == ("", "au parc")
    assert "canari" not in str(linked.matrix.did)
