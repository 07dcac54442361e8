"""Rows of one wire format, written once and kept side by side, so that a long listing is copied and not written.

Every row has a place of the same length with each clock at the same offset: a clock that stands still is written with
the row, and the running ones of a whole block in one stroke. What a part lacks to its room is blanks, and they stand
where a format allows them: between elements, never in one. A row that is longer than its place, or that somebody may
see in part only, is written by itself.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callboard.calls.legs import Call
from callboard.calls.state import CONNECTED, State
from callboard.table.columns import Columns, Mask, Slots
from callboard.table.layout import DIGITS, Clock, Layout, Running, clock_text, plain_row
from callboard.table.selection import Selection, Sight

__all__ = ["BLOCK", "FEW", "FRESH", "Arena"]

BLOCK = 1 << 19
"""Bytes that are copied at once: what stays in the processor's cache, and lets others have their turn in between."""
FRESH = 100
"""Rows that are written anew at once."""
FEW = 20
"""Rows that are written as quickly as they are copied."""

_FIRST_TABLE, _LARGEST_TABLE = 1 << 12, 1 << 17

_TIMES = {
    Running.TALK: ("answered", ("ended",)),
    Running.RING: ("started", ("answered",)),
    Running.DELAY: ("started", ("progressed", "ended")),
}
"""The columns that tell since when a clock runs, and those of which any ends it."""

Bytes = NDArray[np.uint8]
Write = Callable[[Call], bytes]


