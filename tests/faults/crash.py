"""Palier dies in the middle of traffic, or was away while people wrote."""

import asyncio

from bot.demo.town import until
from tests.faults.mined import Mine, Orders
from tests.faults.rows import Row, together
from tests.faults.world import DIRECT, World


async def killed(world: World) -> list[Row]:
    """`kill -9` at random moments while messages are on their way in both directions."""
    if world.short:
        return [await _killed(world, "kill", 5)]
    return [await _killed(world, f"kill{n}", 10, its_start=bool(n % 2)) for n in range(5)]


async def _killed(world: World, tag: str, kills: int, *, its_start: bool = False) -> Row:
    place = await world.place("direct", DIRECT)
    here, over, met = place.circles[0], asyncio.Event(), 0
    cut_off: set[tuple[int, int]] = set()  # a row is cut off anew with each try
    talk = asyncio.create_task(place.chatter(tag, over, here, 0.1 if world.short else 0.03))
    for _ in range(kills):
        await asyncio.sleep(world.random.uniform(0.2, 2.5 if its_start else 0.8))
        await place.kill()
        met += bool(place.tables.outbox()[1])
        cut_off |= place.tables.cut_off()
        place.palier.start()
        if not its_start:
            await place.start()
    over.set()
    on_telegram, on_matrix = await talk
    await place.start()
    (telegram,) = await place.counted(tag, on_matrix, telegram=[here], patience=60)
    (matrix,) = await place.counted(tag, on_telegram, matrix=[here], patience=60)
    return Row(
        f"kill -9 ×{kills}{', its start included' if its_start else ''}, while people write on both sides without end",
        "0 lost, 0 out of order, 0 twice on either side",
        f"{met} of {kills} found something on its way, {len(cut_off)} calls to Telegram were cut off. "
        f"Matrix {matrix}. Telegram {telegram}",
        good=met > 0 and matrix.good and telegram.good,
    )


async def busy(world: World) -> list[Row]:
    """Palier dies after a call, in a group in which others have just said more than can be looked through."""
    place = await world.place("direct", DIRECT, running=False)
    here, many = place.circles[3], 8
    async with place.mined() as palier:
        await place.write("calm", 1, telegram=[here], matrix=[here])
        await place.counted("calm", 1, telegram=[here], matrix=[here], patience=20)
        await place.control.delay("getUpdates", 2)  # so that it does not hear what is said before its own message
        await place.telegram_says(here.group, "the answer that was under way brings this")
        await asyncio.sleep(0.3)
        await place.write("busy", many, telegram=[here])
        palier.order(Orders(Mine("telegram sendMessage", after=True)))
        await place.write("busy", 1, matrix=[here])
        await until("a death", lambda: asyncio.sleep(0, palier.blown), 20)
        await place.control.no_delays()
        await palier.kill()
        palier.start()
        (telegram,) = await place.counted("busy", 1, telegram=[here], patience=20)
        (matrix,) = await place.counted("busy", many, matrix=[here], patience=20)
    return [
        Row(
            f"killed after a call to Telegram, in a group in which {many} messages came that it had not heard of",
            "each once, on either side",
            f"Matrix {matrix}. Telegram {telegram}",
            good=matrix.good and telegram.good,
        )
    ]


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
