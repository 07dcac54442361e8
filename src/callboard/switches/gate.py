"""The gate between one link and the table: what it tells passes, waits, or comes too late."""

from collections import deque
from collections.abc import Callable

from callboard.calls.events import Event

__all__ = ["HELD_BACK", "Gate", "Tell"]

HELD_BACK = 10_000
"""Events that may wait, some seconds' worth at a thousand a second. If there are more, the oldest are dropped and one
more list is taken.
"""

Tell = Callable[[Event], None]


class Gate:
    """Between one link and the table: shut once the link is given up; what comes while it holds waits in order."""

    def __init__(self, through: Tell, late: Tell) -> None:
        """`through` takes what is let through, `late` what comes when the gate is shut. A new gate holds."""
        self._through = through
        self._late = late
        self._waiting: deque[Event] | None = deque(maxlen=HELD_BACK)
        self._spilled = False
        self._shut = False

    def pass_on(self, event: Event) -> None:
        """What the link tells."""
        if self._shut:
            self._late(event)
        elif self._waiting is None:
            self._through(event)
        else:
            self._spilled |= len(self._waiting) == HELD_BACK
            self._waiting.append(event)

    def hold(self) -> None:
        """Let everything wait from now on."""
        if self._waiting is None:
            self._waiting = deque(maxlen=HELD_BACK)

    def release(self) -> bool:
        """Let through what waited; returns whether all of it was still there."""
        waiting, self._waiting = self._waiting, None
        spilled, self._spilled = self._spilled, False
        for event in waiting or ():
            self._through(event)
        return not spilled

    def shut(self) -> None:
        """Nothing goes through any more, and what waited is dropped. For good."""
        self._shut, self._waiting = True, None
