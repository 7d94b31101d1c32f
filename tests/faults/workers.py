"""Three workers share the work at a PostgreSQL database: any of them is killed, and the database goes away."""

import asyncio

import psutil

from bot.demo.town import until
from tests.faults.place import Place
from tests.faults.rows import Row, together
from tests.faults.world import World

CREW = 3
CIRCLES = [(1, 1)] * 3
PAUSE = 0.25  # seconds between two messages of one person


async def killed(world: World) -> list[Row]:
    """`palier run --workers 3`, of which one is killed; then three processes of which any is, again and again."""
    place = await world.place("workers", CIRCLES, workers=CREW)
    rows = [await _supervised(place, world)]
    if not world.short:
        rows += [await _crew(place, world, 20), await _database(place, world)]
    return rows


async def _supervised(place: Place, world: World) -> Row:
    kills, many = (1, 20) if world.short else (3, 60)
    writing = asyncio.create_task(place.write("many", many, telegram=place.circles, matrix=place.circles, pause=PAUSE))
    met = 0
    for _ in range(kills):
        await asyncio.sleep(world.random.uniform(0.5, 2.5))
        workers = psutil.Process(place.palier.pid).children()
        world.random.choice(workers).kill()
        met += not writing.done()
    await writing
    what = f"palier run --workers {CREW} on PostgreSQL: a worker is killed {kills}×, {many} messages each way in flight"
    row = await _row(place, "many", many, what, met)

    async def again() -> bool:
        return len(psutil.Process(place.palier.pid).children()) == CREW

    await until("as many workers as before", again, 30)
    return row


async def _crew(place: Place, world: World, kills: int) -> Row:
    """Each comes back at once, as another, and takes its place among the others."""
    many, met = 20 * 4, 0
    async with place.crew(CREW) as crew:
        writing = asyncio.create_task(
            place.write("crew", many, telegram=place.circles, matrix=place.circles, pause=PAUSE)
        )
        for _ in range(kills):
            await asyncio.sleep(world.random.uniform(0.2, 1.8))
            palier = world.random.choice(crew)
            await palier.kill()
            met += not writing.done()
            palier.start()
        await writing
        what = f"{CREW} workers on PostgreSQL, {kills}× kill -9 of any of them, {many} messages each way in flight"
        return await _row(place, "crew", many, what, met)


async def _database(place: Place, world: World) -> Row:
    """In order and as a power cut would, each in the middle of messages."""
    many, met = 60, 0
    async with place.crew(CREW):
        writing = asyncio.create_task(
            place.write("database", many, telegram=place.circles, matrix=place.circles, pause=PAUSE)
        )
        for how in ("fast", "immediate"):
            await asyncio.sleep(3)
            await world.postgres.stop(how)
            met += not writing.done()
            await asyncio.sleep(2)
            await world.postgres.start()
        await writing
        what = f"PostgreSQL restarted in order and by force under {CREW} workers, {many} messages each way in flight"
        return await _row(place, "database", many, what, met)


async def _row(place: Place, tag: str, many: int, what: str, met: int) -> Row:
    every = place.circles
    counts = await place.counted(tag, many, telegram=every, matrix=every, patience=60)
    telegram, matrix = counts[: len(every)], counts[len(every) :]
    return Row(
        what,
        "0 lost, 0 out of order, 0 twice",
        f"{met} met traffic. Matrix {together(matrix)}. Telegram {together(telegram)}",
        good=met > 0 and all(count.good for count in counts),
    )
