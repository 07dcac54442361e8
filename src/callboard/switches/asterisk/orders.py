"""Commands as actions of AMI: which channel is told what. Pure functions."""

from collections.abc import Sequence
from typing import NamedTuple

from callboard.calls.commands import Answer, Command, HangUp, Hold, Outcome, Transfer, Unhold
from callboard.calls.state import CONNECTED
from callboard.switches.asterisk.mirror import Channel
from callboard.switches.asterisk.wire import Packet
from callboard.switches.orders import NOT_ANSWERED, UnableError

__all__ = ["Order", "answer_of", "orders"]

_GONE = ("No such channel", "Channel specified does not exist", "Channel does not exist")
"""What Asterisk says of a channel that is not there (any more): Hangup, BlindTransfer, Redirect."""


class Order(NamedTuple):
    """One action: its name and its fields."""

    action: str
    fields: tuple[tuple[str, str], ...]


def orders(command: Command, living: Sequence[Channel], context: str) -> tuple[Order, ...]:
    """The actions that carry a command out; none if the switch has no such call.

    `living` are the call's channels. `context` is where the number of a transfer is looked up; empty: in the context
    of the channel that goes there. Raises `UnableError`.
    """
    match command:
        case HangUp():
            return tuple(Order("Hangup", (("Channel", channel.name), ("Cause", "16"))) for channel in living)
        case Transfer():
            return (_transfer(command, living, context),) if living else ()
        case Hold() | Unhold():
            raise UnableError(
                "Asterisk's manager interface has no action that puts a call on hold or takes it off: "
                "do it at the phone, or transfer the call to a parking extension"
            )


def _transfer(command: Transfer, living: Sequence[Channel], context: str) -> Order:
    """BlindTransfer is told to the channel that leaves. A channel that is alone with the dialplan is redirected."""
    talking = [channel for channel in living if channel.leg is not None and channel.leg.state in CONNECTED]
    stays = next((channel for channel in talking if channel.leg and channel.leg.side is command.party), None)
    if stays is None:
        raise UnableError(NOT_ANSWERED)
    leaves = next((channel for channel in talking if channel.leg and channel.leg.side is not command.party), None)
    where = (("Context", context or stays.shown.context), ("Exten", command.target))
    if leaves is not None:
        return Order("BlindTransfer", (("Channel", leaves.name), *where))
    return Order("Redirect", (("Channel", stays.name), *where, ("Priority", "1")))


def answer_of(packet: Packet, at: float, permissions: str) -> Answer:
    """What Asterisk answered. Success says that it took the command: of a transfer to nowhere it says so, too.

    `permissions` says what rights the user needs.
    """
    words = packet.get("Message")
    if packet.response == "Success":
        return Answer(Outcome.PENDING, at, words)
    if words.startswith(_GONE):
        return Answer(Outcome.ALREADY_GONE, at, words)
    return Answer(Outcome.REFUSED, at, f"{words}: {permissions}" if "ermission" in words else words)
