"""AMI events and lists into events of calls, and commands into actions. Pure: times are arguments.

A call is what shares a Linkedid, or a bridge of two. Its oldest living channel is the caller, the others are callees:
the same rule for events and for lists. Local channels and others of Asterisk's own are followed but are no legs.
"""

from collections import deque
from collections.abc import Callable, Iterable
from math import inf

from msgspec.structs import replace

from callboard.calls.causes import Cause, Reason
from callboard.calls.commands import Command, HangUp
from callboard.calls.events import (
    Event,
    LegAnswered,
    LegDescribed,
    LegDialing,
    LegEnded,
    LegEnding,
    LegHeld,
    LegRenamed,
    LegResumed,
    LegRinging,
    LegRouting,
    LegSeen,
    SwitchListed,
)
from callboard.calls.legs import Side
from callboard.calls.state import CONNECTED, State, step
from callboard.switches.asterisk.channels import (
    NOT_DIALED,
    Snapshot,
    as_side,
    at_state,
    cause_of,
    described,
    is_phone,
    new_leg,
    order_of,
    transfer_target,
)
from callboard.switches.asterisk.lists import Listing
from callboard.switches.asterisk.mirror import Channel, Mirror
from callboard.switches.asterisk.orders import Order, orders
from callboard.switches.asterisk.wire import Packet
from callboard.switches.portions import PORTION, Work

__all__ = ["MOST_WAITING", "Translator"]

MOST_WAITING = 10_000
"""Packets that may wait, some 400 calls' worth or 30 MB. If there are more, the oldest are dropped and one more list is
taken.
"""

_Signalled = type[LegRouting | LegDialing | LegRinging | LegAnswered | LegHeld | LegResumed | LegEnding]

_SIGNALS: dict[State, _Signalled] = {
    State.ROUTING: LegRouting,
    State.DIALING: LegDialing,
    State.RINGING: LegRinging,
    State.ANSWERED: LegAnswered,
}


