"""A switch's own list on its way into the rows, call by call.

What the list says holds for the moment it was taken, and each call is compared with its row as it stands when its turn
comes: what was told since is newer than the list, in the row or among the tombstones, whether it was told before the
turn or comes after. So it makes no difference how many steps a list takes, nor what is told between them.
"""

from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from callboard.calls.causes import Cause, Reason
from callboard.calls.events import SwitchListed
from callboard.calls.legs import Call, CallKey, Leg, LegId, Placement
from callboard.calls.state import State
from callboard.table.folding import fold, shortcuts
from callboard.table.reconciling.moments import Shift, leg_moved_by
from callboard.table.reconciling.pace import AS_KNOWN, CHANGED
from callboard.table.reconciling.settled import Settled
from callboard.table.store.numbering import Numbering
from callboard.table.store.rows import Rows

__all__ = ["Merge", "Place"]

Place = Callable[[tuple[Leg, ...]], Placement]
"""Says whose a call with these legs is."""

_GROUPED = 1
"""What it costs to take a leg off the list, as `pace` counts."""


class Merge:
    """One list. `shift` is how much later all that it says is on the table's clock, which may be set meanwhile.

    A leg that is listed twice is where it stands first.
    """

    def __init__(
        self, rows: Rows, place: Place, numbering: Numbering, settled: Settled, event: SwitchListed, shift: Shift
    ) -> None:
        self._rows = rows
        self._place = place
        self._numbering = numbering
        self._settled = settled
        self._event = event
        self._shift = shift
        self._calls: dict[str, list[Leg]] = {}
        self._natives: set[str] = set()

    @property
    def switch(self) -> str:
        """Whose list it is."""
        return self._event.switch

    @property
    def at(self) -> float:
        """The moment that the list speaks of."""
        return self._shift.of(self._event.at)

    @property
    def complete(self) -> bool:
        """Whether what it lacks is over."""
        return self._event.complete

    def work(self, clock: Callable[[], float]) -> Iterator[int]:
        """Merge it. Each piece of the work says what it cost (see `pace`)."""
        for leg in self._event.legs:
            if leg.id.native not in self._natives:
                self._natives.add(leg.id.native)
                self._calls.setdefault(leg.call, []).append(leg)
            yield _GROUPED
        for native in self._calls:
            yield self._merge(native, clock())
        for _, call in self._rows.of_switch(self._event.switch):
            if call.key.native in self._calls:
                yield AS_KNOWN
            else:
                self._reconcile(call.key.native, clock())
                yield CHANGED
        while self._calls:  # to let go of it all at once would take long, too
            self._calls.popitem()
            yield _GROUPED

    # --- a listed call -----------------------------------------------------------------------------------------------

    def _merge(self, native: str, now: float) -> int:
        slot = self._rows.slot_of(CallKey(self._event.switch, native))
        if slot is not None and slot in self._settled:
            cost = self._confirm(slot, self._listed(native), now)
            if cost:
                return cost
        together = self._together(native)
        for each in together:
            self._reconcile(each, now)
        return CHANGED * len(together)

    def _confirm(self, slot: int, legs: list[Leg], now: float) -> int:
        """The list says of a row what it said before; what that cost, or 0 if it says anything else."""
        call = self._rows.at(slot)
        after = None if call is None else shortcuts.confirmed(call, legs, self.at)
        if call is None or after is None:
            return 0
        if call.suspect_since is None:
            self._rows.confirm(slot, after)
            return AS_KNOWN * len(legs)
        self._rows.advance(slot, call, replace(after, suspect_since=None), now)
        self._settled.add(slot)
        return CHANGED

    def _together(self, native: str) -> list[str]:
        """The call, and those that its legs are in so far: all change in one step, those that are not listed first."""
        found = [native]
        for each in found:
            for leg in self._calls.get(each, ()):
                known = self._rows.known(leg.id)
                if known is not None and known[1].key.native not in found:
                    found.append(known[1].key.native)
        return sorted(found, key=lambda each: each in self._calls)

    def _listed(self, native: str) -> list[Leg]:
        legs = self._calls.get(native, [])
        return [leg_moved_by(leg, by) for leg in legs] if (by := self._shift.by) else legs

    def _counts(self, leg: LegId) -> bool:
        """Whether the list has the leg and nobody told of its end; that a list lacked it, another may know better."""
        tombstones = self._rows.tombstones
        return leg.native in self._natives and (leg not in tombstones or tombstones.inferred(leg))

    # --- any call ----------------------------------------------------------------------------------------------------

    def _reconcile(self, native: str, now: float) -> None:
        key = CallKey(self._event.switch, native)
        legs = [leg for leg in self._listed(native) if self._counts(leg.id)]
        for leg in legs:
            self._rows.tombstones.exhume(leg.id)
        slot = self._rows.slot_of(key)
        call = self._rows.at(slot)
        if slot is not None and call is not None:
            self._compare(slot, call, legs, now)
        elif legs:
            listed = _sorted(fold.listed(None, leg, self.at) for leg in legs)
            self._rows.begin(fold.call_of(self._numbering.take(), key, listed, self._place(listed)), now)
        if legs and (slot := self._rows.slot_of(key)) is not None:
            self._settled.add(slot)

    def _compare(self, slot: int, call: Call, legs: list[Leg], now: float) -> None:
        known = {leg.id: leg for leg in call.legs}
        confirmed = [fold.listed(known.get(leg.id), leg, self.at) for leg in legs]
        missing = [leg for leg in call.legs if not self._counts(leg.id)]
        together = _sorted([*confirmed, *(self._kept(missing, now) if self.complete else missing)])
        if not together:
            self._end(slot, call, now)
        elif confirmed:
            self._rows.change(slot, call, fold.listed_again(call, together, self._place(together)), now)
        else:
            self._go_on(slot, call, together, now)

    def _end(self, slot: int, call: Call, now: float) -> None:
        """None of its legs is left to it; those that are another call's now are not over."""
        elsewhere = [leg.id for leg in call.legs if self._counts(leg.id)]
        cause = Cause(Reason.MISSING, text="not in the switch's own list")
        self._rows.change(slot, call, fold.over(call, self.at, cause), now)
        for leg_id in elsewhere:
            self._rows.tombstones.exhume(leg_id)

    def _go_on(self, slot: int, call: Call, legs: tuple[Leg, ...], now: float) -> None:
        """A call of which none is listed goes on with these of its legs, without those that are over, or another's now.

        Nothing vouches for it unless something was told since. It stays whose it was: no leg has appeared.
        """
        since = call.suspect_since
        if since is None and all(leg.told_at <= self.at for leg in legs):
            since = self.at
        after = replace(call, suspect_since=since)
        if len(legs) < len(call.legs):
            after = fold.call_of(call.number, call.key, legs, call.placement, before=call, suspect_since=since)
        self._rows.change(slot, call, after, now)

    def _kept(self, missing: list[Leg], now: float) -> list[Leg]:
        """Of the legs that a complete list lacks, those that are younger than it; the others are over."""
        kept = [leg for leg in missing if leg.told_at > self.at and leg.state is not State.ENDED]
        for leg in missing:
            if leg not in kept:
                self._rows.tombstones.bury(leg.id, now, inferred=True)
        return kept


def _sorted(legs: Iterable[Leg]) -> tuple[Leg, ...]:
    return tuple(sorted(legs, key=lambda leg: (leg.side, leg.started_at, leg.id)))
