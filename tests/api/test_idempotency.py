"""A request that is sent again with its key is done once."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from callboard.access.entries import sealing
from callboard.access.rights import ROLE_RIGHTS, Principal, Right, Role
from callboard.api.idempotency import Replies
from callboard.api.route import Asked, Route, answer_json
from callboard.api.routes import ROUTES
from callboard.calls.refusals import Forbidden
from callboard.http.values import Reply, Request
from callboard.operations.disconnect import DISCONNECT_CALL
from callboard.operations.tokens import CREATE_TOKEN
from callboard.storage.database import Database, open_database
from callboard.storage.replies import KEEP, KeptReplies, ReplyName
from tests.api.conftest import Caller, problem, whole
from tests.house import House


@pytest.fixture
def database() -> Iterator[Database]:
    """A database that is kept over a restart, which is another `Caller` with it."""
    with open_database(None) as opened:
        yield opened


@pytest.fixture
def caller(house: House, database: Database) -> Caller:
    """The API, with a place for its replies."""
    return Caller(house, KeptReplies(database))


def told(reply: Reply) -> Any:
    return msgspec.json.decode(whole(reply))


async def hang_up(caller: Caller, key: str, user: str = "root", number: int = 960) -> Reply:
    return await caller.reply(f"/v1/calls/{number}/disconnect", user, method="POST", idempotency_key=key)


async def test_the_same_key_is_the_same_command(caller: Caller, house: House) -> None:
    house.call()
    first, again = await hang_up(caller, "k1"), await hang_up(caller, "k1")
    assert (first.status, told(first)) == (202, told(again))
    assert again.headers == first.headers
    assert len(house.sent) == 1


async def test_without_a_key_or_with_another_each_is_a_command(caller: Caller, house: House) -> None:
    house.call()
    for key in ("k1", "k2"):
        await hang_up(caller, key)
    for _ in range(2):
        await caller.reply("/v1/calls/960/disconnect", method="POST")
    assert len(house.sent) == 4


async def test_a_key_belongs_to_a_login(caller: Caller, house: House) -> None:
    house.call(account=5)
    assert told(await hang_up(caller, "k1")) != told(await hang_up(caller, "k1", "acme"))
    assert len(house.sent) == 2


async def test_and_to_nobody_who_gets_its_name_at_another_customer(caller: Caller, house: House) -> None:
    house.call(account=5, callee_account=9)
    first = told(await hang_up(caller, "k1", "acme"))
    login = house.access.login("acme")
    assert login is not None
    house.access.remove("acme")
    house.access.put(replace(login, customer=5))
    assert told(await hang_up(caller, "k1", "acme")) != first


async def test_a_key_that_was_used_for_something_else_is_refused(caller: Caller, house: House) -> None:
    house.call()
    house.call()
    await hang_up(caller, "k1")
    for path, body in (("961/disconnect", b""), ("960/transfer", b'{"to":"104"}'), ("960/disconnect", b"{ }")):
        reply = await caller.reply(f"/v1/calls/{path}", method="POST", body=body, idempotency_key="k1")
        assert (reply.status, problem(reply)["code"]) == (422, "idempotency_key_reused")
    assert len(house.sent) == 1


async def test_what_was_refused_can_be_tried_again(caller: Caller, house: House) -> None:
    assert (await hang_up(caller, "k1")).status == 404
    house.call()
    assert (await hang_up(caller, "k1")).status == 202


async def test_a_right_that_was_taken_away_ends_the_answers_too(
    caller: Caller, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.call(account=5)
    assert (await hang_up(caller, "k1", "acme")).status == 202
    login = house.access.login("acme")
    assert login is not None
    monkeypatch.setitem(ROLE_RIGHTS, Role.RESELLER, frozenset())
    house.access.put(replace(login, role=Role.RESELLER))
    assert (await hang_up(caller, "k1", "acme")).status == 403


@pytest.mark.parametrize("key", ["", "x" * 129, "a b", "a\x00", "é"])
async def test_a_key_that_is_none_is_refused(caller: Caller, house: House, key: str) -> None:
    house.call()
    reply = await hang_up(caller, key)
    assert (reply.status, problem(reply)["argument"]) == (400, "Idempotency-Key")
    assert house.sent == []


async def test_a_reply_is_kept_for_a_day(caller: Caller, house: House) -> None:
    house.call()
    first = told(await hang_up(caller, "k1"))
    house.now += KEEP - 1.0
    assert told(await hang_up(caller, "k1")) == first
    house.now += 1.0
    assert told(await hang_up(caller, "k1")) != first


async def test_after_a_restart_it_is_not_done_again(caller: Caller, house: House, database: Database) -> None:
    house.call()
    first = await hang_up(caller, "k1")
    again = await hang_up(Caller(house, KeptReplies(database)), "k1")
    assert (again.status, again.headers, told(again)) == (202, first.headers, told(first))
    assert len(house.sent) == 1


async def test_a_look_is_not_kept_for_nothing_was_done(caller: Caller, house: House) -> None:
    for count in (1, 2):
        house.call()
        reply = await caller.reply(
            "/v1/disconnect", method="POST", body=b'{"dry_run":true}', idempotency_key="k1"
        )  # fmt: skip
        assert told(reply)["count"] == count


def test_no_token_is_ever_written_down_with_a_reply() -> None:
    assert not any(route.once for route in ROUTES if route.operation is CREATE_TOKEN)
    assert any(route.operation is CREATE_TOKEN for route in ROUTES)


class Bench:
    """The keeper of replies alone, with an endpoint that waits to be let go."""

    def __init__(self, database: Database) -> None:
        self.house = House()
        self.database = database
        self.restart()
        self.began, self.go = asyncio.Event(), asyncio.Event()
        self.asked = 0
        self.route = Route(
            method="POST", path="/x", operation=DISCONNECT_CALL, endpoint=self._answer, status=202, once=True
        )

    def restart(self) -> None:
        self.replies = Replies(KeptReplies(self.database))

    async def _answer(self, asked: Asked) -> Reply:
        self.asked += 1
        self.began.set()
        await self.go.wait()
        return answer_json({"number": self.asked}, 202)

    async def ask(self, key: str, rights: frozenset[Right] = frozenset(Right)) -> Reply:
        who = Principal(login="x", role=Role.ADMIN, customer=1, rights=rights)
        request = Request(
            method="POST", path="/x", target="/x", query=b"", headers={"idempotency-key": key}, body=b"",
            client="192.0.2.9", at=self.house.now,
        )  # fmt: skip
        seal = sealing(sip_realm="sip", http_realm="Callboard")
        return await self.replies.once(self.route, Asked(self.house.desk, who, request, seal, ""))


@pytest.fixture
def bench(database: Database) -> Bench:
    """Alone."""
    return Bench(database)


async def test_the_same_at_the_same_time_is_not_done_twice(bench: Bench) -> None:
    first = asyncio.create_task(bench.ask("k1"))
    await asyncio.sleep(0)
    meanwhile = await bench.ask("k1")
    assert (meanwhile.status, problem(meanwhile)["code"]) == (409, "request_under_way")
    bench.go.set()
    assert told(await first) == told(await bench.ask("k1"))
    assert bench.asked == 1


async def test_what_the_servers_stop_broke_off_is_not_done_again_but_told(bench: Bench) -> None:
    first = asyncio.create_task(bench.ask("k1"))
    await bench.began.wait()
    first.cancel()
    await asyncio.wait({first})
    bench.restart()
    bench.go.set()
    again = await bench.ask("k1")
    assert (again.status, problem(again)["code"]) == (409, "outcome_unknown")
    assert bench.asked == 1
    assert (await bench.ask("k2")).status == 202


async def test_the_gate_comes_first(bench: Bench) -> None:
    bench.go.set()
    with pytest.raises(Forbidden):
        await bench.ask("k1", frozenset())
    assert bench.asked == 0
    assert KeptReplies(bench.database).claim(ReplyName("x", 1, "k1"), b"", bench.house.now) is None


async def test_a_disk_that_is_full_keeps_nobody_from_ending_calls(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.go.set()
    bench.database.close()
    with caplog.at_level(logging.WARNING):
        assert (await bench.ask("k1")).status == 202
    assert "would be done twice" in caplog.text
