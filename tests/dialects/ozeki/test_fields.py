"""The rows: the vendor's printed examples, every state, times in any zone, hostile callers."""

import re
import time
from datetime import datetime, timedelta, timezone, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from callboard.calls.legs import Call, CallKey, Placement
from callboard.calls.state import LIVE, State
from callboard.dialects.ozeki.call_id import call_number
from callboard.dialects.ozeki.documents import answer, call_list, layout
from callboard.dialects.ozeki.fields import CALL_STATE, LISTED, V10_FIELDS, XE_FIELDS
from callboard.dialects.ozeki.profiles import PROFILES, V10, XE, Profile, ProfileName
from callboard.table.written.layout import plain_row
from tests.dialects.ozeki.client import DONE, ROWS, read

BUDAPEST = ZoneInfo("Europe/Budapest")


class Moment(NamedTuple):
    """When calls are shown, and in which zone."""

    now: float
    zone: tzinfo | None


def local(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=BUDAPEST).timestamp()


RINGING = Call(
    number=call_number("1vQHKd"),
    key=CallKey("b2bua", "1"),
    legs=(),
    state=State.RINGING,
    caller="103",
    caller_name="",
    dialed="101",
    callee="101",
    sip_call_id="d84b2a8b@192.168.0.11",
    caller_media="",
    callee_media="",
    placement=Placement(),
    started_at=local("2019-04-09 10:34:07"),
    progressed_at=local("2019-04-09 10:34:07.5"),
    answered_at=None,
    ended_at=None,
    cause=None,
)
"""The first call of v10's example, and the moment at which it looks so."""
RINGING_AT = Moment(RINGING.started_at + 0.7495, BUDAPEST)

START = local("2019-04-09 10:35:32")
IN_CALL = replace(
    RINGING,
    number=call_number("1zS1b3"),
    state=State.ANSWERED,
    caller="104",
    dialed="105",
    callee="105",
    started_at=START,
    answered_at=START + 2.3515,
)
"""The second."""
IN_CALL_AT = Moment(START + 2.3515 + 3.0565, BUDAPEST)

V10_PRINTED = (
    """\
    <Call>
      <CallId>1vQHKd</CallId>
      <Source>103</Source>
      <CallerId>103</CallerId>
      <Destination>101</Destination>
      <CallerDialed>101</CallerDialed>
      <CalleeDialed>101</CalleeDialed>
      <StartTime>2019-04-09 10:34:07</StartTime>
      <RingDuration>0.749</RingDuration>
      <TalkDuration>0.000</TalkDuration>
      <CallState>Ringing</CallState>
    </Call>
""",
    """\
    <Call>
      <CallId>1zS1b3</CallId>
      <Source>104</Source>
      <CallerId>104</CallerId>
      <Destination>105</Destination>
      <CallerDialed>105</CallerDialed>
      <CalleeDialed>105</CalleeDialed>
      <StartTime>2019-04-09 10:35:32</StartTime>
      <RingDuration>2.351</RingDuration>
      <TalkDuration>3.056</TalkDuration>
      <CallState>InCall</CallState>
    </Call>
""",
)

XE_START = local("2013-07-01 10:49:07.9558")
XE_CALL = replace(
    RINGING,
    number=call_number("uteom"),
    state=State.ANSWERED,
    caller="1000",
    caller_name="Thomas M.",
    dialed="1001",
    callee="1001",
    started_at=XE_START,
    answered_at=XE_START + 2.9,
)
"""The call that XE's table of parameters describes."""

XE_PRINTED = """\
    <CallInfo>
      <CallState>InCall</CallState>
      <CallId>uteom</CallId>
      <Source>1000</Source>
      <CallerId>Thomas M.</CallerId>
      <Destination>1001</Destination>
      <StartTime>2013-07-01T10:49:07.9558+02:00</StartTime>
      <RingDuration>2</RingDuration>
      <TalkDuration>956</TalkDuration>
    </CallInfo>
"""

V10_HEAD = """\
<?xml version="1.0"?>
<Response xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <Code>200</Code>
  <Message>Command successfully executed</Message>
"""
XE_HEAD = """\
<?xml version="1.0"?>
<Response>
  <Code>200</Code>
  <Message>Command successfully executed</Message>
"""
HEADS: dict[ProfileName, str] = {"v10": V10_HEAD, "xe": XE_HEAD}


def row(profile: Profile, call: Call, moment: Moment) -> str:
    return plain_row(layout(profile, moment.zone), call, moment.now).decode()


