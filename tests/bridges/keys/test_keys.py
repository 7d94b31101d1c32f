"""Encrypted rooms against a real homeserver, read by a client that ignores devices without a signature."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from functools import partial
from secrets import token_hex
from typing import Any
from urllib.parse import quote

import pytest

from bot.demo.synapse import Synapse
from bridges.matrix import MatrixBridge
from bridges.matrix.keys import late
from bridges.model import Chat, Edit, Edited, Message, React, Reacted, Ref, Remove, Removed, Send, Unreadable, Voice
from bridges.port import Stopped, TryLater
from tests.bridges.keys.gate import Gate
from tests.bridges.keys.sealed import Sealed
from tests.bridges.matrix_lab import Bot, Memory, bot, until


class Gated(Bot):
    """A bot behind a gate."""

    gate: Gate
    url: str

    def bridge(self) -> MatrixBridge:
        name = self.user[1:].partition(":")[0]
        return MatrixBridge(self.url, name, password=self.password, cursor=self.memory, pickle_key="a key of tests")


@pytest.fixture
async def palier(synapse: Synapse) -> AsyncIterator[Gated]:
    made, gate = await bot(synapse), Gate(synapse.url)
    gated = Gated(synapse, made.user, made.password)
    async with gate.up() as url:
        gated.gate, gated.url = gate, url
        yield gated


@pytest.fixture
async def nour(synapse: Synapse) -> AsyncIterator[Sealed]:
    one = await Sealed.login(synapse, f"nour{token_hex(3)}", "Nour")
    yield one
    await one.close()


@pytest.fixture
async def sami(synapse: Synapse) -> AsyncIterator[Sealed]:
    one = await Sealed.login(synapse, f"sami{token_hex(3)}", "Sami")
    yield one
    await one.close()


async def enters(palier: Bot, bridge: MatrixBridge, room: str) -> None:
    async with palier.itself() as me:
        await me.join(room)
    await until(lambda: room in bridge._rooms and bridge._rooms[room].is_member)


async def together(palier: Bot, bridge: MatrixBridge, nour: Sealed, *others: Sealed, **more: Any) -> str:
    """An encrypted room with all of them in it."""
    room = await nour.room(palier.user, *(one.user for one in others), **more)
    for one in others:
        await one.client.join(room)
    await enters(palier, bridge, room)
    await until(lambda: all(bridge._rooms[room].has(one.user) for one in others))
    return room


def send(room: str, html: str, **more: Any) -> Send:
    return Send(chat=Chat("matrix", room), html=html, of=Voice.BOT, **more)


def heard(palier: Bot) -> list[tuple[str, bool]]:
    return [(one.html, one.late) for one in palier.ear.of(Message)]


def kept_keys(palier: Bot) -> dict[str, str]:
    return {name: value for name, value in palier.memory.kept.items() if name.startswith("matrix.keys.")}


async def sessions(palier: Bot, room: str) -> list[str]:
    """The sessions of what the bot said in a room, in order."""
    async with palier.itself() as me:
        history = await me.history(room)
    mine = [one for one in history if one["sender"] == palier.user and one["type"] == "m.room.encrypted"]
    return [one["content"]["session_id"] for one in sorted(mine, key=lambda one: one["origin_server_ts"])]


# --- both ways


async def test_both_ways_and_after_a_restart(palier: Gated, nour: Sealed) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        await bridge.do(send(room, "<b>bonjour</b>"), key="1")
        event = await nour.until("bonjour")
        assert event["content"]["formatted_body"] == "<strong>bonjour</strong>" and not nour.unreadable
        await nour.say(room, "merci")
        await until(lambda: palier.ear.of(Message))
    assert heard(palier) == [("merci", False)]
    await nour.say(room, "pendant la nuit")
    palier.memory = memory = copied(palier.memory)  # another machine, and nothing but the cursor
    palier.ear.memory = memory
    async with palier.up() as bridge:
        await until(lambda: len(palier.ear.of(Message)) == 2)
        made = await bridge.do(send(room, "au réveil"), key="2")
        await nour.until("au réveil")
        assert made and await bridge.recall(made) == "au réveil"
        old = palier.ear.of(Message)[0].ref
        assert await bridge.recall(old) == "merci"
        assert not bridge.odd
    assert heard(palier) == [("merci", False), ("pendant la nuit", False)]
    async with palier.itself() as me:
        history = json.dumps(await me.history(room))
    assert not any(words in history for words in ("bonjour", "merci", "nuit", "réveil"))


def copied(memory: Memory) -> Memory:
    new = Memory()
    new.kept = json.loads(json.dumps(memory.kept))
    return new


async def test_edits_answers_reactions_and_removals(palier: Gated, nour: Sealed) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        chat = Chat("matrix", room)
        first = await nour.say(room, "question")
        await until(lambda: palier.ear.of(Message))
        made = await bridge.do(send(room, "réponse", reply_to=Ref(chat, first)), key="1")
        assert made
        assert (await nour.until("réponse"))["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": first}}
        await bridge.do(Edit(chat=chat, ref=made, html="mieux dit", of=Voice.BOT), key="2")
        assert (await nour.until("mieux dit"))["content"]["m.relates_to"]["event_id"] == made.id
        await bridge.do(React(chat=chat, ref=Ref(chat, first), emoji=("👀",)), key="3")
        async with palier.itself() as me:
            kinds = [one["type"] for one in await me.history(room) if one["sender"] == palier.user]
            assert "m.reaction" in kinds  # homeservers count them, so they stay open
            await bridge.do(Remove(chat=chat, ref=made), key="4")
            assert (await me.event(room, made.id))["content"] == {}
        new = {"msgtype": "m.text", "body": "question corrigée"}
        relation = {"rel_type": "m.replace", "event_id": first}
        await nour.say(room, "* question corrigée", **{"m.new_content": new, "m.relates_to": relation})
        await until(lambda: palier.ear.of(Edited))
        about = {"m.relates_to": {"rel_type": "m.annotation", "event_id": first, "key": "👍"}}
        path = f"/_matrix/client/v3/rooms/{room}/send/m.reaction/{token_hex(4)}"
        await nour._ask("PUT", path, about)
        await until(lambda: palier.ear.of(Reacted))
        await nour.client.room_redact(room, first)
        await until(lambda: palier.ear.of(Removed))
        assert await bridge.recall(Ref(chat, first)) is None
    assert [one.html for one in palier.ear.of(Edited)] == ["question corrigée"]
    assert palier.ear.of(Edited)[0].ref.id == palier.ear.of(Removed)[0].ref.id == first


async def test_another_key_stops_the_bridge_and_spoils_nothing(palier: Gated, nour: Sealed) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        await nour.say(room, "un")
        await until(lambda: palier.ear.of(Message))
    other = MatrixBridge(palier.url, palier.user, password="secret", cursor=palier.memory, pickle_key="another")
    before = dict(palier.memory.kept)
    with pytest.raises(Stopped, match="matrix-keys"):
        await other.run(palier.ear)
    with pytest.raises(TryLater):
        await other.do(send(room, "x"), key="x")
    await other.close()
    assert palier.memory.kept == before
    async with palier.up():
        await nour.say(room, "deux")
        await until(lambda: len(palier.ear.of(Message)) == 2)


async def test_only_who_listens_uses_the_keys(palier: Gated, nour: Sealed) -> None:
    """Of several workers, one holds the sync; another one's call would move the same talks on."""
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        other, before = palier.bridge(), kept_keys(palier)
        with pytest.raises(TryLater):
            await other.do(send(room, "x"), key="x")
        assert (await other.inspect(Chat("matrix", room))).encrypted
        assert kept_keys(palier) == before
        await other.close()
    with pytest.raises(TryLater):
        await bridge.do(send(room, "x"), key="y")
    await bridge.close()


