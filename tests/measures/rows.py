"""What is measured: each row beside what the same libraries reach in a bare loop, in the same run."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from statistics import harmonic_mean

from bot.app import App, make_rules
from bot.demo.children import Child
from bot.demo.resident import Resident
from bot.demo.synapse import Synapse, free_port
from bot.demo.town import until
from bot.seal import Seal
from bot.store import Store, open_engine
from bot.texts import Texts
from bridges.model import Chat, Send, Voice
from bridges.simulator import Control
from bridges.telegram import TelegramBridge
from tests.measures import bare, matrix, telegram
from tests.measures.judging import judging
from tests.measures.palier import Palier
from tests.measures.stands import Crossing, Stand, cross

_folders = count(1)


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table; `need` says what is required, `good` whether it is met."""

    what: str
    figure: str
    ceiling: str
    ratio: str
    need: str
    good: bool


@dataclass(frozen=True, slots=True)
class Options:
    """How long to measure."""

    folder: Path
    short: bool
    messages: int
    profile: Path | None = None


Row = Callable[[Options], Awaitable[list[Result]]]


@asynccontextmanager
async def between(options: Options, chats: int, *, delay: float = 0) -> AsyncIterator[tuple[Stand, Stand, Palier]]:
    """Palier between two stand-ins, with so many pairs of chats; `delay` is how long Telegram takes to answer."""
    folder = options.folder / f"run{next(_folders)}"
    folder.mkdir(parents=True)
    left, right = Stand("telegram", folder, delay=delay), Stand("matrix", folder, rooms=chats)
    pairs = [(telegram.group(n), matrix.room(n)) for n in range(chats)]
    people = (str(telegram.AMINA), matrix.MAELLE)
    palier = Palier(
        folder=folder / "palier", telegram=left.url, homeserver=right.url, user=matrix.BOT, pairs=pairs, people=people,
        profile=options.profile,
    )  # fmt: skip
    await asyncio.gather(left.start(), right.start())
    try:
        await palier.prepare()
        await palier.start()
        await asyncio.sleep(1)
        yield left, right, palier
    finally:
        await palier.stop()
        await asyncio.gather(left.stop(), right.stop())


def rate(what: str, came: Crossing, ceiling: float, *, least: float = 0, share: float = 0) -> Result:
    """A speed beside its ceiling."""
    good = came.good and came.rate >= least and came.rate / ceiling >= share
    need = " and ".join(filter(None, [f"{least:.0f}/s" if least else "", f"{share:.2f}" if share else ""]))
    figure = f"{came.rate:.0f}/s" + (f" ({came.fault})" if came.fault else "")
    return Result(what, figure, f"{ceiling:.0f}/s", f"{came.rate / ceiling:.2f}", need, good)


async def forth(options: Options) -> list[Result]:
    """Telegram -> Matrix, in one chat and over eight."""
    n, results = options.messages, []
    async with between(options, 8) as (left, right, _):
        rooms = [matrix.room(chat) for chat in range(8)]
        bare_loop = partial(bare.nio_rate, right.url, matrix.BOT, "bench", rooms, n)
        before = await bare_loop()
        one = await cross(left, right, 1, n)
        eight = await cross(left, right, 8, n)
        loop = harmonic_mean([before, await bare_loop()])
        results.append(rate("Telegram -> Matrix, one chat", one, loop, least=300, share=0.25))
        results.append(rate("Telegram -> Matrix, eight chats", eight, loop, least=400, share=0.25))
    return results


async def back(options: Options) -> list[Result]:
    """Matrix -> Telegram, in one chat and over eight."""
    n = options.messages // 2
    async with between(options, 8) as (left, right, palier):
        groups = [telegram.group(chat) for chat in range(8)]
        bare_loop = partial(bare.ptb_rate, left.url, palier.token, groups, n)
        before = await bare_loop()
        one = await cross(right, left, 1, n)
        eight = await cross(right, left, 8, n)
        loop = harmonic_mean([before, await bare_loop()])
        return [
            rate("Matrix -> Telegram, one chat", one, loop, least=100),
            rate("Matrix -> Telegram, eight chats", eight, loop, share=0.4),
        ]


