"""List the calls that a principal may see."""

import msgspec

from callboard.access.rights import Principal, Right
from callboard.calls.legs import Call
from callboard.calls.state import State
from callboard.directory.records import ROOT
from callboard.operations.desk import Desk
from callboard.operations.operation import Operation
from callboard.table.changes import Revision
from callboard.table.filters import Filter, Order

__all__ = ["LIST_CALLS", "ListCalls", "Listing", "visible"]


class ListCalls(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls, in which order."""

    customer: int | None = None
    """The customer whose calls are asked for; None is the principal's own."""
    recursive: bool = True
    """With the calls of all customers below."""
    account: int | None = None
    vendor: int | None = None
    connection: int | None = None
    states: frozenset[State] | None = None
    order: Order = Order.OLDEST_FIRST


class Listing(msgspec.Struct, frozen=True):
    """The calls as they are at one moment of the table."""

    calls: tuple[Call, ...]
    revision: Revision
    at: float


def visible(desk: Desk, principal: Principal, customer: int | None = None, *, recursive: bool = True) -> Filter:
    """The filter that keeps a principal to its subtree. Only the root's full list holds calls that nobody owns."""
    scope = desk.scope(principal, customer, recursive=recursive)
    if recursive and ROOT in scope:
        return Filter()
    return Filter(customers=scope)


def _list_calls(desk: Desk, principal: Principal, arguments: ListCalls, now: float) -> Listing:
    within = visible(desk, principal, arguments.customer, recursive=arguments.recursive)
    wanted = msgspec.structs.replace(
        within,
        account=arguments.account,
        vendor=arguments.vendor,
        connection=arguments.connection,
        states=arguments.states,
    )
    return Listing(desk.table.select(wanted, arguments.order, now=now), desk.table.revision, now)


LIST_CALLS = Operation(
    name="calls.list",
    summary="List the calls that are up now, of a customer and all below.",
    right=Right.CALLS_LIST,
    arguments=ListCalls,
    example=ListCalls(vendor=1, order=Order.LONGEST_FIRST),
    run=_list_calls,
)
