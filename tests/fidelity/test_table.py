"""Every row of the table, as a test."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from bot.demo.synapse import Synapse
from tests.fidelity.__main__ import play
from tests.fidelity.stage import Stage, open_stage
from tests.fidelity.table import ROWS, Row


@pytest.fixture(scope="module")
def synapse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    server = Synapse(tmp_path_factory.mktemp("synapse"))
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory, synapse: Synapse) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path_factory.mktemp("stage"), synapse) as made:
        yield made


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_a_row_of_the_table(stage: Stage, row: Row) -> None:
    assert await play(stage, row) == "passes"


def test_both_directions_are_there() -> None:
    assert {row.way for row in ROWS} == {"Telegram -> Matrix", "Matrix -> Telegram"} and len(ROWS) >= 50
