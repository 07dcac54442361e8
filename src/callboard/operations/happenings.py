"""What other programs can be told of: the kinds of happenings, and which of them a change of the table is."""

from enum import StrEnum

from callboard.access.rights import Right
from callboard.calls.state import State
from callboard.table.changes import Change, Kind

__all__ = ["CALL_HAPPENINGS", "NEEDED", "SYSTEM_WIDE", "Happening", "happened"]


class Happening(StrEnum):
    """One kind of what happens."""

    CALL_STARTED = "call.started"
    """A call is there, or came to be one of those that are followed."""
    CALL_RINGING = "call.ringing"
    CALL_ANSWERED = "call.answered"
    CALL_HELD = "call.held"
    CALL_RESUMED = "call.resumed"
    CALL_ENDED = "call.ended"
    CALL_SUSPECT = "call.suspect"
    """Nothing vouches for the call any more: the link to its switch is lost, or its list lacks it."""
    COMMAND_OUTCOME = "command.outcome"
    SWITCH_LOST = "switch.lost"
    SWITCH_BACK = "switch.back"
    LIMIT_PASSED = "limit.passed"
    TEST = "webhook.test"
    """Nothing happened: somebody tries whether a webhook works."""


_OF_CALLS = tuple(one for one in Happening if one.startswith("call."))

CALL_HAPPENINGS = frozenset(_OF_CALLS)

NEEDED: dict[Happening, Right] = {
    **dict.fromkeys(_OF_CALLS, Right.CALLS_LIST),
    Happening.COMMAND_OUTCOME: Right.CALLS_DISCONNECT,
    Happening.SWITCH_LOST: Right.SWITCHES_READ,
    Happening.SWITCH_BACK: Right.SWITCHES_READ,
    Happening.LIMIT_PASSED: Right.CALLS_STATS,
}
"""The right of who is told: that which is needed to look for oneself."""

SYSTEM_WIDE = frozenset({Happening.SWITCH_LOST, Happening.SWITCH_BACK})
"""What concerns everybody at once, and only those who stand at the root."""

_UP_TO_RINGING = frozenset({State.NEW, State.AUTHENTICATING, State.ROUTING, State.DIALING, State.RINGING})


def happened(change: Change) -> tuple[Happening, ...]:
    """What a change means for those who know the call already, in the order in which it happened."""
    if change.kind is Kind.LEFT:
        return ()
    before = change.before
    started = (Happening.CALL_STARTED,) if before is None else ()
    moved = _moved(State.NEW if before is None else before.state, change.call.state)
    suspect = change.call.suspect_since is not None and (before is None or before.suspect_since is None)
    return (*started, *moved, *((Happening.CALL_SUSPECT,) if suspect else ()))


def _moved(before: State, after: State) -> tuple[Happening, ...]:
    """A call that is on hold when it is first seen connected was answered too."""
    if before is after:
        return ()
    match after:
        case State.RINGING:
            return (Happening.CALL_RINGING,)
        case State.ANSWERED:
            return (Happening.CALL_RESUMED if before is State.HELD else Happening.CALL_ANSWERED,)
        case State.HELD if before in _UP_TO_RINGING:
            return (Happening.CALL_ANSWERED, Happening.CALL_HELD)
        case State.HELD:
            return (Happening.CALL_HELD,)
        case State.ENDED:
            return (Happening.CALL_ENDED,)
        case _:
            return ()
