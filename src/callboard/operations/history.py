"""List calls that ended."""

import msgspec
from msgspec.structs import replace

from callboard.access.rights import Principal, Right
from callboard.directory.records import ROOT
from callboard.operations.desk import Desk, Reach
from callboard.operations.operation import Operation
from callboard.operations.past import Cursor, EndedCall, Page, PastCalls
from callboard.operations.sight import past_as_seen, refuse_texts

__all__ = ["LIST_HISTORY", "ListHistory"]


class ListHistory(msgspec.Struct, frozen=True, kw_only=True):
    """Which ended calls, newest first."""

    customer: int | None = None
    """The customer whose calls are asked for; None is the principal's own."""
    reach: Reach = Reach.SUBTREE
    where: PastCalls = PastCalls()
    """Further conditions; whose calls is said above, so its `customers` must be None."""
    before: Cursor | None = None
    """Where the last page ended."""
    limit: int = 100


def _list_history(desk: Desk, principal: Principal, arguments: ListHistory, now: float) -> Page[EndedCall]:
    """Calls that these customers owned or got when they ended; the operator's full list has those of nobody too."""
    refuse_texts(principal, arguments.where.texts)
    scope = desk.scope(principal, arguments.customer, arguments.reach)
    everything = ROOT in scope and arguments.reach is Reach.SUBTREE
    wanted = replace(arguments.where, customers=None if everything else scope)
    page = desk.past.find_calls(wanted, arguments.before, arguments.limit)
    return Page(tuple(past_as_seen(desk.directory, principal, call) for call in page.entries), page.next)


LIST_HISTORY = Operation(
    name="history.list",
    summary="List ended calls, of a customer and all below, newest first.",
    right=Right.JOURNAL_READ,
    arguments=ListHistory,
    example=ListHistory(where=PastCalls(shortest=60.0)),
    run=_list_history,
)
