"""Limits on calls at once: how far they are used, and when somebody is to be told."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from callboard.calls.state import LIVE
from callboard.operations.desk import Desk
from callboard.operations.happenings import Happening
from callboard.operations.listeners import Listener
from callboard.operations.subscriptions import Limit
from callboard.table.questions.counters import By, Tally
from callboard.table.questions.filters import Filter

__all__ = ["LEVELS", "SLACK", "Gauges", "Levels", "Passed", "level_of"]

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


_UP = Filter(states=LIVE)


Levels = dict[tuple[str, Limit], int]
"""Which level is reached, by webhook and limit."""


class Gauges:
    """Every limit of every webhook, and which level it has reached."""

    def __init__(self, desk: Desk, levels: Levels | None = None) -> None:
        """`levels` are those that were told of before."""
        self._desk = desk
        self._levels = levels or {}

    def read(self, listeners: Iterable[Listener], now: float) -> Iterator[tuple[Listener, Passed]]:
        """The limits of which another level is reached than the last time. Those that are gone are forgotten."""
        counted = _Counted(self._desk, now)
        levels = Levels()
        for listener in listeners:
            for limit in listener.webhook.limits if Happening.LIMIT_PASSED in listener.events else ():
                key = listener.webhook.id, limit
                before, calls = self._levels.get(key, 0), counted.calls(limit, listener.scope)
                level = levels[key] = level_of(calls, limit.calls, before)
                if level != before:
                    yield listener, Passed(limit=limit, calls=calls, level=level, before=before)
        self._levels = levels


class _Counted:
    """The calls of one moment, counted once for all limits of a kind, however many see different ones of them."""

    def __init__(self, desk: Desk, now: float) -> None:
        self._desk = desk
        self._now = now
        self._all: dict[By, Mapping[Any, Tally]] = {}
        self._owned: dict[By, dict[object, dict[object, int]]] = {}

    def calls(self, limit: Limit, scope: frozenset[int] | None) -> int:
        """How many calls are up, of those that are owned in the scope."""
        by, directory = _BY[limit.of], self._desk.directory
        if by is By.CUSTOMER:
            below = directory.subtree(limit.id)
            return self._sum(by, below if scope is None else below & scope)
        if by is By.ACCOUNT:
            account = directory.account(limit.id)
            seen = account is not None and (scope is None or account.customer in scope)
            return self._sum(by, (limit.id,)) if seen else 0
        return self._sum(by, (limit.id,)) if scope is None else self._sum_owned(by, limit.id, scope)

    def _sum(self, by: By, ids: Iterable[int]) -> int:
        if by not in self._all:
            self._all[by] = self._desk.table.counters.by(by)
        found = self._all[by]
        return sum(found[one][0] for one in ids if one in found)

    def _sum_owned(self, by: By, one: int, scope: frozenset[int]) -> int:
        """Of a vendor or a connection, by the customers who own the calls."""
        if by not in self._owned:
            found = self._owned[by] = {}
            for group in self._desk.table.count(_UP, (by, By.CUSTOMER), now=self._now).groups:
                found.setdefault(group.keys[0], {})[group.keys[1]] = group.calls
        owners = self._owned[by].get(one, {})
        return sum(owners.get(customer, 0) for customer in scope)
