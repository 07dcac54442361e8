"""Counts of calls: of all that are up, which are kept from one question to the next (`tallies`), and of any others."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from callboard.calls.legs import Direction
from callboard.calls.state import CONNECTED, LIVE, State
from callboard.table.questions.filters import Filter, among, mask_of
from callboard.table.store.columns import NOTHING, Columns, Mask, Slots
from callboard.table.store.tallies import Tallies, coded

__all__ = ["By", "Count", "Counters", "Ends", "Group", "Groups", "Tally"]

Tally = tuple[int, int]
"""How many calls are up, and how many of these are connected."""

_SIDE_BY_SIDE = 1 << 16
"""Room for so many groups is taken at any time: to find out which there are would take longer."""


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


class Groups(msgspec.Struct, frozen=True):
    """Groups, the largest first, then by their values: column by column, for there may be thousands."""

    keys: tuple[Sequence[object], ...] = ()
    """The values of each thing that they are counted by, as in `Group`."""
    calls: Sequence[int] = ()
    answered: Sequence[int] = ()

    def __len__(self) -> int:
        return len(self.calls)

    def __iter__(self) -> Iterator[Group]:
        return map(Group, zip(*self.keys, strict=True), self.calls, self.answered)


class Count(NamedTuple):
    """How many calls there are of some kind."""

    states: Mapping[State, int]
    """Those states only that some are in."""
    suspect: int
    groups: Groups

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.states.values())

    @property
    def answered(self) -> int:
        """The connected ones."""
        return sum(self.states.get(state, 0) for state in CONNECTED)


class Ends(NamedTuple):
    """The customers at both ends of each live call, in columns; -1 for nobody known."""

    owners: NDArray[np.int64]
    called: NDArray[np.int64]
    connected: Mask


_OWNED = {By.CUSTOMER, By.ACCOUNT}
"""Ids that tell of the customer who owns a call."""

_UP = Filter(states=LIVE)
_LIVE = slice(min(LIVE), max(LIVE) + 1)
_TALKING = slice(min(CONNECTED), max(CONNECTED) + 1)
"""Their places in a column of tallies."""


class Counters:
    """How many calls there are, by account, customer, connection, vendor, state, direction, switch and country."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._kept: dict[By, Tallies] = {}

    # --- live ones, ended ones do not count --------------------------------------------------------------------------

    @property
    def total(self) -> Tally:
        """All live calls."""
        count = self._count_up((), None)
        return count.total, count.answered

    def by(self, by: By) -> Mapping[Any, Tally]:
        """The tallies of one kind; only what has live calls. Ids are None for calls that belong to nobody known."""
        values, rows = self._tallies(by).all()
        calls, answered = _read(rows)
        there = np.flatnonzero(calls)
        tallies = zip(calls[there].tolist(), answered[there].tolist(), strict=True)
        return dict(zip(self._names(by, values[there]), tallies, strict=True))

    def of(self, by: By, ids: Collection[int]) -> Mapping[int, Tally]:
        """The tallies of those of these ids that have live calls."""
        calls, answered = _read(self._tallies(by).of(ids))
        tallies = zip(ids, calls.tolist(), answered.tolist(), strict=True)
        return {one: (live, connected) for one, live, connected in tallies if live}

    def get(self, by: By, key: object) -> Tally:
        """The tally of one of them; zeros if it has no live calls."""
        calls, answered = _read(self._tallies(by).of((self._value(by, key),)))
        return int(calls[0]), int(answered[0])

    def ends(self) -> Ends:
        """Whose each call is, and whom it calls."""
        states = self._columns["state"]
        slots = np.flatnonzero(among(states, LIVE))
        owners, called = (self._columns[name].take(slots) for name in ("customer", "callee_customer"))
        return Ends(owners, called, _connected(states.take(slots)))

    def _tallies(self, by: By) -> Tallies:
        if by not in self._kept:
            self._kept[by] = Tallies(self._columns, by.value)
        return self._kept[by]

    def _value(self, by: By, key: object) -> int:
        if by is By.SWITCH:
            return self._columns.switches.known(str(key))
        if by is By.COUNTRY:
            return self._columns.countries.known(str(key))
        return key if isinstance(key, int) else NOTHING

    def _names(self, by: By, values: NDArray[Any]) -> list[Any]:
        """What values of a column stand for."""
        found: list[Any] = values.tolist()
        match by:
            case By.STATE:
                return list(map(State, found))
            case By.DIRECTION:
                return list(map(Direction, found))
            case By.SWITCH:
                return list(map(self._columns.switches.name, found))
            case By.COUNTRY:
                return list(map(self._columns.countries.name, found))
            case _:
                for place in np.flatnonzero(values == NOTHING).tolist():
                    found[place] = None
                return found

    # --- any ---------------------------------------------------------------------------------------------------------

    def count(
        self,
        wanted: Filter,
        by: tuple[By, ...],
        *,
        scope: frozenset[int] | None = None,
        most: int | None = None,
        now: float,
    ) -> Count:
        """The calls that are wanted, and the `most` largest (None: all) of their groups by these values together.

        With `scope`, ids of customers outside of it count as none.
        """
        if scope is None and len(by) < 2 and wanted == _UP:
            return self._count_up(by, most)
        mask = mask_of(self._columns, wanted, now)
        slots = np.flatnonzero(mask)
        suspect = int(np.count_nonzero(self._columns["suspect"].take(slots)))
        return Count(self._states(mask, slots), suspect, self._groups(slots, by, scope, most))

    def _states(self, mask: Mask, slots: Slots) -> dict[State, int]:
        """How many calls are in each state: a few are picked out, of many the whole column is compared."""
        states = self._columns["state"]
        if len(slots) * len(State) < len(mask):
            calls = np.bincount(states.take(slots), minlength=len(State)).tolist()
        else:
            calls = [int(np.count_nonzero((states == int(state)) & mask)) for state in State]
        return {state: calls[state] for state in State if calls[state]}

    def _count_up(self, by: tuple[By, ...], most: int | None) -> Count:
        """All live calls, which need not be gone through."""
        values, rows = self._tallies(by[0] if by else By.STATE).all()
        calls = rows.sum(axis=1).tolist()
        states = {state: calls[state] for state in State if state in LIVE and calls[state]}
        suspects = self._columns["state"].take(np.flatnonzero(self._columns["suspect"]))
        suspect = int(np.count_nonzero(among(suspects, LIVE)))
        groups = self._largest(by, [values], *_read(rows), most) if by else Groups()
        return Count(states, suspect, groups)

    def _groups(self, slots: Slots, by: tuple[By, ...], scope: frozenset[int] | None, most: int | None) -> Groups:
        """The calls in these slots by these values together."""
        if not (len(slots) and by):
            return Groups()
        found, places = _placed([self._values(each, slots, scope) for each in by], _room(slots))
        there = None
        size = math.prod(map(len, found))
        if size > _room(slots):
            there, places = coded(places)
            size = len(there)
        places *= 2
        places += _connected(self._columns["state"].take(slots))
        pairs = np.bincount(places, minlength=2 * size).reshape(-1, 2)
        calls = pairs.sum(axis=1)
        some = np.flatnonzero(calls)
        values = _apart(found, some if there is None else there[some])
        return self._largest(by, values, calls[some], pairs[some, 1], most)

    def _values(self, by: By, slots: Slots, scope: frozenset[int] | None) -> NDArray[Any]:
        values: NDArray[Any] = self._columns[by.value].take(slots)
        if scope is not None and by in _OWNED:
            values = np.where(among(self._columns["customer"].take(slots), scope), values, NOTHING)
        return values

    def _largest(
        self,
        by: tuple[By, ...],
        values: Sequence[NDArray[Any]],
        calls: NDArray[np.int64],
        answered: NDArray[np.int64],
        most: int | None,
    ) -> Groups:
        """Groups, which stand in the order of their values, by size. Only what is shown is given a name."""
        shown = np.flatnonzero(calls)
        if most is not None and len(shown) > most:
            least = np.partition(calls[shown], -most)[-most]
            shown = shown[calls[shown] >= least]
        ranks = np.arange(len(shown)) - len(shown) * calls[shown]  # no two are equal: the quickest sort will do
        shown = shown[np.argsort(ranks)[:most]]
        keys = tuple(self._names(each, column[shown]) for each, column in zip(by, values, strict=True))
        return Groups(keys, calls[shown].tolist(), answered[shown].tolist())


