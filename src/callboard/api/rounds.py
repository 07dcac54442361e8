"""Rounds: clients who see the same calls alike, and as often, are told together; what is new is written once for all.

Who cannot be told so (what it may see changed, it reads too slowly, it wishes for something else) leaves its round and
is dealt with by itself.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from time import perf_counter
from typing import NamedTuple
from weakref import WeakValueDictionary

from callboard.api.frames import Look, Message, heartbeat
from callboard.api.turns import SPAN, Piece, soon
from callboard.http.values import Line
from callboard.operations.watch import Watch
from callboard.table.changes import Revision
from callboard.table.following.feeds import LOG, PORTION, Convoy, Feed, Reader
from callboard.table.following.steps import Step

__all__ = ["GATHER", "HEARTBEAT", "Follower", "Round", "Written", "round_of"]

HEARTBEAT = 15.0
"""Seconds between two heartbeats."""

EARLY = 0.001
"""Seconds by which a timer may come before its time; to ask it to come again would be to ask without end."""

GATHER = 0.5
"""Seconds after which what waits for the next batch is taken in, so that waiting is not falling behind."""

TOGETHER = 100
"""Changes that are told one by one before others have their turn."""

Written = Callable[[Iterable[Message]], tuple[bytes, ...]]
"""Messages as the blocks that a client gets."""


class Follower:
    """One client in a round."""

    def __init__(self, watch: Watch, reader: Reader, line: Line | None, written: Written) -> None:
        self.watch = watch
        self.reader = reader
        self.line = line
        self.written = written
        self.leaving: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def leave(self) -> None:
        """It is to be dealt with by itself."""
        if not self.leaving.done():
            self.leaving.set_result(None)


class News(NamedTuple):
    """What a round tells at one moment."""

    end: int
    """The place in the feed up to which it goes."""
    revision: Revision
    at: float
    beats: bool
    """Whether it is time for a heartbeat."""
    blocks: dict[tuple[int, Written], tuple[bytes, ...]]
    """What is put on the lines of those in one place, once it is made."""


class Round:
    """Those who follow one feed, see its calls in one way and hear of it at one rate."""

    def __init__(self, feed: Feed, look: Look, rate: float) -> None:
        self._feed = feed
        self._look = look
        self._interval = 1 / rate if rate else 0.0
        self._convoy = Convoy(feed)
        self._followers: dict[Follower, None] = {}
        self._told = feed.end
        """The place in the feed up to which everybody was told."""
        self._goal = feed.end
        """The place up to which is told at this time, portion by portion."""
        self._timer: asyncio.Handle | Piece | None = None
        self._telling: Iterator[Follower] | None = None
        self._earliest = 0.0
        self._beat = 0.0

    async def follow(self, follower: Follower) -> None:
        """Be told with the others, until it is to be dealt with by itself."""
        if not self._followers:
            self._beat = _clock() + HEARTBEAT
            self._told = self._goal = follower.reader.place
        self._followers[follower] = None
        self._told = min(self._told, follower.reader.place)
        follower.watch.join(self._convoy, follower.leave)
        if self._telling is None:
            self._rest()
        try:
            await follower.leaving
        finally:
            del self._followers[follower]
            follower.watch.part(self._convoy, follower.leave)
            if not self._followers:
                self._stop()

    # --- when --------------------------------------------------------------------------------------------------------

    def _stop(self) -> None:
        self._feed.bells.pop(self._rest, None)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._telling = None

    def _rest(self) -> None:
        """Do nothing until there is something to tell, and it may be told."""
        self._stop()
        loop = asyncio.get_running_loop()
        if self._feed.end == self._told:
            self._feed.bells[self._rest] = None
            self._timer = loop.call_at(self._beat, self._come)
        elif self._told < self._goal:
            self._come()
        elif self._earliest > loop.time() + GATHER:
            self._timer = loop.call_later(GATHER, self._gather)
        elif self._earliest > loop.time():
            self._timer = loop.call_at(self._earliest, self._come)
        else:
            self._come()

    def _come(self) -> None:
        """It is time to tell: soon, for it may be so in many rounds at once."""
        self._stop()
        self._timer = soon(self._begin)

    def _gather(self) -> None:
        self._convoy.gather()
        if self._convoy.loose > LOG // 2:
            self._come()  # before some of it is not kept any more
        else:
            self._rest()

    def _begin(self) -> None:
        self._telling = self._tell(self._news())
        self._go_on(self._telling)

    def _go_on(self, telling: Iterator[Follower]) -> None:
        """Tell some; the others when what else there is to do has had its turn."""
        until = perf_counter() + SPAN
        try:
            more = any(perf_counter() >= until for _ in telling)
        except BaseException:
            self._stop()  # who comes before they have left is told by a timer of its own
            for follower in self._followers:
                follower.leave()  # what cannot be made here cuts each one short, and is not passed over
            raise
        if more:
            self._timer = soon(partial(self._go_on, telling))
        else:
            self._rest()

    # --- what --------------------------------------------------------------------------------------------------------

    def _news(self) -> News:
        """What there is to tell now."""
        clock, feed = _clock(), self._feed
        if self._told >= self._goal or self._goal <= feed.begin:
            self._goal = feed.end
            if self._goal > self._told:
                self._earliest = clock + self._interval
        portion = PORTION if self._interval else TOGETHER
        end = min(self._goal, max(max(self._told, feed.begin) + portion, self._convoy.gathered))
        beats = clock >= self._beat - EARLY and end == self._goal
        if beats:
            self._beat = clock + HEARTBEAT
        return News(end, self._revision(end), time.time(), beats, {})

    def _revision(self, end: int) -> Revision:
        """Up to which one knows all who was told the steps up to this place."""
        newest = next(iter(self._followers)).watch.revision
        return newest if end == self._feed.end else Revision(newest.epoch, self._feed.number_at(end))

    def _tell(self, news: News) -> Iterator[Follower]:
        """Tell one after the other. Who cannot be told here leaves, and sees for itself."""
        for follower in tuple(self._followers):
            place = follower.reader.place
            if place < news.end or (news.beats and place == news.end):
                self._tell_one(follower, news)
            yield follower
        self._told = min((one.reader.place for one in self._followers if not one.leaving.done()), default=news.end)
        self._convoy.settle()

    def _tell_one(self, follower: Follower, news: News) -> None:
        line, reader = follower.line, follower.reader
        if follower.leaving.done():
            return
        if news.beats and follower.watch.expired(news.at):
            follower.leave()  # its own timer does not notice a clock that was set, or a machine that slept
            return
        blocks = self._blocks(follower, news) if line is not None and line.free else None
        if line is None or blocks is None:
            follower.leave()
            return
        for block in blocks:
            line.put(block)
        reader.place = max(reader.place, news.end)

    def _blocks(self, follower: Follower, news: News) -> tuple[bytes, ...] | None:
        """What is put on its line; None if it missed something."""
        key = follower.reader.place, follower.written
        if key not in news.blocks:
            steps = self._convoy.steps(follower.reader, news.end)
            if steps is None:
                return None
            news.blocks[key] = follower.written(self._messages(steps, news))
        return news.blocks[key]

    def _messages(self, steps: tuple[Step, ...], news: News) -> Iterator[Message]:
        if self._interval:
            batch = self._look.batch(steps, news.revision, news.at) if steps else None
            yield from () if batch is None else (batch,)
        else:
            yield from self._look.each(steps, news.revision, news.at)
        if news.beats:
            yield heartbeat(news.revision, news.at)


def _clock() -> float:
    return asyncio.get_running_loop().time()


_ROUNDS: WeakValueDictionary[tuple[Feed, Look, float], Round] = WeakValueDictionary()
"""Every round in which somebody is at present."""


def round_of(feed: Feed, look: Look, rate: float) -> Round:
    """The round of those who follow this feed, see it so, and hear of it so often."""
    found = _ROUNDS.get((feed, look, rate))
    if found is None:
        found = _ROUNDS[feed, look, rate] = Round(feed, look, rate)
    return found
