"""Rows of one wire format, written once and kept side by side, so that a long listing is copied and not written.

Every row has a place of the same length with each clock at the same offset: a clock that stands still is written with
the row, and the running ones of a whole block in one stroke. The places are as wide as the calls need that are there.
What a part lacks to its room is blanks, and they stand where a format allows them: between elements, never in one. A
row that is longer than its place, or that somebody may see in part only, is written by itself.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from callboard.calls.legs import Call
from callboard.table.questions.selection import Selection, Sight
from callboard.table.store.columns import Columns, Mask, Slots
from callboard.table.written.dials import Bytes, Dial
from callboard.table.written.layout import Clock, Layout, Text, clock_text, count_text, plain_row, running_since

__all__ = ["BLOCK", "FEW", "FRESH", "Arena", "Block"]

BLOCK = 1 << 20
"""Bytes that are copied at once: what stays in the processor's cache, and lets others have their turn in between."""
FRESH = 100
"""Rows that are written anew at once."""
FEW = 20
"""Rows that are written as quickly as they are copied."""

_SAMPLE = 128
"""Rows that are measured before the first is kept."""
_ODD = 1 / 64
"""The share of them that are left out of account for being longer than all others."""
_SPARE = 1 / 32
"""So much more room is given than those needed."""
_MANY = 1 / 32
"""The share of rows that may be longer than their places before these are made wider."""
_LEAST = 1000
"""Rows that are looked at before that is judged."""
_WIDEST = 4096
"""Bytes of a place at most."""

_LAST = 4096
"""Rows of short listings of which the texts are kept."""

Block = bytes | memoryview
"""Some rows. It is good until the next one of its listing is asked for: then its memory is used again."""

Write = Callable[[Call], bytes]


class _Frame(NamedTuple):
    """How wide the places are."""

    rooms: tuple[int, ...]
    """Bytes of each part."""
    offsets: tuple[int, ...]
    """Where each part begins."""
    width: int
    step: int
    """Rows that are copied at once."""


class _Row(NamedTuple):
    """The row of a call: what stands still, and what runs."""

    call: Call
    start: bytes
    """As far as to the first clock that runs."""
    runs: tuple[tuple[float, bool, bytes], ...]
    """Since when each runs, whether it shows milliseconds, and what stands between it and the next."""


class _Sheet:
    """What a listing copies its rows to: memory that is there already is written several times as fast."""

    def __init__(self, frame: _Frame, dials: dict[int, Dial]) -> None:
        self.frame = frame
        self.rows: Bytes = np.empty((frame.step, frame.width), np.uint8)
        self.bytes = self.rows.data.cast("B", (self.rows.size,))
        self.faces = [(dial, dial.face(self.rows, frame.offsets[part])) for part, dial in dials.items()]


