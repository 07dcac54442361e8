"""List the calls that a principal may see."""

import msgspec

from callboard.access.rights import Principal, Right
from callboard.directory.records import ROOT
from callboard.operations.desk import Desk, Reach
from callboard.operations.operation import Operation
from callboard.operations.sight import own_ids_only, refuse_sorting, refuse_texts, sight_of
from callboard.table.changes import Revision
from callboard.table.questions.filters import EVERYTHING, Filter, Ids, Order, some
from callboard.table.questions.ordering import Bookmark
from callboard.table.questions.selection import Selection

__all__ = ["LIST_CALLS", "ListCalls", "Listing", "wanted_of"]


class ListCalls(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls, in which order."""

    customer: Ids = None
    """The customers whose calls are asked for; None is the principal's own."""
    reach: Reach = Reach.SUBTREE
    as_party: bool = False
    """Also the calls of others to accounts in reach; else only the calls that customers in reach own."""
    where: Filter = EVERYTHING
    """Further conditions; whose calls is said above, so its `customers` and `parties` must be None."""
    order: Order = Order.OLDEST_FIRST
    further: tuple[Order, ...] = ()
    """What those are sorted by that are equal in the order."""
    limit: int | None = None
    """The longest page; None is the whole list."""
    after: Bookmark | None = None
    """The `next` of the page before."""


class Listing(msgspec.Struct, frozen=True):
    """The calls that were wanted at one moment of the table."""

    calls: Selection
    """As the principal sees them; those that leave before they are looked at are left out."""
    revision: Revision
    at: float
    total: int
    """How many there are on all pages."""
    next: Bookmark | None
    """Where the next page begins; None if there is none."""


def wanted_of(desk: Desk, principal: Principal, arguments: ListCalls) -> Filter:
    """The filter that says all of it: what is asked for, of what the principal may see.

    Raises `CustomerNotFound`, Forbidden where it looks for what is masked for the principal, and ValueError where
    `where` says whose calls.
    """
    refuse_texts(principal, arguments.where.texts)
    for order in (arguments.order, *arguments.further):
        refuse_sorting(principal, order.key)
    scope = _scope(desk, principal, arguments)
    where = own_ids_only(desk.directory, principal, arguments.where)
    if where.customers is not None or where.parties is not None:
        raise ValueError("whose calls are listed is for `customer`, `reach` and `as_party` to say")
    if ROOT in scope and arguments.reach is Reach.SUBTREE:
        return where  # The operator's full list also has the calls that nobody owns (yet).
    if arguments.as_party:
        return msgspec.structs.replace(where, parties=scope)
    return msgspec.structs.replace(where, customers=scope)


def _scope(desk: Desk, principal: Principal, arguments: ListCalls) -> frozenset[int]:
    if arguments.customer is None:
        return desk.scope(principal, None, arguments.reach)
    scopes = (desk.scope(principal, customer, arguments.reach) for customer in some(arguments.customer))
    return frozenset[int]().union(*scopes)


def _list_calls(desk: Desk, principal: Principal, arguments: ListCalls, now: float) -> Listing:
    scope = frozenset[int]() if principal.customer == ROOT else desk.scope(principal)
    page = desk.table.page(
        wanted_of(desk, principal, arguments),
        (arguments.order, *arguments.further),
        limit=arguments.limit,
        after=arguments.after,
        scope=scope or None,
        asker=(principal.login, principal.customer, principal.masks),
        now=now,
    )
    calls = page.calls.seen_with(sight_of(desk.directory, principal, scope))
    return Listing(calls, desk.table.revision, now, page.total, page.next)


LIST_CALLS = Operation(
    name="calls.list",
    summary="List the calls that are up now, of a customer and all below.",
    right=Right.CALLS_LIST,
    arguments=ListCalls,
    example=ListCalls(where=Filter(vendor=1), order=Order.LONGEST_FIRST),
    run=_list_calls,
)