# --- who can read


async def test_who_comes_reads_from_then_on_and_who_leaves_no_more(palier: Gated, nour: Sealed, sami: Sealed) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        await bridge.do(send(room, "à deux"), key="1")
        await nour.client.room_invite(room, sami.user)
        await until(lambda: sami.user in bridge._rooms[room].readers())
        await bridge.do(send(room, "à l'invité aussi"), key="2")
        await sami.client.join(room)
        await until(lambda: bridge._rooms[room].has(sami.user))
        await bridge.do(send(room, "à trois"), key="3")
        await sami.until("à trois")
        assert len(sami.unreadable) == 1 and await sami.until("à l'invité aussi")
        await sami.client.room_leave(room)
        await until(lambda: not bridge._rooms[room].has(sami.user))
        await bridge.do(send(room, "de nouveau à deux"), key="4")
        await nour.until("de nouveau")
        used = await sessions(palier, room)
        assert used[0] == used[1] == used[2] != used[3]
        olm = sami.client.olm
        assert olm and {one.id for one in olm.inbound_group_store if one.room_id == room} >= {used[0]}
        await sami.sync()
        assert not any(one.id == used[3] for one in olm.inbound_group_store)
    assert not nour.unreadable


async def test_where_nothing_from_before_a_join_is_shown_invitations_open_nothing(
    palier: Gated, nour: Sealed, sami: Sealed
) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour, history="joined")
        await nour.client.room_invite(room, sami.user)
        await until(lambda: sami.user in set(bridge._rooms[room].people()))
        assert bridge._rooms[room].readers() == {palier.user, nour.user}
        await bridge.do(send(room, "sans l'invité"), key="1")
        await nour.until("sans l'invité")
        await sami.client.join(room)
        await until(lambda: bridge._rooms[room].has(sami.user))
        await bridge.do(send(room, "avec"), key="2")
        await sami.until("avec")
        (used,) = set(await sessions(palier, room))
        olm = sami.client.olm
        assert olm and [one.first_known_index for one in olm.inbound_group_store if one.id == used] == [1]


