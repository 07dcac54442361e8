"""Orders and pages: which calls come first, and which come after a bookmark.

A bookmark names the last call that was shown by what it was sorted by and by its number, never by how many were shown:
what comes and goes before it moves nothing. Durations grow, all at the same pace, but a call that is answered between
two pages would jump over the bookmark: hence later pages are sorted by the durations of the moment of the first. Of a
list that is sorted by anything else that changes while a call lives, the order of the first page is kept (`kept`).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from callboard.calls.legs import Call
from callboard.calls.refusals import Conflict
from callboard.table.questions.filters import SLACK, Key, Order
from callboard.table.questions.kept import KeptOrders
from callboard.table.questions.selection import Selection
from callboard.table.store.columns import NOTHING, Columns, Mask, Slots

__all__ = ["STEADY", "Bookmark", "Page", "ordered", "page"]

STEADY = frozenset({Key.STARTED, Key.DURATION, Key.NUMBER})
"""What does not change while a call lives; of the duration, its order."""

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

_SOME, _MARGIN = 4096, 16
"""How many are looked at to learn how many are small, and how far beyond the place that they tell of."""

_ENOUGH = 4
"""So many times the page's length is sorted rather than thinned out first."""

_SPARSE = 16
"""Where fewer than one slot in so many is wanted, those are picked out rather than whole columns looked at."""


class Bookmark(NamedTuple):
    """A place in a sorted list: just after a call, or at the beginning if it names none."""

    at: float
    """When the first page was asked for, Unix seconds."""
    step: int
    """The number of the table's revision then."""
    values: tuple[float, ...] = ()
    """What the call is sorted by, one for each order, negative where that descends; none where the order is kept."""
    number: int | None = None
    """The call's number; None is the beginning."""
    kept: int | None = None
    """The name of the order of the first page, where that is kept."""


class Page(msgspec.Struct, frozen=True):
    """Some calls of a list."""

    calls: Selection
    total: int
    """How many calls the whole list has at this moment."""
    next: Bookmark | None
    """Where the next page begins; None if this is the last."""


Ranks = NDArray[Any]
"""Numbers that compare as the calls are to be sorted."""


def ordered(columns: Columns, slots: Slots, order: Order, now: float) -> Slots:
    """The slots in order."""
    slots = columns.by_number(slots)
    ranks = _ranks(columns, slots, order, Bookmark(now, columns.step), None)
    return slots[np.argsort(ranks, kind="stable")]


def page(
    columns: Columns,
    mask: Mask,
    orders: tuple[Order, ...],
    after: Bookmark,
    limit: int | None,
    scope: frozenset[int] | None,
    kept: KeptOrders,
    asker: object,
) -> Page:
    """The calls in a mask that come after a bookmark, sorted by one order after the other, then by their number.

    With `scope`, ids of customers outside of it count as none, so that the order tells nothing of them. Raises
    `Conflict` if the order that the bookmark needs is not kept any more, or was not made for this `asker`.
    """
    if after.kept is not None and after.number is not None:
        return _next_of_kept(columns, columns.by_number(np.flatnonzero(mask)), after, limit, kept, asker)
    total = int(np.count_nonzero(mask))
    changing = any(order.key not in STEADY for order in orders)
    if limit is None or not orders or changing:
        slots = columns.chosen(mask) if total * _SPARSE > len(mask) else columns.by_number(np.flatnonzero(mask))
    else:
        slots = columns.by_number(_foremost(columns, mask, total, orders, after, limit))
    keys = [_ranks(columns, slots, order, after, scope) for order in orders]
    if limit is None and after.number is None and len(keys) == 1 and _stand_in_order(keys[0]):
        return Page(Selection(columns, slots), total, None)
    if changing and after.number is None and limit is not None and len(slots) > limit:
        return _first_of_kept(columns, slots, keys, after, limit, kept, asker)
    rest = np.arange(len(slots))
    if after.number is not None:
        rest = _after(keys, columns["number"][slots], after.values, after.number)
    chosen = _first(keys, rest, limit)
    shown = chosen if limit is None else chosen[:limit]
    calls = Selection(columns, slots.take(shown))
    if len(shown) == len(chosen):
        return Page(calls, total, None)
    last = int(shown[-1])
    values = tuple(float(ranks[last]) for ranks in keys)
    return Page(calls, total, Bookmark(after.at, after.step, values, int(columns["number"][slots[last]])))


