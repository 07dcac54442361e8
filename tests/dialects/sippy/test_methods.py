"""Every method, asked and answered in the vendor's words."""

import re
import xmlrpc.client
from collections.abc import Callable
from typing import Any

import pytest

from callboard.calls.commands import HangUp, Outcome
from callboard.calls.state import State
from callboard.dialects.sippy.fields import FIELDS
from callboard.dialects.sippy.methods import METHODS
from callboard.http.blocks import BLOCK
from tests.dialects.sippy.client import Client, whole
from tests.house import BEGIN, House

NOT_FOUND = {"result": "Call not found or not accessible"}


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["ID"] for row in rows]


# --- listing ---


async def test_an_empty_table_is_an_empty_bare_array(root: Client) -> None:
    reply = await root.reply("listAllCalls")
    assert isinstance(reply.body, bytes)
    packed = re.sub(rb">\s+<", b"><", whole(reply))
    assert b"<methodResponse><params><param><value><array><data></data></array></value></param></params>" in packed


async def test_list_all_calls_shows_every_state(house: House, root: Client) -> None:
    calls = {str(house.call(state).number): state for state in State}
    rows = await root.ask("listAllCalls")
    assert {row["ID"]: row["CC_STATE"] for row in rows} == dict(
        zip(
            calls,
            (
                "Idle",
                "WaitAuth",
                "WaitRoute",
                "ARComplete",
                "ARComplete",
                "Connected",
                "Connected",
                "Disconnecting",
                "Dead",
            ),
            strict=True,
        )
    )
    assert all(list(row) == [field.name for field in FIELDS] for row in rows)


async def test_list_active_calls_shows_those_being_set_up_and_those_connected(house: House, root: Client) -> None:
    for state in State:
        house.call(state)
    rows = await root.ask("listActiveCalls")
    assert [row["CC_STATE"] for row in rows] == ["WaitRoute", "ARComplete", "ARComplete", "Connected", "Connected"]


async def test_durations_are_those_of_the_moment_of_the_request(house: House, root: Client) -> None:
    house.call()
    assert [(row["DELAY"], row["DURATION"]) for row in await root.ask("listAllCalls")] == [(6.0, 50.0)]
    house.now += 5.5
    assert [(row["DELAY"], row["DURATION"]) for row in await root.ask("listAllCalls")] == [(6.0, 55.5)]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, ["960", "961", "962", "963", "964"]),
        ({"i_account": 3}, ["960", "961"]),
        ({"i_account": "3"}, ["960", "961"]),
        ({"i_vendor": 1}, ["960", "961", "962"]),
        ({"i_vendor": 2}, ["963"]),
        ({"i_connection": 1}, ["960", "962"]),
        ({"i_connection": 2}, ["961"]),
        ({"i_connection": 1, "i_vendor": 2}, ["960", "962"]),
        ({"i_connection": None, "i_vendor": 2}, ["963"]),
        ({"i_account": 3, "i_connection": 2}, ["961"]),
        ({"i_account": 3, "i_vendor": 2}, []),
        ({"i_account": 999}, []),
        ({"i_connection": 999}, []),
        ({"i_vendor": 999}, []),
        ({"recursive": True}, ["960", "961", "962", "963", "964"]),
        ({"recursive": False}, ["960", "961"]),
        ({"recursive": 0}, ["960", "961"]),
        ({"node_id": "b2bua"}, ["960", "961", "962", "963", "964"]),
        ({"node_id": "another"}, []),
    ],
)
async def test_filters(house: House, root: Client, parameters: dict[str, Any], found: list[str]) -> None:
    house.call(account=3, connection=1)
    house.call(account=3, connection=2)
    house.call(account=5, connection=1)
    house.call(account=9, connection=3)
    house.call(account=7, callee_account=8)
    assert ids(await root.ask("listAllCalls", **parameters)) == found


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("oldest_first", ["961", "960", "962", "963"]),
        ("oldest_last", ["963", "960", "962", "961"]),
        ("longest_first", ["961", "960", "962", "963"]),
        ("longest_last", ["963", "960", "962", "961"]),
    ],
)
async def test_orders_and_ties_by_number(house: House, root: Client, order: str, found: list[str]) -> None:
    house.call(at=BEGIN + 5.0)
    house.call(at=BEGIN)
    house.call(at=BEGIN + 5.0)
    house.call(State.RINGING, at=BEGIN + 9.0)
    assert ids(await root.ask("listAllCalls", order=order)) == found


