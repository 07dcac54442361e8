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
from callboard.table.written.layout import Clock, Field, Run, Running, digits

__all__ = ["CALL_STATE", "LISTED", "V10_FIELDS", "XE_FIELDS", "Member", "Shown", "field", "value"]

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


class Shown(NamedTuple):
    """What a row is made of."""

    call: Call
    zone: tzinfo | None
    """That of the times; None is the system's."""


class Member(NamedTuple):
    """A member of the row: its name, and its text, or how it runs."""

    name: str
    of: Callable[[Shown], str] | Run


def value(member: Member, call: Call, now: float, zone: tzinfo | None) -> str:
    """The member's text for a call."""
    if isinstance(member.of, Run):
        return digits(member.of, call, now).decode()
    return member.of(Shown(call, zone))


def field(member: Member) -> Field[Shown]:
    """The member as a line of markup."""
    name, of = member
    if isinstance(of, Run):
        return Field(name, Clock(f"      <{name}>".encode(), f"</{name}>\n".encode(), of))
    write = element(name, close=" />")
    return Field(name, lambda row: f"      {write(of(row))}\n")


def _caller_id(row: Shown) -> str:
    return row.call.caller_name or row.call.caller


def _caller_dialed(row: Shown) -> str:
    return row.call.dialed or row.call.callee


# --- times and durations ---------------------------------------------------------------------------------------------


def _local(row: Shown) -> datetime:
    return datetime.fromtimestamp(row.call.started_at, UTC).astimezone(row.zone)


def _date_and_time(row: Shown) -> str:
    """`2019-04-09 10:34:07`, without a zone."""
    return _local(row).replace(tzinfo=None).isoformat(" ", "seconds")


def _round_trip(row: Shown) -> str:
    """`2013-07-01T10:49:07.9558+02:00`: .NET's round-trip form, in which a fraction has no zeros at its end."""
    text = _local(row).isoformat(timespec="microseconds")
    seconds, fraction, offset = text[:19], text[20:26].rstrip("0"), text[26:]
    return f"{seconds}.{fraction}{offset}" if fraction else f"{seconds}{offset}"


# --- the rows --------------------------------------------------------------------------------------------------------

V10_FIELDS = (
    Member("CallId", lambda row: call_id(row.call.number)),
    Member("Source", lambda row: row.call.caller),
    Member("CallerId", _caller_id),
    Member("Destination", lambda row: row.call.callee),
    Member("CallerDialed", _caller_dialed),
    Member("CalleeDialed", lambda row: row.call.callee),
    Member("StartTime", _date_and_time),
    Member("RingDuration", Run(Running.RING, exact=True)),
    Member("TalkDuration", Run(Running.TALK, exact=True)),
    Member("CallState", lambda row: CALL_STATE[row.call.state]),
)
"""The whole `<Call>` of v10. The page's table has CelleeDialed, its example CalleeDialed: the example counts."""

XE_FIELDS = (
    Member("CallState", lambda row: CALL_STATE[row.call.state]),
    Member("CallId", lambda row: call_id(row.call.number)),
    Member("Source", lambda row: row.call.caller),
    Member("CallerId", _caller_id),
    Member("Destination", lambda row: row.call.callee),
    Member("StartTime", _round_trip),
    Member("RingDuration", Run(Running.RING, exact=False)),
    Member("TalkDuration", Run(Running.TALK, exact=False)),
)
"""The whole `<CallInfo>` of XE."""
