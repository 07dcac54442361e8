"""Calls that were chosen at one moment, by the places where they stand: a hundred thousand of them cost nothing until
somebody looks at them.

What is looked at later is as it is then; what has left or ended by then is left out, so that no row is ever another
call's, and so is what is none of the reader's business any more.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from callboard.calls.legs import Call
from callboard.table.store.columns import Columns, Mask, Slots

__all__ = ["Selection", "Sight"]

_STEP = 1000
"""Calls that are looked up at once while all are gone through."""


class Sight(NamedTuple):
    """How somebody sees calls who does not see all of them as they are."""

    seen: Callable[[Call], Call]
    partly: Callable[[Columns, Slots], Mask]
    """Which of some slots hold calls that `seen` may change."""
    still: Callable[[Columns, Slots], Mask]
    """Which of some slots hold calls that may be seen at all: a call may have become others' since it was chosen."""


class Selection(Sequence[Call]):
    """The calls in these slots, in this order."""

    def __init__(
        self, columns: Columns, slots: Slots, sight: Sight | None = None, chosen: "Selection | None" = None
    ) -> None:
        """`chosen` are the same calls as they were chosen before; None: they are chosen now."""
        self._columns = columns
        self._slots = slots
        self._standing: NDArray[np.int64] = columns.standing(slots) if chosen is None else chosen._standing
        self._step: int = columns.step if chosen is None else chosen._step
        self.sight = sight

    def seen_with(self, sight: Sight | None) -> "Selection":
        """The same calls as somebody sees them; None is as they are."""
        return self if sight is None else Selection(self._columns, self._slots, sight, self)

    def where(self, fits: Callable[[Call], bool]) -> "Selection":
        """Those of them that fit as they are seen now."""
        kept = [self.standing(slice(0, 0))]
        for begin in range(0, len(self), _STEP):
            slots = self.standing(slice(begin, begin + _STEP))
            kept.append(slots[np.fromiter(map(fits, self._calls(slots)), np.bool_, len(slots))])
        return Selection(self._columns, np.concatenate(kept), self.sight)

    def __len__(self) -> int:
        """How many were chosen."""
        return len(self._slots)

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Call, ...]: ...
    def __getitem__(self, index: int | slice) -> Call | tuple[Call, ...]:
        """The call in a place, which must still be there; or those in a range of places that still are."""
        if isinstance(index, slice):
            return tuple(self._calls(self.standing(index)))
        place = index if index >= 0 else len(self) + index
        for call in self[place : place + 1] if place >= 0 else ():
            return call
        raise IndexError(f"there is no call in place {index}, or it has gone")

    def __iter__(self) -> Iterator[Call]:
        for begin in range(0, len(self), _STEP):
            yield from self._calls(self.standing(slice(begin, begin + _STEP)))

    def standing(self, places: slice) -> Slots:
        """The slots of those in a range of places that are still there."""
        slots = self._slots[places]
        there: Mask = self._columns.standing(slots) == self._standing[places]
        if self.sight is not None and self._columns.step != self._step:
            there &= self.sight.still(self._columns, slots)
        return slots if there.all() else slots[there]

    def _calls(self, slots: Slots) -> Iterator[Call]:
        calls = (call for slot in slots.tolist() if (call := self._columns.calls[slot]) is not None)
        return calls if self.sight is None else map(self.sight.seen, calls)
