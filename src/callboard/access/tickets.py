"""Tickets: what stands in for credentials once, for a moment, where a browser cannot send any."""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

from callboard.access.rights import Principal

__all__ = ["LIFETIME", "Tickets"]

LIFETIME = 30.0
"""Seconds for which a ticket is good."""

MOST = 10_000
"""Tickets at once. Where more are asked for, the oldest are void."""

_BYTES = 24


class _Ticket(NamedTuple):
    principal: Principal
    expires_at: float


class Tickets:
    """Tickets that were given out and not used yet; only their hashes are kept."""

    def __init__(self) -> None:
        self._tickets: dict[bytes, _Ticket] = {}

    def __len__(self) -> int:
        return len(self._tickets)

    def issue(self, principal: Principal, entropy: Callable[[int], bytes], now: float) -> str:
        """A ticket with which one request is the principal's. `entropy` gives so many random bytes."""
        while self._tickets and (len(self._tickets) >= MOST or self._oldest().expires_at <= now):
            del self._tickets[next(iter(self._tickets))]
        text = entropy(_BYTES).hex()
        self._tickets[_hash(text)] = _Ticket(principal, now + LIFETIME)
        return text

    def _oldest(self) -> _Ticket:
        return next(iter(self._tickets.values()))

    def redeem(self, text: str, now: float) -> Principal | None:
        """Whose ticket it is; None if it was used or is too old, or is none. It is void from here on."""
        ticket = self._tickets.pop(_hash(text), None)
        return ticket.principal if ticket is not None and now < ticket.expires_at else None


def _hash(text: str) -> bytes:
    """Looked up by the hash, so that the time which that takes tells nothing of a ticket."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
