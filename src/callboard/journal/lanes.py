"""The way into the journal: bounded queues, so that whoever records never waits for a disk."""

import threading
from collections import deque
from typing import Any, Generic, TypeVar

from callboard.journal.shelves import Shelf
from callboard.storage.database import Database
from callboard.storage.errors import RowError
from callboard.storage.statements import upsert_many

__all__ = ["BATCH", "Lane"]

BATCH = 2_000
"""Entries to a transaction: many that come at once change the same pages, which are written once for all of them."""

Entry = TypeVar("Entry")


class Lane(Generic[Entry]):
    """Entries of one kind on their way to the database. When it is full the oldest is dropped, and counted."""

    def __init__(self, shelf: Shelf[Entry], limit: int) -> None:
        self.dropped = 0
        """Entries lost because the queue was full, or because the journal was stopped."""
        self.rejected = 0
        """Entries lost because the database does not take them."""
        self.written = 0
        self._shelf = shelf
        self._limit = limit
        self._queue: deque[Entry] = deque()
        self._batch: list[Entry] = []
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """Entries recorded and not yet written."""
        return len(self._queue) + len(self._batch)

    def put(self, entry: Entry) -> None:
        """Add an entry, at once."""
        with self._lock:
            self._queue.append(entry)
            if len(self._queue) > self._limit:
                self._queue.popleft()
                self.dropped += 1

    def write(self, database: Database) -> bool:
        """Write the next batch, False if there is none. If it raises `StorageError` the same batch comes next."""
        if not self._batch:
            self._take()
        if not self._batch:
            return False
        rows = [self._shelf.row(entry) for entry in self._batch]
        rejected = self._save(database, rows)
        self.rejected += rejected
        self.written += len(rows) - rejected
        self._batch = []
        return True

    def write_now(self, database: Database, entry: Entry) -> None:
        """Write an entry past all that wait. Raises `StorageError`."""
        self._insert(database, [self._shelf.row(entry)])

    def close(self) -> None:
        """Drop what waits and whatever comes from now on."""
        with self._lock:
            self.dropped += self.waiting
            self._limit = 0
            self._queue.clear()
            self._batch = []

    def _take(self) -> None:
        with self._lock:
            self._batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]

    def _save(self, database: Database, rows: list[dict[str, Any]]) -> int:
        """Save all rows that the database takes, and return how many it does not."""
        try:
            self._insert(database, rows)
        except RowError:
            # One bad row must not take the others of its batch with it.
            return sum(self._refused(database, row) for row in rows)
        return 0

    def _refused(self, database: Database, row: dict[str, Any]) -> bool:
        try:
            self._insert(database, [{name: _storable(value) for name, value in row.items()}])
        except RowError:
            return True
        return False

    def _insert(self, database: Database, rows: list[dict[str, Any]]) -> None:
        with database.change(durable=False) as connection:
            upsert_many(connection, self._shelf.table, rows)


def _storable(value: object) -> object:
    """`value`, with replacement characters where it is text that is not Unicode."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
