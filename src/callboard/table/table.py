"""The table: what the switches tell goes in, the calls that live now come out.

`accept` is synchronous: between two of its calls the table stands still, so every listing is a consistent snapshot and
to subscribe and to list is one step.
"""

from collections import Counter
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from msgspec.structs import replace

from callboard.calls.causes import Cause, Reason
from callboard.calls.events import (
    MOVES,
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
from callboard.calls.legs import Call, CallKey, Facts, Leg, Placement
from callboard.calls.state import State
from callboard.table.changes import Kind, Revision
from callboard.table.folding import fold, shortcuts
from callboard.table.questions.counters import By, Count, Counters
from callboard.table.questions.filters import EVERYTHING, Filter, Order, crossing, mask_of, matching
from callboard.table.questions.kept import KeptOrders
from callboard.table.questions.ordering import Bookmark, Page, ordered, page
from callboard.table.questions.shortlist import oldest_page, short_page
from callboard.table.reconciling.evidence import Evidence
from callboard.table.reconciling.links import Link, LinkState
from callboard.table.reconciling.merge import Place
from callboard.table.reconciling.moments import call_moved_by
from callboard.table.reconciling.pace import LEFT, Steps, drain, paced
from callboard.table.reconciling.reconciliation import Clock, Reconciliation
from callboard.table.settings import TableSettings
from callboard.table.store.numbering import Numbering
from callboard.table.store.rows import Rows, Watcher
from callboard.table.written.arena import Arena
from callboard.table.written.layout import Layout

__all__ = ["Table"]

SHARED = 50_000
"""Facts that are held for other legs to share, at most."""


class Table:
    """All calls of all switches of this node.

    `place` says whose the legs are; `epoch` must differ for every life of the process.
    """

    def __init__(self, place: Place, numbering: Numbering, epoch: int, settings: TableSettings | None = None) -> None:
        self._settings = settings or TableSettings()
        self._place = place
        self._numbering = numbering
        self._rows = Rows(epoch, self._settings.tombstone)
        self._columns = self._rows.columns
        self._arenas: dict[Layout, Arena] = {}
        self._evidence = Evidence()
        self._kept = KeptOrders()
        self._reconciliation = Reconciliation(self._rows, place, numbering)
        self._rules: dict[type[Event], Callable[[Any, float], None]] = {
            **dict.fromkeys(MOVES, self._move),
            LegEnded: self._end,
            LegSeen: self._see,
            LegDescribed: self._describe,
            LegRenamed: self._rename,
            SwitchUp: self._resync,
            **dict.fromkeys((SwitchListed, SwitchLost, SwitchRestarted), self._at_once),
        }
        self._told = dict.fromkeys(self._rules, 0)
        self._facts: dict[Facts, Facts] = {}
        self.counters = Counters(self._columns)
        self.ignored: Counter[str] = Counter()
        """Events that did not fit, by their type's name."""

    # --- asking ------------------------------------------------------------------------------------------------------

    @property
    def revision(self) -> Revision:
        """Of the last change."""
        return self._rows.revision

    @property
    def told(self) -> Counter[str]:
        """Events that were accepted, those that did not fit included, by their type's name."""
        return Counter({kind.__name__: count for kind, count in self._told.items() if count})

    @property
    def links(self) -> tuple[Link, ...]:
        """Every switch ever heard of, by name."""
        return self._evidence.links

    def __len__(self) -> int:
        return len(self._rows)

    def call(self, number: int) -> Call | None:
        """The call with this public number; it may be one that ended a moment ago."""
        return self._rows.at(self._rows.slot(number))

    def find(self, key: CallKey) -> Call | None:
        """The live call that its switch knows by this name."""
        return self._rows.at(self._rows.slot_of(key))

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

    def crossing(self, wanted: Filter, then: float, now: float) -> list[Call]:
        """The calls that time alone can have made fit a filter of durations, or cease to; the oldest first."""
        slots, calls = crossing(self._columns, wanted, then, now), self._columns.calls
        return [call for slot in self._columns.by_number(slots).tolist() if (call := calls[slot]) is not None]

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
        start = Bookmark(now, self.revision.number) if after is None else after
        short = short_page(self._columns, wanted, orders, start, limit, now)
        if short is not None:
            return short
        oldest = oldest_page(self._columns, self._rows.up, wanted, orders, start, limit)
        if oldest is not None:
            return oldest
        mask = mask_of(self._columns, wanted, now)
        return page(self._columns, mask, orders, start, limit, scope, self._kept, asker)

    def arena(self, layout: Layout) -> Arena:
        """The rows of a format for the calls of this table: the same for who asks again."""
        if layout not in self._arenas:
            self._arenas[layout] = Arena(self._columns, layout)
        return self._arenas[layout]

    def count(
        self,
        wanted: Filter,
        by: tuple[By, ...],
        *,
        scope: frozenset[int] | None = None,
        most: int | None = None,
        now: float,
    ) -> Count:
        """How many calls `wanted` describes, also by these values together; see `Counters.count`."""
        return self.counters.count(wanted, by, scope=scope, most=most, now=now)

    def suspects(self, switch: str) -> int:
        """How many calls of a switch are suspect."""
        return len(matching(self._columns, Filter(switch=switch, suspect=True)))

    def watch(self, watcher: Watcher, kinds: Collection[Kind] = tuple(Kind)) -> Callable[[], None]:
        """Have `watcher` told of every change of these kinds from now on; returns what ends it."""
        return self._rows.watch(watcher, kinds)

    # --- telling -----------------------------------------------------------------------------------------------------

    def accept(self, event: Event, now: float) -> None:
        """Fold one event. One that does not fit is counted in `ignored`, never raised."""
        kind = type(event)
        self._told[kind] += 1
        self._rules[kind](event, now)

    def accept_in_steps(
        self, event: SwitchListed | SwitchLost | SwitchRestarted, clock: Clock, by: float = 0.0
    ) -> Steps:
        """Fold an event about all calls of a switch, a few milliseconds' work a step, for there may be very many.

        Between two steps anything may be asked and told. Whatever is told next of the same link, and be it by `accept`,
        has the rest of a list dropped: it vouches for nothing, and what it did not come to stays as it is. The rest of
        a loss or a restart is done at once then. `by` is how many seconds later what a list says is on our clock.
        """
        self._told[type(event)] += 1
        return self._in_steps(event, clock, by)

    def forget(self, number: int, words: str, now: float) -> Call | None:
        """End a row by hand, whatever its switch says of the call; None if there is no such live row.

        Its legs are buried as others are, so a switch that goes on listing them brings them back under another number
        once their tombstones are gone.
        """
        slot = self._rows.slot(number)
        call = self._rows.at(slot)
        if slot is None or call is None or call.state is State.ENDED:
            return None
        cause = Cause(Reason.FORGOTTEN, text=words)
        self._put(slot, call, fold.ended(call.legs, now, cause), call.placement, now)
        return self.call(number)

    def sweep(self, now: float) -> None:
        """Let rows leave that ended long enough ago, and forget old tombstones. Call it about once a second."""
        drain(self.sweep_in_steps(lambda: now))

    def sweep_in_steps(self, clock: Clock) -> Steps:
        """The same a few milliseconds' work a step, for very many may have ended at once. One at a time."""
        yield from paced(LEFT for _ in self._rows.sweep(lambda: clock() - self._settings.linger))
        yield from paced(self._rows.tombstones.sweep(clock))

    def set_clock(self, by: float, now: float) -> None:
        """Our clock was set `by` seconds forward: all that is kept moves along, and calls that are over stay put."""
        self._evidence.set_clock(by)
        self._reconciliation.set_clock(by)
        self._rows.set_clock(by)
        for slot, call in self._rows.live():
            self._rows.change(slot, call, call_moved_by(call, by), now)

    # --- switches ----------------------------------------------------------------------------------------------------

    def _at_once(self, event: SwitchListed | SwitchLost | SwitchRestarted, now: float) -> None:
        drain(self._in_steps(event, lambda: now, 0.0))

    def _in_steps(self, event: SwitchListed | SwitchLost | SwitchRestarted, clock: Clock, by: float) -> Steps:
        if isinstance(event, SwitchListed):
            return self._reconciliation.merge(event, clock, by, partial(self._evidence.listed, event.switch))
        if isinstance(event, SwitchRestarted):
            return self._reconciliation.restart(event, clock)
        self._evidence.moved(event.switch, LinkState.LOST, event.at, event.why)
        return self._reconciliation.lose(event, clock)

    def _resync(self, event: SwitchUp, now: float) -> None:
        self._reconciliation.interrupt(event.switch)
        self._evidence.moved(event.switch, LinkState.RESYNCING, event.at)

    # --- legs --------------------------------------------------------------------------------------------------------

    def _ignore(self, event: Event) -> None:
        self.ignored[type(event).__name__] += 1

    def _move(self, event: Moved, now: float) -> None:
        self._evidence.heard(event.leg.switch, now)
        known = self._rows.known(event.leg)
        if known is None:
            self._ignore(event)
            return
        slot, call, leg = known
        after = fold.moved(leg, event)
        if after is None:
            self._ignore(event)
            self._vouch(slot, call, leg, event.at, now)
        else:
            self._rows.advance(slot, call, shortcuts.advanced(call, leg, after), now)

    def _end(self, event: LegEnded, now: float) -> None:
        self._evidence.heard(event.leg.switch, now)
        known = self._rows.known(event.leg)
        if known is None:
            self._rows.tombstones.bury(event.leg, now)
            self._ignore(event)
            return
        slot, call, leg = known
        after = fold.moved(leg, event)
        if after is None:
            self._ignore(event)
            self._vouch(slot, call, leg, event.at, now)
            return
        self._rows.tombstones.bury(leg.id, now)
        quick = shortcuts.ended(call, leg, after)
        if quick is None:
            self._put(slot, call, fold.with_leg(call.legs, after), call.placement, now)
        else:
            self._rows.advance(slot, call, quick, now)

    def _vouch(self, slot: int, call: Call, leg: Leg, at: float, now: float) -> None:
        """Something was heard of the call that does not move it; it shows only if the call was suspect."""
        after = fold.told(leg, at)
        if call.suspect_since is not None:
            self._rows.advance(slot, call, shortcuts.advanced(call, leg, after), now)
        elif after is not leg:
            self._rows.vouch(slot, call, shortcuts.advanced(call, leg, after))

    def _see(self, event: LegSeen, now: float) -> None:
        leg, rows = event.leg, self._rows
        self._evidence.heard(leg.id.switch, now)
        if leg.id in rows.tombstones:
            self._ignore(event)
            return
        known = rows.known(leg.id)
        if known is not None:
            slot, call, before = known
            legs = fold.with_leg(call.legs, fold.seen_again(before, leg, event.at))
            self._put(slot, call, legs, self._place(legs), now)
            return
        facts = self._shared(leg.facts)
        key = CallKey(leg.id.switch, leg.call)
        joined_slot = rows.slot_of(key)
        joined = rows.at(joined_slot)
        if joined_slot is None or joined is None:
            self._begin(key, replace(leg, facts=facts, told_at=event.at), now)
        else:
            number = joined.dialed if leg.number == joined.dialed else leg.number
            leg = replace(leg, call=joined.key.native, number=number, facts=facts, told_at=event.at)
            self._join(joined_slot, joined, leg, now)

    def _shared(self, facts: Facts) -> Facts:
        """The same facts, of which all legs that have them share one: with the other texts that are held once for a
        call, a call takes a fifth less memory.
        """
        known = self._facts.get(facts)
        if known is None:
            if len(self._facts) >= SHARED:
                self._facts.clear()
            known = self._facts[facts] = facts
        return known

    def _begin(self, key: CallKey, leg: Leg, now: float) -> None:
        number, placement = self._numbering.take(), self._place((leg,))
        call = shortcuts.begun(number, key, leg, placement) or fold.call_of(number, key, (leg,), placement)
        self._rows.begin(call, now)

    def _join(self, slot: int, call: Call, leg: Leg, now: float) -> None:
        legs = fold.with_leg(call.legs, leg)
        placement = self._place(legs)
        if placement == call.placement:
            placement = call.placement
        quick = shortcuts.joined(call, leg, placement)
        if quick is None:
            self._put(slot, call, legs, placement, now)
        else:
            self._rows.gain(slot, call, quick, leg)

    def _describe(self, event: LegDescribed, now: float) -> None:
        self._evidence.heard(event.leg.id.switch, now)
        known = self._rows.known(event.leg.id)
        if known is None:
            self._ignore(event)
            return
        slot, call, leg = known
        after = fold.described(leg, event.leg, event.at)
        legs = fold.with_leg(call.legs, after)
        placement = call.placement if after.facts == leg.facts else self._place(legs)
        quick = shortcuts.described(call, leg, after, placement)
        if quick is None:
            self._put(slot, call, legs, placement, now)
        else:
            self._rows.describe(slot, call, quick)

    def _rename(self, event: LegRenamed, now: float) -> None:
        """The old id names nothing any more, so that a late message with it makes no ghost.

        Where a list or another message told of the new id first, the leg is known twice, and the old one goes.
        """
        self._evidence.heard(event.old.switch, now)
        known = self._rows.known(event.old)
        self._rows.tombstones.bury(event.old, now)
        if known is None:
            self._ignore(event)
            return
        slot, call, leg = known
        self._rows.tombstones.exhume(event.new)
        if any(other.id == event.new for other in call.legs):
            legs = tuple(other for other in call.legs if other is not leg)
        elif event.new in self._rows:
            self._ignore(event)
            return
        else:
            renamed = replace(fold.told(leg, event.at), id=event.new)
            legs = tuple(renamed if other is leg else other for other in call.legs)
        self._put(slot, call, legs, call.placement, now)

    def _put(self, slot: int, call: Call, legs: tuple[Leg, ...], placement: Placement, now: float) -> None:
        """The call goes on with these legs. Something was heard of it, so it is not suspect."""
        after = fold.call_of(call.number, call.key, legs, placement, before=call)
        self._rows.change(slot, call, after, now)
