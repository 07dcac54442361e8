"""The demo's traffic through the real switch: every state is seen, a killed engine survived, and it stops cleanly."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from itertools import count

import msgspec
import pytest

from callboard.access.entries import sealing
from callboard.calls.causes import Reason
from callboard.calls.legs import Call, Direction
from callboard.calls.state import CONNECTED, LIVE, State
from callboard.demo.directory import demo_accounts, demo_directory
from callboard.demo.phone import Phone
from callboard.demo.traffic import CALLERS, DemoTraffic
from callboard.directory.directory import Directory
from callboard.directory.placement import place
from callboard.switches.b2bua.adapter import B2bua
from callboard.switches.b2bua.settings import B2buaSettings
from callboard.table.changes import Change, Kind
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.ports import free_port

pytest.importorskip("sippy", reason="the embedded switch needs its engine: pip install 'callboard[switch]'")

pytestmark = pytest.mark.timeout(180)

Holds = Callable[[Callable[[], object]], Awaitable[None]]


class Demo(msgspec.Struct):
    """A demo that is up: its traffic, its switch and the table of its calls."""

    traffic: DemoTraffic
    switch: B2bua
    table: Table
    ended: list[Call]
    seen: set[State]

    def live(self) -> list[Call]:
        return [call for call in self.table.calls() if call.state in LIVE]


@asynccontextmanager
async def demo(calls: int) -> AsyncIterator[Demo]:
    settings = B2buaSettings(sip=f"127.0.0.1:{free_port()}")
    traffic = DemoTraffic(calls=calls, seed=1)
    addresses = await traffic.prepare()
    directory = Directory(
        demo_directory(sealing(sip_realm=settings.realm, http_realm="Callboard"), addresses).records()
    )
    blocks = count(1, 1000)
    table = Table(partial(place, directory), Numbering(0, lambda size: next(blocks)), epoch=1)
    switch = B2bua(settings, directory, lambda event: table.accept(event, time.time()), pace=traffic.pace)
    up = Demo(traffic, switch, table, [], set())

    def watch(change: Change) -> None:
        up.seen.add(change.call.state)
        if change.kind is Kind.ENDED:
            up.ended.append(change.call)

    table.watch(watch)
    await switch.start()
    try:
        await traffic.start(switch.address)
        yield up
    finally:
        await traffic.stop()
        await switch.stop()


async def test_every_state_is_seen_and_nothing_is_left_when_it_stops(holds: Holds) -> None:
    async with demo(calls=25) as up:
        await holds(lambda: up.seen == set(State))
        await holds(lambda: len(up.live()) >= 24)
        directions = {call.placement.direction for call in up.live()}
        assert {Direction.INTERNAL, Direction.OUTBOUND} <= directions
        assert all(call.caller_name in CALLERS for call in up.live())
        assert "Zoë Müller" in {call.caller_name for call in up.table.calls()}
        answered = [call for call in up.live() if call.state in CONNECTED]
        assert all(call.caller_media.startswith("127.0.0.") and call.callee_media for call in answered)
        await up.traffic.stop()
        # A caller that was switched off before it answered its challenge is given up by the switch by itself.
        await holds(lambda: all(call.state is State.AUTHENTICATING for call in up.live()))


async def test_it_goes_on_after_the_engine_was_killed(holds: Holds) -> None:
    async with demo(calls=10) as up:
        await holds(lambda: sum(call.state in CONNECTED for call in up.live()) >= 2)
        killed_at = time.time()
        os.kill(up.switch.health().pid, signal.SIGKILL)
        await holds(lambda: any(call.cause and call.cause.reason is Reason.SWITCH_LOST for call in up.ended))
        await holds(lambda: sum(call.started_at > killed_at and call.connected for call in up.live()) >= 2)


async def test_without_calls_the_accounts_are_free_and_the_carriers_there(holds: Holds) -> None:
    async with demo(calls=0) as up:
        assert set(up.traffic.carrier_addresses) == {1, 2, 3}
        mine, other = demo_accounts()[2], demo_accounts()[3]
        async with (
            Phone(mine.sip_user, mine.sip_password, up.switch.address) as phone,
            Phone(other.sip_user, other.sip_password, up.switch.address) as second,
        ):
            assert await phone.register(60) > 0
            on_net = await second.call(mine.sip_user)
            off_net = await second.call("442079460697")
            async with asyncio.timeout(30):
                await on_net.until("answered")
                await off_net.until("answered")
            assert {call.placement.direction for call in up.live()} == {Direction.INTERNAL, Direction.OUTBOUND}
            await on_net.bye()
            await off_net.bye()


async def test_it_stops_though_the_switch_is_gone() -> None:
    async with demo(calls=5) as up:
        await up.switch.stop()
        async with asyncio.timeout(30):
            await up.traffic.stop()


async def test_it_can_be_stopped_before_it_was_started() -> None:
    traffic = DemoTraffic(calls=3)
    await traffic.prepare()
    await traffic.stop()
