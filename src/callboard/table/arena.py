"""Rows of one wire format, written once and kept side by side, so that a long listing is copied and not written.

A row is texts, which stay as they are until the call changes, and clocks, which run. Every row has a place of the same
length with each clock at the same offset, so that the running numbers of a whole block are written in one stroke. What
a text lacks to its room is blanks, and they stand where a format allows them: between elements, never in one. A row
that is longer than its place, or that somebody may see in part only, is written by itself.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from callboard.calls.legs import Call
from callboard.table.columns import Columns, Mask, Slots

__all__ = ["BLOCK", "Arena", "Clock", "Layout", "Running", "Text", "plain_row"]

BLOCK = 500
"""Rows that are written at once: what stays in the processor's cache, and lets others have their turn in between."""

_DIGITS = 7
"""Room for whole seconds; a call of four months has as many."""
_FIRST_TABLE, _LARGEST_TABLE = 1 << 12, 1 << 17
_BLANK = 0x20

Bytes = NDArray[np.uint8]


class Running(Enum):
    """What a clock shows, in seconds."""

    TALK = "talk"
    """Connected so far; 0 before the answer."""
    RING = "ring"
    """From the set-up to the answer, or until now."""
    DELAY = "delay"
    """From the set-up to the first progress, or until now."""


class Text(msgspec.Struct, frozen=True):
    """A part of the row that changes only when the call does."""

    render: Callable[[Call], bytes]
    room: int
    """Bytes that nearly all calls need at most."""


class Clock(msgspec.Struct, frozen=True):
    """A running number, with what stands before and behind it."""

    lead: bytes
    tail: bytes
    running: Running
    exact: bool
    """With milliseconds, which are those that are over; else whole seconds that are over."""
    idle: bytes | None = None
    """What stands in its place before the answer; None: the number, as ever."""

    @property
    def width(self) -> int:
        """Bytes from the lead to the last digit, at most."""
        return len(self.lead) + _DIGITS + (4 if self.exact else 0)


class Layout(msgspec.Struct, frozen=True):
    """A wire format's row, part by part."""

    parts: tuple[Text | Clock, ...]
    separator: bytes = b""
    """What stands between two rows."""


# --- one row by itself -----------------------------------------------------------------------------------------------


def seconds(call: Call, running: Running, now: float) -> float:
    """What a clock shows of a call."""
    match running:
        case Running.TALK:
            return call.duration(now)
        case Running.DELAY:
            return call.delay(now)
        case Running.RING:
            until = now if call.answered_at is None else call.answered_at
            return max(0.0, until - call.started_at)


def plain_row(layout: Layout, call: Call, now: float) -> bytes:
    """The row without padding, without the separator."""
    return b"".join(
        part.render(call) if isinstance(part, Text) else _plain_clock(part, call, now) for part in layout.parts
    )


