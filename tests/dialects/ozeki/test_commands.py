"""What the commands do, and what they answer."""

import re
from collections.abc import Callable

import pytest

from callboard.calls.commands import HangUp, Outcome
from callboard.calls.state import State
from callboard.dialects.ozeki.call_id import call_id
from callboard.dialects.ozeki.commands import COMMANDS
from callboard.dialects.ozeki.dialect import OzekiDialect
from callboard.dialects.ozeki.profiles import PROFILES, V10, XE, ProfileName
from callboard.http.blocks import BLOCK
from tests.dialects.ozeki.client import DONE, ELSEWHERE, ROWS, Client, get, read, whole
from tests.dialects.ozeki.test_fields import V10_HEAD, V10_PRINTED
from tests.house import BEGIN, House

# --- the printed example: request and answer ---

PRINTED_REQUEST = "/api?command=ListActiveCalls&Username=HTTP_User_1&Password=qwe123"


def shape(document: str) -> str:
    """The document with every id, time and duration replaced by what it looks like."""
    document = re.sub(r"(?<=<CallId>)\w{5,6}(?=<)", "id", document)
    document = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "date", document)
    return re.sub(r"\d+\.\d{3}(?=<)", "seconds", document)


async def test_the_printed_request_gets_the_printed_answer(house: House, dialect: OzekiDialect) -> None:
    house.call(State.RINGING, 6, callee_account=5, caller="103", dialed="101")
    house.call(State.ANSWERED, 7, callee_account=8, caller="104", dialed="105", at=BEGIN + 5.0)
    reply = await get(dialect, PRINTED_REQUEST, at=house.now)
    assert (reply.status, reply.content_type, reply.headers) == (200, "application/xml", ())
    printed = f"{V10_HEAD}  <ActiveCalls>\n{''.join(V10_PRINTED)}  </ActiveCalls>\n</Response>"
    assert shape(whole(reply).decode()) == shape(printed)
    assert read(whole(reply)).rows == [
        {
            "CallId": "000FU",
            "Source": "103",
            "CallerId": "103",
            "Destination": "101",
            "CallerDialed": "101",
            "CalleeDialed": "101",
            "StartTime": "2021-08-22 12:11:52",
            "RingDuration": "60.000",
            "TalkDuration": "0.000",
            "CallState": "Ringing",
        },
        {
            "CallId": "000FV",
            "Source": "104",
            "CallerId": "104",
            "Destination": "105",
            "CallerDialed": "105",
            "CalleeDialed": "105",
            "StartTime": "2021-08-22 12:11:57",
            "RingDuration": "10.000",
            "TalkDuration": "45.000",
            "CallState": "InCall",
        },
    ]


async def test_xe_with_the_values_of_its_page(house: House, dialect: OzekiDialect) -> None:
    house.call(State.ANSWERED, 9, callee_account=10, caller="1000", name="Thomas M.", dialed="1001", at=BEGIN + 0.9558)
    house.now = BEGIN + 0.9558 + 10.0 + 956.0
    target = "/?command=ListActiveCalls&Username=user1000&Password=mypassword12"
    answer = read(whole(await get(dialect, target, at=house.now)))
    assert (answer.verdict, answer.row) == (DONE, "CallInfo")
    assert answer.rows == [
        {
            "CallState": "InCall",
            "CallId": "000FU",
            "Source": "1000",
            "CallerId": "Thomas M.",
            "Destination": "1001",
            "StartTime": "2021-08-22T12:11:52.9558+02:00",
            "RingDuration": "10",
            "TalkDuration": "956",
        }
    ]


# --- ListActiveCalls ---


async def test_no_calls(root: Client) -> None:
    answer = await root.list()
    assert (answer.verdict, answer.rows) == (DONE, [])


async def test_every_state_but_the_last_oldest_first(house: House, root: Client) -> None:
    for place, state in enumerate(State):
        house.call(state, at=BEGIN - place)
    answer = await root.list()
    assert answer.row == ROWS[root.profile]
    assert answer.rows is not None
    assert [found["CallState"] for found in answer.rows] == ["Completed", "Hold", "InCall", *["Ringing"] * 5]


@pytest.mark.parametrize("name", ["ListActiveCalls", "listactivecalls", "LISTACTIVECALLS", " ListActiveCalls "])
async def test_the_command_in_any_case(house: House, root: Client, name: str) -> None:
    house.call()
    assert (await root.ask(name)).ids() == ["000FU"]


