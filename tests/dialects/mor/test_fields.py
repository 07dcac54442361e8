"""The row: the vendor's printed example, every state, parties of every kind, hostile texts."""

import re
import xml.etree.ElementTree as ET
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace

from callboard.access.rights import Principal, Role
from callboard.calls.legs import Call, CallKey, CallNumber, Direction, Leg, LegId, Placement, Side
from callboard.calls.state import State
from callboard.dialects.mor.documents import page
from callboard.dialects.mor.fields import CALLED_FIELDS, FIELDS, LISTED, View, called_number, layout, status
from callboard.directory.directory import Directory
from callboard.directory.records import Account, Customer, Device, Vendor
from callboard.operations.sight import as_seen
from callboard.table.written.layout import plain_row
from tests.house import BEGIN

DIRECTORY = Directory(
    [
        Customer(id=1, name="Root"),
        Customer(id=2, name="Test User #1", parent=1),
        Customer(id=3, name="The Name", parent=1),
        Account(id=2, customer=2, sip_user="4321", name="Desk"),
        Account(id=5, customer=3, sip_user="0123456789"),
        Device(id=1, account=2, name="101", kind="IAX2", extension="101"),
        Device(id=2, account=5, name="gate", extension="1010", ani="63727007886", trunk=True),
        Vendor(id=8, name="Carrier & Sons"),
    ],
    (),
    (),
)

PRINTED = """\
<active_call>
   <id>3</id>
   <uniqueid>1249298495.111727</uniqueid>
   <status>Ringing</status>
   <answer_time/>
   <duration/>
   <src>306984327345</src>
   <user_id>2</user_id>
   <user>Test User #1</user>
   <src_device_id>2</src_device_id>
   <device_type>IAX2</device_type>
   <device_extension>101</device_extension>
   <device_name>101</device_name>
   <device_istrunk>0</device_istrunk>
   <device_ani>0</device_ani>
   <localized_dst>63727007886</localized_dst>
   <direction_code>PHL</direction_code>
   <direction_name>Philippines</direction_name>
   <destination_name>Philippines proper</destination_name>
   <provider_id/><provider_name/>
   <channel>SIP/10.219.62.200-c40daf10</channel>
</active_call>
"""
"""As on the vendor's page."""

RINGING = Call(
    number=CallNumber(3),
    key=CallKey("pbx", "1249298495.111727"),
    legs=(
        Leg(
            id=LegId("pbx", "1249298495.111727"),
            call="1249298495.111727",
            side=Side.CALLER,
            channel="SIP/10.219.62.200-c40daf10",
            started_at=BEGIN,
        ),
    ),
    state=State.RINGING,
    caller="306984327345",
    caller_name="",
    dialed="0063727007886",
    callee="63727007886",
    sip_call_id="d84b2a8b-44f79741@192.168.0.11",
    caller_media="",
    callee_media="",
    placement=Placement(
        direction=Direction.OUTBOUND,
        customer=2,
        account=2,
        device=1,
        prefix="63",
        destination="Philippines proper",
        country="PHL",
    ),
    started_at=BEGIN,
    progressed_at=BEGIN + 6.0,
    answered_at=None,
    ended_at=None,
    cause=None,
)
"""The call of that example."""

ANSWERED = replace(RINGING, state=State.ANSWERED, answered_at=BEGIN + 10.0)
NOW = BEGIN + 70.9


def view(zone: tzinfo | None = UTC) -> View:
    return View(DIRECTORY, zone)


def row(call: Call, seen: View, now: float = NOW) -> bytes:
    return plain_row(layout(seen), call, now)


def document(*calls: Call, seen: View | None = None, now: float = NOW) -> bytes:
    return b"".join(page(row(call, seen or view(), now) for call in calls))


