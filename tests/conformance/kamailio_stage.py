"""A real Kamailio, the real link that watches it and the real table, with calls that SIPp makes from both sides."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from callboard.calls.commands import CommandId, HangUp
from callboard.calls.events import Event, SwitchLost, SwitchUp
from callboard.calls.legs import Call
from callboard.calls.state import State
from callboard.directory.directory import Directory
from callboard.directory.placement import place
from callboard.directory.records import Account, Customer
from callboard.switches.kamailio.adapter import links
from callboard.switches.kamailio.settings import KamailioSettings
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.conformance.server import until
from tests.conformance.sipp import Act, Sipp, play, run
from tests.ports import free_port
from tests.rig.kamailio import Kamailio, dialogs, kamailio, routed

__all__ = ["Watch", "answering", "calling", "scene", "watched"]


CONFIRMED = 3
"""Answered, with its ACK or without."""
_FAR = {
    State.DIALING: 1,
    State.RINGING: 2,
    State.ANSWERED: CONFIRMED,
    State.HELD: CONFIRMED,
    State.ENDING: CONFIRMED,
}
"""Kamailio's number for how far a dialog is."""


class Watch:
    """A table, the link that tells it, and whoever takes a list when one is wanted."""

    def __init__(self, switch: Kamailio) -> None:
        self.switch = switch
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

    def lose(self) -> None:
        """Say that the link is lost."""
        self._tell(SwitchLost("kamailio", time.time(), "the link is lost"))

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
        """Wait until the only call is in a state, and Kamailio's own list says the same."""
        await self.sees(lambda: [call.state for call in self.table.calls()] == [state], state.name)
        call = self.call
        await self.agrees()
        return call

    async def agrees(self) -> None:
        """Wait until the table lists what Kamailio itself lists, each dialog as far as it is."""

        async def same() -> bool:
            own = await dialogs(self.switch.rpc)
            return {call.key.native: _FAR[call.state] for call in self.up} == {
                native: min(state, CONFIRMED) for native, state in own.items()
            }

        await until(same, "the table to list what Kamailio lists")

    def order(self) -> str | None:
        """Have the only call ended."""
        return self.link.send(HangUp(CommandId("c"), self.call.key))


@asynccontextmanager
async def watched() -> AsyncIterator[tuple[Watch, int]]:
    """A Kamailio and who watches it, and the port at which its callee is to be; at the end nobody calls any more."""
    far_end = free_port()
    async with kamailio(free_port(), free_port(), free_port(), far_end) as switch:
        watch = Watch(switch)
        try:
            await watch.open()
            yield watch, far_end
        finally:
            await watch.close()


@asynccontextmanager
async def calling(folder: Path, watch: Watch, acts: tuple[Act, ...], *options: str) -> AsyncIterator[Sipp]:
    """The caller's side: one call, unless the options say otherwise."""
    many = options or ("-m", "1", "-l", "1")
    to = ("-s", "812", f"127.0.0.1:{watch.switch.sip}")
    async with run(folder, "caller", play("caller", *routed(*acts)), "-p", str(free_port()), *many, *to) as sipp:
        yield sipp


@asynccontextmanager
async def answering(folder: Path, port: int, acts: tuple[Act, ...], calls: int = 1) -> AsyncIterator[Sipp]:
    """The callee's side."""
    options = ("-p", str(port), "-m", str(calls))
    async with run(folder, "callee", play("callee", *routed(*acts)), *options) as sipp:
        yield sipp


@asynccontextmanager
async def scene(
    folder: Path, caller: tuple[Act, ...], callee: tuple[Act, ...], calls: int = 1, rate: int = 20
) -> AsyncIterator[Watch]:
    """Both sides play their parts, and both must succeed; then Kamailio's own list and the table must be empty."""
    many = ("-m", str(calls), "-l", str(calls), "-r", str(rate))
    async with watched() as (watch, far_end):
        async with (
            answering(folder, far_end, callee, calls) as called,
            calling(folder, watch, caller, *many) as caller_side,
        ):
            yield watch
            await caller_side.verdict()
            await called.verdict()
        await watch.sees(lambda: not watch.up, "no calls")
        assert await dialogs(watch.switch.rpc) == {}
        assert (await watch.link.list()).legs == ()
