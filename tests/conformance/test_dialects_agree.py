"""All dialects, asked at one moment while real SIP calls are up, tell of the same calls: checked field by field."""

import hashlib
import json
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from callboard.demo.incoming import Behaviour
from callboard.demo.phone import Phone
from tests.conformance.server import PATIENCE, Server, serve, until
from tests.ports import free_port

ROOT = ("root", "demo-root")

MORE = """
[dialects.ozeki]
time_zone = "UTC"
[dialects.mor]
time_zone = "UTC"
"""

RINGS = Behaviour(ring=60.0, code=0)
ANSWERS = Behaviour(ring=0.1)


class Seen(msgspec.Struct, frozen=True):
    """What a dialect tells of a call, in common words; None where its vendor has no such field."""

    connected: bool
    caller: str
    called: str
    started: int | None = None
    answered: int | None = None
    talk: float | None = None
    sip_call_id: str | None = None
    customer: int | None = None
    account: int | None = None
    connection: int | None = None


def _unix(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp())


def _number(base62: str) -> int:
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    value = 0
    for digit in base62:
        value = value * 62 + digits.index(digit)
    return value


def sippy(server: Server) -> dict[int, Seen]:
    rows = server.sippy("listActiveCalls")
    return {
        int(row["ID"]): Seen(
            connected=row["CC_STATE"] == "Connected",
            caller=row["CLI"],
            called=row["CLD"],
            started=int(datetime.strptime(row["SETUP_TIME"] + "+0000", "%Y%m%dT%H:%M:%S.%f%z").timestamp()),
            talk=row["DURATION"],
            sip_call_id=row["CALL_ID"],
            customer=int(row["I_CUSTOMER"]),
            account=row["I_ACCOUNT"],
            connection=row["I_CONNECTION"] or 0,
        )
        for row in rows
    }


async def ozeki(client: httpx2.AsyncClient) -> dict[int, Seen]:
    answer = await client.get("/api?command=ListActiveCalls&Username=HTTP_User_1&Password=qwe123")
    found = {}
    for call in ET.fromstring(answer.content).iter("Call"):
        field = {member.tag: member.text or "" for member in call}
        found[_number(field["CallId"])] = Seen(
            connected=field["CallState"] in {"InCall", "Hold"},
            caller=field["Source"],
            called=field["Destination"],
            started=_unix(field["StartTime"]),
            talk=float(field["TalkDuration"]),
        )
    return found


async def ozeki_xe(client: httpx2.AsyncClient) -> dict[int, Seen]:
    answer = await client.get("/?command=ListActiveCalls&Username=HTTP_User_1&Password=qwe123")
    found = {}
    for call in ET.fromstring(answer.content).iter("CallInfo"):
        field = {member.tag: member.text or "" for member in call}
        found[_number(field["CallId"])] = Seen(
            connected=field["CallState"] in {"InCall", "Hold"},
            caller=field["Source"],
            called=field["Destination"],
            started=int(datetime.fromisoformat(field["StartTime"]).timestamp()),
            talk=float(field["TalkDuration"]),
        )
    return found


async def mor(client: httpx2.AsyncClient) -> dict[int, Seen]:
    signature = hashlib.sha1(b"root456789", usedforsecurity=False).hexdigest()
    answer = await client.post("/billing/api/active_calls_get", data={"u": "root", "hash": signature})
    found = {}
    for call in ET.fromstring(answer.content).iter("active_call"):
        field = {member.tag: member.text or "" for member in call}
        found[int(field["id"])] = Seen(
            connected=field["status"] == "Answered",
            caller=field["src"],
            called=field["localized_dst"],
            answered=_unix(field["answer_time"]) if field["answer_time"] else 0,
            talk=float(field["duration"] or 0),
            customer=int(field["user_id"]),
            account=int(field["src_device_id"]),
        )
    return found


async def enswitch(client: httpx2.AsyncClient) -> dict[str, Seen]:
    """By SIP Call-ID, since its ids are the legs' own."""
    answer = await client.get("/api/json/calls/active/list/?auth_username=root;auth_password=demo-root;customer=system")
    rows: list[dict[str, Any]] = json.loads(answer.content)["data"]
    by_call: dict[str, Seen] = {}
    for row in rows:
        seen = Seen(
            connected=row["status"] == "answered",
            caller=row["snumber"],
            called=row["dnumber"],
            started=row["start"],
            answered=row["answered"],
            sip_call_id=row["sip_callid"],
            customer=row["scustomer"],
            connection=row["peer"],
        )
        assert by_call.setdefault(row["sip_callid"], seen) == seen, "the legs of a call say the same of it"
    legs = {call: [row["callid"] for row in rows if row["sip_callid"] == call] for call in by_call}
    assert all(len(set(ids)) == 1 for ids in legs.values()), "the legs of a call share their callid"
    return by_call


