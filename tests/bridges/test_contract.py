"""Every bridge keeps the contract: in memory, over HTTP against the simulator, and against a real homeserver."""

from collections.abc import AsyncIterator

import pytest

from bot.demo.synapse import Synapse

pytest.register_assert_rewrite("tests.bridges.contract")

from tests.bridges.contract import BridgeContract  # noqa: E402 - after what makes its failures readable
from tests.bridges.labs import Lab, fake_lab, matrix_lab, telegram_lab  # noqa: E402


class TestFake(BridgeContract):
    """The network in memory."""

    @pytest.fixture
    async def lab(self) -> AsyncIterator[Lab]:
        async with fake_lab() as made:
            yield made


class TestTelegram(BridgeContract):
    """The Bot API of the simulator."""

    @pytest.fixture
    async def lab(self) -> AsyncIterator[Lab]:
        async with telegram_lab() as made:
            yield made


class TestMatrix(BridgeContract):
    """A real Synapse."""

    @pytest.fixture
    async def lab(self, synapse: Synapse) -> AsyncIterator[Lab]:
        async with matrix_lab(synapse) as made:
            yield made
