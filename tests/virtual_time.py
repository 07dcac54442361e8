"""An event loop whose time passes only when everybody waits: an hour of a play takes milliseconds, and always the same.

Nothing in such a loop may wait for a socket, a thread or a process.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["EPOCH", "VirtualLoop", "clock", "run"]

EPOCH = 1_700_000_000.0
"""Unix time at which each loop begins."""

T = TypeVar("T")


class _Selector(selectors.SelectSelector):
    """Waits for nothing: the time that it was to wait is over at once."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everybody waits, and nobody for the time: this play would never end")
        self.now += max(0.0, timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """`time()` begins at 0."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now


def run(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def clock() -> float:
    """Unix seconds of the running loop, which must be a virtual one."""
    return EPOCH + asyncio.get_running_loop().time()
