"""How well each switch is known at present: the state of its link and the age of the evidence."""

from enum import IntEnum

import msgspec

__all__ = ["Link", "LinkState"]


class LinkState(IntEnum):
    """Whether what the table holds of a switch can be trusted."""

    LOST = 0
    """No link: its calls are suspect."""
    RESYNCING = 1
    """Events arrive, but no full list has vouched for the calls yet."""
    UP = 2


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """The link to one switch. Times are Unix seconds."""

    switch: str
    state: LinkState
    since: float
    last_event_at: float | None = None
    last_list_at: float | None = None
    """When the last complete list was taken."""
    why: str = ""
    """Why it is lost, for people."""
