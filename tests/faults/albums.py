"""Files and albums on their way while Palier dies: each picture arrives once, in its place."""

import asyncio
import time
from random import Random

from bridges.simulator import Item
from bridges.simulator.media import sample
from tests.faults.inprocess import LATE, SHOWN, crossed, pick
from tests.faults.mined import Mined, Orders
from tests.faults.place import Place, numbers
from tests.faults.rows import Count, Row, together
from tests.faults.world import World

HERE = {
    "commit": (4, 8),
    "together": (2, 1),
    "telegram sendMediaGroup": (4, 1),
    "telegram getFile": (1, 3),
    "do": (1, 3),
    "matrix send": (3, 3),
    "matrix sync": (1, 2),
}
MANY = 3  # pictures


async def albums(world: World) -> list[Row]:
    """An album each way in each run, and a text that closes the one from Matrix."""
    runs, dice = 3 if world.short else 60, Random(world.seed)  # noqa: S311 - moments, not secrets
    place = await world.place("albums", [(1, 1)], running=False)
    place.tables.do("update consent set media = ?", True)
    died, telegram, matrix, failures = 0, list[Count](), list[Count](), list[str]()
    async with place.mined() as palier:
        for run in range(3 * runs):
            if died >= runs:
                break
            mine, tag = pick(dice, HERE), f"a{run:03d}"
            died += await _run(place, palier, Orders(mine), tag)
            came = await _looked(place, tag)
            telegram.append(came[0])
            matrix.append(came[1])
            failures += [f"run {run} ({mine}): {count}" for count in came if not count.good]
    failed = f". FAILED: {'; '.join(failures[:SHOWN])}" if failures else ""
    return [
        Row(
            f"{runs} deaths at random points while albums of {MANY} pictures are on their way, both ways",
            "each picture once, in order, on either side",
            f"Matrix {together(matrix)}. Telegram {together(telegram)}{failed}",
            good=died >= runs and not failures,
        )
    ]


async def _run(place: Place, palier: Mined, orders: Orders, tag: str) -> bool:
    here, before = place.circles[0], place.tables.acts()
    palier.order(orders)
    picture = sample("photo").data

    async def maelle_shows() -> None:
        for number in range(MANY):
            await place.maelle.show(here.room, picture, f"{number}.jpg", "image/jpeg", f"{tag} {number:04d}")
        await place.matrix_says(here.room, f"{tag} {MANY:04d}")

    items = [Item(kind="photo", caption=f"{tag} {number:04d}") for number in range(MANY)]
    await asyncio.gather(place.control.album(here.group, place.amina, items), maelle_shows())
    dead = await crossed(place, palier, before + 2 * MANY + 1, iter([Orders()]))
    palier.order(Orders())
    return bool(dead)


async def _looked(place: Place, tag: str) -> tuple[Count, Count]:
    here, end = place.circles[0], time.monotonic() + LATE
    while True:
        telegram = Count(MANY + 1, numbers(tag, await place.on_telegram(here.group, 30)))
        matrix = Count(MANY, numbers(tag, await place.shown_on_matrix(here.room, 30)))
        if (telegram.good and matrix.good) or time.monotonic() > end:
            return telegram, matrix
        await asyncio.sleep(0.05)
