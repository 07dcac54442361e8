"""List calls that ended."""

import msgspec
from msgspec.structs import replace

from callboard.access.rights import Principal, Right
from callboard.directory.records import ROOT
from callboard.operations.desk import Desk, Reach
from callboard.operations.operation import Operation
from callboard.operations.past import Cursor, EndedCall, Page, PastCalls
from callboard.operations.sight import own_ids_only, past_as_seen, refuse_texts
from callboard.table.questions.filters import Filter, Ids, some

__all__ = ["LIST_HISTORY", "ListHistory"]


class ListHistory(msgspec.Struct, frozen=True, kw_only=True):
    """Which ended calls, newest first."""

    customers: frozenset[int] | None = None
    """The customers whose calls are asked for; None is the principal's own."""
    reach: Reach = Reach.SUBTREE
    where: PastCalls = PastCalls()
    """Further conditions; whose calls is said above, so its `customers` must be None."""
    before: Cursor | None = None
    """Where the last page ended."""
    limit: int = 100


def _list_history(desk: Desk, principal: Principal, arguments: ListHistory, now: float) -> Page[EndedCall]:
    """Calls that these customers owned or got when they ended; the operator's full list has those of nobody too."""
    refuse_texts(principal, arguments.where.texts)
    scope: frozenset[int] = frozenset()
    for customer in arguments.customers or {principal.customer}:
        scope |= desk.scope(principal, customer, arguments.reach)
    everything = ROOT in scope and arguments.reach is Reach.SUBTREE
    wanted = replace(_own_only(desk, principal, arguments.where), customers=None if everything else scope)
    page = desk.past.find_calls(wanted, arguments.before, arguments.limit)
    return Page(tuple(past_as_seen(desk.directory, principal, call) for call in page.entries), page.next)


def _own_only(desk: Desk, principal: Principal, where: PastCalls) -> PastCalls:
    """The conditions without the accounts, devices and DIDs that are not the principal's: they find nothing."""
    given = Filter(party_account=where.accounts, party_device=where.devices, did=where.dids)
    own = own_ids_only(desk.directory, principal, given)
    return replace(where, accounts=_ids(own.party_account), devices=_ids(own.party_device), dids=_ids(own.did))


def _ids(ids: Ids) -> frozenset[int] | None:
    return None if ids is None else frozenset(some(ids))


LIST_HISTORY = Operation(
    name="history.list",
    summary="List ended calls, of a customer and all below, newest first.",
    right=Right.JOURNAL_READ,
    arguments=ListHistory,
    example=ListHistory(where=PastCalls(shortest=60.0)),
    run=_list_history,
)
