"""What can be asked of the table: which calls, in which order."""

from enum import Enum
from typing import ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from callboard.calls.legs import Direction
from callboard.calls.state import State
from callboard.table.columns import Columns, Mask, Slots

__all__ = ["EVERYTHING", "Filter", "Key", "Order", "matching", "ordered"]


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls: those to which every condition that is given applies. None asks for nothing."""

    customers: frozenset[int] | None = None
    """Owned by one of these customers. A call that no customer owns (yet) matches only where this is None."""
    parties: frozenset[int] | None = None
    """Owned by one of these customers, or calling an account of one of them."""
    account: int | None = None
    device: int | None = None
    callee_account: int | None = None
    callee_device: int | None = None
    vendor: int | None = None
    connection: int | None = None
    did: int | None = None
    machine: int | None = None
    switch: str | None = None
    country: str | None = None
    """ISO 3166 alpha-3 code of the destination."""
    states: frozenset[State] | None = None
    directions: frozenset[Direction] | None = None
    caller_prefix: str | None = None
    callee_prefix: str | None = None
    dialed_prefix: str | None = None
    suspect: bool | None = None


EVERYTHING = Filter()

_EQUAL = (
    "account",
    "device",
    "callee_account",
    "callee_device",
    "vendor",
    "connection",
    "did",
    "machine",
    "suspect",
)


class Key(Enum):
    """What calls can be sorted by."""

    STARTED = "started"
    DURATION = "duration"
    """Seconds connected; 0 before the answer."""
    NUMBER = "number"
    STATE = "state"
    DIRECTION = "direction"
    CUSTOMER = "customer"
    CALLEE_CUSTOMER = "callee_customer"
    ACCOUNT = "account"
    CONNECTION = "connection"
    MACHINE = "machine"
    CALLER = "caller"
    CALLEE = "callee"
    DIALED = "dialed"


_TEXT_KEYS = frozenset({Key.CALLER, Key.CALLEE, Key.DIALED})


class Order(msgspec.Struct, frozen=True):
    """In which order; equal ones go by their number, smallest first."""

    OLDEST_FIRST: ClassVar[Self]
    NEWEST_FIRST: ClassVar[Self]
    LONGEST_FIRST: ClassVar[Self]
    SHORTEST_FIRST: ClassVar[Self]

    key: Key
    descending: bool = False


Order.OLDEST_FIRST = Order(Key.STARTED)
Order.NEWEST_FIRST = Order(Key.STARTED, descending=True)
Order.LONGEST_FIRST = Order(Key.DURATION, descending=True)
Order.SHORTEST_FIRST = Order(Key.DURATION)


def matching(columns: Columns, wanted: Filter) -> Slots:
    """The slots of the calls that `wanted` describes, in no order."""
    mask: Mask = columns["used"].copy()
    for name in _EQUAL:
        value = getattr(wanted, name)
        if value is not None:
            mask &= columns[name] == value
    if wanted.switch is not None:
        mask &= columns["switch"] == columns.switches.known(wanted.switch)
    if wanted.country is not None:
        mask &= columns["country"] == columns.countries.known(wanted.country)
    for name, values in (("state", wanted.states), ("direction", wanted.directions)):
        if values is not None:
            mask &= np.isin(columns[name], [int(value) for value in values])
    for name in ("caller", "callee", "dialed"):
        prefix: str | None = getattr(wanted, f"{name}_prefix")
        if prefix:
            mask &= columns.with_prefix(name, prefix)
    if wanted.customers is not None:
        mask &= _among(columns["customer"], wanted.customers)
    if wanted.parties is not None:
        mask &= _among(columns["customer"], wanted.parties) | _among(columns["callee_customer"], wanted.parties)
    return np.flatnonzero(mask)


def _among(column: NDArray[np.int64], ids: frozenset[int]) -> Mask:
    if len(ids) == 1:
        mask: Mask = column == next(iter(ids))
        return mask
    return np.isin(column, np.fromiter(ids, dtype=np.int64, count=len(ids)))


def ordered(columns: Columns, slots: Slots, order: Order, now: float) -> Slots:
    """The slots in the wanted order."""
    numbers = columns["number"][slots]
    if order.key in _TEXT_KEYS:
        return _by_text(columns, slots, order, numbers)
    keys = _durations(columns, slots, now) if order.key is Key.DURATION else columns[order.key.value][slots]
    return slots[np.lexsort((numbers, -keys if order.descending else keys))]


def _durations(columns: Columns, slots: Slots, now: float) -> NDArray[np.float64]:
    answered = columns["answered"][slots]
    ended = columns["ended"][slots]
    durations: NDArray[np.float64] = np.where(np.isnan(ended), now, ended) - answered
    return np.maximum(np.nan_to_num(durations, nan=0.0), 0.0)


def _by_text(columns: Columns, slots: Slots, order: Order, numbers: NDArray[np.int64]) -> Slots:
    by_number = slots[np.argsort(numbers, kind="stable")]
    texts = [str(getattr(columns.calls[slot], order.key.value)) for slot in by_number]
    places = sorted(range(len(texts)), key=texts.__getitem__, reverse=order.descending)
    return by_number[places]
