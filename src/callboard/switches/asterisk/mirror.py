"""The living channels of one switch, by call, and the calls about which its events leave doubts."""

from collections import deque

import msgspec

from callboard.calls.legs import Leg, Side
from callboard.calls.state import CONNECTED
from callboard.switches.asterisk.channels import Snapshot, order_of

__all__ = ["Channel", "Mirror"]

REMEMBERED = 4096
"""Channels that hung up and are remembered, so that a late packet does not bring one back."""
PATIENCE = 0.15
"""Seconds that a call may look half gone before the switch's list is asked what became of it."""


class Channel(msgspec.Struct, eq=False, gc=False):
    """One living channel: mutable, for it changes with nearly every packet.

    Nothing in it leads back to it, and so it is no work for the collector of garbage, nor is a dict of such ones. Where
    it was, to look at a hundred thousand of them held everybody up for 100 ms.
    """

    shown: Snapshot
    created_at: float
    name: str = ""
    order: tuple[float, int] = (0.0, 0)
    leg: Leg | None = None
    asked: bool = False
    """Whether its far end wants to hang up."""
    commanded: bool = False
    """Whether it was we who hung it up."""
    promoted: str | None = None
    """Where a transfer takes it as the caller, until it is; None if none does."""

    def __post_init__(self) -> None:
        self.name = self.shown.name
        self.order = order_of(self.shown.uniqueid, self.created_at)


class Mirror:
    """What the switch has at present, as far as its packets told."""

    def __init__(self) -> None:
        self.channels: dict[str, Channel] = {}
        self.calls: dict[str, dict[str, Channel]] = {}
        """The channels that share a Linkedid."""
        self._bridges: dict[str, set[str]] = {}
        self.gone: set[str] = set()
        """Channels that hung up of late."""
        self._gone_order: deque[str] = deque()
        self._halved: set[str] = set()
        self._doubts: dict[str, float] = {}

    def living(self, linkedid: str, but: Channel | None = None) -> list[Channel]:
        """The channels of a call that are legs, the oldest first."""
        channels = self.calls.get(linkedid, {}).values()
        living = [channel for channel in channels if channel.leg is not None and channel is not but]
        return sorted(living, key=lambda channel: channel.order)

    def free_side(self, linkedid: str) -> Side:
        """The side of the next leg of a call: the caller's while nobody is there."""
        callers = any(channel.leg and channel.leg.side is Side.CALLER for channel in self.living(linkedid))
        return Side.CALLEE if callers else Side.CALLER

    def add(self, channel: Channel) -> None:
        """A channel is there, in the call that it shows."""
        self.channels[channel.shown.uniqueid] = channel
        self.calls.setdefault(channel.shown.linkedid, {})[channel.shown.uniqueid] = channel

    def bridge(self, bridge: str, uniqueid: str) -> list[Channel]:
        """The channel is in this bridge now; returns all that are."""
        members = self._bridges.setdefault(bridge, set())
        members.add(uniqueid)
        return [self.channels[member] for member in sorted(members) if member in self.channels]

    def unbridge(self, bridge: str, uniqueid: str) -> None:
        """The channel has left this bridge."""
        members = self._bridges.get(bridge, set())
        members.discard(uniqueid)
        if not members:
            self._bridges.pop(bridge, None)

    def look_at(self, linkedid: str, at: float) -> None:
        """Doubt a call of which a leg has gone, where what is left looks like half a conversation."""
        if linkedid not in self._halved:
            return
        legs = [channel.leg for channel in self.living(linkedid) if channel.leg is not None]
        sides = {leg.side for leg in legs}
        if legs and (Side.CALLER not in sides or (len(sides) == 1 and legs[0].state in CONNECTED)):
            self._doubts.setdefault(linkedid, at)
        else:
            self._doubts.pop(linkedid, None)

    def leave(self, channel: Channel) -> None:
        """The channel is in its call no longer."""
        linkedid = channel.shown.linkedid
        call = self.calls.get(linkedid, {})
        call.pop(channel.shown.uniqueid, None)
        if not any(other.leg is not None for other in call.values()):
            self._doubts.pop(linkedid, None)
            self._halved.discard(linkedid)
        if not call:
            self.calls.pop(linkedid, None)

    def forget(self, channel: Channel) -> None:
        """The channel hung up."""
        self.leave(channel)
        self.channels.pop(channel.shown.uniqueid, None)
        self.bury(channel.shown.uniqueid)

    def bury(self, uniqueid: str) -> None:
        """The channel of this id hung up, known or not: nothing that is told of it late brings it back."""
        if uniqueid in self.gone:
            return
        self.gone.add(uniqueid)
        self._gone_order.append(uniqueid)
        if len(self._gone_order) > REMEMBERED:
            self.gone.discard(self._gone_order.popleft())

    @property
    def doubts(self) -> frozenset[str]:
        """The calls that look half gone."""
        return frozenset(self._doubts)

    def doubtful(self, now: float) -> bool:
        """Whether a call has looked half gone for so long that the switch's list should be asked."""
        return any(now - since >= PATIENCE for since in self._doubts.values())

    def halve(self, linkedid: str, at: float) -> None:
        """A leg of the call has gone."""
        if linkedid in self.calls:
            self._halved.add(linkedid)
            self.look_at(linkedid, at)

    def reconnected(self) -> None:
        """Who left which bridge meanwhile is not known, and no list tells."""
        self._bridges.clear()
        self.settled()

    def settled(self) -> None:
        """The switch's own list will tell all that is in doubt so far."""
        self._doubts.clear()
        self._halved.clear()
