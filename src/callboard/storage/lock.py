"""One server a database: what a second one holds in memory would drift apart from the first one's."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from callboard.storage.errors import StorageError

__all__ = ["alone"]


@contextmanager
def alone(path: Path | None) -> Iterator[None]:
    """Hold the database at `path` for this process; None, in memory, is nobody else's anyway.

    The lock is on a file beside it, which stays, since SQLite has locks of its own on the database. It goes with the
    process, however that ends. Raises `StorageError` if another server holds it.
    """
    if path is None:
        yield
        return
    with _opened(path.with_name(f"{path.name}.lock")) as file:
        _lock(file.fileno(), path)
        yield


def _opened(beside: Path) -> TextIO:
    try:
        beside.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return beside.open("a")
    except OSError as error:
        raise StorageError(
            f"The file {beside} cannot be made: {error.strerror}. "
            "Name another database path, or give the user that runs Callboard permission to the folder."
        ) from error


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StorageError(
            f"Another Callboard uses the database {path}. Stop that one, or name another path."
        ) from None
