"""The settings of the metrics."""

from typing import Annotated

import msgspec

from callboard.directory.addresses import AddressSet

__all__ = ["MetricsSettings"]


class MetricsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Who may read the figures that Prometheus scrapes, and how finely calls are counted there."""

    enabled: bool = True
    """Whether the figures can be read at all."""
    path: str = "/metrics"
    """Where they are."""
    allowed_addresses: tuple[str, ...] = ("127.0.0.0/8", "::1")
    """Hosts and networks that may read them without signing in. From elsewhere, and through a reverse proxy, a login or
    token with the right `metrics.read` is needed. Empty: that is needed everywhere."""
    customers: tuple[int, ...] = ()
    """Ids of customers whose calls are counted by themselves, besides those directly below the root customer."""
    most: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 100
    """How many customers, and how many vendors, are counted one by one; the calls of the others stand under `other`."""

    def __post_init__(self) -> None:
        """Raises ValueError, naming the entry and the fix, for an address or a path that is none."""
        AddressSet(self.allowed_addresses)
        if not self.path.startswith("/"):
            raise ValueError(f"the path {self.path!r} does not begin with a slash: write it like /metrics")
