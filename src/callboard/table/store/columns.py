"""Columns: one numpy array for every field that calls are filtered, sorted or counted by, one slot a call.

A filter becomes a mask, so that combining filters needs no index. Numbers stand as digits aligned to the left in a
64-bit integer, which makes a prefix a range; a number that is not plain digits (or too long) is looked at as text.
"""

from bisect import bisect_left
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from callboard.calls.legs import Call, CallKey, CallNumber, Placement
from callboard.calls.state import State
from callboard.table.store.oldest import Oldest
from callboard.table.store.parties import Parties

__all__ = ["NOTHING", "NUMBERS", "Columns", "digits_range", "left_aligned"]

NOTHING = -1
"""Stands for "none" in a column of ids."""

_WIDTH = 18
_FEW = 1 / 64
"""The share of all slots up to which some are sorted rather than picked out of all."""
_NAN = float("nan")
_ODD = 2**64 - 1
_POWERS: tuple[int, ...] = tuple(10**exponent for exponent in range(_WIDTH + 1))

_IDS = (
    "customer",
    "account",
    "device",
    "callee_customer",
    "callee_account",
    "callee_device",
    "vendor",
    "connection",
    "did",
    "machine",
)
NUMBERS = ("caller", "callee", "dialed")
"""The numbers that stand in columns of their own."""

Mask = NDArray[np.bool_]
Slots = NDArray[np.intp]


class _Names:
    """Texts that repeat, as small integers; 0 is no text."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {"": 0}
        self._names: list[str] = [""]

    def code(self, text: str) -> int:
        code = self._codes.get(text)
        if code is None:
            code = self._codes[text] = len(self._names)
            self._names.append(text)
        return code

    def known(self, text: str) -> int:
        return self._codes.get(text, NOTHING)

    def name(self, code: int) -> str:
        return self._names[code]


class _Column(NamedTuple):
    dtype: type[np.generic]
    empty: float


_COLUMNS: dict[str, _Column] = {
    "used": _Column(np.bool_, 0),
    "number": _Column(np.int64, 0),
    "standing": _Column(np.int64, 0),
    "stamp": _Column(np.int64, 0),
    "state": _Column(np.int8, NOTHING),
    "direction": _Column(np.int8, 0),
    "switch": _Column(np.int32, 0),
    "country": _Column(np.int32, 0),
    "prefix": _Column(np.int32, 0),
    "suspect": _Column(np.bool_, 0),
    "started": _Column(np.float64, np.nan),
    "progressed": _Column(np.float64, np.nan),
    "answered": _Column(np.float64, np.nan),
    "answer_step": _Column(np.int64, 0),
    "ended": _Column(np.float64, np.nan),
    **{name: _Column(np.int32, NOTHING) for name in _IDS},
    **{name: _Column(np.uint64, 0) for name in NUMBERS},
}


_BLANK = Call(
    number=CallNumber(0),
    key=CallKey("", ""),
    legs=(),
    state=State.NEW,
    caller="",
    caller_name="",
    dialed="",
    callee="",
    sip_call_id="",
    caller_media="",
    callee_media="",
    placement=Placement(),
    started_at=_NAN,
    progressed_at=None,
    answered_at=None,
    ended_at=None,
    cause=None,
)
"""What the columns say of a slot that is free, but for its state."""


def left_aligned(number: str) -> int:
    """A number's digits as an integer of 18 decimal places, the first digit first; an impossible value if it is odd."""
    if number.isascii() and number.isdigit() and len(number) <= _WIDTH:
        return int(number.ljust(_WIDTH, "0"))
    return _ODD


def digits_range(prefix: str) -> tuple[int, int] | None:
    """The half-open range of left-aligned numbers that begin with `prefix`; None if the prefix is not plain digits."""
    if not (prefix.isascii() and prefix.isdigit() and len(prefix) <= _WIDTH):
        return None
    step = _POWERS[_WIDTH - len(prefix)]
    return int(prefix) * step, (int(prefix) + 1) * step


