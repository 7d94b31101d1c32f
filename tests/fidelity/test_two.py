"""Two Paliers, each with its own Telegram group, in one Matrix room: nothing goes round."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.demo.synapse import Synapse
from tests.fidelity.stage import Pair, open_stage, until
from tests.fidelity.test_table import synapse

__all__ = ["synapse"]


@pytest.fixture
async def two(tmp_path: Path, synapse: Synapse) -> AsyncIterator[tuple[Pair, Pair]]:
    """Their groups, and the room that both are in."""
    async with AsyncExitStack() as stack:
        stages = []
        for name in ("one", "other"):
            (tmp_path / name).mkdir()
            stages.append(await stack.enter_async_context(open_stage(tmp_path / name, synapse)))
        first, second = stages
        one = await first.pair()
        await second.me.join(one.room)
        await first.maelle.appoint(one.room, second.me.user, 100)
        group = await second.control.chat("Ailleurs", members=[second.amina, second.bot["id"]])
        await second.control.member(group, second.bot["id"], "administrator", rights={"can_delete_messages": True})
        other = await second.link(group, one.room)
        async with second.app.store.work() as work:
            from bot.gate import Choice
            from bridges.model import Chat, Person

            circle = await work.circle(Chat("matrix", one.room))
            assert circle
            maelle = Person(first.maelle.user, Chat("matrix", one.room), "Maëlle")
            (await work.decide(maelle, circle, Choice.NAMED)).media = True
        yield one, other


async def test_two_bridges_in_one_room_make_no_loop(two: tuple[Pair, Pair]) -> None:
    one, other = two
    await one.writes("du salon")
    await one.on_telegram(lambda said: "du salon" in said.get("text", ""))
    await other.on_telegram(lambda said: "du salon" in said.get("text", ""))
    said = await one.says("du premier groupe")
    copy = await one.on_matrix(lambda line: "du premier groupe" in line.body)
    await other.says("de l'autre groupe")

    async def both() -> bool:
        return sum("groupe" in line.body for line in await one.stage.maelle.timeline(one.room)) >= 2

    await until(both)
    await one.stage.control.edit(one.group, one.stage.amina, said["message_id"], "du premier groupe, mieux dit")
    await one.on_matrix(lambda line: "mieux dit" in line.body)
    await one.stage.maelle.react(one.room, copy.event_id, "🎉")
    await asyncio.sleep(3)
    bodies = [line.body for line in await one.stage.maelle.timeline(one.room)]
    assert sorted(body.rpartition(": ")[2] for body in bodies if "groupe" in body or "salon" in body) == [
        "de l'autre groupe", "du premier groupe, mieux dit", "du salon",
    ]  # fmt: skip
    here = [said["text"] for said in await one.telegram() if said.get("text")]
    there = [said["text"] for said in await other.telegram() if said.get("text")]
    assert [text.rpartition(": ")[2] for text in here if "Matrix" in text] == ["du salon"]
    assert [text.rpartition(": ")[2] for text in there if "Matrix" in text] == ["du salon"]
