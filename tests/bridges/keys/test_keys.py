"""Encrypted rooms against a real homeserver, read by a client that ignores devices without a signature."""

import json
from collections.abc import AsyncIterator
from secrets import token_hex

import pytest

from bot.demo.synapse import Synapse
from bridges.model import Chat, Edit, Message, Ref, Remove, Send, Unreadable, Voice
from tests.bridges.keys.sealed import Sealed, signed_devices
from tests.bridges.matrix_lab import Bot, bot, until


@pytest.fixture
async def palier(synapse: Synapse) -> Bot:
    made = await bot(synapse)
    made.more["pickle_key"] = "a key of tests"
    return made


@pytest.fixture
async def nour(synapse: Synapse) -> AsyncIterator[Sealed]:
    one = await Sealed.login(synapse, f"nour{token_hex(3)}", "Nour")
    yield one
    await one.close()


async def enters(palier: Bot, room: str) -> None:
    async with palier.itself() as me:
        await me.join(room)


def send(room: str, html: str) -> Send:
    return Send(chat=Chat("matrix", room), html=html, of=Voice.BOT)


async def test_the_device_is_signed_and_stays_so(palier: Bot, nour: Sealed) -> None:
    async with palier.up():
        pass
    said = await nour.query(palier.user)
    session = json.loads(palier.memory.kept["matrix.session"])
    assert signed_devices(said, palier.user) == {session["device_id"]}
    async with palier.up() as bridge:
        assert not bridge.odd["cross-signing"]
    assert await nour.query(palier.user) == said


async def test_both_ways_and_after_a_restart(palier: Bot, nour: Sealed) -> None:
    async with palier.up() as bridge:
        room = await nour.room(palier.user)
        await enters(palier, room)
        await until(lambda: room in bridge._rooms and bridge._rooms[room].is_member)
        await bridge.do(send(room, "<b>bonjour</b>"), key="1")
        event = await nour.until("bonjour")
        assert event["content"]["formatted_body"] == "<strong>bonjour</strong>" and not nour.unreadable
        await nour.say(room, "merci")
        await until(lambda: palier.ear.of(Message))
    assert [one.html for one in palier.ear.of(Message)] == ["merci"]
    await nour.say(room, "pendant la nuit")
    async with palier.up() as bridge:
        await until(lambda: len(palier.ear.of(Message)) == 2)
        await bridge.do(send(room, "au réveil"), key="2")
        await nour.until("au réveil")
    assert [one.html for one in palier.ear.of(Message)] == ["merci", "pendant la nuit"]
    async with palier.itself() as me:
        history = await me.history(room)
    assert "bonjour" not in json.dumps(history) and "merci" not in json.dumps(history)


async def test_edits_answers_and_removals(palier: Bot, nour: Sealed) -> None:
    async with palier.up() as bridge:
        room = await nour.room(palier.user)
        await enters(palier, room)
        await until(lambda: room in bridge._rooms and bridge._rooms[room].is_member)
        first = await nour.say(room, "question")
        await until(lambda: palier.ear.of(Message))
        chat = Chat("matrix", room)
        answer = Send(chat=chat, html="réponse", of=Voice.BOT, reply_to=Ref(chat, first))
        made = await bridge.do(answer, key="1")
        assert made
        assert (await nour.until("réponse"))["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": first}}
        await bridge.do(Edit(chat=made.chat, ref=made, html="mieux dit", of=Voice.BOT), key="2")
        assert (await nour.until("mieux dit"))["content"]["m.relates_to"]["event_id"] == made.id
        assert await bridge.recall(Ref(Chat("matrix", room), first)) == "question"
        await bridge.do(Remove(chat=made.chat, ref=made), key="3")
        async with palier.itself() as me:
            assert "ciphertext" not in (await me.event(room, made.id))["content"]


