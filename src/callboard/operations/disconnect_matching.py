"""End every call that a filter finds: look first, then say how many they are, then watch it done."""

import msgspec

from callboard.access.rights import Principal, Right
from callboard.calls.legs import Call
from callboard.calls.refusals import Conflict, InvalidArgument, NotFound
from callboard.calls.state import LIVE
from callboard.directory.records import ROOT
from callboard.operations.batches import Batch
from callboard.operations.desk import Desk
from callboard.operations.disconnect import hang_up
from callboard.operations.ledger import CommandRecord
from callboard.operations.list_calls import ListCalls, wanted_of
from callboard.operations.operation import Operation
from callboard.operations.sight import as_seen, refuse_texts
from callboard.table.questions.filters import Filter
from callboard.table.questions.matches import Fits, fits

__all__ = [
    "DISCONNECT_MATCHING",
    "FASTEST",
    "LOOK_MATCHING",
    "MOST",
    "SHOW_BATCH",
    "STOP_BATCH",
    "BatchName",
    "DisconnectMatching",
    "Found",
    "LookMatching",
    "tolerated",
]

FASTEST = 500.0
"""Calls a second at most."""
MOST = 10_000_000
"""Calls at most that a look can be said to have found."""
SLACK = 1_000
"""Calls that may have ended since the look, beside half of them."""
SAMPLE = 10
"""Calls that a look shows."""


class LookMatching(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls; the order says which of them the sample shows."""

    which: ListCalls


class DisconnectMatching(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls, how many they are, and how fast."""

    which: ListCalls
    count: int
    """How many there were when the client looked, at most `MOST`."""
    rate: float = 50.0
    """Calls a second, at most `FASTEST`."""


class BatchName(msgspec.Struct, frozen=True, kw_only=True):
    """Which batch: the id it was given."""

    id: str


class Found(msgspec.Struct, frozen=True):
    """What would be ended at this moment."""

    count: int
    sample: tuple[Call, ...]
    """Empty for one who may end calls and not list them."""


def tolerated(count: int) -> int:
    """How many calls may match by now: calls come and go, but nobody is to end many more than they looked at."""
    return count + max(count // 10, 2) if count else 0


def _wanted(desk: Desk, principal: Principal, which: ListCalls) -> Filter:
    """Of what is asked for, what is up. Raises `Forbidden` for what is looked for by a text that is masked."""
    refuse_texts(principal, which.where.texts)
    wanted = wanted_of(desk, principal, which)
    return msgspec.structs.replace(wanted, states=LIVE if wanted.states is None else wanted.states & LIVE)


def _look(desk: Desk, principal: Principal, arguments: LookMatching, now: float) -> Found:
    calls = desk.table.select(_wanted(desk, principal, arguments.which), arguments.which.order, now=now)
    shown = calls[:SAMPLE] if Right.CALLS_LIST in principal.rights else ()
    return Found(len(calls), tuple(as_seen(desk.directory, principal, call) for call in shown))


def _disconnect_matching(desk: Desk, principal: Principal, arguments: DisconnectMatching, now: float) -> Batch:
    """The calls are those that match now; each is looked at again when its turn comes."""
    if not 0 < arguments.rate <= FASTEST:
        raise InvalidArgument(f"rate must be more than 0 and at most {FASTEST:.0f} calls a second", "rate")
    wanted = _wanted(desk, principal, arguments.which)
    calls = desk.table.select(wanted, arguments.which.order, now=now)
    _check_count(arguments.count, len(calls))
    numbers = [call.number for call in calls]
    turns = _Turns(desk, principal, arguments.which, fits(wanted))
    return desk.batches.begin(principal, numbers, arguments.rate, turns.issue, now)


def _check_count(looked: int, now: int) -> None:
    """Raises Conflict for a count of which the look is too long ago, or that was never looked at."""
    if now > tolerated(looked) or looked > 2 * now + SLACK:
        raise Conflict(
            f"{now} calls match by now, and {looked} were to be ended: "
            "look again with dry_run, and send the count that it tells"
        )


class _Turns:
    """Ends the calls of a batch in the name of whoever asked, for as long as they may."""

    def __init__(self, desk: Desk, principal: Principal, which: ListCalls, still: Fits) -> None:
        self._desk = desk
        self._principal = principal
        self._which = which
        self._still = still
        self._standing = desk.standing.changes

    def issue(self, number: int, now: float, batch: str) -> CommandRecord | None:
        """A call that is over needs no ending, and one that matches no longer, as when it was answered, gets none.

        Raises the refusals of `calls.disconnect_matching` once whoever asked may not do it any more.
        """
        self._look_again(now)
        call = self._desk.table.call(number)
        if call is None or not self._still(call, now):
            return None
        return hang_up(self._desk, self._principal, DISCONNECT_MATCHING.name, call, now, batch)

    def _look_again(self, now: float) -> None:
        expires_at = self._principal.expires_at
        standing = self._desk.standing.changes
        if standing == self._standing and (expires_at is None or now < expires_at):
            return
        self._principal = self._desk.renew(DISCONNECT_MATCHING, self._principal, now)
        self._still = fits(_wanted(self._desk, self._principal, self._which))
        self._standing = standing


def _show_batch(desk: Desk, principal: Principal, arguments: BatchName, now: float) -> Batch:
    """As it goes on or, some time after it was over, as it is kept."""
    return _own(desk.batches.find(arguments.id) or desk.past.batch(arguments.id), principal, arguments.id)


def _stop_batch(desk: Desk, principal: Principal, arguments: BatchName, now: float) -> Batch:
    """To stop what is over already changes nothing."""
    found = _show_batch(desk, principal, arguments, now)
    return desk.batches.stop(arguments.id, f"stopped by {principal.login}") or found


def _own(batch: Batch | None, principal: Principal, name: str) -> Batch:
    """The batch of whoever asked for it, where they stood then; the operator sees all."""
    who = principal.login, principal.customer
    if batch is None or (principal.customer != ROOT and (batch.login, batch.customer) != who):
        raise NotFound(f"batch {name} not found")
    return batch


LOOK_MATCHING = Operation(
    name="calls.disconnect_look",
    summary="Count the calls that a filter would end, and show some of them.",
    right=Right.CALLS_DISCONNECT,
    arguments=LookMatching,
    example=LookMatching(which=ListCalls(where=Filter(vendor=1))),
    run=_look,
)

DISCONNECT_MATCHING = Operation(
    name="calls.disconnect_matching",
    summary="End every call that a filter finds, one after the other at a bounded pace.",
    right=Right.CALLS_DISCONNECT,
    arguments=DisconnectMatching,
    example=DisconnectMatching(which=ListCalls(where=Filter(vendor=1)), count=12),
    run=_disconnect_matching,
)

SHOW_BATCH = Operation(
    name="batches.show",
    summary="Show how many calls of a batch were ended, and what came of each.",
    right=Right.CALLS_DISCONNECT,
    arguments=BatchName,
    example=BatchName(id="b-1"),
    run=_show_batch,
)

STOP_BATCH = Operation(
    name="batches.stop",
    summary="Stop a batch: the calls whose turn has not come stay up.",
    right=Right.CALLS_DISCONNECT,
    arguments=BatchName,
    example=BatchName(id="b-1"),
    run=_stop_batch,
    audited=lambda arguments: f"batch {arguments.id}",
)