async def latency(options: Options) -> list[Result]:
    """From the answer that brings a message to the call that carries it on, one at a time."""
    n, results = 100 if options.short else 300, []
    async with between(options, 1) as (left, right, _):
        for name, giver, taker in (("Telegram -> Matrix", left, right), ("Matrix -> Telegram", right, left)):
            await cross(giver, taker, 1, 20, pause=0.05)
            came = await cross(giver, taker, 1, n, pause=0.06, patience=n * 0.06 + 30)
            middle, slow = came.middle * 1000, came.p99 * 1000
            good = came.good and middle <= 10 and slow <= 40
            figure = f"{middle:.1f} ms / {slow:.1f} ms" + (f" ({came.fault})" if came.fault else "")
            need = "10 ms / 40 ms"
            results.append(Result(f"latency, {name}, median / 99th percentile", figure, "", "", need, good))
    return results


async def slow(options: Options) -> list[Result]:
    """Twenty chats, where the network answers in 100 ms: one lane would give ten a second."""
    n = 400 if options.short else 1000
    async with between(options, 20, delay=0.1) as (left, right, _):
        came = await cross(right, left, 20, n)
    return [rate("twenty chats, an API that answers in 100 ms", came, 200, least=100)]


async def synapse(options: Options) -> list[Result]:
    """Into eight rooms of a real homeserver, as a share of raw sends to the same."""
    folder, n = options.folder / f"run{next(_folders)}", 200 if options.short else 800
    folder.mkdir()
    left = Stand("telegram", folder)
    async with Synapse(folder / "synapse") as server:
        await left.start()
        token = await server.register("palier", "bench", "Palier")
        mine = await server.register("maelle", "bench", "Maëlle")
        me, maelle = (Resident(server.url, f"@{name}:{server.server_name}", key)
                      for name, key in (("palier", token), ("maelle", mine)))  # fmt: skip
        rooms = []
        for _ in range(8):
            rooms.append(room := await maelle.create_room("Rue", [me.user]))
            await me.join(room)
        pairs = [(telegram.group(number), room) for number, room in enumerate(rooms)]
        palier = Palier(
            folder=folder / "palier", telegram=left.url, homeserver=server.url, user=me.user, pairs=pairs,
            people=(str(telegram.AMINA), maelle.user),
        )  # fmt: skip
        await palier.prepare()
        await palier.start()
        try:
            raw = [await bare.nio_rate(server.url, me.user, token, rooms, n, lanes=8)]
            ours = list[float]()
            for turn in range(3):  # by turns: a homeserver is slower the longer it runs
                ours.append(await seen(left, maelle, rooms, n, mark=900_001 + turn))
                raw.append(await bare.nio_rate(server.url, me.user, token, rooms, n, lanes=8))
        finally:
            await palier.stop()
            await asyncio.gather(left.stop(), me.close(), maelle.close())
    came, bare_rate = harmonic_mean(ours), harmonic_mean(raw)
    share, figures = came / bare_rate, (f"{came:.0f}/s", f"{bare_rate:.0f}/s")
    return [Result("real Synapse, eight rooms", *figures, f"{share:.2f}", "0.90", share >= 0.9)]


