"""A full list of a switch's channels on its way into the mirror, while events go on to come."""

from collections.abc import Iterable

from msgspec.structs import replace

from callboard.calls.events import SwitchListed
from callboard.calls.legs import Leg, Side
from callboard.calls.state import State
from callboard.switches.asterisk.channels import (
    PREFIXES,
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
        """It will settle the doubts that there are; those that arise from now on stay."""
        self._switch = switch
        self._mirror = mirror
        self._asked_at = asked_at
        self._dialed: dict[str, str] = {}
        self._doubts = mirror.doubts
        self._heard: set[str] = set()
        """Channels of which something was read since it was asked for."""
        self._over: set[str] = set()
        """Those of them that hung up."""
        self._awaited: set[str] = set()
        """Channels whose end waits to be read."""
        self._present: set[str] = set()
        """Channels that it has."""
        self.unread = 0
        """Entries that lack what they should have."""
        mirror.settled()

    def heard(self, packet: Packet) -> None:
        """An event came and is read: of its channels the list knows nothing new."""
        self._heard.update(filter(None, (packet.get(f"{prefix}Uniqueid") for prefix in PREFIXES)))
        if packet.event == "Hangup":
            self._over.add(packet.get("Uniqueid"))

    def awaits(self, packet: Packet) -> None:
        """An event came that is read after the list: an end is told by it, and with its reason."""
        if packet.event == "Hangup":
            self._awaited.add(packet.get("Uniqueid"))

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
        if shown.uniqueid in self._over or shown.uniqueid in self._mirror.gone:
            return
        if channel is not None and shown.uniqueid in self._heard:
            return
        if channel is None:
            channel = Channel(shown, self._asked_at - age_of_channel(packet))
        else:
            self._mirror.leave(channel)
        channel.shown, channel.name = shown, shown.name
        self._mirror.add(channel)
        leg = channel.leg or self._begun(channel)
        if leg is None:
            return
        state = State.DIALING if shown.state is State.NEW and packet.get("Application") == "AppDial" else shown.state
        if state is not None and state > leg.state:
            leg = at_state(leg, state, channel.created_at)
        if packet.get("Application") == "Park" and leg.state is State.ANSWERED:
            leg = replace(leg, state=State.HELD)
        channel.leg = described(leg, shown)

    def _begun(self, channel: Channel) -> Leg | None:
        """The leg of a channel that is new, or that a masquerade of which nothing was told made a phone's."""
        shown = channel.shown
        if not is_phone(shown.name) or "<" in shown.name:
            return None
        dialed = self._dialed.get(shown.uniqueid, "")
        return new_leg(self._switch, shown, channel.created_at, Side.CALLEE, dialed)

    def _miss(self, channel: Channel) -> None:
        """A channel that the list lacks hung up. Where something was heard of it since, or waits, its own end tells."""
        uniqueid = channel.shown.uniqueid
        stays = uniqueid in self._present or uniqueid in self._heard or uniqueid in self._awaited
        if not stays and uniqueid in self._mirror.channels:
            self._mirror.forget(channel)

    def _arrange(self, linkedid: str) -> None:
        """Give each leg of a call its side: the oldest is the caller. Events that came meanwhile know better."""
        living = self._mirror.living(linkedid)
        if not self._heard.isdisjoint(channel.shown.uniqueid for channel in living):
            if linkedid in self._doubts:
                self._mirror.halve(linkedid, self._asked_at)
            return
        for index, channel in enumerate(living):
            side = Side.CALLEE if index else Side.CALLER
            if channel.leg is not None:
                channel.leg = as_side(self._switch, channel.shown, channel.leg, side)
                channel.promoted = None