def document(profile: ProfileName, *calls: Call, moment: Moment = IN_CALL_AT) -> bytes:
    rows = (row(PROFILES[profile], call, moment).encode() for call in calls)
    return b"".join(call_list(PROFILES[profile], rows, len(calls)))


def members(profile: ProfileName, call: Call, moment: Moment = IN_CALL_AT) -> dict[str, str]:
    found = read(document(profile, call, moment=moment))
    assert (found.verdict, found.row) == (DONE, ROWS[profile])
    assert found.rows is not None
    return found.rows[0]


# --- the printed examples, byte for byte ---


def test_v10s_printed_rows() -> None:
    assert row(V10, RINGING, RINGING_AT) == V10_PRINTED[0]
    assert row(V10, IN_CALL, IN_CALL_AT) == V10_PRINTED[1]


def test_v10s_printed_document() -> None:
    """Its two calls were not up at one moment as printed; here the first begins 0.749 s before the second is shown."""
    at = IN_CALL_AT.now
    first = replace(RINGING, started_at=at - 0.7495)
    expected = "".join(V10_PRINTED).replace("10:34:07", "10:35:36")
    printed = f"{V10_HEAD}  <ActiveCalls>\n{expected}  </ActiveCalls>\n</Response>"
    assert document("v10", first, IN_CALL).decode() == printed


def test_xes_described_row() -> None:
    moment = Moment(XE_START + 2.9 + 956.9, BUDAPEST)
    assert row(XE, XE_CALL, moment) == XE_PRINTED
    printed = f"{XE_HEAD}  <ActiveCalls>\n{XE_PRINTED}  </ActiveCalls>\n</Response>"
    assert document("xe", XE_CALL, moment=moment).decode() == printed


def test_no_calls(profile: ProfileName) -> None:
    assert document(profile).decode() == f"{HEADS[profile]}  <ActiveCalls />\n</Response>"


def test_code_and_message_alone(profile: ProfileName) -> None:
    assert answer(PROFILES[profile]).decode() == f"{HEADS[profile]}</Response>"


# --- the members ---


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (State.NEW, "Ringing"),
        (State.AUTHENTICATING, "Ringing"),
        (State.ROUTING, "Ringing"),
        (State.DIALING, "Ringing"),
        (State.RINGING, "Ringing"),
        (State.ANSWERED, "InCall"),
        (State.HELD, "Hold"),
        (State.ENDING, "Completed"),
    ],
)
def test_call_states(profile: ProfileName, state: State, word: str) -> None:
    assert members(profile, replace(RINGING, state=state))["CallState"] == word


def test_every_state_is_listed_but_the_last() -> None:
    assert set(CALL_STATE) == LISTED == LIVE


def test_who_dialed_what() -> None:
    routed = replace(IN_CALL, caller="+36 1 555", caller_name="Thomas M.", dialed="0036202000", callee="101")
    found = members("v10", routed)
    assert [found[name] for name in ("Source", "CallerId", "Destination", "CallerDialed", "CalleeDialed")] == [
        "+36 1 555",
        "Thomas M.",
        "101",
        "0036202000",
        "101",
    ]
    found = members("xe", routed)
    assert [found[name] for name in ("Source", "CallerId", "Destination")] == ["+36 1 555", "Thomas M.", "101"]


def test_the_other_number_stands_in_for_what_was_not_told() -> None:
    found = members("v10", replace(IN_CALL, dialed="", caller_name=""))
    assert (found["CallerDialed"], found["CallerId"]) == ("105", "104")


def test_what_nobody_knows_is_an_empty_element(profile: ProfileName) -> None:
    text = document(profile, replace(IN_CALL, caller="", caller_name="", dialed="", callee="")).decode()
    assert "      <Source />\n      <CallerId />\n      <Destination />\n" in text


def test_ring_duration_runs_until_the_answer_and_talk_duration_from_there() -> None:
    moments = [Moment(START + seconds, BUDAPEST) for seconds in (-1.0, 0.0, 1.2345, 60.0)]
    waiting = replace(IN_CALL, state=State.DIALING, answered_at=None)
    assert [members("v10", waiting, moment)["RingDuration"] for moment in moments] == [
        "0.000",
        "0.000",
        "1.234",
        "60.000",
    ]
    assert {members("v10", waiting, moment)["TalkDuration"] for moment in moments} == {"0.000"}
    assert [members("v10", IN_CALL, moment)["TalkDuration"] for moment in moments] == [
        "0.000",
        "0.000",
        "0.000",
        "57.648",
    ]
    assert {members("v10", IN_CALL, moment)["RingDuration"] for moment in moments} == {"2.351"}
    ending = replace(waiting, state=State.ENDING)
    assert members("v10", ending, moments[-1])["RingDuration"] == "60.000"


