"""Real calls by SIPp through a real Asterisk, watched over the real link with the rights that the settings name."""

import os
import time
from collections.abc import AsyncIterator
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
from callboard.switches.asterisk.adapter import AsteriskLink
from callboard.switches.asterisk.settings import AsteriskSettings
from callboard.table.numbering import Numbering
from callboard.table.table import Table
from tests.conformance.server import until
from tests.conformance.sipp import Act, Callee, Caller, pause, play, run
from tests.ports import free_port
from tests.rig.asterisk import ASTERISK, INSTALL, SECRET, Asterisk, asterisk

pytestmark = [pytest.mark.usefixtures("sipp", "installed")]

ALICE = Caller(user="alice")
BOB = Callee()
NUMBER = "442079460123"


@pytest.fixture
def installed() -> None:
    """Skip where there is no Asterisk or nobody asked for it; where it is required, fail."""
    required = "asterisk" in os.environ.get("CALLBOARD_REQUIRE", "").split()
    if not required and "CALLBOARD_REAL_SWITCHES" not in os.environ:
        pytest.skip("real switches run when they are asked for: CALLBOARD_REAL_SWITCHES=1")
    if not ASTERISK:
        if required:
            pytest.fail(INSTALL)
        pytest.skip(INSTALL)


class Watch:
    """A table and the link that tells it."""

    def __init__(self, switch: Asterisk) -> None:
        directory = Directory([Customer(id=1, name="Acme"), Account(id=7, customer=1, sip_user="alice")], (), ())
        self.table = Table(lambda legs: place(directory, legs), Numbering(0, lambda size: 1), 1)
        self.states: list[State] = []
        self.table.watch(lambda change: self._note(change.call.state))
        settings = AsteriskSettings(name="pbx", port=switch.ami, secret=SECRET)
        self.link = AsteriskLink(settings, self.tell)

    def _note(self, state: State) -> None:
        if not self.states or self.states[-1] is not state:
            self.states.append(state)

    def tell(self, event: Event) -> None:
        self.table.accept(event, time.time())

    async def start(self) -> None:
        await self.link.open()
        self.tell(SwitchUp("pbx", time.time()))
        self.tell(await self.link.list())

    async def comes_to(self, state: State) -> Call:
        """Wait until the only call is in a state."""

        async def there() -> bool:
            return [call.state for call in self.table.calls()] == [state]

        await until(there, f"a call that is {state.name}, and not {[call.state.name for call in self.table.calls()]}")
        (call,) = self.table.calls()
        return call


@asynccontextmanager
async def scene(
    folder: Path, caller: tuple[Act, ...], callee: tuple[Act, ...], number: str = NUMBER
) -> AsyncIterator[Watch]:
    """Both sides of one call play their parts, both must succeed, and then the switch's list must be empty."""
    far_end = free_port()
    async with asterisk(free_port(), free_port(), far_end) as switch:
        watch = Watch(switch)
        await watch.start()
        try:
            async with (
                run(folder, "callee", play("callee", *callee), "-p", str(far_end), "-m", "1") as answering,
                run(
                    folder,
                    "caller",
                    play("caller", *caller),
                    *("-p", str(free_port()), "-m", "1", "-l", "1", "-s", number, f"127.0.0.1:{switch.sip}"),
                ) as calling,
            ):
                yield watch
                await calling.verdict()
                await answering.verdict()
            await watch.comes_to(State.ENDED)
            assert (await watch.link.list()).legs == ()
        finally:
            await watch.link.close()


def names(watch: Watch) -> str:
    return " ".join(state.name.lower() for state in watch.states)


