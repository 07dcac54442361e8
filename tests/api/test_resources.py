"""The resources: calls, commands, switches, the directory."""

import tomllib
from typing import Any

import msgspec
import pytest

from callboard.api.fields import CALL_FIELDS
from callboard.calls.events import SwitchListed, SwitchLost
from callboard.calls.state import State
from callboard.http.blocks import BLOCK
from tests.api.conftest import Caller, problem, whole
from tests.house import BEGIN, SWITCH, House


async def ids(caller: Caller, query: str = "", user: str = "root") -> list[str]:
    return [call["id"] for call in (await caller.get(f"/v1/calls{query}", user))["calls"]]


# --- calls ---


async def test_a_call_in_full(caller: Caller, house: House) -> None:
    house.call(name="Alice")
    listing = await caller.get("/v1/calls")
    assert listing["at"] == "2021-08-22T10:12:52.000Z"
    assert listing["revision"] == f"1-{house.table.revision.number}"
    assert listing["calls"] == [
        {
            "id": "960",
            "state": "answered",
            "suspect": False,
            "direction": "outbound",
            "caller": "801",
            "caller_name": "Alice",
            "dialed": "812",
            "callee": "812",
            "customer": 1,
            "account": 3,
            "device": None,
            "callee_customer": None,
            "callee_account": None,
            "callee_device": None,
            "vendor": 1,
            "connection": 1,
            "did": None,
            "machine": None,
            "switch": "b2bua",
            "country": "",
            "destination": "",
            "started_at": "2021-08-22T10:11:52.000Z",
            "progressed_at": "2021-08-22T10:11:58.000Z",
            "answered_at": "2021-08-22T10:12:02.000Z",
            "ended_at": None,
            "suspect_since": None,
            "delay": 6.0,
            "duration": 50.0,
            "media": {"caller": "192.168.22.7", "callee": "192.168.22.54"},
            "sip_call_id": "d84b2a8b-44f79741@192.168.0.11",
            "cause": None,
        }
    ]
    assert list(listing["calls"][0]) == list(CALL_FIELDS)
    assert (listing["total"], listing["next"]) == (1, None)
    shown = await caller.get("/v1/calls/960")
    assert {name: shown[name] for name in CALL_FIELDS} == listing["calls"][0]


async def test_an_ended_call_tells_its_cause(caller: Caller, house: House) -> None:
    call = house.call()
    house.end(call.key)
    found = await caller.get("/v1/calls/960")
    assert found["state"] == "ended"
    assert found["cause"] == {"reason": "disconnected", "sip": None, "text": ""}
    assert await ids(caller, "") == []
    assert await ids(caller, "?state=ended") == ["960"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["960", "961", "962"]),
        ("?account=5", ["961"]),
        ("?vendor=1", ["960", "961"]),
        ("?connection=3", ["962"]),
        ("?customer=2", ["961"]),
        ("?recursive=false", ["960"]),
        ("?customer=2&recursive=0", []),
        ("?state=ringing", ["961"]),
        ("?state=ringing,held", ["961", "962"]),
        ("?sort=-started_at", ["962", "961", "960"]),
        ("?sort=-duration,id", ["960", "962", "961"]),
        ("?sort=-state,-id", ["962", "960", "961"]),
        ("?account=3,5", ["960", "961"]),
        ("?account=3&account=9", ["960", "962"]),
        ("?customer=1,2&recursive=false", ["960"]),
        ("?customer=2,5", ["961", "962"]),
        ("?direction=outbound", ["960", "961", "962"]),
        ("?direction=inbound,internal", []),
        ("?switch=b2bua", ["960", "961", "962"]),
        ("?switch=other", []),
        ("?country=phl", []),
        ("?suspect=true", []),
        ("?caller=801", ["960", "961", "962"]),
        ("?caller_prefix=9,80", ["960", "961", "962"]),
        ("?dialed_contains=1", ["960", "961", "962"]),
        ("?callee=811", []),
        ("?min_duration=49.5", ["960"]),
        ("?max_duration=49.5", ["961", "962"]),
        ("?started_from=2021-08-22T10:11:53Z", ["961", "962"]),
        ("?started_from=2021-08-22T12:11:53%2B02:00&started_before=1629627114", ["961"]),
        ("?account=5&state=answered", []),
        ("?account=999", []),
    ],
)
async def test_filters_and_orders(caller: Caller, house: House, query: str, found: list[str]) -> None:
    house.call(account=3)
    house.call(State.RINGING, account=5, at=BEGIN + 1.0)
    house.call(State.HELD, account=9, connection=3, at=BEGIN + 2.0)
    assert await ids(caller, query) == found


