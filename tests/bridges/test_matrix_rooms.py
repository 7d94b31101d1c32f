"""The Matrix bridge on a real homeserver: who comes into which room, talks with one person, and rights."""

import asyncio

import pytest

from bot.demo.synapse import Synapse
from bridges.model import (
    Edited,
    Invited,
    Join,
    Leave,
    Message,
    Person,
    Placed,
    Removed,
    Right,
    Send,
)
from bridges.port import Refused
from tests.bridges.matrix_lab import bot, resident, until
from tests.bridges.test_matrix_synapse import chat, settled


async def test_a_direct_room_is_opened_once_and_used_again(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana, await resident(synapse, "Bea") as bea:
        palier, room = await settled(synapse, ana, bea)
        to = Person(ana.user, chat(room), "Ana")
        bridge = palier.bridge()
        sends = [bridge.do(Send(chat=chat(room), html=f"for you {n}", to=to), key=f"d{n}") for n in range(3)]
        sent = await asyncio.gather(*sends)
        await bridge.close()
        async with palier.up() as again:
            sent.append(await again.do(Send(chat=chat(room), html="for you 3", to=to), key="d3"))
            (direct,) = {one.chat.id for one in sent if one}
            assert direct != room and await ana.invitations() == [direct]
            await ana.join(direct)
            answer = await ana.send(direct, "thank you")
            await until(lambda: any(one.ref.id == answer for one in palier.ear.of(Message)))
            (thanks,) = [one for one in palier.ear.of(Message) if one.ref.id == answer]
            assert thanks.private
            assert again.whereabouts(ana.user) == [chat(room)]
            assert [line.body for line in await bea.timeline(room) if "for you" in line.body] == []
            # The list of direct rooms may be lost; the room is found by what it is.
            again._talks.learn({"@x:y": 5})
            found = await again.do(Send(chat=chat(room), html="for you 4", to=to), key="d4")
            assert found and found.chat.id == direct
            again._talks._listed = None
            await ana.leave(direct)
            with pytest.raises(Refused, match="unreachable"):
                await again.do(Send(chat=chat(room), html="for you 5", to=to), key="d5")
            assert await ana.invitations() == []


async def test_a_talk_that_a_person_began_is_used_too(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana, await resident(synapse, "Bea") as bea:
        palier, room = await settled(synapse, ana, bea)
        async with palier.up() as bridge:
            direct = await ana.create_room(invite=[palier.user], direct=True)
            await until(lambda: palier.ear.of(Invited))
            (asked,) = palier.ear.of(Invited)
            assert (asked.chat, asked.direct, asked.by.id, asked.by.name) == (chat(direct), True, ana.user, "Ana")
            await bridge.do(Join(chat=chat(direct)), key="j")
            await until(lambda: any(one.chat.id == direct for one in palier.ear.of(Placed)))
            assert [one.kind for one in palier.ear.of(Placed) if one.chat.id == direct] == ["private"]
            assert (await bridge.inspect(chat(direct))).kind == "private"
            await bridge.do(Leave(chat=chat(direct)), key="out")
            await until(lambda: len([one for one in palier.ear.of(Placed) if one.chat.id == direct]) == 2)
            assert {one.kind for one in palier.ear.of(Placed) if one.chat.id == direct} == {"private"}
            await ana.invite(direct, palier.user)
            await bridge.do(Join(chat=chat(direct)), key="again")
            sent = await bridge.do(Send(chat=chat(room), html="x", to=Person(ana.user, chat(room))), key="1")
            assert sent and sent.chat.id == direct
        async with palier.itself() as itself:
            assert await itself.call("GET", f"/user/{palier.user}/account_data/m.direct") == {ana.user: [direct]}


async def test_a_room_that_the_bot_opened_for_a_talk_is_private(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        async with palier.up() as bridge:
            sent = await bridge.do(Send(chat=chat(room), html="x", to=Person(ana.user, chat(room))), key="1")
            assert sent and sent.chat.id != room
            await ana.join(sent.chat.id)
            levels = await ana.state(sent.chat.id, "m.room.power_levels")
            await ana.put_state(sent.chat.id, "m.room.power_levels", {**levels, "redact": 0, "kick": 101})
            await until(lambda: any(one.chat == sent.chat for one in palier.ear.of(Placed)))
            assert {one.kind for one in palier.ear.of(Placed) if one.chat == sent.chat} == {"private"}


async def test_a_whisper_never_goes_where_others_can_come(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana, await resident(synapse, "Bea") as bea:
        palier, room = await settled(synapse, ana)
        named = await ana.create_room("Ours", [palier.user], direct=True)
        crowd = await ana.create_room(invite=[palier.user, bea.user], direct=True)
        async with palier.up() as bridge:
            for one in (named, crowd):
                await bridge.do(Join(chat=chat(one)), key=one)
            await bea.join(crowd)
            await bea.leave(crowd)
            await until(lambda: {named, crowd} <= {one.chat.id for one in palier.ear.of(Placed)})
            to, found = Person(ana.user, chat(room)), set()
            for here in (room, named, crowd):
                sent = await bridge.do(Send(chat=chat(here), html="for you", to=to), key=f"in {here}")
                assert sent
                found.add(sent.chat.id)
            assert len(found) == 1 and not found & {room, named, crowd}


async def test_an_edit_that_is_taken_away_takes_its_message_along(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana, await resident(synapse, "Bea") as bea:
        palier, room = await settled(synapse, ana, bea)
        async with palier.up():
            first = await ana.send(room, "at number 4")
            edit, foreign = await ana.edit(room, first, "at number 5"), await bea.edit(room, first, "nowhere")
            await until(lambda: len(palier.ear.of(Edited)) == 2)
            await bea.redact(room, foreign)
            await ana.redact(room, edit)
            await until(lambda: len(palier.ear.of(Removed)) == 2)
            assert [one.ref.id for one in palier.ear.of(Removed)] == [foreign, first]


async def test_a_batch_that_was_not_taken_comes_again_the_same(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        bridge = palier.bridge()
        first = asyncio.create_task(bridge.run(palier.ear))
        await until(lambda: bridge._known)
        palier.ear.strike = OSError("the database is away")
        said = await ana.send(room, "number 4")
        with pytest.raises(OSError, match="away"):
            await first
        edit = await ana.edit(room, said, "number 5")
        await ana.kick(room, palier.user)
        palier.ear.strike = OSError("the database is away")
        with pytest.raises(OSError, match="away"):
            await bridge.run(palier.ear)
        assert palier.ear.heard == [] and bridge.whereabouts(ana.user) == []
        running = asyncio.create_task(bridge.run(palier.ear))
        await until(lambda: palier.ear.of(Placed) and room not in bridge._rooms)
        running.cancel()
        await asyncio.wait([running])
        await bridge.close()
        (message,), (edited,), (placed,) = palier.ear.of(Message), palier.ear.of(Edited), palier.ear.of(Placed)
        assert (message.sender.name, edited.sender.name, placed.by.name, placed.title) == (*["Ana"] * 3, "Tilleuls")
        assert (message.ref.id, edited.key, placed.member) == (said, f"matrix {edit}", False)


async def test_what_opens_a_talk_is_heard_although_the_bot_had_not_come_yet(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier = await bot(synapse)
        async with palier.up() as bridge:
            talk = await ana.create_room(invite=[palier.user], direct=True)
            first = await ana.send(talk, "!bonjour CODE")
            await until(lambda: palier.ear.of(Invited))
            await bridge.do(Join(chat=chat(talk)), key="yes")
            await until(lambda: palier.ear.of(Message))
            group = await ana.create_room("Tilleuls", [palier.user])
            await ana.send(group, "a secret from before")
            await until(lambda: len(palier.ear.of(Invited)) == 2)
            await bridge.do(Join(chat=chat(group)), key="group")
            await until(lambda: len(palier.ear.of(Placed)) == 2)
            await ana.send(talk, "and after")
            await until(lambda: len(palier.ear.of(Message)) == 2)
    heard = palier.ear.of(Message)
    assert [one.html for one in heard] == ["!bonjour CODE", "and after"]
    assert heard[0].ref.id == first and heard[0].private


async def test_invitations_bring_their_reason_and_can_be_declined(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier = await bot(synapse)
        early = await ana.create_room("Early", [palier.user])
        async with palier.up() as bridge:
            await until(lambda: palier.ear.of(Invited))
            room = await ana.create_room("Tilleuls")
            await ana.invite(room, palier.user, "code 1234")
            await until(lambda: len(palier.ear.of(Invited)) == 2)
            first, second = palier.ear.of(Invited)
            assert (first.chat, first.reason) == (chat(early), "")
            assert (second.chat, second.reason, second.direct) == (chat(room), "code 1234", False)
            assert second.by == Person(ana.user, chat(room), "Ana")
            await bridge.do(Join(chat=chat(room), accept=False), key="no")
            await bridge.do(Join(chat=chat(early)), key="yes")
            await until(lambda: palier.ear.of(Placed))
            assert (await ana.members(room))[palier.user] == "leave"
            for _ in range(2):
                await bridge.do(Leave(chat=chat(early)), key="out")
            await until(lambda: len(palier.ear.of(Placed)) == 2)
            assert (await ana.members(early))[palier.user] == "leave"
        assert [(one.chat.id, one.member) for one in palier.ear.of(Placed)] == [(early, True), (early, False)]


async def test_rights_follow_the_power_levels(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        async with palier.up() as bridge:
            standing = await bridge.inspect(chat(room))
            assert (standing.member, standing.title, standing.rights) == (True, "Tilleuls", frozenset({Right.SEND}))
            await ana.appoint(room, palier.user, 50)
            await until(lambda: palier.ear.of(Placed))
            (placed,) = palier.ear.of(Placed)
            assert placed.rights == {Right.SEND, Right.DELETE, Right.PIN, Right.RESTRICT}
            assert (placed.by.id, placed.title, placed.member) == (ana.user, "Tilleuls", True)
            assert (await bridge.inspect(chat(room))).rights == placed.rights
        async with palier.itself() as itself:
            own = await itself.create_room("Its own")
        bridge = palier.bridge()
        assert Right.ADMIN in (await bridge.inspect(chat(own))).rights
        assert not (await bridge.inspect(chat("!nowhere"))).member
        await bridge.close()
