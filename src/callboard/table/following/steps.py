"""Steps: what changes of the table did to what somebody is shown."""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

import msgspec

from callboard.calls.legs import Call

__all__ = ["Left", "Step", "conflated", "difference"]


class Left(Enum):
    """Why a call is not shown any more."""

    ENDED = "ended"
    LEFT = "left"
    """It had ended already, and its row left the table."""
    NO_LONGER_MATCHES = "no_longer_matches"
    NO_LONGER_ALLOWED = "no_longer_allowed"
    """It is there as before, but the reader may not see it."""


class Step(msgspec.Struct, frozen=True, gc=False):
    """What one change did to what a feed shows."""

    number: int
    """Of the table's revision after it."""
    call: Call
    """The row after it or, for one that is not shown any more, as it last was."""
    before: bool
    """Whether the call was shown before."""
    after: bool
    """Whether it is now."""
    left: Left | None = None
    """Why it is not, where it was before."""


def conflated(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The last state of each call alone, in the order of the last steps. What came and went meanwhile is left out."""
    known: dict[int, Step] = {}
    for step in steps:
        earlier = known.pop(step.call.number, None)
        before = step.before if earlier is None else earlier.before
        known[step.call.number] = step if before is step.before else msgspec.structs.replace(step, before=before)
    return tuple(step for step in known.values() if step.before or step.after)


def difference(shown: Mapping[int, Call], wanted: Iterable[Call], number: int, why: Left) -> Iterator[Step]:
    """The steps, as of a revision's number, that make what is shown what is wanted."""
    gone = dict(shown)
    for call in wanted:
        if gone.pop(call.number, None) is None:
            yield Step(number, call, before=False, after=True)
    for call in gone.values():
        yield Step(number, call, before=True, after=False, left=why)