class Arena:
    """The rows of one format for the calls in the columns.

    From its first row on it has `width` bytes for every call that the columns have room for.
    """

    def __init__(self, columns: Columns, layout: Layout) -> None:
        self._columns = columns
        self._layout = layout
        self._offsets = _offsets(layout)
        self.width = -(-self._offsets[-1] // 16) * 16
        self.step = max(FRESH, BLOCK // self.width)
        """Rows that are copied at once."""
        self._copy: Bytes = np.empty((self.step, self.width), np.uint8)
        """Where they are copied to: memory that is there already is written several times as fast."""
        parts = zip(layout.parts, self._offsets, strict=False)
        self._clocks = [_Digits(part, offset) for part, offset in parts if isinstance(part, Clock)]
        self._times = {name for digits in self._clocks for name in (digits.since, *digits.until)}
        self._grow(0)

    def forget(self) -> None:
        """Write every row anew when it is asked for next: what rows say beside the call itself has changed."""
        self._stamps.fill(-1)

    def rows(self, calls: Selection, now: float, layout: Layout | None = None) -> Iterator[bytes]:
        """The rows of these calls with separators between them, block by block, written when they are asked for.

        A few have no padding. `layout` is that of the rows that are not seen as they are, where it is another one. Its
        separator counts, which must have the same length.
        """
        layout = layout or self._layout
        if len(calls) > FEW:
            return self.blocks(calls, now, layout)
        return iter((layout.separator.join([plain_row(layout, call, now) for call in calls]),))

    def blocks(self, calls: Selection, now: float, layout: Layout | None = None) -> Iterator[bytes]:
        """The same of however many."""
        layout = layout or self._layout
        lead = len(layout.separator)
        done = 0
        while done < len(calls):
            step = self._step(calls, done)
            slots = calls.standing(slice(done, done + step))
            done += step
            if len(slots):
                yield self._block(slots, now, calls.sight, layout)[lead:]
                lead = 0

    def _step(self, calls: Selection, done: int) -> int:
        """How many rows come next: fewer where many must be written."""
        slots = calls.standing(slice(done, done + self.step))
        slow = self._stale(slots) | self._partly(slots, calls.sight)
        return FRESH if np.count_nonzero(slow) > FRESH else self.step

    def _partly(self, slots: Slots, sight: Sight | None) -> Mask:
        """Which rows are not seen as they are."""
        return np.zeros(len(slots), np.bool_) if sight is None else sight.partly(self._columns, slots)

    def _block(self, slots: Slots, now: float, sight: Sight | None, layout: Layout) -> bytes:
        """The rows, each after a separator."""

        def write(call: Call) -> bytes:
            return layout.separator + plain_row(layout, call if sight is None else sight.seen(call), now)

        apart = self._partly(slots, sight)
        if apart.all():
            return b"".join(self._written(slots, write))
        self._refresh(slots)
        rows = self._rows.take(slots, axis=0, out=self._copy[: len(slots)], mode="clip")
        self._run_clocks(rows, slots, now)
        if layout.separator != self._layout.separator:
            rows[:, : len(layout.separator)] = np.frombuffer(layout.separator, np.uint8)
        apart |= self._long.take(slots)
        return b"".join(self._mixed(rows, slots, apart, write)) if apart.any() else rows.tobytes()

    def _mixed(self, rows: Bytes, slots: Slots, apart: Mask, write: Write) -> Iterator[bytes]:
        """The rows, but for those that are written by themselves."""
        done = 0
        for place in np.flatnonzero(apart).tolist():
            yield rows[done:place].tobytes()
            yield from self._written(slots[place : place + 1], write)
            done = place + 1
        yield rows[done:].tobytes()

    def _written(self, slots: Slots, write: Write) -> Iterator[bytes]:
        """Rows that are written by themselves."""
        for slot in slots.tolist():
            call = self._columns.calls[slot]
            if call is not None:
                yield write(call)

    # --- rows that are kept ---

    def _stale(self, slots: Slots) -> Mask:
        """Which of the slots hold calls that have changed since their rows were written."""
        if len(self._stamps) < len(self._columns.calls):
            self._grow(len(self._columns.calls))
        stale: Mask = self._stamps.take(slots) != self._columns["stamp"].take(slots)
        return stale

    def _refresh(self, slots: Slots) -> None:
        """Write the rows anew whose calls have changed."""
        stale = slots[self._stale(slots)]
        if len(stale):
            for slot in stale.tolist():
                self._write_row(slot)
            self._stamps[stale] = self._columns["stamp"].take(stale)

    def _grow(self, size: int) -> None:
        """Make room. What was written is written anew, row by row when it is asked for: to copy all takes too long."""
        self._rows: Bytes = np.empty((size, self.width), np.uint8)
        self._bytes = self._rows.data.cast("B", (size * self.width,)) if size else memoryview(b"")
        self._stamps = np.full(size, -1, np.int64)
        self._long = np.zeros(size, np.bool_)

    def _write_row(self, slot: int) -> None:
        call = self._columns.calls[slot]
        row = None if call is None else self._padded(call)
        self._long[slot] = row is None
        if row is not None:
            self._bytes[slot * self.width : (slot + 1) * self.width] = row

    def _padded(self, call: Call) -> bytes | None:
        """The row with every part at its offset and its clocks as if it were the beginning of time; None if it is too
        long.
        """
        row = self._layout.separator
        for part, end in zip(self._layout.parts, self._offsets[1:], strict=True):
            if isinstance(part, Clock):
                row += clock_text(part, call, 0.0).rjust(end - len(row))
            else:
                row = (row + part.render(call)).ljust(end)
            if len(row) > end:
                return None
        return row.ljust(self.width)

    # --- clocks ---

    def _run_clocks(self, rows: Bytes, slots: Slots, now: float) -> None:
        """Write the clocks that run, as they are now."""
        times = {name: self._columns[name].take(slots) for name in self._times}
        unknown = {name: np.isnan(column) for name, column in times.items()}
        for digits in self._clocks:
            runs = ~unknown[digits.since]
            for name in digits.until:
                runs &= unknown[name]
            if digits.clock.idle is not None:
                runs &= self._were_connected(slots)
            everywhere = runs.all()
            since = times[digits.since] if everywhere else times[digits.since][runs]
            if len(since):
                milliseconds = (np.maximum(now - since, 0.0) * 1000.0).astype(np.int64)
                digits.write(rows, slice(None) if everywhere else runs, milliseconds)

    def _were_connected(self, slots: Slots) -> Mask:
        """As `Call.was_connected`."""
        states = self._columns["state"][slots]
        mask: Mask = ~np.isnan(self._columns["answered"][slots]) & (states == State.ENDING)
        for state in CONNECTED:
            mask |= states == state
        return mask


def _offsets(layout: Layout) -> list[int]:
    """Where each part begins, and where the row ends."""
    offsets = [len(layout.separator)]
    for part in layout.parts:
        offsets.append(offsets[-1] + (part.width + len(part.tail) if isinstance(part, Clock) else part.room))
    return offsets


def _field(rows: Bytes, offset: int, width: int) -> NDArray[Any]:
    """The bytes from `offset` on of every row, as one value each."""
    return np.ndarray((len(rows),), np.dtype(f"V{width}"), rows, offset, (rows.strides[0],))


class _Digits:
    """A clock's lead and whole seconds, aligned to the right, for every number of seconds that calls are likely to
    last."""

    def __init__(self, clock: Clock, offset: int) -> None:
        self.clock = clock
        self.since, self.until = _TIMES[clock.run.running]
        self._exact = clock.run.exact
        self._offset = offset
        self._width = len(clock.lead) + DIGITS
        self._table = self._texts(0, _FIRST_TABLE)

    def _text(self, whole: int) -> bytes:
        return (self.clock.lead + b"%d" % whole).rjust(self._width)

    def _texts(self, begin: int, end: int) -> NDArray[Any]:
        return np.frombuffer(b"".join(map(self._text, range(begin, end))), np.dtype(f"V{self._width}"))

    def write(self, rows: Bytes, places: Mask | slice, milliseconds: NDArray[np.int64]) -> None:
        """Write the clock into the rows in these places."""
        whole = milliseconds // 1000
        _field(rows, self._offset, self._width)[places] = self._of(whole)
        if self._exact:
            _field(rows, self._offset + self._width, 4)[places] = _FRACTIONS.take(milliseconds - 1000 * whole)

    def _of(self, whole: NDArray[np.int64]) -> NDArray[Any]:
        highest = int(whole.max())
        while highest >= len(self._table) < _LARGEST_TABLE:
            more = self._texts(len(self._table), 2 * len(self._table))
            self._table = np.concatenate([self._table, more])
        if highest < len(self._table):
            return self._table.take(whole)
        texts = self._table.take(whole, mode="clip")
        for place in np.flatnonzero(whole >= len(self._table)).tolist():
            texts[place] = np.void(self._text(int(whole[place])))
        return texts


_FRACTIONS: NDArray[Any] = np.frombuffer(b"".join(b".%03d" % rest for rest in range(1000)), np.dtype("V4"))
