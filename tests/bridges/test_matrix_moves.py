"""The Matrix bridge on a real homeserver: rooms that move elsewhere, and rooms that take nothing any more."""

import pytest

from bot.demo.synapse import Synapse
from bridges.model import Action, Edit, Invited, Join, Message, Moved, Placed, React, Ref, Right, Send
from bridges.port import Refused, Shut, TryLater
from tests.bridges.matrix_lab import resident, until
from tests.bridges.test_matrix_synapse import chat, settled

OPEN = [{"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "public"}}]


async def test_an_upgraded_room_is_followed(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana, initial_state=OPEN)
        await ana.send(room, "before")
        new = await ana.upgrade(room)
        async with palier.up() as bridge:
            await until(lambda: palier.ear.of(Moved))
            after = await ana.send(new, "after")
            await until(lambda: after in palier.ear.ids())
            assert [one.html for one in palier.ear.of(Message)] == ["before", "after"]
            (moved,) = palier.ear.of(Moved)
            assert (moved.old, moved.new, moved.by.id, moved.entered) == (chat(room), chat(new), ana.user, True)
            assert (await bridge.inspect(chat(new))).member and bridge.odd == {}
            (placed,) = [one for one in palier.ear.of(Placed) if one.chat.id == new]
            assert placed.by.id == palier.user


async def test_into_a_closed_room_somebody_has_to_let_the_bot(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        async with palier.up() as bridge:
            new = await ana.upgrade(room)
            await until(lambda: palier.ear.of(Moved))
            assert [one.entered for one in palier.ear.of(Moved)] == [False]
            await ana.invite(new, palier.user)
            await until(lambda: palier.ear.of(Invited))
            await bridge.do(Join(chat=chat(new)), key="join")
            await until(lambda: len(palier.ear.of(Moved)) == 2)
        moved = palier.ear.of(Moved)[1]
        assert (moved.old, moved.new, moved.entered, moved.by.id) == (chat(room), chat(new), True, ana.user)
        assert len({one.key for one in palier.ear.of(Moved)}) == 2


async def test_a_room_that_points_where_it_does_not_belong_is_not_followed(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana, await resident(synapse, "Eve") as eve:
        palier, room = await settled(synapse, ana)
        trap = await eve.create_room("Trap", initial_state=OPEN)
        other = await eve.create_room("Other", [palier.user])
        async with palier.up() as bridge:
            await bridge.do(Join(chat=chat(other)), key="join")
            await until(lambda: any(one.chat.id == other for one in palier.ear.of(Placed)))
            for n, target in enumerate((trap, other), 1):
                await ana.put_state(room, "m.room.tombstone", {"body": "moved", "replacement_room": target})
                await until(lambda n=n: len(palier.ear.of(Moved)) == n)  # type: ignore[misc]
            assert [one.entered for one in palier.ear.of(Moved)] == [False, False]
            assert (await eve.members(trap))[palier.user] == "leave"
            assert (await eve.members(other))[palier.user] == "join"


async def test_a_server_that_does_not_answer_holds_nothing_up_for_ever(
    synapse: Synapse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana, initial_state=OPEN)
        await ana.upgrade(room)
        bridge, tries = palier.bridge(), 0

        async def join(*_: str) -> None:
            nonlocal tries
            tries += 1
            raise TryLater

        monkeypatch.setattr(bridge._server, "join", join)
        monkeypatch.setattr("bridges.matrix.bridge.POLL", 0)
        for _ in range(2):
            with pytest.raises(TryLater):
                await bridge.run(palier.ear)
        palier.ear.strike = OSError("enough")
        with pytest.raises(OSError, match="enough"):
            await bridge.run(palier.ear)
        assert tries == 3
        await bridge.close()


async def test_who_is_put_out_or_may_not_write_waits(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        said, bridge = await ana.send(room, "hello"), palier.bridge()
        here, ref = chat(room), Ref(chat(room), said)
        sent = await bridge.do(Send(chat=here, html="x"), key="0")
        levels = await ana.state(room, "m.room.power_levels")
        assert sent
        await ana.put_state(room, "m.room.power_levels", {**levels, "events_default": 50})
        write, react = Send(chat=here, html="x"), React(chat=here, ref=ref, emoji=("👍",))
        quiet: list[Action] = [write, Edit(chat=here, html="y", ref=sent)]
        for n, action in enumerate(quiet):
            with pytest.raises(Shut) as shut:
                await bridge.do(action, key=f"quiet {n}")
            assert shut.value.why == "rights"
        with pytest.raises(Refused, match="rights"):
            await bridge.do(react, key="react")
        await ana.put_state(room, "m.room.power_levels", levels)
        assert await bridge.do(Send(chat=here, html="x"), key="quiet 0")
        await ana.kick(room, palier.user)
        out: list[Action] = [write, react]
        for n, action in enumerate(out):
            with pytest.raises(Shut) as shut:
                await bridge.do(action, key=f"out {n}")
            assert shut.value.why == "kicked"
        await ana.invite(room, palier.user)
        await bridge.do(Join(chat=here), key="back")
        assert await bridge.do(Send(chat=here, html="x"), key="out 0")
        assert Right.SEND in (await bridge.inspect(here)).rights
        await bridge.close()
