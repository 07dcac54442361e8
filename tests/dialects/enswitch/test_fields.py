"""The row: the vendor's table, every state and direction, hostile callers."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from callboard.calls.legs import Call, CallKey, CallNumber, Direction, Leg, LegId, Placement, Side
from callboard.calls.state import State
from callboard.dialects.enswitch import fields
from callboard.dialects.enswitch.envelope import listing, plain
from callboard.http.blocks import BLOCK

START = 1234567890.0


def leg(native: str, side: Side, **more: Any) -> Leg:
    return Leg(id=LegId("b2bua", native), call="1", side=side, started_at=START, **more)


OUT = Call(
    number=CallNumber(960),
    key=CallKey("b2bua", "1"),
    legs=(
        leg("1234567890.123456", Side.CALLER, channel="SIP/101-00000001"),
        leg("1234567890.123457", Side.CALLEE, channel="SIP/carrier-00000002"),
    ),
    state=State.ANSWERED,
    caller="101",
    caller_name="Zoë Müller",
    dialed="00442079460123",
    callee="442079460123",
    sip_call_id="d84b2a8b-44f79741@192.168.0.11",
    caller_media="",
    callee_media="",
    placement=Placement(
        direction=Direction.OUTBOUND, customer=3, account=5, vendor=2, connection=7, machine=1, device=4
    ),
    started_at=START + 0.75,
    progressed_at=START + 6.0,
    answered_at=START + 10.9,
    ended_at=None,
    cause=None,
    first_leg=LegId("b2bua", "1234567890.123456"),
)
"""From an account to a vendor."""

INTERNAL = replace(
    OUT,
    placement=Placement(
        direction=Direction.INTERNAL, customer=3, account=5, callee_customer=4, callee_account=7, machine=1
    ),
)
IN = replace(
    OUT,
    caller="442079460123",
    dialed="442079460999",
    callee="101",
    placement=Placement(
        direction=Direction.INBOUND, customer=3, account=5, incoming=True, vendor=2, connection=7, machine=1
    ),
)
TRANSIT = replace(OUT, placement=Placement(direction=Direction.TRANSIT, vendor=2, connection=7))

TABLE = {
    "answered": int,
    "billing_peer": int,
    "callerid_external": str,
    "callerid_internal": str,
    "callername_external": str,
    "callername_internal": str,
    "callid": str,
    "channel": str,
    "cnumber": str,
    "ctype": str,
    "dcustomer": int,
    "dnumber": str,
    "dtype": str,
    "ingroup": int,
    "machine": int,
    "outgroup": int,
    "overmax": int,
    "peer": int,
    "recording": str,
    "scustomer": int,
    "sip_callid": str,
    "snumber": str,
    "spresent": int,
    "start": int,
    "status": str,
    "stype": str,
    "uniqueid": str,
}
"""The vendor's table: names, order and types."""


def nobody(account: int | None) -> str:
    return ""


def read(*calls: Call, columns: Any = fields.FIELDS, as_strings: bool = False, names: Any = nobody) -> list[Any]:
    found = fields.rows(calls, names)
    document = b"".join(listing(fields.blocks(found, columns, as_strings)))
    rows: list[Any] = json.loads(document)["data"]
    return rows


def test_the_row_has_the_fields_of_the_vendors_table_in_its_order_and_types() -> None:
    for call in (OUT, INTERNAL, IN, TRANSIT, replace(OUT, placement=Placement(), answered_at=None, state=State.NEW)):
        for row in read(call):
            assert {name: type(value) for name, value in row.items()} == TABLE
            assert list(row) == list(TABLE)


