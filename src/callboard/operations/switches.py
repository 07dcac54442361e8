"""What is known of a switch besides its calls and its link: which the table does not hold, and the shell knows."""

import msgspec

__all__ = ["LinkWork", "SwitchFacts"]


class LinkWork(msgspec.Struct, frozen=True, kw_only=True):
    """What it took to keep a switch in sight, since the start of the process."""

    lists: int
    """Full lists that were taken, those that were not complete included."""
    incomplete: int
    list_took: float
    """Seconds that the last list took."""
    links: int
    """How often a link was opened."""
    failures: int
    """Tries in a row, up to now, that ended before the link was steady."""
    late: int
    """Events dropped because their link had been given up."""


class SwitchFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One switch of the settings."""

    name: str
    kind: str
    """As in the settings: `asterisk`, `freeswitch`, `kamailio`, `opensips`, or `b2bua` for the embedded one."""
    version: str = ""
    """In its own words; "" if it did not say."""
    clock_offset: float | None = None
    """Seconds by which its clock is ahead of ours; None if it is not known. Times in the table are corrected by it."""
    not_ready: str = ""
    """Why the table cannot vouch for its calls yet; "" once it could."""
    last_error: str = ""
    """Why its link was lost the last time, with what mends it; "" if it never was."""
    last_error_at: float | None = None
    """Unix seconds."""
    work: LinkWork | None = None
    """None for the embedded one, which is no link."""
