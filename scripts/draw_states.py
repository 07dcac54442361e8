"""Draw the automaton of `callboard.calls.state` for the docs.

    python scripts/draw_states.py > docs/explanation/states.md

A test compares the page with what this prints, so the page cannot lie.
"""

import sys

from callboard.calls.state import JOINT, LEG, Signal, State

_HEAD = """# The states of a call

*This page is drawn from the tables in `src/callboard/calls/state.py` by `scripts/draw_states.py`.*

A call has legs: one on the caller's side, one or more on the callee's. The switch tells what happens to each leg, and
the automaton below moves it. A signal that is not drawn for a state is ignored and counted: late, doubled and reordered
messages are normal on a network.

## A leg

```mermaid
stateDiagram-v2
    [*] --> new
"""

_MIDDLE = """```

Losing a message must not lose a call, so each signal is taken from every earlier stage of set-up: the arrows that skip
stages are left out of the drawing.

## The call

The call's state follows from its two sides. Down: the caller's side; across: the callee's side. `none` is a side that
has no leg (yet). Where a side has several legs, the one that got furthest speaks for it; a leg on its way out speaks
only if it is the last.

"""

_SETTING_UP = [state for state in State if state <= State.RINGING]


def name(state: State | None) -> str:
    """A state's name in the docs."""
    return "none" if state is None else state.name.lower()


def arrows() -> list[str]:
    """The diagram's arrows, without those that skip stages of set-up."""
    drawn = []
    for state, moves in LEG.items():
        for signal, to in moves.items():
            skips = state in _SETTING_UP and to in _SETTING_UP and to != state + 1
            if not skips:
                drawn.append(f"    {name(state)} --> {name(to)}: {_word(signal)}")
    return drawn


def _word(signal: Signal) -> str:
    return signal.name.lower()


def grid() -> list[str]:
    """The table of joint states as Markdown."""
    sides = list(JOINT)
    head = ["| | " + " | ".join(name(side) for side in sides) + " |", "| --- " * (len(sides) + 1) + "|"]
    rows = [
        f"| **{name(caller)}** | " + " | ".join(name(state) for state in row.values()) + " |"
        for caller, row in JOINT.items()
    ]
    return head + rows


def page() -> str:
    """The whole page."""
    return _HEAD + "\n".join([*arrows(), "    ended --> [*]"]) + "\n" + _MIDDLE + "\n".join(grid()) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
