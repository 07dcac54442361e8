"""The rows of the calls that live now: found by number, by their switch's name for them and by leg; each step is told.

What comes in here is decided already: whose a call is, and what its legs make of it.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from msgspec.structs import replace

from callboard.calls.causes import Reason
from callboard.calls.legs import Call, CallKey, Leg, LegId
from callboard.calls.state import State
from callboard.table.changes import Change, Kind, Revision
from callboard.table.folding import fold
from callboard.table.store.columns import Columns
from callboard.table.store.tombstones import Tombstones

__all__ = ["Rows", "Watcher"]

Watcher = Callable[[Change], None]

_INFERRED = frozenset({Reason.MISSING, Reason.SWITCH_LOST})
"""Ends that nobody told of."""

# Before Python 3.12, to look a member of an enum up takes as long as to write a column.
_BEGAN, _CHANGED, _ENDED, _LEFT = Kind
_OVER = State.ENDED


class Rows:
    """Every row with its place in the columns. `epoch` must differ for every life of the process."""

    def __init__(self, epoch: int, keep: float) -> None:
        """`keep`: seconds for which ended legs are remembered."""
        self.columns = Columns()
        self.tombstones = Tombstones(keep)
        self.revision = Revision(epoch, 0)
        """Of the last change."""
        self._count = 0
        self._keys: dict[CallKey, int] = {}
        self._legs: dict[LegId, int] = {}
        self._lingering: deque[tuple[float, int]] = deque()
        self._watchers: dict[Kind, tuple[Watcher, ...]] = dict.fromkeys(Kind, ())

    # --- asking ------------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return self._count

    @property
    def up(self) -> int:
        """How many are not over."""
        return self._count - len(self._lingering)

    def __contains__(self, leg: LegId) -> bool:
        return leg in self._legs

    def slot(self, number: int) -> int | None:
        """Where the row with this public number stands; it may be of a call that ended a moment ago."""
        return self.columns.slot(number)

    def slot_of(self, key: CallKey) -> int | None:
        """Where the row of the live call stands that its switch knows by this name."""
        return self._keys.get(key)

    def at(self, slot: int | None) -> Call | None:
        """The call in a slot."""
        return None if slot is None else self.columns.calls[slot]

    def known(self, leg_id: LegId) -> tuple[int, Call, Leg] | None:
        """The slot, the call and the leg of this id, if it is one of a live call."""
        slot = self._legs.get(leg_id)
        call = None if slot is None else self.columns.calls[slot]
        if slot is None or call is None:
            return None
        for leg in call.legs:
            if leg.id == leg_id:
                return slot, call, leg
        return None

    def live(self) -> Iterator[tuple[int, Call]]:
        """Every live call with its slot, as they are when they are come to."""
        for slot in tuple(self._keys.values()):
            call = self.at(slot)
            if call is not None:
                yield slot, call

    def of_switch(self, switch: str) -> Iterator[tuple[int, Call]]:
        """The live calls of a switch, the oldest first; those that begin meanwhile are not among them."""
        columns = self.columns
        mine = (columns["switch"] == columns.switches.known(switch)) & columns["used"]
        for slot in columns.by_number(np.flatnonzero(mine)).tolist():
            call = columns.calls[slot]
            if call is not None and call.state is not _OVER and call.key.switch == switch:
                yield slot, call

    def watch(self, watcher: Watcher, kinds: Iterable[Kind]) -> Callable[[], None]:
        """Have `watcher` told of every change of these kinds from now on; returns what ends it."""
        chosen = tuple(kinds)
        for kind in chosen:
            self._watchers[kind] = (*self._watchers[kind], watcher)

        def end() -> None:
            for kind in chosen:
                self._watchers[kind] = tuple(other for other in self._watchers[kind] if other is not watcher)

        return end

    # --- steps -------------------------------------------------------------------------------------------------------

    def begin(self, call: Call, now: float) -> None:
        """A call is there."""
        slot = self._keys[call.key] = self.columns.add(call)
        self._count += 1
        for leg in call.legs:
            self._legs[leg.id] = slot
        self._tell(_BEGAN, call, None)
        if call.state is _OVER:
            self._end(slot, call, now)

    def gain(self, slot: int, before: Call, after: Call, leg: Leg) -> None:
        """The call has one leg more, and none has gone."""
        self.columns.change(slot, after)
        self._legs[leg.id] = slot
        self._tell(_CHANGED, after, before)

    def describe(self, slot: int, before: Call, after: Call) -> None:
        """The same legs and states, and more is known of one leg."""
        if after.placement is not before.placement and after.placement == before.placement:
            after = replace(after, placement=before.placement)
        self.columns.change(slot, after)
        self._tell(_CHANGED, after, before)

    def advance(self, slot: int, before: Call, after: Call, now: float) -> None:
        """The same legs, and one of them moved on: whose the call is and what it is called by stay as they are."""
        self.columns.advance(slot, before, after)
        if after.state is _OVER:
            self._tell(_ENDED, after, before)
            self._end(slot, after, now)
        else:
            self._tell(_CHANGED, after, before)

    def vouch(self, slot: int, before: Call, after: Call) -> None:
        """Something was heard of a call that shows nowhere, and that nobody is told of."""
        self.columns.advance(slot, before, after)

    def confirm(self, slot: int, call: Call) -> None:
        """The row stands as it was told, and only when its legs were last heard of is later."""
        self.columns.calls[slot] = call

    def change(self, slot: int, before: Call, after: Call, now: float) -> None:
        """The call is another, in whatever it may be; nobody is told if the two say the same."""
        if after.placement is not before.placement and after.placement == before.placement:
            after = replace(after, placement=before.placement)
        self.columns.change(slot, after)
        if len(before.legs) != len(after.legs) or any(map(_renamed, before.legs, after.legs)):
            self._unindex(slot, before)
            for leg in after.legs:
                self._legs[leg.id] = slot
        if fold.same(before, after):
            return
        if after.state is _OVER:
            self._tell(_ENDED, after, before)
            self._end(slot, after, now)
        else:
            self._tell(_CHANGED, after, before)

    def _end(self, slot: int, call: Call, now: float) -> None:
        """The row stays for the lingering time, but its switch's names are free again."""
        self._unindex(slot, call)
        self._keys.pop(call.key, None)
        inferred = call.cause is not None and call.cause.reason in _INFERRED
        for leg in call.legs:
            self.tombstones.bury(leg.id, now, inferred=inferred)
        self._lingering.append((now, slot))

    def _unindex(self, slot: int, call: Call) -> None:
        for leg in call.legs:
            if self._legs.get(leg.id) == slot:
                del self._legs[leg.id]

    def _tell(self, kind: Kind, call: Call, before: Call | None) -> None:
        revision = self.revision
        number = revision.number + 1
        self.revision = revision = Revision(revision.epoch, number)
        self.columns.step = number
        change = Change(revision, kind, call, before)
        for watcher in self._watchers[kind]:
            watcher(change)

    # --- time --------------------------------------------------------------------------------------------------------

    def sweep(self, until: Callable[[], float]) -> Iterator[None]:
        """Let rows leave one after the other that ended no later than `until`, which is asked for each."""
        while self._lingering and self._lingering[0][0] <= until():
            slot = self._lingering.popleft()[1]
            call = self.columns.calls[slot]
            self.columns.remove(slot)
            self._count -= 1
            if call is not None:
                self._tell(_LEFT, call, call)
            yield
        self.columns.reclaim()

    def set_clock(self, by: float) -> None:
        """Our clock was set `by` seconds forward: what has ended stays as long as before."""
        self._lingering = deque((at + by, slot) for at, slot in self._lingering)
        self.tombstones.set_clock(by)


def _renamed(leg: Leg, other: Leg) -> bool:
    return leg.id != other.id
