"""Lists of calls: pages behind cursors, fields, legs, formats and compression."""

import base64
import csv
import gzip
import io
import sys
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from callboard.access.masks import Mask
from callboard.calls.state import State
from callboard.directory.records import DID
from callboard.http.values import Reply
from tests.api.conftest import Caller, problem, whole
from tests.house import BEGIN, House

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def header(reply: Reply, name: str) -> str | None:
    return dict(reply.headers).get(name)


async def pages(caller: Caller, query: str, user: str = "root") -> list[list[str]]:
    """The ids, page by page."""
    found: list[list[str]] = []
    cursor = ""
    while True:
        page = await caller.get(f"/v1/calls?{query}{cursor}", user)
        found.append([call["id"] for call in page["calls"]])
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


async def test_pages_are_the_list(caller: Caller, house: House) -> None:
    for index in range(7):
        house.call(State.ANSWERED if index % 2 else State.RINGING, at=BEGIN + index)
    assert await pages(caller, "limit=3") == [["960", "961", "962"], ["963", "964", "965"], ["966"]]
    assert await pages(caller, "limit=4&sort=-duration") == [["961", "963", "965", "960"], ["962", "964", "966"]]
    assert (await caller.get("/v1/calls?limit=2"))["total"] == 7


async def test_an_answer_between_two_pages_skips_and_doubles_nobody(caller: Caller, house: House) -> None:
    calls = [house.call(State.RINGING) for _ in range(4)]
    first = await caller.get("/v1/calls?limit=2&sort=-duration")
    for call in calls:
        house.now += 1.0
        house.answer(call.key)
    second = await caller.get(f"/v1/calls?limit=2&sort=-duration&cursor={first['next']}")
    assert [call["id"] for call in first["calls"] + second["calls"]] == ["960", "961", "962", "963"]


async def test_a_cursor_is_of_its_list_alone(caller: Caller, house: House) -> None:
    for _ in range(3):
        house.call()
    cursor = (await caller.get("/v1/calls?limit=1&sort=caller"))["next"]
    assert (await caller.reply(f"/v1/calls?limit=2&sort=caller&cursor={cursor}")).status == 200
    for query in ("sort=dialed", "sort=-caller", "sort=caller&vendor=1", "sort=caller&recursive=false"):
        reply = await caller.reply(f"/v1/calls?limit=1&{query}&cursor={cursor}")
        assert problem(reply)["code"] == "conflict"


@pytest.mark.parametrize("garbage", ["x", "W10", "bnVsbA", "WyJhIiwxLDEuMCwxLFsieCJdLDFd", "%00", "A" * 4000])
async def test_a_cursor_that_is_none_is_refused(caller: Caller, garbage: str) -> None:
    reply = await caller.reply(f"/v1/calls?cursor={garbage}")
    assert problem(reply)["code"] in ("invalid_argument", "conflict")


@pytest.mark.parametrize("name", ["started_from", "started_before"])
@pytest.mark.parametrize(
    ("moment", "first"), [("0001-01-01T00:00:00%2B14:00", True), ("9999-12-31T23:59:59-12:00", False)]
)
async def test_moments_at_the_ends_of_the_calendar(
    caller: Caller, house: House, name: str, moment: str, first: bool
) -> None:
    house.call()
    assert (await caller.get(f"/v1/calls?{name}={moment}"))["total"] == (first == (name == "started_from"))


async def test_a_cursor_tells_nothing_of_strangers(caller: Caller, house: House) -> None:
    for _ in range(2):
        house.call(account=9, callee_account=5)
    page = await caller.get("/v1/calls?limit=1&sort=customer,account", "acme")
    assert page["calls"][0]["customer"] is None
    decoded = msgspec.json.decode(base64.urlsafe_b64decode(page["next"] + "=="))
    assert decoded[4] == []


async def test_a_strangers_did_is_a_number_like_any_other(caller: Caller, house: House) -> None:
    house.directory.put(DID(id=3, number="442079460003", account=9), DID(id=4, number="442079460004", account=5))
    for dialed in ("442079460003", "442079460004"):
        house.call(account=5, dialed=dialed)
    for user, ids in (("acme", [None, 4]), ("reseller", [None, 4]), ("root", [3, 4])):
        page = await caller.get("/v1/calls?fields=did", user)
        assert [call["did"] for call in page["calls"]] == ids
        shown = [(await caller.get(f"/v1/calls/{number}", user))["did"] for number in (960, 961)]
        assert shown == ids
    for user, total in (("acme", 0), ("reseller", 0), ("root", 1)):
        assert (await caller.get("/v1/calls?did=3", user))["total"] == total
    assert (await caller.get("/v1/calls?did=4", "acme"))["total"] == 1


async def test_names_that_may_hold_a_masked_number_are_not_looked_for(caller: Caller, house: House) -> None:
    login = house.access.login("acme")
    assert login is not None
    house.access.put(replace(login, masks=frozenset({Mask.NUMBERS})))
    house.call(account=5, name="442079460000")
    for query in ("caller_name=442079460000", "caller_name_contains=4420"):
        reply = await caller.reply(f"/v1/calls?{query}", "acme")
        assert (reply.status, "masked" in problem(reply)["detail"]) == (403, True)


