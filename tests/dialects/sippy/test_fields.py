"""The row: the vendor's two printed examples, every state, hostile callers."""

import re
import xml.etree.ElementTree as ET
import xmlrpc.client
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace

from callboard.calls.legs import Call, CallKey, CallNumber, Direction, Placement
from callboard.calls.state import State
from callboard.dialects.sippy.fields import ACTIVE_STATES, CC_STATE, DIRECTION, FIELDS, LAYOUT
from callboard.dialects.sippy.xmlrpc import array_response
from callboard.table.written.layout import plain_row
from tests.house import BEGIN

RINGING = Call(
    number=CallNumber(960),
    key=CallKey("b2bua", "1"),
    legs=(),
    state=State.RINGING,
    caller="801",
    caller_name="",
    dialed="812",
    callee="812",
    sip_call_id="d84b2a8b-44f79741@192.168.0.11",
    caller_media="192.168.22.7",
    callee_media="192.168.22.54",
    placement=Placement(direction=Direction.OUTBOUND, customer=1, account=3, vendor=1, connection=1),
    started_at=BEGIN,
    progressed_at=BEGIN + 6.102700465,
    answered_at=None,
    ended_at=None,
    cause=None,
)
"""The first call of the vendor's example."""

CONNECTED = replace(
    RINGING,
    number=CallNumber(944),
    state=State.ANSWERED,
    caller="10545",
    dialed="123456",
    caller_media="192.168.22.2",
    callee_media="192.168.22.49",
    placement=Placement(direction=Direction.INTERNAL, customer=1, account=223, connection=1),
    started_at=BEGIN + 60.0,
    progressed_at=BEGIN + 60.0 + 2.233400465,
    answered_at=BEGIN + 70.0,
)
"""The second."""

NOW = BEGIN + 70.0 + 22.704463777
CLOCK = 1.001e-3
"""Seconds: those of a millisecond that are not over are left out."""


def document(*calls: Call, now: float = NOW) -> bytes:
    return b"".join(array_response(plain_row(LAYOUT, call, now) for call in calls))


def read(*calls: Call, now: float = NOW) -> list[dict[str, Any]]:
    (rows,), _ = xmlrpc.client.loads(document(*calls, now=now))
    found: list[dict[str, Any]] = rows  # type: ignore[assignment]
    return found


def test_the_printed_rows() -> None:
    first, second = read(RINGING, CONNECTED)
    assert list(first) == list(second) == [field.name for field in FIELDS]
    assert first == {
        "CLI": "801",
        "I_CONNECTION": 1,
        "CLD": "812",
        "CALL_ID": "d84b2a8b-44f79741@192.168.0.11",
        "DELAY": pytest.approx(6.102700465, abs=CLOCK),
        "DURATION": 0,
        "CC_STATE": "ARComplete",
        "I_ACCOUNT": 3,
        "ID": "960",
        "I_CUSTOMER": "1",
        "I_ENVIRONMENT": "1",
        "CALLER_MEDIA_IP": "192.168.22.7",
        "CALLEE_MEDIA_IP": "192.168.22.54",
        "SETUP_TIME": "20210822T10:11:52.000",
        "DIRECTION": "vendor",
        "NODE_ID": "b2bua",
    }
    assert second == first | {
        "CLI": "10545",
        "CLD": "123456",
        "DELAY": pytest.approx(2.233400465, abs=CLOCK),
        "DURATION": pytest.approx(22.704463777, abs=CLOCK),
        "CC_STATE": "Connected",
        "I_ACCOUNT": 223,
        "ID": "944",
        "CALLER_MEDIA_IP": "192.168.22.2",
        "CALLEE_MEDIA_IP": "192.168.22.49",
        "SETUP_TIME": "20210822T10:12:52.000",
        "DIRECTION": "onnet_in",
    }


