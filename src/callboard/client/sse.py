"""Server-sent events (WHATWG HTML, section 9.2): bytes, cut anywhere, in; events out."""

from collections.abc import Iterator
from typing import NamedTuple

from callboard.client.problems import NotUnderstood

__all__ = ["Event", "EventReader"]

LONGEST = 64 * 1024 * 1024
"""Bytes of one event at most: what is longer was not sent by a Callboard."""


class Event(NamedTuple):
    """One event. What is not known of it is passed over, as the standard wants."""

    type: bytes
    data: bytes


class EventReader:
    """Keeps what is not whole yet. Lines are divided by line ends alone, for callers' names hold anything else."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._rest = bytearray()
        self._searched = 0
        self._type = b""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, block: bytes) -> Iterator[Event]:
        """The events that the block completes. Raises `NotUnderstood` for one that is too long."""
        self._rest += block
        begin = 0
        while (end := self._rest.find(b"\n", max(begin, self._searched))) >= 0:
            line = bytes(self._rest[begin:end]).removesuffix(b"\r")
            begin = end + 1
            yield from self._line(line)
        del self._rest[:begin]
        self._searched = len(self._rest)
        if self._size + len(self._rest) > self._longest:
            raise NotUnderstood(f"an event of the stream is longer than {self._longest} bytes")

    def _line(self, line: bytes) -> Iterator[Event]:
        if not line:
            if self._data:
                yield Event(self._type or b"message", b"\n".join(self._data))
            self._type, self._data, self._size = b"", [], 0
            return
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"event":
            self._type = value
        elif name == b"data":
            self._data.append(value)
            self._size += len(value)