async def test_a_late_key_brings_the_words_marked_late_and_once(palier: Bot, nour: Sealed) -> None:
    async with palier.up() as bridge:
        room = await nour.room(palier.user)
        await enters(palier, room)
        await until(lambda: room in bridge._rooms and bridge._rooms[room].is_member)
        await nour.say_without_key(room, "en avance sur sa clé")
        await nour.say(room, "avec clé")
        await until(lambda: palier.ear.of(Message))
        assert [one.html for one in palier.ear.of(Message)] == ["avec clé"]
        assert any(name.startswith("matrix.late.") for name in palier.memory.kept)
    await nour.say_without_key(room, "encore une")
    async with palier.up():
        await until(lambda: sum(name.startswith("matrix.late.") for name in palier.memory.kept) == 2)
        await nour.give_key(room, palier.user)
        await until(lambda: len(palier.ear.of(Message)) == 2)
    assert [(one.html, one.late) for one in palier.ear.of(Message)] == [("avec clé", False), ("encore une", True)]
    assert sum(name.startswith("matrix.late.") for name in palier.memory.kept) == 1
    assert not palier.ear.of(Unreadable)


async def test_who_leaves_reads_no_more(palier: Bot, nour: Sealed, synapse: Synapse) -> None:
    other = await Sealed.login(synapse, f"sami{token_hex(3)}", "Sami")
    try:
        async with palier.up() as bridge:
            room = await nour.room(palier.user, other.user)
            await enters(palier, room)
            await until(lambda: room in bridge._rooms and bridge._rooms[room].is_member)
            await bridge.do(send(room, "à l'invité aussi"), key="1")
            await other.client.join(room)
            await until(lambda: bridge._rooms[room].has(other.user))
            await bridge.do(send(room, "à trois"), key="2")
            await other.until("à trois")
            await other.client.room_leave(room)
            await until(lambda: not bridge._rooms[room].has(other.user))
            await bridge.do(send(room, "à deux"), key="3")
            event = await nour.until("à deux")
            async with palier.itself() as me:
                history = {one["event_id"]: one for one in await me.history(room)}
            sessions = [one["content"]["session_id"] for one in history.values() if one["type"] == "m.room.encrypted"]
            assert len(sessions) == 3 and sessions[2] not in sessions[:2]
            assert history[event["event_id"]]["content"]["session_id"] == sessions[2]
    finally:
        await other.close()


async def test_hostile_ciphertexts_stop_nothing(palier: Bot, nour: Sealed) -> None:
    async with palier.up() as bridge:
        room = await nour.room(palier.user)
        await enters(palier, room)
        await until(lambda: room in bridge._rooms and bridge._rooms[room].is_member)
        megolm = {"algorithm": "m.megolm.v1.aes-sha2"}
        odd = {"session_id": [], "ciphertext": "x"}, {"session_id": "x", "sender_key": {}, "ciphertext": 5}
        for content in ({}, {"algorithm": 5}, *(megolm | one for one in odd)):
            path = f"/_matrix/client/v3/rooms/{room}/send/m.room.encrypted/{token_hex(4)}"
            await nour._ask("PUT", path, content)
        for body in ({}, {"algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": "x", "ciphertext": {"y": 1}}):
            path = f"/_matrix/client/v3/sendToDevice/m.room.encrypted/{token_hex(4)}"
            await nour._ask("PUT", path, {"messages": {palier.user: {"*": body}}})
        await nour.say(room, "toujours là")
        await until(lambda: palier.ear.of(Message))
    assert [one.html for one in palier.ear.of(Message)] == ["toujours là"]


async def test_keys_are_saved_before_the_token_that_confirms_them(palier: Bot, nour: Sealed) -> None:
    order: list[str] = []
    save = palier.memory.save_all

    async def noting(values: object) -> None:
        order.extend(values)  # type: ignore[call-overload]
        await save(values)  # type: ignore[arg-type]

    palier.memory.save_all = noting  # type: ignore[method-assign]
    async with palier.up() as bridge:
        room = await nour.room(palier.user)
        await enters(palier, room)
        await until(lambda: room in bridge._rooms and bridge._rooms[room].is_member)
        order.clear()
        await nour.say(room, "x")
        await until(lambda: palier.ear.of(Message) and not palier.memory.behind)
    names = [name for name in order if name == "matrix" or ".megolm." in name]
    assert ".megolm." in names[0] or names.index("matrix") > 0
