"""Palier dies at a point picked at random: before or after a commit, a call, or what the courier asks of a bridge."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TypeVar

from tests.faults.mined import Mine, Mined, Orders
from tests.faults.place import Joined, Place, numbers
from tests.faults.rows import Count, Row, together
from tests.faults.world import World

Id = TypeVar("Id", int, str)  # the number or the id of a message
CIRCLES = [(1, 1)] * 2
STAGES = 2  # runs that go on side by side
AGAIN = 0.25  # how often whoever takes over dies too
PATIENCE = 90.0  # seconds until everything has to be where it belongs
LATE = 5.0  # seconds
SHOWN = 5  # failures in the table
LAST = 60  # messages of a chat that are looked at after a run
EDITED = "bis"
# Where to die, how likely, and at which passing at the latest.
POINTS = {
    "commit": (6, 8),
    "do": (2, 4),
    "telegram sendMessage": (3, 3),
    "matrix send": (3, 3),
    "telegram getUpdates": (1, 3),
    "matrix sync": (1, 3),
}
# The same for whoever finds what a dead one left.
RECOVERY = {
    "commit": (6, 16),
    "do": (2, 3),
    "settle": (3, 2),
    "telegram sendMessage": (2, 2),
    "telegram editMessageReplyMarkup": (2, 2),
    "matrix send": (2, 2),
    "telegram getUpdates": (1, 2),
    "telegram getMe": (1, 1),
    "matrix sync": (1, 2),
}


@dataclass(frozen=True, slots=True)
class Talk:
    """What one person writes in one run: so many messages, the first of which may be edited, the last taken back."""

    messages: int
    edits: bool
    takes_back: bool

    @property
    def acts(self) -> int:
        """How many actions that makes at least: what was taken back before it was heard of is no message."""
        return self.messages - self.takes_back + self.edits

    def judge(self, tag: str, texts: list[str]) -> tuple[Count, str]:
        """What came of it among these texts, as they are shown by now, and what else is wrong; empty if nothing is."""
        seen, stays = numbers(tag, texts), self.messages - self.takes_back
        wrong = []
        if self.takes_back and self.messages - 1 in seen:
            wrong.append("what was taken back is there")
        if self.edits and stays and not any(f"{tag} 0000 {EDITED}" in text for text in texts):
            wrong.append("the edit is lost")
        return Count(stays, tuple(number for number in seen if number < stays)), ", ".join(wrong)


@dataclass(slots=True)
class Tally:
    """What came of all runs."""

    deaths: Counter[str] = field(default_factory=Counter)
    died: int = 0
    again: int = 0
    changed: int = 0
    telegram: list[Count] = field(default_factory=list)
    matrix: list[Count] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def note(self, mine: Mine) -> None:
        """Somebody died there."""
        self.deaths[f"{'after' if mine.after else 'before'} {mine.point}"] += 1


async def died(world: World) -> list[Row]:
    """Each run: some messages each way in two circles, a death, sometimes another one, and one that lives."""
    runs, tally = world.runs or (40 if world.short else 1000), Tally()
    seeds = iter(range(world.seed, world.seed + 3 * runs))
    await asyncio.gather(*(_stage(world, f"mined{n}", runs, seeds, tally) for n in range(min(runs, STAGES))))
    counts = f"Matrix {together(tally.matrix)}. Telegram {together(tally.telegram)}"
    where = ", ".join(f"{times} {point}" for point, times in tally.deaths.most_common())
    failed = f". FAILED: {'; '.join(tally.failures[:SHOWN])}" if tally.failures else ""
    return [
        Row(
            f"{runs} deaths at random points, each in the middle of messages both ways; the next one goes on",
            "0 lost, 0 out of order, 0 twice on either side, every edit and removal done",
            f"{counts}. {tally.changed} edits and removals, {len(tally.failures)} wrong. "
            f"{tally.again} died again while they took over. Died: {where}{failed}",
            good=tally.died >= runs and not tally.failures,
        )
    ]


async def _stage(world: World, name: str, runs: int, seeds: Iterator[int], tally: Tally) -> None:
    """Run after run on one place, as long as deaths are missing."""
    place = await world.place(name, CIRCLES, running=False)
    async with place.mined() as palier:
        while tally.died < runs and (seed := next(seeds, None)) is not None:
            await _run(place, palier, seed, tally)
    for circle in place.circles:  # a second copy may come late
        for texts in (await place.on_telegram(circle.group), await place.shown_on_matrix(circle.room)):
            if twice := [text for text, times in Counter(texts).items() if times > 1]:
                tally.failures.append(f"twice in the end: {', '.join(sorted(twice)[:SHOWN])}")


async def _run(place: Place, palier: Mined, seed: int, tally: Tally) -> None:
    """One run on a Palier that is well and has nothing to do; it leaves one like that."""
    dice, tag = Random(seed), f"r{seed}"  # noqa: S311 - moments, not secrets
    mine = pick(dice, POINTS)
    taking_over = pick(dice, RECOVERY) if dice.random() < AGAIN else None
    talks = [(circle, talk(dice, can_take_back=False), talk(dice)) for circle in place.circles]
    pause, before = dice.choice((0, 0, 0.01, 0.03)), place.tables.acts()
    palier.order(Orders(mine))
    await asyncio.gather(
        *(_amina(place, circle, tag, one, pause) for circle, one, _ in talks),
        *(_maelle(place, circle, tag, other, pause) for circle, _, other in talks),
    )
    expected = before + sum(one.acts + other.acts for _, one, other in talks)
    orders = iter([Orders(taking_over), Orders()] if taking_over else [Orders()])
    deaths = await crossed(place, palier, expected, orders)
    palier.order(Orders())
    for one in [mine, taking_over][:deaths]:
        if one:
            tally.note(one)
    tally.died += deaths > 0
    tally.again += deaths > 1
    run = f"seed {seed} ({', '.join(str(one) for one in (mine, taking_over) if one)})"
    for circle, amina, maelle in talks:
        tally.changed += sum(one.edits + one.takes_back for one in (amina, maelle))
        matrix = await _judged(amina, tag, partial(place.shown_on_matrix, circle.room, LAST))
        telegram = await _judged(maelle, tag, partial(place.on_telegram, circle.group, LAST))
        tally.matrix.append(matrix[0])
        tally.telegram.append(telegram[0])
        for name, (count, wrong) in (("Matrix", matrix), ("Telegram", telegram)):
            if wrong or not count.good:
                tally.failures.append(f"{run}: {name} {count} {wrong}".strip())


async def _judged(talk: Talk, tag: str, look: Callable[[], Awaitable[list[str]]]) -> tuple[Count, str]:
    """What came, once it is right or a while has passed: what is taken back may be heard of last."""
    end = time.monotonic() + LATE
    while True:
        count, wrong = talk.judge(tag, await look())
        if (count.good and not wrong) or time.monotonic() > end:
            return count, wrong
        await asyncio.sleep(0.05)


async def crossed(place: Place, palier: Mined, expected: int, orders: Iterator[Orders]) -> int:
    """Wait until everything was done, and set the next one going where one has died; tells how many did."""
    deaths, end = 0, time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if not palier.alive:
            if not palier.blown:
                raise AssertionError("Palier died of something else")
            deaths += 1
            await palier.kill()
            palier.start(next(orders, Orders()))
        if place.tables.done(expected) and palier.alive:
            break
        await asyncio.sleep(0.01)
    return deaths


# --- what is said


async def _amina(place: Place, circle: Joined, tag: str, talk: Talk, pause: float) -> None:
    ids = await _numbered(lambda text: place.telegram_says(circle.group, text), tag, talk.messages, pause)
    if talk.edits:
        await place.control.edit(circle.group, place.amina, ids[0], f"{tag} 0000 {EDITED}")


async def _maelle(place: Place, circle: Joined, tag: str, talk: Talk, pause: float) -> None:
    ids = await _numbered(lambda text: place.matrix_says(circle.room, text), tag, talk.messages, pause)
    if talk.edits:
        await place.maelle.edit(circle.room, ids[0], f"{tag} 0000 {EDITED}")
    if talk.takes_back:
        await place.maelle.redact(circle.room, ids[-1])


async def _numbered(say: Callable[[str], Awaitable[Id]], tag: str, count: int, pause: float) -> list[Id]:
    ids = []
    for number in range(count):
        ids.append(await say(f"{tag} {number:04d}"))
        await asyncio.sleep(pause)
    return ids


def talk(dice: Random, *, can_take_back: bool = True) -> Talk:
    """Mostly one or two messages, mostly left as they are; a bot of Telegram is not told of what is taken back."""
    messages = dice.choices((1, 2, 3, 8), (40, 40, 15, 5))[0]
    edits, takes_back = dice.random() < 0.2, dice.random() < 0.1
    return Talk(messages, edits and messages > 1, takes_back and messages > 1 and can_take_back)


def pick(dice: Random, points: dict[str, tuple[int, int]]) -> Mine:
    """A point by its weight."""
    point = dice.choices(list(points), [weight for weight, _ in points.values()])[0]
    return Mine(point, after=dice.random() < 0.5, nth=dice.randint(1, points[point][1]))
