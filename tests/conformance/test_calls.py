"""Real calls: SIPp calls with digest authentication through Callboard to SIPp; Sippy's API watches and ends them.

In every scene both programs must end with success, which means that every SIP message was as it should be, and the
table must be empty afterwards.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from tests.conformance.server import PATIENCE, Server, serve, until
from tests.conformance.sipp import Act, Callee, Caller, pause, play, run
from tests.ports import free_port

pytestmark = [pytest.mark.usefixtures("sipp")]

NUMBER = "442079460123"
ACME = Caller(user="101", password="sip-101")
CALLEE = Callee()


@asynccontextmanager
async def scene(
    folder: Path, caller: tuple[Act, ...], callee: tuple[Act, ...], more: str = "", number: str = NUMBER
) -> AsyncIterator[Server]:
    """Both sides of one call play their parts; both must succeed, and then nothing may be left."""
    far_end = free_port()
    async with serve(folder, carrier=far_end, more=more) as server:
        async with (
            run(folder, "callee", play("callee", *callee), "-p", str(far_end), "-m", "1") as answering,
            run(
                folder,
                "caller",
                play("caller", *caller),
                *("-p", str(free_port()), "-m", "1", "-l", "1", "-s", number, server.sip),
            ) as calling,
        ):
            yield server
            await calling.verdict()
            await answering.verdict()
        await server.empty()


def talking(*then: Act) -> tuple[Act, ...]:
    """The caller is challenged, the call is answered, and then something happens."""
    return (ACME.invite(), ACME.challenged(), ACME.trying(), ACME.answered(), *then)


async def test_every_state_that_a_phone_can_hold_a_call_in_is_seen(tmp_path: Path) -> None:
    caller = (ACME.invite(), ACME.challenged(1500), ACME.trying(), ACME.answered(), pause(1500), ACME.bye())
    callee = (CALLEE.invited(), CALLEE.ring(), pause(1500), CALLEE.answer(), CALLEE.asked_to_hang_up(1500))
    async with scene(tmp_path, caller, callee) as server:
        waiting = await server.call_in("WaitAuth")
        assert (waiting["I_ACCOUNT"], waiting["I_CUSTOMER"]) == (None, None)
        ringing = await server.call_in("ARComplete")
        assert ringing["DURATION"] == 0.0
        talking = await server.call_in("Connected")
        assert talking["CLI"] == "101"
        assert talking["CLD"] == NUMBER
        assert (talking["I_ACCOUNT"], talking["I_CUSTOMER"], talking["I_CONNECTION"]) == (5, "3", 3)
        assert (talking["CALLER_MEDIA_IP"], talking["CALLEE_MEDIA_IP"]) == ("127.0.0.2", "127.0.0.3")
        assert talking["DIRECTION"] == "vendor"
        assert talking["DELAY"] > 0
        assert talking["ID"] == waiting["ID"], "the number that clients hold does not change"
        ending = await server.call_in("Disconnecting")
        over = await server.call_in("Dead")
        assert over["DURATION"] >= talking["DURATION"]
        assert ending["SETUP_TIME"] == over["SETUP_TIME"] == waiting["SETUP_TIME"]


async def test_the_callee_hangs_up(tmp_path: Path) -> None:
    callee = (CALLEE.invited_by_name(), CALLEE.ring(), CALLEE.answer(), pause(300), CALLEE.bye())
    async with scene(tmp_path, talking(ACME.hung_up()), callee) as server:
        await server.call_in("Dead")


async def test_the_callee_is_busy(tmp_path: Path) -> None:
    caller = (ACME.invite(), ACME.challenged(), ACME.trying(), ACME.refused(486))
    async with scene(tmp_path, caller, (CALLEE.invited(), CALLEE.refuse("486 Busy Here"))) as server:
        await server.call_in("Dead")


async def test_the_callee_does_not_answer(tmp_path: Path) -> None:
    caller = (ACME.invite(), ACME.challenged(), ACME.trying(), ACME.refused(480))
    callee = (CALLEE.invited(), CALLEE.ring(), CALLEE.cancelled())
    async with scene(tmp_path, caller, callee, more="ring_timeout = 1.5") as server:
        await server.call_in("ARComplete")
        await server.call_in("Dead")


async def test_the_caller_gives_up(tmp_path: Path) -> None:
    caller = (ACME.invite(), ACME.challenged(), ACME.rings(), pause(500), ACME.cancel())
    async with scene(tmp_path, caller, (CALLEE.invited(), CALLEE.ring(), CALLEE.cancelled())) as server:
        await server.call_in("ARComplete")
        await server.call_in("Dead")


async def test_hold_and_resume(tmp_path: Path) -> None:
    caller = talking(
        pause(300),
        ACME.media_turns("sendonly", 3),
        pause(1500),
        ACME.media_turns("sendrecv", 4),
        pause(1500),
        ACME.bye(5),
    )
    callee = (
        CALLEE.invited(),
        CALLEE.ring(),
        CALLEE.answer(),
        CALLEE.media_turns("recvonly"),
        CALLEE.media_turns("sendrecv"),
        CALLEE.hung_up(),
    )
    async with scene(tmp_path, caller, callee) as server, httpx2.AsyncClient(timeout=PATIENCE) as client:

        async def is_in(state: str) -> bool:
            answer = await client.get(f"http://{server.http}/v1/calls", auth=("root", "demo-root"))
            return [call["state"] for call in answer.json()["calls"]] == [state]

        await until(lambda: is_in("held"), "the call on hold")
        assert (await server.call_in("Connected"))["CC_STATE"] == "Connected"
        await until(lambda: is_in("answered"), "the call resumed")


@pytest.mark.parametrize("how", ["call", "account", "customer"])
async def test_a_call_is_disconnected(tmp_path: Path, how: str) -> None:
    callee = (CALLEE.invited(), CALLEE.ring(), CALLEE.answer(), CALLEE.hung_up())
    async with scene(tmp_path, talking(ACME.hung_up()), callee) as server:
        row = await server.call_in("Connected")
        match how:
            case "call":
                assert server.sippy("disconnectCall", ID=row["ID"]) == {"result": "OK"}
            case "account":
                assert server.sippy("disconnectAccount", i_account=5) == {"result": "OK", "count": 1}
            case "customer":
                assert server.sippy("disconnectCustomer", i_customer=2) == {"result": "OK", "count": 1}
        await server.call_in("Dead")


async def test_a_ringing_call_is_disconnected(tmp_path: Path) -> None:
    caller = (ACME.invite(), ACME.challenged(), ACME.trying(), ACME.refused(480))
    async with scene(tmp_path, caller, (CALLEE.invited(), CALLEE.ring(), CALLEE.cancelled())) as server:
        row = await server.call_in("ARComplete")
        assert server.sippy("disconnectCall", ID=row["ID"]) == {"result": "OK"}
        await server.call_in("Dead")


async def test_a_reseller_sees_its_subtree_and_no_stranger_can_touch_a_call(tmp_path: Path) -> None:
    callee = (CALLEE.invited(), CALLEE.ring(), CALLEE.answer(), CALLEE.hung_up())
    async with scene(tmp_path, talking(ACME.hung_up()), callee) as server:
        row = await server.call_in("Connected")
        for login, seen in {"reseller": True, "acme": True, "globex": False, "initech": False}.items():
            rows = await server.calls(login, f"demo-{login}")
            assert [found["ID"] for found in rows] == ([row["ID"]] if seen else [])
        stranger = server.sippy("disconnectCall", "globex", "demo-globex", ID=row["ID"])
        assert stranger == {"result": "Call not found or not accessible"}
        assert (await server.call_in("Connected"))["ID"] == row["ID"]
        assert server.sippy("disconnectCall", "acme", "demo-acme", ID=row["ID"]) == {"result": "OK"}


async def test_a_wrong_password_gets_no_call_through(tmp_path: Path) -> None:
    liar = Caller(user="101", password="sip-103")
    async with serve(tmp_path, carrier=free_port()) as server:
        caller = (liar.invite(), liar.challenged(), liar.trying(), liar.refused(401))
        options = ("-p", str(free_port()), "-m", "1", "-l", "1", "-s", NUMBER, server.sip)
        async with run(tmp_path, "liar", play("liar", *caller), *options) as calling:
            await calling.verdict()
        assert [row["I_ACCOUNT"] for row in await server.calls()] == [None]
        await server.empty()
