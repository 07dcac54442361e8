"""The settings of webhooks."""

from typing import Annotated

import msgspec

from callboard.directory.addresses import AddressSet

__all__ = ["WebhooksSettings"]

Seconds = Annotated[float, msgspec.Meta(gt=0)]


class WebhooksSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How webhooks are delivered."""

    allowed_targets: tuple[str, ...] = ()
    """Networks and addresses that every webhook may point to, such as 10.1.0.0/16 or 127.0.0.1. Without them none
    points to this machine or its own link, and only those of the operator's logins to private networks.
    """
    timeout: Seconds = 10.0
    """Seconds within which a receiver must have answered."""
    retries: tuple[Seconds, ...] = (5.0, 30.0, 120.0, 600.0, 3_600.0, 21_600.0, 86_400.0)
    """Seconds after each attempt that failed until the next one, give or take a tenth; after the last of them a message
    is given up.
    """
    at_once: Annotated[int, msgspec.Meta(ge=1, le=100)] = 4
    """Messages that are on the way to one webhook at the same time. Those of one call never are."""
    queue: Annotated[int, msgspec.Meta(ge=10)] = 10_000
    """Messages that wait for one webhook at most. Beyond that the oldest are given up, which its page and the log tell.
    10,000 take about 20 MB of the disk, and 5 MB of memory.
    """
    keep_dead: Annotated[int, msgspec.Meta(ge=0)] = 10_000
    """Messages of one webhook that were given up which are kept, to be sent again by hand."""
    keep_delivered: Annotated[int, msgspec.Meta(ge=0)] = 1_000
    """Messages of one webhook that arrived which are kept, to be looked at."""

    def __post_init__(self) -> None:
        """Raises ValueError, naming the entry and the fix, for an address that is none."""
        AddressSet(self.allowed_targets)
