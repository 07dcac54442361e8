"""Which record a network address belongs to: trusted addresses, with their ports and networks."""

from collections.abc import Iterable

import msgspec

from callboard.directory.addresses import Host, Network, read_host, read_network
from callboard.directory.numbers import is_number

__all__ = ["ANY_PORT", "AddressEntry", "TrustedAddresses", "read_entry", "split_address"]

ANY_PORT = 0
"""Stands for the port where none is written."""


class AddressEntry(msgspec.Struct, frozen=True, gc=False):
    """A trusted address as written: a host (with one port, or any) or a network."""

    network: Network
    port: int = ANY_PORT


def split_address(address: str) -> tuple[str, int]:
    """Host and port of `192.0.2.7:5060`, `[2001:db8::1]:5060`, `sip.example.net:5060`, or of these without a port.

    The port is `ANY_PORT` where none is written. Raises ValueError, naming the fix, if it is no port.
    """
    if address.startswith("["):
        host, bracket, rest = address[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(f"{address!r} is no IPv6 address with a port: write it like [2001:db8::1]:5060")
        return host, _port(rest[1:]) if rest else ANY_PORT
    if address.count(":") != 1:
        return address, ANY_PORT
    host, _, port = address.partition(":")
    return host, _port(port)


def _port(text: str) -> int:
    if not (is_number(text) and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise ValueError(f"{text!r} is no port: give a number from 1 to 65535")
    return int(text)


def read_entry(text: str) -> AddressEntry:
    """Read `192.0.2.7`, `192.0.2.7:5062`, `192.0.2.0/24` or the like in IPv6.

    Raises ValueError, naming the text, the cause and the fix.
    """
    if "%" in text:
        raise ValueError(f"{text!r} has a zone, which means nothing on another machine: write the address without %")
    if "/" in text:
        return AddressEntry(read_network(text))
    host, port = split_address(text)
    return AddressEntry(read_network(host), port)


class TrustedAddresses:
    """Address -> id of the record that trusts it.

    A host with a port beats a host, a host beats a network, a longer network beats a shorter one. Of several records
    that trust just the same, the first given has it.
    """

    def __init__(self, entries: Iterable[tuple[str, int]]) -> None:
        """`entries` are pairs of an address as written and a record's id. Raises ValueError for a bad address."""
        self._ids: dict[tuple[int, int, int, int], int] = {}
        for text, record in entries:
            entry = read_entry(text)
            network = entry.network
            key = (network.version, network.prefixlen, int(network.network_address), entry.port)
            self._ids.setdefault(key, record)
        self._lengths = {version: self._lengths_of(version) for version in (4, 6)}

    def _lengths_of(self, version: int) -> list[int]:
        return sorted({key[1] for key in self._ids if key[0] == version}, reverse=True)

    def find(self, address: str) -> int | None:
        """The id of the record that trusts `address` (`host:port` or a host), None if none does or it is no address."""
        try:
            text, port = split_address(address)
            host = read_host(text)
        except ValueError:
            return None
        exact = self._ids.get((host.version, host.max_prefixlen, int(host), port))
        return exact if exact is not None else self._in_networks(host)

    def _in_networks(self, host: Host) -> int | None:
        number = int(host)
        for length in self._lengths[host.version]:
            hidden = host.max_prefixlen - length
            found = self._ids.get((host.version, length, number >> hidden << hidden, ANY_PORT))
            if found is not None:
                return found
        return None
