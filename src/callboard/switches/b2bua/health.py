"""How the embedded switch is, as a value."""

import msgspec

__all__ = ["Health"]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How the switch is, for people and probes."""

    up: bool
    why: str
    """Why it is not up, "" if it is."""
    last_error: str
    """Why it went down the last time, "" if it never did."""
    last_error_at: float | None
    """Unix seconds."""
    sip: str
    """`host:port` that it listens on."""
    engine: str
    """Name and version."""
    pid: int
    calls: int
    """Calls that the engine holds, by its last sign of life."""
    malformed: int
    """Packets it could not read, since it started."""
    refused: int
    """Packets dropped by its limits, since it started."""
    restarts: int
    bad_lines: int
    """Lines of the engine that were no message, since it started."""
    ignored: int
    """Messages about calls that were not known (any more), since it started."""
