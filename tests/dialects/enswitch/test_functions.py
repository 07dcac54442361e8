"""What each function answers."""

import pytest

from callboard.calls.commands import HangUp
from callboard.calls.events import LegSeen
from callboard.calls.legs import CallKey, Facts, Leg, LegId, Side
from callboard.calls.state import State
from callboard.directory.records import Account
from tests.dialects.enswitch.client import HANGUP, PANEL, Client
from tests.dialects.enswitch.conftest import Clients, inbound
from tests.house import BEGIN, House


@pytest.fixture
def busy(house: House) -> House:
    """Acme's calls: out (call-1), to Globex (call-2), from outside (in-1), not routed yet (call-3)."""
    house.call(State.RINGING, account=5, caller="101", name="Zoë", dialed="442079460123", at=BEGIN)
    house.call(account=6, callee_account=7, caller="103", name="Wile", dialed="104", at=BEGIN + 2)
    inbound(house, 5)
    house.call(State.ROUTING, account=5, caller="101", name="Zoë", dialed="4930123456", at=BEGIN + 4)
    return house


ALL = ["call-1/a", "call-1/b", "in-1/a", "in-1/b", "call-2/a", "call-2/b", "call-3/a"]


async def test_every_leg_by_the_start_of_its_call(busy: House, acme: Client) -> None:
    assert await acme.column("uniqueid") == ALL
    assert await acme.column("callid") == ["call-1/a"] * 2 + ["in-1/a"] * 2 + ["call-2/a"] * 2 + ["call-3/a"]
    assert await acme.column("status") == ["ringing"] * 2 + ["new"] * 2 + ["answered"] * 2 + ["new"]
    assert await acme.column("uniqueid", descending=1) == [
        *("call-3/a", "call-2/a", "call-2/b", "call-1/a", "call-1/b", "in-1/a", "in-1/b"),
    ]


async def test_a_call_that_ended_is_not_listed(busy: House, acme: Client) -> None:
    busy.end(CallKey("b2bua", "call-1"))
    assert "call-1/a" not in await acme.column("uniqueid")
    assert "call-1/a" not in await acme.column("uniqueid", PANEL)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"direction": "in"}, ["in-1/a", "in-1/b"]),
        ({"direction": "out"}, ["call-1/a", "call-1/b"]),
        ({"direction": "in_out"}, ["call-1/a", "call-1/b", "in-1/a", "in-1/b"]),
        ({"direction": "internal"}, ["call-2/a", "call-2/b"]),
        ({"callid": "call-2/a"}, ["call-2/a", "call-2/b"]),
        ({"callid": "call-2/b"}, []),
        ({"callid": "nonsense"}, []),
        ({"snumber": "10"}, ["call-1/a", "call-1/b", "call-2/a", "call-2/b", "call-3/a"]),
        ({"snumber": "10", "smatch": "exact"}, []),
        ({"snumber": "101", "smatch": "exact"}, ["call-1/a", "call-1/b", "call-3/a"]),
        ({"cnumber": "4420", "cmatch": "starts"}, ["call-1/a", "call-1/b", "in-1/a", "in-1/b"]),
        ({"dnumber": "0123", "dmatch": "ends"}, ["call-1/a", "call-1/b"]),
        ({"callername_number": "zo"}, ["call-1/a", "call-1/b", "call-3/a"]),
        ({"callername_number": "zo", "callername_match": "exact"}, []),
        ({"stype": "external"}, ["in-1/a", "in-1/b"]),
        ({"dtype": "phone"}, ["in-1/a", "in-1/b", "call-2/a", "call-2/b"]),
        ({"stype": "phone", "dtype": "external"}, ["call-1/a", "call-1/b"]),
        ({"stype": "queue"}, []),
        ({"ctype": "number"}, []),
        ({"phone": "103"}, ["call-2/a", "call-2/b"]),
        ({"phone": "101"}, ["call-1/a", "call-1/b", "in-1/a", "in-1/b", "call-3/a"]),
        ({"phone": "104"}, []),
        ({"phone": "999"}, []),
        ({"phone": "101", "direction": "in", "snumber": "44"}, ["in-1/a", "in-1/b"]),
        ({"sort": "snumber"}, [*ALL[:2], ALL[6], *ALL[4:6], *ALL[2:4]]),
        ({"sort": "uniqueid", "descending": 1}, [*ALL[3:1:-1], ALL[6], *ALL[5:3:-1], *ALL[1::-1]]),
    ],
)
async def test_filters_and_sorts(busy: House, acme: Client, parameters: dict[str, object], expected: list[str]) -> None:
    assert await acme.column("uniqueid", **parameters) == expected


