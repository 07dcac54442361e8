"""What watchers are told: one numbered change for every step of the table."""

from enum import IntEnum

import msgspec

from callboard.calls.legs import Call

__all__ = ["Change", "Kind", "Revision"]


class Revision(msgspec.Struct, frozen=True, order=True, gc=False):
    """A moment of the table: `number` grows by one with each change, `epoch` differs for each life of the process."""

    epoch: int
    number: int


class Kind(IntEnum):
    """What happened to the row."""

    BEGAN = 0
    CHANGED = 1
    ENDED = 2
    """The call is over; the row lingers, marked as ended."""
    LEFT = 3
    """The row left the table."""


class Change(msgspec.Struct, frozen=True, gc=False):
    """One step: the row as it is after it (as it last was, if it left)."""

    revision: Revision
    kind: Kind
    call: Call
    before: Call | None = None
    """The row as it was before the step; None if it began with it."""
