"""The dialect's options."""

import msgspec

from callboard.directory.addresses import AddressSet

__all__ = ["SippySettings"]


class SippySettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the dialect answers, and whom it trusts."""

    path: str = "/xmlapi/xmlapi"
    """The vendor's path; doubled slashes in a request's path are forgiven."""
    trusted_addresses: tuple[str, ...] = ()
    """Hosts and networks from which no password is asked (the vendor's trusted mode): the request says under whose
    rights it runs. Whoever can send from there can act as any customer."""

    def __post_init__(self) -> None:
        """Raises ValueError, naming the entry and the fix, for an address that is none or a path without a slash."""
        AddressSet(self.trusted_addresses)
        if not self.path.startswith("/"):
            raise ValueError(f"the path {self.path!r} does not begin with a slash: write it like /xmlapi/xmlapi")
