"""The ledger: every command from the moment it is asked for until its outcome is proven.

A command never edits the table. Its outcome is `done` when the switch reported the end of the call, and nothing else
makes it so.
"""

from collections import deque
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from callboard.calls.causes import Reason
from callboard.calls.commands import Command, CommandId, Outcome, Switchboard
from callboard.calls.legs import Call
from callboard.table.changes import Change, Kind

__all__ = ["CommandRecord", "Ledger"]

TIME_LIMIT = 40.0
"""Seconds without proof after which an outcome is unknown: a BYE is repeated for 32 s (RFC 3261 timer F)."""
KEEP = 600.0
"""Seconds for which outcomes can be asked for here; the journal keeps them longer."""


class CommandRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Who asked for what, when, from where, and what came of it. Times are Unix seconds."""

    id: CommandId
    at: float
    login: str
    address: str
    operation: str
    call_number: int
    switch: str
    outcome: Outcome = Outcome.PENDING
    outcome_at: float | None = None
    words: str = ""
    """The switch's or our own words on the outcome, for people."""


class Ledger:
    """Commands under way and those that came out lately. `new_id` gives an id that was never given before."""

    def __init__(self, new_id: Callable[[], CommandId]) -> None:
        self.new_id = new_id
        self._records: dict[CommandId, CommandRecord] = {}
        self._pending: dict[int, list[CommandId]] = {}
        self._queue: deque[CommandId] = deque()
        self._watchers: list[Callable[[CommandRecord], None]] = []

    def watch(self, watcher: Callable[[CommandRecord], None]) -> Callable[[], None]:
        """Have `watcher` told of every command when it is asked for and when it came out; returns what ends it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def record(self, command: CommandId) -> CommandRecord | None:
        """What is known of a command; None for an unknown or old one."""
        return self._records.get(command)

    def outcome(self, command: CommandId) -> Outcome:
        """How a command came out; `PENDING` while it has not, `UNKNOWN` for one that is not known (any more)."""
        record = self._records.get(command)
        return Outcome.UNKNOWN if record is None else record.outcome

    def issue(self, record: CommandRecord, command: Command, switchboard: Switchboard) -> CommandRecord:
        """Write a command down, then send it. If it cannot be sent it is refused, with the link's words."""
        self._records[record.id] = record
        self._queue.append(record.id)
        self._pending.setdefault(record.call_number, []).append(record.id)
        self._tell(record)
        why_not = switchboard.send(command)
        if why_not is not None:
            return self._settle(record.id, Outcome.REFUSED, record.at, why_not)
        return record

    def gone_already(self, record: CommandRecord) -> CommandRecord:
        """Write down a command for a call that ended before it could be sent."""
        return self._note(record, Outcome.ALREADY_GONE, "the call was over already")

    def carried_out(self, record: CommandRecord, words: str) -> CommandRecord:
        """Write down what was done here, without any switch."""
        return self._note(record, Outcome.DONE, words)

    def _note(self, record: CommandRecord, outcome: Outcome, words: str) -> CommandRecord:
        self._records[record.id] = record
        self._queue.append(record.id)
        self._tell(record)
        return self._settle(record.id, outcome, record.at, words)

    def observe(self, change: Change, now: float) -> None:
        """Take the proof from the table: a call that ended settles every command that was to end it.

        A row that was removed by hand proves nothing.
        """
        if change.kind is Kind.ENDED:
            cause = change.call.cause
            by_hand = cause is not None and cause.reason is Reason.FORGOTTEN
            outcome = Outcome.UNKNOWN if by_hand else Outcome.DONE
            for command in self._pending.pop(change.call.number, ()):
                self._settle(command, outcome, now, _words(change.call))

    def sweep(self, now: float) -> None:
        """Give up on proof that did not come in time, and forget old outcomes. Call it about once a second."""
        for command in [command for commands in self._pending.values() for command in commands]:
            if self._records[command].at <= now - TIME_LIMIT:
                self._settle(command, Outcome.UNKNOWN, now, f"the switch reported no end within {TIME_LIMIT:.0f} s")
        while self._queue and self._records[self._queue[0]].at <= now - KEEP:
            self._records.pop(self._queue.popleft())

    def _settle(self, command: CommandId, outcome: Outcome, at: float, words: str) -> CommandRecord:
        record = replace(self._records[command], outcome=outcome, outcome_at=at, words=words)
        self._records[command] = record
        waiting = self._pending.get(record.call_number)
        if waiting is not None and command in waiting:
            waiting.remove(command)
            if not waiting:
                del self._pending[record.call_number]
        self._tell(record)
        return record

    def _tell(self, record: CommandRecord) -> None:
        for watcher in tuple(self._watchers):
            watcher(record)


def _words(call: Call) -> str:
    return "" if call.cause is None else call.cause.text
