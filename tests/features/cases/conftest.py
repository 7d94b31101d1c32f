"""The quarter, for every test of this folder."""

import pytest

from tests.conftest import Town
from tests.features.cases.quarter import Quarter, settle_in


@pytest.fixture
async def quarter(linked: Town) -> Quarter:
    """Two networks, one circle, moderators and their desk."""
    return await settle_in(linked)
