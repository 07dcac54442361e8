"""Streams: a listing that is kept up to date at the client's pace, for SSE and WebSocket alike."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from callboard.access.rights import Principal
from callboard.api.frames import Look, Message, Shape, behind, error, heartbeat, look_of, resumed
from callboard.calls.refusals import Conflict, Refusal
from callboard.operations.desk import Desk
from callboard.operations.list_calls import ListCalls
from callboard.operations.watch import WATCH_CALLS, Watch, Why
from callboard.table.changes import Revision
from callboard.table.feeds import Step

__all__ = ["HEARTBEAT", "Session", "Wish"]

HEARTBEAT = 15.0
"""Seconds between two heartbeats."""

GATHER = 0.5
"""Seconds after which what waits for a client's next batch is taken in, so that waiting is not falling behind."""

TOGETHER = 100
"""Messages of one change each that are sent at once."""

Messages = tuple[Message, ...]


class Wish(NamedTuple):
    """What a client wants to see, and how often."""

    arguments: ListCalls
    shape: Shape
    rate: float
    """The most batches a second; 0: every change by itself."""
    since: Revision | None = None
    """Up to where the client has everything; None: it has nothing."""


class Session:
    """One client's stream. It may wish for something else while it lasts."""

    def __init__(self, desk: Desk, principal: Principal, wish: Wish, now: float) -> None:
        """Raises the refusals of `calls.watch`, and `Conflict` where the login has too many streams open."""
        most = desk.access.settings.streams_per_login
        if desk.streams[principal.login] >= most:
            raise Conflict(f"{principal.login} has {most} streams open, which is the most: close one first")
        self._desk = desk
        self._wish = wish
        self._watch: Watch = desk.perform(WATCH_CALLS, principal, wish.arguments, now)
        self._look: Look | None = None
        self._next: Wish | Refusal | None = None
        self._bell: Callable[[], None] = _silence
        self._earliest = 0.0
        self._beat = 0.0

    def turn_to(self, wish: Wish | Refusal) -> None:
        """Show something else from now on. A refusal ends the stream."""
        self._next = wish
        self._bell()

    async def messages(self) -> AsyncGenerator[Messages, None]:
        """The messages, some at a time. The last one is an error where the principal may not see this any more."""
        login = self._watch.principal.login
        self._desk.streams[login] += 1
        try:
            told: Iterator[Messages] = self._begin()
            while True:
                for messages in told:
                    yield messages
                await self._pause()
                told = self._tell()
        except Refusal as refusal:
            yield (error(refusal),)
        finally:
            self._watch.close()
            self._desk.streams[login] -= 1
            if not self._desk.streams[login]:
                del self._desk.streams[login]

    # --- what is told ------------------------------------------------------------------------------------------------

    def _seen(self) -> Look:
        """How calls look to the client now. It is held, for those who see them alike to find it."""
        self._look = look_of(self._watch, self._wish.shape)
        return self._look

    def _begin(self) -> Iterator[Messages]:
        since = self._wish.since
        if since is None:
            return self._anew(Why.NEW)
        why = self._watch.resume(since, time.time())
        self._beat = _clock() + HEARTBEAT
        return iter([(resumed(since),)]) if why is None else self._anew(why)

    def _anew(self, why: Why) -> Iterator[Messages]:
        """A snapshot, rendered while it is sent."""
        self._desk.feeds.snapshots[why.value] += 1
        if why is Why.BEHIND:
            yield (behind(),)
        now = time.time()
        snapshot = self._watch.begin(now)
        for message in self._seen().snapshot(snapshot, why, now):
            yield (message,)
        yield (heartbeat(snapshot.revision, time.time()),)
        self._beat = _clock() + HEARTBEAT

    def _tell(self) -> Iterator[Messages]:
        """What there is to tell now."""
        if self._next is not None:
            return self._turn()
        now = time.time()
        news = self._watch.news(now)
        if isinstance(news, Why):
            return self._anew(news)
        return self._news(news, now)

    def _turn(self) -> Iterator[Messages]:
        wish, self._next = self._next, None
        if isinstance(wish, Refusal):
            raise wish
        if wish is not None:
            watch = self._desk.perform(WATCH_CALLS, self._watch.principal, wish.arguments, time.time())
            self._watch.close()
            self._wish, self._watch, self._earliest = wish, watch, 0.0
        return self._begin()

    def _news(self, steps: Sequence[Step], now: float) -> Iterator[Messages]:
        revision = self._watch.revision
        if steps:
            yield from self._changes(steps, revision, now)
            self._earliest = _clock() + (1 / self._wish.rate if self._wish.rate else 0.0)
        if _clock() >= self._beat:
            self._beat = _clock() + HEARTBEAT
            yield (heartbeat(revision, now),)

    def _changes(self, steps: Sequence[Step], revision: Revision, now: float) -> Iterator[Messages]:
        if not self._wish.rate:
            each = self._seen().each(steps, revision, now)
            while together := tuple(islice(each, TOGETHER)):
                yield together
        elif batch := self._seen().batch(steps, revision, now):
            yield (batch,)

    # --- when --------------------------------------------------------------------------------------------------------

    async def _pause(self) -> None:
        """Wait until there is something to tell and the client wants to hear it."""
        while self._next is None:
            now = _clock()
            if self._watch.waiting:
                if now >= self._earliest:
                    return
                await self._wait(min(self._earliest, now + GATHER))
                if _clock() < self._earliest:
                    self._watch.gather()
            elif now >= self._until():
                return
            else:
                await self._wait(self._until(), for_news=True)

    def _until(self) -> float:
        """When something is to be told even if nothing happens: the heartbeat, or that the token's time is over."""
        expires_at = self._watch.principal.expires_at
        return self._beat if expires_at is None else min(self._beat, _clock() + expires_at - time.time())

    async def _wait(self, until: float, *, for_news: bool = False) -> None:
        loop = asyncio.get_running_loop()
        woken = loop.create_future()

        def wake() -> None:
            if not woken.done():
                woken.set_result(None)

        self._bell = wake
        timer = loop.call_at(until, wake)
        if for_news:
            self._watch.ring(wake)
        try:
            await woken
        finally:
            timer.cancel()
            self._watch.unring(wake)
            self._bell = _silence


def _clock() -> float:
    return asyncio.get_running_loop().time()


def _silence() -> None:
    """Nobody waits."""
