"""The calls that were set up longest ago: what the first page of the whole list shows, as most who ask for it want it.

Calls come at the young end and leave anywhere. So who are the oldest thousand is worked out once, and then some of them
leave, until too few are left.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from callboard.calls.legs import Call
from callboard.calls.state import State

__all__ = ["KEPT", "Oldest", "Place"]

KEPT = 1_024
"""Calls that are kept in their order, at most."""

_NONE = float("-inf")
_OVER = State.ENDED


class Place(NamedTuple):
    """A call in the order: what it is sorted by, and where it stands."""

    started: float
    number: int
    slot: int


class Oldest:
    """The oldest calls that are up, by when they were set up and then by number."""

    def __init__(self) -> None:
        self.bound = _NONE
        """When the youngest of them was set up, Unix seconds: every older call is among them. Whoever writes the start
        of a call which is or was no later than this calls `spoil`.
        """
        self._places: Sequence[Place] = ()

    def spoil(self) -> None:
        """They may not be the oldest any more."""
        self.bound, self._places = _NONE, ()

    def keep(self, places: Iterable[Place]) -> None:
        """These are the oldest, in their order."""
        self._places = tuple(places)
        self.bound = self._places[-1].started if self._places else _NONE

    def first(self, wanted: int, calls: Sequence[Call | None]) -> list[Place] | None:
        """So many of those that are still up; None if so many are not kept."""
        found: list[Place] = []
        for index, place in enumerate(self._places):
            call = calls[place.slot]
            if call is not None and call.number == place.number and call.state is not _OVER:
                found.append(place)
                if len(found) == wanted:
                    self._places = (*found, *self._places[index + 1 :]) if index > 2 * wanted else self._places
                    return found
        return None
