"""Keeps the link to one switch: here alone it is decided when to connect, to try again, and to ask for a full list.

Subscribe, then list, then merge: each new link tells its events first and is asked for a full list at once, so there is
no gap in between. What is told while the first list is under way waits until all of the list is merged: the table is
blind until then, and a hold of a call that it does not know to be answered would mean nothing to it. After that
nothing waits: a list that comes again is merged between the events. A link whose list fails is a lost link; no answer
never means no calls.
"""

import asyncio
import logging
import random as dice
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import msgspec

from callboard.calls.commands import Answered, Command, nobody_asks
from callboard.calls.events import Event, SwitchListed, SwitchLost, SwitchRestarted, SwitchUp
from callboard.switches.gate import Gate, TakeIn, Tell
from callboard.switches.link import Link, LinkError, SaysMore
from callboard.switches.settings import KeeperSettings
from callboard.table.reconciling.links import LinkState

__all__ = ["Health", "Keeper", "KeeperSettings"]

FIRST_PAUSE = 0.1
"""Seconds before the first new try: most links are lost to a restart, and every second without one is blind."""
LONGEST_PAUSE = 3.0
"""Seconds at most between two tries. Longer, and a table would be old for long after the switch is back; a try costs
both sides one packet.
"""
LASTING_PAUSE = 30.0
"""Seconds between two tries where only people can mend it. A wrong password sent more often gets our address banned."""
STEADY = 10.0
"""Seconds that a link must have lived for the pauses to start small again, or a switch that lets us in only to drop us
would be tried ten times a second.
"""

LIST_SHARE = 0.1
"""Largest share of the time that lists may take: they cost the switch's CPU, which has calls to carry."""
LEAST_GAP = 0.2
"""Seconds at least between two lists, however quick they are and however often they are asked for."""
INCOMPLETE_GAP = 1.0
"""Seconds from a list that was not complete to the next: nothing vouches for the calls until one is."""

CLOSE_TIMEOUT = 2.0
"""Seconds that a link has to close in good order."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How the link to a switch is. Times are Unix seconds."""

    state: LinkState
    since: float
    why: str
    """Why it is not up, "" if it is."""
    last_error: str
    """Why the link was lost the last time, or could not be made; "" if that never happened."""
    last_error_at: float | None
    version: str
    """Of the switch, in its own words; "" if it did not say."""
    clock_offset: float | None
    """Seconds by which the switch's clock is ahead of ours; None if it is not known."""
    last_event_at: float | None
    last_list_at: float | None
    """When the last complete list was asked for."""
    list_took: float
    """Seconds that the last list took."""
    lists: int
    """Full lists that were taken, those that were not complete included."""
    incomplete: int
    links: int
    """How often a link was opened."""
    failures: int
    """Tries in a row that ended before the link was steady."""
    late: int
    """Events dropped because their link had been given up."""

    @property
    def up(self) -> bool:
        """Whether the link works and a full list vouched for the calls."""
        return self.state is LinkState.UP


