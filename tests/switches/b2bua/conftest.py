"""Fixtures for the tests of the embedded switch."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.switches.b2bua.world import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world whose switch is up."""
    async with AsyncExitStack() as stack:
        made = World(stack)
        await made.start()
        yield made
