"""What can be asked of the table: which calls, in which order."""

import re
from collections.abc import Collection, Iterator
from enum import Enum
from typing import Any, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from callboard.calls.legs import Call, Direction
from callboard.calls.state import State
from callboard.table.columns import NUMBERS, Columns, Mask, Slots

__all__ = ["EVERYTHING", "Field", "Filter", "How", "Key", "Order", "TextMatch", "matching", "ordered", "pattern"]


class Field(Enum):
    """The texts of a call that can be searched."""

    CALLER = "caller"
    CALLER_NAME = "caller_name"
    DIALED = "dialed"
    CALLEE = "callee"


class How(Enum):
    """How a text is compared."""

    EXACT = "exact"
    PREFIX = "prefix"
    SUFFIX = "suffix"
    CONTAINS = "contains"
    LIKE = "like"
    """SQL's LIKE: `%` stands for any characters, `_` for one."""


class TextMatch(msgspec.Struct, frozen=True):
    """A condition on one text. Letters match in either case."""

    field: Field
    how: How
    text: str


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls: those to which every condition that is given applies. None asks for nothing."""

    customers: frozenset[int] | None = None
    """Owned by one of these customers. A call that no customer owns (yet) matches only where this is None."""
    callee_customers: frozenset[int] | None = None
    """Calling an account of one of these customers."""
    parties: frozenset[int] | None = None
    """Owned by one of these customers, or calling an account of one of them."""
    account: int | None = None
    device: int | None = None
    callee_account: int | None = None
    callee_device: int | None = None
    vendor: int | None = None
    connection: int | None = None
    did: int | None = None
    dids: frozenset[int] | None = None
    machine: int | None = None
    switch: str | None = None
    country: str | None = None
    """ISO 3166 alpha-3 code of the destination."""
    prefixes: frozenset[str] | None = None
    """The destination is the one of one of these prefixes."""
    states: frozenset[State] | None = None
    directions: frozenset[Direction] | None = None
    texts: tuple[TextMatch, ...] = ()
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
    for name, codes in _sets(columns, wanted):
        mask &= _among(columns[name], codes)
    if wanted.parties is not None:
        mask &= _among(columns["customer"], wanted.parties) | _among(columns["callee_customer"], wanted.parties)
    for text in wanted.texts:
        if text.how is How.PREFIX and text.field.value in NUMBERS:
            mask &= columns.with_prefix(text.field.value, text.text)
    slots = np.flatnonzero(mask)
    rest = [text for text in wanted.texts if not (text.how is How.PREFIX and text.field.value in NUMBERS)]
    return _with_texts(columns, slots, rest) if rest else slots


def _sets(columns: Columns, wanted: Filter) -> Iterator[tuple[str, Collection[int]]]:
    """Columns, and the values of which one must stand there."""
    if wanted.customers is not None:
        yield "customer", wanted.customers
    if wanted.callee_customers is not None:
        yield "callee_customer", wanted.callee_customers
    if wanted.dids is not None:
        yield "did", wanted.dids
    if wanted.switch is not None:
        yield "switch", {columns.switches.known(wanted.switch)}
    if wanted.country is not None:
        yield "country", {columns.countries.known(wanted.country)}
    if wanted.prefixes is not None:
        yield "prefix", {columns.prefixes.known(prefix) for prefix in wanted.prefixes}
    if wanted.states is not None:
        yield "state", wanted.states
    if wanted.directions is not None:
        yield "direction", wanted.directions


def _among(column: NDArray[Any], values: Collection[int]) -> Mask:
    if len(values) == 1:
        mask: Mask = column == next(iter(values))
        return mask
    return np.isin(column, np.fromiter(values, dtype=np.int64, count=len(values)))


def _with_texts(columns: Columns, slots: Slots, texts: list[TextMatch]) -> Slots:
    patterns = [(text.field.value, pattern(text.text, text.how)) for text in texts]
    kept = [slot for slot in slots.tolist() if _fits(columns.calls[slot], patterns)]
    return np.array(kept, dtype=np.intp)


def _fits(call: Call | None, patterns: list[tuple[str, re.Pattern[str]]]) -> bool:
    return all(wanted.fullmatch(getattr(call, name)) for name, wanted in patterns)


def pattern(text: str, how: How) -> re.Pattern[str]:
    """The expression that fully matches the values which compare as wanted with `text`.

    It never goes back over what it has matched, so that a hostile pattern costs no more than its length times the
    value's.
    """
    match how:
        case How.LIKE:
            body = _like(text)
        case How.EXACT:
            body = re.escape(text)
        case How.PREFIX:
            body = re.escape(text) + ".*"
        case How.SUFFIX:
            body = ".*" + re.escape(text)
        case How.CONTAINS:
            body = ".*" + re.escape(text) + ".*"
    return re.compile(body, re.DOTALL | re.IGNORECASE)


def _like(text: str) -> str:
    """Between two `%` the first place that fits is as good as any, hence the atomic groups; the last piece ends it."""
    first, *others = (".".join(map(re.escape, piece.split("_"))) for piece in text.split("%"))
    if not others:
        return first
    *middle, last = others
    return first + "".join(f"(?>.*?{piece})" for piece in middle if piece) + ".*" + last


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