async def seen(left: Stand, reader: Resident, rooms: list[str], n: int, *, mark: int) -> float:
    """Messages a second, by what the homeserver holds at the end; 0 if any is lost, twice or out of order.

    The last room's last message need not be the last of all: who looks waits a second, and then all of them are there.
    """
    began = time.time()
    await left.feed(mark, len(rooms), n)

    async def there() -> int:
        said = await reader.call("GET", f"/rooms/{rooms[-1]}/messages", dir="b", limit=1)
        last = said["chunk"][0]["content"].get("body", "") if said["chunk"] else ""
        await asyncio.sleep(1)  # the homeserver is not to be kept busy by who looks; its own clock says when it was
        return f"-{n // len(rooms) - 1:06d}" in last

    await until("the last message", there, 180)
    ended = 0.0
    for chat, room in enumerate(rooms):
        ours = [one for one in await reader.history(room) if f"{mark}-" in one["content"].get("body", "")]
        marks = [one["content"]["body"].split(f"{mark}-")[1].split(" ")[0] for one in ours]
        if marks != [f"{chat}-{number:06d}" for number in range(n // len(rooms))]:
            return 0.0
        ended = max(ended, ours[-1]["origin_server_ts"] / 1000)
    return n / (ended - began)


async def burst(options: Options) -> list[Result]:
    """300 messages in a minute from Matrix into one Telegram group that has Telegram's limits."""
    folder, n, minute = options.folder / f"run{next(_folders)}", 300, 60.0
    if options.short:
        n, minute = 100, 20.0
    folder.mkdir()
    right, port = Stand("matrix", folder, rooms=1), free_port()
    simulator = Child("bridges.simulator", ["--port", str(port)], folder / "simulator.log")
    simulator.start()
    control = Control(f"http://127.0.0.1:{port}")
    await right.start()

    async def up() -> bool:
        try:
            return bool(await control.world())
        except Exception:
            return False

    await until("the simulator", up, 30)
    amina = await control.user("Amina")
    bot = await control.bot("palier_bot", "Palier")
    group = await control.chat("Rue", members=[amina, bot["id"]])
    await control.member(group, bot["id"], "administrator")
    palier = Palier(
        folder=folder / "palier", telegram=control.url, homeserver=right.url, user=matrix.BOT,
        pairs=[(group, matrix.room(0))], people=(str(amina), matrix.MAELLE), token=bot["token"], paced=True,
    )  # fmt: skip
    palier.paced_matrix = False
    await palier.prepare()
    await palier.start()
    try:
        began = time.monotonic()
        await right.feed(900_002, 1, n, pause=minute / n, length=(20, 200))
        marks: list[str] = []
        took = 0.0
        while time.monotonic() - began < minute + 90:
            await asyncio.sleep(0.5)
            texts = " ".join(one["text"] for one in (await control.view(group, amina))["messages"] if one.get("text"))
            marks = [part.split()[0].strip(".,") for part in texts.split("900002-0-")[1:]]
            if len(marks) >= n:
                took = time.monotonic() - began
                break
        refused = sum((await control.counts())["refused"].values())
    finally:
        await palier.stop()
        await asyncio.gather(right.stop(), simulator.stop(), control.close())
    order = [int(mark) for mark in marks] == list(range(n))
    limit = 90.0 if not options.short else minute + 30
    good = bool(took) and took <= limit and order and not refused
    figure = f"{took:.0f} s, {n - len(marks)} lost, {'in order' if order else 'OUT OF ORDER'}, {refused} times 429"
    what = f"burst of {n} messages in {minute:.0f} s into one Telegram group, the last readable after"
    ratio = f"{minute / took if took else 0:.2f}"
    return [Result(what, figure, f"{minute:.0f} s", ratio, f"{limit:.0f} s, no 429", good)]


async def limited(options: Options) -> list[Result]:
    """60 messages in a minute from Telegram into a homeserver with its default limits."""
    folder, n, minute = options.folder / f"run{next(_folders)}", 60, 60.0
    if options.short:
        n, minute = 20, 20.0
    folder.mkdir()
    left = Stand("telegram", folder)
    async with Synapse(folder / "synapse", limits=True) as server:
        await left.start()
        token = await server.register("palier", "bench", "Palier")
        mine = await server.register("maelle", "bench", "Maëlle")
        me, maelle = (Resident(server.url, f"@{name}:{server.server_name}", key)
                      for name, key in (("palier", token), ("maelle", mine)))  # fmt: skip
        room = await maelle.create_room("Rue", [me.user])
        await me.join(room)
        palier = Palier(
            folder=folder / "palier", telegram=left.url, homeserver=server.url, user=me.user,
            pairs=[(telegram.group(0), room)], people=(str(telegram.AMINA), maelle.user),
        )  # fmt: skip
        palier.paced_matrix = True
        await palier.prepare()
        await palier.start()
        await asyncio.sleep(6)  # the join, which was not Palier's doing, counts as a message until it has dripped
        try:
            began, marks, took = time.monotonic(), [], 0.0
            await left.feed(900_003, 1, n, pause=minute / n)
            while time.monotonic() - began < minute + 90 and not took:
                await asyncio.sleep(1)
                bodies = " ".join(str(one["content"].get("body", "")) for one in await maelle.history(room))
                marks = [part.split()[0] for part in bodies.split("900003-0-")[1:]]
                took = time.monotonic() - began if len(marks) >= n else 0.0
            refused = await palier.refusals()
        finally:
            await palier.stop()
            await asyncio.gather(left.stop(), me.close(), maelle.close())
    order = [int(mark) for mark in marks] == list(range(n))
    limit = 90.0 if not options.short else minute + 30
    good = bool(took) and took <= limit and order and not refused
    figure = f"{took:.0f} s, {n - len(marks)} lost, {'in order' if order else 'OUT OF ORDER'}, {refused} times 429"
    what = f"{n} messages in {minute:.0f} s into a Synapse with its default limits, the last readable after"
    ratio = f"{minute / took if took else 0:.2f}"
    return [Result(what, figure, f"{minute:.0f} s", ratio, f"{limit:.0f} s, no 429", good)]


async def announcement(options: Options) -> list[Result]:
    """One text into 10,000 chats under Telegram's 30 a second."""
    from tests.conftest import make_settings

    n = 600 if options.short else 10_000
    folder = options.folder / f"run{next(_folders)}"
    folder.mkdir()
    left = Stand("telegram", folder, most=30)
    await left.start()
    settings = make_settings(f"sqlite:///{folder}/palier.db")
    from bot.store.migrate import upgrade

    await upgrade(settings.database)
    bridge = TelegramBridge("8100000001:bench", api=left.url)
    texts = Texts()
    rules = make_rules(settings, texts, [bridge])
    store = Store(open_engine(settings.database), Seal(settings.key.get_secret_value()), rules)
    app = App(settings, store, [bridge], features=[], texts=texts)
    number = 900_004
    async with store.work() as work:
        for chat in range(n):
            where = Chat("telegram", str(telegram.group(chat)))
            await work.do(Send(chat=where, html=f"{number}-{chat}-000000 Coupure d'eau", of=Voice.TOWN_HALL))
    running = asyncio.create_task(app.courier.run())
    try:
        end = time.monotonic() + n / 30 * 1.5 + 30
        while (now := await left.count(number))["brought"] < n and time.monotonic() < end:
            await asyncio.sleep(0.5)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await bridge.close()
        await store.close()
    book = await left.report(number)
    await left.stop()
    moments = sorted(at for _, _, at, _ in book["brought"])
    speed = (len(moments) - 30) / ((moments[-1] - moments[29]) / 1e9) if len(moments) > 60 else 0.0
    good = len(moments) == n and speed / 30 >= 0.98 and not now["refused"]
    figure = f"{speed:.2f}/s, {n - len(moments)} missing, {now['refused']} times 429"
    return [Result(f"an announcement to {n:,} chats", figure, "30/s", f"{speed / 30:.3f}", "0.98, no 429", good)]


async def memory(options: Options) -> list[Result]:
    """Resident memory while 100,000 messages cross, both ways in turn."""
    n, step, seen_ = (4_000 if options.short else 100_000), 2_000, []
    fault = ""
    async with between(options, 8) as (left, right, palier):
        for number in range(n // step):
            giver, taker = (left, right) if number % 2 == 0 else (right, left)
            came = await cross(giver, taker, 8, step, patience=120)
            fault = fault or came.fault
            seen_.append(palier.memory)
    half = seen_[len(seen_) // 2 :]
    third = max(1, len(half) // 3)
    growth = sum(half[-third:]) / third - sum(half[:third]) / third
    good = not fault and max(seen_) < 220 and growth < 4
    figure = f"{max(seen_):.0f} MB at most, {growth:+.1f} MB over the last half" + (f" ({fault})" if fault else "")
    return [Result(f"memory after {n:,} messages", figure, "", "", "under 220 MB, flat", good)]


ROWS: dict[str, Row] = {
    "forth": forth, "back": back, "latency": latency, "slow": slow, "synapse": synapse, "burst": burst,
    "limited": limited, "announcement": announcement, "memory": memory, "judging": judging,
}  # fmt: skip
