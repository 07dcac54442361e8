"""What the API answers of calls and commands, typed. Times are aware and in UTC, lengths are seconds.

Words such as states are texts, and what this version does not know is passed over: a newer server is understood too.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

__all__ = [
    "Batch",
    "BatchCommand",
    "BatchTaken",
    "Call",
    "CallDetail",
    "CallPage",
    "Cause",
    "Command",
    "CommandList",
    "HistoryPage",
    "Leg",
    "LegPage",
    "Look",
    "Media",
    "Moment",
    "Taken",
]


class Media(msgspec.Struct, frozen=True):
    """Addresses of the parties' media; empty where they are not known or masked."""

    caller: str = ""
    callee: str = ""


class Cause(msgspec.Struct, frozen=True):
    """Why a call ended."""

    reason: str
    """In one word, such as `normal`, `busy`, `no_answer`."""
    sip: int | None = None
    text: str = ""
    """The switch's own words."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call. Of fields that were not asked for, it has what stands here. Ids are the directory's."""

    id: str
    state: str = ""
    suspect: bool = False
    """Nothing vouches for it at present: the link to its switch is lost, or its list lacked it."""
    direction: str = ""
    caller: str = ""
    caller_name: str = ""
    dialed: str = ""
    """What the caller dialed."""
    callee: str = ""
    """The number that is called in the end, after routing."""
    customer: int | None = None
    account: int | None = None
    device: int | None = None
    callee_customer: int | None = None
    callee_account: int | None = None
    callee_device: int | None = None
    vendor: int | None = None
    connection: int | None = None
    did: int | None = None
    machine: int | None = None
    switch: str = ""
    country: str = ""
    """ISO 3166 alpha-3 code of where it goes; empty if it does not leave."""
    destination: str = ""
    started_at: datetime | None = None
    progressed_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    suspect_since: datetime | None = None
    delay: float = 0.0
    """From set-up to the first progress, at the moment of the answer."""
    duration: float = 0.0
    """Connected, at the moment of the answer; `talked` has it at any other."""
    media: Media = Media()
    sip_call_id: str = ""
    cause: Cause | None = None
    legs: tuple["Leg", ...] = ()
    """In a stream with `view="legs"`."""

    def talked(self, at: datetime) -> float:
        """How long it has been connected at this moment of the server's clock; it stands still once it ended."""
        if self.answered_at is None:
            return self.duration
        return max(0.0, ((self.ended_at or at) - self.answered_at).total_seconds())


class Leg(Call, frozen=True, kw_only=True):
    """One side of a call: state and times are its own, the rest is its call's where that was asked for."""

    id: str = ""
    """The call's. Empty among the legs of a stream."""
    leg: str = ""
    """The switch's own id of it."""
    side: str = ""
    """`caller` or `callee`."""
    number: str = ""
    name: str = ""
    channel: str = ""


class Moment(msgspec.Struct, frozen=True):
    """Something that happened to a call or to one of its legs."""

    at: datetime
    what: str
    """`new`, `ringing`, `answered`, `suspect` or `ended`."""
    side: str | None = None
    """Of a leg; None: to the call."""
    leg: str | None = None


class CallDetail(Call, frozen=True, kw_only=True):
    """A call in full."""

    legs: tuple[Leg, ...] = ()
    """Empty a few seconds after the end."""
    timeline: tuple[Moment, ...] = ()


class CallPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some calls, as they were at one moment."""

    at: datetime
    revision: str
    """A stream goes on from here with `since`."""
    total: int
    """On all pages."""
    next: str | None
    calls: tuple[Call, ...]


class LegPage(msgspec.Struct, frozen=True, kw_only=True):
    """The same, leg by leg."""

    at: datetime
    revision: str
    total: int
    next: str | None
    calls: tuple[Leg, ...]


class HistoryPage(msgspec.Struct, frozen=True, kw_only=True):
    """Ended calls, newest first."""

    next: str | None
    calls: tuple[Call, ...]


class Taken(msgspec.Struct, frozen=True):
    """A command that was taken."""

    command: str
    outcome: str
    words: str = ""


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A command to a switch, and what came of it."""

    id: str
    operation: str
    call: str
    switch: str
    login: str
    address: str
    asked_at: datetime
    outcome: str
    """`pending`, `done` (proven by the switch's own report), `already_gone`, `refused`, or `unknown`: no proof came."""
    outcome_at: datetime | None
    words: str

    @property
    def pending(self) -> bool:
        """Whether it has no outcome yet."""
        return self.outcome == "pending"

    @property
    def done(self) -> bool:
        """Whether what was asked for is so: done, or so already."""
        return self.outcome in {"done", "already_gone"}


class CommandList(msgspec.Struct, frozen=True):
    """The commands of one call."""

    commands: tuple[Command, ...]


class Look(msgspec.Struct, frozen=True):
    """What would be ended."""

    count: int
    """Send it back to have it done."""
    sample: tuple[Call, ...]


class BatchTaken(msgspec.Struct, frozen=True):
    """A batch that is being done."""

    batch: str
    count: int


class BatchCommand(msgspec.Struct, frozen=True):
    """One command of a batch."""

    command: str
    call: str
    outcome: str


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch, and what came of it so far."""

    batch: str
    state: str
    """`running`, `stopped` or `done`."""
    login: str
    asked_at: datetime | None
    rate: float
    count: int
    waiting: int
    """Calls whose turn has not come."""
    left: int
    """Calls that were over, or out of sight, when their turn came."""
    words: str = ""
    """Why it was stopped, as by whom or by a restart of the server; empty if it was not."""
    outcomes: Mapping[str, int]
    commands: tuple[BatchCommand, ...]
    """A thousand at most, those that are not done first."""

    @property
    def settled(self) -> bool:
        """Whether nothing is under way any more."""
        return self.state != "running"
