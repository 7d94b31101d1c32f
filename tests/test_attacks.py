"""What someone tried who wished the neighbours ill, and what must not come of it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from bot.app import App, make_rules
from bot.events import Undelivered
from bot.feature import Context, Feature
from bot.store import Linked, Outgoing, Room, State
from bridges.model import Chat, Edited, Invited, Message, Person, Ref, Tapped
from bridges.port import Refused, TryLater
from tests.conftest import Town
from tests.features.test_relay import agrees


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not so():
            await asyncio.sleep(0.01)


def head(n: int) -> Any:
    return {"key": f"attack {n}", "at": datetime.now(UTC)}


async def hanging(town: Town, line: str) -> Ref:
    """Ana's message is sent to Matrix, and the answer does not come."""
    town.matrix.answers.clear()
    courier = asyncio.create_task(town.app.courier.run())
    ref = await town.telegram.says("Ana", line)
    await until(lambda: any(line in heard for heard in town.matrix.heard()))
    town.running = courier  # type: ignore[attr-defined]
    return ref


async def stops(town: Town) -> None:
    """The courier is cut off, and has let go of the database."""
    town.running.cancel()  # type: ignore[attr-defined]
    await asyncio.wait([town.running])  # type: ignore[attr-defined]


async def crashes(town: Town) -> None:
    """And the bot dies before it knows."""
    await stops(town)
    town.matrix.answers.set()
    town.restarts_courier()


# --- taken back while it is on its way


@pytest.mark.parametrize("crash", [False, True])
@pytest.mark.parametrize("word", ["non", "effacer"])
async def test_what_is_taken_back_on_its_way_is_found_and_removed(linked: Town, word: str, *, crash: bool) -> None:
    await agrees(linked, "Ana")
    ref = await hanging(linked, "canari")
    if crash:
        await crashes(linked)
    if word == "non":
        await linked.telegram.says("Ana", "/relais non")
    else:
        await linked.telegram.says("Ana", "/effacer", reply_to=ref)
    linked.matrix.answers.set()
    if not crash:
        await until(lambda: "canari" not in str(linked.matrix.heard()))
        await stops(linked)
    await linked.settles()
    assert "canari" not in str(linked.matrix.heard())
    async with linked.store.work() as work:
        origin = f"telegram|main|{ref.id}"
        rows = (await work.exec(select(Outgoing).where(Outgoing.origin == origin, Outgoing.kind == "send"))).all()
        assert rows and all(row.payload is None for row in rows if word == "effacer")


async def test_a_name_taken_back_on_its_way_does_not_stay(linked: Town) -> None:
    await agrees(linked, "Mia")
    linked.telegram.answers.clear()
    courier = asyncio.create_task(linked.app.courier.run())
    await linked.matrix.says("Mia", "canari")
    await until(lambda: any("canari" in line for line in linked.telegram.heard()))
    await linked.matrix.says("Mia", "!relais sans-nom")
    linked.telegram.answers.set()
    await until(lambda: any("Quelqu'un" in line and "canari" in line for line in linked.telegram.heard()))
    courier.cancel()
    await asyncio.wait([courier])
    assert "Mia" not in str([line for line in linked.telegram.heard() if "canari" in line])


async def test_a_no_waits_for_nothing(linked: Town) -> None:
    await agrees(linked, "Ana")
    await linked.telegram.says("Ana", "canari")
    await linked.settles()
    linked.matrix.failures.append(TryLater(timedelta(hours=40)))
    await linked.telegram.says("Ana", "un autre")
    await linked.settles()
    await linked.telegram.says("Ana", "/relais non")
    await linked.settles()
    assert "canari" not in str(linked.matrix.heard())


async def test_signing_anew_does_not_bring_back_what_was_edited_away(linked: Town) -> None:
    await agrees(linked, "Mia", choice="sans-nom")
    ref = await linked.matrix.says("Mia", "mon code est 1234")
    await linked.settles()
    await linked.matrix.says("Mia", "!relais oui")
    await linked.matrix.edits("Mia", ref, "[caché]")
    await linked.settles()
    assert linked.telegram.heard()[-1] == "<b>Mia · Matrix</b>: [caché]"


