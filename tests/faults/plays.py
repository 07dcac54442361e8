"""Plays: what calls do on a switch, and what the world does to the link meanwhile, drawn at random."""

import asyncio
from collections import Counter
from itertools import count

import msgspec
from hypothesis import strategies as st

from callboard.calls.causes import Reason
from callboard.calls.commands import CommandId, HangUp
from callboard.calls.events import LegAnswered, LegDialing, LegEnded, LegHeld, LegResumed, LegRinging, Moved
from callboard.calls.legs import Call, CallKey, Leg, LegId, Side
from callboard.calls.state import State
from callboard.switches.clock import OurClock
from callboard.switches.keeper import LIST_SHARE, Keeper, KeeperSettings
from callboard.switches.link import LinkError
from callboard.switches.telling import Telling
from callboard.table.changes import Change, Kind
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.faults.switch import SWITCH, Lists, Switch
from tests.table.history import place
from tests.virtual_time import clock

__all__ = ["FIGURES", "Act", "Play", "Stage", "plays"]

SETTINGS = KeeperSettings(open_timeout=2.0, list_timeout=4.0, list_interval=10.0)
BACK_WITHIN = 5.0
"""Seconds from the moment that all is well until the table must be right."""
LONGEST_DELAY = 3.0
INFERRED = frozenset({Reason.MISSING, Reason.SWITCH_LOST})
"""Why a call is taken to be over although nobody told its end."""

FIGURES: Counter[str] = Counter()
"""What was tried, over all plays of this process."""


class Act(msgspec.Struct, frozen=True):
    """One thing that happens; `a` and `b` choose among what there is."""

    what: str
    a: int = 0
    b: int = 0
    seconds: float = 0.0
    fates: tuple[float | None, ...] = ()


class Play(msgspec.Struct, frozen=True):
    """What happens, what goes on happening while the link comes back, and how."""

    acts: tuple[Act, ...]
    comeback: tuple[Act, ...]
    lists: Lists
    """How lists are answered once all is well."""
    cut: bool
    """Whether the link is cut once more before all is well."""
    chance: float


_choice = st.integers(0, 20)
_calls = st.builds(
    Act,
    what=st.sampled_from(("begin", "begin", "move", "move", "move", "fork", "describe", "rename", "end", "hang_up")),
    a=_choice,
    b=_choice,
    seconds=st.sampled_from((0.0, 0.002, 0.01, 0.1, 0.5)),
)
_merges = st.builds(Act, what=st.just("join"), a=_choice, b=_choice)
_waits = st.builds(Act, what=st.just("wait"), seconds=st.sampled_from((0.05, 0.3, 1.0, 3.0, 12.0)))
_weather = st.builds(
    Act,
    what=st.just("storm"),
    fates=st.lists(st.none() | st.sampled_from((0.0, 0.02, 0.5, LONGEST_DELAY)), min_size=1, max_size=8).map(tuple),
)
_world = st.builds(
    Act,
    what=st.sampled_from(
        (
            *("cut", "cut", "refuse", "stall", "heal", "restart", "resync", "command", "double", "set_clock"),
            *("slow", "growing", "lagging", "failing", "silent", "incomplete"),
        )
    ),
    a=_choice,
    seconds=st.sampled_from((0.0, 0.02, 0.2, 1.0, 4.0)),
)
_act = st.one_of(_calls, _calls, _calls, _merges, _waits, _weather, _world, _world)
# Left to itself, a list is short most of the time, and what goes wrong needs several things to meet.
_acts = st.integers(0, 40).flatmap(lambda size: st.lists(_act, min_size=size, max_size=size))
_lists = st.builds(
    Lists, takes=st.sampled_from((0.0, 0.01, 0.1)), lag=st.sampled_from((0.0, 0.2, 1.0)), growing=st.booleans()
)


def plays() -> st.SearchStrategy[Play]:
    """Any play."""
    return st.builds(
        Play,
        acts=_acts.map(tuple),
        comeback=st.lists(_calls, max_size=12).map(tuple),
        lists=_lists,
        cut=st.booleans(),
        chance=st.floats(0.0, 1.0),
    )


