"""Orders and pages: which calls come first, and which come after a bookmark.

A bookmark names the last call that was shown by what it was sorted by and by its number, never by how many were shown:
what comes and goes before it moves nothing. Durations grow, all at the same pace, but a call that is answered between
two pages would jump over the bookmark: hence later pages are sorted by the durations of the moment of the first.
"""

from bisect import bisect_left
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from callboard.calls.legs import Call
from callboard.table.columns import NOTHING, Columns, Slots
from callboard.table.filters import Key, Order
from callboard.table.selection import Selection

__all__ = ["Bookmark", "Page", "Value", "ordered", "page"]

Value = float | str
"""What a call is sorted by."""

_TEXTS: dict[Key, Callable[[Call], str]] = {
    Key.CALLER: lambda call: call.caller,
    Key.CALLEE: lambda call: call.callee,
    Key.DIALED: lambda call: call.dialed,
    Key.SWITCH: lambda call: call.key.switch,
    Key.COUNTRY: lambda call: call.placement.country,
}
"""Keys that are compared as texts."""

_OWNERS = {
    Key.CUSTOMER: "customer",
    Key.ACCOUNT: "customer",
    Key.CALLEE_CUSTOMER: "callee_customer",
    Key.CALLEE_ACCOUNT: "callee_customer",
}
"""Ids that tell of a customer: the column that tells whose they are."""

_ENOUGH = 4
"""So many times the page's length is sorted rather than thinned out first."""


class Bookmark(NamedTuple):
    """A place in a sorted list: just after a call, or at the beginning if it names none."""

    at: float
    """When the first page was asked for, Unix seconds."""
    step: int
    """The number of the table's revision then."""
    values: tuple[Value, ...] = ()
    """What the call is sorted by, one for each order."""
    number: int | None = None
    """The call's number; None is the beginning."""


class Page(msgspec.Struct, frozen=True):
    """Some calls of a list."""

    calls: Selection
    total: int
    """How many calls the whole list has at this moment."""
    next: Bookmark | None
    """Where the next page begins; None if this is the last."""


class _Ranks(NamedTuple):
    """Numbers that compare as the calls are to be sorted, and how a value compares with them."""

    ranks: NDArray[Any]
    of: Callable[[Value], float]
    value: Callable[[int], Value]
    """The value of the call at an index."""


def ordered(columns: Columns, slots: Slots, order: Order, now: float) -> Slots:
    """The slots in order."""
    slots = columns.by_number(slots)
    ranks = _ranks(columns, slots, order, Bookmark(now, columns.step), None).ranks
    return slots[np.argsort(ranks, kind="stable")]


def page(
    columns: Columns,
    slots: Slots,
    orders: tuple[Order, ...],
    after: Bookmark,
    limit: int | None,
    scope: frozenset[int] | None,
) -> Page:
    """The calls of these slots that come after a bookmark, sorted by one order after the other, then by their number.

    With `scope`, ids of customers outside of it count as none, so that the order tells nothing of them.
    """
    slots = columns.by_number(slots)
    keys = [_ranks(columns, slots, order, after, scope) for order in orders]
    rest = np.arange(len(slots))
    if after.number is not None:
        rest = _after(keys, columns["number"][slots], after.values, after.number)
    chosen = _first(keys, rest, limit)
    shown = chosen if limit is None else chosen[:limit]
    calls = Selection(columns, slots[shown])
    if len(shown) == len(chosen):
        return Page(calls, len(slots), None)
    last = int(shown[-1])
    values = tuple(key.value(last) for key in keys)
    return Page(calls, len(slots), Bookmark(after.at, after.step, values, int(columns["number"][slots[last]])))


def _after(keys: list[_Ranks], numbers: NDArray[np.int64], values: tuple[Value, ...], number: int) -> NDArray[np.intp]:
    """The indexes of what comes after the call with these values and this number."""
    beyond = np.zeros(len(numbers), dtype=np.bool_)
    equal = np.ones(len(numbers), dtype=np.bool_)
    for key, value in zip(keys, values, strict=True):
        rank = key.of(value)
        beyond |= equal & (key.ranks > rank)
        equal &= key.ranks == rank
    return np.flatnonzero(beyond | (equal & (numbers > number)))


def _first(keys: list[_Ranks], rest: NDArray[np.intp], limit: int | None) -> NDArray[np.intp]:
    """The indexes in `rest`, which stand in the order of the numbers, in the order of the keys: the first `limit` of
    them and one more, if there are so many.
    """
    if limit is not None and len(rest) > _ENOUGH * limit and keys:
        leading = keys[0].ranks[rest]
        rest = rest[leading <= np.partition(leading, limit)[limit]]
    for key in reversed(keys):
        rest = rest[np.argsort(key.ranks[rest], kind="stable")]
    return rest if limit is None else rest[: limit + 1]


def _ranks(columns: Columns, slots: Slots, order: Order, bookmark: Bookmark, scope: frozenset[int] | None) -> _Ranks:
    sign = -1 if order.descending else 1
    if order.key in _TEXTS:
        return _text_ranks(columns, slots, _TEXTS[order.key], sign)
    values = _values(columns, slots, order.key, bookmark, scope)
    return _Ranks(sign * values, lambda value: sign * float(value), lambda index: values[index].item())


def _values(
    columns: Columns, slots: Slots, key: Key, bookmark: Bookmark, scope: frozenset[int] | None
) -> NDArray[np.float64] | NDArray[np.int64]:
    if key is Key.DURATION:
        return columns.durations(slots, bookmark.at, bookmark.step)
    if key is Key.STARTED:
        started: NDArray[np.float64] = columns["started"][slots]
        return started
    ids: NDArray[np.int64] = columns[key.value][slots].astype(np.int64)
    if scope is not None and key in _OWNERS:
        ids[~np.isin(columns[_OWNERS[key]][slots], list(scope))] = NOTHING
    return ids


def _text_ranks(columns: Columns, slots: Slots, of: Callable[[Call], str], sign: int) -> _Ranks:
    """Each text's place among all that are there; odd numbers, so that a text that is gone fits between two."""
    calls = columns.calls
    texts = [of(call) for slot in slots.tolist() if (call := calls[slot]) is not None]
    known = sorted(set(texts))
    places = {text: 2 * place + 1 for place, text in enumerate(known)}

    def rank(value: Value) -> float:
        text = str(value)
        return sign * places.get(text, 2 * bisect_left(known, text))

    ranks = np.fromiter((places[text] for text in texts), dtype=np.int64, count=len(texts))
    return _Ranks(sign * ranks, rank, texts.__getitem__)
