"""One Callboard on a real Asterisk, a real Kamailio and the embedded switch at once, with real calls through each."""

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx2
import msgspec
import pytest

from callboard.demo.directory import demo_document
from tests.conformance.server import PATIENCE, Server, serve, until
from tests.conformance.sipp import Act, Callee, Caller, Sipp, pause, play, run
from tests.ports import free_port
from tests.rig.asterisk import ASTERISK, SECRET, Asterisk, asterisk
from tests.rig.asterisk import INSTALL as INSTALL_ASTERISK
from tests.rig.kamailio import INSTALL as INSTALL_KAMAILIO
from tests.rig.kamailio import KAMAILIO, kamailio, routed

pytestmark = [pytest.mark.usefixtures("sipp", "installed")]

NUMBER = "442079460123"
CALLS = 2
"""Through each switch."""
MACHINES: Final = {"b2bua": 1, "pbx": 2, "edge": 3}
"""The switches by their names, and the machines that the directory has for them."""
KINDS = {"b2bua": ("b2bua", 0.0), "pbx": ("asterisk", 0.0), "edge": ("kamailio", None)}
"""What each is, and how far its clock is off, where it tells."""

SETTINGS = """
[switches.asterisk.pbx]
port = {ami}
secret = "{secret}"
[switches.kamailio.edge]
rpc = "http://127.0.0.1:{rpc}/RPC"
events = "127.0.0.1:{events}"
[dialects.mor]
check_hash = false
"""

ALICE = Caller(user="alice")
ACME = Caller(user="101", password="sip-101")
BOB = Callee()
# Kamailio sends the callee no BYE if the caller has confirmed its own before: no phone over a network is as quick.
CONFIRMED = BOB.asked_to_hang_up(200)
# Two processes of a proxy may pass on what comes at once in another order.
CALLED = (BOB.invited(), BOB.ring(), pause(300), BOB.answer(), BOB.hung_up())
CALLING = (ALICE.invite(), ALICE.trying(), ALICE.answered(1), CONFIRMED)

Row = dict[str, Any]


@pytest.fixture
def installed() -> None:
    """Skip where a switch is missing."""
    for found, words in ((ASTERISK, INSTALL_ASTERISK), (KAMAILIO, INSTALL_KAMAILIO)):
        if not found:
            pytest.skip(words)


class Ports(msgspec.Struct, frozen=True):
    """Where the two real switches are."""

    sip: int = msgspec.field(default_factory=free_port)
    ami: int = msgspec.field(default_factory=free_port)
    edge: int = msgspec.field(default_factory=free_port)
    rpc: int = msgspec.field(default_factory=free_port)
    events: int = msgspec.field(default_factory=free_port)
    far_end: int = msgspec.field(default_factory=free_port)
    """Who is called by way of the Asterisk."""
    edge_end: int = msgspec.field(default_factory=free_port)
    """Who is called by way of the Kamailio."""
    carrier: int = msgspec.field(default_factory=free_port)
    """Who is called by way of the embedded one."""


