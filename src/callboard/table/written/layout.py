"""A wire format's row, part by part: texts, which stay as they are until the call changes, and clocks, which run.

From the same parts a row is written by itself, and long listings are copied (`arena`).
"""

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from itertools import groupby
from typing import Generic, NamedTuple, TypeVar

import msgspec

from callboard.calls.legs import Call

__all__ = [
    "DIGITS",
    "Clock",
    "Field",
    "Layout",
    "Run",
    "Running",
    "Text",
    "clock_text",
    "count_text",
    "digits",
    "parts_of",
    "plain_row",
    "running_since",
]

DIGITS = 10
"""Room for whole seconds: as many as there were since 1970, for switches that say 0 where they do not know."""

R = TypeVar("R")


class Running(Enum):
    """What a clock shows, in seconds."""

    TALK = "talk"
    """Connected so far; 0 before the answer."""
    RING = "ring"
    """From the set-up to the answer, or until now."""
    DELAY = "delay"
    """From the set-up to the first progress, or until now."""


class Run(msgspec.Struct, frozen=True):
    """A running number."""

    running: Running
    exact: bool
    """With milliseconds, which are those that are over; else whole seconds that are over."""


class Text(msgspec.Struct, frozen=True):
    """A part of the row that changes only when the call does."""

    render: Callable[[Call], bytes]


class Clock(msgspec.Struct, frozen=True):
    """A running number, with what stands before and behind it."""

    lead: bytes
    tail: bytes
    run: Run
    idle: bytes | None = None
    """What stands in the place of all of it before the answer; None: the number, as ever."""

    @property
    def width(self) -> int:
        """Bytes from the lead to the last digit, at most."""
        return len(self.lead) + DIGITS + (4 if self.run.exact else 0)


class Layout(msgspec.Struct, frozen=True):
    """A row, with blanks between its parts where it is padded."""

    parts: tuple[Text | Clock, ...]
    separator: bytes = b""
    """What stands between two rows."""


class Field(NamedTuple, Generic[R]):
    """A field of the row by its name: the whole of it as markup, made of what stands for the call; or a clock."""

    name: str
    shows: Callable[[R], str] | Clock


def parts_of(fields: Iterable[Field[R]], made: Callable[[Call], R]) -> Iterator[Text | Clock]:
    """The fields as parts of a layout, those between two clocks as one text; `made` makes what they are made of."""
    for running, some in groupby(fields, lambda field: isinstance(field.shows, Clock)):
        if running:
            yield from (field.shows for field in some if isinstance(field.shows, Clock))
        else:
            yield _text(tuple(some), made)


def _text(fields: tuple[Field[R], ...], made: Callable[[Call], R]) -> Text:
    renders = [field.shows for field in fields if not isinstance(field.shows, Clock)]

    def render(call: Call) -> bytes:
        row = made(call)
        return "".join([write(row) for write in renders]).encode()

    return Text(render)


# --- a row by itself -------------------------------------------------------------------------------------------------


def plain_row(layout: Layout, call: Call, now: float) -> bytes:
    """The row without padding, without the separator."""
    return b"".join(
        [part.render(call) if isinstance(part, Text) else clock_text(part, call, now) for part in layout.parts]
    )


def clock_text(clock: Clock, call: Call, now: float) -> bytes:
    """The clock as it stands in the row of a call."""
    if clock.idle is not None and not call.was_connected:
        return clock.idle
    return clock.lead + digits(clock.run, call, now) + clock.tail


def running_since(clock: Clock, call: Call) -> float | None:
    """Since when a clock runs, Unix seconds; None if it stands still."""
    if clock.idle is not None and not call.was_connected:
        return None
    match clock.run.running:
        case Running.TALK:
            return call.answered_at if call.ended_at is None else None
        case Running.DELAY:
            return call.started_at if call.progressed_at is None and call.ended_at is None else None
        case Running.RING:
            return call.started_at if call.answered_at is None else None


def digits(run: Run, call: Call, now: float) -> bytes:
    """The number for a call, such as `22.704` or `22`."""
    return count_text(_seconds(call, run.running, now), run.exact)


def count_text(seconds: float, exact: bool) -> bytes:
    """A number of seconds as a clock shows it."""
    return b"%d.%03d" % divmod(int(seconds * 1000.0), 1000) if exact else b"%d" % seconds


def _seconds(call: Call, running: Running, now: float) -> float:
    match running:
        case Running.TALK:
            return call.duration(now)
        case Running.DELAY:
            return call.delay(now)
        case Running.RING:
            until = now if call.answered_at is None else call.answered_at
            return max(0.0, until - call.started_at)
