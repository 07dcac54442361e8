from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.calls.legs import Direction, Facts, Leg, LegId, Placement, Side
from callboard.calls.state import State
from callboard.directory.directory import Directory, DirectoryError
from callboard.directory.placement import Placer, place
from callboard.directory.records import DID, Account, Connection, Destination, Device, Record
from tests.directory.worlds import RECORDS, company


def _caller(dialed: str = "", number: str = "", state: State = State.ROUTING, **facts: Any) -> Leg:
    return Leg(
        id=LegId("b2bua", "1-a"),
        call="1",
        side=Side.CALLER,
        state=state,
        number=number,
        dialed=dialed,
        started_at=1.0,
        facts=msgspec.convert(facts, Facts),
    )


def _callee(number: str = "", state: State = State.DIALING, started_at: float = 2.0, **facts: Any) -> Leg:
    return Leg(
        id=LegId("b2bua", f"1-b{started_at}"),
        call="1",
        side=Side.CALLEE,
        state=state,
        number=number,
        started_at=started_at,
        facts=msgspec.convert(facts, Facts),
    )


def _place(*legs: Leg) -> Placement:
    return place(company(), legs)


class TestDirections:
    def test_an_account_that_calls_an_account(self) -> None:
        assert _place(_caller("104", account=5), _callee("104", account=7)) == Placement(
            direction=Direction.INTERNAL,
            customer=3,
            account=5,
            callee_customer=4,
            callee_account=7,
            machine=1,
        )

    def test_an_account_that_calls_a_vendors_number(self) -> None:
        assert _place(_caller("+442071234567", account=5), _callee("442071234567", connection=3)) == Placement(
            direction=Direction.OUTBOUND,
            customer=3,
            account=5,
            vendor=2,
            connection=3,
            machine=1,
            prefix="44",
            destination="United Kingdom",
            country="GBR",
        )

    def test_a_vendor_that_calls_an_account(self) -> None:
        assert _place(_caller("442079460001", connection=3), _callee("104", account=7)) == Placement(
            direction=Direction.INBOUND,
            customer=4,
            account=7,
            incoming=True,
            vendor=2,
            connection=3,
            did=1,
            machine=1,
            prefix="44",
            destination="United Kingdom",
            country="GBR",
        )

    def test_a_vendor_that_calls_a_vendors_number_shows_the_one_it_is_routed_to(self) -> None:
        placed = _place(_caller("639171234567", connection=3), _callee("639171234567", connection=1))
        assert (placed.direction, placed.vendor, placed.connection) == (Direction.TRANSIT, 1, 1)
        assert (placed.customer, placed.country) == (None, "PHL")


class TestBeforeTheFarSideIsKnown:
    def test_an_account_that_calls_out_is_known_at_once_with_its_destination(self) -> None:
        placed = _place(_caller("00442071234567", account=5))
        assert (placed.direction, placed.customer, placed.account) == (Direction.UNKNOWN, 3, 5)
        assert (placed.vendor, placed.country) == (None, "GBR")

    def test_a_did_names_the_account_that_a_vendor_calls(self) -> None:
        placed = _place(_caller("+442079460001", connection=3))
        assert (placed.direction, placed.customer, placed.account, placed.did) == (Direction.INBOUND, 4, 7, 1)
        assert placed.incoming

    def test_the_switch_may_tell_the_did_apart_from_what_is_dialed(self) -> None:
        placed = _place(_caller("104", connection=3, did="442079460001"))
        assert (placed.account, placed.did) == (7, 1)

    def test_a_did_does_not_name_the_far_side_of_an_accounts_call(self) -> None:
        placed = _place(_caller("442079460001", account=5))
        assert (placed.direction, placed.account, placed.callee_account) == (Direction.UNKNOWN, 5, None)
        assert placed.did == 1

    def test_a_stranger_has_a_machine_and_a_destination_and_nothing_else(self) -> None:
        placed = _place(_caller("639171234567", source="192.0.2.99:5060"))
        assert placed == Placement(machine=1, prefix="639", destination="Philippines Mobile", country="PHL")

    def test_a_call_from_nobody_known_belongs_to_the_account_it_reaches(self) -> None:
        placed = _place(_caller("104"), _callee("104", account=7))
        assert (placed.direction, placed.customer, placed.account) == (Direction.UNKNOWN, 4, 7)
        assert placed.incoming

    def test_no_legs_are_no_placement(self) -> None:
        assert _place() == Placement()

    def test_a_callee_alone_is_placed_too(self) -> None:
        assert _place(_callee("104", account=7)).account == 7