def read(*calls: Call, seen: View | None = None, now: float = NOW) -> list[dict[str, str]]:
    """The rows, as two parsers agree on them."""
    written = document(*calls, seen=seen, now=now)
    by_etree, by_lxml = (
        [{field.tag: field.text or "" for field in found} for found in parsed]
        for parsed in (ET.fromstring(written), etree.fromstring(written))
    )
    assert by_etree == by_lxml
    return by_etree


def placed(call: Call = RINGING, **facts: object) -> Call:
    return replace(call, placement=replace(call.placement, **facts))


def test_the_printed_row_to_the_letter_but_for_blanks_between_elements() -> None:
    def bare(text: str) -> str:
        return re.sub(r"\s*(<[^>]*>)\s*", r"\1", text)

    assert bare(row(RINGING, view()).decode()) == bare(PRINTED)


def test_a_document_is_a_page_of_rows() -> None:
    assert document(RINGING).startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<page>\n<active_call>\n<id>3</id>\n')
    assert document(RINGING).endswith(b"</active_call>\n</page>\n")
    assert [list(found) for found in read(RINGING, ANSWERED)] == [[field.name for field in FIELDS]] * 2


def test_an_answered_call_has_times() -> None:
    (found,) = read(ANSWERED)
    assert found == read(RINGING)[0] | {
        "status": "Answered",
        "answer_time": "2021-08-22 10:12:02",
        "duration": "60",
    }


def test_times_are_those_of_the_zone() -> None:
    (found,) = read(ANSWERED, seen=view(zone=ZoneInfo("Europe/Vilnius")))
    assert found["answer_time"] == "2021-08-22 13:12:02"
    (found,) = read(ANSWERED, seen=view(zone=None))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", found["answer_time"])


@pytest.mark.parametrize("state", sorted(LISTED))
@pytest.mark.parametrize("answered_at", [None, BEGIN + 10.0])
def test_the_status_is_that_of_the_state_and_an_end_under_way_changes_nothing(
    state: State, answered_at: float | None
) -> None:
    call = replace(RINGING, state=state, answered_at=answered_at)
    connected = state in (State.ANSWERED, State.HELD) or (state is State.ENDING and answered_at is not None)
    (found,) = read(call)
    assert status(call) == found["status"] == ("Answered" if connected else "Ringing")
    assert bool(found["duration"]) is connected
    assert bool(found["answer_time"]) is (connected and answered_at is not None)


def test_calls_that_are_over_are_not_listed() -> None:
    assert set(State) - LISTED == {State.ENDED}


def test_a_vendor_is_the_provider() -> None:
    (found,) = read(placed(vendor=8))
    assert (found["provider_id"], found["provider_name"]) == ("8", "Carrier & Sons")
    (found,) = read(placed(vendor=9))
    assert (found["provider_id"], found["provider_name"]) == ("9", "")


def test_a_call_to_an_account_has_the_additional_output() -> None:
    (found,) = read(placed(direction=Direction.INTERNAL, callee_customer=3, callee_account=5, callee_device=2))
    assert list(found) == [field.name for field in (*FIELDS, *CALLED_FIELDS)]
    assert {name: text for name, text in found.items() if name.startswith("dst_")} == {
        "dst_user_id": "3",
        "dst_user": "The Name",
        "dst_device_id": "5",
        "dst_device_type": "SIP",
        "dst_device_extension": "1010",
        "dst_device_name": "gate",
        "dst_device_istrunk": "1",
        "dst_device_ani": "1",
    }
    assert found["user_id"] == "2"


def test_a_vendors_call_has_a_called_user_and_no_calling_one() -> None:
    (found,) = read(placed(direction=Direction.INBOUND, incoming=True, customer=3, account=5, device=None, vendor=8))
    assert [text for name, text in found.items() if name.startswith(("user", "src_", "device_"))] == [""] * 8
    assert (found["dst_user_id"], found["dst_device_id"], found["provider_id"]) == ("3", "5", "8")
    assert (found["dst_device_extension"], found["dst_device_name"]) == ("0123456789", "0123456789")


