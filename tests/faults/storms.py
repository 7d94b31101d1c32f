"""For a while a large part of all requests fails, in every way in which requests fail."""

import asyncio
import time

from tests.faults.rows import Row, together
from tests.faults.weather import Storm
from tests.faults.world import World

CIRCLES = [(1, 1)] * 3
PATIENCE = 120.0  # seconds; a client waits for an answer longer than the server may hold it back
HEALED = 90.0  # seconds until everything has to be there, once the storm is over


async def storm(world: World) -> list[Row]:
    """On both networks at once, in the middle of messages both ways."""
    seconds, many = (5.0, 10) if world.short else (60.0, 60)
    place = await world.place("stormy", CIRCLES, proxied=True)
    before = await place.metrics("palier_tally")
    storms = [Storm(world.random, silences=0 if world.short else 2) for _ in place.proxies]
    for proxy, one in zip(place.proxies, storms, strict=True):
        proxy.storm = one
    over = time.monotonic() + seconds
    await place.write("storm", many, telegram=place.circles, matrix=place.circles, pause=seconds / many)
    await asyncio.sleep(max(0.0, over - time.monotonic()))
    for proxy in place.proxies:
        proxy.storm = None
    over, groups = time.monotonic(), len(place.circles)
    counts = await place.counted("storm", many, telegram=place.circles, matrix=place.circles, patience=HEALED)
    took, alive = time.monotonic() - over, place.palier.alive
    tally = await place.metrics("palier_tally")
    doubts = int(tally.get("doubts", 0) - before.get("doubts", 0))
    met = " and ".join(
        f"{name} {', '.join(f'{times}× {kind}' for kind, times in one.met.most_common())}"
        for name, one in zip(("Telegram", "Matrix"), storms, strict=True)
    )
    telegram, matrix = counts[:groups], counts[groups:]
    good = all(count.good for count in matrix) and all(count.good_but_for(doubts) for count in telegram)
    twice = sum(count.twice for count in telegram)
    return [
        Row(
            f"a storm of {seconds:.0f} s on both networks: one request in four fails, with {many} messages each way in "
            f"{groups} circles",
            "all, in order, once (but for doubts on Telegram, where nothing can tell), soon after",
            f"Broken on {met}. Matrix {together(matrix)}. Telegram {together(telegram)} ({doubts} in doubt). "
            f"All there {took:.0f} s after",
            good=alive and good and twice <= doubts,
        )
    ]


async def silence(world: World) -> list[Row]:
    """The questions that both networks hold open until there is news are taken, and never answered."""
    place = await world.place("stormy", CIRCLES, proxied=True)
    here, telegram_proxy, matrix_proxy = place.circles[:1], *place.proxies
    telegram_proxy.silent.add("getUpdates")
    matrix_proxy.silent.add("sync")
    await place.write("before", 1, telegram=here, matrix=here)  # the answer to the questions that are open by now
    await place.counted("before", 1, telegram=here, matrix=here, patience=20)
    began = time.monotonic()
    await place.write("silence", 3, telegram=here, matrix=here)
    telegram, matrix = await place.counted("silence", 3, telegram=here, matrix=here, patience=PATIENCE)
    took, asked = time.monotonic() - began, not (telegram_proxy.silent or matrix_proxy.silent)
    return [
        Row(
            "a question for news is taken and never answered, on both networks",
            f"what is said meanwhile crosses within {PATIENCE:.0f} s, all, in order, once",
            f"after {took:.0f} s. Matrix {matrix}. Telegram {telegram}",
            good=asked and telegram.good and matrix.good,
        )
    ]