@pytest.mark.parametrize(
    ("query", "argument"),
    [
        ("account=x", "account"),
        ("vendor=0", "vendor"),
        ("connection=2147483648", "connection"),
        ("customer=", "customer"),
        ("recursive=maybe", "recursive"),
        ("recursive=1&recursive=0", "recursive"),
        ("state=sleeping", "state"),
        ("state=", "state"),
        ("sort=random", "sort"),
        ("sort=", "sort"),
        ("fields=id,colour", "fields"),
        ("view=rows", "view"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=ten", "limit"),
        ("format=xml", "format"),
        ("cursor=abc", "cursor"),
        ("cursor=W10", "cursor"),
        ("min_duration=-1", "min_duration"),
        ("min_duration=nan", "min_duration"),
        ("started_from=yesterday", "started_from"),
        ("started_from=-1", "started_from"),
        ("suspect=null", "suspect"),
        ("limit=null", "limit"),
        ("started_from=2021-08-22T10:11:53", "started_from"),
        ("switch=", "switch"),
        ("account=" + ",".join(map(str, range(1, 102))), "account"),
        ("acount=3", "acount"),
    ],
)
async def test_a_bad_parameter_is_named(caller: Caller, query: str, argument: str) -> None:
    reply = await caller.reply(f"/v1/calls?{query}")
    assert reply.status == 400
    assert problem(reply)["argument"] == argument


async def test_a_query_without_end_is_refused(caller: Caller) -> None:
    reply = await caller.reply("/v1/calls?" + "a=1&" * 3000)
    assert problem(reply)["code"] == "malformed"


async def test_a_long_listing_comes_in_blocks(caller: Caller, house: House) -> None:
    for _ in range(2 * BLOCK + 1):
        house.call(State.NEW)
    numbers = [str(960 + n) for n in range(2 * BLOCK + 1)]
    reply = await caller.reply("/v1/calls?limit=1000")
    assert not isinstance(reply.body, bytes)
    assert [call["id"] for call in msgspec.json.decode(whole(reply))["calls"]] == numbers[:1000]
    reply = await caller.reply("/v1/calls?format=ndjson")
    assert not isinstance(reply.body, bytes)
    assert [msgspec.json.decode(line)["id"] for line in whole(reply).splitlines()] == numbers


@pytest.mark.parametrize("hostile", ["\ud83d", 'a"b\\', "</script>", "\x00\x1b[2J", "é\U0001f600"])
async def test_a_hostile_caller_breaks_no_listing(caller: Caller, house: House, hostile: str) -> None:
    house.call(caller=hostile, name=hostile, dialed=hostile, sip_call_id=hostile)
    (call,) = (await caller.get("/v1/calls"))["calls"]
    expected = hostile.encode("utf-8", "replace").decode()
    assert [call[name] for name in ("caller", "caller_name", "dialed", "sip_call_id")] == [expected] * 4


@pytest.mark.parametrize(
    ("user", "seen"), [("root", ["960", "961", "962"]), ("reseller", ["961"]), ("acme", ["961"]), ("globex", [])]
)
async def test_each_login_sees_its_subtree(caller: Caller, house: House, user: str, seen: list[str]) -> None:
    house.call(account=3)
    house.call(account=5)
    house.call(account=9)
    assert await ids(caller, user=user) == seen
    for number in ("960", "961", "962"):
        assert (await caller.reply(f"/v1/calls/{number}", user)).status == (200 if number in seen else 404)
        reply = await caller.reply(f"/v1/calls/{number}/disconnect", user, method="POST")
        assert reply.status == (202 if number in seen else 404)
    assert len(house.sent) == len(seen)


async def test_a_strangers_customer_is_not_found(caller: Caller) -> None:
    reply = await caller.reply("/v1/calls?customer=4", "acme")
    assert (reply.status, problem(reply)["code"]) == (404, "customer_not_found")


@pytest.mark.parametrize("number", ["959", "x", "9" * 19, "9" * 5000, "-1"])
async def test_a_call_that_is_not_there_is_not_found(caller: Caller, number: str) -> None:
    assert problem(await caller.reply(f"/v1/calls/{number}"))["code"] == "call_not_found"
    assert problem(await caller.reply(f"/v1/calls/{number}/disconnect", method="POST"))["code"] == "call_not_found"


# --- commands ---


async def disconnect(caller: Caller, user: str = "root") -> str:
    reply = await caller.reply("/v1/calls/960/disconnect", user, method="POST")
    assert reply.status == 202
    command: str = msgspec.json.decode(whole(reply))["command"]
    assert ("Location", f"/v1/commands/{command}") in reply.headers
    return command


async def test_a_disconnect_is_pending_until_the_switch_reports_the_end(caller: Caller, house: House) -> None:
    call = house.call()
    command = await disconnect(caller)
    assert (await caller.get(f"/v1/commands/{command}"))["outcome"] == "pending"
    house.now += 1.0
    house.end(call.key)
    assert await caller.get(f"/v1/commands/{command}") == {
        "id": command,
        "operation": "calls.disconnect",
        "call": "960",
        "switch": "b2bua",
        "login": "root",
        "address": "192.0.2.9",
        "asked_at": "2021-08-22T10:12:52.000Z",
        "outcome": "done",
        "outcome_at": "2021-08-22T10:12:53.000Z",
        "words": "",
    }


async def test_a_disconnect_that_cannot_be_sent_is_refused_with_the_reason(caller: Caller, house: House) -> None:
    house.call()
    house.unreachable = "the link to b2bua is down"
    found = await caller.get(f"/v1/commands/{await disconnect(caller)}")
    assert (found["outcome"], found["words"]) == ("refused", "the link to b2bua is down")


async def test_a_disconnect_of_a_call_that_is_over_says_so(caller: Caller, house: House) -> None:
    house.call(State.ENDED)
    assert (await caller.get(f"/v1/commands/{await disconnect(caller)}"))["outcome"] == "already_gone"


async def test_a_stuck_row_is_forgotten_at_once(caller: Caller, house: House) -> None:
    house.call()
    reply = await caller.reply("/v1/calls/960/forget", method="POST")
    assert reply.status == 200
    command = msgspec.json.decode(whole(reply))
    assert (command["operation"], command["call"], command["outcome"]) == ("calls.forget", "960", "done")
    assert await caller.get(f"/v1/commands/{command['id']}") == command
    assert (await caller.get("/v1/calls/960"))["cause"]["reason"] == "forgotten"
    assert house.sent == []


async def test_to_forget_is_a_right_of_its_own(caller: Caller, house: House) -> None:
    house.call(account=5)
    reply = await caller.reply("/v1/calls/960/forget", "acme", method="POST")
    assert reply.status == 403
    assert (await caller.reply("/v1/calls/961/forget", method="POST")).status == 404
    assert (await caller.get("/v1/calls/960"))["state"] == "answered"


async def test_a_strangers_command_is_not_found(caller: Caller, house: House) -> None:
    house.call(account=5)
    command = await disconnect(caller, "acme")
    assert (await caller.reply(f"/v1/commands/{command}", "globex")).status == 404
    assert (await caller.reply("/v1/commands/nothing")).status == 404
    assert (await caller.get(f"/v1/commands/{command}", "acme"))["login"] == "acme"


# --- switches ---


async def test_switches_tell_how_well_they_are_known(caller: Caller, house: House) -> None:
    house.call()
    call = house.call(State.RINGING)
    house.table.accept(SwitchListed(SWITCH, house.now, call.legs, complete=False), house.now)
    (switch,) = (await caller.get("/v1/switches"))["switches"]
    assert (switch["name"], switch["link"], switch["calls"], switch["connected"]) == ("b2bua", "resyncing", 2, 1)
    house.table.accept(SwitchLost(SWITCH, house.now, "no pulse for 5 s"), house.now)
    (switch,) = (await caller.get("/v1/switches"))["switches"]
    assert (switch["link"], switch["why"], switch["suspects"]) == ("lost", "no pulse for 5 s", 2)
    assert (await caller.get("/v1/calls/960"))["suspect"] is True


@pytest.mark.parametrize("user", ["reseller", "acme"])
async def test_switches_are_the_operators(caller: Caller, user: str) -> None:
    assert (await caller.reply("/v1/switches", user)).status == 403


# --- the directory ---

DOCUMENT = """
[[customers]]
id = 1
name = "Root"

[[customers]]
id = 7
name = "Newcomer"
parent = 1

[[accounts]]
id = 70
customer = 7
sip_user = "700"
sip_password = "sip-700"
"""


async def put(caller: Caller, document: str | bytes, media_type: str = "application/toml", user: str = "root") -> Any:
    body = document.encode() if isinstance(document, str) else document
    return await caller.reply("/v1/directory", user, method="PUT", body=body, content_type=media_type)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/toml", "application/toml"),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("", "application/json"),
    ],
)
async def test_the_directory_comes_as_it_is_asked_for(caller: Caller, accept: str, media_type: str) -> None:
    reply = await caller.reply("/v1/directory", accept=accept)
    assert (reply.status, reply.content_type) == (200, media_type)
    text = whole(reply)
    found = tomllib.loads(text.decode()) if media_type.endswith("toml") else msgspec.json.decode(text)
    assert [customer["name"] for customer in found["customers"]][:2] == ["Root", "Reseller One"]
    assert [login["name"] for login in found["logins"]] == ["acme", "globex", "initech", "reseller", "root"]


