"""Tallies: what went by since the start of the process. To count an event takes less than a microsecond."""

import threading
import time
from collections import Counter, defaultdict
from functools import partial

from callboard.access.access import FailedSignIn
from callboard.calls.causes import Reason
from callboard.calls.commands import Outcome
from callboard.calls.legs import Call, Direction, Side
from callboard.http.values import Handler, Reply, Request
from callboard.metrics.distribution import Distribution
from callboard.operations.ledger import CommandRecord
from callboard.table.changes import Change, Kind

__all__ = ["Tallies"]

SETUP_DELAYS = (0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 30.0, 60.0)
TALKS = (1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0)
REQUESTS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
LAGS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Bounds of the distributions, seconds."""

_FAILED = 500


class Tallies:
    """The counts. All methods belong to the event loop's thread, but for `sign_in_failed`."""

    def __init__(self) -> None:
        self.started: Counter[str] = Counter()
        """Calls by switch."""
        self.answered: Counter[str] = Counter()
        self.ended: Counter[tuple[str, Direction, Reason]] = Counter()
        """By switch, direction and reason."""
        self.seizures: Counter[str] = Counter()
        self.seizures_answered: Counter[str] = Counter()
        self.vendor_seizures: Counter[int] = Counter()
        self.vendor_answered: Counter[int] = Counter()
        self.setup_delay = defaultdict[str, Distribution](partial(Distribution, SETUP_DELAYS))
        self.talk = defaultdict[str, Distribution](partial(Distribution, TALKS))
        self.commands: Counter[str] = Counter()
        """By operation."""
        self.outcomes: Counter[tuple[str, str]] = Counter()
        """By operation and outcome."""
        self.requests: Counter[tuple[str, str]] = Counter()
        """By front end and class of status."""
        self.request_seconds = defaultdict[str, Distribution](partial(Distribution, REQUESTS))
        self.lag = Distribution(LAGS)
        self.sign_ins_failed = 0
        self._lock = threading.Lock()

    # --- calls -------------------------------------------------------------------------------------------------------

    def observe(self, change: Change) -> None:
        """Take in one change of the table."""
        call, before = change.call, change.before
        if call.answered_at is not None and (before is None or before.answered_at is None):
            self.answered[call.key.switch] += 1
        if change.kind is Kind.BEGAN:
            self.started[call.key.switch] += 1
        elif change.kind is Kind.ENDED:
            self._end(call)

    def _end(self, call: Call) -> None:
        switch, cause = call.key.switch, call.cause
        reason = Reason.NORMAL if cause is None else cause.reason
        self.ended[switch, call.placement.direction, reason] += 1
        if reason is Reason.FORGOTTEN:
            return
        if call.progressed_at is not None:
            self.setup_delay[switch].add(call.delay(call.progressed_at))
        if call.answered_at is not None:
            self.talk[switch].add(call.duration(call.answered_at))
        if any(leg.side is Side.CALLEE for leg in call.legs):
            self._seize(call)

    def _seize(self, call: Call) -> None:
        switch, vendor, answered = call.key.switch, call.placement.vendor, int(call.answered_at is not None)
        self.seizures[switch] += 1
        self.seizures_answered[switch] += answered
        if vendor is not None:
            self.vendor_seizures[vendor] += 1
            self.vendor_answered[vendor] += answered

    # --- commands, sign-ins ------------------------------------------------------------------------------------------

    def note_command(self, record: CommandRecord) -> None:
        """A command was asked for, or came out."""
        if record.outcome is Outcome.PENDING:
            self.commands[record.operation] += 1
        else:
            self.outcomes[record.operation, record.outcome.name.lower()] += 1

    def sign_in_failed(self, failure: FailedSignIn) -> None:
        """Somebody's credentials did not fit. May be called from any thread."""
        with self._lock:
            self.sign_ins_failed += 1

    # --- requests ----------------------------------------------------------------------------------------------------

    def timed(self, front: str, handler: Handler) -> Handler:
        """The handler of a front end, with its answers counted and timed until they begin."""

        async def answer(request: Request) -> Reply:
            began, status = time.perf_counter(), _FAILED
            try:
                reply = await handler(request)
                status = reply.status
            finally:
                self.requests[front, f"{status // 100}xx"] += 1
                self.request_seconds[front].add(time.perf_counter() - began)
            return reply

        return answer