@pytest.mark.parametrize("words", ["non !", "NON.", "non merci", "Non, je ne veux pas"])
async def test_a_no_is_understood_however_it_is_said(linked: Town, words: str) -> None:
    await agrees(linked, "Ana")
    await linked.telegram.says("Ana", f"/relais {words}", "canari")
    await linked.settles()
    assert "canari" not in str(linked.matrix.heard())


async def test_without_my_name_is_understood_with_a_space(linked: Town) -> None:
    await agrees(linked, "Ana", choice="sans nom")
    await linked.telegram.says("Ana", "bonjour")
    await linked.settles()
    assert linked.matrix.heard()[-1] == "<b>Quelqu'un · Les Tilleuls 1</b>: bonjour"


async def test_a_no_reaches_the_copies_in_a_chat_that_left(linked: Town) -> None:
    await agrees(linked, "Ana")
    await linked.telegram.says("Ana", "canari")
    await linked.settles()
    await linked.appoints("Mia", "matrix", "ambassador", "Bourg-Exemple/Les Tilleuls")
    await linked.matrix.says("Mia", "!delier")
    await linked.telegram.says("Ana", "/relais non")
    await linked.settles()
    assert "canari" not in str(linked.matrix.heard())


# --- the words of others


@pytest.mark.parametrize("words", ["x", "eve " * 2000])
async def test_a_strangers_edit_changes_nothing(linked: Town, words: str) -> None:
    await agrees(linked, "Mia", "Noé")
    ref = await linked.matrix.says("Mia", "mot " * 2000)
    await linked.settles()
    before = linked.telegram.heard()
    await linked.matrix.tells(Edited(**head(1), ref=ref, sender=linked.matrix.person("Noé"), html=words))
    await linked.settles()
    assert linked.telegram.heard() == before
    await linked.matrix.says("Noé", "!effacer", reply_to=ref)
    await linked.settles()
    assert linked.telegram.heard() == before and (ref.chat, ref.id) in linked.matrix.posts


async def test_a_strangers_edit_is_never_signed_with_the_authors_name(linked: Town) -> None:
    await agrees(linked, "Noé")
    await agrees(linked, "Mia", choice="sans-nom")
    ref = await linked.matrix.says("Mia", "bonjour")
    await linked.settles()
    await linked.matrix.tells(Edited(**head(1), ref=ref, sender=linked.matrix.person("Noé"), html="voleuse"))
    await linked.matrix.says("Mia", "!relais oui")
    await linked.settles()
    assert "voleuse" not in str(linked.telegram.heard())


async def test_two_topics_of_a_group_are_two_chats_to_the_gate(town: Town) -> None:
    one, two = Chat("telegram", "-100", "1"), Chat("telegram", "-100", "2")
    await town.links(one, two)
    await town.telegram.says("Ana", "🏛 Mairie de Bourg-Exemple : évacuez", chat=one)
    await town.settles()
    assert town.telegram.heard(chat=two) == []


async def test_a_quote_of_who_said_no_since_stays(linked: Town) -> None:
    await agrees(linked, "Ana", "Bob")
    ref = await linked.telegram.says("Ana", "canari jaune")
    await linked.settles()
    told = linked.telegram.last
    assert isinstance(told, Message)
    linked.matrix.failures.append(TryLater(timedelta(0)))
    bob = linked.telegram.person("Bob")
    quoting = replace(told, **head(1), ref=replace(ref, id="q"), sender=bob, html="ah", reply_to=ref, quote="canari")
    await linked.telegram.tells(quoting)
    await linked.telegram.says("Ana", "/relais non")
    await linked.settles()
    assert "canari" not in str([post.action for post in linked.matrix.seen()])


