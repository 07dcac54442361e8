"""Exact counts of live calls, kept in the same step as the rows, so that asking for them costs nothing."""

from collections.abc import Mapping
from enum import Enum

from callboard.calls.legs import Call
from callboard.calls.state import CONNECTED, LIVE

__all__ = ["By", "Counters", "Tally"]

Tally = tuple[int, int]
"""How many calls are up, and how many of these are connected."""


class By(Enum):
    """What calls are counted by."""

    ACCOUNT = "account"
    CUSTOMER = "customer"
    CONNECTION = "connection"
    VENDOR = "vendor"
    STATE = "state"
    DIRECTION = "direction"
    SWITCH = "switch"


class Counters:
    """Live calls (ended ones do not count) by account, customer, connection, vendor, state, direction and switch."""

    def __init__(self) -> None:
        self._counts: dict[By, dict[object, list[int]]] = {by: {} for by in By}
        self._all = [0, 0]

    @property
    def total(self) -> Tally:
        """All live calls."""
        return self._all[0], self._all[1]

    def by(self, by: By) -> Mapping[object, Tally]:
        """The tallies of one kind; only what has live calls. Ids are None for calls that belong to nobody known."""
        return {key: (counts[0], counts[1]) for key, counts in self._counts[by].items()}

    def get(self, by: By, key: object) -> Tally:
        """One tally; (0, 0) where there are no live calls."""
        total, connected = self._counts[by].get(key, (0, 0))
        return total, connected

    def change(self, before: Call | None, after: Call | None) -> None:
        """Take one call out of the counts as it was and put it in as it is."""
        if before is not None and after is not None and _same(before, after):
            return
        if before is not None and before.state in LIVE:
            self._add(before, -1)
        if after is not None and after.state in LIVE:
            self._add(after, 1)

    def _add(self, call: Call, amount: int) -> None:
        connected = amount if call.state in CONNECTED else 0
        self._all[0] += amount
        self._all[1] += connected
        for by, key in _keys(call):
            counts = self._counts[by].setdefault(key, [0, 0])
            counts[0] += amount
            counts[1] += connected
            if not counts[0]:
                del self._counts[by][key]


def _same(before: Call, after: Call) -> bool:
    return before.state is after.state and before.placement is after.placement


def _keys(call: Call) -> tuple[tuple[By, object], ...]:
    placement = call.placement
    return (
        (By.ACCOUNT, placement.account),
        (By.CUSTOMER, placement.customer),
        (By.CONNECTION, placement.connection),
        (By.VENDOR, placement.vendor),
        (By.STATE, call.state),
        (By.DIRECTION, placement.direction),
        (By.SWITCH, call.key.switch),
    )
