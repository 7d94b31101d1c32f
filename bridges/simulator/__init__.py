"""The Telegram Bot API over HTTP, with people, chats and faults to order: for the demo, for training, for tests."""

from types import TracebackType
from typing import Self

from aiohttp.web import AppRunner, TCPSite

from bridges.simulator.client import Control, Item, Rejected
from bridges.simulator.web import Server

__all__ = ["Control", "Item", "Rejected", "Simulator"]


class Simulator:
    """A running simulator in this process; `url` is its address without a slash, `server` its inside.

    Of the messages of each chat, of calls and updates the last `keep` are kept, 0 for all.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *, keep: int = 0) -> None:
        self.host, self.port = host, port
        self.server = Server(keep)
        self._runner: AppRunner | None = None

    @classmethod
    async def start(cls, host: str = "127.0.0.1", port: int = 0) -> Self:
        """Listen on that port, or on any free one."""
        simulator = cls(host, port)
        await simulator.open()
        return simulator

    async def open(self) -> None:
        # A caller who hangs up ends the handler, so that a poll or a staged timeout does not outlive it.
        self._runner = AppRunner(self.server.app(), access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await TCPSite(self._runner, self.host, self.port).start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
