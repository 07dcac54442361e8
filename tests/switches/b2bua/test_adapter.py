"""The life of the engine, against one that plays its part: it dies, hangs, babbles, and the house goes on."""

import asyncio
import importlib.util
import logging
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from callboard.calls.causes import Reason
from callboard.calls.commands import CommandId, HangUp
from callboard.calls.events import Event, LegAnswered, LegSeen, SwitchListed, SwitchLost, SwitchRestarted, SwitchUp
from callboard.calls.legs import Call, CallKey, Placement
from callboard.calls.state import State
from callboard.switches.b2bua import adapter, process
from callboard.switches.b2bua.adapter import B2bua, SwitchStartError
from callboard.switches.b2bua.settings import B2buaSettings
from callboard.table.questions.filters import EVERYTHING, Order
from callboard.table.reconciling.links import LinkState
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.switches.b2bua.town import town

ENGINE = str(Path(__file__).with_name("fake_engine.py"))
SETTINGS = B2buaSettings(sip="127.0.0.1:0")


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes seconds takes hundredths, but an engine is not taken for dead because the machine is busy."""
    monkeypatch.setattr(adapter, "PULSE", 0.1)
    monkeypatch.setattr(adapter, "MISSED_PULSES", 150)
    monkeypatch.setattr(adapter, "FIRST_PAUSE", 0.02)


class Switch:
    """An adapter with the engine that plays these parts, and a table that is told what it tells."""

    def __init__(self, folder: Path, *parts: str, settings: B2buaSettings = SETTINGS) -> None:
        self.table = Table(lambda legs: Placement(), Numbering(0, lambda size: 1), 1)
        self.events: list[Event] = []
        self.link = B2bua(settings, town(), self.tell, command=(sys.executable, ENGINE, str(folder), *parts))

    def tell(self, event: Event) -> None:
        """What the assembly would do."""
        self.events.append(event)
        self.table.accept(event, time.time())

    def calls(self, *states: State) -> list[Call]:
        """The calls in one of these states, the oldest first."""
        calls = self.table.select(EVERYTHING, Order.OLDEST_FIRST)
        return [call for call in calls if call.state in states]

    def told(self, kind: type[Event]) -> list[Event]:
        """The events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    async def answered(self, count: int = 1) -> Call:
        """Wait until so many calls have been answered in all, and return the newest."""
        await until(lambda: len(self.told(LegAnswered)) >= 2 * count)
        return self.table.select(EVERYTHING, Order.OLDEST_FIRST)[-1]

    def hang_up(self, key: CallKey) -> str | None:
        """Ask for a call's end."""
        return self.link.send(HangUp(CommandId("c1"), key))


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition; a failure after half a minute."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110  what is waited for has no event of its own
            await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@asynccontextmanager
async def running(switch: Switch) -> AsyncIterator[Switch]:
    """The switch from its start to its stop, which leaves no process behind."""
    await switch.link.start()
    try:
        yield switch
    finally:
        pid = switch.link.health().pid
        await switch.link.stop()
        assert not alive(pid)


async def test_a_call_comes_and_is_hung_up(tmp_path: Path) -> None:
    async with running(Switch(tmp_path, "good")) as switch:
        assert switch.link.address == "127.0.0.1:5999"
        call = await switch.answered()
        assert (call.state, call.caller, call.callee) == (State.ANSWERED, "pbx", "4930555")
        assert (call.caller_media, call.callee_media) == ("m1", "m2")
        assert call.legs[0].facts.account == 7
        assert switch.hang_up(call.key) is None
        await until(lambda: switch.calls(State.ENDED))
        (ended,) = switch.calls(State.ENDED)
        assert ended.cause
        assert ended.cause.reason is Reason.DISCONNECTED
        await until(lambda: switch.link.health().malformed)
        health = switch.link.health()
        assert (health.up, health.why, health.engine, health.restarts) == (True, "", "played", 0)
        assert (health.malformed, health.refused, health.bad_lines) == (7, 8, 0)
        assert (health.last_error, health.last_error_at) == ("", None)


