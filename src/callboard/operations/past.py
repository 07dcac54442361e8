"""What was: ended calls and the audit, as they are asked for; and the port through which what is kept is read."""

from typing import Generic, NamedTuple, Protocol, TypeVar

import msgspec

from callboard.calls.commands import CommandId
from callboard.calls.legs import CallNumber
from callboard.operations.batches import Batch
from callboard.operations.ledger import CommandRecord
from callboard.table.questions.filters import TextMatch

__all__ = [
    "LONGEST_PAGE",
    "AuditEntry",
    "Cursor",
    "EndedCall",
    "NoPast",
    "Page",
    "Past",
    "PastCalls",
    "PastDeeds",
    "Span",
]

LONGEST_PAGE = 1_000
"""Entries."""

Entry = TypeVar("Entry")


class EndedCall(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An ended call: everything one asks for later. Times are Unix seconds, ids are the directory's of that time."""

    number: CallNumber
    switch: str
    switch_call: str
    """The switch's own name for the call."""
    direction: str
    """`internal`, `outbound`, `inbound`, `transit` or `unknown`."""
    caller: str
    caller_name: str
    dialed: str
    callee: str
    sip_call_id: str
    caller_media: str
    callee_media: str
    customer: int | None
    account: int | None
    device: int | None
    callee_customer: int | None
    callee_account: int | None
    callee_device: int | None
    vendor: int | None
    connection: int | None
    did: int | None
    machine: int | None
    prefix: str
    destination: str
    country: str
    started_at: float
    progressed_at: float | None
    answered_at: float | None
    ended_at: float
    duration: float
    """Seconds connected; 0.0 if it was never answered."""
    cause: str
    """The reason in one word, such as `normal`, `busy`, `no_answer`."""
    sip_code: int
    """SIP status code, 0 if none was involved."""
    cause_text: str
    """The switch's own words."""
    suspect_since: float | None
    """Set if nothing vouched for the call any more when it ended: its end may have been earlier."""


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what, when, from where, and what came of it. Times are Unix seconds."""

    id: str
    at: float
    login: str
    """Who; of a sign-in that failed, the name that was given."""
    customer: int | None = None
    """At which customer they stood then; None: not known, as of names that nobody has."""
    address: str
    token: str = ""
    """The id of the token that they signed in with; empty if it was none."""
    action: str
    """The operation's name, or `sign_in`."""
    subject: str
    """What it was done to, such as `call 960` or `customer 3`."""
    outcome: str
    """`done` or `refused`; of a command to a switch any of its outcomes."""
    words: str = ""
    """Why it was refused, or the switch's words."""


class Cursor(NamedTuple):
    """A place in the journal: just after the entry of that time and key, on the way back in time."""

    at: float
    key: int | str


class Page(msgspec.Struct, Generic[Entry], frozen=True):
    """Some entries of one kind, newest first."""

    entries: tuple[Entry, ...]
    next: Cursor | None
    """Ask with this for the older ones; None if there are none."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """From when (that moment included) until when (that moment not). Unix seconds; None is open."""

    since: float | None = None
    until: float | None = None


class PastCalls(msgspec.Struct, frozen=True, kw_only=True):
    """Which ended calls: those to which every condition that is given applies."""

    customers: frozenset[int] | None = None
    """Owned by one of these or to an account of one; None: anybody's or nobody's."""
    span: Span = Span()
    """When they ended."""
    accounts: frozenset[int] | None = None
    """One of these made or received them."""
    devices: frozenset[int] | None = None
    """The same for devices."""
    dids: frozenset[int] | None = None
    equal: tuple[tuple[str, frozenset[int] | frozenset[str]], ...] = ()
    """Fields of `EndedCall`, and the values of which one must stand there."""
    texts: tuple[TextMatch, ...] = ()
    shortest: float | None = None
    """Seconds connected, at least."""
    longest: float | None = None
    """Seconds connected, at most."""


class PastDeeds(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries of the audit."""

    customers: frozenset[int] | None = None
    """Of those who stood at one of these then; None: of anybody."""
    login: str | None = None
    span: Span = Span()
    action: str | None = None
    """An operation's name, or with a dot at its end all that begin with it."""
    outcome: str | None = None


class Past(Protocol):
    """Where what was is found. Each may wait for a disk and may raise what the one who keeps it raises."""

    def find_calls(self, wanted: PastCalls, before: Cursor | None, limit: int) -> Page[EndedCall]:
        """Ended calls, newest first, at most `limit` (1 to 1,000)."""

    def find_deeds(self, wanted: PastDeeds, before: Cursor | None, limit: int) -> Page[AuditEntry]:
        """The audit, newest first, at most `limit` (1 to 1,000)."""

    def call(self, number: CallNumber) -> EndedCall | None:
        """The ended call of this number."""

    def command(self, name: CommandId) -> CommandRecord | None:
        """The command of this id."""

    def batch(self, name: str) -> Batch | None:
        """The batch of this id, with a thousand of its commands at most: those that are not done first."""


class NoPast:
    """Where nothing is kept."""

    def find_calls(self, wanted: PastCalls, before: Cursor | None, limit: int) -> Page[EndedCall]:
        """None."""
        return Page((), None)

    def find_deeds(self, wanted: PastDeeds, before: Cursor | None, limit: int) -> Page[AuditEntry]:
        """None."""
        return Page((), None)

    def call(self, number: CallNumber) -> EndedCall | None:
        """None."""
        return None

    def command(self, name: CommandId) -> CommandRecord | None:
        """None."""
        return None

    def batch(self, name: str) -> Batch | None:
        """None."""
        return None
