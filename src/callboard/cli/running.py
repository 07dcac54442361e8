"""Run a server in this process until it ends or is stopped."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

from callboard.cli.failures import ExitCode, Failure
from callboard.directory.mistakes import DirectoryError
from callboard.http.server import CannotListen
from callboard.storage.errors import StorageError
from callboard.switches.b2bua.adapter import SwitchStartError

__all__ = ["run_until_stopped"]


def run_until_stopped(work: Coroutine[Any, Any, None], fix: str = "") -> None:
    """Run `work` until it ends by itself or, cancelled by Ctrl-C or SIGTERM, has cleaned up.

    A second Ctrl-C does not wait for that: it raises KeyboardInterrupt. Raises `Failure` for what an operator can mend:
    a port that is taken, a database that cannot be opened. `fix` says what helps against the former here.
    """
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_stoppable(work))
    except (CannotListen, SwitchStartError) as error:
        raise Failure(str(error), fix, ExitCode.REFUSED) from None
    except (DirectoryError, StorageError) as error:
        raise Failure(str(error), "", ExitCode.REFUSED) from None
    except OSError as error:
        if error.filename is None:
            raise
        fix = "check the path and its permissions"
        raise Failure(f"{error.filename}: {error.strerror}", fix, ExitCode.REFUSED) from None


async def _stoppable(work: Coroutine[Any, Any, None]) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not stopped:
            raise


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it is installed: it halves the cost of each packet and request."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
