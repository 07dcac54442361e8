"""True histories of calls for the table's tests: what a switch would tell, and what its list says at the end."""

import msgspec
from hypothesis import strategies as st

from callboard.calls.causes import Cause, Reason
from callboard.calls.events import (
    Event,
    LegAnswered,
    LegAuthenticating,
    LegDescribed,
    LegDialing,
    LegEnded,
    LegEnding,
    LegHeld,
    LegResumed,
    LegRinging,
    LegRouting,
    LegSeen,
    Moved,
    SwitchListed,
)
from callboard.calls.legs import Facts, Leg, LegId, Placement, Side
from callboard.calls.state import State
from callboard.table.folding import fold

SWITCH = "pbx"


class History(msgspec.Struct, frozen=True):
    """Every event in its true order, and the legs that are up at the end."""

    events: tuple[Event, ...]
    legs: tuple[Leg, ...]
    at: float

    def list(self, *, complete: bool = True) -> SwitchListed:
        """The switch's own full list at the end."""
        return SwitchListed(SWITCH, self.at, self.legs, complete)


def leg(native: str, call: str, side: Side, at: float, **more: object) -> Leg:
    """A new leg as a switch would show it."""
    fields: dict[str, object] = {"number": "801" if side is Side.CALLER else "812", **more}
    return Leg(id=LegId(SWITCH, native), call=call, side=side, started_at=at, **fields)  # type: ignore[arg-type]


def place(legs: tuple[Leg, ...]) -> Placement:
    """Placement by the caller's account alone; enough to see that it is asked."""
    accounts = [leg.facts.account for leg in legs if leg.side is Side.CALLER and leg.facts.account is not None]
    connections = [leg.facts.connection for leg in legs if leg.facts.connection is not None]
    account = accounts[0] if accounts else None
    return Placement(
        account=account,
        customer=None if account is None else account % 3 + 1,
        connection=connections[-1] if connections else None,
    )


_SIGNALS: dict[State, tuple[type[Moved], ...]] = {
    State.NEW: (LegAuthenticating, LegRouting, LegEnded),
    State.AUTHENTICATING: (LegRouting, LegEnded),
    State.ROUTING: (LegDialing, LegRinging, LegAnswered, LegEnded),
    State.DIALING: (LegRinging, LegAnswered, LegEnding, LegEnded),
    State.RINGING: (LegAnswered, LegEnding, LegEnded),
    State.ANSWERED: (LegHeld, LegEnding, LegEnded),
    State.HELD: (LegResumed, LegEnding, LegEnded),
    State.ENDING: (LegEnded,),
}


@st.composite
def histories(draw: st.DrawFn, calls: int = 4, steps: int = 24) -> History:
    """Some calls that begin, move, gain legs and end, in one true order of time."""
    at = 1000.0
    events: list[Event] = []
    legs: dict[LegId, Leg] = {}
    for name in range(draw(st.integers(1, calls))):
        caller = leg(f"{name}-a", str(name), Side.CALLER, at, dialed="812", facts=Facts(account=name + 3))
        legs[caller.id] = caller
        events.append(LegSeen(at, caller))
        at += 1
    made = 0
    for _ in range(draw(st.integers(0, steps))):
        live = sorted(legs)
        if not live:
            break
        known = legs[draw(st.sampled_from(live))]
        action = draw(st.sampled_from(["move", "move", "move", "describe", "fork"]))
        if action == "move":
            kind = draw(st.sampled_from(_SIGNALS[known.state]))
            event = LegEnded(known.id, at, Cause(Reason.BUSY, 486)) if kind is LegEnded else kind(known.id, at)
            events.append(event)
            moved = fold.moved(known, event)
            assert moved is not None
            legs[known.id] = moved
            if moved.state is State.ENDED:
                del legs[known.id]
        elif action == "describe":
            more = msgspec.structs.replace(known, media=f"127.0.0.{draw(st.integers(2, 9))}")
            events.append(LegDescribed(at, more))
            legs[known.id] = fold.described(known, more, at)
        else:
            facts = Facts(connection=draw(st.integers(1, 3)))
            callee = leg(f"{known.call}-b{made}", known.call, Side.CALLEE, at, state=State.DIALING, facts=facts)
            made += 1
            legs[callee.id] = callee
            events.append(LegSeen(at, callee))
        at += 1
    return History(tuple(events), tuple(legs.values()), at)


@st.composite
def weather(draw: st.DrawFn, history: History) -> list[Event]:
    """The history as a bad network delivers it: some events lost, some doubled, in any order."""
    indexes = st.sampled_from(range(len(history.events)))
    kept = draw(st.lists(indexes, max_size=2 * len(history.events)))
    return [history.events[index] for index in kept]
