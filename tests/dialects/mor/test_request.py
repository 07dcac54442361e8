"""The twelve filters: what each finds, what each says to a value that it cannot take, and which of several speaks."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callboard.calls.state import State
from callboard.dialects.mor.faults import ARGUMENTS
from tests.dialects.mor.client import FORM, Client, error, page
from tests.dialects.mor.scenes import from_vendor
from tests.house import House

Clients = Callable[..., Client]

NOT_AN_ID = ["x", "0", "-1", "1.0", "2147483648", "9" * 5000, "٣", "1_0", "0x1", "1 2", "null", "true", "%", "\x00"]


@pytest.fixture
def numbers(house: House) -> dict[str, int]:
    """One call for each way in which calls differ, by a name."""
    calls = {
        "uk": house.call(account=5, connection=3, caller="101", dialed="442079460001"),
        "uk mobile": house.call(State.RINGING, account=6, connection=3, caller="103", dialed="447700900123"),
        "philippines": house.call(State.RINGING, account=9, connection=1, caller="+3706", dialed="639175550000"),
        "inmarsat": house.call(account=10, connection=2, caller="1001", dialed="870773111111"),
        "acme to globex": house.call(account=5, callee_account=7, caller="101", dialed="104"),
        "in the same house": house.call(State.HELD, account=5, callee_account=6, caller="101", dialed="103"),
        "to acme": from_vendor(house, 5, dialed="+370 52101", caller="442079460999"),
        "to initech": from_vendor(house, 9, dialed="44370", caller="37060000000"),
        "transit": from_vendor(house, None, dialed="442071111111", connection=1, onward=3),
        "new": house.call(State.NEW, account=None, connection=None, caller="anonymous", dialed="442072222222"),
    }
    house.call(State.ENDED, account=5, connection=3, dialed="442079460001")
    return {name: call.number for name, call in calls.items()}


FOUND: list[tuple[dict[str, object], set[str]]] = [
    ({"s_server": 2}, set()),
    ({"s_provider": 1}, {"philippines", "inmarsat"}),
    ({"s_provider": 2}, {"uk", "uk mobile", "to acme", "to initech", "transit"}),
    ({"s_user_id": 3}, {"uk", "uk mobile", "acme to globex", "in the same house"}),
    ({"s_user_id": 5}, {"philippines", "inmarsat"}),
    ({"s_user_id": 1}, set()),
    ({"s_user_id": 2}, set()),
    ({"s_user_id": 3, "s_device": 6}, {"uk mobile"}),
    ({"s_user_id": " 3 ", "s_device": "005"}, {"uk", "acme to globex", "in the same house"}),
    ({"s_dst_user_id": 3}, {"in the same house", "to acme"}),
    ({"s_dst_user_id": 4}, {"acme to globex"}),
    ({"s_dst_user_id": 5}, {"to initech"}),
    ({"s_dst_user_id": 3, "s_dst_device": 6}, {"in the same house"}),
    ({"s_dst_user_id": 3, "s_dst_device": 5}, {"to acme"}),
    ({"s_user_id": 3, "s_dst_user_id": 4}, {"acme to globex"}),
    ({"s_user_id": 4, "s_dst_user_id": 3}, set()),
    ({"s_user_id": 3, "s_dst_user_id": 3, "s_device": 5, "s_dst_device": 6}, {"in the same house"}),
    ({"s_destination": "44"}, {"uk", "uk mobile", "transit", "new", "to initech"}),
    ({"s_destination": "447"}, {"uk mobile"}),
    ({"s_destination": "+447"}, {"uk mobile"}),
    ({"s_destination": "00447"}, {"uk mobile"}),
    ({"s_destination": "37052101"}, {"to acme"}),
    ({"s_destination": "10"}, {"acme to globex", "in the same house"}),
    ({"s_destination": "%0000"}, {"philippines"}),
    ({"s_destination": "%000"}, {"philippines"}),
    ({"s_destination": "44%1"}, {"uk", "transit"}),
    ({"s_destination": "44_0%"}, {"uk", "transit", "new"}),
    ({"s_destination": "4_7%"}, {"uk mobile"}),
    ({"s_destination": "44_"}, set()),
    ({"s_destination": "%"}, {"*"}),
    ({"s_destination": "55"}, set()),
    ({"s_source": "10"}, {"uk", "uk mobile", "inmarsat", "acme to globex", "in the same house"}),
    ({"s_source": "+370"}, {"philippines"}),
    ({"s_source": "370"}, {"to initech"}),
    ({"s_source": "%370%"}, {"philippines", "to initech"}),
    ({"s_source": "%999"}, {"to acme"}),
    ({"s_source": "ANON%"}, {"new"}),
    ({"s_status": "ringing"}, {"uk mobile", "philippines", "to acme", "to initech", "transit", "new"}),
    ({"s_status": "Answered"}, {"uk", "inmarsat", "acme to globex", "in the same house"}),
    ({"s_status": "ANSWERED", "s_user_id": 5}, {"inmarsat"}),
    ({"s_country": "United Kingdom"}, {"uk", "uk mobile", "transit", "new"}),
    ({"s_country": "philippines"}, {"philippines"}),
    ({"s_country": "PHL"}, {"philippines"}),
    ({"s_country": "France"}, set()),
    ({"s_destination_group": "Europe"}, {"uk", "uk mobile", "transit", "new"}),
    ({"s_destination_group": "asia"}, {"philippines"}),
    ({"s_did": "37052101"}, {"to acme"}),
    ({"s_did": "370"}, {"to acme"}),
    ({"s_did": "+37052"}, {"to acme"}),
    ({"s_did": "%370%"}, {"to acme", "to initech"}),
    ({"s_did": "%370"}, {"to initech"}),
    ({"s_did": "37052102"}, set()),
    ({"s_device": 999}, {"*"}),
    ({"s_device": "x", "s_dst_device": "x"}, {"*"}),
    ({"s_server": "", "s_user_id": " ", "s_status": "", "s_country": "", "s_did": "", "s_source": ""}, {"*"}),
    ({"s_provider": 2, "s_status": "ringing", "s_source": "10", "s_country": "gbr"}, {"uk mobile"}),
]


def _words(value: object) -> str:
    """The same at every run: a set's own order is not."""
    return ", ".join(sorted(value)) if isinstance(value, set) else str(value)


