"""The shape of the answers, for the OpenAPI document: what `fields` renders, with its types and meanings."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from callboard.api.calls_query import DirectionWord, StateWord

__all__ = [
    "CallDetail",
    "CallPage",
    "CallRow",
    "CommandList",
    "CommandRow",
    "Moment",
    "Peak",
    "Problem",
    "Series",
    "Stats",
    "SwitchList",
    "SwitchRow",
]


class MediaView(msgspec.Struct, frozen=True):
    """Addresses of the parties' media, without ports; empty where they are not known or masked."""

    caller: str
    callee: str


class CauseView(msgspec.Struct, frozen=True):
    """Why a call ended."""

    reason: str
    """In one word, such as `normal`, `busy`, `no_answer`."""
    sip: int | None
    """The SIP status code, where one was involved."""
    text: str
    """The switch's own words."""


class CallRow(msgspec.Struct, frozen=True, kw_only=True):
    """A call; of it, the fields that were asked for. Times are RFC 3339 in UTC, lengths are seconds.

    Ids are the directory's; null is unknown, none, or nobody of one's own.
    """

    id: str | UnsetType = UNSET
    """Its public number, never given twice. A string, for it may have more digits than JavaScript's numbers hold."""
    state: StateWord | UnsetType = UNSET
    suspect: bool | UnsetType = UNSET
    """Nothing vouches for the call at present: it is listed, and marked."""
    direction: DirectionWord | UnsetType = UNSET
    """Seen from the operator's network."""
    caller: str | UnsetType = UNSET
    caller_name: str | UnsetType = UNSET
    dialed: str | UnsetType = UNSET
    """What the caller dialed."""
    callee: str | UnsetType = UNSET
    """The number that is called in the end, after routing."""
    customer: int | UnsetType | None = UNSET
    """Whose call it is: who makes it or, if it comes from a vendor, who receives it."""
    account: int | UnsetType | None = UNSET
    device: int | UnsetType | None = UNSET
    callee_customer: int | UnsetType | None = UNSET
    """Of a call between two accounts, the customer that is called."""
    callee_account: int | UnsetType | None = UNSET
    callee_device: int | UnsetType | None = UNSET
    vendor: int | UnsetType | None = UNSET
    """Where it is routed to at present or, if inbound, comes from."""
    connection: int | UnsetType | None = UNSET
    did: int | UnsetType | None = UNSET
    machine: int | UnsetType | None = UNSET
    switch: str | UnsetType = UNSET
    """The switch that carries it, by its name in the settings."""
    country: str | UnsetType = UNSET
    """ISO 3166 alpha-3 code of where it goes; empty if it does not leave."""
    destination: str | UnsetType = UNSET
    """Such as "Philippines Proper"."""
    started_at: datetime | UnsetType = UNSET
    progressed_at: datetime | UnsetType | None = UNSET
    """The first sign that the far end alerts or answers."""
    answered_at: datetime | UnsetType | None = UNSET
    ended_at: datetime | UnsetType | None = UNSET
    suspect_since: datetime | UnsetType | None = UNSET
    delay: float | UnsetType = UNSET
    """Seconds from set-up to the first progress; until then, the seconds waited so far."""
    duration: float | UnsetType = UNSET
    """Seconds connected, 0 before the answer."""
    media: MediaView | UnsetType = UNSET
    sip_call_id: str | UnsetType = UNSET
    """SIP Call-ID of the caller's leg."""
    cause: CauseView | UnsetType | None = UNSET
    leg: str | UnsetType = UNSET
    """In a list of legs: the switch's own id of this one."""
    side: Literal["caller", "callee"] | UnsetType = UNSET
    """In a list of legs."""
    number: str | UnsetType = UNSET
    """In a list of legs: this party's number."""
    name: str | UnsetType = UNSET
    """In a list of legs: this party's name."""
    channel: str | UnsetType = UNSET
    """In a list of legs: the switch's own name for it."""


class Moment(msgspec.Struct, frozen=True):
    """Something that happened to a call or to one of its legs."""

    at: datetime
    what: Literal["new", "ringing", "answered", "suspect", "ended"]
    side: Literal["caller", "callee"] | None
    """Of a leg; null: to the call."""
    leg: str | None


class CallDetail(CallRow, frozen=True, kw_only=True):
    """A call in full."""

    legs: tuple[CallRow, ...]
    """Empty a few seconds after the end: legs are not kept."""
    timeline: tuple[Moment, ...]


class CallPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some calls, as they are at one moment of the table."""

    at: datetime
    revision: str
    """Two lists of equal revision hold the same calls in the same states. A stream goes on from here with `since`."""
    total: int
    """How many calls there are on all pages."""
    next: str | None
    """The cursor of the next page; null on the last. In NDJSON and CSV it is the header `Next-Cursor`."""
    calls: tuple[CallRow, ...]


class CommandRow(msgspec.Struct, frozen=True, kw_only=True):
    """A command to a switch, and what came of it."""

    id: str
    operation: str
    """Such as `calls.disconnect`."""
    call: str
    """The call's id."""
    switch: str
    login: str
    """Who asked."""
    address: str
    """From where."""
    asked_at: datetime
    outcome: Literal["pending", "done", "already_gone", "refused", "unknown"]
    """`done` is proven by the switch's own report; `unknown`: no proof came in time."""
    outcome_at: datetime | None
    words: str
    """The switch's own words, or ours."""


class CommandList(msgspec.Struct, frozen=True, kw_only=True):
    """The commands of one call."""

    commands: tuple[CommandRow, ...]


class SwitchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A switch: the state of its link, the age of what is known, and what it carries."""

    name: str
    kind: str | None
    version: str | None
    link: Literal["lost", "resyncing", "up"]
    since: datetime | None
    last_event_at: datetime | None
    last_list_at: datetime | None
    """When the last complete list of its calls was taken."""
    clock_offset: float | None
    """Seconds by which its clock is ahead of ours; the times in the table are corrected by it."""
    why: str
    """Why the link is lost."""
    last_error: str
    """Why it was lost the last time, with what mends it."""
    last_error_at: datetime | None
    calls: int
    connected: int
    suspects: int


class SwitchList(msgspec.Struct, frozen=True, kw_only=True):
    """Every switch."""

    at: datetime
    switches: tuple[SwitchRow, ...]


class Peak(msgspec.Struct, frozen=True, kw_only=True):
    """The most calls at once."""

    calls: int
    at: datetime | None
    """When; null if there was none."""


class Peaks(msgspec.Struct, frozen=True, kw_only=True):
    """The most calls at once, by span of time."""

    today: Peak
    """Since midnight, or since the server's last start."""


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """How many calls there are."""

    at: datetime
    total: int
    answered: int
    ringing: int
    suspect: int
    peaks: Peaks | None
    """Of all of one's own calls; null where only some calls are counted."""
    groups: tuple[dict[str, str | int | None], ...]
    """With `by`: a member for what they are grouped by, its `name`, `calls` and `answered`; the largest first."""


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """How many calls there were, every few seconds."""

    step: int
    """Seconds between two values."""
    begin: datetime | None
    """When the first value was taken; null if there is none yet."""
    calls: tuple[int, ...]
    answered: tuple[int, ...]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong (RFC 9457), for people and for programs."""

    title: str
    status: int
    detail: str
    """The cause, and what to do about it."""
    code: str
    """A stable word for programs; see the list of errors."""
    argument: str | UnsetType = UNSET
    """The parameter that it is about."""
    mistakes: tuple[str, ...] | UnsetType = UNSET
    """Everything that is wrong with a document."""
