"""Real calls by SIPp through a real Kamailio that runs the script of the manual, watched over the real link.

Each scene is one that was recorded, too.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
import pytest

from callboard.calls.causes import Reason
from callboard.calls.commands import CommandId, HangUp
from callboard.calls.legs import CallKey
from callboard.calls.state import State
from tests.conformance.kamailio_stage import Watch, answering, calling, scene, watched
from tests.conformance.server import until
from tests.conformance.sipp import Act, Callee, Caller, pause
from tests.ports import free_port
from tests.rig.kamailio import INSTALL, KAMAILIO, dialogs, kamailio

pytestmark = [pytest.mark.usefixtures("sipp", "installed")]

ALICE = Caller(user="alice")
BOB = Callee()


@pytest.fixture
def installed() -> None:
    """Skip where there is no Kamailio."""
    if not KAMAILIO:
        pytest.skip(INSTALL)


def talking(*then: Act) -> tuple[Act, ...]:
    """alice calls, it is answered, and then something happens."""
    return (ALICE.invite(), ALICE.trying(), ALICE.answered(1), *then)


# Kamailio sends the callee no BYE if the caller has confirmed its own before: no phone over a network is as quick.
CONFIRMING = BOB.asked_to_hang_up(200)
ANSWERING = (BOB.invited(), BOB.ring(), pause(300), BOB.answer())


async def test_a_call_through_all_its_states(tmp_path: Path) -> None:
    begun = time.time()
    async with scene(tmp_path, talking(pause(1000), ALICE.bye(2)), (*ANSWERING, BOB.hung_up())) as watch:
        call = await watch.sees_state(State.ANSWERED)
        assert (call.caller, call.dialed, call.callee) == ("alice", "812", "812")
        assert call.placement.account == 7
        assert call.legs[0].facts.source.startswith("127.0.0.1:")
        await watch.take_list()
        assert watch.call.state is State.ANSWERED
        assert watch.call.answered_at == call.answered_at
        call = await watch.sees_state(State.ENDED)
        assert call.cause is not None
        assert call.cause.reason is Reason.NORMAL
        assert 0.7 < call.duration(0.0) < time.time() - begun
    states = [state for state in watch.states if state is not State.ENDING]
    assert states == [State.DIALING, State.RINGING, State.ANSWERED, State.ENDED]


async def test_no_calls() -> None:
    async with watched() as (watch, _):
        await watch.agrees()
        assert not watch.table.calls()
        assert watch.link.instance
        assert "does not have this call" in str(watch.link.send(HangUp(CommandId("c"), CallKey("kamailio", "1:1"))))


@pytest.mark.parametrize(
    ("status", "rings", "reason"),
    [
        ("486 Busy Here", False, Reason.BUSY),
        ("404 Not Found", False, Reason.NOT_FOUND),
        ("603 Decline", True, Reason.DECLINED),
    ],
)
async def test_the_callee_refuses(tmp_path: Path, status: str, rings: bool, reason: Reason) -> None:
    code = int(status[:3])
    caller = (ALICE.invite(), ALICE.trying(), ALICE.refused(code, 1))
    callee = (BOB.invited(), *((BOB.ring(), pause(500)) if rings else ()), BOB.refuse(status))
    async with scene(tmp_path, caller, callee) as watch:
        if rings:
            await watch.sees_state(State.RINGING)
        call = await watch.sees_state(State.ENDED)
        assert call.answered_at is None
        assert call.duration(time.time()) == 0.0
        assert call.cause is not None
        assert (call.cause.reason, call.cause.sip) == (reason, code)


async def test_early_media_is_no_answer(tmp_path: Path) -> None:
    callee = (BOB.invited(), BOB.early(), pause(1000), BOB.answer(), BOB.hung_up())
    begun = time.time()
    async with scene(tmp_path, talking(pause(500), ALICE.bye(2)), callee) as watch:
        call = await watch.sees_state(State.RINGING)
        assert call.progressed_at is not None
        assert call.answered_at is None
        call = await watch.sees_state(State.ANSWERED)
        assert call.answered_at is not None
        assert call.progressed_at is not None
        assert 0.7 < call.answered_at - call.progressed_at < time.time() - begun


async def test_the_callee_hangs_up(tmp_path: Path) -> None:
    callee = (BOB.invited_by_name(), BOB.ring(), pause(300), BOB.answer(), pause(700), BOB.bye())
    async with scene(tmp_path, talking(ALICE.hung_up()), callee) as watch:
        await watch.sees_state(State.ANSWERED)
        call = await watch.sees_state(State.ENDED)
        assert call.cause is not None
        assert call.cause.reason is Reason.NORMAL


async def test_the_caller_gives_up(tmp_path: Path) -> None:
    caller = (ALICE.invite(), ALICE.rings(), pause(800), ALICE.cancel(1))
    async with scene(tmp_path, caller, (BOB.invited(), BOB.ring(), BOB.cancelled())) as watch:
        await watch.sees_state(State.RINGING)
        assert "still rings" in str(watch.order())
        call = await watch.sees_state(State.ENDED)
        assert call.cause is not None
        assert call.cause.reason is Reason.CANCELLED


async def test_ending_a_ringing_call_at_kamailio_itself_changes_nothing(tmp_path: Path) -> None:
    """It answers that all went well, and tells that the dialog failed, which it did not."""
    caller = (ALICE.invite(), ALICE.rings(), pause(1500), ALICE.cancel(1))
    async with scene(tmp_path, caller, (BOB.invited(), BOB.ring(), BOB.cancelled())) as watch:
        call = await watch.sees_state(State.RINGING)
        entry, _, identity = call.key.native.partition(":")
        body = {"jsonrpc": "2.0", "method": "dlg.end_dlg", "params": [int(entry), int(identity)], "id": 1}
        async with httpx2.AsyncClient(trust_env=False) as client:
            answer = await client.post(f"http://127.0.0.1:{watch.switch.rpc}/RPC", json=body)
        assert "error" not in answer.json()
        await watch.take_list()
        assert watch.call.state is State.RINGING
        over = await watch.sees_state(State.ENDED)
        assert over.number == call.number
        assert over.cause is not None
        assert over.cause.reason is Reason.CANCELLED


async def test_a_caller_that_died_is_listed_until_we_end_the_call(tmp_path: Path) -> None:
    async with watched() as (watch, far_end), answering(tmp_path, far_end, (*ANSWERING, BOB.hung_up())) as called:
        async with calling(tmp_path, watch, talking(pause(60_000))):
            await watch.sees_state(State.ANSWERED)
        await watch.take_list()
        call = await watch.sees_state(State.ANSWERED)
        assert watch.order() is None
        over = await watch.sees_state(State.ENDED)
        assert over.number == call.number
        assert over.cause is not None
        assert over.cause.reason is Reason.DISCONNECTED
        await called.verdict()


async def test_ten_calls_overlap_and_none_is_mixed_up_with_another(tmp_path: Path) -> None:
    async with scene(tmp_path, talking(pause(3000), ALICE.bye(2)), (*ANSWERING, BOB.hung_up()), 10, 5) as watch:
        await watch.sees(lambda: [call.state for call in watch.up] == [State.ANSWERED] * 10, "ten answered calls")
        await watch.agrees()
        calls = watch.up
        assert len({call.sip_call_id for call in calls}) == 10
        assert len({call.number for call in calls}) == 10
        await watch.sees(lambda: not watch.up, "no calls")
        assert {call.cause.reason for call in watch.table.calls() if call.cause} == {Reason.NORMAL}


async def test_kamailio_is_stopped_with_a_call_up(tmp_path: Path) -> None:
    """Nobody tells the end: the call stays as a suspect until the next life's list lacks it."""
    ports = free_port(), free_port(), free_port(), free_port()
    async with kamailio(*ports) as switch:
        watch = Watch(switch)
        await watch.open()
        async with (
            answering(tmp_path, ports[3], (*ANSWERING, pause(60_000))),
            calling(tmp_path, watch, talking(pause(60_000))),
        ):
            call = await watch.sees_state(State.ANSWERED)
            switch.process.terminate()
            await asyncio.wait_for(watch.link.lost(), 10)
            watch.lose()
            assert watch.call.state is State.ANSWERED
            assert watch.call.suspect_since is not None
    async with kamailio(*ports) as switch:
        await watch.again()
        over = await watch.sees_state(State.ENDED)
        assert over.number == call.number
        assert await dialogs(switch.rpc) == {}
        await watch.close()


