"""A FreeSWITCH's events, lists and answers into our events; our commands into its words.

One channel is one leg, but for the halves of loopback pairs, which only join the legs at their ends. One translator
serves all links to a switch, one after another: what it knows of the channels makes a list after a reconnect say the
same calls, under the same names, that the events told before.
"""

from collections.abc import Mapping
from heapq import nsmallest
from operator import itemgetter

import msgspec
from msgspec.structs import replace

from callboard.calls.commands import Command, HangUp, Hold, Transfer, Unhold
from callboard.calls.events import (
    Event,
    LegAnswered,
    LegDescribed,
    LegEnded,
    LegEnding,
    LegHeld,
    LegRenamed,
    LegResumed,
    LegRinging,
    LegSeen,
    Moved,
    SwitchListed,
)
from callboard.calls.legs import Leg, LegId, Side
from callboard.calls.state import CONNECTED, State, step
from callboard.switches.clock import SwitchClock
from callboard.switches.freeswitch import wire
from callboard.switches.freeswitch.channels import (
    cause_of,
    cause_word,
    is_loopback,
    leg_of_event,
    leg_of_row,
    listed_again,
    state_of,
    with_news,
)
from callboard.switches.freeswitch.grouping import Member, call_names
from callboard.switches.freeswitch.memory import Channel
from callboard.switches.orders import NOT_ANSWERED, UnableError
from callboard.switches.portions import PORTION, Work, each

__all__ = ["Question", "Translator"]

_SIGNALS: dict[str, type[Moved]] = {
    "CHANNEL_PROGRESS": LegRinging,
    "CHANNEL_PROGRESS_MEDIA": LegRinging,
    "CHANNEL_ANSWER": LegAnswered,
    "CHANNEL_HOLD": LegHeld,
    "CHANNEL_UNHOLD": LegResumed,
    "CHANNEL_HANGUP": LegEnding,
}
_TOLD_BY = {State.RINGING: "CHANNEL_PROGRESS", State.ANSWERED: "CHANNEL_ANSWER", State.HELD: "CHANNEL_ANSWER"}

REMEMBERED = 10_000
"""Ended channels that are remembered, so that what comes late does not revive them."""


class Question(msgspec.Struct, frozen=True, gc=False):
    """What must be asked of one channel before a list is believed."""

    uuid: str
    command: str


