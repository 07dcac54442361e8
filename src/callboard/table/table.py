"""The table: what the switches tell goes in, the calls that live now come out.

`accept` is synchronous: between two of its calls the table stands still, so every listing is a consistent snapshot and
to subscribe and to list is one step.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from callboard.calls.causes import Cause, Reason
from callboard.calls.events import (
    Event,
    LegDescribed,
    LegEnded,
    LegRenamed,
    LegSeen,
    Moved,
    SwitchListed,
    SwitchLost,
    SwitchRestarted,
    SwitchUp,
)
from callboard.calls.legs import Call, CallKey, Leg, LegId, Placement
from callboard.calls.state import State
from callboard.table import fold
from callboard.table.arena import Arena
from callboard.table.changes import Change, Kind, Revision
from callboard.table.columns import Columns
from callboard.table.counters import By, Counters, Group
from callboard.table.evidence import Evidence
from callboard.table.filters import EVERYTHING, Filter, Order, matching
from callboard.table.kept import KeptOrders
from callboard.table.layout import Layout
from callboard.table.links import Link, LinkState
from callboard.table.moments import call_moved_by
from callboard.table.numbering import Numbering
from callboard.table.ordering import Bookmark, Page, ordered, page
from callboard.table.settings import TableSettings
from callboard.table.tombstones import Tombstones

__all__ = ["Table"]

Place = Callable[[tuple[Leg, ...]], Placement]
Watcher = Callable[[Change], None]


class Table:
    """All calls of all switches of this node.

    `place` says whose the legs are; `epoch` must differ for every life of the process.
    """

    def __init__(self, place: Place, numbering: Numbering, epoch: int, settings: TableSettings | None = None) -> None:
        self._settings = settings or TableSettings()
        self._place = place
        self._numbering = numbering
        self._revision = Revision(epoch, 0)
        self._watchers: tuple[Watcher, ...] = ()
        self._columns = Columns()
        self._arenas: dict[Layout, Arena] = {}
        self._slots: dict[int, int] = {}
        self._numbers: dict[CallKey, int] = {}
        self._slots_of_legs: dict[LegId, int] = {}
        self._tombstones = Tombstones(self._settings.tombstone)
        self._lingering: deque[tuple[float, int]] = deque()
        self._evidence = Evidence()
        self._kept = KeptOrders()
        self.counters = Counters(self._columns)
        self.told: Counter[str] = Counter()
        """Events that were accepted, those that did not fit included, by their type's name."""
        self.ignored: Counter[str] = Counter()
        """Events that did not fit, by their type's name."""

    # --- asking ------------------------------------------------------------------------------------------------------

    @property
    def revision(self) -> Revision:
        """Of the last change."""
        return self._revision

    @property
    def links(self) -> tuple[Link, ...]:
        """Every switch ever heard of, by name."""
        return self._evidence.links

    def __len__(self) -> int:
        return len(self._slots)

    def call(self, number: int) -> Call | None:
        """The call with this public number; it may be one that ended a moment ago."""
        slot = self._slots.get(number)
        return None if slot is None else self._columns.calls[slot]

    def find(self, key: CallKey) -> Call | None:
        """The live call that its switch knows by this name."""
        number = self._numbers.get(key)
        return None if number is None else self.call(number)

    def calls(self) -> tuple[Call, ...]:
        """Every call, ended ones that linger included, in no order."""
        return tuple(call for call in self._columns.calls if call is not None)

    def select(
        self, wanted: Filter = EVERYTHING, order: Order = Order.OLDEST_FIRST, *, now: float = 0.0
    ) -> tuple[Call, ...]:
        """The calls that `wanted` describes, in order. `now` is needed where durations choose or order them."""
        slots = ordered(self._columns, matching(self._columns, wanted, now), order, now)
        calls = self._columns.calls
        return tuple(call for slot in slots.tolist() if (call := calls[slot]) is not None)

    def page(
        self,
        wanted: Filter,
        orders: tuple[Order, ...],
        *,
        limit: int | None,
        after: Bookmark | None = None,
        scope: frozenset[int] | None = None,
        asker: object = None,
        now: float,
    ) -> Page:
        """The first `limit` (None: all) of the calls that `wanted` describes and that come after a bookmark.

        `asker` is who a kept order is for; see `ordering`, also for the Conflict that it raises.
        """
        start = Bookmark(now, self._revision.number) if after is None else after
        slots = matching(self._columns, wanted, now)
        return page(self._columns, slots, orders, start, limit, scope, self._kept, asker)

    def arena(self, layout: Layout) -> Arena:
        """The rows of a format for the calls of this table: the same for who asks again."""
        if layout not in self._arenas:
            self._arenas[layout] = Arena(self._columns, layout)
        return self._arenas[layout]

    def count(
        self, wanted: Filter, by: tuple[By, ...], *, scope: frozenset[int] | None = None, now: float
    ) -> tuple[Group, ...]:
        """How many calls `wanted` describes, by these values together; see `Counters.groups`."""
        return self.counters.groups(matching(self._columns, wanted, now), by, scope)

    def suspects(self, switch: str) -> int:
        """How many calls of a switch are suspect."""
        return len(matching(self._columns, Filter(switch=switch, suspect=True)))

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Have `watcher` told of every change from now on; returns what ends it."""
        self._watchers = (*self._watchers, watcher)

        def end() -> None:
            self._watchers = tuple(other for other in self._watchers if other is not watcher)

        return end

    # --- telling -----------------------------------------------------------------------------------------------------

    def accept(self, event: Event, now: float) -> None:
        """Fold one event. One that does not fit is counted in `ignored`, never raised."""
        self.told[type(event).__name__] += 1
        match event:
            case Moved():
                self._evidence.heard(event.leg.switch, now)
                self._move(event, now)
            case LegSeen():
                self._evidence.heard(event.leg.id.switch, now)
                self._see(event, now)
            case LegDescribed():
                self._evidence.heard(event.leg.id.switch, now)
                self._describe(event, now)
            case LegRenamed():
                self._evidence.heard(event.old.switch, now)
                self._rename(event, now)
            case SwitchListed():
                self._reconcile(event, now)
            case SwitchLost():
                self._evidence.moved(event.switch, LinkState.LOST, event.at, event.why)
                self._suspect(self._of_switch(event.switch), event.at, now)
            case SwitchUp():
                self._evidence.moved(event.switch, LinkState.RESYNCING, event.at)
            case SwitchRestarted():
                self._restart(event, now)

    def forget(self, number: int, words: str, now: float) -> Call | None:
        """End a row by hand, whatever its switch says of the call; None if there is no such live row.

        Its legs are buried as others are, so a switch that goes on listing them brings them back under another number
        once their tombstones are gone.
        """
        call = self.call(number)
        if call is None or call.state is State.ENDED:
            return None
        cause = Cause(Reason.FORGOTTEN, text=words)
        self._put(call, fold.ended(call.legs, now, cause), call.placement, now)
        return self.call(number)

    def sweep(self, now: float) -> None:
        """Let rows leave that ended long enough ago, and forget old tombstones. Call it about once a second."""
        while self._lingering and self._lingering[0][0] <= now - self._settings.linger:
            self._leave(self._lingering.popleft()[1])
        self._tombstones.sweep(now)

    def set_clock(self, by: float, now: float) -> None:
        """Our clock was set `by` seconds forward: all that is kept moves along, and calls that are over stay put."""
        self._evidence.set_clock(by)
        self._lingering = deque((at + by, number) for at, number in self._lingering)
        self._tombstones.set_clock(by)
        for number in tuple(self._numbers.values()):
            call = self.call(number)
            if call is not None:
                self._replace(call, call_moved_by(call, by), now)

    # --- legs --------------------------------------------------------------------------------------------------------

    def _ignore(self, event: Event) -> None:
        self.ignored[type(event).__name__] += 1

    def _known(self, leg: LegId) -> tuple[Call, Leg] | None:
        slot = self._slots_of_legs.get(leg)
        call = None if slot is None else self._columns.calls[slot]
        if call is None:
            return None
        for known in call.legs:
            if known.id == leg:
                return call, known
        return None

    def _move(self, event: Moved, now: float) -> None:
        known = self._known(event.leg)
        if known is None:
            if isinstance(event, LegEnded):
                self._tombstones.bury(event.leg, now)
            self._ignore(event)
            return
        call, leg = known
        after = fold.moved(leg, event)
        if after is None:
            self._ignore(event)
            self._vouch(call, leg, event.at)
        elif after.state is State.ENDED:
            self._tombstones.bury(leg.id, now)
            self._put(call, fold.with_leg(call.legs, after), call.placement, now)
        else:
            self._advance(call, fold.advanced(call, leg, after))

    def _see(self, event: LegSeen, now: float) -> None:
        leg = event.leg
        if leg.id in self._tombstones:
            self._ignore(event)
            return
        known = self._known(leg.id)
        if known is not None:
            call, before = known
            legs = fold.with_leg(call.legs, fold.seen_again(before, leg, event.at))
            self._put(call, legs, self._place(legs), now)
            return
        leg = replace(leg, told_at=event.at)
        key = CallKey(leg.id.switch, leg.call)
        joined = self.find(key)
        if joined is None:
            self._begin(key, (leg,), now)
        else:
            legs = fold.with_leg(joined.legs, leg)
            self._put(joined, legs, self._place(legs), now)

    def _describe(self, event: LegDescribed, now: float) -> None:
        known = self._known(event.leg.id)
        if known is None:
            self._ignore(event)
            return
        call, leg = known
        after = fold.described(leg, event.leg, event.at)
        legs = fold.with_leg(call.legs, after)
        self._put(call, legs, call.placement if after.facts == leg.facts else self._place(legs), now)

    def _rename(self, event: LegRenamed, now: float) -> None:
        """The old id names nothing any more, so that a late message with it makes no ghost.

        Where a list or another message told of the new id first, the leg is known twice, and the old one goes.
        """
        known = self._known(event.old)
        self._tombstones.bury(event.old, now)
        if known is None:
            self._ignore(event)
            return
        call, leg = known
        self._tombstones.exhume(event.new)
        if any(other.id == event.new for other in call.legs):
            legs = tuple(other for other in call.legs if other is not leg)
        elif event.new in self._slots_of_legs:
            self._ignore(event)
            return
        else:
            renamed = replace(fold.told(leg, event.at), id=event.new)
            legs = tuple(renamed if other is leg else other for other in call.legs)
        self._put(call, legs, call.placement, now)

    # --- rows --------------------------------------------------------------------------------------------------------

    def _begin(self, key: CallKey, legs: tuple[Leg, ...], now: float) -> None:
        call = fold.call_of(self._numbering.take(), key, legs, self._place(legs))
        self._slots[call.number] = self._columns.add(call)
        self._numbers[key] = call.number
        self._index(call)
        self._tell(Kind.BEGAN, call, None)
        if call.state is State.ENDED:
            self._end(call, now)

    def _advance(self, before: Call, after: Call) -> None:
        """The same legs, and one of them moved on: whose the call is and what it is called by stay as they are."""
        self._columns.advance(self._slots[after.number], before, after)
        self._tell(Kind.CHANGED, after, before)

    def _vouch(self, call: Call, leg: Leg, at: float) -> None:
        """Something was heard of the call that does not move it; it shows only if the call was suspect."""
        after = fold.told(leg, at)
        if call.suspect_since is not None:
            self._advance(call, fold.advanced(call, leg, after))
        elif after is not leg:
            self._columns.advance(self._slots[call.number], call, fold.advanced(call, leg, after))

    def _put(self, call: Call, legs: tuple[Leg, ...], placement: Placement, now: float) -> None:
        """The call goes on with these legs. Something was heard of it, so it is not suspect."""
        self._replace(call, fold.call_of(call.number, call.key, legs, placement, before=call), now)

    def _replace(self, before: Call, after: Call, now: float) -> None:
        if after.placement is not before.placement and after.placement == before.placement:
            after = replace(after, placement=before.placement)
        self._columns.change(self._slots[after.number], after)
        if len(before.legs) != len(after.legs) or any(map(_renamed, before.legs, after.legs)):
            self._unindex(before)
            self._index(after)
        if fold.same(before, after):
            return
        if after.state is State.ENDED:
            self._tell(Kind.ENDED, after, before)
            self._end(after, now)
        else:
            self._tell(Kind.CHANGED, after, before)

    def _end(self, call: Call, now: float) -> None:
        """The row stays for the lingering time, but its switch's names are free again."""
        self._unindex(call)
        self._numbers.pop(call.key, None)
        inferred = call.cause is not None and call.cause.reason in (Reason.MISSING, Reason.SWITCH_LOST)
        for leg in call.legs:
            self._tombstones.bury(leg.id, now, inferred=inferred)
        self._lingering.append((now, call.number))

    def _leave(self, number: int) -> None:
        slot = self._slots.pop(number)
        call = self._columns.calls[slot]
        self._columns.remove(slot)
        if call is not None:
            self._tell(Kind.LEFT, call, call)

    def _index(self, call: Call) -> None:
        slot = self._slots[call.number]
        for leg in call.legs:
            self._slots_of_legs[leg.id] = slot

    def _unindex(self, call: Call) -> None:
        slot = self._slots[call.number]
        for leg in call.legs:
            if self._slots_of_legs.get(leg.id) == slot:
                del self._slots_of_legs[leg.id]

    def _tell(self, kind: Kind, call: Call, before: Call | None) -> None:
        self._revision = Revision(self._revision.epoch, self._revision.number + 1)
        self._columns.step = self._revision.number
        change = Change(self._revision, kind, call, before)
        for watcher in self._watchers:
            watcher(change)

    # --- switches ----------------------------------------------------------------------------------------------------

    def _of_switch(self, switch: str) -> Iterator[Call]:
        for number in [number for key, number in self._numbers.items() if key.switch == switch]:
            call = self.call(number)
            if call is not None:
                yield call

    def _suspect(self, calls: Iterable[Call], at: float, now: float) -> None:
        for call in calls:
            if call.suspect_since is None:
                self._replace(call, replace(call, suspect_since=at), now)

    def _restart(self, event: SwitchRestarted, now: float) -> None:
        cause = Cause(Reason.SWITCH_LOST, text=event.why)
        for call in self._of_switch(event.switch):
            if call.started_at <= event.at:
                self._put(call, fold.ended(call.legs, event.at, cause), call.placement, now)

    # --- reconciliation ----------------------------------------------------------------------------------------------

    def _reconcile(self, event: SwitchListed, now: float) -> None:
        """Make the rows of a switch say what its own list says, but for what was told since the list was taken."""
        for leg in event.legs:
            if self._tombstones.inferred(leg.id):
                self._tombstones.exhume(leg.id)
        heard = [leg for leg in event.legs if leg.id not in self._tombstones]
        ids = {leg.id for leg in heard}
        groups: dict[CallKey, list[Leg]] = {}
        for leg in heard:
            groups.setdefault(CallKey(event.switch, leg.call), []).append(leg)
        # Calls that are not listed come first: their legs may have moved to a listed one.
        for call in sorted(self._of_switch(event.switch), key=lambda call: call.key in groups):
            self._reconcile_call(call, groups.pop(call.key, []), ids, event, now)
        for key, legs in groups.items():
            self._begin(key, _sorted(fold.listed(None, leg, event.at) for leg in legs), now)
        if event.complete:
            self._evidence.listed(event.switch, event.at, now)

    def _reconcile_call(self, call: Call, legs: list[Leg], ids: set[LegId], event: SwitchListed, now: float) -> None:
        known = {leg.id: leg for leg in call.legs}
        confirmed = [fold.listed(known.get(leg.id), leg, event.at) for leg in legs]
        missing = [leg for leg in call.legs if leg.id not in ids]
        if not event.complete:
            kept = missing
        else:
            kept = [leg for leg in missing if leg.told_at > event.at and leg.state is not State.ENDED]
            for leg in missing:
                if leg not in kept:
                    self._tombstones.bury(leg.id, now, inferred=True)
        together = _sorted([*confirmed, *kept])
        if not together:
            cause = Cause(Reason.MISSING, text="not in the switch's own list")
            self._put(call, fold.ended(call.legs, event.at, cause), call.placement, now)
            for leg in call.legs:
                if leg.id in ids:
                    self._tombstones.exhume(leg.id)
        elif not confirmed:
            if all(leg.told_at <= event.at for leg in together):
                self._suspect([call], event.at, now)
        else:
            self._replace(call, fold.listed_again(call, together, self._place(together)), now)


def _sorted(legs: Iterable[Leg]) -> tuple[Leg, ...]:
    return tuple(sorted(legs, key=lambda leg: (leg.side, leg.started_at, leg.id)))


def _renamed(leg: Leg, other: Leg) -> bool:
    return leg.id != other.id