class TestWhoIsMeant:
    @pytest.mark.parametrize(
        ("facts", "account", "device"),
        [
            ({"account": 5}, 5, None),
            ({"account_code": "5"}, 5, None),
            ({"account_code": "101"}, 5, None),
            ({"account_code": "acme-door"}, 5, 2),
            ({"endpoint": "104"}, 7, None),
            ({"endpoint": "globex-desk"}, 7, 3),
            ({"endpoint": "12"}, 5, 2),
            ({"account": 5, "endpoint": "acme-desk"}, 5, 1),
            ({"account": 5, "endpoint": "globex-desk"}, 5, None),
            ({"account": 5, "endpoint": "11"}, 5, 1),
            ({"source": "192.0.2.7:5062"}, 5, None),
            ({"account": 7, "account_code": "5", "endpoint": "101", "source": "192.0.2.7:5062"}, 7, None),
            ({"account": 99, "account_code": "6"}, 6, None),
            ({"account_code": "6", "endpoint": "104"}, 6, None),
            ({"endpoint": "104", "source": "192.0.2.7:5062"}, 7, None),
            ({"endpoint": "11"}, None, None),
            ({"account_code": "99999999999999999999"}, None, None),
            ({"account_code": "²"}, None, None),
            ({"source": "192.0.2.7:5060"}, None, None),
        ],
    )
    def test_accounts(self, facts: dict[str, Any], account: int | None, device: int | None) -> None:
        placed = _place(_caller("639171234567", **facts))
        assert (placed.account, placed.device) == (account, device)

    @pytest.mark.parametrize(
        ("facts", "connection"),
        [
            ({"connection": 2}, 2),
            ({"endpoint": "one-b"}, 2),
            ({"trunk": "two"}, 3),
            ({"source": "198.51.100.2:5060"}, 2),
            ({"source": "198.51.100.9:5060"}, 1),
            ({"connection": 3, "trunk": "one-a", "source": "198.51.100.2:5060"}, 3),
            ({"trunk": "two", "source": "198.51.100.2:5060"}, 3),
            ({"connection": 99}, None),
            ({"trunk": "nobody"}, None),
        ],
    )
    def test_connections(self, facts: dict[str, Any], connection: int | None) -> None:
        assert _place(_caller("104", **facts)).connection == connection
        assert _place(_caller("639", account=5), _callee("639", **facts)).connection == connection

    def test_a_device_is_known_by_the_extension_that_calls(self) -> None:
        assert _place(_caller("104", number="12", account=5)).device == 2

    def test_the_called_device_is_shown_beside_the_called_account(self) -> None:
        placed = _place(_caller("104", account=6), _callee("104", endpoint="globex-desk"))
        assert (placed.callee_customer, placed.callee_account, placed.callee_device) == (4, 7, 3)


class TestSeveralCallees:
    def test_the_newest_live_leg_speaks(self) -> None:
        failed = _callee("44", State.ENDED, 2.0, connection=1)
        tried = _callee("44", State.RINGING, 3.0, connection=2)
        for legs in ((failed, tried), (tried, failed)):
            assert _place(_caller("44", account=5), *legs).connection == 2

    def test_the_connected_leg_speaks_before_newer_ones(self) -> None:
        for state in (State.ANSWERED, State.HELD):
            answered = _callee("44", state, 2.0, connection=1)
            newer = _callee("44", State.RINGING, 3.0, connection=2)
            assert _place(_caller("44", account=5), answered, newer).connection == 1

    def test_when_all_are_over_the_newest_speaks(self) -> None:
        over = [_callee("44", State.ENDED, at, connection=way) for at, way in ((2.0, 1), (4.0, 3), (3.0, 2))]
        assert _place(_caller("44", account=5), *over).connection == 3

    def test_of_two_that_began_together_the_last_told_speaks(self) -> None:
        first, second = (_callee("44", State.RINGING, 2.0, connection=way) for way in (3, 2))
        assert _place(_caller("44", account=5), first, second).connection == 2


