"""What the journal keeps of an ended call. Of a command it keeps the ledger's own record."""

from callboard.calls.causes import Cause, Reason
from callboard.calls.legs import Call
from callboard.operations.past import EndedCall

__all__ = ["ended_call"]


def ended_call(call: Call, now: float) -> EndedCall:
    """What the journal keeps of `call`. One that was cut off without an end ended `now`, without a known cause."""
    placement = call.placement
    ended_at = now if call.ended_at is None else call.ended_at
    cause = call.cause or Cause(Reason.FAILED)
    return EndedCall(
        number=call.number,
        switch=call.key.switch,
        switch_call=call.key.native,
        direction=placement.direction.name.lower(),
        caller=call.caller,
        caller_name=call.caller_name,
        dialed=call.dialed,
        callee=call.callee,
        sip_call_id=call.sip_call_id,
        caller_media=call.caller_media,
        callee_media=call.callee_media,
        customer=placement.customer,
        account=placement.account,
        device=placement.device,
        callee_customer=placement.callee_customer,
        callee_account=placement.callee_account,
        callee_device=placement.callee_device,
        vendor=placement.vendor,
        connection=placement.connection,
        did=placement.did,
        machine=placement.machine,
        prefix=placement.prefix,
        destination=placement.destination,
        country=placement.country,
        started_at=call.started_at,
        progressed_at=call.progressed_at,
        answered_at=call.answered_at,
        ended_at=ended_at,
        duration=call.duration(ended_at),
        cause=cause.reason.name.lower(),
        sip_code=cause.sip,
        cause_text=cause.text,
        suspect_since=call.suspect_since,
    )
