"""What is kept of each of a FreeSWITCH's channels while it is up."""

import msgspec

from callboard.calls.legs import Leg

__all__ = ["Channel"]


class Channel(msgspec.Struct, eq=False, gc=False):
    """What is known of a channel; mutable, for it changes with nearly every event.

    Nothing in it leads back to it: a hundred thousand of them are no work for the collector of garbage.
    """

    call: str
    leg: Leg | None
    """None for half of a loopback pair."""
    told_at: float
    created: float
    partner: str = ""
    rough: bool = False
    """Known from a list alone, which lacks the times."""
