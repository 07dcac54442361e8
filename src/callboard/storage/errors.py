"""What can go wrong with the database, in words that name the cause and the fix."""

import sqlite3

__all__ = ["RowError", "StorageError", "explained"]


class StorageError(Exception):
    """The database cannot be used, or did not do what was asked; nothing of that step was kept.

    The message is for people. It never holds the values of a row, since those may be secrets.
    """


class RowError(StorageError):
    """The fault lies in the values, not in the database: trying again will not help, other rows are fine."""


# Beginnings of SQLite's result codes (https://www.sqlite.org/rescode.html); extended codes begin with the plain ones.
_CAUSES = {
    "SQLITE_NOTADB": "it is not an SQLite database. Name another path, or move that file away",
    "SQLITE_CORRUPT": "the file is damaged. Stop Callboard and put back a backup",
    "SQLITE_READONLY": "it cannot be written. Give the user that runs Callboard write permission to the file "
    "and to its folder",
    "SQLITE_PERM": "access is denied. Give the user that runs Callboard permission to the file and to its folder",
    "SQLITE_CANTOPEN": "it cannot be opened. Look at the permissions of the file and of its folder",
    "SQLITE_FULL": "the disk is full. Make room on it",
    "SQLITE_BUSY": "another program holds it locked. End that program's transaction",
    "SQLITE_LOCKED": "another program holds it locked. End that program's transaction",
    "SQLITE_IOERR": "the disk reports an error. Look at the system's log",
}

_FAULTS_OF_VALUES = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    UnicodeError,
    OverflowError,
)


def explained(error: BaseException, place: str) -> StorageError:
    """What `error`, raised by the database at `place`, means for people."""
    if isinstance(error, _FAULTS_OF_VALUES):
        return RowError(f"The database {place} does not take a value: {_words(error)}.")
    code = getattr(error, "sqlite_errorname", "")
    for beginning, cause in _CAUSES.items():
        if code.startswith(beginning):
            return StorageError(f"The database {place} cannot be used: {cause}.")
    return StorageError(f"The database {place} cannot be used: {_words(error)}.")


def _words(error: BaseException) -> str:
    # A UnicodeError's own text holds the value.
    return "it is not valid Unicode text" if isinstance(error, UnicodeError) else str(error).rstrip(".")