def test_a_row_of_each_leg_with_the_calls_id_that_of_the_first() -> None:
    first, second = read(OUT)
    assert first == {
        "answered": 1234567900,
        "billing_peer": 7,
        "callerid_external": "101",
        "callerid_internal": "101",
        "callername_external": "Zoë Müller",
        "callername_internal": "Zoë Müller",
        "callid": "1234567890.123456",
        "channel": "SIP/101-00000001",
        "cnumber": "00442079460123",
        "ctype": "",
        "dcustomer": 0,
        "dnumber": "442079460123",
        "dtype": "external",
        "ingroup": 0,
        "machine": 1,
        "outgroup": 2,
        "overmax": 0,
        "peer": 7,
        "recording": "",
        "scustomer": 3,
        "sip_callid": "d84b2a8b-44f79741@192.168.0.11",
        "snumber": "101",
        "spresent": 1,
        "start": 1234567890,
        "status": "answered",
        "stype": "phone",
        "uniqueid": "1234567890.123456",
    }
    assert second == first | {"channel": "SIP/carrier-00000002", "uniqueid": "1234567890.123457"}


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (OUT, {"stype": "phone", "dtype": "external", "scustomer": 3, "dcustomer": 0, "peer": 7, "outgroup": 2}),
        (INTERNAL, {"stype": "phone", "dtype": "phone", "scustomer": 3, "dcustomer": 4, "peer": 0, "outgroup": 0}),
        (IN, {"stype": "external", "dtype": "phone", "scustomer": 0, "dcustomer": 3, "peer": 0, "outgroup": 0}),
        (TRANSIT, {"stype": "external", "dtype": "external", "scustomer": 0, "dcustomer": 0, "peer": 7, "outgroup": 2}),
        (
            replace(OUT, placement=Placement(customer=3, account=5)),
            {"stype": "phone", "dtype": "", "scustomer": 3, "dcustomer": 0, "peer": 0, "outgroup": 0},
        ),
        (
            replace(OUT, placement=Placement(customer=3, account=5, incoming=True)),
            {"stype": "", "dtype": "phone", "scustomer": 0, "dcustomer": 3, "peer": 0, "outgroup": 0},
        ),
    ],
    ids=["out", "internal", "in", "transit", "not routed yet", "from nobody known"],
)
def test_who_calls_whom(call: Call, expected: dict[str, object]) -> None:
    row = read(call)[0]
    assert {name: row[name] for name in expected} == expected
    assert row["billing_peer"] == row["peer"]
    assert row["ingroup"] == (2 if call is IN else 0)


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (State.NEW, "new"),
        (State.AUTHENTICATING, "new"),
        (State.ROUTING, "new"),
        (State.DIALING, "ringing"),
        (State.RINGING, "ringing"),
        (State.ANSWERED, "answered"),
        (State.HELD, "answered"),
    ],
)
def test_status(state: State, word: str) -> None:
    assert {row["status"] for row in read(replace(OUT, state=state))} == {word}


def test_every_state_and_direction_has_a_word() -> None:
    assert set(fields.STATUS) == set(State) - {State.ENDING, State.ENDED}
    assert set(fields.DIRECTION) == set(Direction)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "answered"),
        ({"answered_at": None}, "ringing"),
        ({"answered_at": None, "progressed_at": None}, "ringing"),
        ({"answered_at": None, "progressed_at": None, "legs": OUT.legs[:1]}, "new"),
    ],
)
def test_a_call_that_is_ending_keeps_the_word_it_had(changes: dict[str, Any], word: str) -> None:
    assert read(replace(OUT, state=State.ENDING, **changes))[0]["status"] == word


def test_a_leg_that_is_over_has_no_row_and_its_call_keeps_its_id() -> None:
    over = replace(OUT, legs=(replace(OUT.legs[0], state=State.ENDED), OUT.legs[1]), state=State.ENDING)
    (row,) = read(over)
    assert (row["uniqueid"], row["callid"]) == ("1234567890.123457", "1234567890.123456")


def test_a_leg_without_a_channel_shows_its_id_there() -> None:
    assert read(replace(OUT, legs=(leg("x-in", Side.CALLER),)))[0]["channel"] == "x-in"


def test_not_answered_is_0() -> None:
    assert read(replace(OUT, answered_at=None))[0]["answered"] == 0


@pytest.mark.parametrize(("caller", "shown"), [("101", 1), ("anonymous", 0), ("Anonymous", 0), ("", 0)])
def test_a_number_that_is_withheld_is_not_presented(caller: str, shown: int) -> None:
    assert read(replace(OUT, caller=caller))[0]["spresent"] == shown


