"""Put a party of a call on hold, and take it off."""

import msgspec

from callboard.access.rights import Principal, Right
from callboard.calls.commands import Hold, Outcome, Unhold
from callboard.calls.legs import Call, Side
from callboard.calls.state import CONNECTED, State
from callboard.operations.desk import Desk
from callboard.operations.ledger import CommandRecord
from callboard.operations.operation import Operation
from callboard.operations.show import call_in_sight

__all__ = ["HOLD_CALL", "UNHOLD_CALL", "HoldCall", "UnholdCall"]


class HoldCall(msgspec.Struct, frozen=True, kw_only=True):
    """Which call, and whose phone is put on hold."""

    number: int
    """The call's public number."""
    party: Side = Side.CALLER


class UnholdCall(msgspec.Struct, frozen=True, kw_only=True):
    """Which call, and whose phone is taken off hold."""

    number: int
    """The call's public number."""
    party: Side = Side.CALLER


def _hold_call(desk: Desk, principal: Principal, arguments: HoldCall, now: float) -> CommandRecord:
    call = call_in_sight(desk, principal, arguments.number)
    record = desk.ledger.begin(principal, HOLD_CALL.name, call, now)
    already = _is_held(call, arguments.party)
    return _settled(
        desk, record, call, _words(arguments.party, "on hold already") if already else ""
    ) or desk.ledger.issue(record, Hold(record.id, call.key, arguments.party), call, desk.switchboard)


def _unhold_call(desk: Desk, principal: Principal, arguments: UnholdCall, now: float) -> CommandRecord:
    call = call_in_sight(desk, principal, arguments.number)
    record = desk.ledger.begin(principal, UNHOLD_CALL.name, call, now)
    already = not _is_held(call, arguments.party)
    return _settled(desk, record, call, _words(arguments.party, "not on hold") if already else "") or desk.ledger.issue(
        record, Unhold(record.id, call.key, arguments.party), call, desk.switchboard
    )


def _is_held(call: Call, party: Side) -> bool:
    return any(leg.state is State.HELD for leg in call.side(party))


def _words(party: Side, how: str) -> str:
    return f"the {party.name.lower()} was {how}: the switch was not asked"


def _settled(desk: Desk, record: CommandRecord, call: Call, already: str) -> CommandRecord | None:
    """The outcome where the switch need not be asked: the call is over, rings, or is as it is wanted."""
    if call.state is State.ENDED:
        return desk.ledger.gone_already(record)
    if call.state not in CONNECTED:
        return desk.ledger.note(record, Outcome.REFUSED, "a call is put on hold once it is answered, not before")
    return desk.ledger.note(record, Outcome.DONE, already) if already else None


HOLD_CALL = Operation(
    name="calls.hold",
    summary="Put a party of an answered call on hold.",
    right=Right.CALLS_HOLD,
    arguments=HoldCall,
    example=HoldCall(number=960),
    run=_hold_call,
)

UNHOLD_CALL = Operation(
    name="calls.unhold",
    summary="Take a party of a call off hold.",
    right=Right.CALLS_HOLD,
    arguments=UnholdCall,
    example=UnholdCall(number=960),
    run=_unhold_call,
)
