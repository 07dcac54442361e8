"""History and audit over REST, over a journal that is kept."""

import base64
import csv
import io
from collections.abc import Iterator
from itertools import count
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from callboard.access.masks import Mask
from callboard.journal.journal import Journal
from callboard.journal.past import KeptPast
from callboard.journal.settings import JournalSettings
from callboard.operations.audit import FailedSignIns
from callboard.operations.batches import Batches
from callboard.operations.past import AuditEntry
from callboard.storage.database import open_database
from tests.api.conftest import Caller, problem, whole
from tests.house import House
from tests.journal.scenes import NOW, make_call, make_command, wait_until

OWNERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: None}
"""Number of an ended call -> whose it was. Each ended a minute after the one before."""


KEEP_ALL = JournalSettings(keep_days=0)


class Past(Caller):
    """The API over a house whose journal is kept."""

    def __init__(self, house: House, journal: Journal) -> None:
        super().__init__(house)
        self.journal = journal

    def restart(self) -> None:
        """Another life over the same journal: what was in memory alone is gone."""
        self.journal.stop()
        self.journal = Journal(self.journal.database, KEEP_ALL, lambda: NOW)
        self.journal.start()
        self.house.desk.batches = Batches(self.house.ledger, self.journal)

    async def numbers(self, query: str = "", user: str = "root") -> list[int]:
        """The ended calls that are found, in order."""
        return [int(call["id"]) for call in (await self.get(f"/v1/history?{query}", user))["calls"]]

    async def deeds(self, query: str = "", user: str = "root") -> list[Any]:
        """The entries of the audit that are found, in order."""
        self.written()
        return list((await self.get(f"/v1/audit?{query}", user))["entries"])

    def written(self) -> None:
        """Wait until all that was recorded is on disk."""
        wait_until(lambda: self.journal.health().waiting == 0)


def _keep(journal: Journal, entry: AuditEntry | None) -> None:
    if entry is not None:
        journal.record_deed(entry)


@pytest.fixture
def past() -> Iterator[Past]:
    """A journal with a call of each customer."""
    house, names = House(), count(1)
    with open_database(None) as database:
        journal = Journal(database, KEEP_ALL, lambda: NOW)
        journal.start()
        house.desk.past, house.desk.audit = KeptPast(database), journal.record_deed
        house.desk.batches = Batches(house.ledger, journal)
        house.ledger.watch(journal.record_command)
        failures = FailedSignIns(lambda size: f"{next(names):0{2 * size}x}")
        house.access.watch_failures(lambda failure: _keep(journal, failures.entry(failure)))
        for number, customer in OWNERS.items():
            journal.record_call(make_call(number, NOW + 60.0 * number, customer=customer))
        caller = Past(house, journal)
        caller.written()
        yield caller
        caller.journal.stop()


# --- history ---------------------------------------------------------------------------------------------------------


async def test_an_ended_call_tells_all_that_is_kept(past: Past) -> None:
    (call,) = (await past.get("/v1/history?customer=3"))["calls"]
    assert call == {
        "id": "3",
        "state": "ended",
        "suspect": False,
        "direction": "outbound",
        "caller": "801",
        "caller_name": "Zoë",
        "dialed": "0044207",
        "callee": "44207",
        "customer": 3,
        "account": 5,
        "device": 6,
        "callee_customer": None,
        "callee_account": None,
        "callee_device": None,
        "vendor": 1,
        "connection": 2,
        "did": None,
        "machine": None,
        "switch": "b2bua",
        "country": "GBR",
        "destination": "United Kingdom",
        "started_at": "2023-11-14T22:12:20.000Z",
        "progressed_at": "2023-11-14T22:12:22.000Z",
        "answered_at": "2023-11-14T22:12:32.000Z",
        "ended_at": "2023-11-14T22:16:20.000Z",
        "suspect_since": None,
        "delay": 2.0,
        "duration": 228.0,
        "media": {"caller": "192.0.2.1", "callee": "192.0.2.2"},
        "sip_call_id": "3@phone",
        "cause": {"reason": "normal", "sip": 200, "text": "BYE"},
    }


