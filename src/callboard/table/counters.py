"""Counts of live calls, taken from the columns at the moment they are asked for.

To keep them up to date with every event would cost more than the event itself; to count a column of 100,000 calls takes
a fraction of a millisecond.
"""

from collections.abc import Mapping
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
        answered = dict(_counted(column[connected]))
        return {self._named(by, value): (count, answered.get(value, 0)) for value, count in _counted(column[live])}

    def get(self, by: By, key: object) -> Tally:
        """The tally of one of them; zeros if it has no live calls."""
        live, connected = self._masks()
        mine = self._columns[by.value] == self._value(by, key)
        return int(np.count_nonzero(live & mine)), int(np.count_nonzero(connected & mine))

    def _masks(self) -> tuple[Mask, Mask]:
        """Which slots hold a live call, and which of these a connected one."""
        states = self._columns["state"]
        live = (states >= State.NEW) & (states < State.ENDED)
        return live, np.isin(states, list(CONNECTED))

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
        found = [np.unique(self._values(each, slots, scope), return_inverse=True) for each in by]
        places = np.zeros(len(slots), dtype=np.int64)
        for values, inverse in found:
            places = places * len(values) + inverse
        calls = np.bincount(places)
        answered = np.bincount(places, weights=np.isin(self._columns["state"][slots], list(CONNECTED)))
        groups = [
            Group(self._keys(by, [values for values, _ in found], place), int(calls[place]), int(answered[place]))
            for place in np.flatnonzero(calls).tolist()
        ]
        return tuple(sorted(groups, key=lambda group: group.calls, reverse=True))

    def _values(self, by: By, slots: Slots, scope: frozenset[int] | None) -> NDArray[Any]:
        values: NDArray[Any] = self._columns[by.value][slots]
        if scope is not None and by in _OWNED:
            values = np.where(np.isin(self._columns["customer"][slots], list(scope)), values, NOTHING)
        return values

    def _keys(self, by: tuple[By, ...], values: list[NDArray[Any]], place: int) -> tuple[object, ...]:
        """What the places stand for, of which one number was made."""
        keys: list[object] = []
        for each, column in zip(reversed(by), reversed(values), strict=True):
            place, index = divmod(place, len(column))
            keys.append(self._named(each, int(column[index])))
        return tuple(reversed(keys))

    def _value(self, by: By, key: object) -> object:
        if by is By.SWITCH:
            return self._columns.switches.known(str(key))
        if by is By.COUNTRY:
            return self._columns.countries.known(str(key))
        return NOTHING if key is None else key


def _counted(values: NDArray[Any]) -> list[tuple[int, int]]:
    """Each value that is there, and how often."""
    if not len(values):
        return []
    if int(values.max()) < _DENSE:
        counts = np.bincount(values.astype(np.int64) - NOTHING)
        there = np.flatnonzero(counts)
        return list(zip((there + NOTHING).tolist(), counts[there].tolist(), strict=True))
    found, often = np.unique(values, return_counts=True)
    return list(zip(found.tolist(), often.tolist(), strict=True))