def _read(rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of columns of tallies, the live calls and the connected ones."""
    return rows[_LIVE].sum(axis=0), rows[_TALKING].sum(axis=0)


def _connected(states: NDArray[Any]) -> Mask:
    return among(states, CONNECTED)


def _room(slots: Slots) -> int:
    """How many groups may be counted side by side, whether there are calls of all of them or not."""
    return max(_SIDE_BY_SIDE, 4 * len(slots))


def _placed(columns: list[NDArray[Any]], room: int) -> tuple[list[NDArray[Any]], NDArray[np.intp]]:
    """For each column the values that there may be, and for each call one place among all their combinations."""
    lengths = [int(values.max()) - NOTHING + 1 for values in columns]
    if math.prod(lengths) > room:
        coding = [coded(values) for values in columns]
    else:
        ranges = (np.arange(NOTHING, length + NOTHING) for length in lengths)
        coding = [(found, values.astype(np.intp) - NOTHING) for found, values in zip(ranges, columns, strict=True)]
    places = coding[0][1]
    for found, codes in coding[1:]:
        places *= len(found)
        places += codes
    return [found for found, _ in coding], places


def _apart(found: list[NDArray[Any]], places: NDArray[np.intp]) -> list[NDArray[Any]]:
    """The values that places stand for, column by column."""
    values: list[NDArray[Any]] = []
    for each in reversed(found):
        places, indexes = np.divmod(places, len(each))
        values.insert(0, each[indexes])
    return values
