"""What is said in a group's own name crosses if an ambassador decided so, and only then."""

from bot.store import now
from bridges.model import Message, Person, Ref
from tests.conftest import Town


async def says(town: Town, id_: str, html: str) -> None:
    group = Person(town.telegram.chat.id, town.telegram.chat, "Les Tilleuls", collective=True)
    said = Message(key=f"telegram {id_}", at=now(), ref=Ref(town.telegram.chat, id_), sender=group, html=html)
    await town.telegram.tells(said)
    await town.settles()


async def test_an_ambassador_decides_for_the_group(linked: Town) -> None:
    await linked.appoints("Hôte", "telegram", "ambassador", "Bourg-Exemple/Les Tilleuls")
    await says(linked, "901", "sans accord")
    assert linked.matrix.heard() == [] and not [one for one in linked.telegram.seen() if one.author == "bot"]
    await linked.telegram.says("Hôte", "/groupe oui")
    await says(linked, "902", "avec accord")
    assert linked.matrix.heard()[-1].endswith("avec accord") and "Hôte" not in linked.matrix.heard()[-1]
    await linked.telegram.says("Hôte", "/groupe non")
    await says(linked, "903", "plus d'accord")
    assert "plus d'accord" not in linked.matrix.heard()[-1]


async def test_a_resident_does_not_decide_for_the_group(linked: Town) -> None:
    await linked.telegram.says("Ana", "/groupe oui")
    await says(linked, "902", "toujours pas")
    assert linked.matrix.heard() == []


async def test_a_group_gets_no_rights_by_speaking(linked: Town) -> None:
    await says(linked, "904", "/groupe oui")
    await says(linked, "905", "toujours pas")
    assert linked.matrix.heard() == []
