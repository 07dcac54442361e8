"""The ledger: every command from the moment it is asked for until its outcome is proven.

A command never edits the table. Its outcome is `done` when the switch itself reported what was asked for, in its events
(`proofs`) or in its answer, and nothing else makes it so.
"""

from collections import deque
from collections.abc import Callable
from functools import partial

import msgspec
from msgspec.structs import replace

from callboard.access.rights import Principal
from callboard.calls.causes import Reason
from callboard.calls.commands import Answer, Command, CommandId, HangUp, Outcome, Switchboard, Transfer
from callboard.calls.legs import Call
from callboard.calls.state import State
from callboard.directory.records import ROOT
from callboard.operations.proofs import left_alone, proof
from callboard.table.changes import Change, Kind

__all__ = ["KEEP", "CommandRecord", "Ledger"]

TIME_LIMIT = 40.0
"""Seconds without proof after which an outcome is unknown: a BYE is repeated for 32 s (RFC 3261 timer F)."""
KEEP = 600.0
"""Seconds for which outcomes can be asked for here; the journal keeps them longer."""


ALONE = 1.0
"""Seconds that a transferred party must stay up by itself to count as led elsewhere: to a number that does not exist it
is not for long.
"""


class CommandRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Who asked for what, when, from where, and what came of it. Times are Unix seconds."""

    id: CommandId
    at: float
    login: str
    customer: int | None = None
    """At which customer who asked stood then; None: not known."""
    address: str
    token: str = ""
    """The id of the token that they signed in with; empty if it was none."""
    operation: str
    batch: str = ""
    """The id of the batch that it is part of; empty if it is of none."""
    call_number: int
    switch: str
    outcome: Outcome = Outcome.PENDING
    outcome_at: float | None = None
    words: str = ""
    """What more was asked for, such as the number of a transfer, and the switch's or our own words on the outcome."""

    def is_for(self, principal: Principal) -> bool:
        """Whether it is this one's to know of: whoever asked for it, where they stood then, and the operator."""
        return principal.customer == ROOT or (self.login, self.customer) == (principal.login, principal.customer)


class _Pending:
    """A command that went out and waits for its proof."""

    __slots__ = ("alone_since", "before", "command", "now", "taken")

    def __init__(self, command: Command, call: Call) -> None:
        self.command = command
        self.before = call
        self.now = call
        self.taken = False
        """Whether the switch said that it took the command."""
        self.alone_since: float | None = None


