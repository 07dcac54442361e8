"""What the journal keeps of an ended call. Of a command it keeps the ledger's own record."""

from typing import Generic, NamedTuple, TypeVar

import msgspec

from callboard.calls.causes import Cause, Reason
from callboard.calls.legs import Call, CallNumber

__all__ = ["Cursor", "EndedCall", "Page", "ended_call"]


class EndedCall(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An ended call: everything one asks for later. Times are Unix seconds, ids are the directory's of that time."""

    number: CallNumber
    switch: str
    switch_call: str
    """The switch's own name for the call."""
    direction: str
    """`internal`, `outbound`, `inbound`, `transit` or `unknown`."""
    caller: str
    caller_name: str
    dialed: str
    callee: str
    sip_call_id: str
    caller_media: str
    callee_media: str
    customer: int | None
    account: int | None
    device: int | None
    callee_customer: int | None
    callee_account: int | None
    callee_device: int | None
    vendor: int | None
    connection: int | None
    did: int | None
    machine: int | None
    prefix: str
    destination: str
    country: str
    started_at: float
    progressed_at: float | None
    answered_at: float | None
    ended_at: float
    duration: float
    """Seconds connected; 0.0 if it was never answered."""
    cause: str
    """The reason in one word, such as `normal`, `busy`, `no_answer`."""
    sip_code: int
    """SIP status code, 0 if none was involved."""
    cause_text: str
    """The switch's own words."""
    suspect_since: float | None
    """Set if nothing vouched for the call any more when it ended: its end may have been earlier."""


Entry = TypeVar("Entry")


class Cursor(NamedTuple):
    """A place in the journal: just after the entry of that time and key, on the way back in time."""

    at: float
    key: int | str


class Page(msgspec.Struct, Generic[Entry], frozen=True):
    """Some entries of one kind, newest first."""

    entries: tuple[Entry, ...]
    next: Cursor | None
    """Ask with this for the older ones; None if there are none."""


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
