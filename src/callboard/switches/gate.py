"""The gate between one link and the table: what it tells passes, waits, or comes too late."""

from collections import deque
from collections.abc import Callable, Iterator

from callboard.calls.events import Event, SwitchListed, SwitchLost, SwitchRestarted

__all__ = ["HELD_BACK", "Gate", "TakeIn", "Tell"]

HELD_BACK = 10_000
"""Events that may wait, some seconds' worth at a thousand a second. If there are more, the oldest are dropped and one
more list is taken.
"""

TOGETHER = 200
"""Events that waited and are let through at a time, which takes about a millisecond."""

Tell = Callable[[Event], None]
TakeIn = Callable[[SwitchListed | SwitchLost | SwitchRestarted], Iterator[None]]
"""What tells the table of all calls of a switch together, which may take long: step by step, as it is gone through."""


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
            self._waiting, self._spilled = deque(maxlen=HELD_BACK), False

    def release(self) -> Iterator[None]:
        """Let through what waits, so many at a time; what comes meanwhile waits behind, and nothing after that."""
        while self._waiting:
            for _ in range(min(TOGETHER, len(self._waiting))):
                self._through(self._waiting.popleft())
            yield
        self._waiting = None

    def spilled(self) -> bool:
        """Whether some of those that waited were dropped since it began to hold."""
        return self._spilled

    def shut(self) -> None:
        """Nothing goes through any more, and what waited is dropped. For good."""
        self._shut, self._waiting = True, None
