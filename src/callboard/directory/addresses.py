"""Hosts and networks, and whether a host is among them: the one place where IP addresses are compared.

IPv4 and IPv6. A host that a dual-stack socket reports as IPv4-mapped (`::ffff:192.0.2.7`, RFC 4291 section 2.5.5.2)
counts as the IPv4 host it is. Names are not looked up: an address list must not depend on the DNS.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

__all__ = ["AddressSet", "Host", "Network", "read_host", "read_network"]

Host = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_MAPPED = IPv6Network("::ffff:0:0/96")


@lru_cache(maxsize=4096)
def read_host(text: str) -> Host:
    """Read one host; brackets (`[::1]`) and a zone (`fe80::1%eth0`) are dropped. Raises ValueError if it is none."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    host = ip_address(bare.partition("%")[0])
    mapped = host.ipv4_mapped if isinstance(host, IPv6Address) else None
    return mapped or host


def read_network(text: str) -> Network:
    """Read a network (`192.0.2.0/24`) or a host, which is a network of one.

    Raises ValueError, naming the text, the cause and the fix, for anything else.
    """
    try:
        network = ip_network(text, strict=False) if "/" in text else ip_network(read_host(text))
    except ValueError:
        raise ValueError(f"{text!r} is no IP address or network: write it like 192.0.2.7 or 192.0.2.0/24") from None
    if "/" in text and network.network_address != ip_address(text.partition("/")[0]):
        raise ValueError(f"{text!r} is a host with the length of a network: write {network} to mean the whole network")
    return _unmapped(network)


def _unmapped(network: Network) -> Network:
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        return IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96))
    return network


_REMEMBERED = 1_024
"""Addresses that a set remembers having been asked for."""
_LONGEST = 45
"""Characters of an address (RFC 4291 section 2.2)."""


class AddressSet:
    """A set of hosts and networks. One look-up costs a hash for each distinct network length, however large the set."""

    __slots__ = ("_answers", "_by_length", "_networks")

    def __init__(self, entries: Iterable[str] = ()) -> None:
        """Read the entries. Raises ValueError naming the first that is neither a host nor a network."""
        self._networks = frozenset(read_network(entry) for entry in entries)
        self._by_length: dict[tuple[int, int], set[int]] = {}
        for network in self._networks:
            shift = network.max_prefixlen - network.prefixlen
            masked = int(network.network_address) >> shift
            self._by_length.setdefault((network.version, shift), set()).add(masked)
        self._answers: dict[str, bool] = {}

    def contains(self, host: str) -> bool:
        """Whether a host (text, as sockets report it) is in one of the networks. False for what is no IP address.

        What was asked lately is remembered: a set never changes, and to read an address takes longer than to find it.
        """
        known = self._answers.get(host)
        if known is None:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            known = self._find(host)
            if len(host) <= _LONGEST:
                self._answers[host] = known
        return known

    def _find(self, host: str) -> bool:
        try:
            address = read_host(host)
        except ValueError:
            return False
        number = int(address)
        return any(
            version == address.version and number >> shift in masked
            for (version, shift), masked in self._by_length.items()
        )

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AddressSet) and self._networks == other._networks

    def __hash__(self) -> int:
        return hash(self._networks)

    def __repr__(self) -> str:
        return f"AddressSet({sorted(map(str, self._networks))})"
