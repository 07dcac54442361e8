"""Draw the automaton of `callboard.calls.state` for the docs.

    python scripts/draw_states.py > docs/explanation/states.md

A test compares the page with what this prints, so the page cannot lie.
"""

import sys

from callboard.calls.state import JOINT, LEG, Signal, State

_HEAD = """# The states of a call

*This page is drawn from the tables in `src/callboard/calls/state.py` by `scripts/draw_states.py`.*

A call has legs: one on the caller's side, one or more on the callee's. The switch tells what happens to each leg, and
the automaton below moves it.

## A leg

A leg begins as `new`. Down: the state it is in; across: the signal that comes; where they meet: its next state. A
signal that has no place there is ignored and counted: late, doubled and reordered messages are normal on a network.
Losing a message must not lose a call, so each signal is taken from every earlier stage of set-up.

"""

_MIDDLE = """
## The call

The call's state follows from its two sides. Down: the caller's side; across: the callee's side. `none` is a side that
has no leg (yet). Where a side has several legs, the one that got furthest speaks for it; a leg on its way out speaks
only if it is the last.

"""


def name(state: State | None) -> str:
    """A state's name in the docs."""
    return "none" if state is None else state.name.lower()


def moves() -> list[str]:
    """What each signal makes of a leg in each state, as Markdown."""
    signals = [signal.name.lower() for signal in Signal]
    rows = [
        f"| **{name(state)}** | " + " | ".join(name(to[signal]) if signal in to else "" for signal in Signal) + " |"
        for state, to in LEG.items()
    ]
    return ["| | " + " | ".join(signals) + " |", "| --- " * (len(signals) + 1) + "|", *rows]


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
    return _HEAD + "\n".join(moves()) + "\n" + _MIDDLE + "\n".join(grid()) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