async def test_only_a_count(busy: House, acme: Client) -> None:
    assert await acme.data(count=1) == {"count": 7}
    assert await acme.data(count=1, direction="in") == {"count": 2}
    assert await acme.data(count=1, callid="nonsense") == {"count": 0}
    assert len(await acme.data(count=0)) == 7


async def test_names_are_added_for_the_accounts_that_who_asks_may_see(
    busy: House, acme: Client, client: Clients
) -> None:
    named = (
        Account(id=6, customer=3, sip_user="103", name="Coyote"),
        Account(id=7, customer=4, sip_user="104", name="Hank"),
    )
    busy.directory.put(*named)

    async def names(who: Client) -> list[str]:
        row, _ = await who.data(callid="call-2/a", names=1)
        assert list(row)[-3:] == ["snumber_name", "cnumber_name", "dnumber_name"]
        return list(row.values())[-3:]

    assert await names(acme) == ["Coyote", "", ""]
    assert await names(client("globex")) == ["Wile", "Hank", "Hank"]
    assert "snumber_name" not in (await acme.data())[0]


async def test_the_panels_list_is_lighter(busy: House, acme: Client) -> None:
    rows, light = await acme.data(), await acme.data(PANEL)
    assert [row["uniqueid"] for row in light] == ALL
    assert all(row.items() < full.items() for row, full in zip(light, rows, strict=True))


@pytest.mark.parametrize("ids", [{"callid": "call-1/a"}, {"uniqueid": "call-1/a"}, {"uniqueid": "call-1/b"}])
async def test_a_call_is_hung_up_by_either_id(busy: House, acme: Client, ids: dict[str, str]) -> None:
    busy.obeys = True
    assert await acme.ask(HANGUP, **ids) == {"responses": [{"code": "204", "key": "", "message": "OK"}]}
    assert [command.call for command in busy.sent if isinstance(command, HangUp)] == [CallKey("b2bua", "call-1")]
    assert await acme.column("uniqueid") == ALL[2:]
    assert (await acme.refusal(HANGUP, **ids))[0] == "404"


async def test_hanging_up_keeps_to_the_record_who_asked(busy: House, acme: Client) -> None:
    await acme.ask(HANGUP, callid="call-1/a")
    record = busy.ledger.record(busy.sent[0].id)
    assert record is not None
    assert (record.login, record.operation) == ("acme", "calls.disconnect")


@pytest.mark.parametrize(
    ("ids", "refusal"),
    [
        ({}, ("400", "callid", "Missing parameter: give callid or uniqueid, as calls/active/list shows it")),
        (
            {"callid": "call-1/a", "uniqueid": "call-1/a"},
            ("400", "uniqueid", "Invalid parameter: give either callid or uniqueid, not both"),
        ),
        ({"callid": "call-1/b"}, ("404", "", "Call not found: there is no call with such a callid")),
        ({"uniqueid": "call-9/a"}, ("404", "", "Call not found: there is no call with such a uniqueid")),
        ({"uniqueid": "x" * 5000}, ("404", "", "Call not found: there is no call with such a uniqueid")),
    ],
)
async def test_what_cannot_be_hung_up(
    busy: House, acme: Client, ids: dict[str, str], refusal: tuple[str, str, str]
) -> None:
    assert await acme.refusal(HANGUP, **ids) == refusal
    assert busy.sent == []


async def test_a_switch_that_cannot_be_told_is_500(busy: House, acme: Client) -> None:
    busy.unreachable = "the link is down"
    code, _, message = await acme.refusal(HANGUP, callid="call-1/a")
    assert code == "500"
    assert "could not be told" in message


async def test_an_id_that_two_switches_gave_is_not_guessed(busy: House, acme: Client) -> None:
    twin = Leg(
        id=LegId("other", "call-1/a"),
        call="call-1",
        side=Side.CALLER,
        facts=Facts(account=5),
        started_at=BEGIN,
    )
    busy.table.accept(LegSeen(BEGIN, twin), BEGIN)
    code, key, _ = await acme.refusal(HANGUP, uniqueid="call-1/a")
    assert (code, key, busy.sent) == ("400", "uniqueid", [])
    await acme.ask(HANGUP, uniqueid="call-1/b")
    assert len(busy.sent) == 1
