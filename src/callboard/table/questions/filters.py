"""What can be asked of the table: which calls, in which order."""

import re
from collections.abc import Collection, Iterator
from enum import Enum
from typing import Any, ClassVar, Self, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from callboard.calls.legs import Call, Direction
from callboard.calls.state import State
from callboard.table.store.columns import NOTHING, NUMBERS, Columns, Mask, Slots

__all__ = [
    "EVERYTHING",
    "SLACK",
    "Field",
    "Filter",
    "How",
    "Ids",
    "Key",
    "Order",
    "TextMatch",
    "Words",
    "among",
    "crossing",
    "mask_of",
    "matching",
    "pattern",
    "some",
]

V = TypeVar("V", int, str)


SLACK = 0.001
"""Seconds by which a bound of answers is loosened, so that no rounding leaves out a call."""

_DENSE = 1 << 20
"""Ids below this are looked up by their place in a table."""


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
    others: tuple[str, ...] = ()
    """Further texts: it is enough that one of them all compares as wanted."""

    @property
    def texts(self) -> tuple[str, ...]:
        """All the texts of which one must fit."""
        return (self.text, *self.others)


Ids = int | frozenset[int] | None
"""An id, or some of which one must stand there."""
Words = str | frozenset[str] | None


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls: those to which every condition that is given applies. None asks for nothing."""

    customers: frozenset[int] | None = None
    """Owned by one of these customers. A call that no customer owns (yet) matches only where this is None."""
    callee_customers: frozenset[int] | None = None
    """Calling an account of one of these customers."""
    parties: frozenset[int] | None = None
    """Owned by one of these customers, or calling an account of one of them."""
    account: Ids = None
    device: Ids = None
    callee_account: Ids = None
    callee_device: Ids = None
    party_account: Ids = None
    """The owner's account, or the account that is called."""
    party_device: Ids = None
    vendor: Ids = None
    connection: Ids = None
    did: Ids = None
    machine: Ids = None
    switch: Words = None
    country: Words = None
    """ISO 3166 alpha-3 codes of the destination."""
    prefixes: frozenset[str] | None = None
    """The destination is the one of one of these prefixes."""
    states: frozenset[State] | None = None
    directions: frozenset[Direction] | None = None
    texts: tuple[TextMatch, ...] = ()
    suspect: bool | None = None
    min_duration: float | None = None
    """Connected for at least so many seconds; a call that is not answered has been for none."""
    max_duration: float | None = None
    """Connected for at most so many seconds."""
    started_from: float | None = None
    """Set up at this time or later, Unix seconds."""
    started_before: float | None = None

    @property
    def timed(self) -> bool:
        """Whether calls come to match, or cease to, by the mere passing of time."""
        return self.min_duration is not None or self.max_duration is not None


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
)
"""Conditions on the column of the same name."""


class Key(Enum):
    """What calls can be sorted by."""

    STARTED = "started"
    DURATION = "duration"
    """Seconds connected; 0 before the answer."""
    NUMBER = "number"
    STATE = "state"
    DIRECTION = "direction"
    SUSPECT = "suspect"
    CUSTOMER = "customer"
    CALLEE_CUSTOMER = "callee_customer"
    ACCOUNT = "account"
    CALLEE_ACCOUNT = "callee_account"
    VENDOR = "vendor"
    CONNECTION = "connection"
    DID = "did"
    MACHINE = "machine"
    SWITCH = "switch"
    COUNTRY = "country"
    CALLER = "caller"
    CALLEE = "callee"
    DIALED = "dialed"


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


def matching(columns: Columns, wanted: Filter, now: float = 0.0) -> Slots:
    """The slots of the calls that `wanted` describes, in no order. `now` is needed where it is about durations."""
    return np.flatnonzero(mask_of(columns, wanted, now))


def crossing(columns: Columns, wanted: Filter, then: float, now: float) -> Slots:
    """The slots of the few calls that time alone can have made fit, or cease to, between two moments.

    For a filter of durations. Calls that pass one of its bounds in that time are among them, and some that do not.
    """
    answered = columns["answered"]
    mask: Mask = np.zeros(len(answered), np.bool_)
    for bound in (wanted.min_duration, wanted.max_duration):
        if bound is None:
            continue
        mask |= (answered >= min(then, now) - bound - SLACK) & (answered <= max(then, now) - bound + SLACK)
    return np.flatnonzero(mask)