PRINTED = """\
<value><struct>
<member>
<name>CLI</name>
<value><string>801</string></value>
</member>
<member>
<name>I_CONNECTION</name>
<value><int>1</int></value>
</member>
<member>
<name>CLD</name>
<value><string>812</string></value>
</member>
<member>
<name>CALL_ID</name>
<value><string>d84b2a8b-44f79741@192.168.0.11</string></value>
</member>
<member>
<name>DELAY</name>
<value><double>6.125</double></value>
</member>
<member>
<name>DURATION</name>
<value><double>0.000</double></value>
</member>
<member>
<name>CC_STATE</name>
<value><string>ARComplete</string></value>
</member>
<member>
<name>I_ACCOUNT</name>
<value><int>3</int></value>
</member>
<member>
<name>ID</name>
<value><string>960</string></value>
</member>
<member>
<name>I_CUSTOMER</name>
<value><string>1</string></value>
</member>
<member>
<name>I_ENVIRONMENT</name>
<value><string>1</string></value>
</member>
<member>
<name>CALLER_MEDIA_IP</name>
<value><string>192.168.22.7</string></value>
</member>
<member>
<name>CALLEE_MEDIA_IP</name>
<value><string>192.168.22.54</string></value>
</member>
<member>
<name>SETUP_TIME</name>
<value><string>20210822T10:11:52.000</string></value>
</member>
<member>
<name>DIRECTION</name>
<value><string>vendor</string></value>
</member>
<member>
<name>NODE_ID</name>
<value><string>b2bua</string></value>
</member>
</struct></value>
"""


def test_the_first_printed_row_byte_for_byte() -> None:
    assert plain_row(LAYOUT, replace(RINGING, progressed_at=BEGIN + 6.125), NOW).decode() == PRINTED


@pytest.mark.parametrize(
    ("state", "name", "active"),
    [
        (State.NEW, "Idle", False),
        (State.AUTHENTICATING, "WaitAuth", False),
        (State.ROUTING, "WaitRoute", True),
        (State.DIALING, "ARComplete", True),
        (State.RINGING, "ARComplete", True),
        (State.ANSWERED, "Connected", True),
        (State.HELD, "Connected", True),
        (State.ENDING, "Disconnecting", False),
        (State.ENDED, "Dead", False),
    ],
)
def test_states(state: State, name: str, active: bool) -> None:
    assert read(replace(RINGING, state=state))[0]["CC_STATE"] == name
    assert (state in ACTIVE_STATES) is active


def test_every_state_and_direction_has_a_word() -> None:
    assert set(CC_STATE) == set(State)
    assert set(DIRECTION) == set(Direction)


@pytest.mark.parametrize(
    ("direction", "word"),
    [
        (Direction.UNKNOWN, ""),
        (Direction.INTERNAL, "onnet_in"),
        (Direction.INBOUND, "onnet_in"),
        (Direction.OUTBOUND, "vendor"),
        (Direction.TRANSIT, "vendor"),
    ],
)
def test_directions(direction: Direction, word: str) -> None:
    assert read(replace(RINGING, placement=Placement(direction=direction)))[0]["DIRECTION"] == word


def test_what_nobody_knows_yet_is_nil() -> None:
    found = read(replace(RINGING, placement=Placement()))[0]
    assert [found[name] for name in ("I_ACCOUNT", "I_CONNECTION", "I_CUSTOMER")] == [None, None, None]


def test_delay_grows_until_the_far_end_alerts_and_duration_from_the_answer_to_the_end() -> None:
    waiting = replace(RINGING, progressed_at=None)
    ended = replace(CONNECTED, state=State.ENDED, ended_at=BEGIN + 75.0)
    rows = read(waiting, CONNECTED, ended, now=BEGIN + 80.0)
    assert [found["DELAY"] for found in rows] == pytest.approx([80.0, 2.233400465, 2.233400465], abs=CLOCK)
    assert [found["DURATION"] for found in rows] == [0.0, 10.0, 5.0]


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (0.0, "19700101T00:00:00.000"),
        (BEGIN + 0.25, "20210822T10:11:52.250"),
        (BEGIN + 0.9999999, "20210822T10:11:53.000"),
        (1709251199.001, "20240229T23:59:59.001"),
    ],
)
def test_setup_time_has_milliseconds(at: float, text: str) -> None:
    assert read(replace(RINGING, started_at=at))[0]["SETUP_TIME"] == text


