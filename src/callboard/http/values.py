"""What the server hands to a dialect and gets back: plain values, no framework."""

from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Mapping
from typing import Any, Protocol, TypeVar, cast

import msgspec

__all__ = ["Block", "Body", "Conversation", "Handler", "Line", "Reply", "Request", "Stream"]


T = TypeVar("T")


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
    made: dict[object, object] = {}
    """What was made of it `once`: later requests of its connection with the very same bytes have it too."""

    def once(self, make: "Callable[[Request], T]") -> T:
        """What a function makes of the request, made once for all that come with the same bytes on one connection.

        It must follow from these bytes and the client's address alone: not from the time, nor from who may do what.
        """
        if make not in self.made:
            self.made[make] = make(self)
        return cast("T", self.made[make])

    def __repr__(self) -> str:
        # Query, body and headers hold passwords.
        return f"Request(method={self.method!r}, path={self.path!r}, client={self.client!r}, at={self.at!r})"


Block = bytes | memoryview
"""A piece of a document. It is good until the next one is asked for: then its memory may be used again."""

Body = bytes | Iterable[Block]
"""A document, whole or in blocks."""


class Line(Protocol):
    """The short way to one client, for what many are told at once: past its own blocks, while none is being made."""

    @property
    def free(self) -> bool:
        """Whether the client is there and has read enough; nothing is put on the line where it is not."""

    def put(self, block: bytes) -> None:
        """Send it now."""


def _no_line(line: Line) -> None:
    """Its own blocks are all that a client gets."""


class Stream(msgspec.Struct, frozen=True):
    """A body that goes on until somebody ends it: each block is sent as it comes, and the next one asked for when the
    client has read enough.
    """

    blocks: AsyncGenerator[bytes, None]
    farewell: bytes = b""
    """The last block, where it is the server that ends it."""
    take_line: Callable[[Line], None] = _no_line
    """Called with the client's line before the first block is asked for."""


class Conversation(msgspec.Struct, frozen=True):
    """What follows on a request for a WebSocket (RFC 6455): text messages in both directions."""

    talk: Callable[[AsyncGenerator[bytes, None]], AsyncGenerator[bytes, None]]
    """Gets the client's messages, gives the server's. The client's end when it closes."""
    farewell: bytes = b""
    """The last message, where it is the server that ends it."""
    take_line: Callable[[Line], None] = _no_line
    """Called with the client's line before the first message is asked for."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What to answer. A body given as an iterable of blocks is produced while it is sent, block by block."""

    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    body: Body = b""
    live: Stream | Conversation | None = None
    """In the place of a body: what goes on."""


Handler = Callable[[Request], Coroutine[Any, Any, Reply]]
"""A front end: a dialect or the api. It is begun without a task (see `begun`)."""