@pytest.mark.parametrize(("asked", "expected"), FOUND, ids=_words)
async def test_what_a_filter_finds(
    root: Client, numbers: dict[str, int], asked: dict[str, object], expected: set[str]
) -> None:
    found = set(await root.ids(**asked))
    assert {name for name, number in numbers.items() if number in found} == (
        set(numbers) if expected == {"*"} else expected
    )


async def test_every_call_that_is_up_stands_in_the_order_of_its_beginning(
    root: Client, numbers: dict[str, int]
) -> None:
    assert await root.ids(s_server=1) == await root.ids() == sorted(numbers.values())


REFUSED: dict[str, list[object]] = {
    "s_server": [*NOT_AN_ID, 3],
    "s_country": ["Atlantis", "XYZ", "44", "%", "Philippine", "\x00", "x" * 9999],
    "s_user_id": [*NOT_AN_ID, 99],
    "s_device": [*NOT_AN_ID, 99, 7],
    "s_dst_user_id": [*NOT_AN_ID, 99],
    "s_dst_device": [*NOT_AN_ID, 99, 7],
    "s_destination_group": ["Oceania", "%", "1", "\x00"],
    "s_status": ["up", "ring", "hold", "ringing,answered", "\x00"],
    "s_provider": [*NOT_AN_ID, 3],
    "s_did": ["1", "x", "%9", "370521010", "\x00", "_7052101", "(", "[0-9]+"],
}
NEEDS: dict[str, dict[str, object]] = {"s_device": {"s_user_id": 3}, "s_dst_device": {"s_dst_user_id": 3}}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in REFUSED.items() for value in values],
    ids=lambda value: repr(value)[:30],
)
async def test_what_a_filter_refuses_in_the_vendors_words(
    root: Client, numbers: dict[str, int], name: str, value: object
) -> None:
    assert await root.error(**NEEDS.get(name, {}) | {name: value}) == ARGUMENTS[name]


WRONG: dict[str, object] = {
    "s_server": 3,
    "s_country": "Atlantis",
    "s_user_id": 99,
    "s_device": 99,
    "s_dst_user_id": 99,
    "s_dst_device": 99,
    "s_destination_group": "Oceania",
    "s_status": "up",
    "s_provider": 3,
    "s_did": "1",
}


@pytest.mark.parametrize("first", range(len(WRONG)))
async def test_of_several_wrong_values_the_first_in_the_vendors_order_is_told(root: Client, first: int) -> None:
    right = {"s_user_id": 3, "s_dst_user_id": 4}
    names = list(ARGUMENTS)
    assert names == list(WRONG) == list(REFUSED)
    asked = {name: right.get(name, "") if names.index(name) < first else WRONG[name] for name in reversed(names)}
    assert await root.error(**asked) == ARGUMENTS[names[first]]


async def test_a_call_that_is_being_ended_keeps_the_status_that_it_had(house: House, root: Client) -> None:
    answered = house.call(State.ENDING, account=5)
    assert await root.ids(s_status="answered") == [answered.number]
    assert await root.ids(s_status="ringing") == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from([*ARGUMENTS, "s_source", "s_destination"]),
        st.one_of(
            st.text(st.characters(categories=None), max_size=20),
            st.text("0123456789%_+ .", max_size=12),
            st.sampled_from(["1", "3", "ringing", "PHL", "Europe", "%", "%%%", "9" * 10_000, "%1" * 5_000, "\ud800"]),
        ),
    )
)
async def test_whatever_comes_is_answered_with_calls_a_message_or_an_error(
    root: Client, numbers: dict[str, int], parameters: dict[str, str]
) -> None:
    found = page(await root.reply(**parameters))
    text = found.findtext("status/error")
    assert text is None or text in ARGUMENTS.values()
    assert found.findall("active_call") or text or found.findtext("status/message") == "No data found..."


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.binary(max_size=60), st.binary(max_size=60), st.sampled_from(["application/json", FORM, "text/xml", ""]))
async def test_whatever_bytes_come_are_answered_with_an_error(
    root: Client, query: bytes, body: bytes, content_type: str
) -> None:
    root.house.now += 1000.0  # Failures before are forgotten.
    assert error(await root.send(query, body=body, content_type=content_type))
