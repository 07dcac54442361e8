"""A real server, with a core behind it that the tests play with, and clients of it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from callboard.client import AsyncClient, Client
from tests.cli.conftest import book, house, server

__all__ = ["book", "house", "server"]


@pytest.fixture
def client(server: str) -> Iterator[Client]:
    """Signed in as root."""
    with Client(server, user="root", password="demo-root") as client:
        yield client


@pytest.fixture
async def async_client(server: str) -> AsyncIterator[AsyncClient]:
    """The same."""
    async with AsyncClient(server, user="root", password="demo-root") as client:
        yield client
