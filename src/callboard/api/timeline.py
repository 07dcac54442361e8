"""What happened to a call, and when: read from the times that its legs and its row keep."""

from collections.abc import Iterator

from callboard.api.fields import timestamp
from callboard.calls.legs import Call, Leg
from callboard.operations.past import EndedCall

__all__ = ["past_timeline", "timeline"]

Entry = dict[str, object]

_MARKS = (("new", "started_at"), ("ringing", "progressed_at"), ("answered", "answered_at"), ("ended", "ended_at"))
"""What happened, and the time that tells of it; in the order in which they can happen at the same moment."""


def timeline(call: Call) -> list[Entry]:
    """Of the call and of each leg, the oldest first."""
    found = [*_entries(call, "", ""), *(entry for leg in call.legs for entry in _of_leg(leg))]
    if call.suspect_since is not None:
        found.append((call.suspect_since, len(_MARKS), _entry(call.suspect_since, "suspect", "", "")))
    return _in_order(found)


def past_timeline(call: EndedCall) -> list[Entry]:
    """Of the call alone: its legs are not kept."""
    return _in_order(list(_entries(call, "", "")))


def _of_leg(leg: Leg) -> Iterator[tuple[float, int, Entry]]:
    return _entries(leg, leg.side.name.lower(), leg.id.native)


def _entries(of: Call | Leg | EndedCall, side: str, leg: str) -> Iterator[tuple[float, int, Entry]]:
    for place, (what, name) in enumerate(_MARKS):
        at = getattr(of, name)
        if at is not None:
            yield at, place, _entry(at, what, side, leg)


def _entry(at: float, what: str, side: str, leg: str) -> Entry:
    return {"at": timestamp(at), "what": what, "side": side or None, "leg": leg or None}


def _in_order(found: list[tuple[float, int, Entry]]) -> list[Entry]:
    return [entry for _, _, entry in sorted(found, key=lambda each: each[:2])]
