"""A leg of a call as the vendor shows it: one line a field, in the order of their table.

The fields and their types are the vendor's (developer guide, calls/active/list). By their words nearly all of them are
about the call, so that every leg's row says the same there; `uniqueid` and `channel` are the leg's own. What the page
leaves open is decided here and told in docs/reference/enswitch.md.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from callboard.calls.legs import Call, Direction, Leg, Side
from callboard.calls.state import State
from callboard.dialects.enswitch.envelope import Member, plain
from callboard.http.blocks import in_blocks
from callboard.table.written.layout import Layout, Text

__all__ = [
    "BY_NAME",
    "DIRECTION",
    "FIELDS",
    "NAMES",
    "PANEL",
    "SORTS",
    "STATUS",
    "TYPES",
    "Field",
    "Names",
    "Row",
    "accounts",
    "blocks",
    "callid",
    "layout",
    "rows",
    "sort",
]

Names = Callable[[int | None], str]
"""The name of an account, as far as who asks may know it; "" for none."""


class Row(NamedTuple):
    """What a row is made of."""

    call: Call
    leg: Leg
    names: Names


class Field(NamedTuple):
    """A member of the row: its name, and its value for a leg. Ids, flags and Unix seconds are numbers; 0 is none."""

    name: str
    of: Callable[[Row], Member]


# --- words -----------------------------------------------------------------------------------------------------------

STATUS = {
    State.NEW: "new",
    State.AUTHENTICATING: "new",
    State.ROUTING: "new",
    State.DIALING: "ringing",
    State.RINGING: "ringing",
    State.ANSWERED: "answered",
    State.HELD: "answered",
}
"""The words of the vendor's event socket. A call that is ending keeps the word it had; one that ended is not listed."""

DIRECTION = {
    Direction.UNKNOWN: "",
    Direction.INTERNAL: "internal",
    Direction.OUTBOUND: "out",
    Direction.INBOUND: "in",
    Direction.TRANSIT: "in_out",
}
"""What calls are sorted by under `direction`."""

_PHONE, _EXTERNAL = "phone", "external"

TYPES = (_PHONE, _EXTERNAL, "queue", "code", "number")
"""The vendor's words for what a number is. Ours are an account, a `phone`, or somebody behind a vendor, `external`."""

_FROM_OUTSIDE = frozenset({Direction.INBOUND, Direction.TRANSIT})
_TO_OUTSIDE = frozenset({Direction.OUTBOUND, Direction.TRANSIT})
_WITHHELD = frozenset({"", "anonymous"})


# --- what they stand for ---------------------------------------------------------------------------------------------


def callid(call: Call) -> str:
    """The id that the legs of a call share: that of its first leg, also when that leg has gone."""
    return "" if call.first_leg is None else call.first_leg.native


def accounts(call: Call) -> tuple[int | None, int | None]:
    """The account that makes the call and the one that receives it."""
    placement = call.placement
    return (None, placement.account) if placement.incoming else (placement.account, placement.callee_account)


def _customers(call: Call) -> tuple[int, int]:
    placement = call.placement
    owner, callee = placement.customer or 0, placement.callee_customer or 0
    return (0, owner) if placement.incoming else (owner, callee)


def _source_type(call: Call) -> str:
    return _type(accounts(call)[0], call, _FROM_OUTSIDE)


def _destination_type(call: Call) -> str:
    return _type(accounts(call)[1], call, _TO_OUTSIDE)


def _type(account: int | None, call: Call, outside: frozenset[Direction]) -> str:
    if account is not None or call.placement.direction is Direction.INTERNAL:
        return _PHONE
    return _EXTERNAL if call.placement.direction in outside else ""


def _if_one_of(call: Call, directions: frozenset[Direction], number: int | None) -> int:
    return (number or 0) if call.placement.direction in directions else 0


def _peer(call: Call) -> int:
    return _if_one_of(call, _TO_OUTSIDE, call.placement.connection)


def _status(call: Call) -> str:
    if call.state is not State.ENDING:
        return STATUS[call.state]
    if call.answered_at is not None:
        return STATUS[State.ANSWERED]
    routed = call.progressed_at is not None or bool(call.side(Side.CALLEE))
    return STATUS[State.RINGING if routed else State.NEW]


# --- the tables ------------------------------------------------------------------------------------------------------

