"""Short lists: the calls of a question about few customers, and the first page of all calls, looked at one by one.

What columns cost does not depend on how few calls are wanted. Here a question about ten calls costs as much as ten
calls, and is answered as `filters.matching` and `ordering.page` answer it.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from callboard.calls.state import LIVE
from callboard.table.questions.filters import Filter, Key, Order, matching
from callboard.table.questions.matches import Fits, fits
from callboard.table.questions.ordering import Bookmark, Page
from callboard.table.questions.selection import Selection
from callboard.table.store.columns import Columns
from callboard.table.store.oldest import KEPT, Place

__all__ = ["oldest_page", "short_page"]

_UP = Filter(states=LIVE)
_OLDEST = (Order.OLDEST_FIRST,)
_LONGEST_PAGE = KEPT // 8


@lru_cache(maxsize=256)
def _test_of(wanted: Filter) -> Fits:
    return fits(wanted)


def short_page(
    columns: Columns, wanted: Filter, orders: tuple[Order, ...], start: Bookmark, limit: int | None, now: float
) -> Page | None:
    """The first page of what `wanted` describes; None where that is for the columns to say."""
    customers = wanted.customers if wanted.parties is None else wanted.parties
    if customers is None or start.number is not None or len(orders) != 1 or orders[0].key is not Key.STARTED:
        return None
    slots = columns.of_customers(customers)
    if slots is None:
        return None
    test = _test_of(wanted)
    found = [
        (-call.started_at if orders[0].descending else call.started_at, call.number, slot)
        for slot in slots
        if (call := columns.calls[slot]) is not None and test(call, now)
    ]
    found.sort()
    return _page(columns, found, len(found), start, limit)


def oldest_page(
    columns: Columns, up: int, wanted: Filter, orders: tuple[Order, ...], start: Bookmark, limit: int | None
) -> Page | None:
    """The first page of all calls that are up (so many), the oldest first; None where something else is wanted."""
    if limit is None or limit > _LONGEST_PAGE or start.number is not None or orders != _OLDEST or wanted != _UP:
        return None
    some = min(limit + 1, up)
    found = columns.oldest.first(some, columns.calls)
    if found is None:
        columns.oldest.keep(_oldest(columns))
        found = columns.oldest.first(some, columns.calls)
    return None if found is None else _page(columns, found, up, start, limit)


def _oldest(columns: Columns) -> list[Place]:
    slots = matching(columns, _UP)
    started = columns["started"].take(slots)
    if len(slots) > KEPT:
        few = np.flatnonzero(started <= np.partition(started, KEPT - 1)[KEPT - 1])
        slots, started = slots.take(few), started.take(few)
    numbers = columns["number"].take(slots)
    return sorted(map(Place, started.tolist(), numbers.tolist(), slots.tolist()))[:KEPT]


def _page(
    columns: Columns, found: Sequence[tuple[float, int, int]], total: int, start: Bookmark, limit: int | None
) -> Page:
    """The first of these, which are sorted: rank, number and slot of each."""
    shown = found if limit is None else found[:limit]
    calls = Selection(columns, np.array([slot for _, _, slot in shown], np.intp))
    if len(shown) == len(found):
        return Page(calls, total, None)
    rank, number, _ = shown[-1]
    return Page(calls, total, start._replace(values=(rank,), number=number))