def test_xe_counts_seconds_that_are_over() -> None:
    found = members("xe", IN_CALL, Moment(START + 2.3515 + 59.999, BUDAPEST))
    assert (found["RingDuration"], found["TalkDuration"]) == ("2", "59")


@pytest.mark.parametrize(
    ("zone", "at", "v10", "xe"),
    [
        ("Europe/Budapest", 0.0, "1970-01-01 01:00:00", "1970-01-01T01:00:00+01:00"),
        ("UTC", 1709251199.001, "2024-02-29 23:59:59", "2024-02-29T23:59:59.001+00:00"),
        ("UTC", 1709251199.9999999, "2024-03-01 00:00:00", "2024-03-01T00:00:00+00:00"),
        ("America/New_York", 1629627112.25, "2021-08-22 06:11:52", "2021-08-22T06:11:52.25-04:00"),
        ("Asia/Kathmandu", 1629627112.123456, "2021-08-22 15:56:52", "2021-08-22T15:56:52.123456+05:45"),
        ("Europe/Budapest", 1635638399.5, "2021-10-31 01:59:59", "2021-10-31T01:59:59.5+02:00"),
        ("Europe/Budapest", 1635642000.0, "2021-10-31 02:00:00", "2021-10-31T02:00:00+01:00"),
    ],
)
def test_start_time(zone: str, at: float, v10: str, xe: str) -> None:
    call, moment = replace(RINGING, started_at=at), Moment(at, ZoneInfo(zone))
    assert members("v10", call, moment)["StartTime"] == v10
    assert members("xe", call, moment)["StartTime"] == xe


def test_without_a_zone_it_is_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "IST-5:30")
    time.tzset()
    try:
        found = members("xe", RINGING, Moment(RINGING.started_at, None))["StartTime"]
    finally:
        monkeypatch.undo()
        time.tzset()
    assert found == "2019-04-09T14:04:07+05:30"


@given(st.floats(0.0, 4e9), st.integers(-720, 840))
def test_xes_start_time_reads_back_as_the_moment(at: float, offset: int) -> None:
    zone = timezone(timedelta(minutes=offset))
    text = members("xe", replace(RINGING, started_at=at), Moment(at, zone))["StartTime"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,5}[1-9])?[+-]\d\d:\d\d", text)
    seconds, fraction, sign = re.fullmatch(r"([^.]+?)(?:\.(\d+))?([+-]\d\d:\d\d)", text).groups()  # type: ignore[union-attr]
    back = datetime.fromisoformat(f"{seconds}.{(fraction or '').ljust(6, '0')}{sign}")
    assert back.timestamp() == pytest.approx(at, abs=1e-6)


def test_the_members_in_the_order_of_the_pages() -> None:
    assert [field.name for field in V10_FIELDS] == list(members("v10", IN_CALL))
    assert [field.name for field in XE_FIELDS] == list(members("xe", IN_CALL))


# --- hostile ---


FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
hostile = st.text(st.characters(codec=None, exclude_categories=()), max_size=40) | st.sampled_from(
    [
        "</CallId></Call></ActiveCalls>",
        "<!DOCTYPE x>",
        "<?xml version='1.0'?>",
        "]]>",
        "&amp;",
        "&#0;",
        "a\x00b",
        "a\r\nb\rc",
        "\ud83d",
        "<!--",
        "\ufeff801",
        "801\x1b[2J",
        "x" * 10_000,
    ]
)


@pytest.mark.parametrize("name", ["v10", "xe"])
@given(hostile, hostile, hostile, hostile)
def test_a_hostile_caller_breaks_no_reader(
    name: ProfileName, caller: str, caller_name: str, dialed: str, callee: str
) -> None:
    call = replace(IN_CALL, caller=caller, caller_name=caller_name, dialed=dialed, callee=callee)
    found = read(document(name, call, IN_CALL))
    assert found.rows is not None
    assert [len(member) for member in found.rows] == [len(PROFILES[name].fields)] * 2
    expected = {"Source": caller, "CallerId": caller_name or caller, "Destination": callee}
    if name == "v10":
        expected |= {"CallerDialed": dialed or callee, "CalleeDialed": callee}
    assert {member: found.rows[0][member] for member in expected} == {
        member: FORBIDDEN.sub("", text) for member, text in expected.items()
    }
