"""A full list of a switch's channels on its way into the mirror, while events go on to come."""

from collections.abc import Iterable

from msgspec.structs import replace

from callboard.calls.events import SwitchListed
from callboard.calls.legs import Side
from callboard.calls.state import State
from callboard.switches.asterisk.channels import (
    Snapshot,
    age_of_channel,
    as_side,
    at_state,
    described,
    is_phone,
    new_leg,
)
from callboard.switches.asterisk.mirror import Channel, Mirror
from callboard.switches.asterisk.wire import Packet
from callboard.switches.portions import Work, each

__all__ = ["Listing"]


class Listing:
    """One list, from when it is asked for: whatever is told from then on may be newer than what it says."""

    def __init__(self, switch: str, mirror: Mirror, asked_at: float) -> None:
        """It settles the doubts that there are; those that arise from now on stay."""
        self._switch = switch
        self._mirror = mirror
        self._asked_at = asked_at
        self._dialed: dict[str, str] = {}
        self._heard: set[str] = set()
        self._present: set[str] = set()
        self.unread = 0
        """Entries that lack what they should have."""
        mirror.settled()

    def heard(self, packet: Packet) -> None:
        """An event came: of its channels the list knows nothing new."""
        self._heard |= {packet.get("Uniqueid"), packet.get("DestUniqueid")}

    def work(self, items: Iterable[Packet], dialed: dict[str, str]) -> Work[SwitchListed]:
        """Take it in, from CoreShowChannels. `dialed`: what was dialled, by Uniqueid, where Status told it."""
        mirror, self._dialed = self._mirror, dialed
        yield from each(items, self._list)
        yield from each(tuple(mirror.channels.values()), self._miss)
        yield from each(tuple(mirror.calls), self._arrange)
        legs = [channel.leg for channel in mirror.channels.values() if channel.leg is not None]
        return SwitchListed(self._switch, self._asked_at, tuple(legs), complete=True)

    def _list(self, packet: Packet) -> None:
        shown = Snapshot.of(packet)
        if shown is None:
            self.unread += 1
            return
        self._present.add(shown.uniqueid)
        channel = self._mirror.channels.get(shown.uniqueid)
        if shown.uniqueid in self._mirror.gone or (channel is not None and shown.uniqueid in self._heard):
            return
        if channel is None:
            channel = self._begin(packet, shown)
        else:
            self._mirror.leave(channel)
        channel.shown, channel.name = shown, shown.name
        self._mirror.add(channel)
        leg = channel.leg
        if leg is None:
            return
        state = State.DIALING if shown.state is State.NEW and packet.get("Application") == "AppDial" else shown.state
        if state is not None and state > leg.state:
            leg = at_state(leg, state, channel.created_at)
        if packet.get("Application") == "Park" and leg.state is State.ANSWERED:
            leg = replace(leg, state=State.HELD)
        channel.leg = described(leg, shown)

    def _begin(self, packet: Packet, shown: Snapshot) -> Channel:
        channel = Channel(shown, self._asked_at - age_of_channel(packet))
        if is_phone(shown.name):
            dialed = self._dialed.get(shown.uniqueid, "")
            channel.leg = new_leg(self._switch, channel.shown, channel.created_at, Side.CALLEE, dialed)
        return channel

    def _miss(self, channel: Channel) -> None:
        """A channel that the list lacks hung up. Of one that was heard of since, it is its own end that tells."""
        uniqueid = channel.shown.uniqueid
        known = uniqueid in self._present or uniqueid in self._heard
        if not known and uniqueid in self._mirror.channels:
            self._mirror.forget(channel)

    def _arrange(self, linkedid: str) -> None:
        """Give each leg of a call its side: the oldest is the caller. Events that came meanwhile know better."""
        living = self._mirror.living(linkedid)
        if not self._heard.isdisjoint(channel.shown.uniqueid for channel in living):
            return
        for index, channel in enumerate(living):
            side = Side.CALLEE if index else Side.CALLER
            if channel.leg is not None:
                channel.leg = as_side(self._switch, channel.shown, channel.leg, side)
                channel.promoted = None