def mask_of(columns: Columns, wanted: Filter, now: float = 0.0) -> Mask:
    """Which slots hold a call that `wanted` describes, as `matching`."""
    mask: Mask = columns["used"].copy()
    for name, codes in _sets(columns, wanted):
        mask &= among(columns[name], codes)
    for names, ids in _either(wanted):
        mask &= among(columns[names[0]], ids) | among(columns[names[1]], ids)
    if wanted.suspect is not None:
        mask &= columns["suspect"] == wanted.suspect
    _within(columns, wanted, now, mask)
    slow = []
    for text in wanted.texts:
        if text.how is How.PREFIX and text.field.value in NUMBERS:
            mask &= _with_prefixes(columns, text)
        else:
            slow.append(text)
    if slow:
        _leave_out(columns, mask, slow)
    return mask


def _sets(columns: Columns, wanted: Filter) -> Iterator[tuple[str, Collection[int]]]:
    """Columns, and the values of which one must stand there."""
    for name in _EQUAL:
        ids = getattr(wanted, name)
        if ids is not None:
            yield name, some(ids)
    if wanted.customers is not None:
        yield "customer", wanted.customers
    if wanted.callee_customers is not None:
        yield "callee_customer", wanted.callee_customers
    if wanted.switch is not None:
        yield "switch", {columns.switches.known(switch) for switch in some(wanted.switch)} - {NOTHING}
    if wanted.country is not None:
        yield "country", {columns.countries.known(country) for country in some(wanted.country)} - {NOTHING}
    if wanted.prefixes is not None:
        yield "prefix", {columns.prefixes.known(prefix) for prefix in wanted.prefixes} - {NOTHING}
    if wanted.states is not None:
        yield "state", wanted.states
    if wanted.directions is not None:
        yield "direction", wanted.directions


def _either(wanted: Filter) -> Iterator[tuple[tuple[str, str], frozenset[int]]]:
    """Pairs of columns, and the ids of which one must stand in either."""
    if wanted.parties is not None:
        yield ("customer", "callee_customer"), wanted.parties
    if wanted.party_account is not None:
        yield ("account", "callee_account"), some(wanted.party_account)
    if wanted.party_device is not None:
        yield ("device", "callee_device"), some(wanted.party_device)


def some(value: V | frozenset[V]) -> frozenset[V]:
    """The values of a condition, which may name a single one."""
    return value if isinstance(value, frozenset) else frozenset((value,))


def _within(columns: Columns, wanted: Filter, now: float, mask: Mask) -> None:
    """Take out of the mask what is not within the ranges of time."""
    if wanted.started_from is not None:
        mask &= columns["started"] >= wanted.started_from
    if wanted.started_before is not None:
        mask &= columns["started"] < wanted.started_before
    if wanted.timed:
        durations = columns.durations(np.arange(len(mask)), now)
        if wanted.min_duration is not None:
            mask &= durations >= wanted.min_duration
        if wanted.max_duration is not None:
            mask &= durations <= wanted.max_duration


def _with_prefixes(columns: Columns, text: TextMatch) -> Mask:
    mask = columns.with_prefix(text.field.value, text.text)
    for other in text.others:
        mask |= columns.with_prefix(text.field.value, other)
    return mask


def among(column: NDArray[Any], values: Collection[int]) -> Mask:
    """Where one of the values stands. numpy's own `isin` would sort, or look at the whole column several times."""
    if not values:
        return np.zeros(len(column), np.bool_)
    least, most = int(min(values)), int(max(values))  # numpy compares small columns with an enum's members as wide ones
    if most - least + 1 == len(values):
        mask: Mask = (column >= least) & (column <= most) if len(values) > 1 else column == least
        return mask
    if not 0 <= least <= most < _DENSE:
        return np.isin(column, np.fromiter(values, dtype=np.int64, count=len(values)))
    wanted = np.zeros(most + 3, np.bool_)
    wanted[np.fromiter(values, np.intp, len(values)) + 1] = True
    return wanted.take(column + 1, mode="clip")


def _leave_out(columns: Columns, mask: Mask, texts: list[TextMatch]) -> None:
    """Take out of the mask what the texts do not fit, call by call."""
    patterns = [(text.field.value, [pattern(one, text.how) for one in text.texts]) for text in texts]
    for slot in np.flatnonzero(mask).tolist():
        if not _fits(columns.calls[slot], patterns):
            mask[slot] = False


def _fits(call: Call | None, patterns: list[tuple[str, list[re.Pattern[str]]]]) -> bool:
    return all(any(one.fullmatch(getattr(call, name)) for one in some) for name, some in patterns)


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
