"""Streams: a listing that is kept up to date at the client's pace, for SSE and WebSocket alike."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from callboard.access.rights import Principal
from callboard.api.frames import Look, Message, Shape, behind, error, heartbeat, look_of, resumed, shown
from callboard.api.rounds import TOGETHER, Follower, Written, round_of
from callboard.api.turns import turn
from callboard.calls.refusals import Conflict, Refusal
from callboard.http.values import Line
from callboard.operations.desk import Desk
from callboard.operations.list_calls import ListCalls
from callboard.operations.watch import WATCH_CALLS, Watch, Why
from callboard.table.changes import Revision
from callboard.table.following.steps import Step

__all__ = ["Session", "Wish"]

HEAVY = 1 << 15
"""Bytes that take long enough to make for others to have their turn before the next ones."""

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

    def __init__(self, desk: Desk, principal: Principal, wish: Wish, now: float, written: Written) -> None:
        """Raises the refusals of `calls.watch`, and `Conflict` where the login has too many streams open."""
        most = desk.access.settings.streams_per_login
        if desk.streams[principal.login] >= most:
            raise Conflict(f"{principal.login} has {most} streams open, which is the most: close one first")
        self._desk = desk
        self._wish = wish
        self._written = written
        self._watch: Watch = desk.perform(WATCH_CALLS, principal, wish.arguments, now)
        self._look: Look | None = None
        self._line: Line | None = None
        self._follower: Follower | None = None
        self._next: Wish | Refusal | None = None

    def take_line(self, line: Line) -> None:
        """Be told along with others over this line, from the snapshot on."""
        self._line = line

    def turn_to(self, wish: Wish | Refusal) -> None:
        """Show something else from now on. A refusal ends the stream."""
        self._next = wish
        if self._follower is not None:
            self._follower.leave()

    async def blocks(self) -> AsyncGenerator[tuple[bytes, ...], None]:
        """What is for this client alone, some at a time; what others are told too goes over the line, if there is one.

        The last is an error where the principal may not see this any more.
        """
        login = self._watch.principal.login
        self._desk.streams[login] += 1
        try:
            await turn()
            told: Iterator[Messages] = self._begin()
            while True:
                for messages in told:
                    blocks = self._written(messages)
                    yield blocks
                    if sum(map(len, blocks)) > HEAVY:
                        await turn()
                    why = self._watch.look_again(time.time())
                    if why is not None:
                        told = self._anew(why)
                        break
                else:
                    await self._follow()
                    await turn()
                    told = self._tell()
        except Refusal as refusal:
            yield self._written((error(refusal),))
        finally:
            self._watch.close()
            self._desk.streams[login] -= 1
            if not self._desk.streams[login]:
                del self._desk.streams[login]

    async def _follow(self) -> None:
        """Be told along with others, until there is something to tell to this client alone."""
        reader = self._watch.reader
        if self._next is not None or reader is None or self._watch.apart:
            return
        follower = self._follower = Follower(self._watch, reader, self._line, self._written)
        expires_at, timer = self._watch.principal.expires_at, None
        if expires_at is not None:
            timer = asyncio.get_running_loop().call_later(expires_at - time.time(), follower.leave)
        try:
            await round_of(reader.feed, self._seen(), self._wish.rate).follow(follower)
        finally:
            self._follower = None
            if timer is not None:
                timer.cancel()

    # --- what is told to it alone ------------------------------------------------------------------------------------

    def _seen(self) -> Look:
        """How calls look to the client now. It is held, for those who see them alike to find it."""
        self._look = look_of(self._watch, self._wish.shape)
        return self._look

    def _begin(self) -> Iterator[Messages]:
        since = self._wish.since
        if since is None:
            return self._anew(Why.NEW)
        why = self._watch.resume(since, time.time())
        return iter([(resumed(since),)]) if why is None else self._anew(why)

    def _anew(self, why: Why) -> Iterator[Messages]:
        """A snapshot, rendered while it is sent; another one if that takes so long that it is let go of."""
        ready = False
        while not ready:
            self._desk.feeds.snapshots[why.value] += 1
            if why is Why.BEHIND:
                yield (behind(),)
            for message in shown(self._watch, why, self._seen, time.time()):
                yield (message,)
                ready = message.type == "ready"
            why = Why.BEHIND
        yield (heartbeat(self._watch.known, time.time()),)

    def _tell(self) -> Iterator[Messages]:
        """What there is to tell now."""
        if self._next is not None:
            return self._turn()
        now = time.time()
        news = self._watch.news(now)
        if isinstance(news, Why):
            return self._anew(news)
        return self._changes(news, self._watch.known, now)

    def _turn(self) -> Iterator[Messages]:
        wish, self._next = self._next, None
        if isinstance(wish, Refusal):
            raise wish
        if wish is not None:
            watch = self._desk.perform(WATCH_CALLS, self._watch.principal, wish.arguments, time.time())
            self._watch.close()
            self._wish, self._watch = wish, watch
        return self._begin()

    def _changes(self, steps: Sequence[Step], revision: Revision, now: float) -> Iterator[Messages]:
        if not self._wish.rate:
            each = self._seen().each(steps, revision, now)
            while together := tuple(islice(each, TOGETHER)):
                yield together
        elif steps and (batch := self._seen().batch(steps, revision, now)):
            yield (batch,)
