"""What happens, as it is told: changes of calls, outcomes of commands, links that are lost, limits that are passed."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

from callboard.access.rights import Principal
from callboard.calls.commands import Outcome
from callboard.calls.legs import Call
from callboard.directory.records import ROOT
from callboard.operations.desk import Desk
from callboard.operations.happenings import Happening
from callboard.operations.ledger import CommandRecord
from callboard.operations.limits import Gauges
from callboard.operations.listeners import Listener, Listeners
from callboard.operations.sight import as_seen, command_as_seen
from callboard.operations.subscriptions import Format
from callboard.table.changes import Change
from callboard.table.reconciling.links import Link, LinkState
from callboard.webhooks.courier import Courier
from callboard.webhooks.formats import Message, Pens, call_message, command_message, limit_message, switch_message

__all__ = ["announcing"]

LOOK_EVERY = 1.0
"""Seconds between two looks at the links and the limits."""
PATIENCE = 60.0
"""Seconds after the start for which the limits wait for the switches' lists."""
LOOK_SHARE = 10
"""How many times as long as a look took is waited until the next at least: many limits slow down nobody else."""
AT_ONCE = 200
"""Happenings, and messages of them, that are told at the moment they happen; what is more has its turn later."""
SPAN = 0.004
"""Seconds for which it is told then, before what else there is to do has its turn."""
MOST = 20_000
"""Happenings that wait to be told at most. Whoever brings more tells the oldest of them at once, and none is lost."""


@asynccontextmanager
async def announcing(desk: Desk, listeners: Listeners, courier: Courier, pens: Pens) -> AsyncIterator[None]:
    """Within the block whoever is to be told is told."""
    announcer = _Announcer(desk, listeners, courier, pens)
    unwatch_calls = desk.table.watch(announcer.call)
    unwatch_commands = desk.ledger.watch(announcer.command)
    desk.webhooks.watch(lambda change: announcer.finish())  # what happened before is not for one that is made now
    looking = asyncio.create_task(_look(announcer), name="limits")
    try:
        yield
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
        unwatch_calls()
        unwatch_commands()
        announcer.finish()


async def _look(announcer: "_Announcer") -> None:
    pause = LOOK_EVERY
    while True:
        await asyncio.sleep(pause)
        now, begun = time.time(), time.perf_counter()
        announcer.links(now)
        announcer.limits(now)
        pause = max(LOOK_EVERY, LOOK_SHARE * (time.perf_counter() - begun))


class _Announcer:
    def __init__(self, desk: Desk, listeners: Listeners, courier: Courier, pens: Pens) -> None:
        self._desk = desk
        self._listeners = listeners
        self._courier = courier
        self._pens = pens
        self._all_known_by = time.monotonic() + PATIENCE
        memory = courier.memory()
        self._gauges = Gauges(desk, memory.levels)
        self._lost = {*memory.lost}
        """The switches that were told to be lost."""
        self._waiting: deque[Callable[[], None]] = deque()
        self._busy = False
        self._told = 0
        """What was told in the loop's present round."""

    # --- a switch that is lost with a hundred thousand calls is as many happenings ------------------------------------

    def _put(self, tell: Callable[[], None]) -> None:
        """Tell at once, or in its turn where there was much to tell already."""
        if self._told < AT_ONCE and not self._waiting:
            self._told += 1
            tell()
        else:
            self._waiting.append(tell)
            if len(self._waiting) > MOST:
                self._waiting.popleft()()
        if not self._busy:
            self._busy = True
            asyncio.get_running_loop().call_soon(self._tell_some)

    def _tell_some(self) -> None:
        self._told, until = 0, time.perf_counter() + SPAN
        try:
            while self._waiting:
                self._waiting.popleft()()
                if time.perf_counter() >= until:
                    break
        finally:
            self._busy = bool(self._waiting)
            if self._busy:
                asyncio.get_running_loop().call_soon(self._tell_some)

    def finish(self) -> None:
        """Tell all that waits."""
        while self._waiting:
            self._waiting.popleft()()

    # --- what happens ------------------------------------------------------------------------------------------------

    def call(self, change: Change) -> None:
        """A change of the table. It costs next to nothing where there are no webhooks."""
        now = time.time()
        if self._listeners.all(now):
            self._put(partial(self._tell_of_change, change, now))

    def _tell_of_change(self, change: Change, now: float) -> None:
        for listener in self._listeners.concerned(change, now):
            for event in listener.hears(change, now):
                self._told += 1
                self._tell_of_call(listener, event, change.call, now)

    def _tell_of_call(self, listener: Listener, event: Happening, call: Call, now: float) -> None:
        if listener.principal is None:
            return
        placed, write = call.placement, partial(self._of_call, listener.principal, listener.webhook.format, event, call)
        parties = tuple(one for one in (placed.customer, placed.callee_customer) if one is not None)
        self._courier.tell(listener, event, f"call {call.number}", partial(write, now), now, parties)

    def _of_call(self, who: Principal, form: Format, event: Happening, call: Call, now: float) -> Message:
        return call_message(self._pens, form, event, as_seen(self._desk.directory, who, call), now)

    def command(self, record: CommandRecord) -> None:
        """What came of a command is told to who asked and to the operator."""
        now = time.time()
        if record.outcome is not Outcome.PENDING and self._listeners.all(now):
            self._put(partial(self._tell_of_command, record, now))

    def _tell_of_command(self, record: CommandRecord, now: float) -> None:
        event = Happening.COMMAND_OUTCOME
        for listener in self._listeners.all(now):
            who = listener.principal
            if who is not None and event in listener.events and (who.login == record.login or who.customer == ROOT):
                write = partial(command_message, self._pens, command_as_seen(who, record), now)
                self._courier.tell(listener, event, f"call {record.call_number}", write, now)

    def links(self, now: float) -> None:
        """Links that were lost since the last look, and those that are back: with a full list of their calls."""
        for link in self._desk.table.links:
            lost = link.switch in self._lost
            if link.state is LinkState.LOST and not lost:
                self._lost.add(link.switch)
                self._tell_of_switch(Happening.SWITCH_LOST, link, now)
            elif link.state is LinkState.UP and lost:
                self._lost.discard(link.switch)
                self._tell_of_switch(Happening.SWITCH_BACK, link, now)

    def _tell_of_switch(self, event: Happening, link: Link, now: float) -> None:
        for listener in self._listeners.all(now):
            if event in listener.events:
                write = partial(switch_message, event, link, now)
                self._courier.tell(listener, event, f"switch {link.switch}", write, now)

    def limits(self, now: float) -> None:
        """Limits of which another level is reached. After a start, calls that no switch has listed yet are not gone."""
        if not self._all_known():
            return
        event = Happening.LIMIT_PASSED
        for listener, passed in tuple(self._gauges.read(self._listeners.all(now), now)):
            about = f"limit {passed.limit.of} {passed.limit.id}"
            self._courier.tell(listener, event, about, partial(limit_message, passed, now), now)

    def _all_known(self) -> bool:
        """Whether every switch has listed its calls, or had the time to."""
        return time.monotonic() > self._all_known_by or not any(facts.not_ready for facts in self._desk.switches())
