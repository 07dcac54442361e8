"""The table's settings."""

from typing import Annotated

import msgspec

__all__ = ["TableSettings"]

Seconds = Annotated[float, msgspec.Meta(ge=0)]


class TableSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How long the table remembers what is over. Seconds."""

    linger: Seconds = 5.0
    """How long an ended call stays listed as ended. RFC 3261 gives a message 5 s (timer T4) to leave the network."""
    tombstone: Seconds = 120.0
    """How long an ended leg's id is remembered, so that a late or doubled message makes no ghost of it. No switch
    may take longer over a full list (its `list_timeout`)."""
