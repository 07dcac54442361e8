"""Feeds: what a filter shows, change by change, for as many readers as like to follow.

A feed keeps a log of its own steps, and a reader is a place in that log: it costs a number, however slow it is. Who
falls back behind the log's beginning has missed something, and is told so.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from itertools import islice
from weakref import WeakValueDictionary

import msgspec

from callboard.calls.legs import Call
from callboard.calls.state import State
from callboard.table.changes import Change, Kind, Revision
from callboard.table.following.history import History, customers_of
from callboard.table.following.steps import Left, Step, conflated
from callboard.table.questions.filters import Filter, Order
from callboard.table.questions.matches import fits
from callboard.table.reconciling.pace import AS_KNOWN, Steps, drain, paced
from callboard.table.table import Table

__all__ = [
    "LOG",
    "PORTION",
    "Bell",
    "Convoy",
    "Feed",
    "Feeds",
    "Reader",
    "Snapshot",
]

Bell = Callable[[], None]
"""What is called once, when there is something new."""

LOG = 10_000
"""Steps by which a reader may fall behind, also one who comes back: more of them are sooner shown than told."""

LOGS = 500_000
"""Steps that the logs of all feeds hold together, to within what a second brings."""

SHOWN = 50_000
"""Changes by which the table may be ahead of a snapshot that somebody is still being shown; then it is let go."""

PORTION = 200
"""Steps that are told in one go: to write them takes a few milliseconds."""

_LOOKED = 1_000
"""Calls that are looked at, where a clock is turned, at the cost of one that is as it was known (see `pace`)."""

_INDEXED = 1_000
"""A feed of more customers than these is asked about every change rather than found by the customer."""


class Snapshot(msgspec.Struct, frozen=True, eq=False, weakref=True):
    """Every call that a feed showed at one moment, in some order. It equals nothing but itself: it may be long."""

    calls: tuple[Call, ...]
    revision: Revision
    place: int
    """In the feed's log: the steps from there on tell what became of them."""


class Feed:
    """The steps of one filter, kept for its readers."""

    def __init__(self, wanted: Filter, now: float) -> None:
        self.wanted = wanted
        self.now = now
        """The moment that the filter is about; it stands still between two sweeps."""
        self.readers: dict[Reader, None] = {}
        self.steps: deque[Step] = deque(maxlen=LOG)
        self.begin = 0
        """The place of the first step that is kept."""
        self.bells: dict[Bell, None] = {}
        """Called, and forgotten, at the next step."""
        self.snapshots: WeakValueDictionary[Order, Snapshot] = WeakValueDictionary()
        """Those that somebody is being shown."""
        self._fits = fits(wanted)
        self._taken: tuple[int, int, tuple[Step, ...]] = (0, 0, ())

    @property
    def end(self) -> int:
        """The place after the last step."""
        return self.begin + len(self.steps)

    def between(self, begin: int, end: int) -> tuple[Step, ...]:
        """The steps from one place to another. Readers that keep pace with each other get the same tuple."""
        if self._taken[:2] != (begin, end):
            newest = islice(reversed(self.steps), self.end - end, self.end - begin)
            self._taken = begin, end, tuple(newest)[::-1]
        return self._taken[2]

    def number_at(self, place: int) -> int:
        """The revision's number up to which one knows all who was told what is before this place, if that is kept."""
        return self.steps[place - 1 - self.begin].number

    # --- what the table does -----------------------------------------------------------------------------------------

    def step(self, change: Change) -> Step | None:
        """What a change of the table means here; None if it means nothing."""
        before = change.before is not None and self._fits(change.before, self.now)
        after = change.kind is not Kind.LEFT and self._fits(change.call, self.now)
        if not before and not after:
            return None
        if after or change.before is None:
            return Step(change.revision.number, change.call, before, after)
        return Step(change.revision.number, _as_it_last_was(change.before, change.call), before, after, _why(change))

    def follow(self, change: Change) -> None:
        """Take a change of the table in."""
        step = self.step(change)
        if step is not None:
            self._add(step)

    def _add(self, step: Step) -> None:
        if len(self.steps) == LOG:
            self.begin += 1
        self.steps.append(step)
        if self.bells:
            bells, self.bells = self.bells, {}
            for bell in bells:
                bell()

    def turn(self, table: Table, now: float) -> None:
        """It is later: where the filter is about durations, some calls match now that did not, and the other way."""
        if not self.wanted.timed:
            return
        then, self.now, number = self.now, now, table.revision.number
        for call in table.crossing(self.wanted, then, now):
            before, after = self._fits(call, then), self._fits(call, now)
            if before != after:
                left = Left.NO_LONGER_MATCHES if before else None
                self._add(Step(number, call, before, after, left))

    def trim(self) -> None:
        """Forget the steps that every reader has had."""
        place = min(reader.place for reader in self.readers)
        self._forget(place - self.begin)

    def let_go(self, number: int) -> None:
        """Hold no snapshot that is older than the revision with this number."""
        for reader in self.readers:
            if reader.showing is not None and reader.showing.revision.number < number:
                reader.showing = None

    def cut(self, most: int) -> None:
        """Keep so many steps at most. Who has not had the others has missed them."""
        self._forget(len(self.steps) - most)

    def _forget(self, count: int) -> None:
        for _ in range(min(count, len(self.steps))):
            self.steps.popleft()
            self.begin += 1


