"""Real calls by SIPp through a real Kamailio that runs the script of the manual, watched over the real link.

Each scene is one that was recorded, too.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callboard.calls.causes import Reason
from callboard.calls.commands import CommandId, HangUp
from callboard.calls.events import Event, SwitchUp
from callboard.calls.legs import Call
from callboard.calls.state import State
from callboard.directory.directory import Directory
from callboard.directory.placement import place
from callboard.directory.records import Account, Customer
from callboard.switches.kamailio.adapter import links
from callboard.switches.kamailio.settings import KamailioSettings
from callboard.table.numbering import Numbering
from callboard.table.table import Table
from tests.conformance.server import until
from tests.conformance.sipp import Act, Callee, Caller, pause, play, run
from tests.ports import free_port
from tests.rig.kamailio import INSTALL, KAMAILIO, Kamailio, kamailio, routed

pytestmark = [pytest.mark.usefixtures("sipp", "installed")]

ALICE = Caller(user="alice")
BOB = Callee()


@pytest.fixture
def installed() -> None:
    """Skip where there is no Kamailio or nobody asked for it; where it is required, fail."""
    required = "kamailio" in os.environ.get("CALLBOARD_REQUIRE", "").split()
    if not required and "CALLBOARD_REAL_SWITCHES" not in os.environ:
        pytest.skip("real switches run when they are asked for: CALLBOARD_REAL_SWITCHES=1")
    if not KAMAILIO:
        if required:
            pytest.fail(INSTALL)
        pytest.skip(INSTALL)


class Watch:
    """A table, the link that tells it, and whoever takes a list when one is wanted."""

    def __init__(self, switch: Kamailio) -> None:
        directory = Directory([Customer(id=1, name="Acme"), Account(id=7, customer=1, sip_user="alice")], (), ())
        self.table = Table(lambda legs: place(directory, legs), Numbering(0, lambda size: 1), 1)
        self.states: list[State] = []
        self.table.watch(lambda change: self._note(change.call.state))
        settings = KamailioSettings(
            name="kamailio", rpc=f"http://127.0.0.1:{switch.rpc}/RPC", events=f"127.0.0.1:{switch.events}"
        )
        self._make = links(settings, self._wish)
        self.link = self._make(self._tell)
        self._lists: set[asyncio.Task[None]] = set()

    def _note(self, state: State) -> None:
        if not self.states or self.states[-1] is not state:
            self.states.append(state)

    def _tell(self, event: Event) -> None:
        self.table.accept(event, time.time())

    def _wish(self, why: str) -> None:
        task = asyncio.get_running_loop().create_task(self.take_list())
        self._lists.add(task)

    async def open(self) -> None:
        """Connect."""
        await self.link.open()
        self._tell(SwitchUp("kamailio", time.time()))
        await self.take_list()

    async def again(self) -> None:
        """Connect anew, as after a gap."""
        await self.link.close()
        self.link = self._make(self._tell)
        await self.open()

    async def take_list(self) -> None:
        """Take a full list."""
        self._tell(await self.link.list())

    async def close(self) -> None:
        """Disconnect."""
        await asyncio.gather(*self._lists)
        await self.link.close()

    @property
    def up(self) -> list[Call]:
        """The calls that are not over."""
        return [call for call in self.table.calls() if call.state is not State.ENDED]

    @property
    def call(self) -> Call:
        """The only call there was."""
        (call,) = self.table.calls()
        return call

    async def sees(self, condition: Callable[[], object], what: str) -> None:
        """Wait until the table shows something."""

        async def holds() -> bool:
            return bool(condition())

        await until(holds, what)

    async def sees_state(self, state: State) -> Call:
        """Wait until the only call is in a state."""
        await self.sees(lambda: [call.state for call in self.table.calls()] == [state], state.name)
        return self.call

    def order(self) -> str | None:
        """Have the only call ended."""
        return self.link.send(HangUp(CommandId("c"), self.call.key))


@asynccontextmanager
async def scene(
    folder: Path, caller: tuple[Act, ...], callee: tuple[Act, ...], calls: int = 1
) -> AsyncIterator[tuple[Watch, Kamailio]]:
    """Both sides play their parts, and both must succeed; then Kamailio's own list and the table must be empty."""
    far_end = free_port()
    async with kamailio(free_port(), free_port(), free_port(), far_end) as switch:
        watch = Watch(switch)
        try:
            await watch.open()
            options = ("-p", str(free_port()), "-m", str(calls), "-l", str(calls), "-r", "20", "-s", "812")
            async with (
                run(
                    folder, "callee", play("callee", *routed(*callee)), "-p", str(far_end), "-m", str(calls)
                ) as answering,
                run(folder, "caller", play("caller", *routed(*caller)), *options, f"127.0.0.1:{switch.sip}") as calling,
            ):
                yield watch, switch
                await calling.verdict()
                await answering.verdict()
            await watch.sees(lambda: not watch.up, "no calls")
            assert (await watch.link.list()).legs == ()
        finally:
            await watch.close()


