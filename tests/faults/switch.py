"""A little switch in memory with calls of its own, and links to it that can be cut, stalled and lied to.

`legs` is the truth. Whatever happens to them is told to every link that is subscribed, as the weather of the moment
lets it through.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from enum import Enum

import msgspec
from msgspec.structs import replace

from callboard.calls.commands import Answered, Command, nobody_asks
from callboard.calls.events import Event, LegDescribed, LegRenamed, LegSeen, Moved, SwitchListed
from callboard.calls.legs import Leg, LegId, Side
from callboard.calls.state import State
from callboard.switches.link import Link, LinkError
from callboard.table.folding import fold
from tests.virtual_time import clock

__all__ = ["SWITCH", "Lists", "MemoryLink", "Switch"]

SWITCH = "pbx"
LATENCY = 0.01
"""Seconds to open a link, and to answer a list while all is well."""

Fate = float | None
"""What becomes of an event: the seconds that it is under way, or None if it is lost."""


class Lists(msgspec.Struct, frozen=True):
    """How the switch answers when it is asked for a list."""

    takes: float = LATENCY
    lag: float = 0.0
    """Seconds by which the content may be older than the asking; `at` is set back by as much."""
    growing: bool = False
    """The content is of the answer's moment, not of the asking's, as with a list that comes in pages."""
    missing: int = 0
    """Legs left out, and the list marked as not complete."""
    failing: bool = False
    silent: bool = False


class How(Enum):
    """How a link stands."""

    CLOSED = 0
    SUBSCRIBED = 1
    LOST = 2


class MemoryLink:
    """One link to the switch."""

    def __init__(self, switch: "Switch", tell: Callable[[Event], None]) -> None:
        self._switch = switch
        self.tell = tell
        self._lost: asyncio.Future[LinkError] = asyncio.get_running_loop().create_future()
        self.how = How.CLOSED
        self._instance = ""
        self.kept: list[Event] = []
        """What could not be told while the network was stalled."""

    @property
    def instance(self) -> str:
        return self._instance

    async def open(self) -> None:
        self._switch.tries.append(clock())
        if self._switch.refusal is not None:
            raise self._switch.refusal
        await asyncio.sleep(LATENCY)
        if self.how is How.LOST:
            raise LinkError("cut before it was open")
        self.how = How.SUBSCRIBED
        self._switch.links.append(self)
        self._instance = self._switch.instance
        await self._switch.moving()
        await asyncio.sleep(LATENCY)
        if self.how is How.LOST:
            raise LinkError("cut while it opened")

    async def list(self) -> SwitchListed:
        return await self._switch.list()

    async def lost(self) -> LinkError:
        return await asyncio.shield(self._lost)

    def send(self, command: Command, answered: Answered = nobody_asks) -> str | None:
        self._switch.sent.append(command)
        return None

    async def close(self) -> None:
        self._switch.closed += 1
        self.how = How.LOST
        for links in (self._switch.made, self._switch.links):
            if self in links:
                links.remove(self)

    def cut(self, why: str) -> None:
        self.how = How.LOST
        if not self._lost.done():
            self._lost.set_result(LinkError(why))


class Switch:
    """The truth, and what the world does to its telling."""

    def __init__(self) -> None:
        self.legs: dict[LegId, Leg] = {}
        self.made: list[MemoryLink] = []
        """Those that are not closed."""
        self.links: list[MemoryLink] = []
        """Those that are subscribed."""
        self.fates: deque[Fate] = deque()
        """The weather: what becomes of the next events; fair once it is empty."""
        self.doubling = False
        """Whether every event is told twice."""
        self.lists = Lists()
        self.refusal: Exception | None = None
        self.sent: list[Command] = []
        self.tries: list[float] = []
        self.listed: list[float] = []
        """When lists were asked for."""
        self.closed = 0
        self._lives = 1
        self._names = 0
        self._moving = asyncio.Event()
        self._moving.set()
        self._past: deque[tuple[float, tuple[Leg, ...]]] = deque([(0.0, ())], maxlen=1000)

    @property
    def instance(self) -> str:
        return f"life {self._lives}"

    def make_link(self, tell: Callable[[Event], None]) -> Link:
        link = MemoryLink(self, tell)
        self.made.append(link)
        return link

    # --- calls -------------------------------------------------------------------------------------------------------

    def begin(self, call: str = "", side: Side = Side.CALLER, state: State = State.NEW) -> LegId:
        """A new leg, of a new call if none is named."""
        self._names += 1
        name = f"{self._lives}-{self._names}"
        leg = Leg(id=LegId(SWITCH, name), call=call or f"call-{name}", side=side, state=state, started_at=clock())
        leg = replace(leg, number="801" if side is Side.CALLER else "812")
        self.legs[leg.id] = leg
        self._tell(LegSeen(leg.started_at, leg))
        return leg.id

    def move(self, leg: LegId, kind: type[Moved]) -> None:
        """Let one leg move on, if that fits its state."""
        event = kind(leg, clock())
        moved = fold.moved(self.legs[leg], event)
        if moved is None:
            return
        self.legs[leg] = moved
        if moved.state is State.ENDED:
            del self.legs[leg]
        self._tell(event)

    def describe(self, leg: LegId, **more: str) -> None:
        self.legs[leg] = replace(self.legs[leg], **more)
        self._tell(LegDescribed(clock(), self.legs[leg]))

    def rename(self, leg: LegId) -> None:
        """The leg has another id from now on."""
        self._names += 1
        new = LegId(SWITCH, f"{self._lives}-{self._names}")
        self.legs[new] = replace(self.legs.pop(leg), id=new)
        self._tell(LegRenamed(clock(), leg, new))

    def join(self, call: str, other: str) -> None:
        """The legs of `other` belong to `call` from now on, which no event tells."""
        for leg in [leg for leg in self.legs.values() if leg.call == other]:
            self.legs[leg.id] = replace(leg, call=call)
        self._remember()

    # --- the world ---------------------------------------------------------------------------------------------------

    def cut(self, why: str = "connection reset") -> None:
        """Every link is lost, and knows it."""
        for link in self.made:
            link.cut(why)
        self.links.clear()

    def restart(self) -> None:
        """The switch goes down with all its calls, whose ends nobody tells, and comes back."""
        self.cut("the switch closed the link")
        self.legs.clear()
        self._lives += 1
        self._past.clear()
        self._remember()

    def stall(self) -> None:
        """Nothing comes through any more, and nobody is told why."""
        self._moving.clear()

    def heal(self) -> None:
        """All is well again. What was stuck on links that still stand comes through."""
        self.refusal = None
        self.lists = Lists()
        self.fates.clear()
        self.doubling = False
        self._moving.set()
        for link in self.links:
            kept, link.kept = link.kept, []
            for event in kept:
                link.tell(event)

    async def moving(self) -> None:
        await self._moving.wait()

    # --- telling -----------------------------------------------------------------------------------------------------

    async def list(self) -> SwitchListed:
        """The answer to a list, in the manner of the moment."""
        lists, asked = self.lists, clock()
        self.listed.append(asked)
        before = self._at(asked - lists.lag)
        await asyncio.sleep(lists.takes)
        await self.moving()
        if lists.silent:
            await asyncio.Event().wait()
        if lists.failing:
            raise LinkError("the list failed")
        legs = tuple(self.legs.values()) if lists.growing else before
        complete = not lists.missing
        return SwitchListed(SWITCH, asked - lists.lag, legs if complete else legs[: -lists.missing], complete)

    def _at(self, at: float) -> tuple[Leg, ...]:
        return next((legs for then, legs in reversed(self._past) if then <= at), ())

    def _remember(self) -> None:
        self._past.append((clock(), tuple(self.legs.values())))

    def _tell(self, event: Event) -> None:
        self._remember()
        for _ in range(2 if self.doubling else 1):
            self._deliver(event)

    def _deliver(self, event: Event) -> None:
        fate = self.fates.popleft() if self.fates else 0.0
        if fate is None:
            return
        for link in self.links:
            if not self._moving.is_set():
                link.kept.append(event)
            elif fate:
                # On its way, it arrives even if the link was given up meanwhile.
                asyncio.get_running_loop().call_later(fate, link.tell, event)
            else:
                link.tell(event)
