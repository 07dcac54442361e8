"""Batches: many calls that are ended one after the other, at a bounded pace, and what came of each.

Whoever has a clock calls `step` several times a second; nothing here waits. A batch is written down before its first
command goes out, so that after a restart it can be told how far it came; it does not go on then.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Protocol

import msgspec

from callboard.access.rights import Principal
from callboard.calls.commands import CommandId, Outcome
from callboard.calls.refusals import Conflict, Refusal
from callboard.operations.ledger import CommandRecord, Ledger

__all__ = [
    "KEEP",
    "MOST_AT_ONCE",
    "Batch",
    "BatchBook",
    "BatchEntry",
    "BatchState",
    "Batches",
    "InBatch",
    "NoBatchBook",
]

KEEP = 600.0
"""Seconds for which a batch that is over can be asked for here; the journal keeps it longer."""
MOST_AT_ONCE = 4
"""Batches that one login may have under way."""

_LONGEST_STEP = 1.0
"""Seconds that one step makes up for at most: after a pause the switches are not flooded."""


class BatchState(StrEnum):
    """How far a batch is."""

    RUNNING = "running"
    """Calls wait for their turn, or commands for their outcome."""
    STOPPED = "stopped"
    """It was stopped, or whoever asked for it may not go on with it; what had gone out takes its course."""
    DONE = "done"
    """Every command has come out."""


class InBatch(msgspec.Struct, frozen=True):
    """One command of a batch."""

    command: CommandId
    call: int
    outcome: Outcome


class BatchEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A batch as it is written down; its commands are written by themselves. Times are Unix seconds."""

    id: str
    login: str
    customer: int
    """At which customer who asked stands."""
    at: float
    rate: float
    """Calls a second."""
    count: int
    """Calls that were to be ended when it began."""
    left: int = 0
    """Calls that were over when their turn came, or did not match any more."""
    state: BatchState = BatchState.RUNNING
    words: str = ""
    """Why it was stopped; empty if it was not."""


class Batch(BatchEntry, frozen=True, kw_only=True):
    """What became of a batch so far."""

    waiting: int = 0
    """Calls whose turn has not come."""
    outcomes: dict[Outcome, int]
    commands: tuple[InBatch, ...]
    """Its commands; of an old batch a thousand at most, those that are not done first."""


class BatchBook(Protocol):
    """Where batches are written down. To do so never fails, and what cannot be written is told in the log."""

    def begin_batch(self, entry: BatchEntry) -> None:
        """Write down, before this returns, a batch that begins."""

    def record_batch(self, entry: BatchEntry) -> None:
        """Write down how far one is, within a moment."""


class NoBatchBook:
    """Where nothing is kept."""

    def begin_batch(self, entry: BatchEntry) -> None:
        """Nothing happens."""

    def record_batch(self, entry: BatchEntry) -> None:
        """Nothing happens."""


class _Work:
    """A batch as it goes on."""

    __slots__ = (
        "at",
        "count",
        "credit",
        "customer",
        "id",
        "issue",
        "issued",
        "left",
        "login",
        "open",
        "over_at",
        "rate",
        "stopped",
        "waiting",
        "words",
    )

    def __init__(
        self, name: str, principal: Principal, at: float, rate: float, calls: Iterable[int], issue: "Issue"
    ) -> None:
        self.id = name
        self.login = principal.login
        self.customer = principal.customer
        self.at = at
        self.rate = rate
        self.waiting = deque(calls)
        self.count = len(self.waiting)
        self.issue = issue
        self.left = 0
        self.issued: dict[CommandId, InBatch] = {}
        self.open = 0
        """Commands without an outcome."""
        self.credit = 1.0
        """Calls whose turn it is."""
        self.stopped = False
        self.words = ""
        self.over_at: float | None = None

    @property
    def busy(self) -> bool:
        return bool(self.waiting or self.open)

    def stop(self, words: str) -> None:
        """The calls whose turn has not come stay up."""
        if self.waiting:
            self.stopped, self.words = True, words
        self.waiting.clear()

    def take(self, record: CommandRecord) -> None:
        """A command of this batch was issued, or came out."""
        before = self.issued.get(record.id)
        self.open += (record.outcome is Outcome.PENDING) - (before is not None and before.outcome is Outcome.PENDING)
        self.issued[record.id] = InBatch(record.id, record.call_number, record.outcome)

    def entry(self) -> BatchEntry:
        state = BatchState.STOPPED if self.stopped else BatchState.DONE
        return BatchEntry(
            id=self.id,
            login=self.login,
            customer=self.customer,
            at=self.at,
            rate=self.rate,
            count=self.count,
            left=self.left,
            state=BatchState.RUNNING if self.busy else state,
            words=self.words,
        )

    def seen(self) -> Batch:
        return Batch(
            **msgspec.structs.asdict(self.entry()),
            waiting=len(self.waiting),
            outcomes=dict(Counter(one.outcome for one in self.issued.values())),
            commands=tuple(self.issued.values()),
        )