async def test_the_call_is_held_and_a_list_does_not_change_that(tmp_path: Path) -> None:
    caller = talking(
        pause(300),
        ALICE.media_turns("sendonly", 2),
        pause(1500),
        ALICE.media_turns("sendrecv", 3),
        pause(1000),
        ALICE.bye(4),
    )
    callee = (*ANSWERING, BOB.media_turns("recvonly"), BOB.media_turns("sendrecv"), BOB.hung_up())
    async with scene(tmp_path, caller, callee) as watch:
        await watch.sees_state(State.HELD)
        await watch.take_list()
        assert watch.call.state is State.HELD
        await watch.sees_state(State.ANSWERED)


async def test_we_end_the_call_and_it_is_proven(tmp_path: Path) -> None:
    async with scene(tmp_path, talking(CONFIRMING), (*ANSWERING, BOB.hung_up())) as watch:
        await watch.sees_state(State.ANSWERED)
        assert watch.order() is None
        call = await watch.sees_state(State.ENDED)
        assert call.cause is not None
        assert call.cause.reason is Reason.DISCONNECTED


async def test_twenty_calls_are_ended_and_none_is_left(tmp_path: Path) -> None:
    async with scene(tmp_path, talking(CONFIRMING), (*ANSWERING, BOB.hung_up()), calls=20) as watch:
        await watch.sees(lambda: [call.state for call in watch.up] == [State.ANSWERED] * 20, "twenty answered calls")
        for call in watch.up:
            assert watch.link.send(HangUp(CommandId(f"c{call.number}"), call.key)) is None
        await watch.sees(lambda: not watch.up, "no calls")
        reasons = {call.cause.reason for call in watch.table.calls() if call.cause}
        assert reasons == {Reason.DISCONNECTED}