class TestDestinations:
    def test_the_number_sent_to_the_vendor_counts_not_what_was_dialed(self) -> None:
        placed = _place(_caller("0301234567", account=5), _callee("49301234567", connection=1))
        assert (placed.prefix, placed.country) == ("49", "DEU")

    def test_a_sip_user_that_looks_like_a_number_leads_nowhere(self) -> None:
        assert _place(_caller("4930123456", account=5)).country == ""
        assert _place(_caller("4930123456", account=5), _callee("4930123456", account=8)).country == ""


_FACTS = st.builds(
    Facts,
    account=st.sampled_from([None, 5, 6, 7, 99]),
    connection=st.sampled_from([None, 1, 2, 3, 99]),
    account_code=st.sampled_from(["", "5", "101", "nobody"]),
    endpoint=st.sampled_from(["", "104", "acme-desk", "11", "two"]),
    trunk=st.sampled_from(["", "one-a", "nobody"]),
    source=st.sampled_from(["", "192.0.2.7:5062", "198.51.100.9:5060", "junk"]),
    did=st.sampled_from(["", "442079460001", "1"]),
)
_LEGS = st.lists(
    st.builds(
        Leg,
        id=st.builds(LegId, st.sampled_from(["b2bua", "other"]), st.text("abc", min_size=1, max_size=3)),
        call=st.just("1"),
        side=st.sampled_from(Side),
        state=st.sampled_from(State),
        number=st.sampled_from(["", "104", "442079460001", "639171234567"]),
        dialed=st.sampled_from(["", "104", "442079460001", "639171234567", "\x00"]),
        facts=_FACTS,
        started_at=st.floats(0, 10),
    ),
    max_size=4,
).map(tuple)


@given(_LEGS)
def test_a_placement_agrees_with_the_directory_and_with_itself(legs: tuple[Leg, ...]) -> None:
    directory: Directory = company()
    placed = place(directory, legs)
    account = directory.account(placed.account or 0)
    callee = directory.account(placed.callee_account or 0)
    connection = directory.connection(placed.connection or 0)
    assert placed.customer == (account.customer if isinstance(account, Account) else None)
    assert placed.callee_customer == (callee.customer if isinstance(callee, Account) else None)
    assert placed.vendor == (connection.vendor if isinstance(connection, Connection) else None)
    if placed.incoming:
        assert account
        assert not callee
        assert placed.direction in (Direction.INBOUND, Direction.UNKNOWN)
    assert placed.did in (None, *(did.id for did in directory.dids() if isinstance(did, DID)))
    if placed.device:
        device = directory.device(placed.device)
        assert isinstance(device, Device)
        assert device.account == placed.account
    if placed.direction is Direction.INTERNAL:
        assert account
        assert callee
    if placed.direction in (Direction.OUTBOUND, Direction.INBOUND, Direction.TRANSIT):
        assert connection
    assert bool(placed.prefix) == bool(placed.destination)


@given(st.lists(st.one_of(_LEGS, st.sampled_from(RECORDS), st.none()), max_size=12))
def test_what_is_remembered_is_what_would_be_looked_up(steps: list[tuple[Leg, ...] | Record | None]) -> None:
    """Legs are placed while records go and come back and the operator's own destinations change."""
    directory = company()
    remembering = Placer(directory)
    for step in steps:
        if step is None:
            own = Destination(prefix="442", name="Elsewhere", country="FRA")
            directory.replace_destinations([] if directory.destinations() else [own])
        elif isinstance(step, tuple):
            assert remembering(step) == place(directory, step)
        else:
            _leave_or_come_back(directory, step)


def _leave_or_come_back(directory: Directory, record: Record) -> None:
    """What others refer to stays, and what refers to something that has gone stays away."""
    with suppress(DirectoryError):
        if directory.record(type(record), record.id) is None:
            directory.put(record)
        else:
            directory.remove(type(record), record.id)


def test_what_is_remembered_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callboard.directory.placement.REMEMBERED", 3)
    directory = company()
    placer = Placer(directory)
    for number in range(20):
        legs = (_caller(f"6391712345{number:02}", account=number), _callee(connection=1))
        assert placer(legs) == place(directory, legs)
        assert len(placer._known._parties) <= 3
        assert len(placer._known._destinations) <= 3
