"""What the server hands to a dialect and gets back: plain values, no framework."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

import msgspec

__all__ = ["Body", "Handler", "Reply", "Request"]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request, body read whole (the server bounds its size)."""

    method: str
    """Upper case."""
    path: str
    """Percent-decoded path, as sent otherwise (double slashes kept)."""
    target: str = ""
    """The request target as on the wire (path and query, undecoded): what a digest's `uri` is compared with."""
    query: bytes = b""
    """The raw query string: dialects split it themselves."""
    headers: Mapping[str, str]
    """Names in lower case; the last of equal names."""
    body: bytes = b""
    client: str = ""
    """The client's IP address."""
    at: float
    """When the request came, Unix seconds."""

    def __repr__(self) -> str:
        # Query, body and headers hold passwords.
        return f"Request(method={self.method!r}, path={self.path!r}, client={self.client!r}, at={self.at!r})"


Body = bytes | Iterable[bytes]
"""A document, whole or in blocks."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What to answer. A body given as an iterable of blocks is produced while it is sent, block by block."""

    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    body: Body = b""


Handler = Callable[[Request], Awaitable[Reply]]
"""A front end: a dialect or the api."""
