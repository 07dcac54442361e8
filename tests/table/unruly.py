"""What switches might tell in no order at all: legs of any side and state, renamed, re-sided, listed, lost.

Drawn from a seed rather than by hypothesis, which would take most of its time to draw legs that meet no other.
"""

from collections.abc import Callable
from random import Random

from callboard.calls.causes import Cause, Reason
from callboard.calls.events import (
    MOVES,
    Event,
    LegDescribed,
    LegEnded,
    LegRenamed,
    LegSeen,
    SwitchListed,
    SwitchLost,
    SwitchRestarted,
    SwitchUp,
)
from callboard.calls.legs import Facts, Leg, LegId, Side
from callboard.calls.state import State

__all__ = ["Steps", "happenings"]

Steps = list[tuple[float, Event]]
"""Events, each so many seconds after the one before it: rows leave after 5, tombstones after 120."""

_SWITCHES = ("pbx", "pbx", "pbx", "pbx", "other")
_NATIVES = "abc"
_STATES = (*State, *[State.NEW] * 4, *[State.DIALING] * 4, *[State.ANSWERED] * 4)


class _Drawing:
    """Draws events from one source of chance."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._one_of = chance.choice

    def id(self) -> LegId:
        return LegId(self._one_of(_SWITCHES), self._one_of(_NATIVES))

    def at(self) -> float:
        return float(self._chance.randrange(40))

    def _text(self) -> str:
        return self._one_of(("", "801", "812"))

    def leg(self, leg_id: LegId) -> Leg:
        """Anything; mostly `a` calls, `b` and `c` are called, and all of it is one call."""
        calling = (leg_id.native == "a") is (self._chance.random() < 0.75)
        return Leg(
            id=leg_id,
            call=self._one_of("xxxxxy"),
            side=Side.CALLER if calling else Side.CALLEE,
            state=self._one_of(_STATES),
            number=self._text(),
            name=self._text(),
            dialed=self._text(),
            media=self._text(),
            sip_call_id=self._text(),
            facts=Facts(account=self._one_of((None, 3, 4)), connection=self._one_of((None, 1))),
            started_at=self.at(),
            progressed_at=self._one_of((None, None, None, 5.0, 25.0)),
            answered_at=self._one_of((None, None, None, 15.0, 35.0)),
        )

    def seen(self) -> Event:
        return LegSeen(self.at(), self.leg(self.id()))

    def described(self) -> Event:
        return LegDescribed(self.at(), self.leg(self.id()))

    def moved(self) -> Event:
        return self._one_of(MOVES[:-1])(self.id(), self.at())

    def ended(self) -> Event:
        return LegEnded(self.id(), self.at(), self._one_of((Cause(Reason.BUSY, 486), Cause(Reason.NORMAL))))

    def renamed(self) -> Event:
        switch, (old, new) = self._one_of(_SWITCHES), self._chance.sample(_NATIVES, 2)
        return LegRenamed(self.at(), LegId(switch, old), LegId(switch, new))

    def listed(self) -> Event:
        switch = self._one_of(_SWITCHES)
        natives = self._chance.sample(_NATIVES, self._chance.randrange(4))
        legs = tuple(self.leg(LegId(switch, native)) for native in natives)
        return SwitchListed(switch, self.at(), legs, self._one_of((True, False)))

    def linked(self) -> Event:
        switch, at = self._one_of(_SWITCHES), self.at()
        return self._one_of((SwitchLost(switch, at, "gone"), SwitchUp(switch, at), SwitchRestarted(switch, at, "new")))


def happenings(seed: int) -> Steps:
    """Up to sixty events; the same for the same seed."""
    chance = Random(seed)
    draw = _Drawing(chance)
    usual: list[Callable[[], Event]] = [*[draw.seen] * 6, *[draw.moved] * 10, *[draw.ended] * 2]
    kinds = [*usual, draw.described, draw.renamed, draw.listed, draw.linked, draw.linked]
    waits = (0.0, 0.1, 3.0, 130.0)
    return [(chance.choice(waits), chance.choice(kinds)()) for _ in range(chance.randrange(60))]
