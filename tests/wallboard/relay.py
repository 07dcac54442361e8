"""A wire between a browser and a server that can be cut."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Relay", "relaying"]


class Relay:
    """Hands on every byte, both ways, until it is cut; connections that come later are handed on again."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every connection."""
        for each in self._sockets:
            _shut(each)
        self._sockets.clear()

    def close(self) -> None:
        """Hand on nothing any more."""
        _shut(self._listener)
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
                self._sockets += [near, far]
                threading.Thread(target=_hand_on, args=(near, far), daemon=True).start()
                threading.Thread(target=_hand_on, args=(far, near), daemon=True).start()


def _hand_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while block := source.recv(65_536):
            target.sendall(block)
    _shut(source)
    _shut(target)


def _shut(each: socket.socket) -> None:
    """Wake whoever waits for it, too."""
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()


@contextmanager
def relaying(target: str) -> Iterator[Relay]:
    """A wire to `host:port`."""
    relay = Relay(target)
    try:
        yield relay
    finally:
        relay.close()
