"""A database of each sort."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from callboard.storage.database import Database, open_database


@pytest.fixture(params=["file", "memory"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An open, empty database: in a file, and in memory."""
    with open_database(tmp_path / "callboard.db" if request.param == "file" else None) as opened:
        yield opened
