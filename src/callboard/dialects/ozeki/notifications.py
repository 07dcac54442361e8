"""A call as Ozeki's systems tell of it: the pairs of a form that begins with `NotificationName`.

The vendor's page (ozekiphone.com p_4201) names the notifications and says how they are sent; the values of CallState
are those of p_4587. The pairs are the members of its list of calls, v10 (ozeki.hu p_7637).
"""

from collections.abc import Iterator
from datetime import tzinfo

from callboard.calls.causes import Reason
from callboard.calls.legs import Call
from callboard.calls.state import State
from callboard.dialects.ozeki.fields import CALL_STATE, V10_FIELDS, value
from callboard.operations.happenings import Happening

__all__ = ["notification"]

_UNANSWERED = {
    Reason.BUSY: "Busy",
    Reason.NO_ANSWER: "Cancelled",
    Reason.CANCELLED: "Cancelled",
    Reason.DISCONNECTED: "Cancelled",
}
"""How a call is over that was never answered; for all other reasons it is Error."""


def notification(event: Happening, call: Call, now: float, *, zone: tzinfo | None) -> tuple[tuple[str, str], ...]:
    """CallConnected when a call is answered, CallChanged for all else that happens to it."""
    name = "CallConnected" if event is Happening.CALL_ANSWERED else "CallChanged"
    return (("NotificationName", name), *_members(call, now, zone))


def _members(call: Call, now: float, zone: tzinfo | None) -> Iterator[tuple[str, str]]:
    for member in V10_FIELDS:
        text = _state(call) if member.name == "CallState" else value(member, call, now, zone)
        yield member.name, text.encode("utf-8", "replace").decode()


def _state(call: Call) -> str:
    if call.state is not State.ENDED:
        return CALL_STATE[call.state]
    if call.answered_at is not None:
        return "Completed"
    return _UNANSWERED.get(call.cause.reason, "Error") if call.cause else "Error"