class Arena:
    """The rows of one format for the calls in the columns.

    From its first row on it has `width` bytes for every call that the columns have room for.
    """

    def __init__(self, columns: Columns, layout: Layout, block: int = BLOCK) -> None:
        self._columns = columns
        self._layout = layout
        self._block = block
        self._dials = {number: Dial(part) for number, part in enumerate(layout.parts) if isinstance(part, Clock)}
        self._frame: _Frame | None = None
        self._last: dict[int, _Row] = {}
        """The rows that were asked for a few at a time, by the calls' numbers."""
        self._spare: _Sheet | None = None
        """That of a listing that has been made, for the next one."""
        self._grow(0, 0)

    @property
    def width(self) -> int:
        """Bytes of a row with its padding; 0 before the first."""
        return self._frame.width if self._frame else 0

    def forget(self) -> None:
        """Write every row anew when it is asked for next: what rows say beside the call itself has changed."""
        self._stamps.fill(-1)
        self._long.fill(-1)
        self._last.clear()

    def rows(self, calls: Selection, now: float, layout: Layout | None = None) -> Iterator[Block]:
        """The rows of these calls with separators between them, block by block, written when they are asked for.

        A few have no padding. `layout` is that of the rows that are not seen as they are, where it is another one. Its
        separator counts, which must have the same length.
        """
        layout = layout or self._layout
        if len(calls) > FEW:
            return self.blocks(calls, now, layout)
        return iter((self._few(calls, now, layout),))

    def _few(self, calls: Selection, now: float, layout: Layout) -> bytes:
        """The rows without padding: what stands still in them is kept, too."""
        pieces: list[bytes] = []
        put, last, sight = pieces.append, self._last, calls.sight
        for slot in calls.standing(slice(None)).tolist():
            call = self._columns.calls[slot]
            if call is None:
                continue
            put(layout.separator)
            if sight is not None and (seen := sight.seen(call)) is not call:
                put(plain_row(layout, seen, now))
                continue
            row = last.get(call.number)
            if row is None or row.call is not call:
                row = self._kept(call)
            put(row.start)
            for since, exact, text in row.runs:
                put(count_text(now - since if now > since else 0.0, exact))
                put(text)
        return b"".join(pieces[1:])

    def _kept(self, call: Call) -> _Row:
        """What stands still in its row, kept for the next time."""
        if len(self._last) >= _LAST:
            self._last.clear()
        row = self._last[call.number] = _row(self._layout, call)
        return row

    def blocks(self, calls: Selection, now: float, layout: Layout | None = None) -> Iterator[Block]:
        """The same of however many."""
        layout = layout or self._layout
        lead, done, sheet = len(layout.separator), 0, self._spare
        self._spare = None
        while done < len(calls):
            frame = self._framed(calls)
            step = frame.step
            slots = calls.standing(slice(done, done + step))
            slow = self._slow(slots, calls.sight)
            if slow > FRESH:
                step = FRESH
                slots = calls.standing(slice(done, done + step))
            done += step
            if sheet is None or sheet.frame is not frame:
                sheet = _Sheet(frame, self._dials)
            if len(slots):
                copy = self._mixed if slow else self._copied
                yield copy(slots, now, calls.sight, layout, sheet)[lead:]
                lead = 0
        self._spare = sheet

    def _slow(self, slots: Slots, sight: Sight | None) -> int:
        """How many of these must be written."""
        stale = self._stale(slots)
        if sight is not None:
            stale |= sight.partly(self._columns, slots)
        return int(np.count_nonzero(stale))

    def _copied(self, slots: Slots, now: float, sight: Sight | None, layout: Layout, sheet: _Sheet) -> memoryview:
        """The rows, each after a separator, of which none must be written."""
        rows = sheet.rows[: len(slots)]
        self._rows.take(slots, axis=0, out=rows, mode="clip")
        for dial, face in sheet.faces:
            dial.run(face, slots, now)
        if layout.separator != self._layout.separator:
            rows[:, : len(layout.separator)] = np.frombuffer(layout.separator, np.uint8)
        return sheet.bytes[: rows.size]

    def _mixed(self, slots: Slots, now: float, sight: Sight | None, layout: Layout, sheet: _Sheet) -> Block:
        """The rows, each after a separator, some of which must be written."""

        def write(call: Call) -> bytes:
            return layout.separator + plain_row(layout, call if sight is None else sight.seen(call), now)

        apart = np.zeros(len(slots), np.bool_) if sight is None else sight.partly(self._columns, slots)
        self._refresh(slots[~apart], sheet.frame)
        apart |= self._stale(slots)
        if apart.all():
            return b"".join(self._written(slots, write))
        rows = self._copied(slots, now, sight, layout, sheet)
        return b"".join(self._put_together(rows, slots, apart, write)) if apart.any() else rows

    def _put_together(self, rows: memoryview, slots: Slots, apart: Mask, write: Write) -> Iterator[Block]:
        """The rows, but for those that are written by themselves."""
        width, done = len(rows) // len(slots), 0
        for place in np.flatnonzero(apart).tolist():
            yield rows[done * width : place * width]
            yield from self._written(slots[place : place + 1], write)
            done = place + 1
        yield rows[done * width :]

    def _written(self, slots: Slots, write: Write) -> Iterator[bytes]:
        """Rows that are written by themselves."""
        for slot in slots.tolist():
            call = self._columns.calls[slot]
            if call is not None:
                yield write(call)

    # --- rows that are kept ---

    def _stale(self, slots: Slots) -> Mask:
        """Which of the slots hold calls whose rows are not kept as the calls are now."""
        if len(self._stamps) < len(self._columns.calls):
            self._grow(len(self._columns.calls), self.width)
        stale: Mask = self._stamps.take(slots) != self._columns["stamp"].take(slots)
        return stale

    def _refresh(self, slots: Slots, frame: _Frame) -> None:
        """Write the rows anew whose calls have changed."""
        stamps = self._columns["stamp"]
        stale = slots[self._stale(slots) & (self._long.take(slots) != stamps.take(slots))]
        for slot, stamp in zip(stale.tolist(), stamps.take(stale).tolist(), strict=True):
            call = self._columns.calls[slot]
            if call is not None:
                self._write_row(slot, stamp, call, frame)

    def _grow(self, size: int, width: int) -> None:
        """Make room. What was written is written anew, row by row when it is asked for: to copy all takes too long."""
        self._rows: Bytes = np.empty((size, width), np.uint8)
        self._bytes = self._rows.data.cast("B", (size * width,)) if size and width else memoryview(b"")
        self._stamps = np.full(size, -1, np.int64)
        self._long = np.full(size, -1, np.int64)
        """The stamps of the calls whose rows are longer than their places."""
        for dial in self._dials.values():
            dial.grow(size)
        self._seen = self._overlong = 0
        self._needed: tuple[int, ...] = (0,) * len(self._layout.parts)
        """The room that rows want which are longer than their places."""

    def _write_row(self, slot: int, stamp: int, call: Call, frame: _Frame) -> None:
        texts = self._texts(call)
        self._seen += 1
        row = self._padded(texts, frame)
        if row is None:
            self._long[slot] = stamp
            self._note_need(frame, map(len, texts))
            return
        self._bytes[slot * frame.width : (slot + 1) * frame.width] = row
        self._stamps[slot] = stamp
        for dial in self._dials.values():
            dial.set(slot, call)

    def _note_need(self, frame: _Frame, lengths: Iterable[int]) -> None:
        """Count a row that is too long for its place, if wider ones could hold it."""
        needed = tuple(map(max, self._needed, lengths))
        if sum(map(max, frame.rooms, needed)) <= _WIDEST:
            self._needed = needed
            self._overlong += 1

    def _texts(self, call: Call) -> list[bytes]:
        """The row part by part, with its clocks as if it were the beginning of time."""
        return [
            part.render(call) if isinstance(part, Text) else clock_text(part, call, 0.0) for part in self._layout.parts
        ]

    def _padded(self, texts: list[bytes], frame: _Frame) -> bytes | None:
        """The row with every part at its offset; None if it is too long."""
        pieces, part = [self._layout.separator], iter(self._layout.parts)
        spare = 0
        for text, room in zip(texts, frame.rooms, strict=True):
            spare += room - len(text)
            if spare < 0:
                return None
            if isinstance(next(part), Clock):
                pieces.append(text.rjust(len(text) + spare))
                spare = 0
            else:
                pieces.append(text)
        return b"".join(pieces).ljust(frame.width)

    # --- how wide the places are ---

    def _framed(self, calls: Selection) -> _Frame:
        """The frame, which is made anew if there is none or if too many rows are longer than their places."""
        if self._frame is None:
            self._frame = self._widened(self._measured(calls[:: max(1, len(calls) // _SAMPLE)]))
        elif self._seen >= _LEAST and self._overlong >= _MANY * self._seen:
            self._frame = self._widened(map(max, self._frame.rooms, self._needed))
        return self._frame

    def _measured(self, calls: Iterable[Call]) -> list[int]:
        """How long each part is in most of these, as far as any are left of those that were chosen.

        Where that is more than a place should have at first, no part gets more than its share.
        """
        measured = [tuple(map(len, self._texts(call))) for call in calls] or [(0,) * len(self._layout.parts)]
        odd, first = int(_ODD * len(measured)), _WIDEST // 2
        usual = [sorted(lengths)[-1 - odd] for lengths in zip(*measured, strict=True)]
        return usual if sum(usual) <= first else [min(each, first // len(usual)) for each in usual]

    def _widened(self, needed: Iterable[int]) -> _Frame:
        """Places with these rooms and some to spare. Rows that are kept are written anew."""
        rooms = tuple(map(_room, self._layout.parts, needed))
        offsets = tuple(accumulate(rooms, initial=len(self._layout.separator)))
        width = -(-offsets[-1] // 16) * 16
        self._grow(len(self._columns.calls), width)
        return _Frame(rooms, offsets, width, max(FRESH, self._block // width))


def _row(layout: Layout, call: Call) -> _Row:
    texts, runs = [b""], []
    for part in layout.parts:
        since = None if isinstance(part, Text) else running_since(part, call)
        if isinstance(part, Text):
            texts[-1] += part.render(call)
        elif since is None:
            texts[-1] += clock_text(part, call, 0.0)
        else:
            texts[-1] += part.lead
            texts.append(part.tail)
            runs.append((since, part.run.exact))
    between = zip(runs, texts[1:], strict=True)
    return _Row(call, texts[0], tuple((since, exact, text) for (since, exact), text in between))


def _room(part: Text | Clock, needed: int) -> int:
    """What a part gets that needs so many bytes as a rule; a clock always has what it can need at most."""
    return part.width + len(part.tail) if isinstance(part, Clock) else needed + int(_SPARE * needed) + 1
