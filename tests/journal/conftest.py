"""A journal that writes to a database of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from callboard.journal.journal import Journal
from callboard.storage.database import Database, open_database
from tests.journal.scenes import NOW


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "callboard.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    """An open, empty database."""
    with open_database(path) as opened:
        yield opened


@pytest.fixture
def journal(database: Database) -> Iterator[Journal]:
    """A journal that writes, whose clock stands still."""
    started = Journal(database, clock=lambda: NOW)
    started.start()
    yield started
    started.stop()
