"""Names of receivers and their addresses: looked up where nobody else waits, however long a name's servers take."""

import asyncio
import contextlib
import socket
import threading
from collections import defaultdict

__all__ = ["Lookups"]

AT_ONCE = 64
"""Names that are looked up at once."""
OF_ONE = 4
"""Those of them that are for the same login."""

Found = asyncio.Future[list[str]]


class Lookups:
    """Each look-up has a thread of its own, which nothing waits for at the end.

    The system's resolver cannot be broken off, and whoever keeps a domain can have it answer as slowly as it likes. In
    the threads that the rest of the server shares, a few such names would hold up the disk.
    """

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._turns_of = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(OF_ONE))

    async def addresses(self, login: str, host: str, port: int) -> list[str]:
        """The IP addresses of a host, the preferred first. Raises OSError or UnicodeError if there are none."""
        turns = self._turns_of[login], self._turns
        await _acquire(*turns)
        loop = asyncio.get_running_loop()
        found: Found = loop.create_future()
        found.add_done_callback(_seen)

        def end(result: list[str] | Exception) -> None:
            for turn in turns:
                turn.release()
            if found.done():
                return
            if isinstance(result, Exception):
                found.set_exception(result)
            else:
                found.set_result(result)

        def look_up() -> None:
            result = _look_up(host, port)
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(end, result)

        threading.Thread(target=look_up, name="look-up", daemon=True).start()
        return await found


async def _acquire(mine: asyncio.Semaphore, everybodys: asyncio.Semaphore) -> None:
    """A turn of both."""
    await mine.acquire()
    try:
        await everybodys.acquire()
    except asyncio.CancelledError:
        mine.release()
        raise


def _seen(found: Found) -> None:
    """Whoever stopped waiting for a failure has missed nothing."""
    if not found.cancelled():
        found.exception()


def _look_up(host: str, port: int) -> list[str] | Exception:
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return error
    return [str(entry[4][0]) for entry in entries]
