"""Palier dies in the middle of traffic, or was away while people wrote."""

import asyncio

from tests.faults.rows import Row, together
from tests.faults.world import DIRECT, World


async def killed(world: World) -> list[Row]:
    """`kill -9` at random moments while messages are on their way in both directions."""
    if world.short:
        return [await _killed(world, "kill", 100, 2)]
    return [
        await _killed(world, "kill0", 200, 5),
        await _killed(world, "kill1", 200, 5, its_start=True),
        await _killed(world, "kill2", 200, 5),
    ]


async def _killed(world: World, tag: str, count: int, kills: int, *, its_start: bool = False) -> Row:
    place = await world.place("direct", DIRECT)
    here, met = place.circles[:1], 0
    doubtful: set[tuple[int, int]] = set()  # a row is one doubt for each try that was cut off
    writing = asyncio.create_task(place.write(tag, count, telegram=here, matrix=here))
    for _ in range(kills):
        await asyncio.sleep(world.random.uniform(0.2, 2.5 if its_start else 0.8))
        await place.kill()
        waiting, cut_off = place.left()
        met += bool(waiting) or not writing.done()
        doubtful |= cut_off
        place.palier.start()
        if not its_start:
            await place.start()
    await place.start()
    await writing
    telegram, matrix = await place.counted(tag, count, telegram=here, matrix=here, patience=60)
    return Row(
        f"kill -9 ×{kills}{', its start included' if its_start else ''}, {count} messages each way in flight",
        "0 lost, 0 out of order, 0 twice on Matrix; twice on Telegram only where a call was cut off",
        f"{met} of {kills} kills met traffic. Matrix {matrix}. Telegram {telegram} ({len(doubtful)} calls cut off)",
        good=met > kills // 2 and matrix.good and telegram.good_but_for(len(doubtful)),
    )


async def backlog(world: World) -> list[Row]:
    """Palier is away while hundreds of messages are written, more than a homeserver tells at once."""
    many, rooms, each = (110, 3, 15) if world.short else (250, 20, 30)
    place = await (world.place("direct", DIRECT) if world.short else world.place("streets", [(1, 1)] * (rooms + 1)))
    first, others = place.circles[:1], place.circles[1 : rooms + 1]
    await place.stop()
    await asyncio.gather(
        place.write("long", many, telegram=first, matrix=first),
        *(place.write("wide", each, matrix=[circle]) for circle in others),
    )
    await place.start()
    telegram, matrix = await place.counted("long", many, telegram=first, matrix=first, patience=90)
    wide = await place.counted("wide", each, telegram=others, patience=60)
    return [
        Row(
            f"stopped while {many} are written in one room, {each} in each of {rooms} rooms, {many} in a group",
            "all, in order, once",
            f"one room: {telegram}. {rooms} rooms: {together(wide)}. The group: {matrix}",
            good=telegram.good and matrix.good and all(count.good for count in wide),
        )
    ]
