"""Forget a row that is stuck: it leaves the table, and its switch hears nothing of it.

For a call that is up this is no way to end it. It is for the row of a call that nobody can vouch for any more, such as
one of a switch that was taken away for good.
"""

import msgspec

from callboard.access.rights import Principal, Right
from callboard.calls.commands import Outcome
from callboard.operations.desk import Desk
from callboard.operations.ledger import CommandRecord
from callboard.operations.operation import Operation
from callboard.operations.show import call_in_sight

__all__ = ["FORGET_CALL", "ForgetCall"]


class ForgetCall(msgspec.Struct, frozen=True, kw_only=True):
    """Which call: its public number."""

    number: int


def _forget_call(desk: Desk, principal: Principal, arguments: ForgetCall, now: float) -> CommandRecord:
    call = call_in_sight(desk, principal, arguments.number)
    record = desk.ledger.begin(principal, FORGET_CALL.name, call, now)
    words = f"removed by hand by {principal.login}; the switch was not asked"
    if desk.table.forget(call.number, words, now) is None:
        return desk.ledger.gone_already(record)
    return desk.ledger.note(record, Outcome.DONE, words)


FORGET_CALL = Operation(
    name="calls.forget",
    summary="Remove the row of a call that is stuck, without a word to its switch.",
    right=Right.CALLS_FORGET,
    arguments=ForgetCall,
    example=ForgetCall(number=960),
    run=_forget_call,
)
