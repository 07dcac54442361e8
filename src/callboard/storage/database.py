"""One SQLite database, in a file or in memory: how it is opened, read and changed."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType

import msgspec
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool, StaticPool

from callboard.storage import migration
from callboard.storage.errors import StorageError, explained
from callboard.storage.schema import HEAD

__all__ = ["CHECKPOINT", "Database", "open_database"]

BUSY_TIMEOUT = 5.0
"""Seconds to wait for another program's lock."""

CHECKPOINT = 16_000
"""Pages of the log (64 MB) after which they go into the file. With SQLite's 1,000, thousands of ended calls a second
wait for the disk several times a second, and most pages are written again and again.
"""

_WRITING = "callboard_writing"
_DURABLE = "callboard_durable"
_CHECKED = "callboard_checked"


class Database:
    """An open database. Every method may be called from any thread; changes queue up behind one another.

    Two kinds of change: a durable one outlives a power failure, at the price of waiting for the disk; the others
    outlive the death of the process at any moment, but a power failure may take the last of them back. Neither can
    damage the file.
    """

    def __init__(self, engine: Engine, path: Path | None) -> None:
        self.path = path
        self._engine = engine
        self._writing = threading.RLock()
        # In memory there is one connection, so that reading and changing must take turns.
        self._reading = self._writing if path is None else None

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection. What was in memory is gone."""
        self._engine.dispose()

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return "in memory" if self.path is None else str(self.path)

    def write_ahead(self) -> None:
        """Have the file changed through a log beside it, so that reading goes on meanwhile. It is kept in the file."""
        with self._explaining(), closing(self._engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA journal_mode=WAL")

    @contextmanager
    def change(self, *, durable: bool = True, checked: bool = True) -> Iterator[Connection]:
        """A transaction that writes: kept whole at the end of the block, or not at all if the block raises.

        Unless `checked`, references between rows are not looked at: a migration copies tables. Raises `RowError`
        if a value cannot be stored, `StorageError` if the database cannot be used.
        """
        with self._writing, self._explaining(), self._engine.connect() as plain:
            options = {_WRITING: True, _DURABLE: durable, _CHECKED: checked}
            with plain.execution_options(**options) as connection, connection.begin():
                yield connection

    @contextmanager
    def view(self) -> Iterator[Connection]:
        """A transaction that reads: everything read in the block is as it was at one moment. Raises `StorageError`."""
        with self._explaining():
            if self._reading is None:
                with self._engine.begin() as connection:
                    yield connection
            else:
                with self._reading, self._engine.begin() as connection:
                    yield connection

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            cause = error.orig or error
            raise explained(cause, self.place) from cause
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            raise explained(error, self.place) from error


def open_database(path: Path | None) -> Database:
    """Open the database at `path`, made if there is none and migrated if it is older; None keeps it in memory.

    A new file and the folders above it are readable by nobody else. Before an older database with data in it is
    migrated, a copy is put beside it. Raises `StorageError` if it cannot be used: a folder, no permission, another
    program's file, a newer Callboard's file, a damaged file, a failed migration.
    """
    if path is not None:
        _make_file(path)
    engine = _engine(path)
    database = Database(engine, path)
    try:
        _bring_to_head(database)
        # Not before, for another program's file is to be left as it is.
        database.write_ahead()
    except StorageError:
        database.close()
        raise
    return database


def _bring_to_head(database: Database) -> None:
    with database.view() as connection:
        present = migration.revision(connection)
    if present != HEAD:
        with database.change(checked=False) as connection:
            migration.bring_to_head(connection, database.path)


def _make_file(path: Path) -> None:
    if path.is_dir():
        raise StorageError(f"The database path {path} is a folder: name a file in it, such as {path / 'callboard.db'}.")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise StorageError(
            f"The database {path} cannot be made or written: {error.strerror}. "
            "Name another path, or give the user that runs Callboard permission to it."
        ) from error


def _engine(path: Path | None) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=":memory:" if path is None else str(path)),
        poolclass=StaticPool if path is None else QueuePool,
        connect_args={"check_same_thread": False, "isolation_level": None, "timeout": BUSY_TIMEOUT},
        hide_parameters=True,
        json_serializer=_json_text,
        json_deserializer=msgspec.json.decode,
    )
    event.listen(engine, "connect", _connected)
    event.listen(engine, "begin", _begin)
    return engine


def _connected(connection: sqlite3.Connection, _: object) -> None:
    connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT}")


def _json_text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _begin(connection: Connection) -> None:
    # sqlite3 would begin on its own, but late and without the lock: two writers that read first could not both go on.
    # The settings are the connection's own and cannot be changed within a transaction.
    options = connection.get_execution_options()
    synchronous = "FULL" if options.get(_DURABLE, False) else "NORMAL"
    connection.exec_driver_sql(f"PRAGMA synchronous={synchronous}")
    connection.exec_driver_sql(f"PRAGMA foreign_keys={'ON' if options.get(_CHECKED, True) else 'OFF'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(_WRITING, False) else "BEGIN")
