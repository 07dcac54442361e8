"""Clocks that differ: a switch's from ours, learned from the messages that arrive, and ours from what it was set to."""

import sys
import time
from collections.abc import Callable

__all__ = ["BACK", "BACK_AGAIN", "JUMP", "NO_SKEW", "WINDOW", "OurClock", "SwitchClock", "since_boot"]

JUMP = 0.05
"""Seconds by which the machine's clock must have moved at once to have been set. Less is what reading two clocks one
after the other makes of it; a clock that is corrected little by little takes the count since boot with it.
"""

NO_SKEW = 0.1
"""Seconds of difference that count as delay on the way and not as a wrong clock: two machines that keep their time by
NTP differ by less, and on one machine there is one clock.
"""
WINDOW = 60.0
"""Seconds for which the quickest message speaks. A clock that is set back by less than `BACK` is believed after two
windows at the latest, one that is set forward at once.
"""
BACK = 1.0
"""Seconds by which an event must be older than the newest for the clock to seem set back: one connection brings what
happens nearly in its order.
"""
BACK_AGAIN = 3
"""Such events in a row that make it so. A single one may just have been kept on its way."""


class SwitchClock:
    """Turns a switch's times into ours. All times are Unix seconds.

    A message arrives as late as it is under way, so that receipt less the switch's time is the offset between the
    clocks and a delay, which is never negative. The smallest that was seen of late is the best estimate of the offset.

    Of two events in the order of the switch's clock the later one never gets the earlier time, and no event gets a
    time after its receipt. So no length of time is negative.
    """

    def __init__(self) -> None:
        self._least: float | None = None
        self._least_before: float | None = None
        self._offset = 0.0
        self._window_began = 0.0
        self._newest: tuple[float, float] | None = None
        self._older = 0

    @property
    def offset(self) -> float:
        """Seconds to add to the switch's time to have ours; 0.0 while nothing is known."""
        return self._offset

    @property
    def ahead(self) -> float | None:
        """Seconds by which the switch's clock is ahead of ours; None while nothing is known."""
        return None if self._least is None and self._least_before is None else 0.0 - self._offset

    def ours(self, at: float) -> float:
        """A time of the switch that lies back, such as the start of a listed call, on our clock."""
        return at + self._offset

    def heard(self, at: float, received: float) -> float:
        """When an event happened on our clock: the switch says `at`, and it arrived when ours said `received`."""
        if self._nothing_new(at, received):
            self._older = 0
            return self._in_order(at, received)
        if self._set_back(at):
            self._least = self._least_before = self._newest = None
            self._estimate()
        before = self._offset
        self._learn(received - at, received)
        offset = self._offset
        if offset > before:
            # The switch's clock was set back, or ours forward: what was the newest does not bind what comes.
            self._newest = None
        ours = min(at + offset, received)
        if self._newest is not None and at < self._newest[0]:
            return min(ours, self._newest[1])
        return self._in_order(at, received)

    def _nothing_new(self, at: float, received: float) -> bool:
        """Whether an event comes in its order and tells nothing of the clocks, as nearly all do."""
        if self._newest is None or self._least is None or at < self._newest[0]:
            return False
        return received - at >= self._least and 0.0 <= received - self._window_began < WINDOW

    def _in_order(self, at: float, received: float) -> float:
        """When the newest event of all happened on our clock."""
        ours = at + self._offset
        if self._newest is not None and ours < self._newest[1]:
            ours = self._newest[1]
        if received < ours:
            ours = received
        self._newest = at, ours
        return ours

    def _set_back(self, at: float) -> bool:
        older = self._newest is not None and at < self._newest[0] - BACK
        self._older = self._older + 1 if older else 0
        return self._older == BACK_AGAIN

    def _learn(self, difference: float, received: float) -> None:
        if not 0.0 <= received - self._window_began < WINDOW:
            stale = not 0.0 <= received - self._window_began < 2 * WINDOW
            self._least_before = None if stale else self._least
            self._least = None
            self._window_began = received
        if self._least is None or difference < self._least:
            self._least = difference
            self._estimate()

    def _estimate(self) -> None:
        """Find the offset from the smallest differences; 0.0 while there are none."""
        known = [least for least in (self._least, self._least_before) if least is not None]
        least = min(known, default=0.0)
        self._offset = 0.0 if 0.0 <= least < NO_SKEW else least


def since_boot() -> float:
    """Seconds that went by, those that the machine slept included where the system counts them; nobody can set it."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class OurClock:
    """Unix time that goes on evenly whatever the machine's clock is set to, and how far the two have come apart.

    The links tell the order of events by it: by a clock that was set back, nothing new would ever be the newest.
    """

    def __init__(self, wall: Callable[[], float] = time.time, count: Callable[[], float] = since_boot) -> None:
        self.wall = wall
        self._count = count
        self._began = wall() - count()
        self._set_by = 0.0

    def even(self) -> float:
        """Now, as if the machine's clock had never been set since this one was made."""
        return self._began + self._count()

    def set_by(self) -> float:
        """Seconds to add to `even` to have the machine's time; 0.0 until its clock is set."""
        apart = self.wall() - self.even()
        if abs(apart - self._set_by) > JUMP:
            self._set_by = apart
        return self._set_by
