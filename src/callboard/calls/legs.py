"""The nouns of a call: leg, party facts, call. Frozen values; the table alone makes new ones."""

from enum import IntEnum
from typing import NewType

import msgspec

from callboard.calls.causes import Cause
from callboard.calls.state import CONNECTED, State

__all__ = ["Call", "CallKey", "CallNumber", "Direction", "Facts", "Leg", "LegId", "Placement", "Side"]

CallNumber = NewType("CallNumber", int)
"""A call's public number: unique across nodes, never reused. The node's index stands in the bits from 48 up."""


class LegId(msgspec.Struct, frozen=True, order=True, gc=False):
    """A leg's name: the switch that carries it and that switch's own id for it."""

    switch: str
    native: str


class CallKey(msgspec.Struct, frozen=True, order=True, gc=False):
    """What joins legs to one call: the switch and its own name for the conversation (AMI Linkedid, a SIP Call-ID)."""

    switch: str
    native: str


class Side(IntEnum):
    """Which side of the conversation a leg is on."""

    CALLER = 0
    CALLEE = 1


class Direction(IntEnum):
    """Where a call comes from and goes to, seen from the operator's network."""

    UNKNOWN = 0
    INTERNAL = 1
    """From an account to an account."""
    OUTBOUND = 2
    """From an account to a vendor."""
    INBOUND = 3
    """From a vendor to an account."""
    TRANSIT = 4
    """From a vendor to a vendor."""


class Facts(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a switch knows of a leg that helps to say whose it is. Placement reads these and nothing else.

    A switch that authenticates against our own directory gives ids; others give their own words.
    """

    account: int | None = None
    """Our account's id, where the switch knows it."""
    connection: int | None = None
    """Our connection's id, where the switch knows it."""
    account_code: str = ""
    endpoint: str = ""
    """The switch's name of the device or peer (PJSIP endpoint, gateway, SIP user)."""
    trunk: str = ""
    context: str = ""
    source: str = ""
    """Address the signalling came from or went to, `host:port`."""
    did: str = ""
    """The number that was called from outside, before it was routed to an account."""


class Leg(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One side of a call as its switch sees it. Times are Unix seconds on our clock; None where not reached."""

    id: LegId
    call: str
    """The switch's own name for the call (the native half of `CallKey`)."""
    side: Side
    state: State = State.NEW
    number: str = ""
    """This party's number: the caller's own, or the number the callee's side is called with (after routing)."""
    name: str = ""
    """This party's display name, as received."""
    dialed: str = ""
    """On the caller's side: what the caller dialed."""
    media: str = ""
    """Address of this party's media, from its SDP; no port."""
    sip_call_id: str = ""
    channel: str = ""
    """The switch's own name for the leg, where it has one besides the id."""
    facts: Facts = Facts()
    started_at: float
    progressed_at: float | None = None
    """First sign that the far end alerts or answers."""
    answered_at: float | None = None
    ended_at: float | None = None
    cause: Cause | None = None
    told_at: float = 0.0
    """When the switch last told anything of this leg. The table keeps it; adapters leave it alone."""


class Placement(msgspec.Struct, frozen=True, gc=False):
    """Whose a call is and where it goes: ids in the directory, None where nothing is known."""

    direction: Direction = Direction.UNKNOWN
    customer: int | None = None
    """The owner: the customer whose account makes the call or, if it comes from a vendor, receives it."""
    account: int | None = None
    """The owner's account."""
    incoming: bool = False
    """Whether the owner receives the call, which none of our accounts makes."""
    device: int | None = None
    callee_customer: int | None = None
    """On a call between accounts: the customer of the account that is called."""
    callee_account: int | None = None
    callee_device: int | None = None
    vendor: int | None = None
    """The vendor the call is routed to at present or, if inbound, comes from."""
    connection: int | None = None
    did: int | None = None
    machine: int | None = None
    prefix: str = ""
    """The longest known prefix of the called number."""
    destination: str = ""
    """The destination's name, such as "Philippines Proper"."""
    country: str = ""
    """ISO 3166 alpha-3 code, such as "PHL"."""


class Call(msgspec.Struct, frozen=True, gc=False):
    """A conversation in progress: its legs and what follows from them. Times are Unix seconds on our clock."""

    number: CallNumber
    key: CallKey
    legs: tuple[Leg, ...]
    state: State
    caller: str
    """The caller's number."""
    caller_name: str
    dialed: str
    """What the caller dialed."""
    callee: str
    """The number the callee's side is called with, after routing; what was dialed until that is known."""
    sip_call_id: str
    """SIP Call-ID of the caller's leg."""
    caller_media: str
    callee_media: str
    placement: Placement
    started_at: float
    progressed_at: float | None
    answered_at: float | None
    ended_at: float | None
    cause: Cause | None
    suspect_since: float | None = None
    """Since when nothing vouches for this call: its switch's link is lost, or a full list lacked it."""
    first_leg: LegId | None = None
    """The leg it began with, by the id which that had then. It stays the same when that leg goes or is renamed."""

    def duration(self, now: float) -> float:
        """Seconds connected, 0.0 before the answer; it stands still once the call is over. Never negative."""
        if self.answered_at is None:
            return 0.0
        end = now if self.ended_at is None else self.ended_at
        return max(0.0, end - self.answered_at)

    def delay(self, now: float) -> float:
        """Seconds from set-up to the first progress; until then, the seconds waited so far. Never negative."""
        until = self.progressed_at
        if until is None:
            until = now if self.ended_at is None else self.ended_at
        return max(0.0, until - self.started_at)

    @property
    def connected(self) -> bool:
        """Whether the parties are connected (on hold counts)."""
        return self.state in CONNECTED

    @property
    def was_connected(self) -> bool:
        """Whether the parties are connected, or were when the end began that is under way."""
        return self.connected or (self.state is State.ENDING and self.answered_at is not None)

    def side(self, side: Side) -> tuple[Leg, ...]:
        """The legs on one side."""
        return tuple(leg for leg in self.legs if leg.side is side)
