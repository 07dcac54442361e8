"""The waist, outward: everything we can ask of a switch, and how it can come out."""

import re
from collections.abc import Callable
from enum import IntEnum
from typing import NewType, Protocol

import msgspec

from callboard.calls.causes import Cause, Reason
from callboard.calls.legs import CallKey, Side

__all__ = [
    "Answer",
    "Answered",
    "Command",
    "CommandId",
    "HangUp",
    "Hold",
    "Outcome",
    "Switchboard",
    "Transfer",
    "Unhold",
    "nobody_asks",
]

CommandId = NewType("CommandId", str)

_TARGET = re.compile(r"[0-9A-Za-z+*#][0-9A-Za-z+*#._-]{0,63}")
"""Numbers and extensions. No blank, comma, slash, `&`, `@`, `$` or line's end: in a dialplan they mean more."""


class HangUp(msgspec.Struct, frozen=True, gc=False):
    """End a call: every leg of it."""

    id: CommandId
    call: CallKey
    cause: Cause = Cause(Reason.DISCONNECTED)


class Transfer(msgspec.Struct, frozen=True, gc=False):
    """Connect one party of a call to another number, and let the other party go (a blind transfer).

    Raises ValueError for a target that is no number or extension.
    """

    id: CommandId
    call: CallKey
    target: str
    """Letters, digits and `+*#._-`, at most 64; the first is none of `._-`."""
    party: Side = Side.CALLER
    """Who goes on to the target."""

    def __post_init__(self) -> None:
        """Whatever goes to a switch is checked here, once for all."""
        if not _TARGET.fullmatch(self.target):
            raise ValueError(
                f"{self.target[:64]!r} is no number to transfer to: letters, digits and + * # . _ - may stand in it, "
                "64 at most, and a letter, a digit, +, * or # comes first"
            )


class Hold(msgspec.Struct, frozen=True, gc=False):
    """Put a party's phone on hold; the other party hears what the switch plays then."""

    id: CommandId
    call: CallKey
    party: Side = Side.CALLER


class Unhold(msgspec.Struct, frozen=True, gc=False):
    """Take a party's phone off hold."""

    id: CommandId
    call: CallKey
    party: Side = Side.CALLER


Command = HangUp | Transfer | Hold | Unhold


class Outcome(IntEnum):
    """How a command came out. Every command ends in exactly one of these; until then it is `PENDING`."""

    PENDING = 0
    DONE = 1
    """The switch reported what was asked for: the end of the call, the new party, the hold."""
    ALREADY_GONE = 2
    """The call was over before the command reached it."""
    REFUSED = 3
    """The switch would not, or its link is down; its words are kept."""
    UNKNOWN = 4
    """No proof came in time."""


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What a switch itself answered to a command that had gone out."""

    outcome: Outcome
    """`PENDING`: it took the command, and what it does will show in its events."""
    at: float
    """When the answer came, Unix seconds."""
    words: str = ""
    """The switch's own, for people."""


Answered = Callable[[Answer], None]
"""Takes a switch's answer, whenever it comes. A link that is lost before gives none."""


def nobody_asks(answer: Answer) -> None:
    """For commands whose answer nobody waits for."""


class Switchboard(Protocol):
    """The port through which commands leave: it finds the link of the switch that carries the call."""

    def send(self, command: Command, answered: Answered) -> str | None:
        """Hand a command to its switch's link, at once and without waiting.

        Returns None if it went out, else the reason why it could not (link down, no such switch, the switch has no
        such command), for people. What the switch answers goes to `answered`.
        """
        ...
