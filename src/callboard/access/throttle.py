"""Slowing down guessers: who fails too often from somewhere has to wait, each time twice as long."""

from collections import OrderedDict
from functools import lru_cache
from ipaddress import IPv6Address
from typing import NamedTuple

from callboard.access.settings import AccessSettings
from callboard.directory.addresses import read_host

__all__ = ["Throttle"]

_LIMIT = 20_000
_NAME_LENGTH = 100
_DISORDER = 60.0
"""Seconds that a request may be older than a failure that was noted before it: requests with passwords wait for their
turn to be checked, others do not. A clock that was set back by more must not make anybody wait for it to catch up."""


class _Failures(NamedTuple):
    times: int
    last: float
    until: float
    """When the wait is over."""


class Throttle:
    """Counts failures per login and address, and per address. Times are Unix seconds; memory is bounded.

    A login that is guessed at from one address is never locked out at another.
    """

    def __init__(self, settings: AccessSettings) -> None:
        self._settings = settings
        self._failures: OrderedDict[tuple[str, ...], _Failures] = OrderedDict()

    def wait(self, address: str, name: str, now: float) -> float:
        """How many seconds this login has to wait at this address; 0 if it may try."""
        if not self._failures:
            return 0.0
        return max(self._left(key, now) for key in _keys(address, name))

    def failed(self, address: str, name: str, now: float) -> None:
        """Note a failed sign-in."""
        settings = self._settings
        pair, place = _keys(address, name)
        self._count(pair, settings.free_failures, now)
        self._count(place, settings.free_failures_of_address, now)

    def succeeded(self, address: str, name: str) -> None:
        """Forget this login's failures at this address. Those of the address stay: one good login hides no guesser."""
        if self._failures:
            self._failures.pop(_keys(address, name)[0], None)

    def _left(self, key: tuple[str, ...], now: float) -> float:
        failures = self._known(key, now)
        return max(0.0, failures.until - now) if failures else 0.0

    def _known(self, key: tuple[str, ...], now: float) -> _Failures | None:
        failures = self._failures.get(key)
        return failures if failures and -_DISORDER <= now - failures.last <= self._settings.failures_kept else None

    def _count(self, key: tuple[str, ...], free: int, now: float) -> None:
        known = self._known(key, now)
        times = known.times + 1 if known else 1
        now = max(now, known.last) if known else now
        doublings = min(times - free - 1, 32)
        wait = min(self._settings.first_wait * 2.0**doublings, self._settings.longest_wait) if doublings >= 0 else 0.0
        self._failures[key] = _Failures(times, now, now + wait)
        self._failures.move_to_end(key)
        while len(self._failures) > _LIMIT:
            self._failures.popitem(last=False)


def _keys(address: str, name: str) -> tuple[tuple[str, str], tuple[str]]:
    place = _place(address[:_NAME_LENGTH])
    return (place, name[:_NAME_LENGTH]), (place,)


@lru_cache(maxsize=_LIMIT)
def _place(address: str) -> str:
    """What counts as one address: an IPv4 host, or the /64 that one IPv6 subscriber has to itself (RFC 6177)."""
    try:
        host = read_host(address)
    except ValueError:
        return address
    return f"{int(host) >> 64:x}::/64" if isinstance(host, IPv6Address) else str(host)
