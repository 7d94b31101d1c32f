"""The networks refuse, lose answers, repeat themselves or take their time."""

import asyncio
import time
from typing import Literal

from tests.faults.place import Joined, Place
from tests.faults.rows import Row
from tests.faults.world import BEHIND, DIRECT, World

FIVE = 5


async def refusals(world: World) -> list[Row]:
    """Two calls in five meet an error, each way; each kind in a circle of its own, all at once."""
    place = await world.place("behind", BEHIND, proxied=True)
    rows: list[Row] = []
    for round_ in range(1 if world.short else 5):
        rows += await asyncio.gather(
            _refused(place, place.circles[0], f"e{round_}", 429, "before"),
            _refused(place, place.circles[2], f"e{round_}", 502, "before"),
            _refused(place, place.circles[3], f"e{round_}", 502, "after"),
        )
        await place.control.no_faults()
        place.proxies[1].heal()
    return merged(rows)


async def _refused(place: Place, here: Joined, tag: str, status: int, when: Literal["before", "after"]) -> Row:
    before = len(await place.control.calls())
    kind: Literal["429", "5xx"] = "429" if status == 429 else "5xx"
    await place.control.fault(
        "sendMessage", kind, status=status if kind == "5xx" else None, retry_after=1, every=(2, 5), when=when,
        chat=here.group,
    )  # fmt: skip
    place.proxies[1].break_sends(here.room, 2, 5, status, when)
    await place.write(tag, FIVE, telegram=[here], matrix=[here])
    telegram, matrix = await place.counted(tag, FIVE, telegram=[here], matrix=[here], patience=40)
    calls = [call for call in await place.control.calls(before) if call.get("error") == "fault: 5xx after"]
    lost = sum(str(call["params"].get("chat_id")) == str(here.group) for call in calls)
    what = "429 with a wait of 1 s" if status == 429 else f"502 {when} the message was taken"
    asked = "5 of 5, in order, once"
    came = f"Matrix {matrix}. Telegram {telegram}" + (f" ({lost} answers lost)" if lost else "")
    good = matrix.good and telegram.good
    return Row(f"two in five: {what}, each way", asked, came, good)


def merged(rows: list[Row]) -> list[Row]:
    """Rounds that came out alike are one row."""
    kinds: dict[tuple[str, str, bool], list[Row]] = {}
    for row in rows:
        kinds.setdefault((row.what, row.came, row.good), []).append(row)
    return [
        Row(row.what + (f" (×{len(alike)})" if len(alike) > 1 else ""), row.asked, row.came, row.good)
        for (_, _, _), alike in kinds.items()
        for row in alike[:1]
    ]


async def repeated(world: World) -> list[Row]:
    """Telegram delivers the same update twice: at once, later, and to a Palier that was killed in between."""
    place = await world.place("direct", DIRECT)
    here = place.circles[:1]
    number = await place.control.update(place.bot, words(place, here[0].group, "again 0000"))
    await place.control.repeat(place.bot, number)
    await place.counted("again", 1, matrix=here, patience=10)
    await place.control.repeat(place.bot, number)
    if not world.short:
        await place.kill()
        await place.control.repeat(place.bot, number)
        await place.start()
    await place.control.update(place.bot, words(place, here[0].group, "again 0001"))
    (count,) = await place.counted("again", 2, matrix=here, patience=20)
    times = "three times" if world.short else "four times, once after kill -9"
    return [Row(f"the same update delivered {times}, then another", "each once", f"Matrix {count}", count.good)]


def words(place: Place, group: int, text: str, **more: object) -> dict[str, object]:
    """An update with a message of Amina's."""
    who = {"id": place.amina, "is_bot": False, "first_name": "Amina"}
    where = {"id": group, "type": "supergroup", "title": "Rue"}
    number = time.time_ns() // 1000 % 10**9  # far from those of the group itself
    message = {"message_id": number, "date": int(time.time()), "chat": where, "from": who, "text": text, **more}
    return {"message": message}


async def behind_slow_chat(world: World) -> list[Row]:
    """Eight calls into one chat take a second each; another chat does not notice."""
    rounds = 3 if world.short else 20
    place = await world.place("direct", DIRECT)
    slow, own = place.circles[2:]  # chats in which little was said so far are quickly looked at
    await place.control.delay("sendMessage", 1.0, chat=slow.group)
    await place.write("slow", 8, matrix=[slow])
    waits = []
    for number in range(rounds):
        began = time.monotonic()
        await place.matrix_says(own.room, f"swift {number:04d}")
        while not any(f"swift {number:04d}" in text for text in await place.on_telegram(own.group)):
            if time.monotonic() - began > 20:
                break
            await asyncio.sleep(0.005)
        waits.append(time.monotonic() - began)
        await asyncio.sleep(0.1)
    left = 8 - len([text for text in await place.on_telegram(slow.group) if "slow" in text])
    (count,) = await place.counted("slow", 8, telegram=[slow], patience=20)
    await place.control.no_delays()
    waits.sort()
    came = f"{len(waits)} messages: {waits[len(waits) // 2]:.3f} s in the middle, {waits[-1]:.3f} s at worst"
    return [
        Row(
            "a message behind eight sends of one second each to another chat",
            "from the send on Matrix to being seen on Telegram under 0.2 s",
            f"{came}; {left} of the eight were still waiting. They came: {count}",
            good=waits[-1] < 0.2 and count.good and left > 0,
        )
    ]