async def test_who_comes_while_something_is_on_its_way_reads_it_too(
    palier: Gated, nour: Sealed, sami: Sealed
) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        await bridge.do(send(room, "avant"), key="1")

        async def comes() -> None:
            """When it is encrypted already, and before the homeserver takes it."""
            await nour.client.room_invite(room, sami.user)
            await sami.client.join(room)

        palier.gate.first.append(("/send/m.room.encrypted/", comes))
        await bridge.do(send(room, "pendant"), key="2")
        await sami.until("pendant")
        (used,) = set(await sessions(palier, room))
        olm = sami.client.olm
        assert olm and [one.first_known_index for one in olm.inbound_group_store if one.id == used] == [1]


async def test_a_new_device_reads_and_one_that_is_gone_does_not(palier: Gated, nour: Sealed, synapse: Synapse) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        await bridge.do(send(room, "un"), key="1")
        second = await Sealed.login(synapse, nour.user[1:].partition(":")[0])
        try:
            await until(lambda: bridge._keys and bridge._keys._running and bridge._keys._running._devices._stale)
            await bridge.do(send(room, "deux"), key="2")
            await second.until("deux")
            await second.client.logout()
            await until(lambda: bridge._keys and bridge._keys._running and bridge._keys._running._devices._stale)
            await bridge.do(send(room, "trois"), key="3")
            await nour.until("trois")
        finally:
            await second.close()
        used = await sessions(palier, room)
        assert used[0] == used[1] != used[2]


async def test_where_nothing_changes_nothing_is_asked(palier: Gated, nour: Sealed) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        await bridge.do(send(room, "0"), key="0")
        asked = [palier.gate.count(part) for part in ("/keys/", "/sendToDevice/")]
        before = kept_keys(palier)
        for n in range(1, 6):
            await bridge.do(send(room, str(n)), key=str(n))
        assert [palier.gate.count(part) for part in ("/keys/", "/sendToDevice/")] == asked
        assert kept_keys(palier) == before
        await nour.until("5")


async def test_a_device_that_has_nothing_to_begin_with_keeps_nobody_waiting(
    palier: Gated, nour: Sealed, sami: Sealed
) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour, sami)
        key = {"one_time_keys": {sami.user: {sami.client.device_id: "signed_curve25519"}}}
        while (await nour._ask("POST", "/_matrix/client/v3/keys/claim", key))["one_time_keys"]:
            pass
        claimed = palier.gate.count("/keys/claim")
        for n in range(3):
            await bridge.do(send(room, f"message {n}"), key=str(n))
        await nour.until("message 2")
        assert palier.gate.count("/keys/claim") == claimed + 1
        # Sami begins a talk by writing, and reads what comes after that.
        await sami.say(room, "me voici")
        await until(lambda: palier.ear.of(Message))
        await bridge.do(send(room, "bienvenue"), key="9")
        await sami.until("bienvenue")


