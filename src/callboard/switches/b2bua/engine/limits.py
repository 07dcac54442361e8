"""How much of something one source may do: a bucket of tokens for each, in bounded memory."""

from collections import OrderedDict

__all__ = ["Allowance"]


class Allowance:
    """`rate` a second and `burst` at once for each source; the `sources` heard last are remembered."""

    def __init__(self, rate: float, burst: float, sources: int = 4096) -> None:
        self._rate = rate
        self._burst = burst
        self._sources = sources
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, source: str, now: float) -> bool:
        """Use one token of `source`. False if it has none left. `now` is in seconds on any steady clock."""
        tokens, at = self._buckets.pop(source, (self._burst, now))
        tokens = min(self._burst, tokens + (now - at) * self._rate)
        allowed = tokens >= 1.0
        self._buckets[source] = (tokens - 1.0 if allowed else tokens, now)
        if len(self._buckets) > self._sources:
            self._buckets.popitem(last=False)
        return allowed
