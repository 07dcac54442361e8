"""The dialect's options."""

import msgspec

from callboard.dialects.ozeki.profiles import ProfileName
from callboard.dialects.zones import zone_named
from callboard.directory.addresses import AddressSet
from callboard.http.routing import plain_path

__all__ = ["OzekiSettings"]


class OzekiSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the vendor's two profiles answer where, who may use them, and in whose time they speak."""

    profiles: tuple[ProfileName, ...] = ("v10", "xe")
    """The profiles that answer; none: the dialect is off."""
    v10_path: str = "/api"
    """Where v10 answers."""
    xe_path: str = "/"
    """Where XE answers."""
    xe_login: str = ""
    """Login under whose rights XE requests without Username and Password are carried out, as where the vendor's "office
    user authentication" is off. Empty: they are refused. v10 always asks for both."""
    users: tuple[str, ...] = ()
    """Logins that may use this API (the vendor's ACL); empty: every login."""
    allowed_addresses: tuple[str, ...] = ()
    """Hosts and networks that may use this API; empty: all."""
    denied_addresses: tuple[str, ...] = ()
    """Hosts and networks that may not, even if they are among the allowed ones."""
    time_zone: str = ""
    """Zone of the times in answers, by its IANA name; empty: the system's."""

    def __post_init__(self) -> None:
        """Raises ValueError, naming the entry and the fix, for an address, a path or a time zone that is none."""
        AddressSet(self.allowed_addresses)
        AddressSet(self.denied_addresses)
        zone_named(self.time_zone)
        for path in (self.v10_path, self.xe_path):
            if not path.startswith("/"):
                raise ValueError(f"the path {path!r} does not begin with a slash: write it like /api")
        if len({*self.profiles}) > 1 and plain_path(self.v10_path) == plain_path(self.xe_path):
            raise ValueError(f"both profiles have the path {self.v10_path!r}: give each its own")
