"""The clocks of many rows at once: what they show is worked out in columns and written into all rows in one stroke."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from callboard.calls.legs import Call
from callboard.table.store.columns import Slots
from callboard.table.written.layout import DIGITS, Clock, running_since

__all__ = ["Bytes", "Dial", "Face"]

Bytes = NDArray[np.uint8]

_FIRST_TABLE, _LARGEST_TABLE = 1 << 12, 1 << 17
_NAN = float("nan")
_FRACTIONS: NDArray[Any] = np.frombuffer(b"".join(b".%03d" % rest for rest in range(1000)), np.dtype("V4"))


class Face(NamedTuple):
    """Where the same clock of each of some rows is written: its lead with the whole seconds, and the milliseconds."""

    wholes: NDArray[Any]
    fractions: NDArray[Any]


class Dial:
    """A clock: since when it runs in each slot, and its texts for every number of seconds that calls are likely to
    last, aligned to the right.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._width = len(clock.lead) + DIGITS
        self._table = self._texts(0, _FIRST_TABLE)
        self.grow(0)

    def grow(self, size: int) -> None:
        """Make room for so many slots. What was set is forgotten."""
        self._since = np.full(size, _NAN, np.float64)
        self._view: memoryview[Any] = self._since.data

    def set(self, slot: int, call: Call) -> None:
        """Note since when the clock runs for the call in a slot."""
        since = running_since(self.clock, call)
        self._view[slot] = _NAN if since is None else since

    def face(self, rows: Bytes, offset: int) -> Face:
        """The place of this clock in these rows, where it begins at `offset`."""
        return Face(_field(rows, offset, self._width), _field(rows, offset + self._width, 4))

    def run(self, face: Face, slots: Slots, now: float) -> None:
        """Write the clocks that run, as they are now, into the first rows of a face: those of these slots."""
        since = self._since.take(slots)
        runs = since == since
        count = np.count_nonzero(runs)
        if not count:
            return
        everywhere = count == len(slots)
        places = slice(None) if everywhere else runs
        seconds = np.maximum(now - (since if everywhere else since[runs]), 0.0)
        if not self.clock.run.exact:
            face.wholes[: len(slots)][places] = self._of(seconds.astype(np.int64))
            return
        milliseconds = (seconds * 1000.0).astype(np.int64)
        whole = milliseconds // 1000
        face.wholes[: len(slots)][places] = self._of(whole)
        face.fractions[: len(slots)][places] = _FRACTIONS.take(milliseconds - 1000 * whole)

    def _of(self, whole: NDArray[np.int64]) -> NDArray[Any]:
        try:
            return self._table.take(whole)
        except IndexError:
            return self._beyond(whole)

    def _beyond(self, whole: NDArray[np.int64]) -> NDArray[Any]:
        """The texts where some stand for more seconds than have been needed so far."""
        highest = int(whole.max())
        while highest >= len(self._table) < _LARGEST_TABLE:
            more = self._texts(len(self._table), 2 * len(self._table))
            self._table = np.concatenate([self._table, more])
        texts = self._table.take(whole, mode="clip")
        for place in np.flatnonzero(whole >= len(self._table)).tolist():
            texts[place] = np.void(self._text(int(whole[place])))
        return texts

    def _texts(self, begin: int, end: int) -> NDArray[Any]:
        return np.frombuffer(b"".join(map(self._text, range(begin, end))), np.dtype(f"V{self._width}"))

    def _text(self, whole: int) -> bytes:
        return (self.clock.lead + b"%d" % whole).rjust(self._width)


def _field(rows: Bytes, offset: int, width: int) -> NDArray[Any]:
    """The bytes from `offset` on of every row, as one value each."""
    return np.ndarray((len(rows),), np.dtype(f"V{width}"), rows, offset, (rows.strides[0],))
