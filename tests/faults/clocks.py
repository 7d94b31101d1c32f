"""The clock of Palier's machine is set forward or back, and a message waits for longer than a homeserver remembers."""

import asyncio
import sqlite3
import time
from datetime import timedelta

from tests.faults.mined import Mined, Orders
from tests.faults.place import Place
from tests.faults.rows import Row, together
from tests.faults.world import World

CIRCLES = [(1, 1)] * 2
SOON = 20.0  # seconds
FORWARD, BACK, LATER = timedelta(days=3), timedelta(hours=-2), timedelta(hours=25)
MANY = 3


async def jumps(world: World) -> list[Row]:
    """While messages wait: networks said 429 in one circle, and nothing that can be understood in the other."""
    place = await world.place("clock", CIRCLES, proxied=True, running=False)
    async with place.mined() as palier:
        rows = [
            await _jump(place, palier, "back", BACK, "set back by 2 hours"),
            await _jump(place, palier, "forward", FORWARD, "set forward by 3 days"),
        ]
        if not world.short:
            rows.append(await _jump(place, palier, "right", timedelta(0), "put right again"))
    return rows


async def _jump(place: Place, palier: Mined, tag: str, ahead: timedelta, what: str) -> Row:
    before, circles = place.tables.outbox()[0], place.circles
    for circle, status in zip(circles, (429, 502), strict=True):
        await place.control.fault(
            "sendMessage", "429" if status == 429 else "5xx", every=(1, 1), retry_after=1, chat=circle.group
        )
        place.proxies[1].break_sends(circle.room, 1, 1, status)
    await place.write(tag, MANY, telegram=circles, matrix=circles)
    await asyncio.sleep(1)
    palier.order(Orders(ahead=ahead))
    await asyncio.sleep(0.5)
    waiting = place.tables.outbox()[1]
    await place.control.no_faults()
    place.proxies[1].heal()
    began = time.monotonic()
    await place.emptied(before + 2 * len(circles) * MANY, SOON)
    took = time.monotonic() - began
    counts = await place.counted(tag, MANY, telegram=circles, matrix=circles, patience=0)
    telegram, matrix = counts[: len(circles)], counts[len(circles) :]
    return Row(
        f"the clock is {what} while messages wait",
        f"all, in order, once, within {SOON:.0f} s of the networks' recovery",
        f"{waiting} waited; all there {took:.1f} s after. Matrix {together(matrix)}. Telegram {together(telegram)}",
        good=waiting > 0 and took < SOON and all(count.good for count in counts),
    )


async def day_old(world: World) -> list[Row]:
    """A message reached the homeserver, the answer was lost, and Palier is back 25 hours later."""
    place = await world.place("clock", CIRCLES, proxied=True, running=False)
    here, before = place.circles[:1], place.tables.outbox()[0]
    async with place.mined() as palier:
        place.proxies[1].break_sends(here[0].room, 1, 1, 502, "after")
        await place.write("old", MANY, telegram=here)
        await asyncio.sleep(1)
        await palier.kill()
    arrived = len([text for text in await place.on_matrix(here[0].room) if "old" in text])
    waiting = place.tables.outbox()[1]
    forgotten = await forget_transactions(world)
    place.proxies[1].heal()
    async with place.mined(Orders(ahead=LATER)) as palier:
        await place.emptied(before + MANY, SOON)
    (count,) = await place.counted("old", MANY, matrix=here, patience=0)
    return [
        Row(
            "a message into a Matrix room, whose answer was lost, waits for 25 hours; the homeserver forgot the key",
            "one copy of each, in order",
            f"{arrived} of {MANY} had arrived and {waiting} waited; {forgotten} keys forgotten. Matrix {count}",
            good=arrived > 0 and waiting > 0 and forgotten > 0 and count.good,
        )
    ]


async def forget_transactions(world: World) -> int:
    """What Synapse does to transaction ids after a day; tells how many it knew."""
    await world.synapse.stop()
    with sqlite3.connect(world.folder / "synapse" / "homeserver.db") as database:
        gone = database.execute("delete from event_txn_id_device_id").rowcount
    database.close()
    await world.synapse.start()
    return gone
