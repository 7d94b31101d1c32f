"""The networks are away when Palier starts, or go away in the middle of traffic."""

import asyncio
import time

from bot.demo.town import until
from tests.faults.place import Place, numbers
from tests.faults.rows import Count, Row
from tests.faults.world import BEHIND, DIRECT, World

AWAY = 3.0


async def without_network(world: World) -> list[Row]:
    """Both networks refuse connections when Palier starts, again or for the first time."""
    rows = [await _started(world, await world.place("behind", BEHIND, proxied=True), "again")]
    if not world.short:
        place = await world.place("fresh", [(1, 1)], proxied=True)
        await place.stop()
        place.tables.forget()  # it has never been on any network
        rows.append(await _started(world, place, "for the first time"))
    return rows


async def _started(world: World, place: Place, how: str) -> Row:
    here, first = place.circles[:1], how != "again"
    tag = "first" if first else "again"
    await place.stop()
    for proxy in place.proxies:
        await proxy.stop()
    await world.synapse.stop()
    began = time.monotonic()
    place.palier.start()
    await asyncio.sleep(AWAY)
    alive, told = place.palier.alive, await place.health()
    states = sorted({bridge["state"] for bridge in told.get("bridges", {}).values()})
    await world.synapse.start()
    for proxy in place.proxies:
        await proxy.start()
    back = time.monotonic()
    if first:  # what was said before the bot's first look into a room is not its business
        await until("the first look into the rooms", lambda: seen(place), 30)
    await place.write(tag, 1, telegram=here, matrix=here)
    telegram, matrix = await arrived(place, tag, 30)
    took = time.monotonic() - back
    return Row(
        f"started {how} while neither network answers; both come back after {back - began:.0f} s",
        "it waits and says so; a message crosses each way within 15 s",
        f"meanwhile {'alive' if alive else 'dead'}, {told.get('status', 'no health')}, bridges {' and '.join(states)}; "
        f"crossed {took:.1f} s after. Matrix {matrix}. Telegram {telegram}",
        good=alive and states == ["waiting"] and telegram.good and matrix.good and took < 15,
    )


async def seen(place: Place) -> bool:
    """Whether Palier knows how far it has read."""
    return place.tables.remembers("matrix")


async def arrived(place: Place, tag: str, patience: float) -> tuple[Count, Count]:
    """One message each way, as soon as both are there."""
    here, end = place.circles[0], time.monotonic() + patience
    while True:
        telegram = Count(1, numbers(tag, await place.on_telegram(here.group)))
        matrix = Count(1, numbers(tag, await place.on_matrix(here.room)))
        if (telegram.good and matrix.good) or time.monotonic() > end:
            return telegram, matrix
        await asyncio.sleep(0.05)


async def server_restarts(world: World) -> list[Row]:
    """Synapse goes away and comes back while people write on both sides."""
    count = 60 if world.short else 200
    rows: list[Row] = []
    for how in ("in order",) if world.short else ("in order", "kill -9"):
        place = await world.place("direct", DIRECT)
        here, tag = place.circles[:1], f"restart{len(rows)}"
        writing = asyncio.create_task(place.write(tag, count, telegram=here, matrix=here, pause=0.02))
        await asyncio.sleep(0.8)
        await (world.synapse.stop() if how == "in order" else world.synapse.kill())
        await asyncio.sleep(1)
        await world.synapse.start()
        await writing
        telegram, matrix = await place.counted(tag, count, telegram=here, matrix=here, patience=60)
        rows.append(
            Row(
                f"Synapse restarted ({how}) in the middle of {count} messages each way",
                "all, in order, once",
                f"Matrix {matrix}. Telegram {telegram}",
                good=matrix.good and telegram.good,
            )
        )
    return rows
