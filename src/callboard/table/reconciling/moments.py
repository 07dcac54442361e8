"""Times that move along when our clock is set, so that no length of time changes. `by` is in seconds."""

from typing import TypeVar

from msgspec.structs import replace

from callboard.calls.events import Event, LegDescribed, LegSeen, SwitchListed
from callboard.calls.legs import Call, Leg
from callboard.table.reconciling.links import Link

__all__ = ["Shift", "call_moved_by", "event_moved_by", "leg_moved_by", "link_moved_by"]

Timed = TypeVar("Timed", Leg, Call, Link)


class Shift:
    """How many seconds later what is under way happened on the table's clock, which may be set before it is done."""

    def __init__(self, by: float = 0.0) -> None:
        self.by = by

    def of(self, at: float) -> float:
        """A moment on the table's clock as it is set now."""
        return at + self.by


def _moved(value: Timed, names: tuple[str, ...], by: float) -> Timed:
    return replace(value, **{name: at + by for name in names if (at := getattr(value, name)) is not None})


def leg_moved_by(leg: Leg, by: float) -> Leg:
    """The leg, with all that happened to it so much later."""
    return _moved(leg, ("started_at", "progressed_at", "answered_at", "ended_at", "told_at"), by)


def call_moved_by(call: Call, by: float) -> Call:
    """The call, with all that happened to it so much later."""
    names = ("started_at", "progressed_at", "answered_at", "ended_at", "suspect_since")
    return replace(_moved(call, names, by), legs=tuple(leg_moved_by(leg, by) for leg in call.legs))


def link_moved_by(link: Link, by: float) -> Link:
    """The link, with all that was heard over it so much later."""
    return _moved(link, ("since", "last_event_at", "last_list_at"), by)


def event_moved_by(event: Event, by: float) -> Event:
    """The event, so much later."""
    if isinstance(event, LegSeen | LegDescribed):
        return replace(event, at=event.at + by, leg=leg_moved_by(event.leg, by))
    if isinstance(event, SwitchListed):
        return replace(event, at=event.at + by, legs=tuple(leg_moved_by(leg, by) for leg in event.legs))
    return replace(event, at=event.at + by)