async def test_a_long_listing_comes_in_blocks_without_what_ended_meanwhile(house: House, root: Client) -> None:
    calls = [house.call(State.NEW) for _ in range(BLOCK + 1)]
    reply = await root.reply("listAllCalls")
    assert not isinstance(reply.body, bytes)
    house.end(calls[-1].key)
    (rows,), _ = xmlrpc.client.loads(whole(reply))
    assert [row["CC_STATE"] for row in rows] == ["Idle"] * BLOCK  # type: ignore[index,call-overload,union-attr]


# --- ending ---


@pytest.mark.parametrize("write", [str, int])
async def test_disconnect_call(house: House, root: Client, write: Callable[[int], object]) -> None:
    call = house.call()
    assert await root.ask("disconnectCall", ID=write(call.number)) == {"result": "OK"}
    assert [command.call for command in house.sent] == [call.key]


async def test_the_row_leaves_when_the_switch_says_so(house: House, root: Client) -> None:
    call = house.call()
    await root.ask("disconnectCall", ID=str(call.number))
    assert ids(await root.ask("listActiveCalls")) == ["960"]
    house.end(call.key)
    assert await root.ask("listActiveCalls") == []


async def test_a_call_that_is_not_there_or_over_is_a_result_and_no_fault(house: House, root: Client) -> None:
    over = house.call(State.ENDED)
    for wanted in ("959", "0", "no call", "9" * 30, str(over.number)):
        assert await root.ask("disconnectCall", ID=wanted) == NOT_FOUND
    assert house.sent == []


async def test_a_switch_that_cannot_be_told_is_a_fault(house: House, root: Client) -> None:
    house.call()
    house.unreachable = "the link to b2bua is down"
    for method, parameters in (
        ("disconnectCall", {"ID": "960"}),
        ("disconnectAccount", {"i_account": 3}),
        ("disconnectCustomer", {"i_customer": 1}),
    ):
        fault = await root.fault(method, **parameters)
        assert fault.faultCode == 503
        assert "the link to b2bua is down" in fault.faultString


async def test_disconnect_account_counts_its_live_calls(house: House, root: Client) -> None:
    wanted = [house.call(state, account=5) for state in State]
    house.call(account=6)
    assert await root.ask("disconnectAccount", i_account=5) == {"result": "OK", "count": len(State) - 1}
    assert [command.call for command in house.sent] == [call.key for call in wanted if call.state is not State.ENDED]


async def test_disconnect_customer_reaches_all_below(house: House, root: Client) -> None:
    house.call(account=3)
    below = [house.call(account=5), house.call(account=7)]
    house.call(account=9)
    assert await root.ask("disconnectCustomer", i_customer="2") == {"result": "OK", "count": 2}
    assert [command.call for command in house.sent] == [call.key for call in below]


async def test_nothing_to_disconnect_is_ok_and_zero(root: Client) -> None:
    assert await root.ask("disconnectAccount", i_account=5) == {"result": "OK", "count": 0}


async def test_calls_that_end_at_once_are_counted(house: House, root: Client) -> None:
    house.obeys = True
    house.call(account=5)
    house.call(account=5)
    assert await root.ask("disconnectAccount", i_account=5) == {"result": "OK", "count": 2}
    assert await root.ask("listActiveCalls") == []


@pytest.mark.parametrize(
    ("method", "parameters"), [("disconnectAccount", {"i_account": 999}), ("disconnectCustomer", {"i_customer": 999})]
)
async def test_an_unknown_account_or_customer_is_a_fault(root: Client, method: str, parameters: dict[str, Any]) -> None:
    fault = await root.fault(method, **parameters)
    assert fault.faultCode == 404
    assert "999" in fault.faultString


@pytest.mark.parametrize("method", ["disconnectAccount", "disconnectCustomer"])
async def test_result_is_the_first_string_and_count_the_first_int(house: House, root: Client, method: str) -> None:
    house.call(account=3)
    parameter = "i_account" if method == "disconnectAccount" else "i_customer"
    text = whole(await root.reply(method, {parameter: 3 if method == "disconnectAccount" else 1})).decode()
    first_string, first_int = re.search(r"<string>(.*?)</string>", text), re.search(r"<int>(\d+)</int>", text)
    assert first_string is not None
    assert first_int is not None
    assert (first_string[1], first_int[1]) == ("OK", "1")


