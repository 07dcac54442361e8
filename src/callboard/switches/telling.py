"""The way from the links to the table, over which our clock may be set without a call becoming longer or shorter."""

from collections.abc import Iterator

from msgspec.structs import replace

from callboard.calls.events import Event, SwitchListed, SwitchLost, SwitchRestarted
from callboard.switches.clock import OurClock
from callboard.table.reconciling.moments import event_moved_by
from callboard.table.table import Table

__all__ = ["Telling"]


class Telling:
    """Tells one table what the links of all its switches tell.

    Links and keepers have their time from `clock.even`; the table, and whoever reads it, has the machine's.
    """

    def __init__(self, table: Table, clock: OurClock) -> None:
        self.clock = clock
        self._table = table
        self._set_by = 0.0

    def tell(self, event: Event) -> None:
        """Let the table take an event in, on the machine's clock."""
        self.check()
        self._table.accept(event_moved_by(event, self._set_by) if self._set_by else event, self.clock.wall())

    def take_in(self, event: SwitchListed | SwitchLost | SwitchRestarted) -> Iterator[None]:
        """Let the table take in what is about all calls of a switch, in steps: see `Table.accept_in_steps`."""
        self.check()
        if isinstance(event, SwitchListed):
            return self._table.accept_in_steps(event, self.clock.wall, self._set_by)
        return self._table.accept_in_steps(replace(event, at=event.at + self._set_by), self.clock.wall)

    def check(self) -> None:
        """See whether the clock was set, and let the table move along. Call it about once a second."""
        set_by = self.clock.set_by()
        if set_by != self._set_by:
            moved, self._set_by = set_by - self._set_by, set_by
            self._table.set_clock(moved, self.clock.wall())
