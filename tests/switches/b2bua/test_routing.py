"""Where calls go, and where they do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from callboard.directory.directory import Directory
from callboard.directory.records import DID, Connection
from callboard.switches.b2bua.registrar import Registrar
from callboard.switches.b2bua.routing import Calling, Routed, RouteRefusal, calling, route
from callboard.switches.b2bua.settings import B2buaSettings
from callboard.switches.b2bua.wire import Contact, Register
from tests.switches.b2bua.town import NOW, SETTINGS, account, town


def registrar(*accounts: int) -> Registrar:
    """A registrar that knows a phone of each of these accounts, behind a NAT."""
    made = Registrar(SETTINGS)
    for number in accounts:
        contact = Contact(uri=f"sip:phone{number}@10.0.0.{number}:5060", expires=300)
        request = Register(
            ask=1,
            at=NOW,
            source=f"192.0.2.{number}:4000",
            user="any",
            uri="sip:h",
            sip_call_id=str(number),
            sequence=1,
            contacts=(contact,),
        )
        made.register(number, request, NOW)
    return made


def caller(directory: Directory, number: int = 3) -> Calling:
    """The account with this id, as the far end is told of it."""
    who = directory.account(number)
    assert who
    return calling(who, "forged", "")


def vendor(directory: Directory, number: int = 1) -> Calling:
    """A call that comes in over this connection."""
    who = directory.connection(number)
    assert who
    return calling(who, "4930999", "Some Body")


def ways(dialed: str, *registered: int, settings: B2buaSettings = SETTINGS) -> tuple[Routed, ...]:
    """Where a call of account 3 goes."""
    directory = town()
    found = route(directory, registrar(*registered), settings, caller(directory), dialed, NOW)
    assert isinstance(found, tuple)
    return found


def refused(dialed: str, *registered: int, inbound: bool = False) -> int:
    """The SIP status with which a call is refused."""
    directory = town()
    who = vendor(directory) if inbound else caller(directory)
    found = route(directory, registrar(*registered), SETTINGS, who, dialed, NOW)
    assert isinstance(found, RouteRefusal)
    return found.code


def test_a_registered_phone_is_called_where_its_request_came_from() -> None:
    (way,) = ways("812", 4)
    assert way.account
    assert (way.account.id, way.connection, way.did, way.number) == (4, None, "", "812")
    assert (way.target.address, way.target.uri) == ("192.0.2.4:4000", "sip:phone4@10.0.0.4:5060")


def test_a_caller_may_call_itself() -> None:
    assert ways("801", 3)[0].account == town().account(3)


def test_nobody_is_registered() -> None:
    assert refused("812") == 480


def test_a_registration_that_expired_counts_no_more() -> None:
    directory = town()
    found = route(directory, registrar(4), SETTINGS, caller(directory), "812", NOW + 301)
    assert found == RouteRefusal(480, "Nobody is registered there")


def test_a_blocked_account_is_not_called() -> None:
    assert refused("899", 5) == 403


@pytest.mark.parametrize("dialed", ["442071234567", "+442071234567", "00442071234567", "+44 (20) 7123-4567"])
def test_a_did_rings_its_account(dialed: str) -> None:
    (way,) = ways(dialed, 4)
    assert way.account
    assert (way.account.id, way.did, way.number) == (4, "442071234567", "812")


@pytest.mark.parametrize("dialed", ["4930555", "+4930555", "004930555", "%2B49-30.555", "+4930555;phone-context=x"])
def test_any_spelling_of_a_number_goes_to_the_carriers_in_order(dialed: str) -> None:
    first, second = ways(dialed)
    assert first.connection
    assert second.connection
    assert (first.connection.id, second.connection.id) == (1, 2)
    assert (first.target.address, first.target.uri) == ("198.51.100.1:5060", "sip:4930555@198.51.100.1:5060")
    assert (second.target.address, second.target.uri) == ("198.51.100.2:5060", "sip:4930555@198.51.100.2:5060")
    assert first.number == second.number == "4930555"


def test_the_longest_prefix_wins() -> None:
    (way,) = ways("44301234567")
    assert way.connection
    assert (way.connection.id, way.target.address) == (3, "[2001:db8::1]:5070")


def test_the_demos_carrier_takes_all_off_net_calls_in_the_connections_names() -> None:
    one, two = ways("4930555", settings=replace(SETTINGS, carrier="127.0.0.1:7000"))
    assert one.connection
    assert two.connection
    assert {one.target.address, two.target.address} == {"127.0.0.1:7000"}
    assert one.target.uri == "sip:4930555@127.0.0.1:7000"
    assert (one.connection.id, two.connection.id) == (1, 2)


@pytest.mark.parametrize("dialed", ["", "nobody", "+", "4930x55", "٤٤٢٠٧", "4" * 33, "112\r\nX: y", "%00", "*21*5#"])
def test_what_is_no_number_and_nobody_is_not_found(dialed: str) -> None:
    assert refused(dialed) == 404


def test_without_a_connection_there_is_no_route() -> None:
    directory = town()
    for connection in directory.connections():
        directory.put(replace(connection, blocked=True))
    found = route(directory, registrar(), SETTINGS, caller(directory), "4930555", NOW)
    assert found == RouteRefusal(404, "No route to this number")


def test_a_vendors_call_reaches_dids_and_nothing_else() -> None:
    directory = town()
    found = route(directory, registrar(3, 4), SETTINGS, vendor(directory), "+442071234567", NOW)
    assert isinstance(found, tuple)
    assert found[0].did == "442071234567"
    assert [refused(dialed, 3, 4, inbound=True) for dialed in ("801", "812", "pbx", "4930555", "00")] == [404] * 5


@given(st.text(max_size=20) | st.from_regex(r"\+?[0-9 .()-]{1,20}", fullmatch=True))
def test_whatever_a_vendor_sends_it_is_no_open_relay(dialed: str) -> None:
    directory = town()
    found = route(directory, registrar(3, 4), SETTINGS, vendor(directory), dialed, NOW)
    assert isinstance(found, RouteRefusal) or all(way.connection is None and way.did for way in found)


@given(st.text(max_size=40))
def test_no_text_that_was_dialed_gets_into_a_request_uri_but_as_digits(dialed: str) -> None:
    directory = town()
    found = route(directory, registrar(), SETTINGS, caller(directory), dialed, NOW)
    if isinstance(found, tuple):
        assert all(way.number.isascii() and way.number.isdigit() for way in found)
        assert all(way.target.uri.startswith(f"sip:{way.number}@") for way in found)


def test_an_account_whose_user_is_also_a_did_is_reached_as_itself() -> None:
    directory = Directory([*town().records(), account(20, "4930777"), DID(id=2, number="4930777", account=4)], (), ())
    found = route(directory, registrar(4, 20), SETTINGS, caller(directory), "+4930777", NOW)
    assert isinstance(found, tuple)
    assert (found[0].account, found[0].did) == (directory.account(20), "")


def test_how_callers_are_shown() -> None:
    directory = town()
    plain, named = directory.account(3), directory.account(4)
    assert plain
    assert named
    assert calling(plain, "forged", "") == Calling(caller=plain, number="801", name="")
    assert calling(named, "forged", "") == Calling(caller=named, number="4930123456", name="Zoë Müller")
    assert calling(named, "forged", "Desk\r\nX: \x00y" + "é" * 100).name == ("DeskX: y" + "é" * 100)[:64]


@given(st.text(max_size=60), st.text(max_size=200))
def test_a_vendors_caller_is_shown_only_in_what_a_header_may_hold(user: str, name: str) -> None:
    connection = Connection(id=1, vendor=1, name="one", address="198.51.100.1")
    shown = calling(connection, user, name)
    assert shown.number
    assert shown.number.isascii()
    assert not set(shown.number) & set(' <>@:;"\r\n\x00')
    assert not [char for char in shown.name if not char.isprintable()]
    assert len(shown.name) <= 64


def test_a_vendors_caller_is_shown_within_bounds() -> None:
    who = town().connection(1)
    assert who
    assert len(calling(who, "4" * 500, "n" * 500).number) == 32
    assert len(calling(who, "4" * 500, "n" * 500).name) == 64