async def test_a_quote_is_no_announcement(linked: Town) -> None:
    await agrees(linked, "Ana")
    ref = await linked.telegram.says("Ana", "🏛 Mairie de Bourg-Exemple : évacuez")
    await linked.settles()
    told = linked.telegram.last
    assert isinstance(told, Message)
    forged = "🏛 Mairie de Bourg-Exemple : évacuez"
    await linked.telegram.tells(replace(told, **head(1), ref=replace(ref, id="q"), reply_to=ref, quote=forged))
    await linked.settles()
    assert "🏛" not in str([post.action for post in linked.matrix.seen()])


async def test_a_groups_title_does_not_speak_with_the_bots_voice(town: Town) -> None:
    await town.links(town.telegram.chat, town.matrix.chat, title="x\n🏛 Mairie de Bourg-Exemple : évacuez")
    from tests.features.test_privacy import puts_up_cards

    await puts_up_cards(town)
    assert "évacuez" not in town.matrix.heard()[0] and "\n" not in town.matrix.heard()[0]


# --- holding things up


async def test_a_feature_that_breaks_on_an_undelivered_message_does_not_repeat_the_call(linked: Town) -> None:
    broken = Feature("zzz")

    @broken.on(Undelivered)
    async def fail(_: Context, __: Undelivered) -> None:
        raise KeyError

    linked.app.world.features.append(broken)  # type: ignore[attr-defined]
    await agrees(linked, "Ana")
    linked.matrix.failures.append(Refused("rights"))
    await linked.telegram.says("Ana", "un", "deux")
    await linked.settles()
    linked.app.world.features.pop()  # type: ignore[attr-defined]
    assert "deux" in linked.matrix.heard()[-1]
    async with linked.store.work() as work:
        assert len((await work.exec(select(Outgoing).where(Outgoing.state == State.DEAD))).all()) == 1


async def test_one_stranger_does_not_shut_the_door_for_all(town: Town) -> None:
    town.matrix.address = "@palier:bourg.example"
    for n in range(120):
        eve = Person("@eve:evil.example", Chat("matrix", f"!{n}"), "Eve")
        await town.app.handle([Invited(**head(n), chat=eve.chat, by=eve, direct=True)])
    clerk = Person("@clerk:bourg.example", Chat("matrix", "!hall"), "Clerk")
    await town.app.handle([Invited(**head(999), chat=clerk.chat, by=clerk)])
    await town.settles()
    assert town.matrix.joined == [clerk.chat]


async def test_a_network_that_was_taken_out_of_the_settings_holds_nobody(linked: Town) -> None:
    await agrees(linked, "Ana")
    other = Chat("telegram", "second")
    async with linked.store.work() as work:
        work.add(Room(network="telegram", id="second"))
        work.add(Linked(network="telegram", room="second", circle=1))
    world = linked.app.world
    linked.store.rules = make_rules(world.settings, world.texts, [linked.telegram])
    app = App(world.settings, linked.store, [linked.telegram], texts=world.texts)
    who = linked.telegram.person("Ana")
    await app.handle([Message(**head(1), ref=Ref(linked.telegram.chat, "m"), sender=who, html="bonjour")])
    await app.courier.run(forever=False)
    assert linked.telegram.heard(chat=other) == ["<b>Ana · Telegram</b>: bonjour"]


async def test_a_question_that_had_to_be_asked_in_private_can_be_answered_there(linked: Town) -> None:
    await linked.telegram.says("Ana", "bonjour")
    private = Chat("telegram", "with Ana")
    who = Person("Ana", private, "Ana")
    tap = Tapped(**head(1), ref=Ref(private, "9"), sender=who, data="privacy:choose:named 1", tap="t", private=True)
    await linked.telegram.tells(tap)
    await linked.telegram.says("Ana", "tout va bien")
    await linked.settles()
    assert linked.matrix.heard()[-1] == "<b>Ana · Telegram</b>: tout va bien"


async def test_an_exclamation_is_no_command(linked: Town) -> None:
    await agrees(linked, "Mia")
    await linked.matrix.says("Mia", "!Attention au chien")
    await linked.settles()
    assert linked.telegram.heard()[-1] == "<b>Mia · Matrix</b>: !Attention au chien"
