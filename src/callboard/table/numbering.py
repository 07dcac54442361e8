"""Public call numbers: unique across nodes, never given twice, short as long as the installation is young."""

from collections.abc import Callable

from callboard.calls.legs import CallNumber

__all__ = ["NODE_SHIFT", "Numbering"]

NODE_SHIFT = 48
"""The node's index stands in a number's bits from here up; 2^48 calls a node outlast any installation."""

_BLOCK = 10_000


class Numbering:
    """Hands out call numbers from blocks that are reserved where a restart cannot forget it.

    `reserve(count)` returns the first of `count` numbers that were never reserved before. It is called once every
    10,000 calls, so it may write to disk.
    """

    def __init__(self, node: int, reserve: Callable[[int], int]) -> None:
        self._base = node << NODE_SHIFT
        self._reserve = reserve
        self._next = 0
        self._end = 0

    def take(self) -> CallNumber:
        """A number no call ever had."""
        if self._next == self._end:
            self._next = self._reserve(_BLOCK)
            self._end = self._next + _BLOCK
        number = self._base | self._next
        self._next += 1
        return CallNumber(number)
