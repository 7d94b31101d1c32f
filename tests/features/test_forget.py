"""Being forgotten: here, on the other side and in the database, with the truth about what stays."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlmodel import SQLModel, select

from bot import dossier
from bot.clock import sweep
from bot.store import Copy, Outgoing, Receipt
from bridges.model import Person
from bridges.port import Refused
from tests.conftest import Town
from tests.features.test_relay import agrees

YES, NO = "forget:yes:", "forget:no:"


async def rows_with(town: Town, person: Person) -> dict[str, int]:
    """How many rows of which table hold somebody's keyed hash, anywhere."""
    found = {}
    async with town.store.work() as work:
        me = work.hash(person)
        for table in SQLModel.metadata.sorted_tables:
            rows = (await dossier.run(work, table.select())).all()
            if count := sum(me in str(list(row)) for row in rows):
                found[table.name] = count
    return found


async def forgets(town: Town, name: str) -> str:
    """Ask, confirm, and give the answer."""
    await town.telegram.says(name, "/oublier")
    await town.settles()
    await town.telegram.taps(name, town.telegram.ref(town.telegram.whispers(name)[-1]), YES)
    await town.settles()
    return town.telegram.whispers(name)[-1].html


async def lives(town: Town) -> None:
    """Ana does all that leaves a trace."""
    await agrees(town, "Ana", "Mia")
    await town.telegram.says("Ana", "/photos oui", "un", "deux", "trois")
    await town.matrix.says("Mia", "quatre")
    await town.settles()
    await town.telegram.reacts("Ana", town.telegram.ref(town.telegram.find("quatre")), "👍")
    await town.appoints("Ana", "telegram", "ambassador", "Bourg-Exemple/Les Tilleuls")
    await town.telegram.says("Ana", "/arrivees oui", "/inviter moderateur Les Tilleuls", "/objection je m'oppose")
    await town.settles()


async def test_nothing_with_their_hash_stays_but_what_the_declaration_names(linked: Town) -> None:
    await lives(linked)
    ana = linked.telegram.person("Ana")
    assert {"consent", "receipt", "copy", "reaction", "mandate", "invitation"} <= set(await rows_with(linked, ana))
    told = await forgets(linked, "Ana")
    assert set(await rows_with(linked, ana)) == {"receipt", "objection", "outgoing"}
    assert "3 copies" in told and "Reste : Reçu d'une décision" in told and "Objection" in told
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=49), tick=True):
        await sweep(linked.store)
        assert set(await rows_with(linked, ana)) == {"receipt", "objection"}
    with time_machine.travel(datetime.now(UTC) + timedelta(days=366), tick=True):
        await sweep(linked.store)
        assert set(await rows_with(linked, ana)) == {"objection"}  # nobody has answered it


async def test_what_crossed_goes_on_both_sides_and_others_stay(linked: Town) -> None:
    await agrees(linked, "Ana", "Bob", "Mia")
    await linked.telegram.says("Ana", "canari", "canari deux")
    await linked.telegram.says("Bob", "de Bob")
    await linked.matrix.says("Mia", "de Mia")
    await linked.settles()
    mia = linked.matrix.ref(linked.matrix.find("de Bob"))
    await linked.telegram.reacts("Ana", linked.telegram.ref(linked.telegram.find("de Mia")), "🎉")
    await linked.settles()
    assert "🎉" in linked.matrix.find("de Mia").reactions and mia
    await forgets(linked, "Ana")
    seen = str(linked.telegram.heard()) + str(linked.matrix.heard())
    assert "canari" not in seen and "de Bob" in seen and "de Mia" in seen
    assert linked.matrix.find("de Mia").reactions == {}
    await linked.telegram.says("Ana", "canari trois")
    await linked.settles()
    assert "canari" not in str(linked.matrix.heard())


async def test_it_asks_first_and_no_is_no(linked: Town) -> None:
    await agrees(linked, "Ana")
    await linked.telegram.says("Ana", "/oublier")
    await linked.settles()
    await linked.telegram.taps("Ana", linked.telegram.ref(linked.telegram.whispers("Ana")[-1]), NO)
    await linked.settles()
    assert linked.telegram.whispers("Ana")[-1].html == "Rien n'a été effacé."
    assert "consent" in await rows_with(linked, linked.telegram.person("Ana"))


async def test_without_buttons_a_word_confirms(linked: Town) -> None:
    await agrees(linked, "Mia")
    await linked.matrix.says("Mia", "!oublier")
    await linked.settles()
    assert "!oublier oui" in linked.matrix.whispers("Mia")[-1].html
    assert "consent" in await rows_with(linked, linked.matrix.person("Mia"))
    await linked.matrix.says("Mia", "!forget yes")
    await linked.settles()
    assert "votre compte Matrix" in linked.matrix.whispers("Mia")[-1].html
    assert "consent" not in await rows_with(linked, linked.matrix.person("Mia"))


async def test_what_cannot_be_undone_is_told_once_for_all(linked: Town) -> None:
    await agrees(linked, "Ana")
    await linked.telegram.says("Ana", "un", "deux", "trois")
    await linked.settles()
    await linked.telegram.says("Ana", "/oublier")
    await linked.settles()
    await linked.telegram.taps("Ana", linked.telegram.ref(linked.telegram.whispers("Ana")[-1]), YES)
    linked.matrix.failures = [Refused("rights") for _ in range(3)]
    await linked.settles()
    told = [post.html for post in linked.telegram.whispers("Ana") if "n'a pas pu être retirée" in post.html]
    assert len(told) == 1


async def test_what_waits_never_leaves_and_what_is_on_its_way_comes_back(linked: Town) -> None:
    await agrees(linked, "Ana")
    await linked.telegram.says("Ana", "canari", "/oublier oui")
    await linked.settles()
    assert "canari" not in str(linked.matrix.did)
    async with linked.store.work() as work:
        assert all(not row.of for row in await work.exec(select(Outgoing).where(Outgoing.kind == "send")) if row.origin)
        assert (await work.exec(select(Copy))).all() == []


@pytest.mark.parametrize("name", ["Bob", "Mia"])
async def test_who_never_said_anything_may_ask_too(linked: Town, name: str) -> None:
    bridge = linked.telegram if name == "Bob" else linked.matrix
    await bridge.says(name, f"{bridge.can.prefix}oublier oui")
    await linked.settles()
    assert "aucune copie" in bridge.whispers(name)[-1].html
    async with linked.store.work() as work:
        assert (await work.exec(select(Receipt))).all() == []
