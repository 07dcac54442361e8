"""The automaton of a call: one table for a leg, one for the two sides together. Nothing else moves state.

A **leg** is moved by what its switch tells (`LEG`: state -> signal -> next state). The **call**'s state is never
stored on its own but read from its legs' states (`JOINT`: caller side x callee side -> state).

A signal that has no entry for the present state is not an error: late, doubled and reordered messages are normal
weather on a network. The caller of `step` ignores it and counts it. Lost messages are normal too, so every signal is
accepted from every earlier stage of set-up: an answer whose ringing was lost still answers.
"""

from collections.abc import Sequence
from enum import IntEnum

__all__ = ["CONNECTED", "JOINT", "LEG", "LIVE", "Signal", "State", "furthest", "joint", "step"]


class State(IntEnum):
    """Where a leg or a call stands. The order is the order of a call's life."""

    NEW = 0
    """Received, processing begun."""
    AUTHENTICATING = 1
    """Credentials asked for or being checked."""
    ROUTING = 2
    """Authenticated, the route is not yet known."""
    DIALING = 3
    """Routed, the far end does not alert yet."""
    RINGING = 4
    """The far end alerts."""
    ANSWERED = 5
    """Connected."""
    HELD = 6
    """Connected and on hold."""
    ENDING = 7
    """A disconnect was asked for or is under way."""
    ENDED = 8
    """Over. It lingers a short while for late messages."""


class Signal(IntEnum):
    """What can happen to a leg, as far as its state goes."""

    AUTHENTICATE = 1
    ROUTE = 2
    DIAL = 3
    RING = 4
    ANSWER = 5
    HOLD = 6
    RESUME = 7
    DISCONNECT = 8
    END = 9


_SETTING_UP = (State.NEW, State.AUTHENTICATING, State.ROUTING, State.DIALING, State.RINGING)
_FORWARD = {
    Signal.AUTHENTICATE: State.AUTHENTICATING,
    Signal.ROUTE: State.ROUTING,
    Signal.DIAL: State.DIALING,
    Signal.RING: State.RINGING,
}

LEG: dict[State, dict[Signal, State]] = {
    **{
        state: {
            **{signal: to for signal, to in _FORWARD.items() if to > state},
            Signal.ANSWER: State.ANSWERED,
            Signal.DISCONNECT: State.ENDING,
            Signal.END: State.ENDED,
        }
        for state in _SETTING_UP
    },
    State.ANSWERED: {Signal.HOLD: State.HELD, Signal.DISCONNECT: State.ENDING, Signal.END: State.ENDED},
    State.HELD: {Signal.RESUME: State.ANSWERED, Signal.DISCONNECT: State.ENDING, Signal.END: State.ENDED},
    State.ENDING: {Signal.END: State.ENDED},
    State.ENDED: {},
}
"""Leg state -> signal -> next leg state. What is not here is ignored."""

_LETTER = {
    "n": State.NEW,
    "u": State.AUTHENTICATING,
    "r": State.ROUTING,
    "d": State.DIALING,
    "g": State.RINGING,
    "a": State.ANSWERED,
    "h": State.HELD,
    "e": State.ENDING,
    "-": State.ENDED,
}

# Rows: the caller's side; columns: the callee's side; letters as in `_LETTER`; "none" is a side with no leg yet.
# A call is answered when both sides are (a lone answered leg talks to the switch itself: voicemail, a conference).
# It is held when either side is, ending when either side is ending or gone, ended when both are gone.
_GRID = """
                 none new auth rout dial ring answ held endg ended
none              n    n   u    r    d    g    a    h    e    -
new               n    n   u    r    d    g    g    g    e    n
authenticating    u    u   u    r    d    g    g    g    e    u
routing           r    r   r    r    d    g    g    g    e    r
dialing           d    d   d    d    d    g    g    g    e    d
ringing           g    g   g    g    g    g    g    g    e    g
answered          a    d   d    d    d    g    a    h    e    e
held              h    d   d    d    d    g    h    h    e    e
ending            e    e   e    e    e    e    e    e    e    e
ended             -    e   e    e    e    e    e    e    e    -
"""


def _read_grid(grid: str) -> dict[State | None, dict[State | None, State]]:
    sides: list[State | None] = [None, *State]
    rows = [line.split()[1:] for line in grid.strip().splitlines()[1:]]
    return {
        caller: {callee: _LETTER[letter] for callee, letter in zip(sides, row, strict=True)}
        for caller, row in zip(sides, rows, strict=True)
    }


JOINT: dict[State | None, dict[State | None, State]] = _read_grid(_GRID)
"""Caller side's state -> callee side's state -> the call's state. `None` is a side that has no leg."""

_WEIGHT = {State.ENDED: -2, State.ENDING: -1, **{state: int(state) for state in State if state < State.ENDING}}

LIVE = frozenset(State) - {State.ENDED}
"""The states of a call that is up, in whatever stage."""

CONNECTED = frozenset({State.ANSWERED, State.HELD})
"""The states in which the parties are connected."""


def step(state: State, signal: Signal) -> State | None:
    """Where `signal` takes a leg that is in `state`; None if it does not fit there and is to be ignored."""
    return LEG[state].get(signal)


def furthest(states: Sequence[State]) -> State | None:
    """The state that speaks for a side with several legs (forks): that of the leg which got furthest.

    A leg on its way out speaks only if no other leg is left, so that a losing fork does not hide the winner.
    None is a side without legs.
    """
    if len(states) < 2:
        return states[0] if states else None
    return max(states, key=_WEIGHT.__getitem__)


def joint(caller: Sequence[State], callee: Sequence[State]) -> State:
    """The call's state, from the states of the legs on its two sides."""
    return JOINT[furthest(caller)][furthest(callee)]
