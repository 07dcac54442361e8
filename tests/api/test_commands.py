"""Transfer, hold, unhold and the ending of many calls, over REST."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from callboard.access.masks import Mask
from callboard.api.resources import disconnect
from callboard.calls.commands import HangUp, Hold, Transfer, Unhold
from callboard.calls.legs import Side
from callboard.calls.state import State
from callboard.http.values import Reply
from tests.api.conftest import Caller, problem, whole
from tests.house import House


async def post(caller: Caller, path: str, body: object = None, user: str = "root") -> Reply:
    sent = b"" if body is None else msgspec.json.encode(body)
    return await caller.reply(f"/v1{path}", user, method="POST", body=sent)


def told(reply: Reply, status: int = 202) -> Any:
    assert reply.status == status, whole(reply)
    return msgspec.json.decode(whole(reply))


async def test_a_transfer_goes_to_the_switch(caller: Caller, house: House) -> None:
    call = house.call()
    reply = await post(caller, "/calls/960/transfer", {"to": "+4930123", "party": "callee"})
    (command,) = house.sent
    assert isinstance(command, Transfer)
    assert (command.call, command.target, command.party) == (call.key, "+4930123", Side.CALLEE)
    assert told(reply) == {"command": command.id, "outcome": "pending", "words": "callee to +4930123"}
    assert ("Location", f"/v1/commands/{command.id}") in reply.headers
    found = await caller.get(f"/v1/commands/{command.id}")
    assert (found["operation"], found["outcome"]) == ("calls.transfer", "pending")
    assert (await caller.get("/v1/commands?call=960"))["commands"] == [found]


async def test_a_switch_that_cannot_says_so_at_once(caller: Caller, house: House) -> None:
    house.call()
    house.unreachable = "this switch cannot hold a call: do it at the phone"
    found = told(await post(caller, "/calls/960/hold"))
    assert (found["outcome"], found["words"]) == ("refused", house.unreachable)


async def test_hold_and_unhold_go_to_the_switch(caller: Caller, house: House) -> None:
    house.call(State.HELD)
    assert told(await post(caller, "/calls/960/hold"))["outcome"] == "done"
    told(await post(caller, "/calls/960/unhold", {"party": "callee"}))
    house.call()
    told(await post(caller, "/calls/961/hold", {}))
    assert [type(command) for command in house.sent] == [Unhold, Hold]


@pytest.mark.parametrize(
    ("body", "argument"),
    [
        ({}, ""),
        ({"to": ""}, "to"),
        ({"to": "1\r\nAction: Originate"}, "to"),
        ({"to": 104}, "to"),
        ({"to": "104", "party": "both"}, "party"),
        ({"to": "104", "context": "internal"}, "context"),
        ([], ""),
    ],
)
async def test_what_is_no_transfer_is_refused(caller: Caller, house: House, body: object, argument: str) -> None:
    house.call()
    reply = await post(caller, "/calls/960/transfer", body)
    assert reply.status == 400
    assert problem(reply).get("argument", "") in (argument, "the document")
    assert house.sent == []


async def test_the_body_is_not_looked_at_before_the_right(caller: Caller, house: House) -> None:
    house.call(account=5)
    bodies: tuple[object, ...] = ({"to": "104"}, {"to": ""}, [], {"party": 1})
    for body in bodies:
        reply = await post(caller, "/calls/960/transfer", body, "acme")
        assert (reply.status, "calls.transfer" in problem(reply)["detail"]) == (403, True)
    assert house.sent == []


@pytest.mark.parametrize("query", ["", "?call=", "?call=x", "?call=960&x=1"])
async def test_commands_are_listed_for_a_call(caller: Caller, query: str) -> None:
    assert (await caller.reply(f"/v1/commands{query}")).status in (400, 404)


# --- many ---


async def test_look_then_end_then_see(caller: Caller, house: House) -> None:
    for _ in range(3):
        house.call(account=5)
    house.call(account=9)
    looked = told(await post(caller, "/disconnect", {"account": 5, "state": ["answered"], "dry_run": True}), 200)
    assert (looked["count"], [call["id"] for call in looked["sample"]]) == (3, ["960", "961", "962"])
    reply = await post(caller, "/disconnect", {"account": 5, "count": looked["count"]})
    batch = told(reply)["batch"]
    assert ("Location", f"/v1/disconnect/{batch}") in reply.headers
    house.desk.batches.step(house.now)
    house.desk.batches.step(house.now + 1.0)
    assert sum(isinstance(command, HangUp) for command in house.sent) == 3
    house.end(house.sent[0].call)
    found = await caller.get(f"/v1/disconnect/{batch}")
    assert (found["state"], found["count"], found["waiting"], found["left"]) == ("running", 3, 0, 0)
    assert found["outcomes"] == {"pending": 2, "done": 1, "already_gone": 0, "refused": 0, "unknown": 0}
    assert [one["outcome"] for one in found["commands"] if one["call"] == "960"] == ["done"]


async def test_of_a_large_batch_those_are_shown_that_are_not_done(
    caller: Caller, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disconnect, "SHOWN", 2)
    for _ in range(3):
        house.call()
    batch = told(await post(caller, "/disconnect", {"count": 3}))["batch"]
    house.desk.batches.step(house.now)
    house.desk.batches.step(house.now + 1.0)
    house.end(house.sent[0].call)
    found = await caller.get(f"/v1/disconnect/{batch}")
    assert [(one["call"], one["outcome"]) for one in found["commands"]] == [("961", "pending"), ("962", "pending")]
    assert found["outcomes"]["done"] == 1


async def test_filters_may_stand_in_the_address(caller: Caller, house: House) -> None:
    house.call(account=5)
    house.call(account=9)
    looked = told(await post(caller, "/disconnect?account=9", {"dry_run": True}), 200)
    assert [call["id"] for call in looked["sample"]] == ["961"]


async def test_a_comma_in_a_text_of_a_list_is_part_of_it(caller: Caller, house: House) -> None:
    for name in ("Smith, John", "Smith", "John"):
        house.call(name=name)
    for names, found in (
        (["Smith, John"], ["960"]),
        (["Smith", "John"], ["961", "962"]),
        ("Smith,John", ["961", "962"]),
    ):
        looked = told(await post(caller, "/disconnect", {"caller_name": names, "dry_run": True}), 200)
        assert [call["id"] for call in looked["sample"]] == found


async def test_a_batch_is_stopped(caller: Caller, house: House) -> None:
    for _ in range(5):
        house.call()
    batch = told(await post(caller, "/disconnect", {"count": 5, "rate": 1}))["batch"]
    house.desk.batches.step(house.now)
    reply = await caller.reply(f"/v1/disconnect/{batch}", method="DELETE")
    assert told(reply, 200)["waiting"] == 0
    house.desk.batches.step(house.now + 60.0)
    assert len(house.sent) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "missing_argument"),
        ({"count": 0}, 409, "conflict"),
        ({"count": -1}, 400, "invalid_argument"),
        ({"count": 1_003}, 409, "conflict"),
        ({"count": 1_000_000}, 409, "conflict"),
        ({"count": 10_000_001}, 400, "invalid_argument"),
        ({"count": 10**30}, 400, "invalid_argument"),
        ({"count": 1, "account": None}, 400, "invalid_argument"),
        ({"count": 1, "account": []}, 400, "invalid_argument"),
        ({"count": 1, "suspect": None}, 400, "invalid_argument"),
        ({"count": 1, "suspect": [False]}, 400, "invalid_argument"),
        ({"count": 1, "caller": [None]}, 400, "invalid_argument"),
        ({"count": 1, "caller": ""}, 400, "invalid_argument"),
        ({"count": 1, "caller": [["4420"]]}, 400, "invalid_argument"),
        ({"count": 1, "rate": 501}, 400, "invalid_argument"),
        ({"count": 1, "rate": "fast"}, 400, "invalid_argument"),
        ({"count": 1, "acount": 5}, 400, "invalid_argument"),
        ({"count": 1, "account": {"id": 5}}, 400, "invalid_argument"),
        ([1], 400, "invalid_argument"),
        ({"count": 1, "customer": 999}, 404, "customer_not_found"),
    ],
)
async def test_what_does_not_fit_ends_nothing(
    caller: Caller, house: House, body: object, status: int, code: str
) -> None:
    house.call()
    reply = await post(caller, "/disconnect", body)
    assert (reply.status, problem(reply)["code"]) == (status, code)
    assert "`" not in problem(reply)["detail"], "types are named as people name them"
    house.desk.batches.step(house.now + 1.0)
    assert house.sent == []


async def test_numbers_in_a_switchs_words_are_masked(caller: Caller, house: House) -> None:
    login = house.access.login("acme")
    assert login is not None
    house.access.put(replace(login, masks=frozenset({Mask.NUMBERS})))
    house.unreachable = "no channel to 442079460000"
    call = house.call(account=5)
    taken = told(await caller.reply(f"/v1/calls/{call.number}/disconnect", "acme", method="POST"))
    shown = await caller.get(f"/v1/commands/{taken['command']}", "acme")
    (listed,) = (await caller.get(f"/v1/commands?call={call.number}", "acme"))["commands"]
    assert {taken["words"], shown["words"], listed["words"]} == {"no channel to 4420******00"}
    assert (await caller.get(f"/v1/commands/{taken['command']}"))["words"] == "no channel to 442079460000"