class Translator:
    """Turns one switch's packets into events. It may outlive a link: what it knows of times is kept for the next."""

    def __init__(self, switch: str) -> None:
        self._switch = switch
        self._mirror = Mirror()
        self._listing: Listing | None = None
        """The list that was asked for, until it is taken in."""
        self._waiting: deque[tuple[Packet, float]] | None = None
        """What a new link told, until its first list is taken in and all that is read; None from then on."""
        self._spilled = False
        self._asked_at = 0.0
        """When a list was asked for last."""
        self.ignored = 0
        """Packets about channels that are over, or that lack what they should have."""

    def __len__(self) -> int:
        return len(self._mirror.channels)

    def accept(self, packet: Packet, at: float) -> list[Event]:
        """What an event of the switch tells. `at` is when it happened, on our clock."""
        if self._waiting is None:
            return self._accept(packet, at)
        self._spilled |= len(self._waiting) == MOST_WAITING
        self._waiting.append((packet, at))
        if self._listing is not None:
            self._listing.awaits(packet)
        return []

    def _accept(self, packet: Packet, at: float) -> list[Event]:
        event = packet.event
        if self._listing is not None:
            self._listing.heard(packet)
        if event == "Hangup":
            return self._hangup(packet, at)
        if event == "Rename":
            return self._rename(packet, at)
        rule = _RULES.get(event)
        if rule is None and not event.startswith("New") and event not in _SHOWING:
            return []
        events = self._show(packet, "", at)
        if rule is not None:
            events += rule(self, packet, at)
        return events

    def reconnected(self) -> None:
        """A new link: what no list says, and may have changed meanwhile, is not known any more.

        Events do not tell who calls whom of a call that began meanwhile: until a list has told, all of them wait.
        """
        self._listing = None
        self._waiting, self._spilled = deque(maxlen=MOST_WAITING), False
        self._mirror.reconnected()
        for channel in self._mirror.channels.values():
            if channel.leg is not None and channel.leg.state in {State.HELD, State.ENDING}:
                channel.leg = replace(channel.leg, state=State.ANSWERED if channel.leg.answered_at else State.ROUTING)

    def doubtful(self, now: float) -> bool:
        """Whether a call has looked half gone for so long that the switch's list should be asked."""
        return self._mirror.doubtful(now)

    def knows(self, uniqueid: str) -> bool:
        """Whether this channel was seen before."""
        return uniqueid in self._mirror.channels

    # --- lists ---------------------------------------------------------------------------------------------------

    def asked(self, at: float) -> None:
        """A full list is asked for: what comes from now on may be newer than it."""
        self._listing, self._asked_at = Listing(self._switch, self._mirror, at), at
        for packet, _ in self._waiting or ():
            self._listing.awaits(packet)

    def listed(self, items: Iterable[Packet], dialed: dict[str, str]) -> Work[SwitchListed]:
        """The list that was asked for, from CoreShowChannels. `dialed`: what was dialled, by Uniqueid, where Status
        told it. Call `asked` before, and `catch_up` after.
        """
        listing = self._listing
        if listing is None:
            raise ValueError("no list was asked for")
        listed = yield from listing.work(items, dialed)
        self._listing = None
        self.ignored += listing.unread
        return listed

    def catch_up(self, tell: Callable[[Event], None]) -> Work[bool]:
        """Tell what waited for the list; False if some of it was dropped, for there was too much."""
        while self._waiting:
            for _ in range(min(PORTION, len(self._waiting))):
                for event in self._accept(*self._waiting.popleft()):
                    tell(event)
            yield
        self._waiting = None
        spilled, self._spilled = self._spilled, False
        return not spilled

    # --- commands ------------------------------------------------------------------------------------------------

    def orders(self, command: Command, context: str) -> tuple[Order, ...]:
        """The actions that carry a command out (see `orders.orders`). Raises `UnableError`."""
        living = self._mirror.living(command.call.native)
        for channel in living if isinstance(command, HangUp) else ():
            channel.commanded = True
        return orders(command, living, context)

    # --- what each event tells -----------------------------------------------------------------------------------

    def _dial(self, packet: Packet, at: float) -> list[Event]:
        events = self._show(packet, "Dest", at)
        events += self._signal(packet, "Dest", LegDialing, at)
        events += self._led_to(packet, at)
        dialing = self._known(packet, "")
        if dialing is not None and dialing.leg is not None and dialing.leg.side is Side.CALLEE:
            # A callee that dials goes on as a caller, as soon as the one it had is gone.
            dialing.promoted = dialing.shown.exten if dialing.promoted is None else dialing.promoted
            events += self._settle(dialing.shown.linkedid, at)
        return events

    def _led_to(self, packet: Packet, at: float) -> list[Event]:
        """A caller whom the switch called (Originate) dialled nothing: it is led to the extension that dials now."""
        dialing, callee = Snapshot.of(packet), self._known(packet, "Dest")
        caller = next(iter(self._mirror.living(dialing.linkedid)), None) if dialing else None
        if dialing is None or callee is None or caller is None or caller is callee or caller.leg is None:
            return []
        if caller.leg.dialed or caller.leg.side is Side.CALLEE or dialing.exten in NOT_DIALED:
            return []
        caller.leg = replace(caller.leg, dialed=dialing.exten)
        return [LegDescribed(at, caller.leg)]

    def _dial_state(self, packet: Packet, at: float) -> list[Event]:
        events = self._show(packet, "Dest", at)
        if packet.get("DialStatus") in {"RINGING", "PROGRESS"}:
            # Early media leaves the channel Down: only this tells that something is heard.
            events += self._signal(packet, "Dest", LegRinging, at)
        return events

    def _dial_end(self, packet: Packet, at: float) -> list[Event]:
        return self._show(packet, "Dest", at)

    def _dialplan(self, packet: Packet, at: float) -> list[Event]:
        """Told only if the dialplan's events are switched on: they alone show that the switch itself rings."""
        return self._signal(packet, "", LegRinging, at) if packet.get("Application") == "Ringing" else []

    def _held(self, packet: Packet, at: float) -> list[Event]:
        return self._signal(packet, "", LegHeld, self._beside_list(at))

    def _resumed(self, packet: Packet, at: float) -> list[Event]:
        return self._signal(packet, "", LegResumed, self._beside_list(at))

    def _parked(self, packet: Packet, at: float) -> list[Event]:
        return [*self._show(packet, "Parkee", at), *self._signal(packet, "Parkee", LegHeld, self._beside_list(at))]

    def _unparked(self, packet: Packet, at: float) -> list[Event]:
        return [*self._show(packet, "Parkee", at), *self._signal(packet, "Parkee", LegResumed, self._beside_list(at))]

    def _beside_list(self, at: float) -> float:
        """When what no list tells is to be taken for told: it is no older news than the last list is."""
        return max(at, self._asked_at)

    def _wants_out(self, packet: Packet, at: float) -> list[Event]:
        """A party hung up. It ends the call unless it is an attempt that failed, or leaves two others behind."""
        channel = self._known(packet, "")
        if channel is None or channel.leg is None:
            return []
        channel.asked = True
        if channel.leg.side is Side.CALLEE and channel.leg.state not in CONNECTED:
            return []
        others = self._mirror.living(channel.shown.linkedid, but=channel)
        if sum(other.leg is not None and other.leg.state in CONNECTED for other in others) > 1:
            return []
        return self._signal(packet, "", LegEnding, at)

    def _transferred(self, packet: Packet, at: float) -> list[Event]:
        """The transferee goes on as the caller, to where the transfer leads."""
        events = self._show(packet, "Transferee", at)
        transferee = self._known(packet, "Transferee")
        if packet.get("Result") == "Success" and transferee is not None and transferee.leg is not None:
            if transferee.leg.side is Side.CALLEE:
                transferee.promoted = transfer_target(packet)
            events += self._settle(transferee.shown.linkedid, at)
        return events

    # --- channels ------------------------------------------------------------------------------------------------

    def _known(self, packet: Packet, prefix: str) -> Channel | None:
        return self._mirror.channels.get(packet.get(f"{prefix}Uniqueid"))

    def _show(self, packet: Packet, prefix: str, at: float) -> list[Event]:
        """Take in a channel as a packet shows it: new, described, moved to another call, in another state."""
        shown = Snapshot.of(packet, prefix)
        if shown is None:
            return []
        if shown.uniqueid in self._mirror.gone:
            self.ignored += 1
            return []
        channel = self._mirror.channels.get(shown.uniqueid)
        if channel is None and self._waiting is not None and packet.event != "Newchannel":
            # It did not begin since, and the list lacks it: it is over.
            self.ignored += 1
            return []
        if channel is None:
            return self._begin(shown, at)
        events: list[Event] = []
        if shown.linkedid != channel.shown.linkedid and self._was_left(shown.linkedid, channel):
            shown = replace(shown, linkedid=channel.shown.linkedid)
        if shown.linkedid != channel.shown.linkedid:
            events = self._join(channel, shown, at)
        elif shown != channel.shown:
            channel.shown = shown
            events = self._describe(channel, at)
        if shown.state is not None and channel.leg is not None and shown.state > channel.leg.state:
            events += self._move(channel, _SIGNALS[shown.state], at)
        return events

    def _was_left(self, linkedid: str, channel: Channel) -> bool:
        """Whether a packet that is older than a list shows the channel where it was before: calls only join older ones.

        Of an id that somebody chose, which has no time, that is said only of what waited for a list.
        """
        told, known = order_of(linkedid, inf), order_of(channel.shown.linkedid, inf)
        return told > known and (self._waiting is not None or told[0] < inf)

    def _begin(self, shown: Snapshot, at: float) -> list[Event]:
        channel = Channel(shown, at)
        self._mirror.add(channel)
        if not is_phone(shown.name):
            return []
        leg = new_leg(self._switch, channel.shown, channel.created_at, self._mirror.free_side(shown.linkedid))
        channel.leg = leg if shown.state is None else at_state(leg, shown.state, at)
        self._mirror.look_at(shown.linkedid, at)
        return [LegSeen(at, channel.leg), *self._settle(shown.linkedid, at)]

    def _describe(self, channel: Channel, at: float) -> list[Event]:
        """Tell what became known of a leg; nothing if that is nothing new."""
        before = channel.leg
        if before is None:
            return []
        channel.leg = described(before, channel.shown)
        return [] if channel.leg == before else [LegDescribed(at, channel.leg)]

    def _signal(self, packet: Packet, prefix: str, kind: _Signalled, at: float) -> list[Event]:
        channel = self._known(packet, prefix)
        return [] if channel is None else self._move(channel, kind, at)

    def _move(self, channel: Channel, kind: _Signalled, at: float) -> list[Event]:
        leg = channel.leg
        to = None if leg is None else step(leg.state, kind.signal)
        if leg is None or to is None:
            return []
        channel.leg = at_state(leg, to, at)
        if to is State.ANSWERED:
            self._mirror.look_at(leg.call, at)
        return [kind(leg=leg.id, at=at)]

    # --- calls ---------------------------------------------------------------------------------------------------

    def _bridged(self, packet: Packet, at: float) -> list[Event]:
        """Two who talk are one call, the older: Asterisk says so too, but late. In a conference they are not."""
        together = self._mirror.bridge(packet.get("BridgeUniqueid"), packet.get("Uniqueid"))
        if packet.get("BridgeType") != "basic":
            return []
        oldest = min((channel.shown.linkedid for channel in together), key=lambda one: order_of(one, at), default="")
        events: list[Event] = []
        for channel in together:
            if channel.shown.linkedid != oldest:
                events += self._join(channel, replace(channel.shown, linkedid=oldest), at)
        self._mirror.look_at(oldest, at)
        return events

    def _unbridged(self, packet: Packet, at: float) -> list[Event]:
        self._mirror.unbridge(packet.get("BridgeUniqueid"), packet.get("Uniqueid"))
        return []

    def _join(self, channel: Channel, shown: Snapshot, at: float) -> list[Event]:
        """The channel belongs to another call now: it was bridged with a channel of an older one."""
        before = channel.leg
        self._mirror.leave(channel)
        channel.shown = shown
        side = self._mirror.free_side(shown.linkedid)
        self._mirror.add(channel)
        if before is None:
            return []
        channel.leg = as_side(self._switch, shown, described(before, shown), side)
        cause = Cause(Reason.NORMAL, text="joined another call")
        return [LegSeen(at, channel.leg), LegEnded(leg=before.id, at=at, cause=cause)]

    def _settle(self, linkedid: str, at: float, leaving: Channel | None = None) -> list[Event]:
        """Make callers of those whom a transfer takes on: once there is another callee, or no other caller."""
        living = self._mirror.living(linkedid, but=leaving)
        for channel in living:
            before = channel.leg
            if channel.promoted is None or before is None:
                continue
            others = [other.leg.side for other in living if other is not channel and other.leg is not None]
            if Side.CALLEE in others or Side.CALLER not in others:
                channel.leg = as_side(self._switch, channel.shown, before, Side.CALLER, channel.promoted)
                channel.promoted = None
                if channel.leg != before:
                    ended = LegEnded(leg=before.id, at=at, cause=Cause(Reason.NORMAL, text="transferred"))
                    return [LegSeen(at, channel.leg), ended]
        return []

    def _rename(self, packet: Packet, at: float) -> list[Event]:
        """A masquerade gives a channel another's name; where the other was a leg, that leg goes on under our id."""
        channel, name = self._known(packet, ""), packet.get("Newname")
        if channel is None or not name:
            self.ignored += 1
            return []
        if "<" in name:
            channel.name = name
            return []
        shown = channel.shown = replace(channel.shown, name=name)
        channel.name = name
        if channel.leg is not None or not is_phone(name):
            return self._describe(channel, at)
        former = next(
            (old for old in self._mirror.living(shown.linkedid) if "<" in old.name and old.shown.name == name), None
        )
        if former is None or former.leg is None:
            channel.leg = at_state(
                new_leg(self._switch, channel.shown, channel.created_at, self._mirror.free_side(shown.linkedid)),
                State.ANSWERED,
                at,
            )
            return [LegSeen(at, channel.leg)]
        before, former.leg = former.leg, None
        channel.leg = as_side(self._switch, channel.shown, before, before.side)
        return [LegRenamed(at, before.id, channel.leg.id)]

    def _hangup(self, packet: Packet, at: float) -> list[Event]:
        channel = self._known(packet, "")
        if channel is None:
            self._mirror.bury(packet.get("Uniqueid"))
            self.ignored += 1
            return []
        leg = channel.leg
        events = self._settle(channel.shown.linkedid, at, leaving=channel)
        self._mirror.forget(channel)
        if leg is None:
            return events
        cause = cause_of(packet, answered=leg.answered_at is not None, asked=channel.asked, side=leg.side)
        if channel.commanded:
            cause = replace(cause, reason=Reason.DISCONNECTED)
        self._mirror.halve(leg.call, at)
        return [*events, LegEnded(leg=leg.id, at=at, cause=cause)]


_RULES: dict[str, Callable[[Translator, Packet, float], list[Event]]] = {
    "AttendedTransfer": Translator._transferred,
    "BlindTransfer": Translator._transferred,
    "BridgeEnter": Translator._bridged,
    "BridgeLeave": Translator._unbridged,
    "DialBegin": Translator._dial,
    "DialEnd": Translator._dial_end,
    "DialState": Translator._dial_state,
    "HangupRequest": Translator._wants_out,
    "Hold": Translator._held,
    "Newexten": Translator._dialplan,
    "ParkedCall": Translator._parked,
    "ParkedCallTimeOut": Translator._unparked,
    "UnParkedCall": Translator._unparked,
    "Unhold": Translator._resumed,
}
_SHOWING = frozenset({"MusicOnHoldStart", "MusicOnHoldStop"})
"""Further events that show a channel as it is."""
