"""The sweep: what it keeps as long as somebody may need it, and what it lets go."""

from datetime import UTC, datetime, timedelta

import time_machine
from sqlmodel import select

from bot.clock import sweep
from bot.store import Ballot, Copy, Outgoing, Room, Sighting, State, Strand, now
from bridges.model import Chat, Ref, Send, Voice
from tests.conftest import Town

START = datetime.now(UTC)


def after(**more: float) -> time_machine.travel:
    return time_machine.travel(START + timedelta(**more), tick=True)


async def test_numbers_go_after_a_day_but_for_the_highest_of_each_room(town: Town) -> None:
    with after(hours=0):
        async with town.store.work() as work:
            for room in ("a", "b"):
                for number in (1, 2, 3):
                    work.add(Sighting(network="telegram", room=room, id=number, at=now()))
    with after(hours=23):
        await sweep(town.store)
        async with town.store.work() as work:
            assert len((await work.exec(select(Sighting))).all()) == 6
            work.add(Sighting(network="telegram", room="b", id=9, at=now()))
    with after(hours=25):
        await sweep(town.store)
        async with town.store.work() as work:
            left = {(one.room, one.id) for one in await work.exec(select(Sighting))}
    assert left == {("a", 3), ("b", 9)}


async def test_a_thread_is_known_as_long_as_a_copy_in_it_is(town: Town) -> None:
    async with town.store.work() as work:
        for thread in ("quiet", "lively", "root"):
            await work.open_strand(Chat("telegram", "1", thread), Chat("matrix", "!a"), f"${thread}")
        work.add(Copy(origin="telegram|1|1", network="matrix", room="!a", thread="$quiet", id="$1", made=START))
        work.add(Copy(origin="telegram|1|2", network="matrix", room="!a", id="$root", made=START + timedelta(days=9)))
        work.add(
            Copy(origin="matrix|!a|$2", network="telegram", room="1", thread="lively", id="2",
                 made=START + timedelta(days=9))
        )  # fmt: skip
        work.add(Ballot(network="telegram", poll="p", origin="telegram|1|1"))
    for days, threads, ballots in ((29, {"quiet", "lively", "root"}, 1), (31, {"lively", "root"}, 0), (40, set(), 0)):
        with after(days=days):
            await sweep(town.store)
        async with town.store.work() as work:
            assert {one.thread for one in await work.exec(select(Strand))} == threads
            assert len((await work.exec(select(Ballot))).all()) == ballots


async def test_what_waits_for_a_room_that_was_left_waits_a_day(linked: Town) -> None:
    chat = linked.telegram.chat

    async def inside(*, member: bool) -> None:
        async with linked.store.work() as work:
            (await work.get_one(Room, (chat.network, chat.id))).member = member

    async def states() -> list[State]:
        await sweep(linked.store)
        async with linked.store.work() as work:
            return list(await work.exec(select(Outgoing.state).order_by(Outgoing.id)))  # type: ignore[arg-type]

    with after(hours=0):
        async with linked.store.work() as work:
            for there in (chat, linked.matrix.chat):
                await work.do(Send(chat=there, html="bonjour", of=Voice.BOT, copy_of=Ref(Chat("x", "y"), there.id)))
        await inside(member=False)
        assert await states() == [State.WAITING, State.WAITING]
    with after(hours=23):
        assert await states() == [State.WAITING, State.WAITING]
        await inside(member=True)
        assert await states() == [State.WAITING, State.WAITING]
        await inside(member=False)
        assert await states() == [State.WAITING, State.WAITING]
    with after(hours=46):
        assert await states() == [State.WAITING, State.WAITING]
    with after(hours=47.5):
        assert await states() == [State.DROPPED, State.WAITING]
        async with linked.store.work() as work:
            assert (await work.exec(select(Outgoing).where(Outgoing.state == State.DROPPED))).one().payload is None
