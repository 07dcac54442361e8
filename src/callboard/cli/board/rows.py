"""What the board shows of calls: which, in which order, and how a row looks. Values in, texts out."""

from collections.abc import Callable, Iterable
from datetime import datetime
from heapq import nlargest, nsmallest
from typing import NamedTuple

from callboard.cli.output import printable
from callboard.client.answers import Call

__all__ = ["COLUMNS", "Column", "chosen", "count_words", "lasting", "widths"]


class Column(NamedTuple):
    """A column: its heading, how many characters it takes, what it shows, and what it is sorted by."""

    head: str
    width: int
    """At least."""
    text: Callable[[Call, datetime], str]
    key: Callable[[Call, datetime], str | float]


def lasting(call: Call, now: datetime) -> float:
    """Seconds connected or, before the answer, since the set-up, by the server's clock."""
    if call.answered_at is not None:
        return call.talked(now)
    return 0.0 if call.started_at is None else max(0.0, (now - call.started_at).total_seconds())


def _clock(call: Call, now: datetime) -> str:
    """`1:02:03`; before the answer in brackets, for it is no conversation yet."""
    seconds = int(lasting(call, now))
    text = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return text if call.answered_at is not None else f"({text[2:] if seconds < 3600 else text})"


def _number(call: Call) -> int:
    return int(call.id) if call.id.isdecimal() else 0


COLUMNS = (
    Column("ID", 7, lambda call, now: call.id, lambda call, now: _number(call)),
    Column("STATE", 14, lambda call, now: f"{call.state}{' ?' if call.suspect else ''}", lambda call, now: call.state),
    Column("CALLER", 12, lambda call, now: printable(call.caller), lambda call, now: call.caller),
    Column(
        "CALLEE",
        13,
        lambda call, now: printable(call.callee or call.dialed),
        lambda call, now: call.callee or call.dialed,
    ),
    Column("TIME", 8, _clock, lasting),
    Column("DESTINATION", 12, lambda call, now: printable(call.destination), lambda call, now: call.destination),
    Column("SWITCH", 10, lambda call, now: printable(call.switch), lambda call, now: call.switch),
)


GAP = 2
"""Characters around each cell."""
WIDER = (("DESTINATION", 26), ("CALLER", 16), ("CALLEE", 16), ("SWITCH", 20), ("DESTINATION", 60))
"""Which column gets more where there is room, up to which width, one after the other."""


def widths(room: int) -> list[int]:
    """How wide each column is on a terminal of so many characters.

    The last column gives way: where it does not fit as a whole, it is off the edge, and the others have its room.
    """
    found = {column.head: column.width for column in COLUMNS}
    needed = sum(width + GAP for width in found.values())
    spare = room - needed if room >= needed else room - needed + found[COLUMNS[-1].head] + GAP
    for head, most in WIDER:
        more = max(0, min(spare, most - found[head]))
        found[head] += more
        spare -= more
    return list(found.values())


def chosen(
    calls: Iterable[Call], search: str, column: Column, descending: bool, now: datetime, most: int
) -> tuple[list[Call], int]:
    """The first calls that have the text somewhere, in order, and how many have it. Equal ones are sorted by id."""
    wanted = search.casefold()
    found = [call for call in calls if not wanted or wanted in _searched(call)]
    if descending:
        return nlargest(most, found, key=lambda call: (column.key(call, now), -_number(call))), len(found)
    return nsmallest(most, found, key=lambda call: (column.key(call, now), _number(call))), len(found)


def _searched(call: Call) -> str:
    parts = (
        call.id,
        call.state,
        call.caller,
        call.caller_name,
        call.callee,
        call.dialed,
        call.destination,
        call.switch,
    )
    return "\n".join(parts).casefold()


def count_words(calls: Iterable[Call]) -> str:
    """`12 calls: 8 answered, 3 ringing, 1 other`."""
    total = answered = ringing = suspect = 0
    for call in calls:
        total += 1
        answered += call.state in {"answered", "held"}
        ringing += call.state in {"dialing", "ringing"}
        suspect += call.suspect
    words = f"{total} call{'' if total == 1 else 's'}: {answered} answered, {ringing} ringing"
    other = total - answered - ringing
    return words + (f", {other} other" if other else "") + (f", {suspect} suspect" if suspect else "")
