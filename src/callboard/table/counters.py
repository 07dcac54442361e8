"""Counts of live calls, taken from the columns at the moment they are asked for.

To keep them up to date with every event would cost more than the event itself; to count a column of 100,000 calls takes
a fraction of a millisecond.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from callboard.calls.legs import Direction
from callboard.calls.state import CONNECTED, State
from callboard.table.columns import NOTHING, Columns, Mask, Slots

__all__ = ["By", "Counters", "Group", "Tally"]

Tally = tuple[int, int]
"""How many calls are up, and how many of these are connected."""

_DENSE = 1 << 20
"""Up to which value a column is counted by position; beyond, ids may lie far apart and are sorted instead."""


class By(Enum):
    """What calls are counted by."""

    ACCOUNT = "account"
    CUSTOMER = "customer"
    CONNECTION = "connection"
    VENDOR = "vendor"
    STATE = "state"
    DIRECTION = "direction"
    SWITCH = "switch"
    COUNTRY = "country"


class Group(NamedTuple):
    """How many calls share the same values."""

    keys: tuple[object, ...]
    """One value for each thing that they are counted by; ids are None for nobody known, or nobody in scope."""
    calls: int
    answered: int
    """Connected ones."""


_PLAIN = {By.ACCOUNT, By.CUSTOMER, By.CONNECTION, By.VENDOR}
"""Ids, which stand in the columns as they are."""

_OWNED = {By.CUSTOMER, By.ACCOUNT}
"""Ids that tell of the customer who owns a call."""


class Counters:
    """Live calls (ended ones do not count) by account, customer, connection, vendor, state, direction and switch."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns

    @property
    def total(self) -> Tally:
        """All live calls."""
        live, connected = self._masks()
        return int(np.count_nonzero(live)), int(np.count_nonzero(connected))

    def by(self, by: By) -> Mapping[Any, Tally]:
        """The tallies of one kind; only what has live calls. Ids are None for calls that belong to nobody known."""
        live, connected = self._masks()
        column = self._columns[by.value]
        if int(column.max()) < _DENSE:
            values, tallies = _counted(column, live, connected)
            names = values if by in _PLAIN and values[:1] != [NOTHING] else [self._named(by, one) for one in values]
            return dict(zip(names, tallies, strict=True))
        found, places = np.unique(column[live], return_inverse=True)
        calls, answered = np.bincount(places), np.bincount(places, weights=connected[live])
        tallies = zip(calls.tolist(), answered.astype(np.int64).tolist(), strict=True)
        return dict(zip((self._named(by, value) for value in found.tolist()), tallies, strict=True))

    def get(self, by: By, key: object) -> Tally:
        """The tally of one of them; zeros if it has no live calls."""
        live, connected = self._masks()
        mine = self._columns[by.value] == self._value(by, key)
        return int(np.count_nonzero(live & mine)), int(np.count_nonzero(connected & mine))

    def _masks(self) -> tuple[Mask, Mask]:
        """Which slots hold a live call, and which of these a connected one."""
        states = self._columns["state"]
        live = (states >= State.NEW) & (states < State.ENDED)
        return live, _connected(states)

    def _named(self, by: By, value: int) -> object:
        match by:
            case By.STATE:
                return State(value)
            case By.DIRECTION:
                return Direction(value)
            case By.SWITCH:
                return self._columns.switches.name(value)
            case By.COUNTRY:
                return self._columns.countries.name(value)
            case _:
                return None if value == NOTHING else value

    def groups(self, slots: Slots, by: tuple[By, ...], scope: frozenset[int] | None) -> tuple[Group, ...]:
        """The calls in these slots by these values together, the largest group first.

        With `scope`, ids of customers outside of it count as none.
        """
        if not len(slots):
            return ()
        found = [_coded(self._values(each, slots, scope)) for each in by]
        places = np.zeros(len(slots), dtype=np.int64)
        for values, codes in found:
            places = places * len(values) + codes
        there, places = _coded(places)
        calls = np.bincount(places)
        answered = np.bincount(places[_connected(self._columns["state"].take(slots))], minlength=len(calls))
        sizes = np.argsort(-calls, kind="stable")
        keys = self._keys(by, [values for values, _ in found], there[sizes])
        return tuple(map(Group, keys, calls[sizes].tolist(), answered[sizes].tolist()))

    def _values(self, by: By, slots: Slots, scope: frozenset[int] | None) -> NDArray[Any]:
        values: NDArray[Any] = self._columns[by.value][slots]
        if scope is not None and by in _OWNED:
            values = np.where(np.isin(self._columns["customer"][slots], list(scope)), values, NOTHING)
        return values

    def _keys(
        self, by: tuple[By, ...], values: list[NDArray[Any]], places: NDArray[np.int64]
    ) -> Iterable[tuple[object, ...]]:
        """What the places stand for, of each of which one number was made."""
        keys: list[list[object]] = []
        for each, column in zip(reversed(by), reversed(values), strict=True):
            places, indexes = np.divmod(places, len(column))
            names = [self._named(each, value) for value in column.tolist()]
            keys.insert(0, [names[index] for index in indexes.tolist()])
        return zip(*keys, strict=True) if keys else ((),)

    def _value(self, by: By, key: object) -> object:
        if by is By.SWITCH:
            return self._columns.switches.known(str(key))
        if by is By.COUNTRY:
            return self._columns.countries.known(str(key))
        return NOTHING if key is None else key


def _connected(states: NDArray[Any]) -> Mask:
    connected = np.zeros(len(states), np.bool_)
    for state in CONNECTED:
        connected |= states == state
    return connected


def _coded(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The values that are there, smallest first, and the place among them of each."""
    if int(values.max()) >= _DENSE:
        found, codes = np.unique(values, return_inverse=True)
        return found, codes
    places = values.astype(np.int64) - NOTHING
    there = np.flatnonzero(np.bincount(places))
    codes = np.zeros(int(there[-1]) + 1, np.int64)
    codes[there] = np.arange(len(there))
    return there + NOTHING, codes.take(places)


def _counted(column: NDArray[Any], live: Mask, connected: Mask) -> tuple[list[int], Iterable[Tally]]:
    """The values that live calls have, smallest first, and their tallies: all in one pass."""
    places = column.astype(np.int64)
    places -= NOTHING
    places *= 2
    places += connected
    places *= live
    pairs = np.bincount(places, minlength=2 * (int(column.max()) - NOTHING + 1)).reshape(-1, 2)
    pairs[0, 0] -= len(live) - int(np.count_nonzero(live))  # what is not live was counted as nobody's
    totals = pairs.sum(axis=1)
    there = np.flatnonzero(totals)
    tallies = zip(totals[there].tolist(), pairs[there, 1].tolist(), strict=True)
    return (there + NOTHING).tolist(), tallies