def agree(one: Seen, other: Seen) -> None:
    """What both tell is the same; of running times, to a second and a bit."""
    for name in Seen.__struct_fields__:
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine is None or theirs is None:
            continue
        if name == "talk":
            assert abs(mine - theirs) < 2.0, (name, one, other)
        else:
            assert mine == theirs, (name, one, other)


@asynccontextmanager
async def calls_up(folder: Path) -> AsyncIterator[Server]:
    """Five real calls: on net and off net, ringing, answered and held, of four customers."""
    carrier_port = free_port()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serve(folder, carrier=carrier_port, more=MORE))

        async def phone(user: str, **more: Any) -> Phone:
            made = Phone(user, f"sip-{user}", server.sip, **more)
            return await stack.enter_async_context(made)

        await phone("carrier", bind=f"127.0.0.1:{carrier_port}", behave=lambda call: ANSWERS)
        ringing, answering = await phone("812", behave=lambda call: RINGS), await phone("104")
        for registered in (ringing, answering):
            await registered.register()
        await (await phone("801", name="Front Desk")).call("812")
        for user, number in (("101", "104"), ("103", "442079460123"), ("1000", "63285551234")):
            await (await (await phone(user)).call(number)).until("answered")
        held = await (await phone("1001")).call("49301234567")
        await held.until("answered")
        await held.hold()

        async def all_up() -> bool:
            rows = await server.live()
            return sorted(row["CC_STATE"] for row in rows) == ["ARComplete", *["Connected"] * 4]

        await until(all_up, "five calls, one of them ringing")
        yield server


async def test_the_dialects_agree(tmp_path: Path) -> None:
    async with (
        calls_up(tmp_path) as server,
        httpx2.AsyncClient(base_url=f"http://{server.http}", timeout=PATIENCE) as client,
    ):
        truth = {int(row["ID"]): row for row in await server.live()}
        told = sippy(server)
        assert told.keys() == truth.keys()
        assert len(told) == 5
        for dialect in (ozeki, ozeki_xe, mor):
            other = await dialect(client)
            assert other.keys() == told.keys(), dialect.__name__
            for number, seen in other.items():
                agree(told[number], seen)
        by_call_id = {seen.sip_call_id: seen for seen in told.values()}
        legs = await enswitch(client)
        assert legs.keys() == by_call_id.keys()
        for call_id, seen in legs.items():
            agree(by_call_id[call_id], seen)
        api = (await client.get("/v1/calls", auth=ROOT)).json()["calls"]
        assert {int(call["id"]): call["state"] in {"answered", "held"} for call in api} == {
            number: seen.connected for number, seen in told.items()
        }
        assert [call["state"] for call in api].count("held") == 1


async def test_a_call_ended_through_one_dialect_is_gone_in_all(tmp_path: Path) -> None:
    async with (
        calls_up(tmp_path) as server,
        httpx2.AsyncClient(base_url=f"http://{server.http}", timeout=PATIENCE) as client,
    ):
        held = next(call for call in (await client.get("/v1/calls?state=held", auth=ROOT)).json()["calls"])
        row = next(row for row in await server.live() if row["ID"] == held["id"])
        listing = await client.get("/api?command=ListActiveCalls&Username=HTTP_User_1&Password=qwe123")
        call_ids = [call.findtext("CallId", "") for call in ET.fromstring(listing.content).iter("Call")]
        call_id = next(text for text in call_ids if _number(text) == int(held["id"]))
        answer = await client.get(f"/api?command=Hangup&CallId={call_id}&Username=HTTP_User_1&Password=qwe123")
        assert b"<Code>200</Code>" in answer.content

        async def gone() -> bool:
            return held["id"] not in {found["ID"] for found in await server.live()}

        await until(gone, "the end of the call")
        assert int(held["id"]) not in await ozeki(client)
        assert int(held["id"]) not in await mor(client)
        assert row["CALL_ID"] not in await enswitch(client)
