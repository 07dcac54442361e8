"""What the API answers besides: counts, switches, the audit, who asks, tokens, imports."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

__all__ = [
    "Deed",
    "DeedPage",
    "DestinationCount",
    "Identity",
    "Imported",
    "Masks",
    "NewToken",
    "Peak",
    "Peaks",
    "Series",
    "Stats",
    "Switch",
    "SwitchList",
    "Ticket",
    "Token",
    "TokenList",
]


class Peak(msgspec.Struct, frozen=True):
    """The most calls at once."""

    calls: int
    at: datetime | None


class Peaks(msgspec.Struct, frozen=True):
    """The most calls at once, by span of time."""

    today: Peak


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """How many calls there are."""

    at: datetime
    total: int
    answered: int
    ringing: int
    suspect: int
    peaks: Peaks | None
    """None where only some calls are counted."""
    groups: tuple[Mapping[str, str | int | None], ...]
    """With `by`: a member for what they are grouped by, its `name`, `calls` and `answered`; the largest first."""


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """How many calls there were, every `step` seconds from `begin` on."""

    step: int
    begin: datetime | None
    calls: tuple[int, ...]
    answered: tuple[int, ...]


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """A switch: the state of its link, the age of what is known, and what it carries."""

    name: str
    kind: str | None
    version: str | None
    link: str
    """`up`, `resyncing` or `lost`."""
    since: datetime | None
    last_event_at: datetime | None
    last_list_at: datetime | None
    clock_offset: float | None
    """Seconds by which its clock is ahead of the server's."""
    why: str
    last_error: str
    last_error_at: datetime | None
    calls: int
    connected: int
    suspects: int


class SwitchList(msgspec.Struct, frozen=True):
    """Every switch."""

    at: datetime
    switches: tuple[Switch, ...]


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done, or refused."""

    id: str
    at: datetime | None
    login: str
    customer: int | None = None
    """The id of the customer at which they stood then; None where it is not known."""
    address: str
    token: str | None
    action: str
    subject: str
    outcome: str
    words: str


class DeedPage(msgspec.Struct, frozen=True, kw_only=True):
    """Entries of the audit, newest first."""

    next: str | None
    entries: tuple[Deed, ...]


class Masks(msgspec.Struct, frozen=True, kw_only=True):
    """What is not shown in full; of masked numbers, the `first` and `last` characters are."""

    numbers: bool
    names: bool
    media: bool
    first: int
    last: int


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and what it may."""

    login: str
    role: str
    customer: int
    customer_name: str
    rights: tuple[str, ...]
    masks: Masks
    token: str | None
    expires_at: datetime | None


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token, without its secret."""

    id: str
    login: str
    name: str
    rights: tuple[str, ...]
    created_at: datetime | None
    expires_at: datetime | None
    """None: it never expires."""
    last_used_at: datetime | None
    expired: bool


class NewToken(Token, frozen=True, kw_only=True):
    """A token that was just made."""

    token: str
    """What to sign in with. It is never shown again."""

    def __repr__(self) -> str:
        """Without the secret, which is nobody's to read in a log."""
        return f"NewToken(id={self.id!r}, login={self.login!r}, name={self.name!r})"


class TokenList(msgspec.Struct, frozen=True):
    """Tokens by id."""

    tokens: tuple[Token, ...]


class Ticket(msgspec.Struct, frozen=True):
    """Good once, as `?ticket=` of a stream."""

    ticket: str
    expires_at: datetime | None

    def __repr__(self) -> str:
        """Without the ticket itself."""
        return f"Ticket(expires_at={self.expires_at!r})"


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """How much there is now, and what became of it; after a dry run, how it would be."""

    records: int
    destinations: int
    logins: int
    added: int
    changed: int
    removed: int
    dry_run: bool


class DestinationCount(msgspec.Struct, frozen=True):
    """How many destinations of the operator's own there are now."""

    destinations: int
