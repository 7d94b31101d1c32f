"""What only a human can mend stops one bridge, with a sentence and without a spin; the other goes on."""

import asyncio
import time

import httpx

from tests.faults.place import Joined, Place
from tests.faults.rows import Count, Row
from tests.faults.world import BEHIND, DIRECT, World

SPIN = 5  # requests from the failure on, until three seconds after the bridge has stopped


async def shut_out(world: World) -> list[Row]:
    """A wrong password, a token revoked while Palier runs and, in the long form, a session that was ended."""
    place = await world.place("behind", BEHIND, proxied=True)
    rows = [await _password(place)]
    if not world.short:
        rows.append(await _session(place))
    return [*rows, await _token(world, place)]


async def _password(place: Place) -> Row:
    await place.stop()
    place.tables.forget("matrix.session")
    right = place.secrets["PALIER_MATRIX_PASSWORD"]
    place.give(PALIER_MATRIX_PASSWORD="wrong")
    began = time.monotonic()
    place.palier.start()
    row = await _stops(place, "matrix", began, "a wrong Matrix password at the start")
    await place.stop()
    place.give(PALIER_MATRIX_PASSWORD=right)
    await place.start()
    return row


async def _session(place: Place) -> Row:
    began = time.monotonic()
    await place.itself.call("POST", "/logout/all", {})
    row = await _stops(place, "matrix", began, "the Matrix session ended by the server while running")
    await place.stop()
    place.tables.forget("matrix.session")
    await place.start()
    return row


async def _token(world: World, place: Place) -> Row:
    began = time.monotonic()
    await place.control.settings(revoke=place.secrets["PALIER_TELEGRAM_TOKEN"])
    circle = place.circles[1]
    await place.telegram_says(circle.group, "the last that is heard")  # ends the question that was under way
    row = await _stops(place, "telegram", began, "the Telegram token revoked while running")
    await world.close_places()  # there is no token for this bot any more
    return row


async def _stops(place: Place, bridge: str, since: float, what: str) -> Row:
    """The bridge says that it has stopped; between two chats of the other network messages still cross."""
    sentence, began = await place.stopped(bridge, 20), time.monotonic()
    proxy = place.proxies[0 if bridge == "telegram" else 1]
    circle, tag = place.circles[1], f"without{len(proxy.asked)}"
    if bridge == "telegram":
        there = Joined(circle.groups, circle.rooms[1:])
        await place.write(tag, 1, matrix=[circle])
        (count,) = await place.counted(tag, 1, matrix=[there], patience=10)
    else:
        there = Joined(circle.groups[1:], circle.rooms)
        await place.write(tag, 1, telegram=[circle])
        (count,) = await place.counted(tag, 1, telegram=[there], patience=10)
    await asyncio.sleep(max(0.0, 3 - (time.monotonic() - began)))
    asked = len([at for at in proxy.asked if since <= at])
    return judged(what, sentence, asked, count, alive=place.palier.alive)


def judged(what: str, sentence: str, asked: int, count: Count, *, alive: bool) -> Row:
    """A sentence is more than a key."""
    return Row(
        what,
        f"/health: stopped, with a sentence; the other bridge goes on; at most {SPIN - 1} requests until 3 s later",
        f"« {sentence} » Across the other network: {count}. Requests: {asked}",
        good=alive and " " in sentence and count.good and asked < SPIN,
    )


async def second_poller(world: World) -> list[Row]:
    """Another program asks for the same bot's news."""
    place = await world.place("direct", DIRECT)
    token, before = place.secrets["PALIER_TELEGRAM_TOKEN"], len(await place.control.calls())
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        await http.post(f"{place.control.url}/bot{token}/getUpdates", json={"timeout": 1})
    sentence = await place.stopped("telegram")
    await asyncio.sleep(3)
    calls = [call for call in await place.control.calls(before) if call["bot"] == place.bot]
    here, state = place.circles[:1], (await place.health())["bridges"]["matrix"]["state"]
    await place.write("second", 1, matrix=here, telegram=here)  # both wait for the human
    await place.start()
    telegram, matrix = await place.counted("second", 1, telegram=here, matrix=here, patience=15)
    return [
        Row(
            "a second program fetches the bot's messages (409)",
            f"/health: stopped, with a sentence; at most {SPIN - 1} requests; after a restart nothing is lost",
            f"« {sentence} » Matrix meanwhile: {state}. Requests: {len(calls)}. Matrix {matrix}. Telegram {telegram}",
            good=" " in sentence and state == "running" and len(calls) < SPIN and telegram.good and matrix.good,
        )
    ]