def talking(*then: Act) -> tuple[Act, ...]:
    """alice calls, it is answered, and then something happens."""
    return (ALICE.invite(), ALICE.trying(), ALICE.answered(1), *then)


# Kamailio sends the callee no BYE if the caller has confirmed its own before: no phone over a network is as quick.
CONFIRMING = BOB.asked_to_hang_up(200)
ANSWERING = (BOB.invited(), BOB.ring(), pause(300), BOB.answer())


async def test_a_call_through_all_its_states(tmp_path: Path) -> None:
    async with scene(tmp_path, talking(pause(1000), ALICE.bye(2)), (*ANSWERING, BOB.hung_up())) as (watch, _):
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
        assert call.duration(0.0) == pytest.approx(1.0, abs=0.3)
    states = [state for state in watch.states if state is not State.ENDING]
    assert states == [State.DIALING, State.RINGING, State.ANSWERED, State.ENDED]


async def test_the_callee_is_busy(tmp_path: Path) -> None:
    caller = (ALICE.invite(), ALICE.trying(), ALICE.refused(486, 1))
    async with scene(tmp_path, caller, (BOB.invited(), BOB.refuse("486 Busy Here"))) as (watch, _):
        call = await watch.sees_state(State.ENDED)
        assert call.cause is not None
        assert (call.cause.reason, call.cause.sip) == (Reason.BUSY, 486)


async def test_the_caller_gives_up(tmp_path: Path) -> None:
    caller = (ALICE.invite(), ALICE.rings(), pause(500), ALICE.cancel(1))
    async with scene(tmp_path, caller, (BOB.invited(), BOB.ring(), BOB.cancelled())) as (watch, _):
        await watch.sees_state(State.RINGING)
        assert "still rings" in str(watch.order())
        call = await watch.sees_state(State.ENDED)
        assert call.cause is not None
        assert call.cause.reason is Reason.CANCELLED


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
    async with scene(tmp_path, caller, callee) as (watch, _):
        await watch.sees_state(State.HELD)
        await watch.take_list()
        assert watch.call.state is State.HELD
        await watch.sees_state(State.ANSWERED)


async def test_we_end_the_call_and_it_is_proven(tmp_path: Path) -> None:
    async with scene(tmp_path, talking(CONFIRMING), (*ANSWERING, BOB.hung_up())) as (watch, _):
        await watch.sees_state(State.ANSWERED)
        assert watch.order() is None
        call = await watch.sees_state(State.ENDED)
        assert call.cause is not None
        assert call.cause.reason is Reason.DISCONNECTED


async def test_twenty_calls_are_ended_and_none_is_left(tmp_path: Path) -> None:
    async with scene(tmp_path, talking(CONFIRMING), (*ANSWERING, BOB.hung_up()), calls=20) as (watch, _):
        await watch.sees(lambda: [call.state for call in watch.up] == [State.ANSWERED] * 20, "twenty answered calls")
        for call in watch.up:
            assert watch.link.send(HangUp(CommandId(f"c{call.number}"), call.key)) is None
        await watch.sees(lambda: not watch.up, "no calls")
        reasons = {call.cause.reason for call in watch.table.calls() if call.cause}
        assert reasons == {Reason.DISCONNECTED}


async def test_after_a_gap_the_list_finds_what_is_up_and_what_is_not(tmp_path: Path) -> None:
    async with scene(tmp_path, talking(pause(2000), ALICE.bye(2)), (*ANSWERING, BOB.hung_up())) as (watch, _):
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
    # Kamailio tells when it was started to the second.
    await until(_second_over(), "another second")
    async with kamailio(*ports):
        await watch.again()
        assert watch.link.instance != first
        await watch.close()


def _second_over() -> Callable[[], Awaitable[bool]]:
    begun = int(time.time())

    async def over() -> bool:
        return int(time.time()) > begun

    return over
