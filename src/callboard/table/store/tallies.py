"""Calls by the values of one column and by state, kept from one question to the next.

To keep them up to date with every event would cost all events, asked or not; to count a million calls each time costs
milliseconds. To see which slots say something else than when they were counted takes a tenth of that, and only those
are counted again.
"""

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callboard.calls.state import State
from callboard.table.store.columns import NOTHING, Columns

__all__ = ["STATES", "Tallies", "coded"]

STATES = len(State)
"""The length of a column of tallies, one for each state."""

_DENSE = 1 << 20
"""Up to which value a column is counted by position; beyond, ids may lie far apart and are sorted instead."""

Rows = NDArray[np.int64]
"""A row for each state, a column for each value: sums go along rows, which is where they are quick."""


class Tallies:
    """How many calls there are by the values of a column (ids, or the codes of names) and by state."""

    def __init__(self, columns: Columns, name: str) -> None:
        self._columns = columns
        self._name = name
        self._begin_anew(columns[name])

    def _begin_anew(self, values: NDArray[Any]) -> None:
        """As if all slots were free, so that all are counted next. Values of calls that are gone are forgotten."""
        self._places: dict[int, int] = {}
        """The column of each value. The first column is of none."""
        self._found = np.empty(0, np.int64)
        """The values in order, as far as they were asked for all together."""
        self._order = np.empty(0, np.intp)
        """The columns of the same."""
        self._rows = np.zeros((STATES, 1), np.int64)
        self._values = np.full_like(values, NOTHING)
        self._states = np.full(len(values), NOTHING, np.int8)
        """What each slot said when it was counted."""

    def all(self) -> tuple[NDArray[np.int64], Rows]:
        """The values, smallest first, and a column of tallies for each. Some may have no calls any more."""
        self._catch_up()
        if len(self._found) != len(self._places):
            found = np.fromiter(self._places, np.int64, len(self._places))
            in_order = np.argsort(found)
            self._found, self._order = found[in_order], in_order + 1
        return self._found, self._rows.take(self._order, axis=1)

    def of(self, values: Collection[int]) -> Rows:
        """A column of tallies for each of these values."""
        self._catch_up()
        place = self._places.get
        return self._rows.take(np.array([place(value, 0) for value in values], np.intp), axis=1)

    def _catch_up(self) -> None:
        """Count again what says something else than before."""
        values, states = self._columns[self._name], self._columns["state"]
        if len(values) != len(self._values) or values.dtype != self._values.dtype or len(self._places) > len(values):
            self._begin_anew(values)
        changed = values != self._values
        changed |= states != self._states
        slots = np.flatnonzero(changed)
        if len(slots):
            self._add(self._values.take(slots), self._states.take(slots), -1)
            self._values[slots], self._states[slots] = values.take(slots), states.take(slots)
            self._add(self._values.take(slots), self._states.take(slots), 1)

    def _add(self, values: NDArray[Any], states: NDArray[np.int8], each: int) -> None:
        """What stands in slots that are not free counts once more, or once less."""
        there = np.flatnonzero(states != NOTHING)
        if not len(there):
            return
        found, codes = coded(values.take(there))
        places = np.fromiter(map(self._place, found.tolist()), np.intp, len(found))
        if len(self._places) >= self._rows.shape[1]:
            self._rows = np.concatenate([self._rows, np.zeros((STATES, len(self._places)), np.int64)], axis=1)
        cells = states.take(there) * np.intp(self._rows.shape[1]) + places.take(codes)
        if len(cells) < self._rows.size:
            np.add.at(self._rows.reshape(-1), cells, each)
        else:
            self._rows += each * np.bincount(cells, minlength=self._rows.size).reshape(self._rows.shape)

    def _place(self, value: int) -> int:
        return self._places.setdefault(value, len(self._places) + 1)


def coded(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """The values that are there, smallest first, and the place among them of each. There must be some."""
    most = int(values.max())
    if most >= _DENSE or most > 64 * len(values):
        return np.unique(values, return_inverse=True)
    places = values.astype(np.intp) - NOTHING
    there = np.flatnonzero(np.bincount(places))
    codes = np.zeros(int(there[-1]) + 1, np.intp)
    codes[there] = np.arange(len(there))
    return there + NOTHING, codes.take(places)
