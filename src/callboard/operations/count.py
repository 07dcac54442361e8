"""Count the calls that a principal may see, by whatever one likes, and tell of the last hour."""

import msgspec

from callboard.access.rights import Principal, Right
from callboard.calls.state import LIVE, State
from callboard.directory.records import ROOT
from callboard.operations.desk import Desk, Reach
from callboard.operations.list_calls import ListCalls, wanted_of
from callboard.operations.loads import Peak, Series
from callboard.operations.operation import Operation
from callboard.table.questions.counters import By, Groups
from callboard.table.questions.filters import Filter, some

__all__ = ["CALL_SERIES", "COUNT_CALLS", "CallSeries", "CountCalls", "Counted"]


class CountCalls(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls, and by what: nothing, one thing or two together."""

    which: ListCalls
    by: tuple[By, ...] = ()
    most: int | None = None
    """So many of the largest groups; None is all."""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """How many there are."""

    total: int
    answered: int
    ringing: int
    suspect: int
    groups: Groups
    peak: Peak | None
    """The most of today; None where only some of a customer's calls are counted."""


class CallSeries(msgspec.Struct, frozen=True, kw_only=True):
    """Whose calls, and from when on."""

    customer: int | None = None
    """With all below; None is the principal's own."""
    since: float
    """Unix seconds."""


def _count_calls(desk: Desk, principal: Principal, arguments: CountCalls, now: float) -> Counted:
    wanted = wanted_of(desk, principal, arguments.which)
    scope = None if principal.customer == ROOT else desk.scope(principal)
    count = desk.table.count(wanted, arguments.by, scope=scope, most=arguments.most, now=now)
    return Counted(
        total=count.total,
        answered=count.answered,
        ringing=count.states.get(State.RINGING, 0),
        suspect=count.suspect,
        groups=count.groups,
        peak=_peak(desk, principal, arguments.which, now),
    )


def _peak(desk: Desk, principal: Principal, which: ListCalls, now: float) -> Peak | None:
    """Peaks are kept of all that a customer sees, and of nothing less."""
    customers = frozenset((principal.customer,)) if which.customer is None else some(which.customer)
    if which.where != Filter(states=LIVE) or which.reach is not Reach.SUBTREE or len(customers) != 1:
        return None
    (customer,) = customers
    return desk.loads.peak(customer, now)


def _call_series(desk: Desk, principal: Principal, arguments: CallSeries, now: float) -> Series:
    customer = principal.customer if arguments.customer is None else arguments.customer
    desk.scope(principal, customer)
    return desk.loads.series(customer, arguments.since)


COUNT_CALLS = Operation(
    name="calls.count",
    summary="Count the calls that are up: all, by one thing, or by two together; with the peak of today.",
    right=Right.CALLS_STATS,
    arguments=CountCalls,
    example=CountCalls(which=ListCalls(as_party=True, where=Filter(states=LIVE)), by=(By.CUSTOMER,)),
    run=_count_calls,
)

CALL_SERIES = Operation(
    name="calls.series",
    summary="Tell how many calls there were in the last hour, every ten seconds.",
    right=Right.CALLS_STATS,
    arguments=CallSeries,
    example=CallSeries(customer=1, since=1_629_627_112.0),
    run=_call_series,
)
