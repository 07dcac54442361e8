"""Connect one party of a call to another number."""

import msgspec

from callboard.access.rights import Principal, Right
from callboard.calls.commands import Outcome, Transfer
from callboard.calls.legs import Side
from callboard.calls.refusals import InvalidArgument
from callboard.calls.state import CONNECTED, State
from callboard.operations.desk import Desk
from callboard.operations.ledger import CommandRecord
from callboard.operations.operation import Operation
from callboard.operations.show import call_in_sight

__all__ = ["TRANSFER_CALL", "TransferCall"]


class TransferCall(msgspec.Struct, frozen=True, kw_only=True):
    """Which call, where to, and who goes there."""

    number: int
    """The call's public number."""
    to: str
    """The number or extension, as somebody at the switch would dial it."""
    party: Side = Side.CALLER
    """Who is connected to it; the other party is let go."""


def _transfer_call(desk: Desk, principal: Principal, arguments: TransferCall, now: float) -> CommandRecord:
    """Only an owner may: what the new leg costs is theirs to pay."""
    call = call_in_sight(desk, principal, arguments.number)
    record = desk.ledger.begin(principal, TRANSFER_CALL.name, call, now)
    try:
        command = Transfer(record.id, call.key, arguments.to, arguments.party)
    except ValueError as error:
        raise InvalidArgument(f"to: {error}", "to") from None
    record = msgspec.structs.replace(record, words=f"{arguments.party.name.lower()} to {command.target}")
    if call.state is State.ENDED:
        return desk.ledger.gone_already(record)
    if call.state not in CONNECTED:
        return desk.ledger.note(record, Outcome.REFUSED, "a call is transferred once it is answered, not before")
    return desk.ledger.issue(record, command, call, desk.switchboard)


TRANSFER_CALL = Operation(
    name="calls.transfer",
    summary="Connect one party of an answered call to another number, and let the other party go.",
    right=Right.CALLS_TRANSFER,
    arguments=TransferCall,
    example=TransferCall(number=960, to="104"),
    run=_transfer_call,
)
