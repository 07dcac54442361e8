"""Short lists: the calls of a question about few customers, looked at one by one.

What columns cost does not depend on how few calls are wanted. Here a question about ten calls costs as much as ten
calls, and is answered as `filters.matching` and `ordering.page` answer it.
"""

from functools import lru_cache

import numpy as np

from callboard.table.columns import Columns
from callboard.table.filters import Filter, Key, Order
from callboard.table.matches import Fits, fits
from callboard.table.ordering import Bookmark, Page
from callboard.table.selection import Selection

__all__ = ["short_page"]


@lru_cache(maxsize=1024)
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
    shown = found if limit is None else found[:limit]
    calls = Selection(columns, np.array([slot for _, _, slot in shown], np.intp))
    if len(shown) == len(found):
        return Page(calls, len(found), None)
    rank, number, _ = shown[-1]
    return Page(calls, len(found), start._replace(values=(rank,), number=number))