FIELDS = (
    Field("answered", lambda row: int(row.call.answered_at or 0)),
    Field("billing_peer", lambda row: _peer(row.call)),
    Field("callerid_external", lambda row: row.call.caller),
    Field("callerid_internal", lambda row: row.call.caller),
    Field("callername_external", lambda row: row.call.caller_name),
    Field("callername_internal", lambda row: row.call.caller_name),
    Field("callid", lambda row: callid(row.call)),
    Field("channel", lambda row: row.leg.channel or row.leg.id.native),
    Field("cnumber", lambda row: row.call.dialed),
    Field("ctype", lambda row: ""),
    Field("dcustomer", lambda row: _customers(row.call)[1]),
    Field("dnumber", lambda row: row.call.callee),
    Field("dtype", lambda row: _destination_type(row.call)),
    Field("ingroup", lambda row: _if_one_of(row.call, frozenset({Direction.INBOUND}), row.call.placement.vendor)),
    Field("machine", lambda row: row.call.placement.machine or 0),
    Field("outgroup", lambda row: _if_one_of(row.call, _TO_OUTSIDE, row.call.placement.vendor)),
    Field("overmax", lambda row: 0),
    Field("peer", lambda row: _peer(row.call)),
    Field("recording", lambda row: ""),
    Field("scustomer", lambda row: _customers(row.call)[0]),
    Field("sip_callid", lambda row: row.call.sip_call_id),
    Field("snumber", lambda row: row.call.caller),
    Field("spresent", lambda row: int(row.call.caller.lower() not in _WITHHELD)),
    Field("start", lambda row: int(row.call.started_at)),
    Field("status", lambda row: _status(row.call)),
    Field("stype", lambda row: _source_type(row.call)),
    Field("uniqueid", lambda row: row.leg.id.native),
)
"""The whole row."""

NAMES = (
    Field("snumber_name", lambda row: row.names(accounts(row.call)[0]) or row.call.caller_name),
    Field("cnumber_name", lambda row: row.names(accounts(row.call)[1])),
    Field("dnumber_name", lambda row: row.names(accounts(row.call)[1])),
)
"""What `names=1` adds."""

BY_NAME = {field.name: field for field in FIELDS}
"""The fields of the row, to be looked at one by one."""

PANEL = tuple(
    BY_NAME[name]
    for name in (
        "answered",
        "callername_internal",
        "callid",
        "cnumber",
        "ctype",
        "dcustomer",
        "dnumber",
        "dtype",
        "scustomer",
        "snumber",
        "start",
        "status",
        "stype",
        "uniqueid",
    )
)
"""The row of the light variant: who talks to whom, since when."""

_IN_ORDER_OF_START = "start"
_SORTED_BY = ("cnumber", "ctype", "dnumber", "dtype", "machine", "peer", "scustomer", "snumber", "stype", "uniqueid")

SORTS: dict[str, Callable[[Row], Member]] = {
    **{name: BY_NAME[name].of for name in (_IN_ORDER_OF_START, *_SORTED_BY)},
    "direction": lambda row: DIRECTION[row.call.placement.direction],
}
"""What rows can be sorted by: what they show, and the direction."""


# --- rows ------------------------------------------------------------------------------------------------------------


def rows(calls: Iterable[Call], names: Names) -> list[Row]:
    """A row for each leg that is not over."""
    return [Row(call, leg, names) for call in calls for leg in call.legs if leg.state is not State.ENDED]


def sort(found: list[Row], by: str, descending: bool) -> None:
    """Sort rows that stand in the order of their calls' start; equal ones stay in it."""
    if by != _IN_ORDER_OF_START:
        found.sort(key=SORTS[by], reverse=descending)


def layout(columns: Sequence[Field], numbers_as_strings: bool) -> Layout:
    """The rows of a call, without names, as JSON with commas between."""
    write = _written_as_string if numbers_as_strings else _written

    def render(call: Call) -> bytes:
        return _encoded(rows((call,), lambda account: ""), columns, write)

    return Layout((Text(render),), b",")


def blocks(found: Sequence[Row], columns: Sequence[Field], numbers_as_strings: bool) -> Iterator[bytes]:
    """The rows as JSON with commas between, block by block, rendered when they are asked for."""
    write = _written_as_string if numbers_as_strings else _written
    for number, block in enumerate(in_blocks(found)):
        yield (b"," if number else b"") + _encoded(block, columns, write)


def _encoded(found: Sequence[Row], columns: Sequence[Field], write: Callable[[Member], Member]) -> bytes:
    return msgspec.json.encode([{name: write(of(row)) for name, of in columns} for row in found])[1:-1]


def _written(member: Member) -> Member:
    return plain(member) if isinstance(member, str) else member


def _written_as_string(member: Member) -> Member:
    return plain(str(member))
