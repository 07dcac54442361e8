"""Requests that may be sent again: with the same `Idempotency-Key` they are done once, and answered alike each time.

After draft-ietf-httpapi-idempotency-key-header: what was sent is compared too, so that a key that is used for something
else is found out. It is written down that a request came before it is carried out, and its reply before it is sent:
where the server stopped in between, the same request is not carried out again either.
"""

import asyncio
import hashlib
import logging
import re
from collections.abc import Callable
from typing import Protocol, TypeVar

from callboard.api.faults import BROKEN_OFF, KEY_REUSED, UNDER_WAY, problem
from callboard.api.route import Asked, Route
from callboard.calls.refusals import InvalidArgument
from callboard.http.values import Reply, Request
from callboard.storage.errors import StorageError
from callboard.storage.replies import KeptReply, ReplyName

__all__ = ["Book", "Forgetful", "Replies"]

_HEADER = "idempotency-key"
_KEY = re.compile(r"[\x21-\x7e]{1,128}")

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Book(Protocol):
    """Where replies are kept. Each method may wait for a disk, and may raise `StorageError`."""

    def claim(self, name: ReplyName, sent: bytes, now: float) -> KeptReply | None:
        """What is kept under a name. None if there is nothing: then it is written down that this was asked for."""

    def keep(self, name: ReplyName, reply: Reply) -> None:
        """Write the reply down to what was claimed."""

    def drop(self, name: ReplyName) -> None:
        """Forget what was claimed: nothing was done."""


class Forgetful:
    """Keeps nothing: what is sent again is done again."""

    def claim(self, name: ReplyName, sent: bytes, now: float) -> KeptReply | None:
        """None."""
        return None

    def keep(self, name: ReplyName, reply: Reply) -> None:
        """Nothing happens."""

    def drop(self, name: ReplyName) -> None:
        """Nothing happens."""


class Replies:
    """What was answered to requests with a key, by who asked and key. What failed is not kept: nothing was done.

    While the database cannot be used, requests are carried out all the same: a full disk is to keep nobody from ending
    calls.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self._under_way: set[ReplyName] = set()

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
        name = ReplyName(asked.principal.login, asked.principal.customer, key)
        if name in self._under_way:
            return problem(UNDER_WAY, "the same request is being answered: send it again in a moment")
        self._under_way.add(name)
        try:
            return await self._claimed(name, route, asked)
        finally:
            self._under_way.discard(name)

    async def _claimed(self, name: ReplyName, route: Route, asked: Asked) -> Reply:
        sent = _digest(asked.request)
        known = await _kept(lambda: self._book.claim(name, sent, asked.request.at))
        if known is None:
            return await self._first(name, route, asked)
        if known.sent != sent:
            return problem(KEY_REUSED, "this Idempotency-Key came with another request before: take a new one for each")
        if known.reply is None:
            return problem(
                BROKEN_OFF,
                "the server stopped while it answered this request: look what came of it (GET /v1/commands?call=, "
                "GET /v1/audit), and take a new Idempotency-Key if it is to be done again",
            )
        return known.reply

    async def _first(self, name: ReplyName, route: Route, asked: Asked) -> Reply:
        try:
            reply = await route.endpoint(asked)
        except Exception:
            await _kept(lambda: self._book.drop(name))
            raise
        # A reply of another status is a look: nothing was done.
        if reply.status == route.status and isinstance(reply.body, bytes):
            await _kept(lambda: self._book.keep(name, reply))
        else:
            await _kept(lambda: self._book.drop(name))
        return reply


async def _kept(work: Callable[[], T]) -> T | None:
    """Done in a thread, for it waits for the disk; None where that fails."""
    try:
        return await asyncio.to_thread(work)
    except StorageError as error:
        logger.warning("A request with an Idempotency-Key would be done twice if it came twice: %s", error)
        return None


def _digest(request: Request) -> bytes:
    """What was sent, but for its headers."""
    return hashlib.sha256(f"{request.method} {request.target}\n".encode() + request.body).digest()
