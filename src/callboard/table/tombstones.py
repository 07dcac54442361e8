"""Tombstones: ids of ended legs, remembered a while, so that a late or doubled message makes no ghost."""

from collections import deque

from callboard.calls.legs import LegId

__all__ = ["Tombstones"]


class Tombstones:
    """The ids of legs that ended within the last `keep` seconds."""

    def __init__(self, keep: float) -> None:
        self._keep = keep
        self._ids: dict[LegId, float] = {}
        self._inferred: set[LegId] = set()
        self._queue: deque[tuple[float, LegId]] = deque()

    def __contains__(self, leg: LegId) -> bool:
        return leg in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def inferred(self, leg: LegId) -> bool:
        """Whether nobody told that it ended: a list lacked it. Another list may know better."""
        return leg in self._inferred

    def bury(self, leg: LegId, now: float, *, inferred: bool = False) -> None:
        """Remember that this leg is over."""
        if leg not in self._ids:
            self._ids[leg] = now
            self._queue.append((now, leg))
            if inferred:
                self._inferred.add(leg)
        elif not inferred:
            self._inferred.discard(leg)

    def exhume(self, leg: LegId) -> None:
        """Believe in this leg again."""
        self._ids.pop(leg, None)
        self._inferred.discard(leg)

    def set_clock(self, by: float) -> None:
        """Our clock was set `by` seconds forward."""
        self._ids = {leg: at + by for leg, at in self._ids.items()}
        self._queue = deque((at + by, leg) for at, leg in self._queue)

    def sweep(self, now: float) -> None:
        """Forget those that are older than `keep`."""
        while self._queue and self._queue[0][0] <= now - self._keep:
            buried, leg = self._queue.popleft()
            if self._ids.get(leg) == buried:
                self.exhume(leg)