class Reader:
    """One who follows a feed: a place in its log."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.place = feed.end
        self.showing: Snapshot | None = None
        """What it is being shown. It is held here alone, so that who stops reading does not hold what is long gone."""

    @property
    def waiting(self) -> bool:
        """Whether there are steps that it has not had."""
        return self.place < self.feed.end

    def take(self, most: int = LOG) -> tuple[Step, ...] | None:
        """The steps since the last time, so many at most; None if some of them are not kept any more."""
        feed, place = self.feed, self.place
        if place < feed.begin:
            self.place = feed.end
            return None
        self.place = min(place + most, feed.end)
        return feed.between(place, self.place)


class Convoy:
    """Readers of a feed that are told at the same times: what is new for those in one place is put together once."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.readers: dict[Reader, None] = {}
        self._held: dict[int, tuple[Step, ...]] = {}
        """For readers in this place: the last state of each call from there to `_gathered`."""
        self._gathered = feed.end

    @property
    def gathered(self) -> int:
        """The place up to which steps are held together; whoever is told them is told them all at once."""
        return self._gathered if self._held else 0

    @property
    def loose(self) -> int:
        """How many steps wait in the feed's log for the reader that waits for most of them."""
        return max((self.feed.end - self._begin(reader.place) for reader in self.readers), default=0)

    def _begin(self, place: int) -> int:
        """Where those steps begin for a reader in this place that are not held."""
        return self._gathered if place in self._held else place

    def gather(self) -> None:
        """Take in what is waiting, the last state of each call alone, so that to be told seldom is not to be behind.

        What would be too much to be told in one go stays in the log.
        """
        if self.loose > PORTION or any(len(steps) >= PORTION for steps in self._held.values()):
            return
        end, held = self.feed.end, {}
        for reader in self.readers:
            if reader.place < end and reader.place not in held and (steps := self.steps(reader, end)) is not None:
                held[reader.place] = conflated(steps)
        self._held, self._gathered = held, end

    def settle(self) -> None:
        """Let go of what was gathered for those who have had it."""
        if self._held:
            places = {reader.place for reader in self.readers}
            self._held = {place: steps for place, steps in self._held.items() if place in places}

    def steps(self, reader: Reader, end: int) -> tuple[Step, ...] | None:
        """What a reader has not had up to a place that is not before its own; None if it is not kept any more."""
        held, begin = self._held.get(reader.place), self._begin(reader.place)
        if begin < self.feed.begin:
            return None
        steps = self.feed.between(begin, end)
        return steps if held is None else held + steps

    def part(self, reader: Reader) -> tuple[Step, ...]:
        """The reader goes on by itself: what was gathered for it, and it has had."""
        del self.readers[reader]
        held = self._held.get(reader.place)
        if held is None:
            return ()
        reader.place = self._gathered
        return held


def _as_it_last_was(before: Call, after: Call) -> Call:
    """The row with what made it leave, unless it is somebody else's now."""
    return after if after.placement == before.placement else before


def _why(change: Change) -> Left:
    if change.kind is Kind.LEFT:
        return Left.LEFT
    return Left.ENDED if change.call.state is State.ENDED else Left.NO_LONGER_MATCHES


