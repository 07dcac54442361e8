"""The two pipes to Callboard: messages in on one, out on the other, neither ever waited for."""

import os

from callboard.switches.b2bua import wire

__all__ = ["Pipes", "TooSlow"]

_CHUNK = 1024 * 1024
_MOST_WAITING = 64 * 1024 * 1024
"""Bytes that may wait to be read by the other side."""


class TooSlow(Exception):  # noqa: N818  it says what the other side is
    """The other side does not read: it hangs, and there is no use in going on without it."""


class Pipes:
    """Messages over two file descriptors. `tell` only gathers; `flush` writes as much as the pipe takes, up to 1 MB."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        self.incoming = incoming
        self.outgoing = outgoing
        self._unread = bytearray()
        self._unwritten = bytearray()
        os.set_blocking(incoming, False)
        os.set_blocking(outgoing, False)

    def tell(self, message: wire.FromEngine) -> None:
        """Send a message with the next `flush`."""
        self._unwritten += wire.encode(message)

    def flush(self) -> bool:
        """Write what the pipe takes. Returns whether everything went out. Raises BrokenPipeError, `TooSlow`."""
        if len(self._unwritten) > _MOST_WAITING:
            raise TooSlow(f"{len(self._unwritten)} bytes wait for Callboard to read them")
        if self._unwritten:
            try:
                written = os.write(self.outgoing, self._unwritten[:_CHUNK])
            except BlockingIOError:
                return False
            del self._unwritten[:written]
        return not self._unwritten

    def read(self) -> list[wire.ToEngine] | None:
        """The messages that are here; None once the other side is gone.

        Raises msgspec.DecodeError for a line that is not a message, ValueError for one without end.
        """
        try:
            data = os.read(self.incoming, _CHUNK)
        except BlockingIOError:
            return []
        if not data:
            return None
        self._unread += data
        return [wire.decode_to_engine(line) for line in wire.lines(self._unread)]
