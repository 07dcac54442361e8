"""The waist, inward: everything a switch can tell. Adapters make these values, the table folds them.

`at` is when it happened, in Unix seconds, corrected to our clock by the adapter. Every event names its switch, directly
or through the leg's id.
"""

from typing import ClassVar

import msgspec

from callboard.calls.causes import Cause, Reason
from callboard.calls.legs import Leg, LegId
from callboard.calls.state import Signal

__all__ = [
    "MOVES",
    "Event",
    "LegAnswered",
    "LegAuthenticating",
    "LegDescribed",
    "LegDialing",
    "LegEnded",
    "LegEnding",
    "LegEvent",
    "LegHeld",
    "LegRenamed",
    "LegResumed",
    "LegRinging",
    "LegRouting",
    "LegSeen",
    "Moved",
    "SwitchListed",
    "SwitchLost",
    "SwitchRestarted",
    "SwitchUp",
]


class LegSeen(msgspec.Struct, frozen=True, gc=False):
    """A leg exists; `leg` holds all that is known of it, its state included."""

    at: float
    leg: Leg


class LegDescribed(msgspec.Struct, frozen=True, gc=False):
    """More became known of a leg: every field of `leg` that is not empty replaces what was known. State is not read."""

    at: float
    leg: Leg


class LegRenamed(msgspec.Struct, frozen=True, gc=False):
    """The switch gave a leg another id (FreeSWITCH CHANNEL_UUID, Asterisk masquerade). The call keeps its number."""

    at: float
    old: LegId
    new: LegId


class Moved(msgspec.Struct, frozen=True, gc=False):
    """A leg's state moved. `signal` says how; the automaton says where to."""

    signal: ClassVar[Signal]

    leg: LegId
    at: float


class LegAuthenticating(Moved, frozen=True, gc=False):
    """Credentials were asked for, or are being checked."""

    signal = Signal.AUTHENTICATE


class LegRouting(Moved, frozen=True, gc=False):
    """The caller is known; a route is being looked for."""

    signal = Signal.ROUTE


class LegDialing(Moved, frozen=True, gc=False):
    """The call goes to a far end, which does not alert yet."""

    signal = Signal.DIAL


class LegRinging(Moved, frozen=True, gc=False):
    """The far end alerts, or sends early media."""

    signal = Signal.RING


class LegAnswered(Moved, frozen=True, gc=False):
    """The leg is connected."""

    signal = Signal.ANSWER


class LegHeld(Moved, frozen=True, gc=False):
    """The leg was put on hold."""

    signal = Signal.HOLD


class LegResumed(Moved, frozen=True, gc=False):
    """The leg was taken off hold."""

    signal = Signal.RESUME


class LegEnding(Moved, frozen=True, gc=False):
    """A disconnect of the leg is under way, not yet confirmed."""

    signal = Signal.DISCONNECT


class LegEnded(Moved, frozen=True, gc=False):
    """The leg is over."""

    signal = Signal.END

    cause: Cause = Cause(Reason.NORMAL)


MOVES: tuple[type[Moved], ...] = (
    LegAuthenticating,
    LegRouting,
    LegDialing,
    LegRinging,
    LegAnswered,
    LegHeld,
    LegResumed,
    LegEnding,
    LegEnded,
)
"""Every way in which a leg's state moves."""


class SwitchUp(msgspec.Struct, frozen=True, gc=False):
    """The link to a switch works and its events arrive. Its calls stay suspect until a full list vouches for them."""

    switch: str
    at: float


class SwitchLost(msgspec.Struct, frozen=True, gc=False):
    """The link to a switch is lost: nothing is known of its calls, so they become suspect, never fewer."""

    switch: str
    at: float
    why: str


class SwitchRestarted(msgspec.Struct, frozen=True, gc=False):
    """The switch itself went down and came back: every call it carried before `at` is over."""

    switch: str
    at: float
    why: str


class SwitchListed(msgspec.Struct, frozen=True, gc=False):
    """The switch's own list of all its legs. It says the truth as of `at`, the moment the list was taken.

    If it is `complete`, a leg that is known, older than `at` and not in it is over. An incomplete list ends nothing.
    """

    switch: str
    at: float
    legs: tuple[Leg, ...]
    complete: bool


LegEvent = LegSeen | LegDescribed | LegRenamed | Moved
Event = LegEvent | SwitchUp | SwitchLost | SwitchRestarted | SwitchListed
