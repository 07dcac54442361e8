"""How many calls each customer sees at once: now, at most today, and every ten seconds of the last hour.

A call counts for its owner, for the customer that is called, and for all above them, once each. The counts follow every
change of the table, so that a peak of a second is one.
"""

from collections import deque
from collections.abc import Callable, Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from callboard.calls.legs import Call
from callboard.calls.state import CONNECTED, State
from callboard.directory.directory import Directory
from callboard.directory.records import ROOT
from callboard.operations.census import census
from callboard.table.changes import Change
from callboard.table.table import Table

__all__ = ["STEP", "Loads", "Peak", "Series", "utc_day"]

STEP = 10.0
"""Seconds between two samples."""
KEPT = 361
"""Samples: an hour, both ends included."""
MOST = 5_000
"""Customers in a sample, those with the most calls; the others had none, as far as it tells."""
PAIRS = 50_000
"""Pairs of customers that call each other of whom it is known who sees them. A thousand customers have a million."""


class Peak(msgspec.Struct, frozen=True):
    """The most calls at once, and when; None if there was none."""

    calls: int
    at: float | None


class Series(msgspec.Struct, frozen=True):
    """Samples, `STEP` seconds apart, and when the first was taken; None if there is none."""

    begin: float | None
    calls: tuple[int, ...]
    answered: tuple[int, ...]


class _Sample(msgspec.Struct, frozen=True):
    at: float
    customers: NDArray[np.int64]
    """Sorted."""
    calls: NDArray[np.int32]
    answered: NDArray[np.int32]

    def of(self, customer: int) -> tuple[int, int]:
        place = int(np.searchsorted(self.customers, customer))
        if place == len(self.customers) or self.customers[place] != customer:
            return 0, 0
        return int(self.calls[place]), int(self.answered[place])


_NOTHING = (0, 0)


def _weight(call: Call) -> tuple[int, int]:
    """What it counts for: as a call, and as a connected one."""
    if call.state is State.ENDED:
        return _NOTHING
    return 1, int(call.state in CONNECTED)


def utc_day(at: float) -> int:
    """The day of a moment, in UTC."""
    return int(at // 86_400)


class Loads:
    """The counts. `observe` every change of the table, and `sample` every `STEP` seconds.

    `day` tells which day a moment is in, where the operator is.
    """

    def __init__(self, directory: Directory, table: Table, day: Callable[[float], int] = utc_day) -> None:
        self._directory = directory
        self._table = table
        self._day = day
        self._revision = -1
        self._parents: Mapping[int, int | None] | None = None
        self._today: int | None = None
        self._minute: float | None = None
        """The last one that was looked at: to find its day takes longer than all that is done with a call."""
        self._counts: dict[int, list[int]] = {}
        self._peaks: dict[int, Peak] = {}
        self._above: dict[tuple[int | None, int | None], tuple[int, ...]] = {}
        self._samples: deque[_Sample] = deque(maxlen=KEPT)

    def observe(self, change: Change, now: float) -> None:
        """Take in one change of the table."""
        before, call = change.before, change.call
        if before is not None and before.state is call.state and before.placement is call.placement:
            return
        was, is_now = (_NOTHING if before is None else _weight(before)), _weight(call)
        same_parties = before is not None and before.placement is call.placement
        if same_parties and was == is_now:
            return
        if self._was_moved():
            self._count_anew(now)
            return
        if before is not None and not same_parties:
            self._add(self._seen_by(before), -was[0], -was[1])
            was = _NOTHING
        seen_by = self._seen_by(call)
        self._add(seen_by, is_now[0] - was[0], is_now[1] - was[1])
        if is_now[0] > was[0]:
            self._raise_peaks(seen_by, now)

    def sample(self, now: float) -> None:
        """Note how it stands."""
        self._turn_to(now)
        top = sorted(self._counts.items(), key=lambda each: each[1][0], reverse=True)[:MOST]
        top.sort(key=lambda each: each[0])
        self._samples.append(
            _Sample(
                now,
                np.array([customer for customer, _ in top], dtype=np.int64),
                np.array([counts[0] for _, counts in top], dtype=np.int32),
                np.array([counts[1] for _, counts in top], dtype=np.int32),
            )
        )

    def now(self, customer: int, now: float) -> tuple[int, int]:
        """How many calls a customer sees, and how many of them are connected."""
        self._turn_to(now)
        calls, connected = self._counts.get(customer, (0, 0))
        return calls, connected

    def peak(self, customer: int, now: float) -> Peak:
        """The most calls that a customer saw at once today."""
        self._turn_to(now)
        return self._peaks.get(customer, Peak(0, None))

    def series(self, customer: int, since: float) -> Series:
        """The samples of a customer from a moment on."""
        samples = [sample for sample in self._samples if sample.at >= since]
        found = [sample.of(customer) for sample in samples]
        begin = samples[0].at if samples else None
        return Series(begin, tuple(calls for calls, _ in found), tuple(answered for _, answered in found))

    # --- counting ----------------------------------------------------------------------------------------------------

    def _turn_to(self, now: float) -> None:
        """A new day begins with the calls that are up; a directory that changed may have moved customers."""
        if self._was_moved():
            self._count_anew(now)
        if self._day(now) != self._today:
            self._today = self._day(now)
            self._peaks = {}
            self._raise_peaks(tuple(self._counts), now)

    def _was_moved(self) -> bool:
        """Whether customers stand elsewhere in their tree. Whose a call is does not change with the directory."""
        if self._revision == self._directory.revision:
            return False
        self._revision = self._directory.revision
        before, self._parents = self._parents, self._directory.parents()
        return before != self._parents

    def _count_anew(self, now: float) -> None:
        self._above.clear()
        self._counts = census(self._table.counters.ends(), self._directory.parents())
        self._raise_peaks(tuple(self._counts), now)

    def _add(self, customers: tuple[int, ...], calls: int, connected: int) -> None:
        if not (calls or connected):
            return
        for customer in customers:
            counts = self._counts.get(customer)
            if counts is None:
                counts = self._counts[customer] = [0, 0]
            counts[0] += calls
            counts[1] += connected
            if not counts[0]:
                del self._counts[customer]

    def _raise_peaks(self, customers: tuple[int, ...], now: float) -> None:
        if self._is_another_day(now):
            self._peaks = {}
            customers = tuple(self._counts)
        for customer in customers:
            calls = self._counts[customer][0]
            known = self._peaks.get(customer)
            if known is None or calls > known.calls:
                self._peaks[customer] = Peak(calls, now)

    def _is_another_day(self, now: float) -> bool:
        """Whether a day has begun since this was asked last. All days, everywhere, begin with a minute."""
        minute = now // 60.0
        if minute == self._minute:
            return False
        self._minute = minute
        before, self._today = self._today, self._day(now)
        return before != self._today

    def _seen_by(self, call: Call) -> tuple[int, ...]:
        """Every customer who sees the call."""
        parties = (call.placement.customer, call.placement.callee_customer)
        known = self._above.get(parties)
        if known is None:
            if len(self._above) >= PAIRS:
                self._above.clear()
            known = self._above[parties] = tuple({ROOT, *self._up_from(parties[0]), *self._up_from(parties[1])})
        return known

    def _up_from(self, customer: int | None) -> set[int]:
        """A customer and all above it."""
        found: set[int] = set()
        while customer is not None and customer not in found:
            found.add(customer)
            record = self._directory.customer(customer)
            customer = None if record is None else record.parent
        return found
