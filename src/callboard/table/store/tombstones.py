"""Tombstones: ids of ended legs, remembered a while, so that a late or doubled message makes no ghost."""

from collections.abc import Callable, Iterator
from itertools import islice

from callboard.calls.legs import LegId

__all__ = ["SOME", "Tombstones"]

SOME = 1_000
"""Ids that are forgotten at a time: less than a millisecond."""


class Tombstones:
    """The ids of legs that ended within the last `keep` seconds."""

    def __init__(self, keep: float) -> None:
        self._keep = keep
        self._ids: dict[LegId, float] = {}
        """When each was buried; the oldest come first."""
        self._inferred: set[LegId] = set()

    def __contains__(self, leg: LegId) -> bool:
        return leg in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def inferred(self, leg: LegId) -> bool:
        """Whether nobody told that it ended: a list lacked it. Another list may know better."""
        return leg in self._inferred

    def bury(self, leg: LegId, now: float, *, inferred: bool = False) -> None:
        """Remember that this leg is over."""
        if inferred and leg not in self._ids:
            self._inferred.add(leg)
        elif not inferred and self._inferred:
            self._inferred.discard(leg)
        self._ids.setdefault(leg, now)

    def exhume(self, leg: LegId) -> None:
        """Believe in this leg again."""
        self._ids.pop(leg, None)
        self._inferred.discard(leg)

    def set_clock(self, by: float) -> None:
        """Our clock was set `by` seconds forward."""
        self._ids = {leg: at + by for leg, at in self._ids.items()}

    def sweep(self, clock: Callable[[], float]) -> Iterator[int]:
        """Forget those that are older than `keep`, some at a time; says each time how many those were."""
        while old := self._oldest(clock() - self._keep):
            for leg in old:
                del self._ids[leg]
            self._inferred.difference_update(old)
            yield len(old)

    def _oldest(self, until: float) -> list[LegId]:
        """The oldest, if they were buried by then."""
        return [leg for leg, buried in islice(self._ids.items(), SOME) if buried <= until]
