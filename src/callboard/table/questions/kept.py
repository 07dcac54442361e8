"""Orders that are kept for a while: a list that is sorted by what changes while a call lives is paged through in the
order of its first page, so that no call that stays is left out or shown twice.
"""

from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

__all__ = ["ROOM", "KeptOrders"]

ROOM = 4_000_000
"""Calls in all orders together: 32 MB. Beyond that the order goes that was used longest ago."""

Numbers = NDArray[np.int64]


class KeptOrders:
    """Orders by name, each for whoever it was made for: another's order would tell of calls that are not his."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._orders: OrderedDict[int, tuple[object, Numbers]] = OrderedDict()
        self._size = 0
        self._last = 0

    def keep(self, asker: object, numbers: Numbers) -> int:
        """Keep the calls' numbers in their order; returns the name."""
        self._last += 1
        self._orders[self._last] = asker, numbers
        self._size += len(numbers)
        while self._size > self._room and len(self._orders) > 1:
            _, (_, gone) = self._orders.popitem(last=False)
            self._size -= len(gone)
        return self._last

    def after(self, name: int, asker: object, number: int) -> Numbers | None:
        """What comes after a call in an order; None if that is not kept (any more), or not for this asker."""
        owner, numbers = self._orders.get(name, (None, None))
        if numbers is None or owner != asker:
            return None
        self._orders.move_to_end(name)
        places = np.flatnonzero(numbers == number)
        return numbers[places[0] + 1 :] if len(places) else None
