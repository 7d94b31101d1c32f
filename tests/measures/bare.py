"""The same calls of the same libraries in a bare loop: what any bridge on them could reach at best."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from random import Random

import nio
from telegram import Bot
from telegram.request import HTTPXRequest

from tests.measures.ledger import words
from tests.measures.stands import SIZE

_transactions = count(1)


@asynccontextmanager
async def matrix(url: str, user: str, token: str) -> AsyncIterator[nio.AsyncClient]:
    """Nio's client in the session of the bot."""
    config = nio.AsyncClientConfig(encryption_enabled=False, store_sync_tokens=False)
    client = nio.AsyncClient(url, user, config=config)
    client.access_token, client.user_id = token, user
    try:
        yield client
    finally:
        await client.close()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def telegram(url: str, token: str) -> AsyncIterator[Bot]:
    """The library's bot."""
    bot = Bot(token, base_url=f"{url}/bot", request=HTTPXRequest(connection_pool_size=64))
    async with bot:
        yield bot


async def room_send(client: nio.AsyncClient, room: str, text: str) -> None:
    """A message with what Palier writes beside it."""
    content = {"msgtype": "m.text", "body": f"Amina: {text}", "m.mentions": {}}
    content |= {"format": "org.matrix.custom.html", "formatted_body": f"<strong>Amina: </strong>{text}"}
    sent = await client.room_send(room, "m.room.message", content, tx_id=f"bare{next(_transactions)}")
    if isinstance(sent, nio.ErrorResponse):
        raise RuntimeError(f"the bare loop was refused: {sent.status_code}")  # noqa: TRY004 - an answer, no type


async def send_message(bot: Bot, group: int, text: str) -> None:
    await bot.send_message(group, f"Amina: {text}")


def texts(messages: int) -> list[str]:
    """As long as those of the measurement, without a mark: nobody counts them."""
    dice = Random(messages)  # noqa: S311 - lengths, not secrets
    return [words("Bonjour", dice.randint(*SIZE), dice) for _ in range(messages)]


async def nio_rate(url: str, user: str, token: str, rooms: list[str], messages: int, *, lanes: int = 1) -> float:
    """`room_send` a second; `lanes`: in so many rooms at a time, one after the other in each."""
    async with matrix(url, user, token) as client:

        async def lane(n: int, some: list[str]) -> None:
            for m, text in enumerate(some):
                await room_send(client, rooms[(n + m * lanes) % len(rooms)], text)

        await lane(0, texts(10))
        return await _rate(lane, texts(messages), lanes)


async def ptb_rate(url: str, token: str, groups: list[int], messages: int, *, lanes: int = 1) -> float:
    """`Bot.send_message` a second, likewise."""
    async with telegram(url, token) as bot:

        async def lane(n: int, some: list[str]) -> None:
            for m, text in enumerate(some):
                await send_message(bot, groups[(n + m * lanes) % len(groups)], text)

        await lane(0, texts(10))
        return await _rate(lane, texts(messages), lanes)


async def _rate(lane: Callable[[int, list[str]], Awaitable[None]], every: list[str], lanes: int) -> float:
    began = time.monotonic()
    await asyncio.gather(*(lane(n, every[n::lanes]) for n in range(lanes)))
    return len(every) / (time.monotonic() - began)