async def test_what_belongs_to_strangers_finds_nothing(caller: Caller, house: House) -> None:
    house.call(account=9, callee_account=5)
    for query, total in {"account=9": 0, "account=5": 1, "account=5,9": 1}.items():
        assert (await caller.get(f"/v1/calls?{query}", "acme"))["total"] == total


async def test_fields_are_chosen(caller: Caller, house: House) -> None:
    house.call()
    found = await caller.get("/v1/calls?fields=state,id")
    assert found["calls"] == [{"id": "960", "state": "answered"}]


async def test_legs_stand_by_their_call(caller: Caller, house: House) -> None:
    house.call()
    house.call(State.NEW)
    found = await caller.get("/v1/calls?view=legs&fields=id,state")
    assert [(row["id"], row["side"], row["leg"]) for row in found["calls"]] == [
        ("960", "caller", "call-1/a"),
        ("960", "callee", "call-1/b"),
        ("961", "caller", "call-2/a"),
    ]
    assert found["total"] == 2


async def test_a_call_tells_what_happened_when(caller: Caller, house: House) -> None:
    call = house.call(State.RINGING)
    house.now += 5.0
    house.end(call.key)
    found = await caller.get("/v1/calls/960")
    assert [(entry["what"], entry["at"]) for entry in found["timeline"] if entry["side"] is None] == [
        ("new", "2021-08-22T10:11:52.000Z"),
        ("ringing", "2021-08-22T10:11:58.000Z"),
        ("ended", "2021-08-22T10:12:57.000Z"),
    ]
    assert [leg["side"] for leg in found["legs"]] == ["caller", "callee"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/html", "application/json"),
        ("text/csv", "text/csv; charset=utf-8; header=present"),
        ("application/x-ndjson, application/json;q=0.5", "application/x-ndjson"),
        ("text/csv;q=0.2, application/json;q=0.9", "application/json"),
        ("text/csv;q=1.0.0", "application/json"),
        ("text/csv;q=0", "application/json"),
    ],
)
async def test_the_format_is_the_one_that_is_accepted_best(caller: Caller, accept: str, kind: str) -> None:
    reply = await caller.reply("/v1/calls", accept=accept)
    assert reply.content_type == kind
    assert header(reply, "Total-Count") == "0"


async def test_a_table_for_spreadsheets_runs_nothing(caller: Caller, house: House) -> None:
    house.call(caller="+4930123456", name="=HYPERLINK(1)", dialed="-1+cmd")
    reply = await caller.reply("/v1/calls?format=csv")
    (row,) = csv.DictReader(io.StringIO(whole(reply).decode()))
    assert (row["caller"], row["caller_name"], row["dialed"]) == ("+4930123456", "'=HYPERLINK(1)", "'-1+cmd")
    assert (row["suspect"], row["device"], row["media_caller"]) == ("false", "", "192.168.22.7")


async def test_a_page_of_lines_names_the_next_one(caller: Caller, house: House) -> None:
    for _ in range(3):
        house.call()
    reply = await caller.reply("/v1/calls?format=ndjson&limit=2&fields=id")
    assert whole(reply) == b'{"id":"960"}\n{"id":"961"}\n'
    assert header(reply, "Next-Cursor")


@pytest.mark.parametrize(("accepted", "coding"), [
    ("gzip", "gzip"), ("zstd", "zstd"), ("gzip, deflate, br, zstd", "zstd"), ("zstd;q=0, gzip;q=0.5", "gzip"),
    ("zstd;q=0.0", None), ("br", None), ("", None),
])  # fmt: skip
@pytest.mark.parametrize("count", [5, 700])
async def test_a_list_is_compressed_as_the_client_can_read_it(
    caller: Caller, house: House, accepted: str, coding: str | None, count: int
) -> None:
    for _ in range(count):
        house.call(State.NEW)
    plain = whole(await caller.reply("/v1/calls?format=ndjson"))
    reply = await caller.reply("/v1/calls?format=ndjson", accept_encoding=accepted)
    unpack: dict[str | None, Any] = {"gzip": gzip.decompress, "zstd": zstd.decompress, None: bytes}
    assert header(reply, "Content-Encoding") == coding
    assert ("Vary", "Accept-Encoding") in reply.headers
    packed = whole(reply)
    assert unpack[coding](packed) == plain
    assert coding is None or len(packed) < len(plain) / 4


async def test_what_is_short_is_sent_as_it_is(caller: Caller) -> None:
    assert header(await caller.reply("/v1/calls", accept_encoding="gzip"), "Content-Encoding") is None


async def test_nobody_keeps_what_is_up_now(caller: Caller) -> None:
    reply = await caller.reply("/v1/calls")
    assert (header(reply, "Cache-Control"), header(reply, "X-Content-Type-Options")) == ("no-store", "nosniff")