class Stage:
    """The whole: one Callboard, three switches, and the programs that call through them."""

    def __init__(self, folder: Path, ports: Ports, server: Server, client: httpx2.AsyncClient) -> None:
        self.folder = folder
        self.ports = ports
        self.server = server
        self.client = client
        self.programs: dict[str, list[Sipp]] = {}

    async def get(self, path: str) -> Any:
        answer = await self.client.get(path)
        answer.raise_for_status()
        return answer.json()

    async def calls(self, switch: str = "") -> list[Row]:
        """Those that are not over, of one switch or of all."""
        rows: list[Row] = (await self.get(f"/v1/calls?switch={switch}" if switch else "/v1/calls"))["calls"]
        return [row for row in rows if row["state"] != "ended"]

    async def switch(self, name: str) -> Row:
        (found,) = [each for each in (await self.get("/v1/switches"))["switches"] if each["name"] == name]
        return dict(found)

    async def talking(self, *switches: str) -> None:
        """Wait until every call through each of the switches is answered, and is all that there is."""

        async def all_of_them() -> bool:
            rows = await self.calls()
            return sorted((row["switch"], row["state"], row["suspect"]) for row in rows) == sorted(
                (name, "answered", False) for name in switches for _ in range(CALLS)
            )

        await until(all_of_them, f"{CALLS} calls that are answered on each of {switches}")

    async def ready(self) -> bool:
        return (await self.client.get("/-/ready")).status_code == 200

    async def play(self, stack: AsyncExitStack, name: str, to: str, far_end: int, *acts: tuple[Act, ...]) -> None:
        """Have calls made through a switch."""
        calling, called = acts
        many = ("-m", str(CALLS), "-l", str(CALLS), "-r", "10")
        answering = run(self.folder, f"{name}-callee", play("callee", *called), "-p", str(far_end), "-m", str(CALLS))
        options = ("-p", str(free_port()), *many, "-s", NUMBER, to)
        self.programs[name] = [
            await stack.enter_async_context(answering),
            await stack.enter_async_context(run(self.folder, f"{name}-caller", play("caller", *calling), *options)),
        ]

    async def call_through(self, stack: AsyncExitStack, name: str) -> None:
        """Have calls made through one of the three."""
        match name:
            case "pbx":
                await self.play(stack, name, f"127.0.0.1:{self.ports.sip}", self.ports.far_end, CALLING, CALLED)
            case "edge":
                to = f"127.0.0.1:{self.ports.edge}"
                await self.play(stack, name, to, self.ports.edge_end, routed(*CALLING), routed(*CALLED))
            case _:
                calling = (ACME.invite(), ACME.challenged(), ACME.trying(), ACME.answered(), ACME.hung_up())
                await self.play(stack, name, self.server.sip, self.ports.carrier, calling, CALLED)

    async def verdicts(self, *names: str) -> None:
        """Both sides of every call went by their play: whoever was to be hung up on was."""
        for name in names:
            for program in self.programs[name]:
                await program.verdict()


def directory() -> str:
    """The demo's, with our switches as its machines."""
    document = demo_document().replace('switch = "b2bua-2"', 'switch = "pbx"', 1)
    return document.replace("[[logins]]", '[[machines]]\nid = 3\nname = "Edge"\nswitch = "edge"\n\n[[logins]]', 1)


@asynccontextmanager
async def stage(folder: Path, ports: Ports) -> AsyncIterator[Stage]:
    """A Callboard whose switches may be there or not."""
    more = SETTINGS.format(ami=ports.ami, secret=SECRET, rpc=ports.rpc, events=ports.events)
    async with (
        serve(folder, carrier=ports.carrier, more=more, directory=directory()) as server,
        httpx2.AsyncClient(base_url=f"http://{server.http}", auth=("root", "demo-root"), timeout=PATIENCE) as client,
    ):
        yield Stage(folder, ports, server, client)


def the_asterisk(ports: Ports) -> AbstractAsyncContextManager[Asterisk]:
    """The real one; after a crash, another one at the same place."""
    return asterisk(ports.sip, ports.ami, ports.far_end)


@asynccontextmanager
async def everything(folder: Path) -> AsyncIterator[tuple[Stage, AsyncExitStack]]:
    """Callboard comes up before its switches do; then calls are up on all three. The stack has the Asterisk."""
    ports = Ports()
    async with stage(folder, ports) as callboard, AsyncExitStack() as programs:
        assert not await callboard.ready()
        await programs.enter_async_context(kamailio(ports.edge, ports.rpc, ports.events, ports.edge_end))
        async with AsyncExitStack() as pbx:
            await pbx.enter_async_context(the_asterisk(ports))
            await until(callboard.ready, "a full list from every switch")
            for name in MACHINES:
                await callboard.call_through(programs, name)
            await callboard.talking(*MACHINES)
            yield callboard, pbx


