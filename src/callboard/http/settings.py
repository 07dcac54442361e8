"""The settings of the HTTP server."""

from ipaddress import ip_network
from typing import Annotated

import msgspec

__all__ = ["HttpSettings", "split_listen"]

Seconds = Annotated[float, msgspec.Meta(gt=0)]
Bytes = Annotated[int, msgspec.Meta(ge=1024)]
Count = Annotated[int, msgspec.Meta(ge=1)]


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the HTTP server listens, and how much time and memory it gives each client."""

    listen: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = ("127.0.0.1:8080",)
    """Addresses to listen on, `host:port` or `[IPv6]:port`; port 0 lets the system choose."""
    certificate: str = ""
    """File with the TLS certificate and its chain, PEM. Empty: plain HTTP."""
    key: str = ""
    """File with the certificate's private key, PEM. Empty: it is in the certificate's file."""
    key_password: str = ""
    """Password of the private key; empty: it has none."""
    proxies: tuple[str, ...] = ()
    """Addresses or networks of reverse proxies. `X-Forwarded-For` is believed when it comes from one of these only."""
    header_timeout: Seconds = 10.0
    """Seconds that a client has to send a request's headers."""
    body_timeout: Seconds = 60.0
    """Seconds that a client has to send a request's body."""
    send_timeout: Seconds = 60.0
    """Seconds for which a client may stop reading its answer before the connection is cut."""
    keep_alive: Seconds = 30.0
    """Seconds for which an idle connection is kept for the client's next request."""
    max_header: Bytes = 65_536
    """Bytes of a request's line and headers together."""
    max_body: Bytes = 4_194_304
    """Bytes of a request's body."""
    connections: Count = 1_000
    """Connections at once; further ones are told to come back later."""
    stop_grace: Seconds = 5.0
    """Seconds that answers under way have to finish when the server stops."""
    access_log: bool = False
    """Whether each request is logged. The query is never logged: it holds passwords in some dialects."""

    def __post_init__(self) -> None:
        """Raises ValueError, naming the entry and the fix, for an address or proxy that is none."""
        for address in self.listen:
            split_listen(address)
        for proxy in self.proxies:
            _check_network(proxy)


def split_listen(address: str) -> tuple[str, int]:
    """Host and port of an address to listen on. Raises ValueError, naming the fix."""
    host, colon, port = address.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        colon = ""
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise ValueError(f"{address!r} is no address to listen on: write it like 127.0.0.1:8080 or [::1]:8080")
    return host, int(port)


def _check_network(proxy: str) -> None:
    try:
        ip_network(proxy)
    except ValueError:
        raise ValueError(
            f"{proxy!r} is no IP address or network of a proxy: write it like 192.0.2.7 or 192.0.2.0/24"
        ) from None
