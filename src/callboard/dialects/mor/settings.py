"""The dialect's options."""

import msgspec

from callboard.dialects.zones import zone_named

__all__ = ["MorSettings"]


class MorSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the dialect answers, and the vendor's own switches of its API."""

    path: str = "/billing/api/active_calls_get"
    """The vendor's path; doubled slashes in a request's path are forgiven."""
    allow_api: bool = True
    """Whether requests are answered at all; if not, each is told "API Requests are disabled"."""
    allow_get: bool = False
    """Whether GET is answered as POST is; if not, it is told "GET Requests are disabled". The query of a GET, hash and
    all, is kept in the logs of proxies."""
    check_hash: bool = True
    """Whether requests must be signed. If not (the vendor's "Disable hash checking"), the bare name of a login that may
    sign is believed: whoever reaches the server sees the calls of everybody whose login's name can be guessed."""
    time_zone: str = ""
    """Zone of the times in answers, by its IANA name; empty: the system's."""

    def __post_init__(self) -> None:
        """Raises ValueError, naming the fix, for a path without a slash or a time zone that is none."""
        zone_named(self.time_zone)
        if not self.path.startswith("/"):
            raise ValueError(
                f"the path {self.path!r} does not begin with a slash: write it like /billing/api/active_calls_get"
            )
