"""A call as the vendor shows it: one line a member, in the order of their printed example.

The members, their types and CC_STATE are the vendor's (support.sippysoft.com, article 107462). What the page leaves
open is decided here and told in docs/reference/sippy.md.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from callboard.calls.legs import Call, Direction
from callboard.calls.state import State
from callboard.dialects.sippy.xmlrpc import MEMBER_END, integer, member_start, nil, string
from callboard.table.written.layout import Clock, Field, Layout, Run, Running, parts_of

__all__ = ["ACTIVE_STATES", "CC_STATE", "DIRECTION", "FIELDS", "LAYOUT"]

CC_STATE = {
    State.NEW: "Idle",
    State.AUTHENTICATING: "WaitAuth",
    State.ROUTING: "WaitRoute",
    State.DIALING: "ARComplete",
    State.RINGING: "ARComplete",
    State.ANSWERED: "Connected",
    State.HELD: "Connected",
    State.ENDING: "Disconnecting",
    State.ENDED: "Dead",
}

ACTIVE_STATES = frozenset(state for state, name in CC_STATE.items() if name in {"WaitRoute", "ARComplete", "Connected"})
"""What listActiveCalls shows."""

# The page shows `vendor` and `onnet_in` and no full list: here, the first is a call sent to a vendor, the second one
# that an account of ours receives.
DIRECTION = {
    Direction.UNKNOWN: "",
    Direction.OUTBOUND: "vendor",
    Direction.TRANSIT: "vendor",
    Direction.INTERNAL: "onnet_in",
    Direction.INBOUND: "onnet_in",
}

_ENVIRONMENT = "1"
"""The vendor's product can be split into environments; Callboard is one."""


T = TypeVar("T")


def _field(name: str, write: Callable[[T], str], of: Callable[[Call], T]) -> Field[Call]:
    start = member_start(name)
    return Field(name, lambda call: f"{start}{write(of(call))}{MEMBER_END}")


def _clock(name: str, running: Running) -> Field[Call]:
    """A double with milliseconds."""
    start, end = f"{member_start(name)}<double>", f"</double>{MEMBER_END}"
    return Field(name, Clock(start.encode(), end.encode(), Run(running, exact=True)))


def _markup(text: str) -> Field[Call]:
    return Field("", lambda call: text)


def _id(number: int | None) -> str:
    return nil() if number is None else integer(number)


def _id_as_text(number: int | None) -> str:
    return nil() if number is None else string(str(number))


def _time(at: float) -> str:
    """`20210822T10:11:52.000`, UTC; a string like all times of this interface (article 3000073101)."""
    return string(datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:23].replace("-", ""))


FIELDS = (
    _field("CLI", string, lambda call: call.caller),
    _field("I_CONNECTION", _id, lambda call: call.placement.connection),
    _field("CLD", string, lambda call: call.dialed or call.callee),
    _field("CALL_ID", string, lambda call: call.sip_call_id),
    _clock("DELAY", Running.DELAY),
    _clock("DURATION", Running.TALK),
    _field("CC_STATE", string, lambda call: CC_STATE[call.state]),
    _field("I_ACCOUNT", _id, lambda call: call.placement.account),
    _field("ID", string, lambda call: str(call.number)),
    _field("I_CUSTOMER", _id_as_text, lambda call: call.placement.customer),
    _field("I_ENVIRONMENT", string, lambda call: _ENVIRONMENT),
    _field("CALLER_MEDIA_IP", string, lambda call: call.caller_media),
    _field("CALLEE_MEDIA_IP", string, lambda call: call.callee_media),
    _field("SETUP_TIME", _time, lambda call: call.started_at),
    _field("DIRECTION", string, lambda call: DIRECTION[call.placement.direction]),
    _field("NODE_ID", string, lambda call: call.key.switch),
)
"""The whole row. Later versions of the vendor's product have NODE_ID: the switch that carries the call."""


LAYOUT = Layout(
    tuple(
        parts_of((_markup("<value><struct>\n"), *FIELDS, _markup("</struct></value>\n")), lambda call: call),
    )
)
"""One call as the markup of a `<value>` in an array."""
