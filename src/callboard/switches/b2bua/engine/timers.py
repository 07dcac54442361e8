"""Timers of the engine's one thread: a heap of deadlines on the monotonic clock."""

import heapq
import itertools
from collections.abc import Callable
from typing import Any

from callboard.switches.b2bua.engine.faults import Faults

__all__ = ["Timer", "Timers"]

_MIN_WASTE = 1024
"""Cancelled timers are swept out of the heap when they are more than this and more than half of it."""


class Timer:
    """A call to be made later, until it is cancelled."""

    __slots__ = ("_action", "_arguments", "_timers")

    def __init__(self, timers: "Timers", action: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        self._timers = timers
        self._action: Callable[..., object] | None = action
        self._arguments = arguments

    def cancel(self) -> None:
        """Forget the call. Harmless when it was made or cancelled already."""
        if self._action is not None:
            self._action = None
            self._arguments = ()
            self._timers.wasted += 1

    @property
    def live(self) -> bool:
        """Whether the call is still to be made."""
        return self._action is not None

    def fire(self) -> None:
        """Make the call, once."""
        action, arguments = self._action, self._arguments
        self._action = None
        self._arguments = ()
        if action is not None:
            action(*arguments)


class Timers:
    """Every timer of the engine. `wasted` counts the cancelled ones still in the heap."""

    def __init__(self, faults: Faults, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.wasted = 0
        self._faults = faults
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()

    def after(self, seconds: float, action: Callable[..., object], *arguments: Any) -> Timer:
        """Call `action(*arguments)` in `seconds`."""
        timer = Timer(self, action, arguments)
        heapq.heappush(self._heap, (self.clock() + seconds, next(self._order), timer))
        return timer

    def run_due(self) -> float | None:
        """Make every call that is due. Returns the seconds until the next one, None if there is none."""
        now = self.clock()
        heap = self._heap
        while heap and (heap[0][0] <= now or not heap[0][2].live):
            timer = heapq.heappop(heap)[2]
            if timer.live:
                with self._faults.contained("a timer"):
                    timer.fire()
            else:
                self.wasted -= 1
        self._sweep()
        return max(0.0, heap[0][0] - self.clock()) if heap else None

    def _sweep(self) -> None:
        if self.wasted > _MIN_WASTE and self.wasted * 2 > len(self._heap):
            self._heap[:] = [entry for entry in self._heap if entry[2].live]
            heapq.heapify(self._heap)
            self.wasted = 0
