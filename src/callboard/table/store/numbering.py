"""Public call numbers: unique across nodes, never given twice, short as long as the installation is young."""

from collections import deque
from collections.abc import Callable

from callboard.calls.legs import CallNumber

__all__ = ["BLOCK", "NODE_SHIFT", "Numbering"]

NODE_SHIFT = 48
"""The node's index stands in a number's bits from here up; 2^48 calls a node outlast any installation."""

BLOCK = 10_000
"""Numbers that are reserved at once: enough for some seconds at a thousand calls a second."""


class Numbering:
    """Hands out call numbers from blocks that are reserved where a restart cannot forget it.

    `reserve(count)` returns the first of `count` numbers that were never reserved before. It may write to disk, and
    raise: `replenish`, called now and then, keeps it out of the way of calls.
    """

    def __init__(self, node: int, reserve: Callable[[int], int]) -> None:
        self._base = node << NODE_SHIFT
        self._reserve = reserve
        self._block = iter(range(0))
        self._blocks: deque[range] = deque()
        self._left = 0

    def replenish(self) -> None:
        """Reserve a block if less than one is left."""
        if self._left < BLOCK:
            first = self._reserve(BLOCK)
            self._blocks.append(range(first, first + BLOCK))
            self._left += BLOCK

    def take(self) -> CallNumber:
        """A number no call ever had. It reserves by itself if nobody replenished in time."""
        number = next(self._block, None)
        if number is None:
            if not self._left:
                self.replenish()
            self._block = iter(self._blocks.popleft())
            number = next(self._block)
        self._left -= 1
        return CallNumber(self._base | number)
