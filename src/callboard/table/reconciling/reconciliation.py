"""Reconciliation: what becomes of a switch's rows when its link is lost, when it lists its legs, when it restarts.

Each is work in steps, for a switch may have a hundred thousand calls; between two steps the table may be told and asked
anything. Whatever is told next of the same link has the rest of a list dropped, and the rest of a loss or a restart,
which are certain, done at once.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from callboard.calls.causes import Cause, Reason
from callboard.calls.events import SwitchListed, SwitchLost, SwitchRestarted
from callboard.table.folding import fold
from callboard.table.reconciling.merge import Merge, Place
from callboard.table.reconciling.moments import Shift
from callboard.table.reconciling.pace import AS_KNOWN, CHANGED, Steps, drain, paced
from callboard.table.reconciling.settled import Settled
from callboard.table.store.numbering import Numbering
from callboard.table.store.rows import Rows

__all__ = ["Clock", "Reconciliation"]

Clock = Callable[[], float]
"""The time at each step, in Unix seconds."""


class _Job(NamedTuple):
    steps: Steps
    certain: bool
    """Whether the rest of it is to be done whatever comes next."""
    shift: Shift


class Reconciliation:
    """Makes the rows of a switch what the switch itself says of all its calls together."""

    def __init__(self, rows: Rows, place: Place, numbering: Numbering) -> None:
        self._rows = rows
        self._place = place
        self._numbering = numbering
        self._settled = Settled(rows.columns)
        self._jobs: dict[str, _Job] = {}
        """The last of each switch, done or not; a list that is done is not kept."""

    def interrupt(self, switch: str) -> None:
        """Something else is told of the link: what is under way ends here."""
        job = self._jobs.pop(switch, None)
        if job is None:
            return
        if job.certain:
            drain(job.steps)
        job.steps.close()

    def lose(self, event: SwitchLost, clock: Clock) -> Steps:
        """Nothing vouches for its calls any more."""
        shift = Shift()
        return self._start(event.switch, _Job(paced(self._suspect(event, shift, clock)), certain=True, shift=shift))

    def restart(self, event: SwitchRestarted, clock: Clock) -> Steps:
        """Every call of its former life is over."""
        shift = Shift()
        return self._start(event.switch, _Job(paced(self._end_all(event, shift, clock)), certain=True, shift=shift))

    def merge(self, event: SwitchListed, clock: Clock, by: float, vouch: Callable[[float, float], None]) -> Steps:
        """Make the rows of a switch say what its own list says, but for what was told since the list was taken.

        `by`: how many seconds later all that the list says is on the table's clock. If it is complete, `vouch` is
        called at the end, with the moment that it speaks of and the time.
        """
        shift = Shift(by)
        merge = Merge(self._rows, self._place, self._numbering, self._settled, event, shift)
        return self._start(event.switch, _Job(self._merge(merge, clock, vouch), certain=False, shift=shift))

    def set_clock(self, by: float) -> None:
        """Our clock was set `by` seconds forward: what is under way moves along, as the rows do that it comes to."""
        for job in self._jobs.values():
            job.shift.by += by

    def _start(self, switch: str, job: _Job) -> Steps:
        self.interrupt(switch)
        self._jobs[switch] = job
        return job.steps

    def _merge(self, merge: Merge, clock: Clock, vouch: Callable[[float, float], None]) -> Steps:
        yield from paced(merge.work(clock))
        del self._jobs[merge.switch]
        if merge.complete:
            vouch(merge.at, clock())

    def _suspect(self, event: SwitchLost, shift: Shift, clock: Clock) -> Iterator[int]:
        for slot, call in self._rows.of_switch(event.switch):
            if call.suspect_since is not None:
                yield AS_KNOWN
                continue
            settled = slot in self._settled
            self._rows.advance(slot, call, replace(call, suspect_since=shift.of(event.at)), clock())
            if settled:
                self._settled.add(slot)
            yield CHANGED

    def _end_all(self, event: SwitchRestarted, shift: Shift, clock: Clock) -> Iterator[int]:
        cause = Cause(Reason.SWITCH_LOST, text=event.why)
        for slot, call in self._rows.of_switch(event.switch):
            if call.started_at <= (at := shift.of(event.at)):
                self._rows.change(slot, call, fold.over(call, at, cause), clock())
            yield CHANGED
