"""Everybody may see what is kept of them: a page, a file, and the receipts of what they decided."""

import json
from typing import Any

from bridges.model import Send
from tests.conftest import Town
from tests.features.test_relay import agrees


def files(town: Town) -> list[tuple[Send, dict[str, Any]]]:
    """Every file that was sent anywhere, read."""
    sends = [one for bridge in (town.telegram, town.matrix) for one, _ in bridge.did.values() if isinstance(one, Send)]
    return [(send, json.loads(send.media.source)) for send in sends if send.media]


async def test_whoever_asks_in_private_gets_a_page_and_a_file(linked: Town) -> None:
    await agrees(linked, "Ana", "Bob")
    await linked.telegram.says("Ana", "L'eau est coupée ?")
    await linked.telegram.says("Bob", "canari de Bob")
    await linked.settles()
    await linked.telegram.says("Ana", "/mesdonnees", private=True)
    await linked.settles()
    page, caption = linked.telegram.heard(chat=files(linked)[0][0].chat)[-2:]
    assert "Les Tilleuls : vos messages sont partagés, avec votre nom." in page and "Ana" in page
    assert "Texte d'un message : " in page and "Liste des copies d'un message, sans texte : 1" in page
    ((send, said),) = files(linked)
    assert send.media and (send.media.network, send.media.name) == ("palier", "palier.json")
    assert send.chat.id == "with Ana" and "JSON" in caption
    assert said["kept"]["consent"]["rows"][0]["name"] == "Ana"
    assert "L'eau est coupée ?" in json.dumps(said["kept"]["outgoing"], ensure_ascii=False)
    assert said["kept"]["receipt"]["purposes"] == ["receipt"]
    assert said["purposes"]["relay"]["basis"] == {"commune": "6(1)(a)", "association": "6(1)(a)"}
    assert "Bob" not in json.dumps(said)
    async with linked.store.work() as work:
        assert work.hash(linked.telegram.person("Ana")) not in json.dumps(said)


async def test_in_a_group_they_are_told_how_to_get_it_alone(linked: Town) -> None:
    await agrees(linked, "Ana")
    await linked.telegram.says("Ana", "/mydata")
    await linked.settles()
    (whisper,) = [post for post in linked.telegram.whispers("Ana") if "discussion privée" in post.html]
    assert whisper.action and whisper.action.buttons[0][0].url.startswith("https://telegram.example/palier")
    assert files(linked) == []


async def test_on_matrix_it_comes_to_a_direct_room(linked: Town) -> None:
    await linked.matrix.says("Mia", "!mesdonnees")
    await linked.settles()
    ((send, said),) = files(linked)
    assert send.to and send.to.id == "Mia" and said["id"] == "Mia"
    assert [post.to for post in linked.matrix.posts.values() if post.author == "bot"] == ["Mia", "Mia"]


async def test_who_never_said_anything_sees_that_nothing_is_kept(linked: Town) -> None:
    await linked.telegram.says("Bob", "/mesdonnees", private=True)
    await linked.settles()
    assert "Rien : aucune ligne" in str(linked.telegram.heard(chat=files(linked)[0][0].chat))
    assert files(linked)[0][1]["kept"] == {}


async def test_what_others_said_in_the_same_message_is_not_shown(linked: Town) -> None:
    await agrees(linked, "Ana", "Bob")
    ref = await linked.telegram.says("Bob", "canari de Bob")
    await linked.settles()
    await linked.telegram.says("Ana", "ma réponse", reply_to=ref)
    await linked.settles()
    await linked.telegram.says("Ana", "/mesdonnees", private=True)
    await linked.settles()
    ((_, said),) = files(linked)
    assert "ma réponse" in json.dumps(said, ensure_ascii=False) and "Bob" not in json.dumps(said)


async def test_decisions_are_listed_with_their_receipts(linked: Town) -> None:
    await linked.telegram.says("Ana", "/consentements")
    await linked.settles()
    assert "rien décidé" in linked.telegram.whispers("Ana")[-1].html
    await agrees(linked, "Ana")
    await agrees(linked, "Ana", choice="sans-nom")
    await linked.telegram.says("Ana", "/consents")
    await linked.settles()
    told = linked.telegram.whispers("Ana")[-1].html
    assert "Les Tilleuls : vos messages sont partagés, sans votre nom." in told
    assert told.index("partagés, sans votre nom (texte 1 fr ") < told.index("partagés, avec votre nom (texte 1 fr ")
    assert "Ana" not in linked.telegram.heard()[-1]
