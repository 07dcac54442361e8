"""A call as the vendor shows it: one line a member, for each profile in the order of its printed example.

Names, order and formats are the vendor's (v10: ozeki.hu p_7637; XE: ozekiphone.com p_4149; states: p_4587). What the
pages leave open is decided here and told in docs/reference/ozeki.md.
"""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from callboard.calls.legs import Call
from callboard.calls.state import State
from callboard.dialects.ozeki.call_id import call_id
from callboard.dialects.xml import element

__all__ = ["CALL_STATE", "LISTED", "V10_FIELDS", "XE_FIELDS", "Field", "Moment"]

CALL_STATE = {
    State.NEW: "Ringing",
    State.AUTHENTICATING: "Ringing",
    State.ROUTING: "Ringing",
    State.DIALING: "Ringing",
    State.RINGING: "Ringing",
    State.ANSWERED: "InCall",
    State.HELD: "Hold",
    State.ENDING: "Completed",
}

LISTED = frozenset(CALL_STATE)
"""What ListActiveCalls shows: a call that is over is not active."""


class Moment(NamedTuple):
    """The time for which calls are shown, and the zone their times are written in; None is the system's."""

    now: float
    zone: tzinfo | None


class Field(NamedTuple):
    """A member of the row: its name, and for a call at a moment the whole of it as a line of markup, or its value."""

    name: str
    render: Callable[[Call, Moment], str]
    value: Callable[[Call, Moment], str]


def _field(name: str, of: Callable[[Call, Moment], str]) -> Field:
    write = element(name, close=" />")
    return Field(name, lambda call, moment: f"      {write(of(call, moment))}\n", of)


def _caller_id(call: Call, moment: Moment) -> str:
    return call.caller_name or call.caller


def _caller_dialed(call: Call, moment: Moment) -> str:
    return call.dialed or call.callee


# --- times and durations ---------------------------------------------------------------------------------------------


def _local(call: Call, moment: Moment) -> datetime:
    return datetime.fromtimestamp(call.started_at, UTC).astimezone(moment.zone)


def _date_and_time(call: Call, moment: Moment) -> str:
    """`2019-04-09 10:34:07`, without a zone."""
    return _local(call, moment).replace(tzinfo=None).isoformat(" ", "seconds")


def _round_trip(call: Call, moment: Moment) -> str:
    """`2013-07-01T10:49:07.9558+02:00`: .NET's round-trip form, in which a fraction has no zeros at its end."""
    text = _local(call, moment).isoformat(timespec="microseconds")
    seconds, fraction, offset = text[:19], text[20:26].rstrip("0"), text[26:]
    return f"{seconds}.{fraction}{offset}" if fraction else f"{seconds}{offset}"


def _ringing(call: Call, moment: Moment) -> float:
    """Seconds in the CallState Ringing: from set-up to the answer, or until now."""
    until = moment.now if call.answered_at is None else call.answered_at
    return max(0.0, until - call.started_at)


def _talking(call: Call, moment: Moment) -> float:
    return call.duration(moment.now)


def _exact(seconds: float) -> str:
    return f"{seconds:.3f}"


def _whole(seconds: float) -> str:
    """Seconds that are over."""
    return str(int(seconds))


# --- the rows --------------------------------------------------------------------------------------------------------

V10_FIELDS = (
    _field("CallId", lambda call, moment: call_id(call.number)),
    _field("Source", lambda call, moment: call.caller),
    _field("CallerId", _caller_id),
    _field("Destination", lambda call, moment: call.callee),
    _field("CallerDialed", _caller_dialed),
    _field("CalleeDialed", lambda call, moment: call.callee),
    _field("StartTime", _date_and_time),
    _field("RingDuration", lambda call, moment: _exact(_ringing(call, moment))),
    _field("TalkDuration", lambda call, moment: _exact(_talking(call, moment))),
    _field("CallState", lambda call, moment: CALL_STATE[call.state]),
)
"""The whole `<Call>` of v10. The page's table has CelleeDialed, its example CalleeDialed: the example counts."""

XE_FIELDS = (
    _field("CallState", lambda call, moment: CALL_STATE[call.state]),
    _field("CallId", lambda call, moment: call_id(call.number)),
    _field("Source", lambda call, moment: call.caller),
    _field("CallerId", _caller_id),
    _field("Destination", lambda call, moment: call.callee),
    _field("StartTime", _round_trip),
    _field("RingDuration", lambda call, moment: _whole(_ringing(call, moment))),
    _field("TalkDuration", lambda call, moment: _whole(_talking(call, moment))),
)
"""The whole `<CallInfo>` of XE."""