class Translator:
    """What one FreeSWITCH tells, in the house's words."""

    def __init__(self, switch: str, clock: SwitchClock, *, doubt_after: float = 600.0, questions: int = 1_000) -> None:
        self._switch = switch
        self._clock = clock
        self._doubt_after = doubt_after
        self._questions = questions
        self._channels: dict[str, Channel] = {}
        self._ended: dict[str, None] = {}
        self.instance = ""
        """The life of the switch that is spoken of, as it names it."""
        self.version = ""
        """Of the switch, as its heartbeat says."""
        self.ignored = 0
        """Events that could not be read, or that came too late."""
        self.wants_list = False
        """Whether calls were joined or parted in a way that only a list can tell; whoever lists takes it back."""

    def __len__(self) -> int:
        return len(self._channels)

    @property
    def clock_offset(self) -> float | None:
        """Seconds by which the switch's clock is ahead of ours; None while it is not known."""
        return self._clock.ahead

    def meet(self, instance: str) -> None:
        """A link to the switch stands. If this is another life of it than before, none of its channels is left."""
        if instance != self.instance:
            self.instance = instance
            self._channels.clear()

    def learn_time(self, answer: bytes, received: float) -> None:
        """The switch said what time it is, in microseconds since 1970; or that it cannot."""
        microseconds = answer.strip()
        if microseconds.isdigit() and len(microseconds) < 18:
            self._clock.heard(int(microseconds) / 1e6, received)

    # --- events ------------------------------------------------------------------------------------------------------

    def accept(self, event: wire.Told | None, received: float) -> list[Event]:
        """One event, `received` at a time of our clock."""
        if event is None or not (event.timestamp.isascii() and event.timestamp.isdigit() and len(event.timestamp) < 18):
            return self._ignore()
        at = self._clock.heard(int(event.timestamp) / 1e6, received)
        if not event.uuid:
            self._learn_version(event)
            return []
        if event.uuid in self._ended:
            return [] if event.name in wire.ENDS else self._ignore()
        if event.name in wire.ENDS or not isinstance(event, wire.ChannelEvent):
            return self._end(event, at)
        if event.name == "CHANNEL_UUID":
            return self._rename(event, at)
        if is_loopback(event.channel):
            return self._half(event, at)
        channel = self._channels.get(event.uuid)
        return self._begin(event, at) if channel is None else self._go_on(channel, event, at)

    def _learn_version(self, event: wire.Told) -> None:
        """A heartbeat tells it."""
        if isinstance(event, wire.ChannelEvent):
            self.version = event.version or self.version

    def _begin(self, event: wire.ChannelEvent, at: float) -> list[Event]:
        """A channel is heard of for the first time, mostly but not always by its CREATE."""
        leg = leg_of_event(event, self._switch, self._call_of(event), self._clock.ours, at)
        self._channels[event.uuid] = Channel(leg.call, leg, at, leg.started_at)
        seen: list[Event] = [LegSeen(at, leg)]
        return seen + self._move(self._channels[event.uuid], event.name, at)

    def _call_of(self, event: wire.ChannelEvent) -> str:
        """The call of the channel that this one belongs to."""
        belongs_to = event.call_uuid or event.uuid
        known = self._channels.get(belongs_to)
        return known.call if known else belongs_to

    def _half(self, event: wire.ChannelEvent, at: float) -> list[Event]:
        """Half of a loopback pair: no leg, but what it calls is of the same call as what called the other half."""
        if event.uuid in self._channels:
            self._channels[event.uuid].told_at = at
            return []
        partner = self._channels.get(event.loop_partner)
        call = partner.call if partner else self._call_of(event)
        self._channels[event.uuid] = Channel(call, None, at, at, event.loop_partner)
        return []

    def _go_on(self, channel: Channel, event: wire.ChannelEvent, at: float) -> list[Event]:
        channel.told_at = max(at, channel.told_at)
        if event.name == wire.BRIDGED:
            other = self._channels.get(event.other_uuid)
            self.wants_list |= other is not None and other.call != channel.call
        leg = channel.leg
        if leg is None:
            return []
        channel.leg = told = with_news(leg, event)
        events: list[Event] = []
        if told.side is not leg.side:
            # Its call may have fallen in two, if the party that it was called by stays as well.
            self.wants_list = True
            events.append(LegSeen(at, told))
        elif told != leg:
            events.append(LegDescribed(at, told))
        return events + (self._move(channel, event.name, at) or self._catch_up(channel, event, at))

    def _catch_up(self, channel: Channel, event: wire.ChannelEvent, at: float) -> list[Event]:
        """An answer or a ringing that was not told: every later event of its channel says how far that is."""
        state, leg = state_of(event), channel.leg
        if leg is None or state <= leg.state or state not in _TOLD_BY:
            return []
        return self._move(channel, _TOLD_BY[state], at)

    def _move(self, channel: Channel, name: str, at: float) -> list[Event]:
        kind, leg = _SIGNALS.get(name), channel.leg
        if kind is LegEnding and leg and leg.side is Side.CALLEE and leg.state not in CONNECTED:
            # A target that failed: the next may be tried, so that nothing can be said of the call yet.
            return []
        to = step(leg.state, kind.signal) if kind and leg else None
        if kind is None or leg is None or to is None:
            return []
        channel.leg = replace(
            leg,
            state=to,
            progressed_at=leg.progressed_at or (at if State.RINGING <= to <= State.HELD else None),
            answered_at=leg.answered_at or (at if to in CONNECTED else None),
        )
        return [kind(leg=leg.id, at=at)]

    def _end(self, event: wire.Told, at: float) -> list[Event]:
        self._bury(event.uuid)
        if is_loopback(event.channel):
            return []
        return [LegEnded(leg=LegId(self._switch, event.uuid), at=at, cause=cause_of(event))]

    def _bury(self, uuid: str) -> None:
        self._channels.pop(uuid, None)
        self._ended[uuid] = None
        if len(self._ended) > REMEMBERED:
            del self._ended[next(iter(self._ended))]

    def _rename(self, event: wire.ChannelEvent, at: float) -> list[Event]:
        channel = self._channels.get(event.old_uuid)
        if channel is None or event.uuid in self._channels:
            return self._ignore()
        self._bury(event.old_uuid)
        self._channels[event.uuid] = channel
        channel.told_at = at
        if channel.leg is None:
            return []
        old, new = channel.leg.id, LegId(self._switch, event.uuid)
        channel.leg = replace(channel.leg, id=new)
        return [LegRenamed(at, old, new)]

    def _ignore(self) -> list[Event]:
        self.ignored += 1
        return []

    # --- lists -------------------------------------------------------------------------------------------------------

    def doubts(self, listing: wire.Listing, at: float) -> Work[list[Question]]:
        """What to ask before `listing`, true as of `at`, is believed.

        The list comes from a database that may lag or hold channels that are long gone. So a channel that should be
        in it and is not is asked for; of those in it the ones that are new to us, or were not heard of for long: the
        oldest first, and no more than `questions` of them.
        """
        listed: set[str] = set()
        doubtful: list[tuple[str, Question]] = []
        for place, row in enumerate(listing.rows):
            listed.add(row.uuid)
            doubt = self._doubt(row, at)
            if doubt is not None:
                doubtful.append((row.created_epoch, doubt))
            if place % PORTION == 0:
                yield
        asked: list[Question] = []
        for place, (uuid, channel) in enumerate(tuple(self._channels.items())):
            if uuid not in listed and channel.told_at <= at and _is_word(uuid):
                asked.append(Question(uuid, wire.exists(uuid)))
            if place % PORTION == 0:
                yield
        return asked + [doubt for _, doubt in nsmallest(self._questions, doubtful, key=itemgetter(0))]

    def _doubt(self, row: wire.Row, at: float) -> Question | None:
        channel = self._channels.get(row.uuid)
        if row.uuid in self._ended or not _is_word(row.uuid):
            return None
        if channel is None or channel.rough or _may_ring(channel, row, at):
            return Question(row.uuid, wire.dump(row.uuid))
        if channel.told_at < at - self._doubt_after:
            return Question(row.uuid, wire.exists(row.uuid))
        return None

    def listed(self, listing: wire.Listing, answers: Mapping[str, bytes], at: float) -> Work[SwitchListed]:
        """The list as legs, true as of `at`, in the light of the answers (channel -> answer) to what was in doubt.

        What is told between two portions is newer than the list.
        """
        self.wants_list = False
        for uuid in [uuid for uuid, answer in answers.items() if wire.denies(answer)]:
            self._bury(uuid)
        listed: dict[str, wire.Row] = {}
        yield from each(listing.rows, lambda row: listed.__setitem__(row.uuid, row))
        yield from self._settle_missing(listed, answers, at, whole=listing.whole)
        for place, row in enumerate(listed.values()):
            if row.uuid not in self._ended:
                self._learn(row, answers.get(row.uuid), at)
            if place % PORTION == 0:
                yield
        yield from self._name(listed)
        legs: list[Leg] = []
        for place, (uuid, channel) in enumerate(tuple(self._channels.items())):
            if channel.leg is not None and (channel.told_at <= at or uuid in listed):
                legs.append(channel.leg)
            if place % PORTION == 0:
                yield
        return SwitchListed(self._switch, at, tuple(legs), complete=listing.whole)

    def _settle_missing(
        self, listed: Mapping[str, wire.Row], answers: Mapping[str, bytes], at: float, *, whole: bool
    ) -> Work[None]:
        """Channels that a whole list lacks are over, but for those that the switch says are there all the same."""
        for place, (uuid, channel) in enumerate(tuple(self._channels.items())):
            if uuid not in listed and channel.told_at <= at:
                if uuid in answers:
                    channel.told_at = at
                elif whole:
                    self._channels.pop(uuid, None)
            if place % PORTION == 0:
                yield

    def _learn(self, row: wire.Row, answer: bytes | None, at: float) -> None:
        """Take in what the list, and an answer where one was given, say of a channel."""
        known = self._channels.get(row.uuid)
        details = wire.read_event(answer) if answer else None
        if isinstance(details, wire.ChannelEvent) and details.uuid == row.uuid:
            known = self._channels[row.uuid] = self._detailed(row, details, known, at)
        elif known is None:
            leg = None if is_loopback(row.name) else leg_of_row(row, self._switch, row.call_uuid, self._clock.ours, at)
            known = self._channels[row.uuid] = Channel("", leg, at, leg.started_at if leg else at)
            known.rough = True
        if answer is not None:
            known.told_at = max(known.told_at, at)
        if known.leg is not None and known.told_at <= at:
            known.leg = listed_again(known.leg, row, at)

    def _detailed(self, row: wire.Row, details: wire.ChannelEvent, known: Channel | None, at: float) -> Channel:
        if known is not None and known.told_at > at:
            return known
        call = known.call if known else ""
        if is_loopback(row.name):
            return Channel(call, None, at, at, details.loop_partner)
        leg = leg_of_event(details, self._switch, call, self._clock.ours, at)
        return Channel(call, leg, at, leg.started_at)

    def _name(self, listed: Mapping[str, wire.Row]) -> Work[None]:
        """Say which channels make one call."""
        members: list[tuple[float, int, Member]] = []
        for place, (uuid, row) in enumerate(listed.items()):
            channel = self._channels.get(uuid)
            if channel is not None:
                member = Member(uuid, row.call_uuid or uuid, channel.partner, channel.call)
                members.append((channel.created, place, member))
            if place % PORTION == 0:
                yield
        members.sort()
        names = yield from call_names([member for _, _, member in members])
        for place, (uuid, name) in enumerate(names.items()):
            channel = self._channels.get(uuid)
            if channel is not None:
                channel.call = name
                if channel.leg is not None and channel.leg.call != name:
                    channel.leg = replace(channel.leg, call=name)
            if place % PORTION == 0:
                yield

    # --- commands ----------------------------------------------------------------------------------------------------

    def commands(self, command: Command, context: str = "") -> list[str]:
        """What to send to carry a command out; nothing if no channel of its call is known. Raises `UnableError`.

        `context` is where the number of a transfer is looked up; empty: in that of the channel that goes there.
        """
        channels = {
            uuid: channel
            for uuid, channel in self._channels.items()
            if channel.call == command.call.native and _is_word(uuid)
        }
        match command:
            case HangUp():
                return [wire.kill(uuid, cause_word(command.cause.reason)) for uuid in channels]
            case Transfer():
                return [wire.transfer(uuid, command.target, context) for uuid in _talking(channels, command.party)]
            case Hold() | Unhold():
                on = isinstance(command, Hold)
                return [wire.hold(uuid, on=on) for uuid in _talking(channels, command.party)]


def _talking(channels: Mapping[str, Channel], party: Side) -> list[str]:
    """The channel of a party that is connected; nothing if there is no channel at all. Raises `UnableError`."""
    legs = [(uuid, channel.leg) for uuid, channel in channels.items() if channel.leg is not None]
    found = [uuid for uuid, leg in legs if leg.side is party and leg.state in CONNECTED]
    if legs and not found:
        raise UnableError(NOT_ANSWERED)
    return found[:1]


def _may_ring(channel: Channel, row: wire.Row, at: float) -> bool:
    """Whether a caller may hear ringing though no event said so: the list has but one word for both."""
    waits = channel.leg is not None and channel.leg.state < State.RINGING and channel.told_at <= at
    return waits and row.direction == "inbound" and row.callstate == "RINGING"


def _is_word(uuid: str) -> bool:
    """Whether an id may be sent back to the switch."""
    return bool(uuid) and uuid.isascii() and uuid.isprintable() and " " not in uuid