class Stage:
    """A switch in memory, the real keeper over it, and the real table."""

    def __init__(self, chance: float) -> None:
        self.switch = Switch()
        blocks = count(1, 10_000)
        self.table = Table(place, Numbering(0, lambda size: next(blocks)), epoch=1)
        self.table.watch(self._watch)
        self.set_by = 0.0
        """Seconds that the machine's clock was set forward."""
        ours = OurClock(lambda: clock() + self.set_by, clock)
        self.telling = Telling(self.table, ours)
        self.keeper = Keeper(
            SWITCH, self.switch.make_link, self.telling.tell, self.telling.take_in, SETTINGS, ours.even, lambda: chance
        )
        self.wrongly_ended: list[Call] = []

    def _watch(self, change: Change) -> None:
        """A call that was told to be over is; one that is only taken to be over must not have a leg left."""
        if change.kind is Kind.ENDED and change.call.cause and change.call.cause.reason in INFERRED:
            native = change.call.key.native
            if any(leg.call == native for leg in self.switch.legs.values()):
                self.wrongly_ended.append(change.call)

    # --- the play ----------------------------------------------------------------------------------------------------

    async def act(self, play: Play) -> None:
        """Play it to its end, at which all is well and the table has had its list."""
        FIGURES["plays"] += 1
        self.keeper.start()
        for act in play.acts:
            await self._act(act)
        self.switch.heal()
        self.switch.lists = play.lists
        healed = clock()
        if play.cut:
            self.switch.cut()
        for act in play.comeback:
            await self._act(act)
        if play.cut:
            await asyncio.sleep(healed + BACK_WITHIN - clock())
        else:
            await self._until_listed()

    async def _until_listed(self) -> None:
        """Nothing tells that a link had been lying but the next list, once all that was under way has arrived."""
        await asyncio.sleep(LONGEST_DELAY)
        self.keeper.resync("the play is over")
        asked = clock()
        # A list that took long, if only because the network stood still, is followed by a pause ten times as long.
        longest = SETTINGS.list_timeout / LIST_SHARE + SETTINGS.list_interval
        while not self._listed_since(asked):
            assert clock() < asked + longest, "no list came"
            await asyncio.sleep(0.05)

    def _listed_since(self, at: float) -> bool:
        health = self.keeper.health()
        return health.up and health.last_list_at is not None and health.last_list_at >= at

    async def _act(self, act: Act) -> None:
        FIGURES[act.what] += 1
        getattr(self, f"_{act.what}")(act)
        # So that no two things happen at the very same moment.
        await asyncio.sleep(max(0.001, act.seconds))

    def _leg(self, number: int) -> Leg | None:
        legs = list(self.switch.legs.values())
        return legs[number % len(legs)] if legs else None

    def _begin(self, act: Act) -> None:
        self.switch.begin()

    def _move(self, act: Act) -> None:
        leg = self._leg(act.a)
        kinds: tuple[type[Moved], ...] = (LegDialing, LegRinging, LegAnswered, LegAnswered, LegHeld, LegResumed)
        if leg is not None:
            self.switch.move(leg.id, kinds[act.b % len(kinds)])

    def _fork(self, act: Act) -> None:
        leg = self._leg(act.a)
        if leg is not None:
            self.switch.begin(leg.call, Side.CALLEE, State.DIALING)

    def _describe(self, act: Act) -> None:
        leg = self._leg(act.a)
        if leg is not None:
            self.switch.describe(leg.id, media=f"127.0.0.{act.b + 1}")

    def _rename(self, act: Act) -> None:
        leg = self._leg(act.a)
        if leg is not None:
            self.switch.rename(leg.id)

    def _end(self, act: Act) -> None:
        leg = self._leg(act.a)
        if leg is not None:
            self.switch.move(leg.id, LegEnded)

    def _hang_up(self, act: Act) -> None:
        leg = self._leg(act.a)
        for other in [other.id for other in self.switch.legs.values() if leg is not None and other.call == leg.call]:
            self.switch.move(other, LegEnded)

    def _join(self, act: Act) -> None:
        leg, other = self._leg(act.a), self._leg(act.b)
        if leg is not None and other is not None and leg.call != other.call:
            self.switch.join(leg.call, other.call)

    def _wait(self, act: Act) -> None:
        pass

    def _storm(self, act: Act) -> None:
        self.switch.fates.extend(act.fates)

    def _double(self, act: Act) -> None:
        self.switch.doubling = not self.switch.doubling

    def _cut(self, act: Act) -> None:
        self.switch.cut()

    def _refuse(self, act: Act) -> None:
        self.switch.refusal = LinkError("connection refused")
        self.switch.cut()

    def _stall(self, act: Act) -> None:
        self.switch.stall()

    def _heal(self, act: Act) -> None:
        self.switch.heal()

    def _restart(self, act: Act) -> None:
        self.switch.restart()

    def _resync(self, act: Act) -> None:
        self.keeper.resync("the play says so")

    def _command(self, act: Act) -> None:
        leg = self._leg(act.a)
        if leg is not None:
            self.keeper.send(HangUp(CommandId("c-1"), CallKey(SWITCH, leg.call)))

    def _set_clock(self, act: Act) -> None:
        """Up to an hour forward or back."""
        self.set_by = 360.0 * (act.a - 10)

    def _slow(self, act: Act) -> None:
        self.switch.lists = Lists(takes=1.5)

    def _growing(self, act: Act) -> None:
        self.switch.lists = Lists(takes=1.5, growing=True)

    def _lagging(self, act: Act) -> None:
        self.switch.lists = Lists(lag=1.0)

    def _failing(self, act: Act) -> None:
        self.switch.lists = Lists(failing=True)

    def _silent(self, act: Act) -> None:
        self.switch.lists = Lists(silent=True)

    def _incomplete(self, act: Act) -> None:
        self.switch.lists = Lists(missing=act.a + 1)

    # --- the end -----------------------------------------------------------------------------------------------------

    def truth(self) -> dict[LegId, Leg]:
        """The switch's own legs."""
        return {leg.id: _on_time(leg, 0.0) for leg in self.switch.legs.values()}

    def listed(self) -> dict[LegId, Leg]:
        """The table's: those that are up, with their times as if our clock had never been set."""
        self.telling.check()
        return {
            leg.id: msgspec.structs.replace(_on_time(leg, self.set_by), call=call.key.native)
            for call in self.table.calls()
            for leg in call.legs
            if leg.state is not State.ENDED
        }


def _on_time(leg: Leg, set_by: float) -> Leg:
    """The leg without when it was told, its times less `set_by` and to the microsecond, as floats can tell."""
    times = {
        name: round(at - set_by, 6)
        for name in ("started_at", "progressed_at", "answered_at")
        if (at := getattr(leg, name)) is not None
    }
    return msgspec.structs.replace(leg, told_at=0.0, **times)
