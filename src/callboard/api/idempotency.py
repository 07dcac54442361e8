"""Requests that may be sent again: with the same `Idempotency-Key` they are done once, and answered alike each time.

After draft-ietf-httpapi-idempotency-key-header: what was sent is compared too, so that a key that is used for something
else is found out. A reply is kept for a day, in memory.
"""

import hashlib
import re
from collections import OrderedDict
from http import HTTPStatus

import msgspec

from callboard.api.faults import KEY_REUSED, UNDER_WAY, problem
from callboard.api.route import Asked, Route
from callboard.calls.refusals import InvalidArgument
from callboard.http.values import Reply, Request

__all__ = ["KEEP", "MOST", "Replies"]

KEEP = 86_400.0
"""Seconds for which a reply is kept."""
MOST = 10_000
"""Replies that are kept at most; the oldest go first."""

_HEADER = "idempotency-key"
_KEY = re.compile(r"[\x21-\x7e]{1,128}")


_Name = tuple[str, int, str]
"""The login, the customer at which it stands, and the key."""


class _Kept(msgspec.Struct):
    """A request that was seen, and the reply to it once there is one."""

    sent: bytes
    at: float
    reply: Reply | None = None


class Replies:
    """What was answered to requests with a key, by who asked and key. What failed is not kept: nothing was done."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[_Name, _Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    async def once(self, route: Route, asked: Asked) -> Reply:
        """Answer a request, or answer as before. Raises the endpoint's refusals, and `InvalidArgument` for a key that
        is none.
        """
        key = asked.request.headers.get(_HEADER)
        if key is None or not route.once:
            return await route.endpoint(asked)
        if not _KEY.fullmatch(key):
            raise InvalidArgument("Idempotency-Key must be 1 to 128 printable ASCII characters", "Idempotency-Key")
        asked.desk.check(route.operation, asked.principal)
        self._forget(asked.request.at)
        name, sent = (asked.principal.login, asked.principal.customer, key), _digest(asked.request)
        known = self._kept.get(name)
        if known is None:
            return await self._first(name, _Kept(sent, asked.request.at), route, asked)
        if known.sent != sent:
            return problem(KEY_REUSED, "this Idempotency-Key came with another request before: take a new one for each")
        if known.reply is None:
            return problem(UNDER_WAY, "the same request is being answered: send it again in a moment")
        return known.reply

    async def _first(self, name: _Name, kept: _Kept, route: Route, asked: Asked) -> Reply:
        self._kept[name] = kept
        try:
            reply = await route.endpoint(asked)
            if reply.status < HTTPStatus.BAD_REQUEST and isinstance(reply.body, bytes):
                kept.reply = reply
            return reply
        finally:
            if kept.reply is None:
                self._kept.pop(name, None)

    def _forget(self, now: float) -> None:
        while self._kept:
            oldest = next(iter(self._kept.values()))
            if len(self._kept) <= self._most and now - oldest.at < KEEP:
                return
            self._kept.popitem(last=False)


def _digest(request: Request) -> bytes:
    """What was sent, but for its headers."""
    return hashlib.sha256(f"{request.method} {request.target}\n".encode() + request.body).digest()