@pytest.mark.parametrize("media_type", ["application/toml", "application/json"])
async def test_what_is_taken_out_can_be_put_in(caller: Caller, house: House, media_type: str) -> None:
    taken = whole(await caller.reply("/v1/directory", accept=media_type))
    before = house.directory.revision
    reply = await put(caller, taken, media_type)
    assert reply.status == 200, whole(reply)
    assert house.directory.revision == before
    assert whole(await caller.reply("/v1/directory", accept=media_type)) == taken


async def test_a_directory_takes_the_place_of_all_there_was(caller: Caller, house: House) -> None:
    with_logins = DOCUMENT + '\n[[logins]]\nname = "chief"\nrole = "admin"\ncustomer = 1\npassword = "secret"\n'
    reply = await put(caller, with_logins, "application/toml; charset=utf-8")
    assert (reply.status, msgspec.json.decode(whole(reply))["logins"]) == (200, 1)
    account = house.directory.account(70)
    assert account is not None
    assert len(account.ha1_md5) == 32
    assert house.directory.account(3) is None
    assert (await caller.reply("/v1/calls")).status == 401
    assert (await caller.reply("/v1/calls", "chief", password="secret")).status == 200


async def test_every_mistake_in_a_directory_is_told_at_once_and_nothing_is_done(caller: Caller, house: House) -> None:
    before = house.directory.records()
    reply = await put(caller, DOCUMENT.replace("customer = 7", "customer = 8").replace("parent = 1", "parent = 9"))
    assert reply.status == 422
    mistakes = problem(reply)["mistakes"]
    assert len(mistakes) == 2
    assert any("parent" in mistake for mistake in mistakes)
    assert any("accounts[0].customer" in mistake for mistake in mistakes)
    assert house.directory.records() == before


