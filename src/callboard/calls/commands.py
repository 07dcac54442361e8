"""The waist, outward: everything we can ask of a switch, and how it can come out."""

from enum import IntEnum
from typing import NewType, Protocol

import msgspec

from callboard.calls.causes import Cause, Reason
from callboard.calls.legs import CallKey

__all__ = ["Command", "CommandId", "HangUp", "Outcome", "Switchboard"]

CommandId = NewType("CommandId", str)


class HangUp(msgspec.Struct, frozen=True, gc=False):
    """End a call: every leg of it."""

    id: CommandId
    call: CallKey
    cause: Cause = Cause(Reason.DISCONNECTED)


Command = HangUp


class Outcome(IntEnum):
    """How a command came out. Every command ends in exactly one of these; until then it is `PENDING`."""

    PENDING = 0
    DONE = 1
    """The switch reported the end."""
    ALREADY_GONE = 2
    """The call was over before the command reached it."""
    REFUSED = 3
    """The switch would not, or its link is down; its words are kept."""
    UNKNOWN = 4
    """No proof came in time."""


class Switchboard(Protocol):
    """The port through which commands leave: it finds the link of the switch that carries the call."""

    def send(self, command: Command) -> str | None:
        """Hand a command to its switch's link, at once and without waiting.

        Returns None if it went out, else the reason why it could not (link down, no such switch), for people.
        """
        ...
