"""The messages of a stream; `docs/reference/stream.md` tells what each means."""

from datetime import datetime

import msgspec

from callboard.client.answers import Call
from callboard.client.decoding import decoded
from callboard.client.problems import NotUnderstood
from callboard.client.sse import Event

__all__ = ["Begin", "Behind", "Change", "Changes", "Ended", "Heartbeat", "Message", "Ready", "Resumed", "Rows", "read"]


class Begin(msgspec.Struct, frozen=True, kw_only=True):
    """Forget everything, a snapshot follows."""

    revision: str
    at: datetime
    total: int
    why: str


class Rows(msgspec.Struct, frozen=True):
    """Calls of the snapshot."""

    calls: tuple[Call, ...]


class Ready(msgspec.Struct, frozen=True):
    """That was the snapshot."""

    revision: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a call."""

    kind: str
    """`enter`, `update` or `leave`."""
    id: str
    call: Call
    """As it is; of a leave, as it last was."""
    reason: str = ""
    """Of a leave: `ended`, `left`, `no_longer_matches` or `no_longer_allowed`."""


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What happened up to a revision."""

    revision: str
    at: datetime
    changes: tuple[Change, ...]


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """The server's clock."""

    revision: str
    at: datetime


class Resumed(msgspec.Struct, frozen=True):
    """No snapshot is needed: the changes since then follow."""

    revision: str


class Behind(msgspec.Struct, frozen=True):
    """The client reads too slowly; a snapshot follows."""

    why: str


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """The stream is over: why."""

    status: int = 0
    code: str = ""
    detail: str = ""


Message = Begin | Rows | Ready | Changes | Heartbeat | Resumed | Behind | Ended

_KINDS: dict[bytes, type[Message]] = {
    b"begin": Begin,
    b"rows": Rows,
    b"ready": Ready,
    b"changes": Changes,
    b"heartbeat": Heartbeat,
    b"resumed": Resumed,
    b"behind": Behind,
    b"error": Ended,
}


def read(event: Event) -> Message | None:
    """An event as a message; None for one that a newer server may send. Raises `NotUnderstood`."""
    kind = _KINDS.get(event.type)
    if kind is None:
        return None
    try:
        return decoded(event.data, kind)
    except ValueError as error:
        raise NotUnderstood(f"the stream holds what a Callboard does not send: {error}") from None