@pytest.mark.parametrize(("user", "numbers"), [("root", [6, 5, 4, 3, 2, 1]), ("reseller", [4, 3, 2])])
async def test_each_sees_its_own_subtree(past: Past, user: str, numbers: list[int]) -> None:
    assert await past.numbers(user=user) == numbers
    assert await past.numbers("customer=3", user) == [3]
    assert await past.numbers("customer=2&recursive=false", user) == [2]


async def test_a_call_between_two_customers_is_both_ones_and_neither_learns_the_others_ids(past: Past) -> None:
    call = make_call(7, NOW + 600, customer=5)
    between = replace(call, placement=replace(call.placement, account=9, callee_customer=3, callee_account=5))
    past.journal.record_call(between)
    past.written()
    (seen,) = (await past.get("/v1/history?limit=1", "reseller"))["calls"]
    assert (seen["id"], seen["customer"], seen["account"], seen["callee_account"]) == ("7", None, None, 5)
    assert await past.numbers("account=9") == [7]
    assert await past.numbers("account=9", "reseller") == []
    assert 7 in await past.numbers("account=5", "reseller")


async def test_who_may_only_list_calls_looks_at_those_that_ended_of_late(past: Past) -> None:
    past.journal.record_call(make_call(7, past.house.now - 500.0, customer=3))
    past.journal.record_call(make_call(8, past.house.now - 700.0, customer=3))
    past.written()
    assert (await past.get("/v1/calls/7", "acme"))["state"] == "ended"
    for number, user in ((8, "acme"), (8, "root"), (7, "globex")):
        reply = await past.reply(f"/v1/calls/{number}", user)
        assert problem(reply)["code"] == "call_not_found"


async def test_strangers_are_as_if_they_were_not(past: Past) -> None:
    stranger, nobody = [await past.reply(f"/v1/history?customer={number}", "reseller") for number in (5, 99)]
    assert stranger.status == nobody.status == 404
    assert whole(stranger).replace(b"5", b"99") == whole(nobody)


@pytest.mark.parametrize("path", ["/v1/history", "/v1/audit"])
async def test_who_may_not_read_the_journal_is_told_what_is_missing(past: Past, path: str) -> None:
    reply = await past.reply(path, "acme")
    assert reply.status == 403
    assert "journal.read" in problem(reply)["detail"]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("limit=2", [6, 5]),
        ("ended_from=2023-11-14T22:16:20Z", [6, 5, 4, 3]),
        ("ended_from=1700000180", [6, 5, 4, 3]),
        ("ended_before=2023-11-14T22:16:20%2B00:00", [2, 1]),
        ("ended_from=2023-11-14T22:15:20Z&ended_before=2023-11-14T22:16:20Z", [2]),
        ("min_duration=300", [6, 5]),
        ("max_duration=108", [1]),
        ("account=5,7", [6, 5, 4, 3, 2, 1]),
        ("account=7", []),
        ("vendor=1&cause=normal,busy&direction=outbound", [6, 5, 4, 3, 2, 1]),
        ("cause=busy", []),
        ("switch=b2bua,other&country=GBR", [6, 5, 4, 3, 2, 1]),
        ("callee=44207", [6, 5, 4, 3, 2, 1]),
        ("callee=4420", []),
        ("callee_prefix=99,442", [6, 5, 4, 3, 2, 1]),
        ("callee_contains=207", [6, 5, 4, 3, 2, 1]),
        ("dialed_contains=%25", []),
        ("dialed_contains=_", []),
        ("dialed_contains=%00", []),
        ("dialed_contains=%00,44207", [6, 5, 4, 3, 2, 1]),
        ("caller_name=zo%C3%AB", [6, 5, 4, 3, 2, 1]),
        ("did=1", []),
    ],
)
async def test_filters(past: Past, query: str, numbers: list[int]) -> None:
    assert await past.numbers(query) == numbers


