"""A call as the vendor shows it: one line a member, in the order of their printed example.

The members, their types and CC_STATE are the vendor's (support.sippysoft.com, article 107462). What the page leaves
open is decided here and told in docs/reference/sippy.md.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from callboard.calls.legs import Call, Direction
from callboard.calls.state import State
from callboard.dialects.sippy.xmlrpc import MEMBER_END, double, integer, member_start, nil, string, struct
from callboard.http.blocks import in_blocks

__all__ = ["ACTIVE_STATES", "CC_STATE", "DIRECTION", "FIELDS", "Field", "blocks", "node_id", "row"]

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


class Field(NamedTuple):
    """A member of the row: its name, and the whole of it as markup, for a call at a moment."""

    name: str
    render: Callable[[Call, float], str]


T = TypeVar("T")


def _field(name: str, write: Callable[[T], str], of: Callable[[Call, float], T]) -> Field:
    start = member_start(name)
    return Field(name, lambda call, now: f"{start}{write(of(call, now))}{MEMBER_END}")


def _id(number: int | None) -> str:
    return nil() if number is None else integer(number)


def _id_as_text(number: int | None) -> str:
    return nil() if number is None else string(str(number))


def _time(at: float) -> str:
    """`20210822T10:11:52.000`, UTC; a string like all times of this interface (article 3000073101)."""
    return string(datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:23].replace("-", ""))


def node_id(call: Call) -> str:
    """NODE_ID: the switch that carries the call. Later versions of the vendor's product have it."""
    return call.key.switch


FIELDS = (
    _field("CLI", string, lambda call, now: call.caller),
    _field("I_CONNECTION", _id, lambda call, now: call.placement.connection),
    _field("CLD", string, lambda call, now: call.dialed or call.callee),
    _field("CALL_ID", string, lambda call, now: call.sip_call_id),
    _field("DELAY", double, lambda call, now: call.delay(now)),
    _field("DURATION", double, lambda call, now: call.duration(now)),
    _field("CC_STATE", string, lambda call, now: CC_STATE[call.state]),
    _field("I_ACCOUNT", _id, lambda call, now: call.placement.account),
    _field("ID", string, lambda call, now: str(call.number)),
    _field("I_CUSTOMER", _id_as_text, lambda call, now: call.placement.customer),
    _field("I_ENVIRONMENT", string, lambda call, now: _ENVIRONMENT),
    _field("CALLER_MEDIA_IP", string, lambda call, now: call.caller_media),
    _field("CALLEE_MEDIA_IP", string, lambda call, now: call.callee_media),
    _field("SETUP_TIME", _time, lambda call, now: call.started_at),
    _field("DIRECTION", string, lambda call, now: DIRECTION[call.placement.direction]),
    _field("NODE_ID", string, lambda call, now: node_id(call)),
)
"""The whole row."""


def row(call: Call, now: float) -> str:
    """One call as the markup of a `<value>` in an array."""
    return f"<value>{struct(field.render(call, now) for field in FIELDS)}</value>\n"


def blocks(calls: Sequence[Call], now: float) -> Iterator[str]:
    """The rows of these calls, block by block, rendered when they are asked for."""
    for block in in_blocks(calls):
        yield "".join(row(call, now) for call in block)
