"""Count the live calls of accounts without listing them."""

from collections.abc import Mapping

import msgspec

from callboard.access.rights import Principal, Right
from callboard.operations.desk import Desk, Reach
from callboard.operations.operation import Operation
from callboard.table.questions.counters import By, Tally

__all__ = ["CALL_STATS", "CallStats"]


class CallStats(msgspec.Struct, frozen=True, kw_only=True):
    """Whose accounts."""

    customer: int | None = None
    """None is the principal's own."""
    reach: Reach = Reach.OWN


def _call_stats(desk: Desk, principal: Principal, arguments: CallStats, now: float) -> Mapping[int, Tally]:
    scope = desk.scope(principal, arguments.customer, arguments.reach)
    accounts = [account.id for customer in scope for account in desk.directory.accounts_of(customer)]
    return desk.table.counters.of(By.ACCOUNT, accounts)


CALL_STATS = Operation(
    name="calls.stats",
    summary="Count the live and the connected calls of each account that has any.",
    right=Right.CALLS_STATS,
    arguments=CallStats,
    example=CallStats(customer=1),
    run=_call_stats,
)