async def test_logins_that_would_lose_their_customer_stop_an_import(caller: Caller, house: House) -> None:
    reply = await put(caller, DOCUMENT)
    assert reply.status == 400
    assert "acme" in problem(reply)["detail"]
    assert house.directory.customer(7) is None


@pytest.mark.parametrize(
    ("document", "media_type"),
    [(DOCUMENT, "text/plain"), (DOCUMENT, ""), (b"\xff\xfe", "application/toml")],
)
async def test_a_document_that_cannot_be_read_is_refused(
    caller: Caller, document: str | bytes, media_type: str
) -> None:
    reply = await put(caller, document, media_type)
    assert (reply.status, problem(reply)["code"]) == (400, "malformed")


@pytest.mark.parametrize("user", ["reseller", "acme"])
async def test_the_whole_directory_is_the_operators(caller: Caller, house: House, user: str) -> None:
    assert (await caller.reply("/v1/directory", user)).status == 403
    assert (await put(caller, b"\xff", user=user)).status == 403


# --- destinations ---

RATES = "prefix,name,country\n63,Philippines Proper,PHL\n63917,Globe,PHL\n"


async def put_rates(caller: Caller, table: str | bytes, media_type: str = "text/csv", user: str = "root") -> Any:
    body = table.encode() if isinstance(table, str) else table
    return await caller.reply("/v1/directory/destinations", user, method="PUT", body=body, content_type=media_type)


async def test_a_table_of_destinations_takes_the_place_of_the_one_before(caller: Caller, house: House) -> None:
    reply = await put_rates(caller, RATES, "text/csv; charset=utf-8")
    assert (reply.status, msgspec.json.decode(whole(reply))) == (200, {"destinations": 2})
    globe = house.directory.destination("639171234567")
    assert globe is not None
    assert globe.name == "Globe"
    assert msgspec.json.decode(whole(await put_rates(caller, "prefix,name,country\n"))) == {"destinations": 0}
    assert house.directory.destination("639171234567") is None


async def test_every_mistake_in_a_table_is_told_at_once_and_nothing_is_done(caller: Caller, house: House) -> None:
    await put_rates(caller, RATES)
    reply = await put_rates(caller, RATES + "x,Nowhere,PHL\n64,Somewhere,XXX\n")
    assert reply.status == 422
    assert len(problem(reply)["mistakes"]) == 2
    assert len(house.directory.destinations()) == 2


@pytest.mark.parametrize(("table", "media_type"), [(RATES, "application/json"), (b"\xff\xfe", "text/csv")])
async def test_a_table_that_cannot_be_read_is_refused(caller: Caller, table: str | bytes, media_type: str) -> None:
    reply = await put_rates(caller, table, media_type)
    assert (reply.status, problem(reply)["code"]) == (400, "malformed")


@pytest.mark.parametrize("user", ["reseller", "acme"])
async def test_only_the_operator_names_destinations(caller: Caller, house: House, user: str) -> None:
    reply = await put_rates(caller, RATES, user=user)
    assert reply.status == 403
    assert (await put_rates(caller, b"\xff", "text/plain", user)).status == 403, "nobody learns what is wrong with it"
    assert house.directory.destinations() == ()
