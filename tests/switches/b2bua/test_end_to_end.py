"""Real calls: phones that speak SIP over UDP, the real engine in its process, and a real table that shows them."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import pytest

from callboard.calls.causes import Reason
from callboard.calls.commands import CommandId, HangUp
from callboard.calls.events import Event, SwitchListed
from callboard.calls.legs import Call, Direction, Side
from callboard.calls.state import State
from callboard.demo.incoming import Behaviour
from callboard.demo.phone import Phone
from callboard.demo.phone_call import CallOver, Refused
from callboard.directory.directory import Directory
from callboard.directory.placement import place
from callboard.directory.records import Connection, Customer, Vendor
from callboard.switches.b2bua.adapter import B2bua, SwitchStartError
from callboard.switches.b2bua.settings import B2buaSettings
from callboard.table.filters import EVERYTHING, Order
from callboard.table.links import LinkState
from callboard.table.numbering import Numbering
from callboard.table.settings import TableSettings
from callboard.table.table import Table
from tests.switches.b2bua.town import account, sign

DEADLINE = 30.0
RINGS = Behaviour(ring=30.0)
ANSWERS = Behaviour(ring=0.05)


class World:
    """A switch, its table, and phones and carriers on loopback."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self.directory = Directory([Customer(id=1, name="Root"), account(3, "801"), account(4, "812")], (), ())
        numbers = count(1)
        self.table = Table(
            lambda legs: place(self.directory, legs),
            Numbering(0, lambda size: next(numbers) * size),
            1,
            TableSettings(linger=0.0),
        )
        self.states: dict[int, list[State]] = {}
        self.table.watch(lambda change: self.states.setdefault(change.call.number, []).append(change.call.state))
        self.over: list[Call] = []
        self.events: list[Event] = []
        self.switch = self.make_switch()

    def make_switch(self, **settings: object) -> B2bua:
        """A switch for this world, not yet started."""
        values = {"sip": "127.0.0.1:0", "reply_timeout": 0.5, **settings}
        return B2bua(B2buaSettings(**values), self.directory, self.tell)  # type: ignore[arg-type]

    async def start(self, **settings: object) -> None:
        """Start the switch."""
        self.switch = self.make_switch(**settings)
        await self.switch.start()
        self._stack.push_async_callback(self.switch.stop)

    def tell(self, event: Event) -> None:
        """What the assembly would do."""
        before = {call.number: call for call in self.calls()}
        self.events.append(event)
        self.table.accept(event, time.time())
        for call in self.table.select(EVERYTHING, Order.OLDEST_FIRST):
            if call.state is State.ENDED and call.number in before:
                self.over.append(call)
        self.table.sweep(time.time())

    def calls(self) -> list[Call]:
        """The calls that are up."""
        found = self.table.select(EVERYTHING, Order.OLDEST_FIRST)
        return [call for call in found if call.state is not State.ENDED]

    async def phone(self, user: str, behaviour: Behaviour = ANSWERS, password: str = "") -> Phone:
        """A phone of an account, with its password."""
        phone = Phone(user, password or f"sip-{user}", self.switch.address, behave=lambda call: behaviour)
        return await self._stack.enter_async_context(phone)

    async def carrier(self, number: int, behaviour: Behaviour, incoming: bool = False) -> Phone:
        """A far end of a vendor, with a connection of this id to it."""
        far_end = await self.phone(f"carrier{number}", behaviour)
        trusted = (far_end.address,) if incoming else ()
        self.directory.put(
            Vendor(id=1, name="Carrier"),
            Connection(
                id=number,
                vendor=1,
                name=f"way {number}",
                address=far_end.address,
                preference=number,
                incoming=trusted,
            ),
        )
        return far_end

    async def only(self, state: State) -> Call:
        """Wait until there is one call, in this state."""
        await until(lambda: [call.state for call in self.calls()] == [state])
        return self.calls()[0]

    async def empty(self) -> Call:
        """Wait until no call is up, and return the one that ended last."""
        await until(lambda: self.over and not self.calls())
        return self.over[-1]

    def hang_up(self, call: Call) -> None:
        """Disconnect a call."""
        assert self.switch.send(HangUp(CommandId("c1"), call.key)) is None


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition, with a deadline."""
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110  what is waited for has no event of its own
            await asyncio.sleep(0.01)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world whose switch is up."""
    async with AsyncExitStack() as stack:
        made = World(stack)
        await made.start()
        yield made


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
    callee = await world.phone("812")
    await callee.register()
    with pytest.raises(CallOver) as over:
        await (await carrier.call("812")).until("answered")
    assert over.value.code == 404
    assert callee.calls == ()


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


