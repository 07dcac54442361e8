"""Rows that a list has gone through and that nothing has touched since: what says the same again has no more to add."""

from array import array

from callboard.table.store.columns import Columns

__all__ = ["Settled"]

_NEVER = -1


class Settled:
    """The slots of such rows. A row that is written, or leaves, is none any more."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._stamps = array("q")
        """What the stamp of each slot was."""

    def __contains__(self, slot: int) -> bool:
        return slot < len(self._stamps) and self._stamps[slot] == int(self._columns["stamp"][slot])

    def add(self, slot: int) -> None:
        """A list has gone through the row that stands here."""
        if slot >= len(self._stamps):
            self._stamps.extend([_NEVER] * (len(self._columns.calls) - len(self._stamps)))
        self._stamps[slot] = int(self._columns["stamp"][slot])