def test_a_call_of_another_node_keeps_its_whole_number() -> None:
    number = CallNumber((3 << 48) | 960)
    assert read(replace(RINGING, number=number))[0]["ID"] == str(number)


FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
hostile = st.text(st.characters(codec=None, exclude_categories=()), max_size=40) | st.sampled_from(
    [
        "</string></value>",
        "<nil/>",
        "]]>",
        "&amp;",
        "&#0;",
        "a\x00b",
        "a\r\nb",
        "\ud83d",
        "<!--",
        "\ufeff801",
        "801\x1b[2J",
    ]
)


@given(hostile, hostile, hostile, hostile)
def test_a_hostile_caller_breaks_no_reader(caller: str, dialed: str, sip_call_id: str, media: str) -> None:
    call = replace(RINGING, caller=caller, dialed=dialed, sip_call_id=sip_call_id, caller_media=media)
    sent = (caller, dialed or call.callee, sip_call_id, media)
    expected = [FORBIDDEN.sub("", text) for text in sent]
    names = ("CLI", "CLD", "CALL_ID", "CALLER_MEDIA_IP")
    body = document(call, CONNECTED)

    (rows,), _ = xmlrpc.client.loads(body)
    assert len(rows) == 2  # type: ignore[arg-type]
    assert [rows[0][name] for name in names] == expected  # type: ignore[index,call-overload]
    for dom in (ET.fromstring(body), etree.fromstring(body)):
        strings = {
            (member.findtext("name") or ""): member.findtext("value/string") or ""
            for member in dom.find("params/param/value/array/data")[0][0]  # type: ignore[index]
        }
        assert [strings[name] for name in names] == expected


# --- clients that read with regular expressions ---

BETWEEN_TAGS = re.compile(r">\s+<")


def test_a_client_that_wants_a_bare_array_at_once() -> None:
    packed = BETWEEN_TAGS.sub("><", document(RINGING, CONNECTED).decode())
    found = re.search(r"<methodResponse><params><param><value><array><data>(.*)</data></array>", packed)
    assert found is not None
    rows = re.findall(r"<value><struct>(.*?)</struct></value>", found[1])
    member = re.compile(r"<name>(\w+)</name><value><(string|int|double)>([^<]*)</\2></value>")
    first, second = ({name: text for name, _, text in member.findall(packed_row)} for packed_row in rows)
    assert (first["ID"], first["I_ACCOUNT"], first["CC_STATE"]) == ("960", "3", "ARComplete")
    assert (second["ID"], second["CLI"]) == ("944", "10545")


def test_a_client_that_reads_names_and_values_across_lines() -> None:
    member = re.compile(r"<name>\s*(.+?)\s*</name>\s*<value>\s*(?:<\w+>)?([^<]*)(?:</\w+>)?\s*</value>")
    rows = document(RINGING, CONNECTED).decode().split("<struct>")[1:]
    found = [dict(member.findall(text)) for text in rows]
    assert [item["CALL_ID"] for item in found] == ["d84b2a8b-44f79741@192.168.0.11"] * 2
    assert found[0]["DURATION"] == "0.000"


def test_a_client_that_reads_nil_as_nothing() -> None:
    member = re.compile(r"<name>(\w+)</name>\s*<value>\s*(?:<nil/>|<(\w+)>(.*?)</\2>)\s*</value>")
    found = {name: text for name, _, text in member.findall(document(replace(RINGING, placement=Placement())).decode())}
    assert list(found) == [field.name for field in FIELDS]
    assert found["I_ACCOUNT"] == ""
    assert found["CLI"] == "801"
