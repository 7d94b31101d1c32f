"""An encrypted room: Palier dies at random points in it, and keys come late, some while it is dead."""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from random import Random

from bot.config import load
from bot.gate import Choice
from bot.run import open_store
from bridges.model import Chat, Person
from tests.bridges.keys.sealed import Sealed
from tests.faults.inprocess import PATIENCE, POINTS, SHOWN, crossed, pick
from tests.faults.mined import Mined, Orders
from tests.faults.place import Place, numbers
from tests.faults.rows import Count, Row, together
from tests.faults.world import World

HERE = POINTS | {"matrix sendToDevice": (2, 2), "matrix query": (1, 2), "matrix claim": (1, 1)}
MANY = 2  # messages each way in a run
LATE = 0.5  # how often the key of one more message is kept back


async def encrypted(world: World) -> list[Row]:
    """Nour writes and reads with a client that gives its keys to signed devices alone."""
    runs, dice = 6 if world.short else 100, Random(world.seed)  # noqa: S311 - moments, not secrets
    place = await world.place("sealed", [(1, 1)], running=False)
    nour = await Sealed.login(world.synapse, "nour", "Nour")
    try:
        await _enter(place, nour)
        async with place.mined() as palier:
            return [await _runs(place, palier, nour, dice, runs)]
    finally:
        await nour.close()


async def _enter(place: Place, nour: Sealed) -> None:
    """Into a room that is encrypted from now on, with her yes."""
    room = place.circles[0].room
    await place.maelle.call("POST", f"/rooms/{room}/invite", {"user_id": nour.user})
    await nour.client.join(room)
    algorithm = {"algorithm": "m.megolm.v1.aes-sha2"}
    await place.maelle.call("PUT", f"/rooms/{room}/state/m.room.encryption", algorithm)
    await nour.sync()
    async with open_store(load(place.config, place.environment)) as store, store.work() as work:
        person = Person(nour.user, Chat("matrix", room), "Nour")
        circle = await work.circle(person.chat)
        assert circle
        await work.decide(person, circle, Choice.NAMED)


async def _runs(place: Place, palier: Mined, nour: Sealed, dice: Random, runs: int) -> Row:
    died = late = 0
    telegram, matrix, belated, failures = list[Count](), list[Count](), list[Count](), list[str]()
    for run in range(3 * runs):
        if died >= runs:
            break
        mine, keeps_back = pick(dice, HERE), dice.random() < LATE
        dead = await _run(place, palier, nour, Orders(mine), f"s{run:03d}", keeps_back=keeps_back)
        died, late = died + dead, late + keeps_back
        counts = await _counted(place, nour, f"s{run:03d}", keeps_back=keeps_back)
        for name, count, kept in zip(("Telegram", "Matrix", "late"), counts, (telegram, matrix, belated), strict=True):
            kept.append(count)
            if not count.good:
                failures.append(f"run {run} ({mine}): {name} {count}")
    texts = await place.on_telegram(place.circles[0].group)
    failures += [f"twice in the end: {text}" for text, times in Counter(texts).items() if times > 1]
    if nour.unreadable:
        failures.append(f"{len(nour.unreadable)} messages that she cannot read")
    failed = f". FAILED: {'; '.join(failures[:SHOWN])}" if failures else ""
    return Row(
        f"an encrypted room: {runs} deaths at random points, and the keys of some messages come later",
        "0 lost, 0 out of order, 0 twice on either side; what could not be read is relayed when its key comes",
        f"Matrix {together(matrix)}. Telegram {together(telegram)}. Of {late} messages with a late key: "
        f"{together(belated)}{failed}",
        good=died >= runs and late > 0 and not failures,
    )


async def _run(place: Place, palier: Mined, nour: Sealed, orders: Orders, tag: str, *, keeps_back: bool) -> bool:
    """Tells whether Palier died; in the end one is there that has nothing to do."""
    here, before = place.circles[0], place.tables.acts()
    palier.order(orders)

    async def nour_writes() -> None:
        for number in range(MANY):
            await nour.say(here.room, f"{tag} {number:04d}")
        if keeps_back:
            await nour.say_without_key(here.room, f"late{tag} 0000")

    await asyncio.gather(place.write(tag, MANY, telegram=[here]), nour_writes())
    end = time.monotonic() + PATIENCE
    while palier.alive and time.monotonic() < end and not place.tables.done(before + 2 * MANY):
        await asyncio.sleep(0.02)
    if keeps_back:
        await nour.give_key(here.room, place.itself.user)
    dead = await crossed(place, palier, before + 2 * MANY + keeps_back, iter([Orders()]))
    palier.order(Orders())
    return bool(dead)


async def _counted(place: Place, nour: Sealed, tag: str, *, keeps_back: bool) -> tuple[Count, Count, Count]:
    """On Telegram, on Matrix, and of those whose key came late."""
    said = await place.on_telegram(place.circles[0].group)
    with suppress(TimeoutError):
        await nour.until(f"{tag} {MANY - 1:04d}", 10)
    heard = [event["content"]["body"] for event in nour.heard]
    late = Count(int(keeps_back), numbers(f"late{tag}", said))
    return Count(MANY, numbers(tag, said)), Count(MANY, numbers(tag, heard)), late