def _foremost(
    columns: Columns, mask: Mask, total: int, orders: tuple[Order, ...], after: Bookmark, limit: int
) -> Slots:
    """Those of the slots, in no order, that can be on a page: a few of very many, so that only these are sorted.

    The orders are by what is steady.
    """
    if total <= _ENOUGH * limit:
        return np.flatnonzero(mask)
    bound = _bound(columns, mask, total, orders[0], after, limit)
    if bound is not None:
        slots = np.flatnonzero(_roughly(columns, orders[0], after, bound) & mask)
        slots = slots[_ranks(columns, slots, orders[0], after, None) <= bound]
        slots = _later(columns, slots, orders, after.values, after)
        if len(slots) > limit:
            return _thinned(columns, slots, orders, after, limit)
    slots = _later(columns, np.flatnonzero(mask), orders, after.values, after)
    return _thinned(columns, slots, orders, after, limit)


def _bound(columns: Columns, mask: Mask, total: int, order: Order, after: Bookmark, limit: int) -> float | None:
    """A rank beyond which nothing of a page stands, as some of the calls let one guess; None where they are too few."""
    step = total // _SOME
    if step < 2 or total * _SPARSE < len(mask):
        return None
    ranks = _ranks(columns, np.flatnonzero(mask[::step]) * step, order, after, None)
    if after.number is not None:
        ranks = ranks[ranks >= after.values[0]]
    enough = 2 * limit // step + _MARGIN
    return float(np.partition(ranks, enough)[enough]) if len(ranks) > enough else None


def _roughly(columns: Columns, order: Order, after: Bookmark, bound: float) -> Mask:
    """Which slots can have a rank from the bookmark's to the bound: all that do, and some more."""
    least = None if after.number is None else after.values[0]
    low, high = (least, bound) if not order.descending else (-bound, None if least is None else -least)
    if order.key is Key.DURATION:
        return _roughly_lasting(columns, after, 0.0 if low is None else low, high)
    column = columns[order.key.value]
    mask: Mask = np.ones(len(column), np.bool_) if low is None else column >= low
    if high is not None:
        mask &= column <= high
    return mask


def _roughly_lasting(columns: Columns, after: Bookmark, low: float, high: float | None) -> Mask:
    """Which slots can have a duration in a range. What ended is looked at later: there is little of it."""
    answered = columns["answered"]
    if low > 0.0:
        mask: Mask = answered <= after.at - low + SLACK
    else:
        mask = np.ones(len(answered), np.bool_)
    if high is not None:
        mask &= ~(answered < after.at - high - SLACK)  # one that is not answered is in no order with any number
    if low <= 0.0:
        mask |= columns["answer_step"] >= after.step
    mask |= columns["ended"] <= np.inf
    return mask


def _later(
    columns: Columns, slots: Slots, orders: tuple[Order, ...], values: tuple[float, ...], after: Bookmark
) -> Slots:
    """Those of the slots that come after the bookmark."""
    if after.number is None:
        return slots
    if not orders:
        return slots[columns["number"].take(slots) > after.number]
    ranks = _ranks(columns, slots, orders[0], after, None)
    equal = _later(columns, slots[ranks == values[0]], orders[1:], values[1:], after)
    return np.concatenate([slots[ranks > values[0]], equal])


def _thinned(columns: Columns, slots: Slots, orders: tuple[Order, ...], after: Bookmark, limit: int) -> Slots:
    """The first `limit` of the slots and one more, in no order."""
    if len(slots) <= limit:
        return slots
    order = orders[0] if orders else Order(Key.NUMBER)
    ranks = _ranks(columns, slots, order, after, None)
    last = np.partition(ranks, limit)[limit]
    before = slots[ranks < last]
    equal = slots[ranks == last]
    if orders:
        equal = _thinned(columns, equal, orders[1:], after, limit - len(before))
    return np.concatenate([before, equal])