async def test_all_one_time_keys_used_up_the_bot_is_still_reached(
    palier: Gated, nour: Sealed, sami: Sealed
) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour, sami)
    device = json.loads(palier.memory.kept["matrix.session"])["device_id"]
    key = {"one_time_keys": {palier.user: {device: "signed_curve25519"}}}
    for _ in range(60):
        assert (await nour._ask("POST", "/_matrix/client/v3/keys/claim", key))["one_time_keys"]
    await nour.say(room, "malgré tout")
    await sami.say(room, "moi aussi")
    async with palier.up():
        await until(lambda: len(palier.ear.of(Message)) == 2)
        await until(lambda: palier.gate.count("/keys/upload") >= 2)
    assert heard(palier) == [("malgré tout", False), ("moi aussi", False)]


# --- what breaks off


@pytest.mark.parametrize("place", ["/keys/query", "/keys/claim", "/sendToDevice/", "/send/m.room.encrypted/"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_broken_off_anywhere_it_is_said_once_and_read(
    palier: Gated, nour: Sealed, place: str, when: str
) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        getattr(palier.gate, when).append(place)
        with pytest.raises(TryLater):
            await bridge.do(send(room, "une fois"), key="1")
        await bridge.do(send(room, "une fois"), key="1")
        await nour.until("une fois")
        await bridge.do(send(room, "et après"), key="2")
        await nour.until("et après")
    assert [one["content"]["body"] for one in nour.heard] == ["une fois", "et après"] and not nour.unreadable


async def test_a_crash_between_saving_and_saying_uses_no_place_twice(palier: Gated, nour: Sealed) -> None:
    places: list[tuple[str, int]] = []
    for n in range(3):
        async with palier.up() as bridge:
            if n == 0:
                room = await together(palier, bridge, nour)
            palier.gate.before.append("/send/m.room.encrypted/")
            with suppress(TryLater):
                await bridge.do(send(room, f"message {n}"), key=f"{n}")
            assert bridge._keys and bridge._keys._running
            out = bridge._keys._running.sharing._rooms[room]
            places.append((out.session.id, out.session.message_index))
            palier.memory = copied(palier.memory)
            palier.ear.memory = palier.memory
    async with palier.up() as bridge:
        for n in range(3):
            await bridge.do(send(room, f"message {n}"), key=f"{n}")
        await nour.until("message 2")
    assert len({session for session, _ in places}) == 3  # every process has sessions of its own
    assert not {session for session, _ in places} & set(await sessions(palier, room))
    assert [one["content"]["body"] for one in nour.heard] == ["message 0", "message 1", "message 2"]


async def test_what_keys_rest_on_is_saved_before_it_leaves(palier: Gated, nour: Sealed) -> None:
    """As a database that is away for a moment shows: nothing about keys was told to anybody meanwhile."""
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        save, fails = palier.memory.save_all, True

        async def failing(values: Mapping[str, str | None]) -> None:
            if fails and any(name.startswith("matrix.keys.") for name in values):
                raise OSError("the disk is full")
            await save(values)

        palier.memory.save_all = failing  # type: ignore[method-assign]
        told = palier.gate.count("/sendToDevice/")
        with pytest.raises(OSError, match="full"):
            await bridge.do(send(room, "x"), key="1")
        assert palier.gate.count("/sendToDevice/") == told and not await sessions(palier, room)
        fails = False
        await bridge.do(send(room, "y"), key="1")
        await nour.until("y")
        assert not nour.unreadable


async def test_a_key_that_came_is_saved_before_its_arrival_is_confirmed(palier: Gated, nour: Sealed) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
    await nour.say(room, "bonsoir")
    token = palier.memory.kept["matrix"]
    palier.ear.strike = OSError("the database is away")  # after the keys were taken in
    bridge = palier.bridge()
    with pytest.raises(OSError, match="away"):
        await bridge.run(palier.ear)
    await bridge.close()
    assert palier.memory.kept["matrix"] == token and not palier.ear.of(Message)
    async with palier.up() as bridge:  # the same messages to the device come again
        await until(lambda: palier.ear.of(Message))
        assert not bridge.odd and bridge._keys and bridge._keys._running
        assert not bridge._keys._running.machine.wedged_devices and not bridge._keys._running.machine.strange
        assert palier.gate.count("/keys/claim") == 0
    assert heard(palier) == [("bonsoir", False)]


async def test_a_talk_whose_keys_were_lost_begins_anew(palier: Gated, nour: Sealed) -> None:
    """The database was set back: the other device's messages cannot be opened, and it is told so."""
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        await nour.say(room, "un")
        await until(lambda: palier.ear.of(Message))
    for name in [name for name in palier.memory.kept if ".olm." in name]:
        del palier.memory.kept[name]
    async with palier.up() as bridge:
        olm = nour.client.olm
        assert olm
        olm.outbound_group_sessions.clear()
        await nour.say(room, "perdu")  # with a key that comes by the talk that is lost
        await until(lambda: palier.gate.count("/keys/claim") and palier.gate.count("/sendToDevice/m.room.encrypted"))
        await nour.sync()  # the talk's new beginning
        olm.outbound_group_sessions.clear()
        await nour.say(room, "retrouvé")
        await until(lambda: ("retrouvé", False) in heard(palier))


# --- keys that come late


async def test_a_late_key_brings_the_words_in_order_marked_late_and_once(palier: Gated, nour: Sealed) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        await nour.say_without_key(room, "un")
        await nour.say(room, "avec clé")
        await until(lambda: palier.ear.of(Message))
        assert heard(palier) == [("avec clé", False)]
        assert sum(name.startswith("matrix.late.") for name in palier.memory.kept) == 1
        await until(lambda: palier.gate.count("/sendToDevice/m.room_key_request") == 1)
    kept = nour.keys[room], nour.ids[room]
    await nour.say_without_key(room, "deux")
    await nour.say_without_key(room, "trois", again=True)
    async with palier.up() as bridge:
        await until(lambda: sum(name.startswith("matrix.late.") for name in palier.memory.kept) == 3)
        await nour.give_key(room, palier.user)
        await until(lambda: len(palier.ear.of(Message)) == 3)
        assert heard(palier)[1:] == [("deux", True), ("trois", True)]
        nour.keys[room], nour.ids[room] = kept
        await nour.give_key(room, palier.user)
        await until(lambda: len(palier.ear.of(Message)) == 4)
        await until(lambda: not any(name.startswith("matrix.late.") for name in palier.memory.kept))
        assert not bridge.odd
    async with palier.up():
        await nour.say(room, "fin")
        await until(lambda: len(palier.ear.of(Message)) == 5)
    assert [words for words, _ in heard(palier)] == ["avec clé", "deux", "trois", "un", "fin"]
    keys = [one.key for one in palier.ear.heard]
    assert len(keys) == len(set(keys)) and not palier.ear.of(Unreadable)


async def test_a_key_that_came_just_before_the_end_is_used_after_it(palier: Gated, nour: Sealed) -> None:
    """The process dies after the key was saved and before the words were handed on."""
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        await nour.say_without_key(room, "presque")
        await until(lambda: any(name.startswith("matrix.late.") for name in palier.memory.kept))
    await nour.give_key(room, palier.user)
    palier.ear.strike = OSError("the database is away")
    bridge = palier.bridge()
    with pytest.raises(OSError, match="away"):
        await bridge.run(palier.ear)
    await bridge.close()
    assert any(name.startswith("matrix.late.") for name in palier.memory.kept)
    async with palier.up():
        await until(lambda: palier.ear.of(Message))
    assert heard(palier) == [("presque", True)]
    assert not any(name.startswith("matrix.late.") for name in palier.memory.kept)


async def test_a_key_that_is_forwarded_by_who_made_it(palier: Gated, nour: Sealed) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        await nour.say_without_key(room, "demandé")
        await until(lambda: palier.gate.count("/sendToDevice/m.room_key_request") == 1)
        await nour.give_key(room, palier.user, forwarded=True)
        await until(lambda: palier.ear.of(Message))
    assert heard(palier) == [("demandé", True)]


async def test_what_was_taken_away_meanwhile_is_not_brought(palier: Gated, nour: Sealed) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        gone = await nour.say_without_key(room, "regretté")
        await nour.say_without_key(room, "gardé", again=True)
        await until(lambda: sum(name.startswith("matrix.late.") for name in palier.memory.kept) == 2)
    await nour.client.room_redact(room, gone)
    for n in range(120):  # so many that the sync leaves some out
        path = f"/_matrix/client/v3/rooms/{quote(room)}/send/test.noise/{n}"
        await nour._ask("PUT", path, {})
    await nour.give_key(room, palier.user)
    async with palier.up():
        await until(lambda: palier.ear.of(Message))
        await until(lambda: not any(name.startswith("matrix.late.") for name in palier.memory.kept))
    assert heard(palier) == [("gardé", True)]


async def test_the_room_hears_once_of_keys_that_do_not_come(
    palier: Gated, nour: Sealed, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        await nour.say_without_key(room, "un")
        await nour.say_without_key(room, "deux", again=True)
        await until(lambda: sum(name.startswith("matrix.late.") for name in palier.memory.kept) == 2)
        assert not palier.ear.of(Unreadable)
        monkeypatch.setattr(late, "PATIENCE", 0.0)
        for words in ("trois", "quatre"):
            await nour.say(room, words)
            await until(partial(lambda said: (said, False) in heard(palier), words))
        (told,) = palier.ear.of(Unreadable)
        assert (told.chat.id, told.sender.id) == (room, nour.user)
        await nour.give_key(room, palier.user)
        await until(lambda: len(palier.ear.of(Message)) == 4)  # the name under which it was told is not theirs
    assert told.key not in {one.key for one in palier.ear.of(Message)}


async def test_a_room_that_was_left_keeps_nothing(palier: Gated, nour: Sealed) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        await nour.say_without_key(room, "un")
        await until(lambda: any(name.startswith("matrix.late.") for name in palier.memory.kept))
        await nour.client.room_kick(room, palier.user)
        await until(lambda: not any(name.startswith("matrix.late.") for name in palier.memory.kept))


# --- what strangers do


async def test_hostile_ciphertexts_stop_nothing(palier: Gated, nour: Sealed) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        megolm = {"algorithm": "m.megolm.v1.aes-sha2"}
        odd = {"session_id": [], "ciphertext": "x"}, {"session_id": "x", "sender_key": {}, "ciphertext": 5}
        for content in ({}, {"algorithm": 5}, *(megolm | one for one in odd)):
            path = f"/_matrix/client/v3/rooms/{room}/send/m.room.encrypted/{token_hex(4)}"
            await nour._ask("PUT", path, content)
        olm = {"algorithm": "m.olm.v1.curve25519-aes-sha2"}
        boxes: list[Any] = [{"y": 1}, {"y": {"type": 0, "body": "x"}}, [], 5]
        for body in ({}, {"algorithm": []}, *(olm | {"sender_key": "A" * 43, "ciphertext": box} for box in boxes)):
            for kind in ("m.room.encrypted", "m.room_key", "m.room_key_request", "m.forwarded_room_key", "x"):
                path = f"/_matrix/client/v3/sendToDevice/{kind}/{token_hex(4)}"
                await nour._ask("PUT", path, {"messages": {palier.user: {"*": body}}})
        plain: object
        for plain in (5, None, [], "x"):
            path = f"/_matrix/client/v3/sendToDevice/m.room.encrypted/{token_hex(4)}"
            await nour._ask("PUT", path, {"messages": {palier.user: {"*": plain}}})
        await nour.say(room, "toujours là")
        await until(lambda: palier.ear.of(Message))
    assert heard(palier) == [("toujours là", False)]


async def test_a_device_with_an_impossible_key_harms_only_itself(
    palier: Gated, nour: Sealed, sami: Sealed
) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour, sami)
        me = sami.client.device_id
        keys = {f"ed25519:{me}": "A" * 44, f"curve25519:{me}": "A" * 44}
        body: dict[str, Any] = {"algorithms": [], "device_id": me, "user_id": sami.user, "keys": keys, "signatures": {}}
        await sami._ask("POST", "/_matrix/client/v3/keys/upload", {"device_keys": body})
        await bridge.do(send(room, "à Nour"), key="1")
        await nour.until("à Nour")
        assert bridge.odd["device"] == 1


async def test_many_who_write_at_once_share_one_session(palier: Gated, nour: Sealed) -> None:
    async with palier.up() as bridge:
        room = await together(palier, bridge, nour)
        palier.gate.calls.clear()
        started = time.monotonic()
        await asyncio.gather(*(bridge.do(send(room, f"message {n}."), key=f"{n}") for n in range(20)))
        for n in range(20):
            await nour.until(f"message {n}.")
        assert palier.gate.count("/sendToDevice/") == palier.gate.count("/keys/claim") == 1
        assert len(set(await sessions(palier, room))) == 1 and time.monotonic() - started < 20
