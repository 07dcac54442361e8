"""What proves that a switch did what a command asked: its own report of the call, before and after."""

from callboard.calls.commands import Command, HangUp, Hold, Transfer, Unhold
from callboard.calls.legs import Call, Leg, Side
from callboard.calls.state import State

__all__ = ["left_alone", "proof"]


def proof(command: Command, before: Call, now: Call) -> str | None:
    """Words on how it is proven, None while it is not. `before` is the call as it was when the command went out."""
    match command:
        case HangUp():
            return _end(now)
        case Transfer():
            return _transferred(command, before, now)
        case Hold():
            return "on hold" if _held(now, command) else None
        case Unhold():
            return None if _held(now, command) or now.state is State.ENDED else "off hold"


def _held(now: Call, command: Hold | Unhold) -> bool:
    return any(leg.state is State.HELD for leg in now.side(command.party))


def _end(now: Call) -> str | None:
    if now.state is not State.ENDED:
        return None
    return "" if now.cause is None else now.cause.text


def left_alone(command: Command, before: Call, now: Call) -> bool:
    """Whether the party that is transferred is the only one left, as on its way to an announcement.

    That proves nothing by itself: the other one may just have hung up, and the call may be about to end.
    """
    if not isinstance(command, Transfer) or len(_living(before)) < 2:
        return False
    others = {leg.id for leg in before.legs if leg.side is not command.party}
    left = _living(now)
    return len(left) == 1 and left[0].id not in others


def _transferred(command: Transfer, before: Call, now: Call) -> str | None:
    """Another party is called, or the party that stays is led to the target."""
    known = {leg.id for leg in before.legs}
    for leg in _living(now):
        if leg.id not in known and leg.side is Side.CALLEE:
            return f"{leg.number} is called" if leg.number else "another party is called"
        if command.target in (leg.number, leg.dialed) and leg not in before.legs and not _had(before, command.target):
            return f"led to {command.target}"
    return None


def _had(call: Call, target: str) -> bool:
    return any(target in (leg.number, leg.dialed) for leg in call.legs)


def _living(call: Call) -> list[Leg]:
    return [leg for leg in call.legs if leg.state < State.ENDING]