class Ledger:
    """Commands under way and those that came out lately. `new_id` gives an id that was never given before."""

    def __init__(self, new_id: Callable[[], CommandId]) -> None:
        self.new_id = new_id
        self._records: dict[CommandId, CommandRecord] = {}
        self._pending: dict[int, dict[CommandId, _Pending]] = {}
        self._queue: deque[CommandId] = deque()
        self._watchers: list[Callable[[CommandRecord], None]] = []

    def watch(self, watcher: Callable[[CommandRecord], None]) -> Callable[[], None]:
        """Have `watcher` told of every command when it is asked for and when it came out; returns what ends it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def record(self, command: CommandId) -> CommandRecord | None:
        """What is known of a command; None for an unknown or old one."""
        return self._records.get(command)

    def records(self, call_number: int) -> tuple[CommandRecord, ...]:
        """The commands for a call that are still known, the oldest first."""
        return tuple(record for record in self._records.values() if record.call_number == call_number)

    def outcome(self, command: CommandId) -> Outcome:
        """How a command came out; `PENDING` while it has not, `UNKNOWN` for one that is not known (any more)."""
        record = self._records.get(command)
        return Outcome.UNKNOWN if record is None else record.outcome

    # --- asking ------------------------------------------------------------------------------------------------------

    def begin(self, principal: Principal, operation: str, call: Call, now: float, batch: str = "") -> CommandRecord:
        """A record of what is asked for, under a new id; it is not written down yet."""
        return CommandRecord(
            id=self.new_id(),
            at=now,
            login=principal.login,
            customer=principal.customer,
            address=principal.address,
            token=principal.token,
            operation=operation,
            batch=batch,
            call_number=call.number,
            switch=call.key.switch,
        )

    def issue(self, record: CommandRecord, command: Command, call: Call, switchboard: Switchboard) -> CommandRecord:
        """Write a command for a call down, then send it. If it cannot be sent it is refused, with the link's words."""
        self._write(record)
        self._pending.setdefault(record.call_number, {})[record.id] = _Pending(command, call)
        self._tell(record)
        why_not = switchboard.send(command, partial(self.answered, record.id))
        if why_not is not None:
            return self._settle(record.id, Outcome.REFUSED, record.at, why_not)
        return self._records[record.id]

    def note(self, record: CommandRecord, outcome: Outcome, words: str) -> CommandRecord:
        """Write down a command whose outcome is known without asking any switch."""
        self._write(record)
        self._tell(record)
        return self._settle(record.id, outcome, record.at, words)

    def gone_already(self, record: CommandRecord) -> CommandRecord:
        """Write down a command for a call that ended before it could be sent."""
        return self.note(record, Outcome.ALREADY_GONE, "the call was over already")

    def _write(self, record: CommandRecord) -> None:
        self._records[record.id] = record
        self._queue.append(record.id)

    # --- outcomes ----------------------------------------------------------------------------------------------------

    def answered(self, command: CommandId, answer: Answer) -> None:
        """Take in what the switch answered. What was settled before stays as it is."""
        pending = self._waiting(command)
        if pending is None:
            return
        if answer.outcome is not Outcome.PENDING:
            self._settle(command, answer.outcome, answer.at, answer.words)
            return
        pending.taken = True
        self._look(command, pending, answer.at)

    def observe(self, change: Change, now: float) -> None:
        """Take the proof from the table: what the switch tells of a call settles the commands for it."""
        commands = self._pending.get(change.call.number)
        if commands is None or change.kind not in (Kind.CHANGED, Kind.ENDED):
            return
        for command, pending in tuple(commands.items()):
            pending.now = change.call
            self._look(command, pending, now)

    def _look(self, command: CommandId, pending: _Pending, now: float) -> None:
        """Settle a command if the call, as it is now, shows how it came out.

        A row that was removed by hand proves nothing, nor does an end what was to happen before it.
        """
        call = pending.now
        by_hand = call.cause is not None and call.cause.reason is Reason.FORGOTTEN
        words = proof(pending.command, pending.before, call)
        if words is None:
            words = self._alone(pending, now)
        if words is not None:
            self._settle(command, Outcome.UNKNOWN if by_hand else Outcome.DONE, now, words)
        elif call.state is State.ENDED:
            # Which of the two it was shows in no order of events that could be relied on.
            hint = ": a party hung up, or there is no such number" if isinstance(pending.command, Transfer) else ""
            self._settle(command, Outcome.UNKNOWN, now, f"the call ended before the switch reported it{hint}")

    def _alone(self, pending: _Pending, now: float) -> str | None:
        """Words on a transfer that the switch took and that calls nobody, once it has lasted."""
        if not pending.taken or not left_alone(pending.command, pending.before, pending.now):
            return None
        since = pending.alone_since = pending.alone_since or now
        return "the other party left" if now - since >= ALONE else None

    def sweep(self, now: float) -> None:
        """Give up on proof that did not come in time, and forget old outcomes. Call it about once a second."""
        for command, pending in [pair for pairs in self._pending.values() for pair in pairs.items()]:
            if self._alone(pending, now):
                self._look(command, pending, now)
            elif self._records[command].at <= now - TIME_LIMIT:
                what = "no end" if isinstance(pending.command, HangUp) else "nothing of it"
                self._settle(command, Outcome.UNKNOWN, now, f"the switch reported {what} within {TIME_LIMIT:.0f} s")
        while self._queue and self._records[self._queue[0]].at <= now - KEEP:
            self._records.pop(self._queue.popleft())

    def _waiting(self, command: CommandId) -> _Pending | None:
        record = self._records.get(command)
        return None if record is None else self._pending.get(record.call_number, {}).get(command)

    def _settle(self, command: CommandId, outcome: Outcome, at: float, words: str) -> CommandRecord:
        before = self._records[command]
        told = ": ".join(part for part in (before.words, words) if part)
        record = self._records[command] = replace(before, outcome=outcome, outcome_at=at, words=told)
        waiting = self._pending.get(record.call_number)
        if waiting is not None:
            waiting.pop(command, None)
            if not waiting:
                del self._pending[record.call_number]
        self._tell(record)
        return record

    def _tell(self, record: CommandRecord) -> None:
        for watcher in tuple(self._watchers):
            watcher(record)