async def test_the_switch_is_told_up_before_its_calls_and_vouches_for_them(tmp_path: Path) -> None:
    async with running(Switch(tmp_path, "good")) as switch:
        await switch.answered()
        await until(lambda: switch.told(SwitchListed))
        assert isinstance(switch.events[0], SwitchUp)
        assert isinstance(switch.events[1], LegSeen)
        await until(lambda: switch.table.links[0].state is LinkState.UP)


async def test_lists_come_again_and_again(tmp_path: Path) -> None:
    settings = replace(SETTINGS, list_interval=0.05)
    async with running(Switch(tmp_path, "good", settings=settings)) as switch:
        await until(lambda: len(switch.told(SwitchListed)) > 3)
        assert all(isinstance(event, SwitchListed) and event.complete for event in switch.told(SwitchListed))


async def test_stopping_ends_the_calls_in_the_table(tmp_path: Path) -> None:
    switch = Switch(tmp_path, "good")
    async with running(switch):
        await switch.answered()
    assert not switch.calls(State.ANSWERED)
    assert switch.table.links[0].state is LinkState.LOST
    assert not switch.link.health().up
    assert switch.hang_up(CallKey("b2bua", "x-1")) == "the switch b2bua is down: it was stopped"


async def test_an_engine_that_does_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "STOP_TIMEOUT", 0.1)
    switch = Switch(tmp_path, "deaf")
    async with running(switch):
        await switch.answered()
    assert not switch.calls(State.ANSWERED)


async def test_the_death_of_an_engine_ends_its_calls_and_a_new_one_goes_on(tmp_path: Path) -> None:
    async with running(Switch(tmp_path, "die", "good")) as switch:
        old = (await switch.answered()).key
        await until(lambda: switch.link.health().restarts == 1 and switch.link.health().up)
        (lost,) = switch.calls(State.ENDED)
        assert lost.cause
        assert lost.cause.reason is Reason.SWITCH_LOST
        assert "exit code 3 (Segmentation fault)" in lost.cause.text
        new = (await switch.answered(2)).key
        assert new.native != old.native
        assert "earlier engine" in (switch.hang_up(old) or "")
        assert switch.hang_up(new) is None
        await until(lambda: not switch.calls(State.ANSWERED))


async def test_an_engine_that_hangs_is_killed_and_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(Switch(tmp_path, "hang", "good")) as switch:
        pid = switch.link.health().pid
        await switch.answered()
        with monkeypatch.context() as impatient:
            impatient.setattr(adapter, "MISSED_PULSES", 5)
            await until(lambda: switch.told(SwitchLost))
        await switch.answered(2)
        assert not alive(pid)
        (lost,) = switch.calls(State.ENDED)
        assert lost.cause
        assert lost.cause.reason is Reason.SWITCH_LOST
        assert "no sign of life" in lost.cause.text
        turns = [type(event) for event in switch.events if isinstance(event, SwitchLost | SwitchRestarted | SwitchUp)]
        assert turns == [SwitchUp, SwitchLost, SwitchRestarted, SwitchUp]
        health = switch.link.health()
        assert health.up
        assert "no sign of life" in health.last_error
        assert health.last_error_at is not None


async def test_a_line_without_end_is_the_end_of_the_engine(tmp_path: Path) -> None:
    async with running(Switch(tmp_path, "shout", "good")) as switch:
        await switch.answered(2)
        assert switch.link.health().restarts == 1


