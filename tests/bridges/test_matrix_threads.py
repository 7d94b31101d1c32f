"""The Matrix bridge on a real homeserver: threads, polls, pins, comings and goings, and other bridges in a room."""

from contextlib import AsyncExitStack

import pytest

from bot.demo.synapse import Synapse
from bridges.model import (
    Chat,
    Message,
    Person,
    Pin,
    Pinned,
    PollClosed,
    React,
    Reacted,
    Ref,
    Removed,
    Send,
    Stirred,
)
from bridges.port import Fate
from tests.bridges.matrix_lab import bot, resident, until
from tests.bridges.test_matrix_synapse import chat, settled


async def test_threads_are_heard_and_written(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        async with palier.up() as bridge:
            root = await ana.send(room, "who has a ladder?")
            first = await ana.send(room, "anyone?", thread=root)
            second = await ana.send(room, "thanks", thread=root, reply_to=first)
            await until(lambda: len(palier.ear.of(Message)) == 3)
            thread = Chat("matrix", room, root)
            assert [(one.ref, one.reply_to) for one in palier.ear.of(Message)] == [
                (Ref(chat(room), root), None), (Ref(thread, first), None), (Ref(thread, second), Ref(thread, first))
            ]  # fmt: skip
            assert palier.ear.of(Message)[1].sender == Person(ana.user, thread, "Ana")
            sent = await bridge.do(Send(chat=thread, html="I have", by="Bea"), key="1")
            answer = await bridge.do(Send(chat=thread, html="take it", by="Bea", reply_to=Ref(thread, first)), key="2")
            assert sent and answer and sent.chat == answer.chat == thread
            assert await bridge.settle(Send(chat=thread, html="x"), key="9", since=palier.ear.heard[0].at) is Fate.AGAIN
        ours = [line for line in await ana.timeline(room) if line.sender == palier.user]
        assert [(line.thread, line.reply_to) for line in ours] == [(root, ""), (root, first)]
        # Clients without threads see the first one as an answer to what came before it.
        assert ours[0].content["m.relates_to"]["m.in_reply_to"] == {"event_id": second}


async def test_a_poll_is_heard_and_its_result_when_it_ends(synapse: Synapse) -> None:
    async with AsyncExitStack() as stack:
        people = [await stack.enter_async_context(await resident(synapse, who)) for who in ("Ana", "Bea", "Carl")]
        ana, bea, carl = people
        palier, room = await settled(synapse, ana, bea, carl)
        async with palier.up() as bridge:
            poll = await bea.ask(room, "When?", "Monday", "Tuesday")
            await ana.vote(room, poll, 0)
            await ana.vote(room, poll, 1)
            await bea.vote(room, poll, 1)
            await carl.vote(room, poll, 0)
            await carl.end(room, poll)
            over = await bea.end(room, poll)
            await carl.vote(room, poll, 1)
            await ana.end(room, poll)
            last = await ana.send(room, "last")
            await until(lambda: last in palier.ear.ids())
        asked = palier.ear.of(Message)[0].poll
        assert asked and (asked.id, asked.question, asked.options) == (poll, "When?", ("Monday", "Tuesday"))
        (closed,) = palier.ear.of(PollClosed)
        assert (closed.key, closed.ref, closed.network) == (f"matrix {over}", Ref(chat(room), poll), "matrix")
        assert closed.poll.closed and closed.poll.votes == (1, 2) and closed.poll.options == asked.options
        assert bridge.odd == {"poll": 2}


async def test_pins_are_heard_also_after_a_pause_and_never_one_s_own(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        await ana.appoint(room, palier.user, 50)
        said = [await ana.send(room, f"{n}") for n in range(3)]
        await ana.pin(room, said[0], said[1])
        for n in range(130):
            await ana.send(room, f"more {n}")
        await ana.pin(room, said[1])
        async with palier.up() as bridge:
            await bridge.do(Pin(chat=chat(room), ref=Ref(chat(room), said[2])), key="1")
            last = await ana.send(room, "last")
            await until(lambda: last in palier.ear.ids())
        changes = [(one.ref.id, one.on, one.sender.id) for one in palier.ear.of(Pinned)]
        assert changes == [(said[0], True, ana.user), (said[1], True, ana.user), (said[0], False, ana.user)]


async def test_comings_and_goings_are_heard(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana, await resident(synapse, "Bea") as bea:
        palier, room = await settled(synapse, ana)
        async with palier.up():
            await ana.invite(room, bea.user)
            await bea.join(room)
            await bea.rename("Béa")
            await until(lambda: len(palier.ear.of(Stirred)) == 2)
            await bea.leave(room)
            await until(lambda: len(palier.ear.of(Stirred)) == 3)
        assert [(one.what, one.sender.id) for one in palier.ear.of(Stirred)] == [
            ("joined", bea.user), ("renamed", bea.user), ("left", bea.user)
        ]  # fmt: skip


async def test_an_edit_is_known_as_one_after_a_restart(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        async with palier.up():
            first = await ana.send(room, "at number 4")
            edit = await ana.edit(room, first, "at number 5")
            await until(lambda: any(name.startswith("matrix.edit.") for name in palier.memory.kept))
        async with palier.up():
            await ana.redact(room, edit)
            await until(lambda: palier.ear.of(Removed))
        assert [one.ref.id for one in palier.ear.of(Removed)] == [first]
        await ana.kick(room, palier.user)
        async with palier.up():
            await until(lambda: not any(name.startswith("matrix.edit.") for name in palier.memory.kept))


async def test_two_bridges_in_one_room_do_not_feed_each_other(synapse: Synapse) -> None:
    async with await resident(synapse, "Ana") as ana:
        palier, room = await settled(synapse, ana)
        other = await bot(synapse)
        await ana.invite(room, other.user)
        async with palier.up() as here, other.up() as there:
            await there._server.join(room)
            await until(lambda: any(one.sender.id == other.user for one in palier.ear.of(Stirred)))
            for n, bridge in enumerate((here, there)):
                sent = await bridge.do(Send(chat=chat(room), html="hello", by="Carl · Telegram"), key=f"{n}")
                await bridge.do(Send(chat=chat(room), html="The town hall says", reply_to=sent), key=f"t{n}")
                assert sent
                await bridge.do(React(chat=chat(room), ref=sent, emoji=("👍",)), key=f"r{n}")
            last = await ana.send(room, "last")
            for one in (palier, other):
                await until(lambda one=one: last in one.ear.ids())  # type: ignore[misc]
        for one in (palier, other):
            assert one.ear.ids() == [last] and one.ear.of(Reacted) == []
        assert here.odd == there.odd == {}


@pytest.mark.parametrize("paced", [True, False])
async def test_the_pace_is_the_server_s_where_it_is_told_so(synapse: Synapse, *, paced: bool) -> None:
    palier = await bot(synapse)
    palier.more["paced"] = paced
    can = palier.bridge().capabilities(chat("!a"))
    assert [(pace.count, pace.per.total_seconds(), pace.leaky) for pace in can.pace_of_all] == [(10, 50, True)] * paced
    assert can.repeats and can.threads and can.spots_with_text and not can.numbered and can.albums == 1
