"""A stage for scenes on a real Asterisk: phones that play their parts, our table and what it must show meanwhile."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from callboard.calls.events import Event, SwitchUp
from callboard.calls.legs import Call, Leg
from callboard.calls.state import LIVE, State
from callboard.directory.directory import Directory
from callboard.directory.placement import place
from callboard.directory.records import Account, Customer
from callboard.switches.asterisk.adapter import AsteriskLink
from callboard.switches.asterisk.settings import AsteriskSettings
from callboard.switches.link import LinkError
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.conformance.server import until
from tests.conformance.sipp import Act, Sipp, play, run
from tests.ports import free_port
from tests.rig.asterisk import SECRET, Asterisk, asterisk
from tests.rig.director import Director, director, recorded

__all__ = ["Stage", "Watch", "stage"]

RECORD = os.environ.get("CALLBOARD_RECORD")
"""A folder in which recordings of the scenes are kept, one folder each; none are made without."""


class Watch:
    """A table and the link that tells it, with no more rights than the manual names."""

    def __init__(self, switch: Asterisk) -> None:
        directory = Directory([Customer(id=1, name="Acme"), Account(id=7, customer=1, sip_user="alice")], (), ())
        self.table = Table(lambda legs: place(directory, legs), Numbering(0, lambda size: 1), 1)
        self.states: list[State] = []
        self.shown: list[list[str]] = []
        """What was shown so far (see `_row`), each time something changed."""
        self.table.watch(lambda change: self._note(change.call.state))
        self.settings = AsteriskSettings(name="pbx", port=switch.ami, secret=SECRET)
        self.link = AsteriskLink(self.settings, self.tell, self.resync)

    def _note(self, state: State) -> None:
        if not self.states or self.states[-1] is not state:
            self.states.append(state)
        rows = [_row(call) for call in self.live]
        if not self.shown or self.shown[-1] != rows:
            self.shown.append(rows)

    @property
    def path(self) -> str:
        """The states that calls came to, in order."""
        return " ".join(state.name.lower() for state in self.states)

    @property
    def live(self) -> list[Call]:
        """The calls that are up, oldest first."""
        return sorted((call for call in self.table.calls() if call.state in LIVE), key=lambda call: call.number)

    def tell(self, event: Event) -> None:
        self.table.accept(event, time.time())

    def resync(self, why: str) -> None:
        """Take a list, as the keeper would."""
        self._listing = asyncio.create_task(self._list())

    async def _list(self) -> None:
        with suppress(LinkError):
            self.tell(await self.link.list())

    async def start(self) -> None:
        await self.link.open()
        self.tell(SwitchUp("pbx", time.time()))
        self.tell(await self.link.list())


class Stage:
    """One switch, whoever watches it, and the phones around it."""

    def __init__(self, folder: Path, switch: Asterisk, master: Director, ports: tuple[int, int]) -> None:
        self.switch = switch
        self.director = master
        self.watch = Watch(switch)
        self.ports = ports
        self.phones = AsyncExitStack()
        self._folder = folder
        self._plays: dict[str, Sipp] = {}

    async def callee(self, *acts: Act, times: int = 1, other: bool = False) -> None:
        """Whoever is called; `other` is the one who has the numbers 5xx."""
        await self._run(acts, "-p", str(self.ports[other]), "-m", str(times))

    async def caller(self, number: str, *acts: Act, times: int = 1) -> None:
        """A phone dials a number."""
        options = ("-m", str(times), "-l", str(times), "-r", "50", "-s", number)
        await self._run(acts, "-p", str(free_port()), *options, f"127.0.0.1:{self.switch.sip}")

    async def _run(self, acts: tuple[Act, ...], *options: str) -> None:
        name = f"phone{len(self._plays)}"
        self._plays[name] = await self.phones.enter_async_context(run(self._folder, name, play(name, *acts), *options))

    async def shows(self, *rows: str) -> list[Call]:
        """Wait until the calls that are up are exactly these (see `_row`), oldest first; then the switch's own list
        must have the same channels in the same calls.
        """

        async def so() -> bool:
            return [_row(call) for call in self.watch.live] == list(rows)

        try:
            await until(so, f"the rows {rows}")
        except AssertionError as error:
            raise AssertionError("\n".join([str(error), *map(str, self.watch.shown[-12:])])) from None
        return self.watch.live

    async def talk(self, *rows: str) -> list[Call]:
        """As `shows`, and wait until the switch has bridged every phone: it refuses to transfer one that is answered
        and not in a bridge yet.
        """
        calls = await self.shows(*rows)

        async def so() -> bool:
            items = await self.director.channels()
            return all(item.get("BridgeId") for item in items if item["Channel"].startswith("PJSIP/"))

        await until(so, "the phones are bridged")
        return calls

    async def agrees(self) -> None:
        """Wait until the table has exactly the phones' channels of the switch's own list, grouped as there."""
        theirs: set[frozenset[str]] = set()

        async def same() -> bool:
            theirs.clear()
            groups: dict[str, set[str]] = {}
            for item in await self.director.channels():
                if item["Channel"].startswith("PJSIP/"):
                    groups.setdefault(item["Linkedid"], set()).add(item["Uniqueid"])
            theirs.update(map(frozenset, groups.values()))
            return theirs == self._ours()

        await until(same, "the switch's own list and the table are the same")

    def _ours(self) -> set[frozenset[str]]:
        calls = self.watch.live
        return {frozenset(leg.id.native.partition("/")[0] for leg in _living(call)) for call in calls}

    async def again(self) -> None:
        """Open a new link to the switch, and have somebody new direct it, as soon as it lets them in."""
        await self.watch.link.close()

        async def let_in() -> bool:
            self.watch.link = AsteriskLink(self.watch.settings, self.watch.tell, self.watch.resync)
            try:
                await self.watch.link.open()
            except LinkError:
                return False
            return True

        await until(let_in, "the switch lets us in")
        self.watch.tell(await self.watch.link.list())
        self.director = await self.phones.enter_async_context(director(self.switch))

    async def over(self) -> None:
        """Everybody has played his part well, and nothing is left: not on the switch and not in the table."""
        for phone in self._plays.values():
            await phone.verdict()
        await self.shows()
        await self.agrees()
        assert (await self.watch.link.list()).legs == ()


def _living(call: Call) -> list[Leg]:
    """Those that are not over: the caller first, then as they came."""
    living = [leg for leg in call.legs if leg.state is not State.ENDED]
    return sorted(living, key=lambda leg: (leg.side, leg.started_at))


def _row(call: Call) -> str:
    """A call in a line: `answered alice>442: alice answered, far/442 answered`; legs by endpoint and number."""
    legs = [f"{_who(leg)} {leg.state.name.lower()}" for leg in _living(call)]
    return f"{call.state.name.lower()} {call.caller}>{call.dialed}: {', '.join(legs)}"


def _who(leg: Leg) -> str:
    return leg.facts.endpoint if leg.facts.endpoint == leg.number else f"{leg.facts.endpoint}/{leg.number}"


@asynccontextmanager
async def stage(folder: Path, *, http: bool = False) -> AsyncIterator[Stage]:
    """A switch that is watched. At the end all phones must have succeeded and nothing may be left."""
    ports = free_port(), free_port()
    web = free_port() if http else 0
    async with (
        asterisk(free_port(), free_port(), ports[0], other=ports[1], http=web) as switch,
        director(switch) as master,
    ):
        scene = Stage(folder, switch, master, ports)
        await scene.watch.start()
        async with scene.phones:
            if RECORD:
                await scene.phones.enter_async_context(recorded(switch, Path(RECORD) / folder.name))
            try:
                yield scene
                await scene.over()
            finally:
                await scene.watch.link.close()
