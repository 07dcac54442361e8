"""The UDP socket: one reader, one writer, in order.

The socket is bound exclusively, so that a second engine on the port fails instead of taking half of the packets (the
`sippy` package shares ports). Sending never waits: what the kernel will not take is dropped, SIP sends it again.
"""

import ipaddress
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

__all__ = ["Address", "Local", "Network", "parse_address"]

Address = tuple[str, int]
"""Host and port. An IPv6 host is written in brackets."""

_BUFFER = 4 * 1024 * 1024
_LARGEST = 65536
_KNOWN = 4096
"""Remote hosts whose local address, or names whose address, is kept."""
_RESOLVED_FOR = 60.0
"""Seconds a host name's address is kept."""
_FAR_AWAY: Address = ("192.0.2.1", 9)
_FAR_AWAY_V6: Address = ("[2001:db8::1]", 9)
"""Addresses for documentation (RFC 5737, RFC 3849): nothing is sent there, only the route is asked."""
_MAX_WAITING = 64
"""Packets that may wait for a host name's address at once."""


def parse_address(text: str) -> Address:
    """`host:port` to an address. Raises ValueError with the reason."""
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < 65536):
        raise ValueError(f"{text!r} is not host:port")
    return host, int(port)


def _is_numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


class Local:
    """Our end as one remote host sees it. It stands in for `sippy`'s UDP server, hence the names of its methods."""

    transport = "udp"

    def __init__(self, network: "Network", address: Address) -> None:
        self._network = network
        self.address = address
        self.uopts = self

    def isWildCard(self) -> bool:  # noqa: N802  sippy's name
        """Never: the address is a real one."""
        return False

    def getSIPaddr(self) -> None:  # noqa: N802  sippy's name
        """The address for headers that were made without one: there are none (and asking costs `sippy` dear)."""

    def send_to(self, data: str, address: Address) -> None:
        """Send a message that sippy made."""
        self._network.send(data.encode("ascii", "surrogateescape"), address)


class Network:
    """The socket and what is known of the addresses at its two ends. Raises OSError if it cannot be bound."""

    def __init__(self, address: Address) -> None:
        host = address[0].strip("[]")
        self._v6 = ":" in host
        self.socket = socket.socket(socket.AF_INET6 if self._v6 else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        try:
            self.socket.bind((host, address[1]))
        except OSError:
            self.socket.close()
            raise
        self.socket.setblocking(False)
        self.address = self._ours(self.socket.getsockname())
        self._wildcard = host in {"0.0.0.0", "::"}
        self._locals: dict[str, Local] = {}
        self._only = Local(self, self.address)
        self._resolver = ThreadPoolExecutor(max_workers=1, thread_name_prefix="names")
        self._names: dict[str, tuple[str | None, float]] = {}
        self._waiting = 0

    def close(self) -> None:
        """Close the socket. Packets that wait for a name are dropped."""
        self._resolver.shutdown(wait=False, cancel_futures=True)
        self.socket.close()

    def receive(self, limit: int) -> Iterator[tuple[bytes, Address]]:
        """The packets that are here, at most `limit`."""
        for _ in range(limit):
            try:
                data, address = self.socket.recvfrom(_LARGEST)
            except BlockingIOError:
                return
            except OSError:
                # An error of an earlier send (port unreachable), which the kernel reports here.
                continue
            yield data, self._ours(address)

    def send(self, data: bytes, address: Address) -> None:
        """Send one packet, or drop it. A host name is looked up beside the loop."""
        host = address[0]
        if host[:1].isdigit() or host.startswith("["):
            self._send_now(data, host, address[1])
            return
        known, until = self._names.get(host, (None, 0.0))
        if time.monotonic() < until:
            if known is not None:
                self._send_now(data, known, address[1])
        elif self._waiting < _MAX_WAITING:
            self._waiting += 1
            self._resolver.submit(self._resolve_and_send, data, address)

    def towards(self, address: Address) -> Local:
        """Our end as `address` sees it: differs from what is bound if that is the wildcard address."""
        if not self._wildcard:
            return self._only
        local = self._locals.get(address[0])
        if local is None:
            if len(self._locals) >= _KNOWN:
                self._locals.clear()
            local = self._locals[address[0]] = Local(self, (self._route_to(address), self.address[1]))
        return local

    def _send_now(self, data: bytes, host: str, port: int) -> None:
        try:
            self.socket.sendto(data, (host.strip("[]"), port))
        except (OSError, OverflowError, UnicodeError):
            # No route, no buffer, an address that cannot be: to SIP it is a lost packet.
            return

    def _resolve_and_send(self, data: bytes, address: Address) -> None:
        host = None
        try:
            found = socket.getaddrinfo(address[0], None, self.socket.family, socket.SOCK_DGRAM)
            host = str(found[0][4][0])
        except (OSError, UnicodeError):
            host = None
        if len(self._names) >= _KNOWN:
            self._names.clear()
        self._names[address[0]] = (host, time.monotonic() + _RESOLVED_FOR)
        self._waiting -= 1
        if host is not None:
            self._send_now(data, host, address[1])

    def _route_to(self, address: Address) -> str:
        """The local address that packets to `address` leave from."""
        if not _is_numeric(address[0]):
            # A name: the way most packets go will have to do.
            address = _FAR_AWAY_V6 if self._v6 else _FAR_AWAY
        with socket.socket(self.socket.family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((address[0].strip("[]"), address[1] or 9))
            except OSError:
                return self.address[0]
            return self._ours(probe.getsockname())[0]

    def _ours(self, address: Any) -> Address:
        return (f"[{address[0]}]", address[1]) if self._v6 else (address[0], address[1])