def test_an_account_without_a_device_speaks_for_itself() -> None:
    (found,) = read(placed(device=None))
    assert {name: text for name, text in found.items() if "device" in name} == {
        "src_device_id": "2",
        "device_type": "SIP",
        "device_extension": "4321",
        "device_name": "Desk",
        "device_istrunk": "0",
        "device_ani": "0",
    }


@pytest.mark.parametrize(("top", "source", "target"), [(1, "2", "3"), (2, "2", None), (3, "", "3")])
def test_who_is_out_of_sight_is_not_shown(top: int, source: str, target: str | None) -> None:
    internal = placed(direction=Direction.INTERNAL, callee_customer=3, callee_account=5)
    who = Principal(login="who", role=Role.ADMIN, customer=top, rights=frozenset())
    (found,) = read(as_seen(DIRECTORY, who, internal))
    assert found["user_id"] == source
    assert bool(found["user"]) is bool(found["src_device_id"]) is bool(found["device_name"]) is bool(source)
    assert found.get("dst_user_id") == target


def test_what_the_directory_has_no_more_is_empty() -> None:
    (found,) = read(placed(customer=99, account=99, device=99))
    assert (found["user_id"], found["user"], found["src_device_id"], found["device_istrunk"]) == ("99", "", "", "")


@pytest.mark.parametrize(
    ("dialed", "callee", "did", "number"),
    [
        ("0063727007886", "63727007886", None, "63727007886"),
        ("+63 72 700 7886", "", None, "63727007886"),
        ("37052101", "101", 1, "37052101"),
        ("+37052101", "101", 1, "37052101"),
        ("812", "812", None, "812"),
        ("john.doe", "john.doe", None, "john.doe"),
    ],
)
def test_the_number_called(dialed: str, callee: str, did: int | None, number: str) -> None:
    call = placed(replace(RINGING, dialed=dialed, callee=callee), did=did)
    assert called_number(call) == read(call)[0]["localized_dst"] == number


@pytest.mark.parametrize("country", ["PHL", "", "XXX"])
def test_a_destination_may_be_in_no_country(country: str) -> None:
    (found,) = read(placed(country=country))
    assert (found["direction_code"], found["direction_name"]) == (country, "Philippines" if country == "PHL" else "")


def test_a_leg_without_a_channel_shows_its_id() -> None:
    leg = replace(RINGING.legs[0], channel="")
    (found,) = read(replace(RINGING, legs=(leg,)))
    assert found["channel"] == found["uniqueid"] == "1249298495.111727"


def test_a_call_without_a_callers_leg_shows_the_leg_that_there_is() -> None:
    leg = replace(RINGING.legs[0], side=Side.CALLEE)
    assert read(replace(RINGING, legs=(leg,)))[0]["uniqueid"] == "1249298495.111727"
    assert read(replace(RINGING, legs=()))[0]["uniqueid"] == ""


@given(
    st.text(st.characters(categories=None)),
    st.text(st.characters(categories=None)),
    st.sampled_from(["", "</active_call>", "]]>", "&amp;", "<!--", "x" * 10_000, "\x00\ud800"]),
)
def test_hostile_texts_neither_break_nor_leave_their_field(caller: str, dialed: str, name: str) -> None:
    leg = replace(RINGING.legs[0], channel=name)
    hostile = replace(placed(destination=name), caller=caller, callee=dialed, dialed=dialed, legs=(leg,))
    first, second = read(hostile, RINGING)
    assert list(first) == [field.name for field in FIELDS]
    assert second == read(RINGING)[0]


@given(st.integers(0, 2**63 - 1), st.floats(0, 4e9), st.floats(-1e6, 1e6))
def test_numbers_have_their_form_whatever_they_are(number: int, answered_at: float, age: float) -> None:
    call = replace(ANSWERED, number=CallNumber(number), answered_at=answered_at)
    (found,) = read(call, now=answered_at + age)
    assert found["id"] == str(number)
    assert re.fullmatch(r"\d+", found["duration"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", found["answer_time"])
