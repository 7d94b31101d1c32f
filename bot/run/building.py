"""Makes the bot out of its settings: the networks, the store, and what joins them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from tempfile import gettempdir

from bot.app import App, make_rules
from bot.config import Settings
from bot.courier import Alive
from bot.run.database import Unfit, file_of, open_store
from bot.seal import derive
from bot.texts import Texts
from bridges.depot import Carrier
from bridges.matrix import MatrixBridge
from bridges.model import Chat
from bridges.port import Bridge, Capabilities, Cursor, Depot
from bridges.telegram import TelegramBridge, Webhook


def connect(settings: Settings, cursor: Cursor, depot: Depot | None = None) -> list[Bridge]:
    """The networks that the settings name.

    Without a `depot` they carry no files, and touch no keys: what is typed beside a running bot only looks.
    """
    return [connect_one(name, settings, cursor, depot) for name in ("telegram", "matrix") if getattr(settings, name)]


def connect_one(name: str, settings: Settings, cursor: Cursor, depot: Depot | None) -> Bridge:
    """One of the networks that the settings name."""
    if name == "telegram":
        telegram = settings.telegram
        assert telegram
        webhook = Webhook(telegram.webhook, secret(settings, b"palier webhook")) if telegram.webhook else None
        token = telegram.token.get_secret_value()
        return TelegramBridge(
            token, api=telegram.api, paced=telegram.paced, cursor=cursor, depot=depot, webhook=webhook
        )
    matrix = settings.matrix
    assert matrix
    return MatrixBridge(
        matrix.homeserver, matrix.user, password=matrix.password.get_secret_value(), cursor=cursor, depot=depot,
        paced=matrix.paced, pickle_key=secret(settings, b"palier pickle") if depot else "",
    )  # fmt: skip


def secret(settings: Settings, purpose: bytes) -> str:
    """What only those know who have the installation's key: nothing more has to be set or kept."""
    return derive(settings.key.get_secret_value(), purpose).hex()


def at_hand(settings: Settings) -> Carrier:
    """Where files are for a moment: beside the database, where nobody else can read, or with other temporary files."""
    file = file_of(settings.database)
    folder = file.with_name(f"{file.name}.files") if file else None
    try:
        return Carrier(folder=folder)
    except OSError as error:
        raise Unfit("cli-cannot-write", file=folder or gettempdir(), why=(error.strerror or "").lower()) from None


@asynccontextmanager
async def open_app(settings: Settings, *, worker: int = 0, alive: Alive | None = None) -> AsyncIterator[App]:
    """The bot on a database that is ready, with nothing running yet; `worker` and `alive` are the courier's."""
    bridges: dict[str, Bridge] = {}

    def can(chat: Chat) -> Capabilities:
        return bridges[chat.network].capabilities(chat)

    texts = Texts()
    # The bridges come later, since they keep their sessions in the store.
    rules = replace(make_rules(settings, texts, []), can=can, knows=lambda network: network in bridges)
    async with open_store(settings, rules) as store:

        depot = at_hand(settings)
        depot.bridges = bridges

        def renew(name: str) -> Bridge:
            bridges[name] = connect_one(name, settings, store, depot)
            return bridges[name]

        bridges |= {bridge.name: bridge for bridge in connect(settings, store, depot)}
        try:
            yield App(
                settings, store, list(bridges.values()), texts=texts, worker=worker, alive=alive, renew=renew
            )
        finally:
            await asyncio.gather(*(bridge.close() for bridge in bridges.values()))
            await depot.close()