class Columns:
    """The arrays and the calls beside them. Slots of calls that left are used again."""

    def __init__(self) -> None:
        self._arrays: dict[str, NDArray[Any]] = {}
        self._views: dict[str, memoryview[Any]] = {}
        """The same arrays, for single values: a memoryview takes one in half of numpy's time."""
        self._free: list[int] = []
        self._left: list[int] = []
        """Slots of calls that left, and that still say of them what nobody reads."""
        self._births = np.empty(0, np.intp)
        """The slots of all calls in the order in which they came, and of some that have left."""
        self._born = np.empty(0, np.int64)
        """The numbers of the same."""
        self._birth_views: tuple[memoryview[Any], memoryview[Any]] = (self._births.data, self._born.data)
        self._count = 0
        self.calls: list[Call | None] = []
        self.switches = _Names()
        self.countries = _Names()
        self.prefixes = _Names()
        self.parties = Parties()
        self.oldest = Oldest()
        self._writes = 0
        self.step = 0
        """How many changes were told of before the one that is being written."""
        self._grow(1024)

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._arrays[name]

    def _grow(self, size: int) -> None:
        for name, column in _COLUMNS.items():
            known = self._arrays.get(name)
            array = np.full(size, column.empty, dtype=column.dtype if known is None else known.dtype)
            if known is not None:
                array[: len(self.calls)] = known
            self._arrays[name] = array
            self._views[name] = array.data
        self._stamps, self._states = self._views["stamp"], self._views["state"]
        self._free.extend(range(size - 1, len(self.calls) - 1, -1))
        self.calls.extend([None] * (size - len(self.calls)))

    def add(self, call: Call) -> int:
        """Give a new call a slot and fill it; returns the slot. Its number is greater than all that came before."""
        if not self._free:
            self.reclaim()
        slot = self._free.pop()
        if self._count == len(self._births):
            self._forget_births()
        self._birth_views[0][self._count] = slot
        self._birth_views[1][self._count] = call.number
        self._count += 1
        views = self._views
        views["used"][slot] = True
        views["number"][slot] = views["standing"][slot] = call.number
        views["switch"][slot] = self.switches.code(call.key.switch)
        self._write(slot, call, _BLANK)
        return slot

    def _forget_births(self) -> None:
        """Leave out what has left, and make room for more."""
        births = self._living()
        self._count = len(births)
        more = np.zeros(max(1024, self._count), np.intp)
        self._births = np.concatenate([births, more])
        self._born = np.concatenate([self._arrays["number"][births], more])
        self._birth_views = self._births.data, self._born.data

    def _living(self) -> Slots:
        """The slots of all calls by number."""
        births = self._births[: self._count]
        # `compress` and `take` need a quarter of the time that an index in brackets does, with a million of them.
        return births.compress(self._arrays["number"].take(births) == self._born[: self._count])

    def slot(self, number: int) -> int | None:
        """Where the call with this number stands: its place among the births is found by halving."""
        slots, numbers = self._birth_views
        place = bisect_left(numbers, number, 0, self._count)
        if place == self._count or numbers[place] != number or self._views["number"][slots[place]] != number:
            return None
        slot: int = slots[place]
        return slot

    def by_number(self, slots: Slots) -> Slots:
        """The slots in the order of their calls' numbers; many are not sorted but picked out of all."""
        if len(slots) < _FEW * len(self.calls):
            return slots[np.argsort(self._arrays["number"][slots])]
        chosen = np.zeros(len(self.calls), np.bool_)
        chosen[slots] = True
        return self.chosen(chosen)

    def chosen(self, mask: Mask) -> Slots:
        """The slots in a mask, in the order of their calls' numbers, where they are many."""
        living = self._living()
        return living.compress(mask.take(living))

    def change(self, slot: int, call: Call) -> None:
        """Write what changed of the call in `slot`."""
        self._write(slot, call, self.calls[slot] or _BLANK)

    def advance(self, slot: int, before: Call, call: Call) -> None:
        """Write the call after a leg moved on: its state and its times, and that it is not suspect.

        The column `stamp` tells whether a slot was written since somebody looked: it never has a value twice.
        """
        self._writes = writes = self._writes + 1
        self._stamps[slot] = writes
        self._states[slot] = call.state
        self.calls[slot] = call
        if call.progressed_at is not before.progressed_at:
            self._views["progressed"][slot] = _NAN if call.progressed_at is None else call.progressed_at
        if call.answered_at is not before.answered_at:
            self._views["answered"][slot] = _NAN if call.answered_at is None else call.answered_at
            if before.answered_at is None:
                self._views["answer_step"][slot] = self.step
        if call.ended_at is not before.ended_at:
            self._views["ended"][slot] = _NAN if call.ended_at is None else call.ended_at
            self._views["standing"][slot] = call.number if call.ended_at is None else -call.number
        if call.suspect_since is not before.suspect_since:
            self._views["suspect"][slot] = call.suspect_since is not None

    def remove(self, slot: int) -> None:
        """The call has left. The slot is free once it is reclaimed, which costs less for many at once."""
        views, call = self._views, self.calls[slot]
        if call is not None:
            self.parties.moved(slot, call.placement, _BLANK.placement)
        views["used"][slot] = False
        views["number"][slot] = views["standing"][slot] = 0
        views["state"][slot] = NOTHING
        self.calls[slot] = None
        self._left.append(slot)

    def of_customers(self, customers: frozenset[int]) -> set[int] | None:
        """The slots of the calls that these customers own or are called in; None if there are too many of either."""
        return self.parties.slots(customers, self._of_customer)

    def _of_customer(self, customer: int) -> list[int]:
        mask = (self._arrays["customer"] == customer) | (self._arrays["callee_customer"] == customer)
        slots: list[int] = np.flatnonzero(mask & self._arrays["used"]).tolist()
        return slots

    def reclaim(self) -> None:
        """Make the slots of the calls that left free, or more of them if that gives none. Call it now and then."""
        self.parties.review()
        if self._left:
            slots = np.array(self._left, np.intp)
            for name, column in _COLUMNS.items():
                self._arrays[name][slots] = column.empty
            self._free.extend(self._left)
            self._left.clear()
        if not self._free:
            self._grow(2 * len(self.calls))

    def _write(self, slot: int, call: Call, before: Call) -> None:
        """Write what the call says otherwise than before."""
        self.advance(slot, before, call)
        views = self._views
        if call.started_at is not before.started_at:
            views["started"][slot] = call.started_at
            if call.started_at <= self.oldest.bound or before.started_at <= self.oldest.bound:
                self.oldest.spoil()
        if call.placement is not before.placement:
            self.parties.moved(slot, before.placement, call.placement)
            self._write_placement(slot, call.placement, before.placement)
        if call.caller != before.caller:
            views["caller"][slot] = left_aligned(call.caller)
        if call.dialed != before.dialed:
            views["dialed"][slot] = left_aligned(call.dialed)
        if call.callee != before.callee:
            views["callee"][slot] = views["dialed"][slot] if call.callee is call.dialed else left_aligned(call.callee)

    def _write_placement(self, slot: int, placed: Placement, before: Placement) -> None:
        """Ids have 32 bits until one comes that needs more: then its column has 64."""
        try:
            self._write_owner(slot, placed, before)
            self._write_way(slot, placed, before)
        except ValueError:
            for name in _IDS:
                if (getattr(placed, name) or 0) > np.iinfo(self._arrays[name].dtype).max:
                    self._arrays[name] = self._arrays[name].astype(np.int64)
                    self._views[name] = self._arrays[name].data
            self._write_owner(slot, placed, before)
            self._write_way(slot, placed, before)

    def _write_owner(self, slot: int, placed: Placement, before: Placement) -> None:
        """Whose it is. The columns one by one, for to go through their names would take three times as long."""
        views = self._views
        if (customer := placed.customer) is not before.customer:
            views["customer"][slot] = NOTHING if customer is None else customer
        if (account := placed.account) is not before.account:
            views["account"][slot] = NOTHING if account is None else account
        if (device := placed.device) is not before.device:
            views["device"][slot] = NOTHING if device is None else device
        if (customer := placed.callee_customer) is not before.callee_customer:
            views["callee_customer"][slot] = NOTHING if customer is None else customer
        if (account := placed.callee_account) is not before.callee_account:
            views["callee_account"][slot] = NOTHING if account is None else account
        if (device := placed.callee_device) is not before.callee_device:
            views["callee_device"][slot] = NOTHING if device is None else device

    def _write_way(self, slot: int, placed: Placement, before: Placement) -> None:
        """Where it goes, as `_write_owner`."""
        views = self._views
        if placed.direction is not before.direction:
            views["direction"][slot] = placed.direction
        if (vendor := placed.vendor) is not before.vendor:
            views["vendor"][slot] = NOTHING if vendor is None else vendor
        if (connection := placed.connection) is not before.connection:
            views["connection"][slot] = NOTHING if connection is None else connection
        if (did := placed.did) is not before.did:
            views["did"][slot] = NOTHING if did is None else did
        if (machine := placed.machine) is not before.machine:
            views["machine"][slot] = NOTHING if machine is None else machine
        if placed.country is not before.country:
            views["country"][slot] = self.countries.code(placed.country)
        if placed.prefix is not before.prefix:
            views["prefix"][slot] = self.prefixes.code(placed.prefix)

    def standing(self, slots: Slots) -> NDArray[np.int64]:
        """What stands in these slots: the numbers of their calls, negative for those that are over, 0 for none."""
        return self._arrays["standing"].take(slots)

    def durations(self, slots: Slots, now: float, step: int | None = None) -> NDArray[np.float64]:
        """Seconds connected, 0 before the answer. With `step`, an answer that was not known by then does not count."""
        if len(slots) > len(self.calls) // 2:
            return self._lengths(slice(None), now, step).take(slots)
        return self._lengths(slots, now, step)

    def _lengths(self, slots: Slots | slice, now: float, step: int | None) -> NDArray[np.float64]:
        """To gather from columns costs more than to reckon with all of them."""
        ended = self._arrays["ended"][slots]
        until = np.where(np.isnan(ended), now, ended)
        until -= self._arrays["answered"][slots]
        if step is not None:
            until[self._arrays["answer_step"][slots] >= step] = 0.0
        lengths: NDArray[np.float64] = np.fmax(until, 0.0, out=until)  # NaN counts as less than anything
        return lengths

    def with_prefix(self, name: str, prefix: str) -> Mask:
        """Which calls have a number beginning with `prefix` in the column `name` (caller, callee or dialed)."""
        array = self._arrays[name]
        span = digits_range(prefix)
        if span is None:
            mask: Mask = np.zeros(len(array), dtype=np.bool_)
            doubtful = np.flatnonzero(self._arrays["used"])
        else:
            mask = (array >= span[0]) & (array < span[1])
            doubtful = np.flatnonzero(mask & self._maybe_short(array, prefix) | (array == _ODD))
        for slot in doubtful.tolist():
            mask[slot] = self._number(slot, name).startswith(prefix)
        return mask

    def _maybe_short(self, array: NDArray[Any], prefix: str) -> Mask:
        """Where a number may be shorter than the prefix: left alignment cannot tell "1" from "10"."""
        if not prefix.endswith("0"):
            return np.zeros(len(array), dtype=np.bool_)
        mask: Mask = array % _POWERS[_WIDTH - len(prefix) + 1] == 0
        return mask

    def _number(self, slot: int, name: str) -> str:
        call = self.calls[slot]
        return "" if call is None else str(getattr(call, name))
