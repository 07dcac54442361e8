"""Time zones by name, for the dialects whose times are local and carry no offset."""

from datetime import tzinfo
from zoneinfo import ZoneInfo

__all__ = ["zone_named"]


def zone_named(name: str) -> tzinfo | None:
    """The zone of that IANA name; None for the empty one, which is the system's. Raises ValueError if there is none."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        raise ValueError(
            f"{name!r} is no time zone known here: write it like Europe/Budapest, and install tzdata if it is one"
        ) from None