async def test_listings_filters_and_hang_ups_reach_every_switch(tmp_path: Path) -> None:
    async with everything(tmp_path) as (callboard, _):
        for name, machine in MACHINES.items():
            rows = await callboard.calls(name)
            assert [(row["switch"], row["machine"]) for row in rows] == [(name, machine)] * CALLS
            ids = sorted(row["id"] for row in rows)
            assert sorted(await mor(callboard.client, machine)) == ids
            shown = await callboard.switch(name)
            assert (shown["link"], shown["calls"], shown["connected"], shown["suspects"]) == ("up", CALLS, CALLS, 0)
            assert shown["why"] == ""
            assert shown["last_list_at"] is not None
            assert shown["version"], "each says what it is"
            assert (shown["kind"], shown["clock_offset"]) == KINDS[name], "on one machine there is one clock"
        assert {row["machine"] for row in await enswitch(callboard.client)} == set(MACHINES.values())
        for name in MACHINES:
            await hang_up(callboard, name)
        await callboard.verdicts(*MACHINES)
        await until_gone(callboard)


async def hang_up(callboard: Stage, name: str) -> None:
    """One call by a dialect, the other in our own words; both are proven."""
    by_dialect, by_api = sorted(row["id"] for row in await callboard.calls(name))
    answer = await asyncio.to_thread(callboard.server.sippy, "disconnectCall", ID=by_dialect)
    assert answer == {"result": "OK"}
    asked = await callboard.client.post(f"/v1/calls/{by_api}/disconnect")
    assert asked.status_code == 202, asked.text
    for call in (by_dialect, by_api):
        outcomes: list[str] = []

        async def settled(call: str = call, outcomes: list[str] = outcomes) -> bool:
            commands = (await callboard.get(f"/v1/commands?call={call}"))["commands"]
            outcomes[:] = [command["outcome"] for command in commands]
            return "pending" not in outcomes

        await until(settled, f"an outcome of the command for call {call} on {name}, and not {outcomes}")
        assert outcomes == ["done"]


async def until_gone(callboard: Stage) -> None:
    async def gone() -> bool:
        return not await callboard.calls()

    await until(gone, "an empty table")


async def test_a_killed_asterisk_leaves_suspects_and_its_restart_ends_them(tmp_path: Path) -> None:
    async with everything(tmp_path) as (callboard, pbx):
        before = {row["id"]: row["switch"] for row in await callboard.calls()}
        await pbx.aclose()

        async def suspect() -> bool:
            pbx = await callboard.switch("pbx")
            return bool(pbx["suspects"] == CALLS)

        await until(suspect, "the calls of the killed switch to be suspect")
        rows = await callboard.calls()
        assert {row["id"]: row["switch"] for row in rows} == before
        assert {row["switch"] for row in rows if row["suspect"]} == {"pbx"}
        lost = await callboard.switch("pbx")
        assert lost["link"] == "lost"
        assert lost["last_error"] == lost["why"] != ""
        assert await callboard.ready(), "what was vouched for once is listed, with its doubts"
        async with the_asterisk(callboard.ports):
            await callboard.talking("b2bua", "edge")
            found = await callboard.switch("pbx")
            assert (found["link"], found["calls"], found["suspects"]) == ("up", 0, 0)


async def mor(client: httpx2.AsyncClient, machine: int) -> list[str]:
    """The ids of the calls on one server, by MOR's filter."""
    answer = await client.post("/billing/api/active_calls_get", data={"u": "root", "s_server": str(machine)})
    return [call.findtext("id", "") for call in ET.fromstring(answer.content).iter("active_call")]


async def enswitch(client: httpx2.AsyncClient) -> list[Row]:
    """The legs of all calls; each row names its machine."""
    answer = await client.get("/api/json/calls/active/list/?auth_username=root;auth_password=demo-root;customer=system")
    rows: list[Row] = answer.json()["data"]
    return rows