Issue = Callable[[int, float, str], CommandRecord | None]
"""Issues the command for a call at a time, as one of a batch; its record, or None if it is not to be ended any more.

Raises a `Refusal` where none of them is: that stops the batch.
"""


class Batches:
    """The batches under way and those that were over lately. `ledger` tells what comes of their commands."""

    def __init__(self, ledger: Ledger, book: BatchBook) -> None:
        self._ledger = ledger
        self._book = book
        self._batches: dict[str, _Work] = {}
        self._of: dict[CommandId, _Work] = {}
        self._stepped_at = 0.0
        ledger.watch(self._told)

    def begin(self, principal: Principal, calls: Iterable[int], rate: float, issue: Issue, now: float) -> Batch:
        """Begin one; the first command goes out with the next step. Raises `Conflict` if a login has too many."""
        login = principal.login
        if sum(work.busy for work in self._batches.values() if work.login == login) >= MOST_AT_ONCE:
            raise Conflict(f"{login} has {MOST_AT_ONCE} batches under way: wait until one is done, or stop one")
        name = f"b{self._ledger.new_id().removeprefix('c')}"
        work = self._batches[name] = _Work(name, principal, now, rate, calls, issue)
        self._book.begin_batch(work.entry())
        return work.seen()

    def find(self, name: str) -> Batch | None:
        """How a batch stands; None for an unknown or old one."""
        work = self._batches.get(name)
        return None if work is None else work.seen()

    def stop(self, name: str, words: str) -> Batch | None:
        """Send no more of its commands; `words` say why."""
        work = self._batches.get(name)
        if work is None:
            return None
        work.stop(words)
        self._book.record_batch(work.entry())
        return work.seen()

    def step(self, now: float) -> None:
        """Issue what is due by now, and forget what was over long ago."""
        passed = min(max(0.0, now - self._stepped_at), _LONGEST_STEP)
        self._stepped_at = now
        for work in tuple(self._batches.values()):
            left = work.left
            self._advance(work, passed, now)
            if work.left != left or (work.over_at is None and not work.busy):
                self._book.record_batch(work.entry())
            if work.busy:
                continue
            work.over_at = work.over_at or now
            if now - work.over_at >= KEEP:
                self._forget(work)

    def _advance(self, work: _Work, passed: float, now: float) -> None:
        work.credit = min(work.credit + passed * work.rate, max(1.0, work.rate))
        while work.waiting and work.credit >= 1.0:
            work.credit -= 1.0
            try:
                record = work.issue(work.waiting[0], now, work.id)
            except Refusal as refusal:
                work.stop(str(refusal))
                return
            work.waiting.popleft()
            if record is None:
                work.left += 1
            else:
                self._of[record.id] = work
                work.take(record)

    def _forget(self, work: _Work) -> None:
        del self._batches[work.id]
        for command in work.issued:
            self._of.pop(command, None)

    def _told(self, record: CommandRecord) -> None:
        work = self._of.get(record.id)
        if work is not None:
            work.take(record)