async def test_a_call_through_all_its_states(tmp_path: Path) -> None:
    hold = (ALICE.media_turns("sendonly", 2), pause(1000), ALICE.media_turns("sendrecv", 3), pause(700))
    caller = (ALICE.invite(), ALICE.trying(), ALICE.answered(1), pause(700), *hold, ALICE.bye(4))
    # A far end that rings at once may do so before Asterisk has told that it dials.
    callee = (BOB.invited(), pause(300), BOB.ring(), pause(800), BOB.answer(), BOB.hung_up())
    async with scene(tmp_path, caller, callee) as watch:
        ringing = await watch.comes_to(State.RINGING)
        assert (ringing.caller, ringing.dialed, ringing.callee) == ("alice", NUMBER, NUMBER)
        assert ringing.placement.account == 7
        answered = await watch.comes_to(State.ANSWERED)
        assert answered.answered_at is not None
        assert 0.7 < answered.answered_at - answered.started_at < 5
        await watch.comes_to(State.HELD)
        await watch.comes_to(State.ANSWERED)
        over = await watch.comes_to(State.ENDED)
        assert over.number == ringing.number
        assert over.cause is not None
        assert over.cause.reason is Reason.NORMAL
    assert names(watch) == "routing dialing ringing answered held answered ending ended"


async def test_we_hang_up(tmp_path: Path) -> None:
    caller = (ALICE.invite(), ALICE.trying(), ALICE.answered(1), ALICE.hung_up())
    callee = (BOB.invited(), BOB.ring(), BOB.answer(), BOB.hung_up())
    async with scene(tmp_path, caller, callee) as watch:
        call = await watch.comes_to(State.ANSWERED)
        assert watch.link.send(HangUp(CommandId("1"), call.key)) is None
        over = await watch.comes_to(State.ENDED)
        assert over.cause is not None
        assert over.cause.reason is Reason.DISCONNECTED


async def test_the_caller_gives_up(tmp_path: Path) -> None:
    caller = (ALICE.invite(), ALICE.rings(), pause(500), ALICE.cancel(1))
    callee = (BOB.invited(), BOB.ring(), BOB.cancelled())
    async with scene(tmp_path, caller, callee) as watch:
        over = await watch.comes_to(State.ENDED)
        assert over.answered_at is None
        assert over.cause is not None
        assert over.cause.reason is Reason.CANCELLED


async def test_the_callee_is_busy(tmp_path: Path) -> None:
    caller = (ALICE.invite(), ALICE.trying(), ALICE.refused(486, 1))
    async with scene(tmp_path, caller, (BOB.invited(), BOB.refuse("486 Busy Here"))) as watch:
        over = await watch.comes_to(State.ENDED)
        assert over.cause is not None
        assert (over.cause.reason, over.cause.sip) == (Reason.BUSY, 486)


async def test_the_callee_leaves_and_the_caller_stays_in_the_dialplan(tmp_path: Path) -> None:
    caller = (ALICE.invite(), ALICE.trying(), ALICE.answered(1), ALICE.hung_up())
    callee = (BOB.invited_by_name(), BOB.ring(), BOB.answer(), pause(500), BOB.bye())
    async with scene(tmp_path, caller, callee, number="alone") as watch:
        both = await watch.comes_to(State.ANSWERED)
        await watch.comes_to(State.ENDING)
        alone = await watch.comes_to(State.ANSWERED)
        assert (alone.number, alone.answered_at, len(alone.legs)) == (both.number, both.answered_at, 1)
        assert watch.link.send(HangUp(CommandId("1"), alone.key)) is None


async def test_a_new_link_finds_the_call_that_is_up(tmp_path: Path) -> None:
    caller = (ALICE.invite(), ALICE.trying(), ALICE.answered(1), pause(2500), ALICE.bye(2))
    callee = (BOB.invited(), BOB.ring(), BOB.answer(), BOB.hung_up())
    async with scene(tmp_path, caller, callee) as watch:
        before = await watch.comes_to(State.ANSWERED)
        await watch.link.close()
        assert "closed" in str(await watch.link.lost())
        afresh = AsteriskLink(watch.link.settings, watch.tell)
        await afresh.open()
        assert afresh.instance == watch.link.instance
        watch.link = afresh
        watch.tell(await afresh.list())
        (after,) = watch.table.calls()
        assert (after.number, after.state, after.caller, after.dialed) == (
            before.number,
            State.ANSWERED,
            "alice",
            NUMBER,
        )
        assert {leg.id for leg in after.legs} == {leg.id for leg in before.legs}
