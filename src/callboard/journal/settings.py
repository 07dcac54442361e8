"""The journal's settings."""

from typing import Annotated

import msgspec

__all__ = ["JournalSettings"]


class JournalSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How much of what was is kept."""

    keep_days: Annotated[int, msgspec.Meta(ge=0)] = 90
    """Days after which ended calls, commands and the rest of the audit are deleted. 0 keeps them for ever."""
    queue: Annotated[int, msgspec.Meta(ge=1_000)] = 100_000
    """How many calls, and how many commands, wait at most while the database cannot be written. Beyond that the oldest
    are dropped, counted and told in the log. 100,000 calls take about 100 MB.
    """