def _first_of_kept(
    columns: Columns,
    slots: Slots,
    keys: list[Ranks],
    after: Bookmark,
    limit: int,
    kept: KeptOrders,
    asker: object,
) -> Page:
    """The first page of a list whose whole order is kept for those that follow."""
    sorted_slots = slots[_first(keys, np.arange(len(slots)), None)]
    numbers = columns["number"][sorted_slots]
    name = kept.keep(asker, numbers)
    following = Bookmark(after.at, after.step, (), int(numbers[limit - 1]), name)
    return Page(Selection(columns, sorted_slots[:limit]), len(slots), following)


def _next_of_kept(
    columns: Columns, slots: Slots, after: Bookmark, limit: int | None, kept: KeptOrders, asker: object
) -> Page:
    """A later page: of these slots, which stand in the order of their numbers, those that come next in the order."""
    rest = None if after.kept is None or after.number is None else kept.after(after.kept, asker, after.number)
    if rest is None:
        raise Conflict("the order of this list is not kept any more: begin again without a cursor")
    numbers = columns["number"][slots]
    places = np.minimum(np.searchsorted(numbers, rest), max(0, len(numbers) - 1))
    there = numbers[places] == rest if len(numbers) else np.zeros(len(rest), np.bool_)
    chosen = slots[places[there]]
    shown = chosen if limit is None else chosen[:limit]
    if len(shown) == len(chosen):
        return Page(Selection(columns, shown), len(slots), None)
    return Page(Selection(columns, shown), len(slots), after._replace(number=int(columns["number"][shown[-1]])))


def _after(keys: list[Ranks], numbers: NDArray[np.int64], values: tuple[float, ...], number: int) -> NDArray[np.intp]:
    """The indexes of what comes after the call with these ranks and this number."""
    beyond = np.zeros(len(numbers), dtype=np.bool_)
    equal = np.ones(len(numbers), dtype=np.bool_)
    for ranks, rank in zip(keys, values, strict=True):
        beyond |= equal & (ranks > rank)
        equal &= ranks == rank
    return np.flatnonzero(beyond | (equal & (numbers > number)))


def _first(keys: list[Ranks], rest: NDArray[np.intp], limit: int | None) -> NDArray[np.intp]:
    """The indexes in `rest`, which stand in the order of the numbers, in the order of the keys: the first `limit` of
    them and one more, if there are so many.
    """
    if limit is not None and len(rest) > _ENOUGH * limit and keys:
        leading = keys[0][rest]
        rest = rest[leading <= np.partition(leading, limit)[limit]]
    for ranks in reversed(keys):
        rest = rest.take(np.argsort(ranks.take(rest), kind="stable"))
    return rest if limit is None else rest[: limit + 1]


def _stand_in_order(ranks: Ranks) -> bool:
    """Whether they stand as they are to be sorted, as with times of beginning they nearly always do."""
    return not bool(np.any(ranks[1:] < ranks[:-1]))


def _ranks(columns: Columns, slots: Slots, order: Order, bookmark: Bookmark, scope: frozenset[int] | None) -> Ranks:
    if order.key in _TEXTS:
        ranks: Ranks = _text_ranks(columns, slots, _TEXTS[order.key])
    else:
        ranks = _values(columns, slots, order.key, bookmark, scope)
    return -ranks if order.descending else ranks


def _values(
    columns: Columns, slots: Slots, key: Key, bookmark: Bookmark, scope: frozenset[int] | None
) -> NDArray[np.float64] | NDArray[np.int64]:
    if key is Key.DURATION:
        return columns.durations(slots, bookmark.at, bookmark.step)
    if key is Key.STARTED:
        started: NDArray[np.float64] = columns["started"].take(slots)
        return started
    ids: NDArray[np.int64] = columns[key.value].take(slots).astype(np.int64)
    if scope is not None and key in _OWNERS:
        ids[~np.isin(columns[_OWNERS[key]][slots], list(scope))] = NOTHING
    return ids


def _text_ranks(columns: Columns, slots: Slots, of: Callable[[Call], str]) -> NDArray[np.int64]:
    """Each text's place among all that are there."""
    texts = ["" if (call := columns.calls[slot]) is None else of(call) for slot in slots.tolist()]
    places = {text: place for place, text in enumerate(sorted(set(texts)))}
    return np.fromiter((places[text] for text in texts), dtype=np.int64, count=len(texts))