class Feeds:
    """Every feed of a table that has readers, and the last changes for those who were away.

    A feed is found by the customers of the call that changed, so that a thousand readers of a customer each cost hardly
    more than one does.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.snapshots: Counter[str] = Counter()
        """How often readers had to be shown everything, by the reason."""
        self._history = History()
        self._feeds: dict[Filter, Feed] = {}
        self._of_customers: dict[int, dict[Feed, None]] = {}
        self._others: dict[Feed, None] = {}
        table.watch(self._follow)

    def __len__(self) -> int:
        """How many feeds somebody follows."""
        return len(self._feeds)

    @property
    def readers(self) -> int:
        """How many follow them."""
        return sum(len(feed.readers) for feed in self._feeds.values())

    def open(self, wanted: Filter, now: float) -> Reader:
        """Follow what a filter shows from now on."""
        feed = self._feeds.get(wanted)
        if feed is None:
            feed = self._feeds[wanted] = Feed(wanted, now)
            for feeds in self._places(wanted):
                feeds[feed] = None
        reader = Reader(feed)
        feed.readers[reader] = None
        return reader

    def close(self, reader: Reader) -> None:
        """Follow it no longer; the last reader takes the feed along."""
        feed = reader.feed
        del feed.readers[reader]
        if feed.readers:
            return
        del self._feeds[feed.wanted]
        for feeds in self._places(feed.wanted):
            del feeds[feed]
        for customer in _customers(feed.wanted):
            if not self._of_customers[customer]:
                del self._of_customers[customer]

    def snapshot(self, reader: Reader, order: Order = Order.OLDEST_FIRST) -> Snapshot:
        """What the feed shows, and the reader need not be told of what was before.

        Who comes while others are being shown theirs gets the same, and is told what happened since: of a thousand who
        come back at once, hardly any costs more than what is sent.
        """
        feed = reader.feed
        found = feed.snapshots.get(order)
        if found is None or found.place < max(feed.begin, feed.end - LOG // 10):
            calls = self.table.select(feed.wanted, order, now=feed.now)
            found = feed.snapshots[order] = Snapshot(calls, self.table.revision, feed.end)
        reader.place, reader.showing = found.place, found
        return found

    def shown(self, reader: Reader) -> tuple[Call, ...]:
        """What the feed shows at this very moment. The reader need not be told of what was before."""
        reader.place = reader.feed.end
        return self.table.select(reader.feed.wanted, now=reader.feed.now)

    def _places(self, wanted: Filter) -> list[dict[Feed, None]]:
        """Where the feed of a filter is to be found."""
        customers = _customers(wanted)
        if not customers:
            return [self._others]
        return [self._of_customers.setdefault(customer, {}) for customer in customers]

    def _follow(self, change: Change) -> None:
        self._history.note(change)
        for feed in self._concerned(change) if self._of_customers else self._others:
            feed.follow(change)

    def _concerned(self, change: Change) -> dict[Feed, None]:
        found = dict(self._others)
        for customer in customers_of(change):
            found |= self._of_customers.get(customer, {})
        return found

    def missed(self, reader: Reader, since: Revision) -> tuple[Step, ...] | None:
        """What one who had everything up to `since` was not told until now; None if that is not known (any more).

        Of filters about durations it is not known: what they show changes between two changes of the table.
        """
        now = self.table.revision
        count = now.number - since.number
        if reader.feed.wanted.timed or since.epoch != now.epoch or not 0 <= count <= len(self._history):
            return None
        customers = _customers(reader.feed.wanted)
        changes = self._history.last_of(customers, count) if customers else self._history.last(count)
        found = (step for change in changes if (step := reader.feed.step(change)) is not None)
        steps = tuple(islice(found, LOG + 1))
        if len(steps) > LOG:
            return None
        reader.place = reader.feed.end
        return steps

    def sweep(self, now: float) -> None:
        """Turn the feeds' clocks, and forget what is too old. Call it about once a second."""
        drain(self.sweep_in_steps(now))

    def sweep_in_steps(self, now: float) -> Steps:
        """The same a few milliseconds' work a step, for there may be very many feeds."""
        yield from paced(self._turned(now))
        if sum(len(feed.steps) for feed in self._feeds.values()) > LOGS:
            for feed in self._feeds.values():
                feed.cut(LOGS // len(self._feeds))
        self._history.sweep(self.table.revision.number, now)

    def _turned(self, now: float) -> Iterator[int]:
        """Go through those that there are, and say what each cost. Some may be closed meanwhile."""
        looked = AS_KNOWN + len(self.table) // _LOOKED
        for feed in tuple(self._feeds.values()):
            if feed.readers:
                feed.turn(self.table, now)
                feed.trim()
                feed.let_go(self.table.revision.number - SHOWN)
            yield looked if feed.wanted.timed else AS_KNOWN


def _customers(wanted: Filter) -> frozenset[int]:
    """The customers by which the feed of a filter is found; none if it is asked about every change."""
    customers = wanted.customers if wanted.customers is not None else wanted.parties
    return customers if customers is not None and len(customers) <= _INDEXED else frozenset()
