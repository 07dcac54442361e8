"""A world for the tests with real calls: switch, table, and phones and carriers on loopback."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from itertools import count

from callboard.calls.commands import CommandId, HangUp
from callboard.calls.events import Event
from callboard.calls.legs import Call
from callboard.calls.state import State
from callboard.demo.incoming import Behaviour
from callboard.demo.phone import Phone
from callboard.directory.directory import Directory
from callboard.directory.placement import place
from callboard.directory.records import Connection, Customer, Vendor
from callboard.switches.b2bua.adapter import B2bua
from callboard.switches.b2bua.settings import B2buaSettings
from callboard.switches.clock import OurClock
from callboard.switches.telling import Telling
from callboard.table.questions.filters import EVERYTHING, Order
from callboard.table.settings import TableSettings
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.switches.b2bua.town import account

__all__ = ["ANSWERS", "DEADLINE", "RINGS", "World", "until"]

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
        self.set_by = 0.0
        """Seconds by which the machine's clock was set forward."""
        self.telling = Telling(self.table, OurClock(lambda: time.time() + self.set_by))
        self.states: dict[int, list[State]] = {}
        self.table.watch(lambda change: self.states.setdefault(change.call.number, []).append(change.call.state))
        self.over: list[Call] = []
        self.events: list[Event] = []
        self.switch = self.make_switch()

    def make_switch(self, **settings: object) -> B2bua:
        """A switch for this world, not yet started."""
        values = {"sip": "127.0.0.1:0", "reply_timeout": 0.5, **settings}
        settled = B2buaSettings(**values)  # type: ignore[arg-type]
        return B2bua(settled, self.directory, self.tell, clock=self.telling.clock.even)

    async def start(self, **settings: object) -> None:
        """Start the switch."""
        self.switch = self.make_switch(**settings)
        await self.switch.start()
        self._stack.push_async_callback(self.switch.stop)

    def tell(self, event: Event) -> None:
        """What the assembly would do."""
        before = {call.number: call for call in self.calls()}
        self.events.append(event)
        self.telling.tell(event)
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