class Keeper:
    """The link to one switch, made anew whenever it is lost. All methods belong to the event loop's thread."""

    def __init__(
        self,
        name: str,
        make_link: Callable[[Tell], Link],
        tell: Tell,
        take_in: TakeIn,
        settings: KeeperSettings | None = None,
        clock: Callable[[], float] = time.time,
        random: Callable[[], float] = dice.random,
    ) -> None:
        """`make_link` gives a new link that tells its events to what it is given; `tell` takes what the table is told,
        `take_in` what is about all calls together; `random` gives numbers from 0 to 1.
        """
        self.name = name
        self._make_link = make_link
        self._tell = tell
        self._take_in = take_in
        self._settings = settings or KeeperSettings()
        self._clock = clock
        self._random = random
        self._task: asyncio.Task[None] | None = None
        self._stopping: asyncio.Future[None] | None = None
        self._asked = asyncio.Event()
        self._link: Link | None = None
        self._gate = self._new_gate()
        self._instance = ""
        self._state = LinkState.LOST
        self._since = clock()
        self._why = "it was not tried yet"
        self._told_why: str | None = None
        self._opened_at: float | None = None
        self._last_error = ""
        self._last_error_at: float | None = None
        self._version = ""
        self._clock_offset: float | None = None
        self._last_event_at: float | None = None
        self._last_list_at: float | None = None
        self._list_took = 0.0
        self._lists = self._incomplete = self._links = self._failures = self._late = 0

    def start(self) -> None:
        """Begin to keep the link; returns at once, whether the switch can be reached or not."""
        if self._task is None:
            self._stopping = asyncio.get_running_loop().create_future()
            self._task = asyncio.create_task(self._keep(self._stopping), name=f"keeper of {self.name}")

    async def stop(self) -> None:
        """Give the link up for good. The calls of the switch stay listed, as suspects."""
        if self._task is not None and self._stopping is not None:
            if not self._stopping.done():
                self._stopping.set_result(None)
            await asyncio.wait({self._task})

    def send(self, command: Command, answered: Answered = nobody_asks) -> str | None:
        """Hand a command to the link at once. None if it went out, else why not, for people.

        A command that cannot go out now never will: nothing is kept for later, when it might hit another call.
        """
        if self._link is None or self._state is LinkState.LOST:
            return f"the link to the switch {self.name} is lost: {self._why}"
        return self._link.send(command, answered)

    def resync(self, why: str) -> None:
        """Have a full list taken as soon as the pace of lists allows. Many askings make one list.

        The list is asked for after the asking, never before. While the link is lost there is nothing to do, for each
        new one begins with a list.
        """
        if self._state is not LinkState.LOST:
            _log.debug("switch %s: a full list is asked for: %s", self.name, why)
            self._asked.set()

    def health(self) -> Health:
        """How the link is at this moment."""
        self._ask_more()
        return Health(
            state=self._state,
            since=self._since,
            why=self._why,
            last_error=self._last_error,
            last_error_at=self._last_error_at,
            version=self._version,
            clock_offset=self._clock_offset,
            last_event_at=self._last_event_at,
            last_list_at=self._last_list_at,
            list_took=self._list_took,
            lists=self._lists,
            incomplete=self._incomplete,
            links=self._links,
            failures=self._failures,
            late=self._late,
        )

    def _ask_more(self) -> None:
        """What the switch says of itself is kept while its link is lost."""
        if isinstance(self._link, SaysMore):
            self._version = self._link.version or self._version
            offset = self._link.clock_offset
            self._clock_offset = self._clock_offset if offset is None else offset

    # --- one link after the other --------------------------------------------------------------------------------

    async def _keep(self, stopping: asyncio.Future[None]) -> None:
        while True:
            self._gate, self._opened_at = self._new_gate(), None
            life = asyncio.create_task(self._live(), name=f"link to {self.name}")
            await asyncio.wait({life, stopping}, return_when=asyncio.FIRST_COMPLETED)
            error = LinkError("it was stopped") if stopping.done() else _error_of(life)
            await _end(life)
            pause = self._pause(error)
            if self._opened_at is not None:
                await self._release()
            self._gate.shut()
            await self._lost(error)
            await self._close()
            await asyncio.wait({stopping}, timeout=pause)
            if stopping.done():
                return

    def _new_gate(self) -> Gate:
        return Gate(self._heard, self._heard_late)

    def _heard(self, event: Event) -> None:
        self._last_event_at = self._clock()
        self._tell(event)

    def _heard_late(self, event: Event) -> None:
        self._late += 1

    async def _release(self) -> None:
        """Let through what waited, and whatever comes from now on."""
        for _ in self._gate.release():
            await asyncio.sleep(0)

    async def _live(self) -> None:
        """One link from its making to its loss, which is raised."""
        link = self._link = self._make_link(self._gate.pass_on)
        limit = self._settings.open_timeout
        try:
            async with asyncio.timeout(limit):
                await link.open()
        except TimeoutError:
            fix = "check that its address and port are right and that no firewall is between"
            raise LinkError(f"it did not let us in within {limit:g} s", fix) from None
        await self._opened(link)
        lost = asyncio.create_task(link.lost())
        try:
            while True:
                due = await self._list(link, lost)
                await self._rest(lost, due)
        finally:
            await _end(lost)

    async def _opened(self, link: Link) -> None:
        self._links += 1
        instance = link.instance or self._instance
        if self._instance and instance != self._instance:
            # Nothing of its new life was told yet. Its calls ended when we lost sight of them, or soon after.
            for _ in self._take_in(SwitchRestarted(self.name, self._since, f"the switch {self.name} restarted")):
                await asyncio.sleep(0)
        self._instance = instance
        self._opened_at = asyncio.get_running_loop().time()
        now = self._clock()
        self._move(LinkState.RESYNCING, now)
        self._tell(SwitchUp(self.name, now))
        await self._release()

    async def _lost(self, error: BaseException) -> None:
        """Say so at once, and again if the reason is another than it was; go on when the table knows of every call."""
        why = _words(error)
        now = self._clock()
        if self._state is not LinkState.LOST:
            self._move(LinkState.LOST, now)
        if self._told_why == why:
            return
        self._told_why = self._why = self._last_error = why
        self._last_error_at = now
        if not isinstance(error, LinkError | OSError):
            _log.error("switch %s: a defect in its adapter", self.name, exc_info=error)
        elif self._stopping is not None and not self._stopping.done():
            _log.warning("switch %s: the link is lost and is tried again: %s", self.name, why)
        for _ in self._take_in(SwitchLost(self.name, now, why)):
            await asyncio.sleep(0)

    def _move(self, state: LinkState, now: float) -> None:
        if state is not LinkState.LOST:
            self._why = "" if state is LinkState.UP else "no full list has vouched for its calls yet"
            self._told_why = None
            _log.info("switch %s: the link is %s", self.name, state.name.lower())
        self._state, self._since = state, now

    def _pause(self, error: BaseException) -> float:
        """Seconds until the next try: twice as long each time, up to the longest, less a random part.

        Without that part, many servers that lost one switch would all come back at the same moment.
        """
        if self._opened_at is not None and asyncio.get_running_loop().time() - self._opened_at >= STEADY:
            self._failures = 0
        lasting = isinstance(error, LinkError) and error.lasting
        longest = LASTING_PAUSE if lasting else min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._failures, 10))
        self._failures += 1
        return longest * (1.0 - self._random() / 2)

    async def _close(self) -> None:
        self._ask_more()
        link, self._link = self._link, None
        if link is not None:
            closing = asyncio.create_task(link.close())
            await asyncio.wait({closing}, timeout=CLOSE_TIMEOUT)
            await _end(closing)

    # --- lists ---------------------------------------------------------------------------------------------------

    async def _list(self, link: Link, lost: asyncio.Task[LinkError]) -> float:
        """Take one full list and merge it; returns the seconds after which one more is due. Raises `LinkError`.

        A list may be older than its asking. If it is older than the link, then what happened between the two was
        neither told nor listed: it vouches for nothing, and what was told since waits for one that does.
        """
        self._asked.clear()
        if self._state is LinkState.RESYNCING:
            self._gate.hold()
        began, asked_at = asyncio.get_running_loop().time(), self._clock()
        listed = await _unless_lost(lost, link.list(), self._settings.list_timeout)
        self._list_took = asyncio.get_running_loop().time() - began
        too_old = (asked_at - listed.at) - (began - (self._opened_at or began))
        if too_old > 0:
            await self._merge(msgspec.structs.replace(listed, complete=False), lost)
            return min(too_old, self._settings.list_interval)
        await self._merge(listed, lost)
        await self._release()
        if self._gate.spilled():
            self.resync("more was told than could wait for the list")
        return self._settings.list_interval if listed.complete else INCOMPLETE_GAP

    async def _merge(self, listed: SwitchListed, lost: asyncio.Task[LinkError]) -> None:
        """Have the table take a list in. If the link is lost before the end, the rest of the list is dropped."""
        self._lists += 1
        for _ in self._take_in(listed):
            await asyncio.sleep(0)
            if lost.done():
                raise lost.result()
        if not listed.complete:
            self._incomplete += 1
            return
        self._last_list_at = listed.at
        if self._state is not LinkState.UP:
            self._move(LinkState.UP, self._clock())

    async def _rest(self, lost: asyncio.Task[LinkError], due: float) -> None:
        """Wait until the next list is due or asked for. Raises the `LinkError` of a link that is lost meanwhile."""
        least = max(LEAST_GAP, self._list_took * (1 / LIST_SHARE - 1))
        await asyncio.wait({lost}, timeout=least)
        if due > least and not lost.done():
            await self._until_asked(lost, due - least)
        if lost.done():
            raise lost.result()

    async def _until_asked(self, lost: asyncio.Task[LinkError], limit: float) -> None:
        asked = asyncio.create_task(self._asked.wait())
        try:
            await asyncio.wait({lost, asked}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _end(asked)


async def _unless_lost(
    lost: asyncio.Task[LinkError], work: Coroutine[Any, Any, SwitchListed], limit: float
) -> SwitchListed:
    """What the work brings, unless the link is lost first or the time is up."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task, lost}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        if lost.done():
            raise lost.result()
        if not task.done():
            raise LinkError(f"it gave no full list within {limit:g} s", "it may be too long for the switch to send")
        return task.result()
    finally:
        await _end(task)


async def _end(task: asyncio.Task[T]) -> None:
    """Cancel a task that is of no use any more, and take its failure with it."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()


def _error_of(life: asyncio.Task[None]) -> BaseException:
    if life.cancelled():
        return LinkError("it was given up by its adapter")
    return life.exception() or LinkError("its adapter ended")


def _words(error: BaseException) -> str:
    """Of a defect only the sort is told: its words may hold anything."""
    if isinstance(error, LinkError | OSError):
        return str(error) or type(error).__name__
    return f"a defect in its adapter ({type(error).__name__}), which the log tells of"