async def test_an_engine_that_is_stopped_in_its_tracks_is_noticed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callboard.switches.b2bua.adapter.PULSE", 0.4)
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
    with pytest.raises(SwitchStartError, match=r"cannot listen for SIP on .*set another `sip` in"):
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


# --- raw packets -----------------------------------------------------------------------------------------------------


class Raw:
    """A socket and what an attacker writes by hand."""

    def __init__(self, server: str) -> None:
        host, _, port = server.partition(":")
        self.server = server
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(DEADLINE)
        self.socket.connect((host, int(port)))
        self._branches = count(1)

    def invite(self, call_id: str, number: str, sequence: int = 1, authorization: str = "") -> str:
        """Send an INVITE; returns its final answer's status line and headers, acknowledged."""
        uri = f"sip:{number}@{self.server}"
        here = "{}:{}".format(*self.socket.getsockname())
        branch = f"z9hG4bK{call_id}{next(self._branches)}"
        common = f"From: <sip:801@x>;tag=t{call_id}\r\nCall-ID: {call_id}\r\nMax-Forwards: 70\r\n"
        common = f"Via: SIP/2.0/UDP {here};branch={branch}\r\n{common}"
        signed = f"Authorization: {authorization}\r\n" if authorization else ""
        self.socket.send(
            f"INVITE {uri} SIP/2.0\r\n{common}To: <{uri}>\r\nCSeq: {sequence} INVITE\r\nContact: <sip:801@{here}>\r\n"
            f"{signed}Content-Length: 0\r\n\r\n".encode()
        )
        while True:
            answer = self.socket.recv(65_536).decode()
            if f"branch={branch}" in answer and not answer.startswith("SIP/2.0 1"):
                break
        to = next(line for line in answer.split("\r\n") if line.lower().startswith("to:"))
        self.socket.send(
            f"ACK {uri} SIP/2.0\r\n{common}{to}\r\nCSeq: {sequence} ACK\r\nContent-Length: 0\r\n\r\n".encode()
        )
        return answer


def challenge_of(answer: str) -> str:
    """The WWW-Authenticate value of a 401."""
    assert answer.startswith("SIP/2.0 401")
    name = "www-authenticate: "
    return next(line for line in answer.split("\r\n") if line.lower().startswith(name))[len(name) :]


def play_the_attacker(server: str) -> list[str]:
    """Use credentials once in good order, then again in every other way; returns the status of each answer."""
    attacker = Raw(server)
    with attacker.socket:
        challenge = challenge_of(attacker.invite("one", "812"))
        heard = sign(challenge, "801", "sip-801", "INVITE", f"sip:812@{server}")
        answers = [
            attacker.invite("one", "812", 2, heard),
            attacker.invite("two", "812", 1, heard),
            attacker.invite("three", "4930555", 1, heard),
        ]
        other = challenge_of(attacker.invite("four", "812"))
        redirected = sign(other, "801", "sip-801", "INVITE", f"sip:812@{server}")
        answers.append(attacker.invite("four", "4930555", 2, redirected))
    return [answer.split(" ")[1] for answer in answers]


async def test_credentials_that_were_overheard_open_nothing(world: World) -> None:
    await world.carrier(1, ANSWERS)
    assert await asyncio.to_thread(play_the_attacker, world.switch.address) == ["480", "401", "401", "401"]
