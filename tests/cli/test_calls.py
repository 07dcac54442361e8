"""`callboard calls`, against a running server."""

import asyncio
import csv
import io
import time

import msgspec
import pytest

from callboard.calls.commands import Answered, Command
from callboard.calls.state import State
from tests.cli.conftest import Run
from tests.house import House


class Listed(msgspec.Struct):
    """The JSON answer, as far as the tests look."""

    calls: list[dict[str, object]]


def ids(text: str) -> list[object]:
    return [row["id"] for row in msgspec.json.decode(text, type=Listed).calls]


def test_the_table_is_for_people(house: House, ask: Run) -> None:
    house.call(State.ANSWERED, caller="801", dialed="442079460123", connection=3)
    house.call(State.RINGING, account=5, caller="101", dialed="639171234567")
    ran = ask("calls", "list")
    assert (ran.code, ran.err) == (0, "")
    head, first, second, _, count = ran.out.splitlines()
    assert head.split() == ["ID", "STATE", "CALLER", "CALLEE", "TIME", "CUSTOMER", "ACCOUNT", "DESTINATION"]
    assert first.split()[:4] == ["960", "answered", "801", "442079460123"]
    assert second.split()[:6] == ["961", "ringing", "101", "639171234567", "3", "5"]
    assert count == "2 calls"


def test_an_empty_table_says_so(ask: Run) -> None:
    assert ask("calls", "list").out.splitlines()[-1] == "0 calls"


def test_json_holds_everything_that_the_server_told(house: House, ask: Run) -> None:
    house.call(State.ANSWERED, name='Zoë "Z" Müller')
    [row] = msgspec.json.decode(ask("calls", "list", "-o", "json").out, type=Listed).calls
    assert row["caller_name"] == 'Zoë "Z" Müller'
    assert row["media"] == {"caller": "192.168.22.7", "callee": "192.168.22.54"}


def test_csv_has_a_column_for_every_field(house: House, ask: Run) -> None:
    house.call(State.ANSWERED, name='Zoë "Z", Müller')
    head, row = csv.reader(io.StringIO(ask("calls", "list", "-o", "csv").out))
    fields = dict(zip(head, row, strict=True))
    assert (fields["id"], fields["caller_name"], fields["connection"]) == ("960", 'Zoë "Z", Müller', "1")
    assert fields["media"] == '{"caller":"192.168.22.7","callee":"192.168.22.54"}'


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("--state ringing", ["961"]),
        ("--state ringing --state new", ["961", "963"]),
        ("--customer 2", ["961", "962"]),
        ("--customer 2 --no-recursive", []),
        ("--account 3", ["960", "963"]),
        ("--vendor 2", ["962"]),
        ("--connection 1", ["960", "961"]),
        ("--order newest_first", ["963", "962", "961", "960"]),
    ],
)
def test_filters_reach_the_server(house: House, ask: Run, filters: str, expected: list[str]) -> None:
    began = house.now - 60
    house.call(State.ANSWERED, account=3, at=began)
    house.call(State.RINGING, account=5, at=began + 1)
    house.call(State.ANSWERED, account=7, connection=3, at=began + 2)
    house.call(State.NEW, account=3, at=began + 3)
    assert ids(ask("calls", "list", "-o", "json", *filters.split()).out) == expected


def test_a_mistyped_state_has_a_suggestion(ask: Run) -> None:
    ran = ask("calls", "list", "--state", "ringin")
    assert (ran.code, ran.err) == (2, "Error: ringin is no state of a call\nDid you mean ringing?\n")


def test_a_word_that_is_near_nothing_lists_what_there_is(ask: Run) -> None:
    assert "It is one of new, authenticating" in ask("calls", "list", "--state", "xyzzy").err


def test_a_login_sees_its_own_calls_only(house: House, ask: Run) -> None:
    house.call(State.ANSWERED, account=5)
    house.call(State.ANSWERED, account=9)
    ran = ask("calls", "list", "-o", "json", CALLBOARD_USER="acme", CALLBOARD_PASSWORD="demo-acme")
    assert ids(ran.out) == ["960"]