def test_names() -> None:
    names = {5: "Front Desk", 7: "Hank Scorpio"}

    def name(account: int | None) -> str:
        return names.get(account or 0, "")

    def named(call: Call) -> list[str]:
        row = read(call, columns=fields.NAMES, names=name)[0]
        return [row[key] for key in ("snumber_name", "cnumber_name", "dnumber_name")]

    assert named(OUT) == ["Front Desk", "", ""]
    assert named(INTERNAL) == ["Front Desk", "Hank Scorpio", "Hank Scorpio"]
    assert named(replace(IN, caller_name="Mum")) == ["Mum", "Front Desk", "Front Desk"]


def test_numbers_as_strings() -> None:
    numbers, strings = read(INTERNAL), read(INTERNAL, as_strings=True)
    assert strings == [{name: str(value) for name, value in row.items()} for row in numbers]


def test_the_panel_shows_some_of_the_row() -> None:
    whole, light = read(INTERNAL), read(INTERNAL, columns=fields.PANEL)
    assert set(light[0]) < set(whole[0])
    assert [row.items() <= full.items() for row, full in zip(light, whole, strict=True)] == [True, True]


def numbered(number: int, **more: Any) -> Call:
    legs = (leg(f"{9 - number}.a", Side.CALLER), leg(f"{number}.b", Side.CALLEE))
    return replace(OUT, number=CallNumber(number), legs=legs, **more)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("by", sorted(fields.SORTS))
def test_rows_are_sorted_by_what_they_show_and_else_stay_in_order(by: str, descending: bool) -> None:
    calls = [
        numbered(1, caller="2", dialed="3", callee="1", started_at=START),
        numbered(2, caller="1", dialed="3", callee="2", placement=INTERNAL.placement, started_at=START + 1),
        numbered(3, caller="3", dialed="1", callee="2", placement=IN.placement, started_at=START + 2),
        numbered(4, caller="1", dialed="2", callee="3", placement=TRANSIT.placement, started_at=START + 3),
        numbered(5, caller="2", placement=Placement(machine=2), started_at=START + 4),
    ]
    if by == "start" and descending:
        calls.reverse()  # as the table gives them
    found = fields.rows(calls, nobody)
    before = list(found)
    fields.sort(found, by, descending)
    shown = [fields.SORTS[by](row) for row in found]
    assert shown == sorted(shown, reverse=descending)
    assert len(set(shown)) > 1 or by == "ctype"
    for value in set(shown):
        assert [row for row in found if fields.SORTS[by](row) == value] == [
            row for row in before if fields.SORTS[by](row) == value
        ]


def test_rows_come_in_blocks_when_they_are_asked_for() -> None:
    found = fields.rows([numbered(n) for n in range(BLOCK)], nobody)
    sizes = [len(json.loads(b"[" + block.lstrip(b",") + b"]")) for block in fields.blocks(found, fields.FIELDS, False)]
    assert sizes == [BLOCK, BLOCK]
    assert len(read(*(numbered(n) for n in range(BLOCK)))) == 2 * BLOCK


hostile = st.text(st.characters(codec=None, exclude_categories=()), max_size=40) | st.sampled_from(
    ['"', "\\", '"}],"data":[', "</script>", "a\x00b", "\ud83d", "\u2028", "801\x1b[2J", "x" * 10_000]
)


@given(hostile, hostile, hostile, hostile, hostile, st.booleans())
def test_a_hostile_caller_breaks_no_reader(
    caller: str, name: str, dialed: str, native: str, channel: str, as_strings: bool
) -> None:
    strange = replace(
        OUT,
        caller=caller,
        caller_name=name,
        dialed=dialed,
        legs=(leg(native, Side.CALLER, channel=channel or "c"),),
        first_leg=LegId("b2bua", native),
    )
    row, *others = read(strange, OUT, as_strings=as_strings)
    assert len(others) == 2
    shown = [row[name] for name in ("snumber", "callername_internal", "cnumber", "uniqueid", "callid", "channel")]
    assert shown == [plain(text) for text in (caller, name, dialed, native, native, channel or "c")]


def test_a_client_that_reads_with_regular_expressions() -> None:
    found = fields.rows([OUT], nobody)
    document = b"".join(listing(fields.blocks(found, fields.FIELDS, False))).decode()
    assert re.findall(r'"code":"(\d+)"', document) == ["200"]
    assert re.findall(r'"uniqueid":"([^"]*)"', document) == ["1234567890.123456", "1234567890.123457"]
    assert re.findall(r'"start":(\d+)', document) == ["1234567890"] * 2
