"""Limits on calls at once: how far they are used, and when somebody is to be told."""

from collections.abc import Iterable, Iterator

import msgspec

from callboard.calls.state import LIVE
from callboard.operations.desk import Desk
from callboard.operations.happenings import Happening
from callboard.operations.listeners import Listener
from callboard.operations.subscriptions import Limit
from callboard.table.counters import By
from callboard.table.filters import Filter

__all__ = ["LEVELS", "SLACK", "Gauges", "Passed", "level_of"]

LEVELS = (80, 95, 100)
"""Percent of a limit that are told of."""

SLACK = 5
"""Percent by which a count must fall below a level before that is told, and before the level can be passed again."""

_BY = {"customer": By.CUSTOMER, "account": By.ACCOUNT, "vendor": By.VENDOR, "connection": By.CONNECTION}


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """A limit of which another level is reached than before."""

    limit: Limit
    calls: int
    """How many there are."""
    level: int
    """The percentage that is reached now; 0: less than the least that is told of."""
    before: int
    """The same before."""


def level_of(calls: int, most: int, before: int) -> int:
    """The level that so many calls reach. A level that was reached holds until there are `SLACK` percent less."""
    reached = (level for level in LEVELS if calls * 100 >= (level - (SLACK if level <= before else 0)) * most)
    return max(reached, default=0)


_Tallies = dict[tuple[By, frozenset[int] | None], dict[object, int]]


class Gauges:
    """Every limit of every webhook, and which level it has reached."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._levels: dict[tuple[str, Limit], int] = {}

    def read(self, listeners: Iterable[Listener], now: float) -> Iterator[tuple[Listener, Passed]]:
        """The limits of which another level is reached than the last time. Those that are gone are forgotten."""
        tallies: _Tallies = {}
        levels: dict[tuple[str, Limit], int] = {}
        for listener in listeners:
            for limit in listener.webhook.limits if Happening.LIMIT_PASSED in listener.events else ():
                key = listener.webhook.id, limit
                before, calls = self._levels.get(key, 0), self._calls(limit, listener.scope, tallies, now)
                level = levels[key] = level_of(calls, limit.calls, before)
                if level != before:
                    yield listener, Passed(limit=limit, calls=calls, level=level, before=before)
        self._levels = levels

    def _calls(self, limit: Limit, scope: frozenset[int] | None, tallies: _Tallies, now: float) -> int:
        """How many calls are up, of those that are owned in the scope. Each kind is counted once for a scope."""
        by = _BY[limit.of]
        if (by, scope) not in tallies:
            groups = self._desk.table.count(Filter(states=LIVE, customers=scope), (by,), now=now)
            tallies[by, scope] = {group.keys[0]: group.calls for group in groups}
        counted = tallies[by, scope]
        if by is By.CUSTOMER:
            return sum(counted.get(customer, 0) for customer in self._desk.directory.subtree(limit.id))
        return counted.get(limit.id, 0)
