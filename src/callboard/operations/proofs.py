"""What proves that a switch did what a command asked: its own report of the call, before and after."""

from callboard.calls.commands import Command, HangUp, Hold, Transfer, Unhold
from callboard.calls.legs import Call, Leg, Side
from callboard.calls.state import State

__all__ = ["proof"]


def proof(command: Command, before: Call, now: Call, *, taken: bool) -> str | None:
    """Words on how it is proven, None while it is not.

    `before` is the call as it was when the command went out; `taken` says whether the switch said that it took it.
    """
    match command:
        case HangUp():
            return _end(now)
        case Transfer():
            return _transferred(command, before, now, taken=taken)
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


def _transferred(command: Transfer, before: Call, now: Call, *, taken: bool) -> str | None:
    """Another party is called, or the party that stays is led to the target.

    That the other party left proves nothing by itself: it may just have hung up. Once the switch took the command it
    does, where nobody else is called, as in an announcement.
    """
    known = {leg.id for leg in before.legs}
    for leg in _living(now):
        if leg.id not in known and leg.side is Side.CALLEE:
            return f"{leg.number or leg.channel} is called"
        if command.target in (leg.number, leg.dialed) and leg not in before.legs and not _had(before, command.target):
            return f"led to {command.target}"
    left = len(_living(before)) > 1 and len(_living(now)) == 1
    return "the other party left" if taken and left else None


def _had(call: Call, target: str) -> bool:
    return any(target in (leg.number, leg.dialed) for leg in call.legs)


def _living(call: Call) -> list[Leg]:
    return [leg for leg in call.legs if leg.state < State.ENDING]