async def test_after_a_gap_the_list_finds_what_is_up_and_what_is_not(tmp_path: Path) -> None:
    async with scene(tmp_path, talking(pause(2000), ALICE.bye(2)), (*ANSWERING, BOB.hung_up())) as watch:
        before = await watch.sees_state(State.ANSWERED)
        await watch.again()
        assert watch.call.number == before.number
        assert watch.call.state is State.ANSWERED
        await watch.sees_state(State.ENDED)


async def test_a_restart_is_seen_by_the_instance(tmp_path: Path) -> None:
    ports = free_port(), free_port(), free_port(), free_port()
    async with kamailio(*ports) as switch:
        watch = Watch(switch)
        await watch.open()
        first = watch.link.instance
        switch.process.terminate()
        error = await asyncio.wait_for(watch.link.lost(), 10)
        assert "closed the connection for events" in error.cause
    # Kamailio tells when it was started to the second, by a clock that stands still while the machine does.
    instances = [first]
    while len(instances) < 5 and set(instances) == {first}:
        await until(_second_over(), "another second")
        async with kamailio(*ports):
            await watch.again()
            instances.append(watch.link.instance)
            await watch.close()
    assert set(instances) != {first}


def _second_over() -> Callable[[], Awaitable[bool]]:
    begun = int(time.time())

    async def over() -> bool:
        return int(time.time()) > begun

    return over
