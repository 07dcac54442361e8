"""Bringing a database to the present schema: made at once if it is new, migrated after a backup if it is older.

Alembic is imported only where there is something to migrate, since that takes as long as the rest of a start.
"""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from callboard.storage.errors import StorageError
from callboard.storage.schema import HEAD, VERSION_TABLE, metadata

__all__ = ["bring_to_head", "revision", "run"]

FOLDER = Path(__file__).parent / "migrations"

_FAILURES = (SQLAlchemyError, sqlite3.Error, StorageError, ValueError, LookupError, TypeError, RuntimeError)


def revision(connection: Connection) -> str | None:
    """The revision of the database's schema; None if the database is empty.

    Raises `StorageError` if it is another program's.
    """
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if VERSION_TABLE not in tables:
        raise StorageError(
            f"The database {_place(connection)} belongs to another program: it has the table {tables[0]!r} and is not "
            "Callboard's. Name another path."
        )
    found: str | None = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()  # noqa: S608
    return found


def bring_to_head(connection: Connection, path: Path | None) -> None:
    """Make or migrate the tables, within the transaction of `connection`, which does not check references.

    Raises `StorageError` if a newer Callboard made the database, or if the migration fails.
    """
    present = revision(connection)
    if present is None:
        _make(connection)
    elif present > HEAD:
        raise StorageError(
            f"The database {_place(connection)} was made by a newer Callboard (its schema is {present}, this one knows "
            f"{HEAD}): install that version again, or put back the backup made before its schema was changed."
        )
    elif present < HEAD and path is not None:
        _migrate(connection, path, present)


def run(connection: Connection) -> None:
    """Run the revisions between the database's and the present one, within the transaction of `connection`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    # Alembic's options are read with interpolation.
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _migrate(connection: Connection, path: Path, present: str) -> None:
    """Migrate after a backup, if there is any data. What raises here rolls all back, which leaves all as it was."""
    backup = _back_up(path, present) if _has_data(connection) else None
    try:
        run(connection)
        _check_references(connection)
    except _FAILURES as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        kept = f" A copy of it is in {backup}." if backup else ""
        raise StorageError(
            f"The database {path} could not be migrated from schema {present} to {HEAD}: {cause}. Nothing in it was "
            f"changed, so that the Callboard you had before still works with it.{kept}"
        ) from cause


def _make(connection: Connection) -> None:
    metadata.create_all(connection)
    connection.exec_driver_sql(
        f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL, "
        f"CONSTRAINT {VERSION_TABLE}_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql(f"INSERT INTO {VERSION_TABLE} VALUES (?)", (HEAD,))  # noqa: S608


def _has_data(connection: Connection) -> bool:
    tables = [name for name in inspect(connection).get_table_names() if name != VERSION_TABLE]
    return any(connection.exec_driver_sql(f'SELECT 1 FROM "{table}" LIMIT 1').first() for table in tables)  # noqa: S608


def _back_up(path: Path, present: str) -> Path:
    """Copy the database, as it was last committed, to a file beside it with the same permissions."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    backup = path.with_name(f"{path.name}.before-{HEAD}-{stamp}.db")
    try:
        os.close(os.open(backup, os.O_CREAT | os.O_EXCL | os.O_WRONLY, path.stat().st_mode & 0o777))
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(backup)) as target:
            source.backup(target)
    except (OSError, sqlite3.Error) as error:
        raise StorageError(
            f"The database {path} has schema {present} and is to be migrated, but the backup {backup} could not be "
            f"written: {error}. Nothing was changed. Make room or give write permission there, then start again."
        ) from error
    return backup


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise StorageError(f"a row of {broken[0]} would refer to a row of {broken[2]} that does not exist")


def _place(connection: Connection) -> str:
    return connection.engine.url.database or "in memory"
