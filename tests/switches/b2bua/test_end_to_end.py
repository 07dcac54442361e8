"""Real calls: phones that speak SIP over UDP, the real engine in its process, and a real table that shows them."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from callboard.calls.causes import Reason
from callboard.calls.events import SwitchListed
from callboard.calls.legs import Direction, Side
from callboard.calls.state import State
from callboard.demo.incoming import Behaviour
from callboard.demo.phone_call import CallOver, Refused
from callboard.directory.records import DID
from callboard.switches.b2bua.adapter import SwitchStartError
from callboard.table.reconciling.links import LinkState
from tests.switches.b2bua.world import ANSWERS, DEADLINE, RINGS, World, until


async def test_two_phones_talk(world: World) -> None:
    callee = await world.phone("812")
    assert await callee.register(300) == 300
    caller = await world.phone("801")
    talk = await caller.call("812", name="Zoë Müller", media="127.0.0.9")
    await talk.until("answered")
    call = await world.only(State.ANSWERED)
    assert (call.caller, call.caller_name, call.dialed, call.callee) == ("801", "Zoë Müller", "812", "812")
    assert (call.caller_media, call.callee_media) == ("127.0.0.9", "127.0.0.1")
    assert call.sip_call_id == talk.call_id
    assert call.placement.direction is Direction.INTERNAL
    assert (call.placement.account, call.placement.callee_account) == (3, 4)
    assert call.progressed_at
    assert call.answered_at
    assert call.started_at <= call.progressed_at <= call.answered_at
    assert callee.calls[0].caller == "801"  # type: ignore[attr-defined]
    await talk.hold()
    await world.only(State.HELD)
    await talk.resume()
    await world.only(State.ANSWERED)
    await talk.bye()
    ended = await world.empty()
    assert ended.cause
    assert ended.cause.reason is Reason.NORMAL
    steps = list(dict.fromkeys(world.states[call.number]))
    assert steps == [
        State.NEW,
        State.AUTHENTICATING,
        State.ROUTING,
        State.DIALING,
        State.RINGING,
        State.ANSWERED,
        State.HELD,
        State.ENDING,
        State.ENDED,
    ]


async def test_a_disconnect_ends_both_phones_and_is_proven(world: World) -> None:
    callee = await world.phone("812")
    await callee.register()
    talk = await (await world.phone("801")).call("812")
    await talk.until("answered")
    world.hang_up(await world.only(State.ANSWERED))
    await talk.until("ended")
    await until(lambda: not callee.calls)
    ended = await world.empty()
    assert ended.cause
    assert (ended.cause.reason, ended.cause.sip) == (Reason.DISCONNECTED, 200)
    assert "not confirm" not in ended.cause.text


@pytest.mark.parametrize("by", [-3600.0, 3600.0])
async def test_the_machines_clock_is_set_while_a_call_is_up(world: World, by: float) -> None:
    await world.switch.stop()
    await world.start(list_interval=0.1)
    await (await world.phone("812")).register()
    talk = await (await world.phone("801")).call("812")
    await talk.until("answered")
    before = await world.only(State.ANSWERED)
    assert abs(before.started_at - time.time()) < DEADLINE
    world.set_by = by
    world.telling.check()
    told = len(world.events)
    await until(lambda: sum(isinstance(event, SwitchListed) for event in world.events[told:]) >= 2)
    after = await world.only(State.ANSWERED)
    assert after.started_at - before.started_at == pytest.approx(by, abs=0.05)
    assert before.answered_at is not None
    assert after.answered_at is not None
    assert after.answered_at - before.answered_at == pytest.approx(by, abs=0.05)
    await talk.hang_up()
    ended = await world.empty()
    assert ended.ended_at is not None
    assert 0.0 <= ended.ended_at - after.answered_at < DEADLINE


async def test_a_disconnect_while_it_rings(world: World) -> None:
    callee = await world.phone("812", RINGS)
    await callee.register()
    talk = await (await world.phone("801")).call("812")
    await talk.until("ringing")
    world.hang_up(await world.only(State.RINGING))
    with pytest.raises(CallOver):
        await talk.until("answered")
    await until(lambda: not callee.calls)
    ended = await world.empty()
    assert ended.cause
    assert ended.cause.reason is Reason.DISCONNECTED


async def test_a_caller_who_gives_up(world: World) -> None:
    await (await world.phone("812", RINGS)).register()
    talk = await (await world.phone("801")).call("812")
    await talk.until("ringing")
    await world.only(State.RINGING)
    await talk.hang_up()
    ended = await world.empty()
    assert ended.cause
    assert ended.cause.reason is Reason.CANCELLED


@pytest.mark.parametrize(("code", "reason"), [(486, Reason.BUSY), (603, Reason.DECLINED)])
async def test_a_callee_who_refuses(world: World, code: int, reason: Reason) -> None:
    await (await world.phone("812", Behaviour(ring=0.05, code=code))).register()
    talk = await (await world.phone("801")).call("812")
    with pytest.raises(CallOver) as over:
        await talk.until("answered")
    assert over.value.code == code
    ended = await world.empty()
    assert ended.cause
    assert ended.cause.reason is reason


async def test_off_net_the_second_way_is_taken_when_the_first_fails(world: World) -> None:
    await world.carrier(1, Behaviour(code=503))
    second = await world.carrier(2, ANSWERS)
    talk = await (await world.phone("801")).call("+49-(30)-555")
    await talk.until("answered")
    call = await world.only(State.ANSWERED)
    assert (call.callee, call.placement.direction, call.placement.connection) == ("4930555", Direction.OUTBOUND, 2)
    assert [leg.facts.source for leg in call.side(Side.CALLEE)] == [second.address]
    assert second.calls[0].dialed == "4930555"  # type: ignore[attr-defined]
    await talk.bye()
    await world.empty()


async def test_off_net_the_second_way_is_taken_when_the_first_says_nothing(world: World) -> None:
    await world.carrier(1, Behaviour(silent=True))
    await world.carrier(2, ANSWERS)
    talk = await (await world.phone("801")).call("4930555")
    await talk.until("answered")
    assert (await world.only(State.ANSWERED)).placement.connection == 2


async def test_a_vendors_call_reaches_a_phone_by_its_did_only(world: World) -> None:
    carrier = await world.carrier(1, ANSWERS, incoming=True)
    world.directory.put(DID(id=1, number="442071234567", account=4))
    callee = await world.phone("812")
    await callee.register()
    with pytest.raises(CallOver) as over:
        await (await carrier.call("812")).until("answered")
    assert over.value.code == 404
    await (await carrier.call("+442071234567")).until("answered")
    call = await world.only(State.ANSWERED)
    assert (call.placement.direction, call.placement.connection, call.placement.did) == (Direction.INBOUND, 1, 1)
    assert call.placement.account == 4


async def test_phones_that_are_not_let_in(world: World) -> None:
    stranger = await world.phone("801", password="wrong")
    with pytest.raises(Refused) as refused:
        await stranger.register()
    assert refused.value.code == 401
    with pytest.raises(CallOver) as over:
        await (await stranger.call("812")).until("answered")
    assert over.value.code in {401, 403}
    with pytest.raises(CallOver) as over:
        await (await (await world.phone("801")).call("812")).until("answered")
    assert over.value.code == 480


async def test_a_phone_that_unregistered_is_not_called(world: World) -> None:
    callee = await world.phone("812")
    await callee.register()
    await callee.unregister()
    with pytest.raises(CallOver) as over:
        await (await (await world.phone("801")).call("812")).until("answered")
    assert over.value.code == 480


async def test_a_phone_that_vanished_is_found(world: World) -> None:
    await world.start(probe_interval=0.3, probe_timeout=1.0)
    callee = await world.phone("812", Behaviour(vanish_after=0.1))
    await callee.register()
    talk = await (await world.phone("801")).call("812")
    await talk.until("answered")
    await talk.until("ended")
    ended = await world.empty()
    assert ended.cause
    assert ended.cause.reason is Reason.VANISHED


async def test_a_killed_engine_is_replaced_and_phones_stay_registered(world: World) -> None:
    callee = await world.phone("812")
    await callee.register()
    caller = await world.phone("801")
    talk = await caller.call("812")
    await talk.until("answered")
    await world.only(State.ANSWERED)
    os.kill(world.switch.health().pid, signal.SIGKILL)
    ended = await world.empty()
    assert ended.cause
    assert ended.cause.reason is Reason.SWITCH_LOST
    await until(lambda: world.switch.health().restarts == 1 and world.switch.health().up)
    again = await caller.call("812")
    await again.until("answered")
    assert len(world.calls()) == 1


async def test_an_engine_that_is_stopped_in_its_tracks_is_noticed(world: World) -> None:
    await world.start()
    os.kill(world.switch.health().pid, signal.SIGSTOP)
    await until(lambda: world.switch.health().restarts == 1 and world.switch.health().up)


async def test_the_engines_list_agrees_with_the_table(world: World) -> None:
    await world.start(list_interval=0.2)
    await (await world.phone("812")).register()
    caller = await world.phone("801")
    for _ in range(3):
        await (await caller.call("812")).until("answered")
    await until(lambda: len(world.calls()) == 3)
    listed = len([event for event in world.events if isinstance(event, SwitchListed)])
    await until(lambda: len([event for event in world.events if isinstance(event, SwitchListed)]) > listed + 1)
    last = next(event for event in reversed(world.events) if isinstance(event, SwitchListed))
    assert {leg.id for leg in last.legs} == {leg.id for call in world.calls() for leg in call.legs}
    assert {call.state for call in world.calls()} == {State.ANSWERED}
    assert world.table.links[0].state is LinkState.UP


async def test_a_busy_port_is_refused_with_cause_and_fix(world: World) -> None:
    with pytest.raises(
        SwitchStartError, match=r"cannot listen for SIP on .*: Address already in use; set an address .* as `sip` in"
    ):
        await world.make_switch(sip=world.switch.address).start()


async def test_the_engine_does_not_outlive_its_parent(tmp_path: Path) -> None:
    parent = tmp_path / "parent.py"
    parent.write_text(PARENT)
    process = await asyncio.create_subprocess_exec(sys.executable, str(parent), stdout=asyncio.subprocess.PIPE)
    assert process.stdout
    pid = int(await process.stdout.readline())
    os.kill(pid, 0)
    process.kill()
    await process.wait()
    await until(lambda: not alive(pid))


PARENT = """
import asyncio
from callboard.directory.directory import Directory
from callboard.switches.b2bua.adapter import B2bua
from callboard.switches.b2bua.settings import B2buaSettings

async def main():
    switch = B2bua(B2buaSettings(sip="127.0.0.1:0"), Directory((), (), ()), lambda event: None)
    await switch.start()
    print(switch.health().pid, flush=True)
    await asyncio.sleep(3600)

asyncio.run(main())
"""


def alive(pid: int) -> bool:
    """Whether a process is there and not just a zombie that nobody has buried yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