def test_a_customer_that_is_not_there(ask: Run) -> None:
    ran = ask("calls", "list", "--customer", "77")
    assert (ran.code, ran.err.splitlines()[0]) == (5, "Error: customer 77 not found")


def test_a_customer_that_cannot_be(ask: Run) -> None:
    ran = ask("calls", "list", "--customer", "0")
    assert ran.code == 2
    assert ran.err.startswith("Error: the server cannot use this: customer: expected a whole number >= 1")


class TestHangup:
    def test_the_proven_end_is_told(self, house: House, ask: Run) -> None:
        house.call(State.ANSWERED)
        house.obeys = True
        ran = ask("calls", "hangup", "960")
        assert (ran.code, ran.out, ran.err) == (0, "Call 960: done\n", "")
        assert [command.call.native for command in house.sent] == ["call-1"]

    def test_a_call_that_is_over_counts_as_ended(self, house: House, ask: Run) -> None:
        house.call(State.ENDED)
        ran = ask("calls", "hangup", "960")
        assert (ran.code, ran.out) == (0, "Call 960: already_gone (the call was over already)\n")

    def test_a_switch_that_refuses_is_no_success(self, house: House, ask: Run) -> None:
        house.call(State.ANSWERED)
        house.unreachable = "the link to b2bua is down"
        ran = ask("calls", "hangup", "960")
        assert (ran.code, ran.out) == (1, "Call 960: refused (the link to b2bua is down)\n")

    def test_no_proof_is_no_success(self, house: House, ask: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        house.call(State.ANSWERED)
        monkeypatch.setattr(house.desk, "switchboard", Silent(house))
        ran = ask("calls", "hangup", "960")
        assert (ran.code, ran.out.split(" (")[0]) == (1, "Call 960: unknown")

    def test_it_need_not_wait(self, house: House, ask: Run) -> None:
        house.call(State.ANSWERED)
        ran = ask("calls", "hangup", "960", "--no-wait")
        assert (ran.code, ran.out) == (0, "Call 960: asked for its end (command command-1).\n")

    def test_a_strangers_call_is_not_found(self, house: House, ask: Run) -> None:
        house.call(State.ANSWERED, account=9)
        ran = ask("calls", "hangup", "960", CALLBOARD_USER="acme", CALLBOARD_PASSWORD="demo-acme")
        assert (ran.code, house.sent) == (5, [])
        assert ran.err == "Error: call 960 not found\n`callboard calls ls` shows what this login may see\n"


class TestForget:
    def test_the_row_goes_and_the_switch_hears_nothing(self, house: House, ask: Run) -> None:
        house.call(State.ANSWERED)
        ran = ask("calls", "forget", "960")
        assert (ran.code, ran.out) == (0, "Call 960: done (removed by hand by root; the switch was not asked)\n")
        assert house.sent == []
        call = house.table.call(960)
        assert call is not None
        assert call.state is State.ENDED

    def test_a_call_that_is_over_is_left_as_it_is(self, house: House, ask: Run) -> None:
        house.call(State.ENDED)
        ran = ask("calls", "forget", "960")
        assert (ran.code, ran.out) == (0, "Call 960: already_gone (the call was over already)\n")

    def test_who_has_not_the_right_is_refused(self, house: House, ask: Run) -> None:
        house.call(State.ANSWERED, account=5)
        ran = ask("calls", "forget", "960", CALLBOARD_USER="acme", CALLBOARD_PASSWORD="demo-acme")
        assert ran.code != 0
        assert "calls.forget" in ran.err

    def test_a_call_that_is_not_there(self, ask: Run) -> None:
        assert ask("calls", "forget", "960").code == 5


class Silent:
    """A switch that takes a command and never tells what came of it; and the time until nobody waits any more."""

    def __init__(self, house: House) -> None:
        self._house = house

    def send(self, command: Command, answered: Answered) -> None:
        asyncio.get_running_loop().call_soon(self._house.ledger.sweep, time.time() + 60)