def _plain_clock(clock: Clock, call: Call, now: float) -> bytes:
    if clock.idle is not None and call.answered_at is None:
        return clock.idle + clock.tail
    milliseconds = int(seconds(call, clock.running, now) * 1000.0)
    digits = b"%d.%03d" % divmod(milliseconds, 1000) if clock.exact else b"%d" % (milliseconds // 1000)
    return clock.lead + digits + clock.tail


# --- many rows -------------------------------------------------------------------------------------------------------


class Arena:
    """The rows of one format for the calls in the columns."""

    def __init__(self, columns: Columns, layout: Layout) -> None:
        self._columns = columns
        self._layout = layout
        self._offsets = _offsets(layout)
        self._width = -(-self._offsets[-1] // 16) * 16
        self._rows: Bytes = np.empty((0, self._width), np.uint8)
        self._bytes = memoryview(b"")
        self._stamps: NDArray[np.int64] = np.empty(0, np.int64)
        self._long: Mask = np.empty(0, np.bool_)
        self._digits = {part: _Digits(part) for part in layout.parts if isinstance(part, Clock)}

    def forget(self) -> None:
        """Write every row anew when it is asked for next: what rows say beside the call itself has changed."""
        self._stamps.fill(-1)

    def blocks(
        self,
        slots: Slots,
        now: float,
        seen: Callable[[Call], Call] | None = None,
        partly: Callable[[Slots], Mask] | None = None,
    ) -> Iterator[bytes]:
        """The rows in these slots with separators between them, block by block, written when they are asked for.

        What left the table since the beginning is left out. `partly` says which of some slots have rows that are not
        seen as they are, and `seen` how they are then.
        """
        numbers = self._columns["number"][slots]
        first = True
        for begin in range(0, len(slots), BLOCK):
            some = slots[begin : begin + BLOCK]
            there = self._columns["number"][some] == numbers[begin : begin + BLOCK]
            some = some if there.all() else some[there]
            if len(some):
                yield self._block(some, now, seen, None if partly is None else partly(some), first)
                first = False

    def _block(
        self, slots: Slots, now: float, seen: Callable[[Call], Call] | None, partly: Mask | None, first: bool
    ) -> bytes:
        self._refresh(slots)
        rows = self._rows[slots]
        for part, offset in zip(self._layout.parts, self._offsets, strict=False):
            if isinstance(part, Clock):
                self._write_clock(part, rows, offset, slots, now)
        if first:
            rows[0, : len(self._layout.separator)] = _BLANK
        apart = self._long[slots] if partly is None else self._long[slots] | partly
        if not apart.any():
            return rows.tobytes()
        return b"".join(self._mixed(rows, slots, np.flatnonzero(apart).tolist(), now, seen, first))

    def _mixed(
        self,
        rows: Bytes,
        slots: Slots,
        apart: Sequence[int],
        now: float,
        seen: Callable[[Call], Call] | None,
        first: bool,
    ) -> Iterator[bytes]:
        """The block with some of its rows written by themselves."""
        done = 0
        for place in apart:
            yield rows[done:place].tobytes()
            call = self._columns.calls[slots[place]]
            if call is not None:
                separator = b"" if first and place == 0 else self._layout.separator
                yield separator + plain_row(self._layout, call if seen is None else seen(call), now)
            done = place + 1
        yield rows[done:].tobytes()

    # --- texts ---

    def _refresh(self, slots: Slots) -> None:
        """Write the rows anew whose calls have changed since they were written."""
        if len(self._stamps) < len(self._columns.calls):
            self._grow(len(self._columns.calls))
        stamps = self._columns["stamp"][slots]
        for slot in slots[self._stamps[slots] != stamps].tolist():
            call = self._columns.calls[slot]
            if call is not None:
                self._write_row(slot, call)
        self._stamps[slots] = stamps

    def _grow(self, size: int) -> None:
        rows = np.full((size, self._width), _BLANK, np.uint8)
        rows[: len(self._rows)] = self._rows
        self._rows, self._bytes = rows, rows.data.cast("B", (size * self._width,)) if size else memoryview(b"")
        self._stamps = np.concatenate([self._stamps, np.full(size - len(self._stamps), -1, np.int64)])
        self._long = np.concatenate([self._long, np.zeros(size - len(self._long), np.bool_)])

    def _write_row(self, slot: int, call: Call) -> None:
        pieces = [self._layout.separator]
        for part in self._layout.parts:
            if isinstance(part, Clock):
                pieces.append(b" " * part.width + part.tail)
                continue
            text = part.render(call)
            if len(text) > part.room:
                self._long[slot] = True
                return
            pieces.append(text.ljust(part.room))
        self._long[slot] = False
        begin = slot * self._width
        row = b"".join(pieces)
        self._bytes[begin : begin + len(row)] = row

    # --- clocks ---

    def _write_clock(self, clock: Clock, rows: Bytes, offset: int, slots: Slots, now: float) -> None:
        digits = self._digits[clock]
        milliseconds = (self._seconds(clock.running, slots, now) * 1000.0).astype(np.int64)
        whole, rest = np.divmod(milliseconds, 1000)
        places = _field(rows, offset, digits.width)
        places[:] = digits.of(whole)
        if clock.exact:
            _field(rows, offset + digits.width, 4)[:] = _FRACTIONS[rest]
        for place in np.flatnonzero(whole >= _LARGEST_TABLE).tolist():
            places[place] = np.void(digits.text(int(whole[place])))
        if clock.idle is not None:
            unanswered = np.isnan(self._columns["answered"][slots])
            _field(rows, offset, clock.width)[unanswered] = np.void(clock.idle.rjust(clock.width))

    def _seconds(self, running: Running, slots: Slots, now: float) -> NDArray[np.float64]:
        columns = self._columns
        started, ended = columns["started"][slots], columns["ended"][slots]
        still = np.where(np.isnan(ended), now, ended)
        match running:
            case Running.TALK:
                lengths = still - columns["answered"][slots]
            case Running.DELAY:
                progressed = columns["progressed"][slots]
                lengths = np.where(np.isnan(progressed), still, progressed) - started
            case Running.RING:
                answered = columns["answered"][slots]
                lengths = np.where(np.isnan(answered), now, answered) - started
        found: NDArray[np.float64] = np.fmax(lengths, 0.0)
        return found


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

    def __init__(self, clock: Clock) -> None:
        self._lead = clock.lead
        self.width = len(clock.lead) + _DIGITS
        self._table = self._texts(0, _FIRST_TABLE)

    def text(self, whole: int) -> bytes:
        return (self._lead + b"%d" % whole).rjust(self.width)

    def _texts(self, begin: int, end: int) -> NDArray[Any]:
        return np.frombuffer(b"".join(map(self.text, range(begin, end))), np.dtype(f"V{self.width}"))

    def of(self, whole: NDArray[np.int64]) -> NDArray[Any]:
        """The texts; those beyond the largest table are to be written over."""
        highest = int(whole.max())
        while highest >= len(self._table) < _LARGEST_TABLE:
            more = self._texts(len(self._table), 2 * len(self._table))
            self._table = np.concatenate([self._table, more])
        return self._table.take(whole, mode="clip")


_FRACTIONS: NDArray[Any] = np.frombuffer(b"".join(b".%03d" % rest for rest in range(1000)), np.dtype("V4"))
