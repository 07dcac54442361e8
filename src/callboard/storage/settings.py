"""The storage's settings."""

import msgspec

__all__ = ["StorageSettings"]


class StorageSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where everything that outlives a restart is kept."""

    path: str = "callboard.db"
    """The database file. It is made if it does not exist; `-wal` and `-shm` files stand beside it while it is in use.
    """