async def test_it_tries_again_until_an_engine_stays(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with running(Switch(tmp_path, "die", "busy", "crash", "good")) as switch:
        await switch.answered(2)
        assert switch.link.health().restarts == 3
    assert "Address already in use" in caplog.text
    assert "the next try is in" in caplog.text


async def test_lines_that_are_no_message_are_counted_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(Switch(tmp_path, "babble")) as switch:
        await until(lambda: len(switch.calls(State.ANSWERED)) == 2)
        assert switch.link.health().bad_lines >= 6
        assert switch.link.health().restarts == 0
    assert caplog.text.count("cannot be read") == 1


async def test_complaints_reach_the_log_in_bounds(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with running(Switch(tmp_path, "complain")):
        await until(lambda: "more lines" in caplog.text)
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(lines) <= process.LOG_LINES_PER_SECOND * 3
    assert all(line.isprintable() and len(line) < 1_100 for line in lines)
    assert lines[0] == r"engine: with \x1b[31mcolours\x00 and �"


async def test_a_command_for_a_call_that_the_engine_lost_has_the_list_settle_it(tmp_path: Path) -> None:
    async with running(Switch(tmp_path, "drop")) as switch:
        call = await switch.answered()
        assert switch.hang_up(call.key) is None
        assert switch.hang_up(CallKey("b2bua", call.key.native.replace("-1", "-99"))) is None
        await until(lambda: switch.calls(State.ENDED))
        assert switch.calls(State.ENDED)[0].cause


async def test_a_paced_call_stands_in_each_state_for_a_while(tmp_path: Path) -> None:
    switch = Switch(tmp_path, "good")
    seen: list[State] = []
    switch.table.watch(lambda change: seen.append(change.call.state))
    switch.link = B2bua(
        SETTINGS,
        town(),
        switch.tell,
        pace=lambda source, step: 0.05,
        command=(sys.executable, ENGINE, str(tmp_path), "good"),
    )
    async with running(switch):
        call = await switch.answered()
        assert call.started_at + 0.1 <= (call.answered_at or 0.0)
        assert list(dict.fromkeys(seen))[:3] == [State.NEW, State.ROUTING, State.DIALING]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("busy", r"could not start: cannot listen .*5999: Address already in use; set an address .* free as `sip`"),
        ("crash", r"its engine ended with exit code 1 \(it said nothing\)"),
    ],
)
async def test_an_engine_that_cannot_start_is_an_error_with_cause_and_fix(
    tmp_path: Path, part: str, words: str
) -> None:
    switch = Switch(tmp_path, part)
    with pytest.raises(SwitchStartError, match=words):
        await switch.link.start()
    assert switch.events == []
    await switch.link.stop()


async def test_an_engine_that_never_listens_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "START_TIMEOUT", 0.2)
    with pytest.raises(SwitchStartError, match="did not listen within"):
        await Switch(tmp_path, "mute").link.start()


async def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    link = B2bua(SETTINGS, town(), lambda event: None, command=(str(tmp_path / "missing"),))
    with pytest.raises(SwitchStartError, match="cannot be run"):
        await link.start()


async def test_the_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SwitchStartError, match=r"pip install 'callboard\[switch\]'"):
        await B2bua(SETTINGS, town(), lambda event: None).start()


async def test_a_switch_that_was_not_started_says_so() -> None:
    link = B2bua(SETTINGS, town(), lambda event: None)
    assert link.send(HangUp(CommandId("c1"), CallKey("b2bua", "1"))) == "the switch b2bua is down: it was not started"
    await link.stop()


def test_it_works_in_the_servers_fast_loop_too(tmp_path: Path) -> None:
    uvloop = pytest.importorskip("uvloop", reason="uvloop has no wheel for this platform")

    async def scene() -> None:
        async with running(Switch(tmp_path, "die", "good")) as switch:
            await switch.answered(2)
            assert switch.link.health().restarts == 1

    uvloop.run(scene())


@pytest.mark.parametrize("later", range(4))
async def test_it_can_be_stopped_at_the_moment_a_new_engine_listens(tmp_path: Path, later: int) -> None:
    """A few turns of the loop after the second engine said so: none of them may be one in which the stop is missed."""
    switch = Switch(tmp_path, "die", "good")
    stopping: list[asyncio.Task[None]] = []
    loop = asyncio.get_running_loop()

    def stop_later(turns: int) -> None:
        if turns:
            loop.call_soon(stop_later, turns - 1)
        else:
            stopping.append(asyncio.ensure_future(switch.link.stop()))

    tell = switch.tell

    def told(event: Event) -> None:
        tell(event)
        if isinstance(event, SwitchUp) and len(switch.told(SwitchUp)) == 2:
            stop_later(later)

    switch.link._tell = told
    await switch.link.start()
    await until(lambda: stopping)
    async with asyncio.timeout(10):
        await stopping[0]
    assert not switch.link.health().up
