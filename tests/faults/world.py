"""A switch with calls, the real link to it through bad weather, and the real table; and what can be done to them."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random, randrange

from callboard.calls.causes import Reason
from callboard.calls.commands import CommandId, HangUp
from callboard.calls.legs import Call
from callboard.calls.state import CONNECTED, State
from callboard.switches.clock import OurClock
from callboard.switches.gate import Tell
from callboard.switches.keeper import Keeper, KeeperSettings
from callboard.switches.link import Link
from callboard.switches.telling import Telling
from callboard.table.changes import Change, Kind
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.faults.conftest import Figures
from tests.faults.proxy import Weather
from tests.faults.stages import SWITCH, Stage
from tests.table.history import place

__all__ = ["ROUNDS", "SEED", "World", "world_of"]

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))
SEED = int(os.environ.get("FAULT_SEED", "0")) or randrange(1, 1_000_000)

SETTINGS = KeeperSettings(open_timeout=3.0, list_timeout=3.0)
BACK_WITHIN = 5.0
LIST_AGE = 1.0
"""Seconds by which a list may be behind the events: FreeSWITCH's."""
NOTICED = 0.1
"""Seconds within which a link that is cut is known to be lost."""
TRAFFIC_WITHIN = 30.0


class World:
    """A switch with calls, the link to it and the real table; and what can be done to them."""

    def __init__(self, stage: Stage, figures: Figures) -> None:
        self.stage = stage
        self.random = stage.random
        self.figures = figures
        self.set_by = 0.0
        self.table = Table(place, Numbering(0, self._block), epoch=1)
        self.table.watch(self._watch)
        self.telling = Telling(self.table, OurClock(lambda: time.time() + self.set_by))
        self.keeper = Keeper(
            SWITCH,
            self._make_link,
            self.telling.tell,
            self.telling.take_in,
            SETTINGS,
            self.telling.clock.even,
            self.random.random,
        )
        self._make: Callable[[Tell], Link] | None = None
        self._blocks = 0
        self.negative: list[Call] = []

    def _block(self, size: int) -> int:
        self._blocks += 1
        return self._blocks * size

    def _make_link(self, tell: Tell) -> Link:
        """The first time there must be proxies to link through: hence not sooner."""
        self._make = self._make or self.stage.link_maker(self.keeper.resync, self.telling.clock.even)
        return self._make(tell)

    def _watch(self, change: Change) -> None:
        call = change.call
        if change.kind is Kind.BEGAN:
            self.figures["calls"] += 1
        if change.kind is Kind.ENDED and call.cause and call.cause.reason is Reason.MISSING:
            self.figures["ends that only a list told"] += 1
        times = (call.started_at, call.answered_at, call.ended_at)
        known = [at for at in times if at is not None]
        if known != sorted(known):
            self.negative.append(call)

    # --- asking ------------------------------------------------------------------------------------------------------

    def listed(self) -> dict[str, bool | None]:
        """The table's legs that are up, and whether each is answered; None where it is being ended."""
        self.telling.check()
        now = time.time() + self.set_by
        self.table.sweep(now)
        return {
            leg.id.native.partition("/")[0]: None if leg.state is State.ENDING else leg.state in CONNECTED
            for call in self.table.calls()
            for leg in call.legs
            if leg.state is not State.ENDED
        }

    async def differences(self) -> dict[str, set[str]]:
        """What the table has wrong at this moment; what changes while it is asked is not held against it."""
        before = await self.stage.own()
        listed = self.listed()
        after = await self.stage.own()
        both = before.keys() & after.keys()
        steady = {name for name in both if before[name] == after[name]}
        wrong = {name for name in steady & listed.keys() if listed[name] not in (before[name], None)}
        found = {
            "ghosts": listed.keys() - before.keys() - after.keys(),
            "lost calls": both - listed.keys(),
            "wrong states": {f"{name}: {self._leg(name)}" for name in wrong},
        }
        return {what: names for what, names in found.items() if names}

    def _leg(self, name: str) -> str:
        legs = (leg for call in self.table.calls() for leg in call.legs if leg.id.native.partition("/")[0] == name)
        return next((f"{leg.state.name}, told at {leg.told_at}" for leg in legs), "")

    async def comes_true(self, what: str) -> None:
        """Wait until the link is back, and then until the table is right: within `BACK_WITHIN` seconds."""
        await asyncio.sleep(NOTICED)
        if not self.stage.notices:
            await self.lists()
        back = await self._up(what)
        differences = await self._compared()
        while differences and time.monotonic() < back + BACK_WITHIN:
            await asyncio.sleep(0.05)
            if not self.keeper.health().up:
                back = await self._up(what)
            differences = await self._compared()
        took = time.monotonic() - back
        for wrong in ("ghosts", "lost calls", "wrong states"):
            self.figures[wrong] += len(differences.get(wrong, ()))
        self.figures["faults"] += 1
        self.figures["legs compared"] += len(self.listed())
        self.figures.slowest = max(self.figures.slowest, took)
        assert not differences, f"{what}, seed {SEED}: {differences} after {took:.1f} s; {self.keeper.health()}"
        assert not self.negative, f"{what}, seed {SEED}: times out of order in {self.negative}"

    async def _up(self, what: str) -> float:
        """Wait until the link is back; when that is."""
        await self._until(lambda: self.keeper.health().up, 30.0, f"{what}: the link did not come back")
        return time.monotonic()

    async def _compared(self) -> dict[str, set[str]]:
        differences = await self.differences()
        suspects = {call.key.native for call in self.table.calls() if call.suspect_since is not None}
        return differences | ({"suspects": suspects} if suspects else {})

    async def _until(self, holds: Callable[[], bool], limit: float, words: str) -> None:
        end = time.monotonic() + limit
        while not holds():
            assert time.monotonic() < end, f"{words}, seed {SEED}: {self.keeper.health()}"
            await asyncio.sleep(0.02)

    # --- doing -------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        await self.stage.start()
        self.keeper.start()
        await self.busy()

    async def busy(self) -> None:
        """Wait until calls are up, some of them answered."""
        await self._until(
            lambda: list(self.listed().values()).count(True) >= 4, TRAFFIC_WITHIN, f"no calls on {self.stage.name}"
        )

    async def stop(self) -> None:
        await self.keeper.stop()
        for proxy in self.stage.proxies:
            await proxy.stop()
        await self.stage.stop()

    async def rest(self, shortest: float = 0.2, longest: float = 1.2) -> None:
        """Some time goes by, in which calls come and go."""
        await asyncio.sleep(self.random.uniform(shortest, longest))

    def weather(self, weather: Weather) -> None:
        for proxy in self.stage.proxies:
            proxy.weather = weather

    def cut(self) -> None:
        for proxy in self.stage.proxies:
            proxy.cut()

    def heal(self) -> None:
        for proxy in self.stage.proxies:
            proxy.heal()

    async def lists(self) -> None:
        """The weather is fair again, and once what was told in it is old enough the list comes that was due."""
        self.heal()
        fair_since = self.telling.clock.even()
        await asyncio.sleep(LIST_AGE)
        self.keeper.resync("it is time")

        def listed() -> bool:
            """One may be under way that was asked for in bad weather: it does not count."""
            at = self.keeper.health().last_list_at
            return at is not None and at >= fair_since

        await self._until(listed, SETTINGS.list_interval + LIST_AGE, "no list came")

    def hang_up(self) -> None:
        """We end half of the answered calls, or try to."""
        for call in self.table.calls():
            if call.state is State.ANSWERED and self.random.random() < 0.5:
                self.figures["commands"] += 1
                self.keeper.send(HangUp(CommandId("c"), call.key))


@asynccontextmanager
async def world_of(kind: type[Stage], folder: Path, figures: Figures) -> AsyncIterator[World]:
    """Such a world, with calls coming and going; at the end nothing of it is left."""
    world = World(kind(folder, Random(f"{SEED} {kind.name}")), figures)
    try:
        await world.start()
        yield world
    finally:
        await world.stop()