async def test_a_long_listing_comes_in_blocks_without_what_ended_meanwhile(house: House, root: Client) -> None:
    calls = [house.call(State.NEW) for _ in range(BLOCK + 1)]
    reply = await root.reply(command="ListActiveCalls")
    assert not isinstance(reply.body, bytes)
    house.end(calls[-1].key)
    assert read(whole(reply)).ids() == [call_id(call.number) for call in calls[:-1]]


# --- Hangup ---


async def test_hangup_ends_the_call(house: House, root: Client) -> None:
    house.obeys = True
    call = house.call()
    answer = await root.hang_up("000FU")
    assert (answer.verdict, answer.rows) == (DONE, None)
    assert [command.call for command in house.sent] == [call.key]
    assert (await root.list()).rows == []


async def test_the_row_leaves_when_the_switch_says_so(house: House, root: Client) -> None:
    call = house.call()
    assert (await root.hang_up("000FU")).verdict == DONE
    assert (await root.list()).ids() == ["000FU"]
    house.end(call.key)
    assert (await root.list()).rows == []


@pytest.mark.parametrize("state", sorted(set(State) - {State.ENDED}))
async def test_hangup_in_every_state(house: House, root: Client, state: State) -> None:
    house.call(state)
    assert (await root.hang_up("000FU")).verdict == DONE
    assert len(house.sent) == 1


@pytest.mark.parametrize("wanted", ["000FT", "000FU", "000fu", "960", "no call", "1vQHKd", "<&>'\"", "{0}", "\x00"])
async def test_a_call_that_is_not_there_or_over_is_not_found(house: House, root: Client, wanted: str) -> None:
    house.call(State.ENDED)
    shown = wanted.replace("\x00", "")
    assert (await root.hang_up(wanted)).verdict == (601, f"Call not found with ID '{shown}'")
    assert house.sent == []


async def test_hangup_without_a_call_id(root: Client) -> None:
    assert (await root.ask("hangup")).verdict == (302, "Missing or invalid parameter 'CallId' for command 'hangup'")


async def test_hangup_where_the_switch_cannot_be_told(house: House, root: Client) -> None:
    house.call()
    house.unreachable = "the link to b2bua is down"
    assert (await root.hang_up("000FU")).verdict == (303, "Command 'Hangup' cannot be used here")
    assert (await root.list()).ids() == ["000FU"]


async def test_a_command_is_known_by_who_asked_for_it(house: House, client: Callable[..., Client]) -> None:
    house.call(account=5)
    await client("acme").hang_up("000FU")
    (command,) = house.sent
    assert isinstance(command, HangUp)
    record = house.ledger.record(command.id)
    assert record is not None
    assert (record.login, record.address, record.outcome) == ("acme", ELSEWHERE, Outcome.PENDING)


# --- the vendor's other commands ---


@pytest.mark.parametrize("name", ["v10", "xe"])
async def test_commands_that_the_switches_cannot_carry_out(
    house: House, dialect: OzekiDialect, name: ProfileName
) -> None:
    client = Client(house, dialect, "root", name)
    for command in PROFILES[name].others:
        assert (await client.ask(command)).verdict == (303, f"Command '{command}' cannot be used here")


def test_the_other_commands_of_each_product() -> None:
    assert {"hold", "unhold", "blindtransfer", "senddtmf", "getcallhistory", "call"} <= XE.others
    assert V10.others - XE.others == {"callsetup", "forwardcall", "listcallhistory", "request", "receivemessage"}
    assert not V10.others & set(COMMANDS)


@pytest.mark.parametrize("command", ["DropCall", "TransferCall", "HoldCall", "StartCall", "x", "{command}", "<&>", "ü"])
async def test_commands_that_neither_product_has(root: Client, command: str) -> None:
    assert (await root.ask(command)).verdict == (301, f"Not implemented command: '{command}'")


async def test_a_command_of_the_newer_product_is_unknown_to_the_older(house: House, dialect: OzekiDialect) -> None:
    assert (await Client(house, dialect, "root", "xe").ask("CallSetup")).code == 301
    assert (await Client(house, dialect, "root", "v10").ask("CallSetup")).code == 303
