"""Reconciliation: what becomes of a switch's rows when its link is lost, when it lists its legs, when it restarts."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from callboard.calls.causes import Cause, Reason
from callboard.calls.events import SwitchListed, SwitchLost, SwitchRestarted
from callboard.calls.legs import Call, CallKey, Leg, LegId, Placement
from callboard.calls.state import State
from callboard.table import fold
from callboard.table.numbering import Numbering
from callboard.table.rows import Rows

__all__ = ["Place", "Reconciliation"]

Place = Callable[[tuple[Leg, ...]], Placement]
"""Says whose a call with these legs is."""


class Reconciliation:
    """Makes the rows of a switch what the switch itself says of all its calls together."""

    def __init__(self, rows: Rows, place: Place, numbering: Numbering) -> None:
        self._rows = rows
        self._place = place
        self._numbering = numbering

    def lose(self, event: SwitchLost, now: float) -> None:
        """Nothing vouches for its calls any more."""
        self._suspect(self._rows.of_switch(event.switch), event.at, now)

    def restart(self, event: SwitchRestarted, now: float) -> None:
        """Every call of its former life is over."""
        cause = Cause(Reason.SWITCH_LOST, text=event.why)
        for slot, call in self._rows.of_switch(event.switch):
            if call.started_at <= event.at:
                self._end(slot, call, event.at, cause, now)

    def reconcile(self, event: SwitchListed, now: float) -> None:
        """Make the rows of a switch say what its own list says, but for what was told since the list was taken."""
        tombstones = self._rows.tombstones
        for leg in event.legs:
            if tombstones.inferred(leg.id):
                tombstones.exhume(leg.id)
        heard = [leg for leg in event.legs if leg.id not in tombstones]
        ids = {leg.id for leg in heard}
        groups: dict[CallKey, list[Leg]] = {}
        for leg in heard:
            groups.setdefault(CallKey(event.switch, leg.call), []).append(leg)
        # Calls that are not listed come first: their legs may have moved to a listed one.
        for slot, call in sorted(self._rows.of_switch(event.switch), key=lambda known: known[1].key in groups):
            self._reconcile_call(slot, call, groups.pop(call.key, []), ids, event, now)
        for key, legs in groups.items():
            listed = _sorted(fold.listed(None, leg, event.at) for leg in legs)
            self._rows.begin(fold.call_of(self._numbering.take(), key, listed, self._place(listed)), now)

    def _reconcile_call(
        self, slot: int, call: Call, legs: list[Leg], ids: set[LegId], event: SwitchListed, now: float
    ) -> None:
        known = {leg.id: leg for leg in call.legs}
        confirmed = [fold.listed(known.get(leg.id), leg, event.at) for leg in legs]
        missing = [leg for leg in call.legs if leg.id not in ids]
        kept = self._kept(missing, event, now) if event.complete else missing
        together = _sorted([*confirmed, *kept])
        if not together:
            self._end(slot, call, event.at, Cause(Reason.MISSING, text="not in the switch's own list"), now)
            for leg in call.legs:
                if leg.id in ids:
                    self._rows.tombstones.exhume(leg.id)
        elif confirmed:
            self._rows.change(slot, call, fold.listed_again(call, together, self._place(together)), now)
        else:
            self._go_on(slot, call, together, event.at, now)

    def _go_on(self, slot: int, call: Call, legs: tuple[Leg, ...], at: float, now: float) -> None:
        """A call of which none is listed goes on with these of its legs, without those that are over, or another's now.

        Nothing vouches for it unless something was told since. It stays whose it was: no leg has appeared.
        """
        since = call.suspect_since
        if since is None and all(leg.told_at <= at for leg in legs):
            since = at
        after = replace(call, suspect_since=since)
        if len(legs) < len(call.legs):
            after = fold.call_of(call.number, call.key, legs, call.placement, before=call, suspect_since=since)
        self._rows.change(slot, call, after, now)

    def _kept(self, missing: list[Leg], event: SwitchListed, now: float) -> list[Leg]:
        """Of the legs that a complete list lacks, those that are younger than it; the others are over."""
        kept = [leg for leg in missing if leg.told_at > event.at and leg.state is not State.ENDED]
        for leg in missing:
            if leg not in kept:
                self._rows.tombstones.bury(leg.id, now, inferred=True)
        return kept

    def _suspect(self, rows: Iterable[tuple[int, Call]], at: float, now: float) -> None:
        for slot, call in rows:
            if call.suspect_since is None:
                self._rows.change(slot, call, replace(call, suspect_since=at), now)

    def _end(self, slot: int, call: Call, at: float, cause: Cause, now: float) -> None:
        legs = fold.ended(call.legs, at, cause)
        self._rows.change(slot, call, fold.call_of(call.number, call.key, legs, call.placement, before=call), now)


def _sorted(legs: Iterable[Leg]) -> tuple[Leg, ...]:
    return tuple(sorted(legs, key=lambda leg: (leg.side, leg.started_at, leg.id)))
