"""What is compared shows the same: a plain row is read as our row is, but for what runs."""

import json
import xmlrpc.client
from collections.abc import Callable
from datetime import datetime

import msgspec
import pytest
from litestar.testing import TestClient
from lxml import etree

from bench.listing import full_desk
from bench.plain import rows
from bench.plain.listings import LISTINGS, Listing
from bench.plain.records import PlainCall, record
from bench.plain.server import application
from bench.rendering import NOW, layouts
from callboard.operations.desk import Desk
from callboard.table.written.layout import plain_row

RUNNING = {"delay", "duration", "DELAY", "DURATION", "RingDuration", "TalkDuration"}
CALLS = 20


@pytest.fixture(scope="module")
def desk() -> Desk:
    """With calls of all sorts that the benchmark has."""
    return full_desk(CALLS)


def _elements(row: bytes) -> list[tuple[str, str]]:
    return [(element.tag, element.text or "") for element in etree.fromstring(row)]


def _struct(row: bytes) -> list[tuple[str, object]]:
    answer = b"<methodResponse><params><param>" + row + b"</param></params></methodResponse>"
    ((members,), _) = xmlrpc.client.loads(answer.decode())
    assert isinstance(members, dict)
    return list(members.items())


READ: dict[str, Callable[[bytes], list[tuple[str, object]]]] = {
    "rest": lambda row: list(json.loads(row).items()),
    "enswitch": lambda row: [pair for leg in json.loads(b"[" + row + b"]") for pair in leg.items()],
    "ozeki": lambda row: list(_elements(row)),
    "mor": lambda row: list(_elements(row)),
    "sippy": _struct,
}
PLAIN: dict[str, Callable[[PlainCall, datetime], list[tuple[str, object]]]] = {
    "rest": lambda call, now: list(rows.rest(call, now).items()),
    "enswitch": lambda call, now: [pair for leg in rows.enswitch(call, now) for pair in leg.items()],
    "ozeki": lambda call, now: list(rows.ozeki(call, now).items()),
    "mor": lambda call, now: list(rows.mor(call, now).items()),
    "sippy": lambda call, now: list(rows.sippy(call, now).items()),
}


@pytest.mark.parametrize("name", READ)
def test_the_rows_are_the_same(desk: Desk, name: str) -> None:
    now = datetime.fromtimestamp(NOW).astimezone()
    layout = layouts(desk)[name]
    for call in desk.table.calls():
        ours = READ[name](plain_row(layout, call, NOW))
        plain = PLAIN[name](record(call, desk.directory), now)
        assert [pair for pair in ours if pair[0] not in RUNNING] == [pair for pair in plain if pair[0] not in RUNNING]
        for (name_of, our_time), (_, plain_time) in zip(ours, plain, strict=True):
            if name_of in RUNNING:
                assert float(str(our_time)) == pytest.approx(float(str(plain_time)), abs=0.0015)


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.format)
def test_a_listing_has_a_row_for_every_call(desk: Desk, listing: Listing) -> None:
    calls = [record(call, desk.directory) for call in desk.table.calls()]
    text = listing.write(calls)
    assert all(text.count(call.sip_call_id.encode()) >= 1 for call in calls) or listing.format in ("ozeki", "mor")
    assert text.count(calls[0].caller.encode()) >= 1
    assert len(text) > 200 * CALLS


def test_litestar_serves_them(desk: Desk) -> None:
    calls = [record(call, desk.directory) for call in desk.table.calls()]
    again = msgspec.json.decode(msgspec.json.encode(calls), type=list[PlainCall])
    with TestClient(application(again)) as client:
        answer = client.get("/calls").json()["calls"]
    assert [row["id"] for row in answer] == [str(call.id) for call in calls]