async def test_a_command_is_known_by_who_asked_for_it(house: House, root: Client) -> None:
    house.call()
    await root.ask("disconnectCall", ID="960")
    (command,) = house.sent
    assert isinstance(command, HangUp)
    record = house.ledger.record(command.id)
    assert record is not None
    assert (record.login, record.address, record.outcome) == ("root", root.address, Outcome.PENDING)


# --- counting ---


async def test_account_call_stats_are_of_the_root_customers_own_accounts(house: House, root: Client) -> None:
    house.call(State.RINGING, account=3)
    house.call(State.ANSWERED, account=3)
    house.call(State.HELD, account=3)
    house.call(State.ENDED, account=4)
    house.call(account=5)
    assert await root.ask("getAccountCallStats") == {"result": "OK", "data": {"3": [3, 2]}}


async def test_account_call_stats_of_a_customer(house: House, root: Client, client: Callable[..., Client]) -> None:
    house.call(account=5)
    house.call(State.NEW, account=6)
    expected = {"result": "OK", "data": {"5": [1, 1], "6": [1, 0]}}
    assert await root.ask("getAccountCallStatsCustomer", i_customer=3) == expected
    assert await client("acme").ask("getAccountCallStatsCustomer") == expected
    assert await root.ask("getAccountCallStatsCustomer") == {"result": "OK", "data": {}}


async def test_account_call_stats_are_for_the_root_customer_only(client: Callable[..., Client]) -> None:
    fault = await client("reseller").fault("getAccountCallStats")
    assert fault.faultCode == 403
    assert "getAccountCallStatsCustomer" in fault.faultString


# --- introspection and faults ---


async def test_introspection(root: Client) -> None:
    names = await root.ask("system.listMethods")
    assert set(METHODS) < set(names)
    for name in names:
        (help_text,), _ = xmlrpc.client.loads(whole(await root.reply("system.methodHelp", name)))
        assert help_text


@pytest.mark.parametrize("params", [(), (1,), ({"methodName": "listAllCalls"},), ("nothing",)])
async def test_help_is_for_a_method_by_its_name(root: Client, params: tuple[Any, ...]) -> None:
    with pytest.raises(xmlrpc.client.Fault, match="system"):
        xmlrpc.client.loads(whole(await root.reply("system.methodHelp", *params)))


async def test_an_unknown_method_is_a_fault_that_says_where_to_look(root: Client) -> None:
    fault = await root.fault("i_version.listAvailableMethods")
    assert fault.faultCode == 501
    assert "system.listMethods" in fault.faultString


@pytest.mark.parametrize(
    ("method", "parameters", "name"),
    [
        ("listAllCalls", {"i_account": "x"}, "i_account"),
        ("listActiveCalls", {"i_vendor": [1]}, "i_vendor"),
        ("listAllCalls", {"i_connection": 0}, "i_connection"),
        ("listAllCalls", {"i_connection": 1, "i_vendor": "x"}, "i_vendor"),
        ("listAllCalls", {"recursive": "perhaps"}, "recursive"),
        ("listAllCalls", {"order": "random"}, "order"),
        ("listAllCalls", {"i_customer": "x"}, "i_customer"),
        ("disconnectCall", {}, "ID"),
        ("disconnectCall", {"call_id": "960"}, "ID"),
        ("disconnectAccount", {}, "i_account"),
        ("disconnectCustomer", {}, "i_customer"),
    ],
)
async def test_a_bad_parameter_is_a_fault_that_names_it(
    root: Client, method: str, parameters: dict[str, Any], name: str
) -> None:
    fault = await root.fault(method, **parameters)
    assert fault.faultCode == 400
    assert name in fault.faultString


async def test_a_fault_reads_with_digits_only(root: Client) -> None:
    text = whole(await root.reply("nothing")).decode()
    found = re.search(r"<name>faultCode</name>\s*<value><int>(\d+)</int></value>", text)
    assert found is not None
    assert found[1] == "501"
    assert text.index("faultCode") < text.index("faultString")


async def test_a_method_takes_one_struct(root: Client) -> None:
    with pytest.raises(xmlrpc.client.Fault, match="one struct"):
        xmlrpc.client.loads(whole(await root.reply("disconnectCall", "960")))
