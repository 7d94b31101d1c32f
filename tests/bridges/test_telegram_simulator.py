"""What only Telegram has, over HTTP against the simulator: whispers, taps, topics, private chats, two pollers."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bridges.model import (
    Button,
    Chat,
    Edit,
    Leave,
    Menu,
    MenuItem,
    Moved,
    Pin,
    Placed,
    Ref,
    Remove,
    Right,
    Send,
    Tapped,
    Toast,
)
from bridges.port import Doubtful, Refused, Shut, Stopped, TryLater
from bridges.telegram import TelegramBridge
from tests.bridges.matrix_lab import Ear, until
from tests.bridges.telegram_rue import Rue, street

BUTTONS = ((Button("Oui", "yes"), Button("Non", "no")),)


@pytest.fixture
async def rue() -> AsyncIterator[Rue]:
    async with street() as made:
        yield made


async def test_a_whispered_command_is_answered_with_a_whisper(rue: Rue) -> None:
    items = MenuItem(word="aide", text="Aide", whispered=True), MenuItem(word="agenda", text="Agenda")
    await rue.bridge.offer([Menu(language="fr", items=items)])
    await rue.control.say(rue.group, rue.ana, "/aide")
    command = await rue.hears("/aide")
    assert command.whispered and command.ref.id.startswith("e")
    answer = Send(chat=rue.chat, html="voici", to=command.sender, reply_to=command.ref)
    ref = await rue.bridge.do(answer, key="1")
    assert ref and ref.id.startswith("e") and ref.chat == rue.chat
    assert "voici" in await rue.texts(rue.ana) and "voici" not in await rue.texts(rue.bea)


async def test_a_plain_member_writes_in_private_instead(rue: Rue) -> None:
    await rue.control.start(rue.ana, rue.bot["id"])
    ana = (await rue.hears("/start")).sender
    ref = await rue.bridge.do(Send(chat=rue.chat, html="tout bas", to=ana, reply_to=Ref(rue.chat, "1")), key="1")
    assert ref and ref.chat == Chat("telegram", str(rue.ana))
    assert await rue.texts(rue.ana, rue.bot["id"]) == ["/start", "tout bas"]
    assert "tout bas" not in await rue.texts(rue.ana) + await rue.texts(rue.bea)


async def test_who_never_wrote_cannot_be_reached(rue: Rue) -> None:
    ana = (await rue.hears("ready")).sender
    with pytest.raises(Refused) as caught:
        await rue.bridge.do(Send(chat=rue.chat, html="tout bas", to=ana), key="1")
    assert caught.value.why == "unreachable"
    await rue.control.start(rue.ana, rue.bot["id"])
    await rue.control.block(rue.ana, rue.bot["id"])
    with pytest.raises(Refused) as caught:
        await rue.bridge.do(Send(chat=rue.chat, html="tout bas", to=ana), key="2")
    assert caught.value.why == "unreachable"


async def test_a_whisper_about_a_message_comes_back_with_it(rue: Rue) -> None:
    await rue.promote()
    await rue.control.say(rue.group, rue.ana, "clefs perdues")
    said = await rue.hears("clefs perdues")
    question = Send(chat=rue.chat, html="relayer ?", to=said.sender, reply_to=said.ref, buttons=BUTTONS)
    whisper = await rue.bridge.do(question, key="1")
    assert whisper
    tap = await rue.control.tap(rue.group, rue.ana, "yes", ephemeral_message=int(whisper.id[1:]))
    await until(lambda: rue.ear.of(Tapped), 5)
    [tapped] = rue.ear.of(Tapped)
    assert (tapped.ref, tapped.data, tapped.tap, tapped.sender.name) == (whisper, "yes", tap, "Ana")
    assert tapped.about and (tapped.about.ref, tapped.about.html) == (said.ref, "clefs perdues")
    done = Send(chat=rue.chat, html="<b>relayé</b>", to=said.sender, tap=tap, instead=whisper)
    assert await rue.bridge.do(done, key="2") == whisper
    await rue.bridge.do(Toast(chat=rue.chat, tap=tap, text="merci"), key="3")
    assert (await rue.control.tapped(tap))["text"] == "merci"
    assert await rue.texts(rue.ana) == ["ready", "clefs perdues", "relayé"]
    assert await rue.texts(rue.bea) == ["ready", "clefs perdues"]


async def test_a_tap_in_the_open_is_answered_by_a_whisper(rue: Rue) -> None:
    ref = await rue.bridge.do(Send(chat=rue.chat, html="qui vient ?", buttons=BUTTONS), key="1")
    assert ref
    tap = await rue.control.tap(rue.group, rue.bea, "yes", message=int(ref.id))
    await until(lambda: rue.ear.of(Tapped), 5)
    bea = rue.ear.of(Tapped)[0].sender
    whisper = await rue.bridge.do(Send(chat=rue.chat, html="noté", to=bea, tap=tap), key="2")
    assert whisper and whisper.id.startswith("e")
    assert "noté" in await rue.texts(rue.bea) and "noté" not in await rue.texts(rue.ana)


async def test_topics_are_chats_and_general_has_none(rue: Rue) -> None:
    topic = await rue.control.topic(rue.group, "Jardin", rue.ana)
    await rue.control.say(rue.group, rue.ana, "au jardin", thread=topic)
    said = await rue.hears("au jardin")
    assert said.ref.chat == Chat("telegram", str(rue.group), str(topic)) and said.reply_to is None
    ref = await rue.bridge.do(Send(chat=said.ref.chat, html="réponse", reply_to=said.ref), key="1")
    assert ref and ref.chat == said.ref.chat
    shown = (await rue.control.view(rue.group, rue.bea))["messages"]
    assert [line.get("thread") for line in shown if line["text"] in ("ready", "réponse")] == [None, topic]
    with pytest.raises(Shut) as caught:
        await rue.bridge.do(Send(chat=Chat("telegram", str(rue.group), "9999"), html="x"), key="2")
    assert caught.value.why == "topic-closed"


async def test_a_topic_that_is_closed_is_waited_for(rue: Rue) -> None:
    topic = await rue.control.topic(rue.group, "Jardin", rue.ana)
    await rue.control.member(rue.group, rue.ana, "creator")
    await rue.control.edit_topic(rue.group, topic, rue.ana, closed=True)
    send = Send(chat=Chat("telegram", str(rue.group), str(topic)), html="x")
    with pytest.raises(Shut) as caught:
        await rue.bridge.do(send, key="1")
    assert caught.value.why == "topic-closed" and caught.value.after
    await rue.control.edit_topic(rue.group, topic, rue.ana, closed=False)
    assert await rue.bridge.do(send, key="1")


async def test_where_nobody_may_write_it_is_waited_for(rue: Rue) -> None:
    await rue.control.permit(rue.group, everything=False)
    with pytest.raises(Shut) as caught:
        await rue.bridge.do(Send(chat=rue.chat, html="x"), key="1")
    assert caught.value.why == "rights"


async def test_quotes_that_are_not_there_cost_only_the_quote(rue: Rue) -> None:
    await rue.control.say(rue.group, rue.ana, "un deux trois")
    said = await rue.hears("un deux trois")
    for n, quote in enumerate(["deux", "quatre"]):
        assert await rue.bridge.do(Send(chat=rue.chat, html="x", reply_to=said.ref, quote=quote), key=str(n))
    *_, first, second = (await rue.control.view(rue.group, rue.bea))["messages"]
    assert (first["quote"], "quote" in second, first["reply_to"], second["reply_to"]) == (
        "deux", False, int(said.ref.id), int(said.ref.id),
    )  # fmt: skip


async def test_rights_and_places_are_told(rue: Rue) -> None:
    await rue.promote(can_restrict_members=True)
    await until(lambda: any(Right.RESTRICT in placed.rights for placed in rue.ear.of(Placed)), 5)
    assert (await rue.bridge.inspect(rue.chat)).rights == rue.ear.of(Placed)[-1].rights
    await rue.bridge.do(Leave(chat=rue.chat), key="1")
    await rue.bridge.do(Leave(chat=rue.chat), key="2")
    assert not (await rue.bridge.inspect(rue.chat)).member
    with pytest.raises(Shut) as caught:
        await rue.bridge.do(Send(chat=rue.chat, html="x"), key="3")
    assert caught.value.why == "kicked"


async def test_without_the_right_to_pin_people_are_told(rue: Rue) -> None:
    with pytest.raises(Refused) as caught:
        await rue.bridge.do(Pin(chat=rue.chat, ref=(await rue.hears("ready")).ref), key="1")
    assert caught.value.why == "rights"


async def test_an_old_message_becomes_a_stub(rue: Rue) -> None:
    ref = await rue.bridge.do(Send(chat=rue.chat, html="<b>vieux</b>"), key="1")
    assert ref
    await rue.control.settings(clock_shift=3 * 86400)
    await rue.bridge.do(Remove(chat=rue.chat, ref=ref, stub="[retiré]"), key="2")
    assert await rue.texts(rue.bea) == ["ready", "[retiré]"]


async def test_what_is_gone_cannot_be_edited_and_is_removed(rue: Rue) -> None:
    gone = Ref(rue.chat, "4242")
    with pytest.raises(Refused) as caught:
        await rue.bridge.do(Edit(chat=rue.chat, html="x", ref=gone), key="1")
    assert caught.value.why == "gone"
    assert await rue.bridge.do(Remove(chat=rue.chat, ref=gone), key="2") == gone


async def test_a_lost_answer_is_doubtful(rue: Rue) -> None:
    await rue.control.fault("sendMessage", "reset", when="after")
    with pytest.raises(Doubtful):
        await rue.bridge.do(Send(chat=rue.chat, html="une fois"), key="1")
    assert await rue.texts(rue.bea) == ["ready", "une fois"]


async def test_what_is_in_flight_follows_a_group_that_moves(rue: Rue) -> None:
    basic = await rue.control.chat("Cour", type="group", members=[rue.ana, rue.bot["id"]])
    new = await rue.control.migrate(basic)
    await until(lambda: len(rue.ear.of(Moved)) == 2, 5)
    rue.ear.heard.clear()
    with pytest.raises(TryLater) as caught:
        await rue.bridge.do(Send(chat=Chat("telegram", str(basic)), html="x"), key="1")
    assert not isinstance(caught.value, Doubtful | Shut) and caught.value.after
    [moved] = rue.ear.of(Moved)
    old, there = Chat("telegram", str(basic)), Chat("telegram", str(new))
    assert (moved.key, moved.old, moved.new) == (f"telegram moved {basic}", old, there)
    assert await rue.bridge.do(Send(chat=moved.new, html="x"), key="1")
    assert await rue.texts(rue.ana, new) == ["x"]


async def test_both_groups_tell_of_a_move_under_one_name(rue: Rue) -> None:
    basic = await rue.control.chat("Cour", type="group", members=[rue.ana, rue.bot["id"]])
    new = await rue.control.migrate(basic)
    await until(lambda: len(rue.ear.of(Moved)) == 2, 5)
    assert {moved.key for moved in rue.ear.of(Moved)} == {f"telegram moved {basic}"}
    assert {(moved.old.id, moved.new.id) for moved in rue.ear.of(Moved)} == {(str(basic), str(new))}


async def test_a_move_that_cannot_be_written_down_costs_nothing(rue: Rue) -> None:
    basic = await rue.control.chat("Cour", type="group", members=[rue.ana, rue.bot["id"]])
    await rue.control.migrate(basic)
    await until(lambda: len(rue.ear.of(Moved)) == 2, 5)
    rue.ear.strike = ConnectionError("the database is away")
    with pytest.raises(TryLater):
        await rue.bridge.do(Send(chat=Chat("telegram", str(basic)), html="x"), key="1")
    assert rue.bridge.odd["move"] == 1 and not rue.running.done()


async def test_nonsense_from_the_server_stops_nothing(rue: Rue) -> None:
    nonsense: list[dict[str, Any]] = [{"message": {"message_id": "x"}}, {"message": []}, {"callback_query": {}}]
    for update in [*nonsense, {"my_chat_member": 3}]:
        await rue.control.update(rue.bot["id"], update)
    await rue.control.say(rue.group, rue.ana, "toujours là")
    assert (await rue.hears("toujours là")).sender.name == "Ana"
    assert rue.bridge.odd["malformed"] == 4


async def test_a_revoked_token_stops_it(rue: Rue) -> None:
    await rue.control.settings(revoke=rue.bot["token"])
    bridge = TelegramBridge(rue.bot["token"], api=rue.control.url)
    with pytest.raises(Stopped) as caught:
        await bridge.run(rue.ear)
    assert caught.value.why == "telegram-token"
    await bridge.close()


async def test_a_second_poller_stops_the_first(rue: Rue) -> None:
    second = TelegramBridge(rue.bot["token"], api=rue.control.url)
    other = asyncio.create_task(second.run(Ear()))
    with pytest.raises(Stopped) as caught:
        async with asyncio.timeout(5):
            await rue.running
    assert caught.value.why == "telegram-second"
    other.cancel()
    await asyncio.gather(other, return_exceptions=True)
    await second.close()