async def test_pages_follow_one_another(past: Past) -> None:
    found: list[int] = []
    query = "limit=4"
    while True:
        page = await past.get(f"/v1/history?{query}")
        found += [int(call["id"]) for call in page["calls"]]
        if page["next"] is None:
            break
        query = f"limit=4&cursor={page['next']}"
    assert found == [6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("query", "argument"),
    [
        ("cursor=nonsense", "cursor"),
        ("cursor=W10", "cursor"),
        ("cursor=WzEuMCw5MjIzMzcyMDM2ODU0Nzc1ODA4XQ", "cursor"),
        ("cursor=WzEuMCwtMV0", "cursor"),
        ("cursor=%C3%A9", "cursor"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("cause=tired", "cause"),
        ("direction=up", "direction"),
        ("ended_from=yesterday", "ended_from"),
        ("account=x", "account"),
        ("min_duration=-1", "min_duration"),
        ("format=xml", "format"),
        ("colour=red", "colour"),
        (f"account={','.join(map(str, range(1, 200)))}", "account"),
    ],
)
async def test_what_is_not_meant_is_refused(past: Past, query: str, argument: str) -> None:
    reply = await past.reply(f"/v1/history?{query}")
    assert reply.status == 400
    assert problem(reply)["argument"] == argument


async def test_history_as_csv_and_as_lines(past: Past) -> None:
    evil = replace(make_call(7, NOW + 600), caller_name="=cmd|'/c calc'!A0", caller="+4930")
    past.journal.record_call(evil)
    past.written()
    reply = await past.reply("/v1/history?limit=1&format=csv")
    (row,) = csv.DictReader(io.StringIO(whole(reply).decode()))
    assert (row["id"], row["caller"], row["cause_reason"], row["did"]) == ("7", "+4930", "normal", "")
    assert row["caller_name"] == "'=cmd|'/c calc'!A0"
    assert dict(reply.headers)["Next-Cursor"]
    lines = await past.reply("/v1/history", accept="application/x-ndjson")
    assert lines.content_type == "application/x-ndjson"
    assert [msgspec.json.decode(line)["id"] for line in whole(lines).splitlines()] == list("7654321")


async def test_what_is_masked_is_masked_for_ever(past: Past) -> None:
    login = past.house.access.login("reseller")
    assert login is not None
    past.house.access.put(replace(login, masks=frozenset(Mask)))
    past.journal.record_call(replace(make_call(8, NOW + 700, customer=2), callee="442079460000"))
    past.written()
    call = (await past.get("/v1/history?limit=1", "reseller"))["calls"][0]
    assert (call["callee"], call["caller_name"], call["media"]["caller"], call["sip_call_id"]) == (
        "4420******00",
        "",
        "",
        "8",
    )
    for query in ("callee=442079460000", "callee_prefix=4420", "caller_contains=8", "caller_name=Zo%C3%AB"):
        reply = await past.reply(f"/v1/history?{query}", "reseller")
        assert reply.status == 403
        assert "masked" in problem(reply)["detail"]


# --- audit -----------------------------------------------------------------------------------------------------------


async def post(past: Past, path: str, user: str, body: bytes = b"") -> int:
    past.house.now += 1.0
    return (await past.reply(path, user, method="POST", body=body)).status


async def test_the_audit_tells_who_did_what_and_what_was_refused(past: Past) -> None:
    past.house.obeys = True
    call = past.house.call(account=5)
    assert await post(past, f"/v1/calls/{call.number}/disconnect", "acme") == 202
    assert await post(past, "/v1/tokens", "acme", b'{"name":"mine"}') == 201
    assert await post(past, "/v1/tokens", "acme", b'{"name":"more","rights":["directory.write"]}') == 403
    refused, made, ended = await past.deeds()
    assert (ended["action"], ended["subject"], ended["outcome"]) == ("calls.disconnect", f"call {call.number}", "done")
    assert (made["action"], made["outcome"], made["words"]) == ("tokens.create", "done", "")
    assert (refused["login"], refused["address"], refused["outcome"]) == ("acme", "192.0.2.9", "refused")
    assert "directory.write" in refused["words"]
    assert [deed["action"] for deed in await past.deeds("action=tokens.")] == ["tokens.create", "tokens.create"]
    assert [deed["action"] for deed in await past.deeds("action=calls.disconnect")] == ["calls.disconnect"]
    assert len(await past.deeds("outcome=refused")) == 1
    assert await past.deeds("since=2030-01-01T00:00:00Z") == []


async def test_a_batch_that_a_restart_broke_off_is_told_with_what_it_did(past: Past) -> None:
    for _ in range(5):
        past.house.call(account=5)
    taken = await past.reply("/v1/disconnect", "acme", method="POST", body=b'{"count":5,"rate":2}')
    name = msgspec.json.decode(whole(taken))["batch"]
    past.house.desk.batches.step(past.house.now)
    past.house.end(past.house.sent[0].call)
    past.restart()
    sent = len(past.house.sent)
    past.house.desk.batches.step(past.house.now + 60.0)
    assert (sent, len(past.house.sent)) == (2, 2), "it does not go on"
    found = await past.get(f"/v1/disconnect/{name}", "acme")
    assert (found["state"], found["count"], found["waiting"]) == ("stopped", 5, 0)
    assert found["words"] == "Callboard was restarted while it ran: the calls whose turn had not come stay up"
    assert {word: count for word, count in found["outcomes"].items() if count} == {"unknown": 1, "done": 1}
    assert [(one["call"], one["outcome"]) for one in found["commands"]] == [("961", "unknown"), ("960", "done")]
    assert (await past.reply(f"/v1/disconnect/{name}", "initech")).status == 404
    stopped = await past.reply(f"/v1/disconnect/{name}", "acme", method="DELETE")
    assert (stopped.status, msgspec.json.decode(whole(stopped))) == (200, found)


async def test_a_batch_that_was_over_is_told_as_it_was(past: Past) -> None:
    past.house.unreachable = "the link is lost"
    past.house.call(account=5)
    taken = await past.reply("/v1/disconnect", "acme", method="POST", body=b'{"count":1}')
    name = msgspec.json.decode(whole(taken))["batch"]
    past.house.desk.batches.step(past.house.now)
    before = await past.get(f"/v1/disconnect/{name}", "acme")
    past.restart()
    assert await past.get(f"/v1/disconnect/{name}", "acme") == before
    assert (before["state"], before["outcomes"]["refused"], before["words"]) == ("done", 1, "")


async def test_who_stopped_a_batch_is_written_down(past: Past) -> None:
    past.house.call(account=5)
    taken = await past.reply("/v1/disconnect", "acme", method="POST", body=b'{"count":1}')
    batch = msgspec.json.decode(whole(taken))["batch"]
    for user in ("initech", "acme"):
        past.house.now += 1.0
        await past.reply(f"/v1/disconnect/{batch}", user, method="DELETE")
    stopped, tried = await past.deeds("action=batches.stop")
    assert (stopped["login"], stopped["subject"], stopped["outcome"]) == ("acme", f"batch {batch}", "done")
    assert (tried["login"], tried["outcome"]) == ("initech", "refused")


async def test_pages_of_the_audit_hold_commands_and_the_rest_in_order(past: Past) -> None:
    expected = []
    for number in range(5):
        call = past.house.call(account=5)
        await post(past, f"/v1/calls/{call.number}/disconnect", "acme")
        await post(past, "/v1/tokens", "acme", f'{{"name":"{number}"}}'.encode())
        expected += [f"call {call.number}", f"token '{number}' of their own"]
    past.written()
    found, query = [], "limit=3"
    while True:
        page = await past.get(f"/v1/audit?{query}")
        found += [deed["subject"] for deed in page["entries"]]
        if page["next"] is None:
            break
        assert len(page["entries"]) == 3
        query = f"limit=3&cursor={page['next']}"
    assert found == expected[::-1]


async def test_each_sees_what_logins_of_its_subtree_did(past: Past) -> None:
    for user in ("root", "reseller", "acme", "initech"):
        await post(past, "/v1/tokens", user, b'{"name":"mine"}')
    assert [deed["login"] for deed in await past.deeds()] == ["initech", "acme", "reseller", "root"]
    assert [deed["login"] for deed in await past.deeds(user="reseller")] == ["acme", "reseller"]
    assert await past.deeds("login=initech", "reseller") == []
    assert [deed["login"] for deed in await past.deeds("login=initech")] == ["initech"]
    assert [deed["customer"] for deed in await past.deeds()] == [5, 3, 2, 1]


async def test_who_gets_a_name_that_was_anothers_learns_nothing_of_what_they_did(past: Past) -> None:
    call = past.house.call(account=9)
    taken = await past.reply(f"/v1/calls/{call.number}/disconnect", "initech", method="POST")
    command = msgspec.json.decode(whole(taken))["command"]
    await post(past, "/v1/tokens", "initech", b'{"name":"mine"}')
    await past.reply("/v1/calls", authorization="Basic aW5pdGVjaDp3cm9uZw==")
    login = past.house.access.login("initech")
    assert login is not None
    past.house.access.remove("initech")
    past.house.access.put(replace(login, customer=3))
    assert await past.deeds(user="reseller") == []
    assert (await past.get(f"/v1/commands?call={call.number}", "initech"))["commands"] == []
    assert (await past.reply(f"/v1/commands/{command}", "initech")).status == 404
    actions = [deed["action"] for deed in await past.deeds("login=initech")]
    assert sorted(actions) == ["calls.disconnect", "sign_in", "tokens.create"]


async def test_what_was_done_by_who_is_gone_is_told(past: Past) -> None:
    await post(past, "/v1/tokens", "acme", b'{"name":"mine"}')
    past.house.access.remove("acme")
    assert [deed["login"] for deed in await past.deeds(user="reseller")] == ["acme"]


async def test_sign_ins_that_failed_are_for_those_above_the_login_that_was_meant(past: Past) -> None:
    for name in ("acme:wrong", "nobody:wrong"):
        credentials = base64.b64encode(name.encode()).decode()
        await past.reply("/v1/calls", authorization=f"Basic {credentials}")
    assert [deed["login"] for deed in await past.deeds(user="reseller")] == ["acme"]
    assert [(deed["login"], deed["customer"]) for deed in await past.deeds()] == [("nobody", None), ("acme", 3)]


async def test_words_in_the_audit_are_masked(past: Past) -> None:
    login = past.house.access.login("reseller")
    assert login is not None
    past.house.access.put(replace(login, masks=frozenset({Mask.NUMBERS})))
    past.journal.record_command(replace(make_command(7), words="caller to 442079460000"))
    assert [deed["words"] for deed in await past.deeds(user="reseller")] == ["caller to 4420******00"]
    assert [deed["words"] for deed in await past.deeds()] == ["caller to 442079460000"]


async def test_a_token_that_was_used_is_named(past: Past) -> None:
    made = msgspec.json.decode(whole(await past.reply("/v1/tokens", method="POST", body=b'{"name":"one"}')))
    call = past.house.call(account=5)
    for path, body in (("/v1/tokens", b'{"name":"two"}'), (f"/v1/calls/{call.number}/disconnect", b"")):
        await past.reply(path, "", method="POST", body=body, authorization=f"Bearer {made['token']}")
    deeds = {deed["subject"]: deed["token"] for deed in await past.deeds()}
    assert deeds == {
        "token 'one' of their own": None,
        "token 'two' of their own": made["id"],
        f"call {call.number}": made["id"],
    }


async def test_a_journal_that_cannot_be_read_is_told(past: Past, caplog: pytest.LogCaptureFixture) -> None:
    with past.journal.database.change() as connection:
        connection.exec_driver_sql("DROP TABLE ended_calls")
    reply = await past.reply("/v1/history")
    assert (reply.status, problem(reply)["code"]) == (503, "unavailable")
    assert "ended_calls" not in problem(reply)["detail"], "what the database says is the operator's to read"
    assert "ended_calls" in caplog.text
