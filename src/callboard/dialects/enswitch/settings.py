"""The dialect's options."""

import msgspec

__all__ = ["EnswitchSettings"]


class EnswitchSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the dialect answers, and how it writes numbers."""

    prefix: str = "/api/json/"
    """What stands before the names of the vendor's functions; slashes in a request's path may be doubled."""
    numbers_as_strings: bool = False
    """Whether ids, flags and times are written as JSON strings. The vendor's pages show numbers; some of its
    installations send strings, and their clients may rely on it."""

    def __post_init__(self) -> None:
        """Raises ValueError, naming the fix, for a prefix without a slash at its beginning."""
        if not self.prefix.startswith("/"):
            raise ValueError(f"the prefix {self.prefix!r} does not begin with a slash: write it like /api/json/")
