"""The table's last changes, for readers who were away: by number, and by the customers whom they concern."""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

from callboard.table.changes import Change

__all__ = ["HISTORY", "HISTORY_SPAN", "History", "customers_of"]

HISTORY = 50_000
"""Changes of the table that are kept."""

HISTORY_SPAN = 60.0
"""Seconds for which they are kept."""


def customers_of(change: Change) -> Iterator[int]:
    """Those that the call was or is of, on either side; one may come twice."""
    after = change.call.placement
    before = after if change.before is None else change.before.placement
    for placement in (after,) if before is after else (after, before):
        for customer in (placement.customer, placement.callee_customer):
            if customer is not None:
                yield customer


def _number(change: Change) -> int:
    return change.revision.number


class History:
    """The changes in their order. Their numbers have no gaps."""

    def __init__(self) -> None:
        self._changes: deque[Change] = deque(maxlen=HISTORY)
        self.note = self._changes.append
        """Called with every change."""
        self._marks: deque[tuple[float, int]] = deque()
        self._of: dict[int, list[Change]] = {}
        """By customer; made when somebody asks, for when one comes back after a break, a thousand do."""
        self._filing = self._filed = 0
        """The numbers from which and up to which that is done."""
        self._asked = False

    def __len__(self) -> int:
        return len(self._changes)

    def last(self, count: int) -> Iterator[Change]:
        """So many of the last changes, oldest first."""
        return islice(self._changes, len(self._changes) - count, None)

    def last_of(self, customers: Iterable[int], count: int) -> Iterator[Change]:
        """Those of the last so many changes that concern these customers, oldest first."""
        if not count:
            return iter(())
        self._file()
        newest = self._changes[-1].revision.number
        found = {
            change.revision.number: change
            for customer in customers
            if (filed := self._of.get(customer)) is not None
            for change in filed[bisect_right(filed, newest - count, key=_number) :]
        }
        return (found[number] for number in sorted(found))

    def _file(self) -> None:
        self._asked = True
        newest = self._changes[-1].revision.number
        if newest - self._filing > 2 * HISTORY:
            self._of, self._filing, self._filed = {}, newest - len(self._changes), 0
        for change in self.last(min(newest - self._filed, len(self._changes))):
            for customer in dict.fromkeys(customers_of(change)):
                self._of.setdefault(customer, []).append(change)
        self._filed = newest

    def sweep(self, number: int, now: float) -> None:
        """Forget what is too old; `number` is that of the last change. Call it about once a second."""
        if not self._asked:
            self._of, self._filed = {}, 0
        self._asked = False
        self._marks.append((now, number))
        if self._marks[0][0] > now:
            self._marks.clear()  # the clock was set back
        while self._marks and self._marks[0][0] <= now - HISTORY_SPAN:
            old = self._marks.popleft()[1]
            while self._changes and self._changes[0].revision.number <= old:
                self._changes.popleft()
