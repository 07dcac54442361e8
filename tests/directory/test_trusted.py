from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.directory.trusted import ANY_PORT, TrustedAddresses, read_entry, split_address


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("192.0.2.7:5060", ("192.0.2.7", 5060)),
        ("192.0.2.7", ("192.0.2.7", ANY_PORT)),
        ("[2001:db8::1]:5060", ("2001:db8::1", 5060)),
        ("[2001:db8::1]", ("2001:db8::1", ANY_PORT)),
        ("2001:db8::1", ("2001:db8::1", ANY_PORT)),
        ("sip.example.net:5080", ("sip.example.net", 5080)),
    ],
)
def test_host_and_port(address: str, parts: tuple[str, int]) -> None:
    assert split_address(address) == parts


@pytest.mark.parametrize(
    "address",
    ["192.0.2.7:0", "192.0.2.7:65536", "192.0.2.7:sip", "192.0.2.7:", "[::1", "[::1]5060", "h:123456", "h:１"],
)
def test_a_bad_port_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="port"):
        split_address(address)


@pytest.mark.parametrize("entry", ["", "name", "192.0.2.300", "192.0.2.7/24", "fe80::1%eth0", "192.0.2.0/24:5060", "/"])
def test_what_cannot_be_trusted_is_refused_with_its_text(entry: str) -> None:
    with pytest.raises(ValueError, match=r"write|give"):
        read_entry(entry)


def test_a_port_beats_a_host_beats_a_longer_network_beats_a_shorter_one() -> None:
    entries = [("0.0.0.0/0", 1), ("192.0.2.0/24", 2), ("192.0.2.7", 3), ("192.0.2.7:5062", 4), ("[2001:db8::]:5060", 5)]
    trusted = TrustedAddresses([*entries, ("2001:db8::/32", 6)])
    assert trusted.find("192.0.2.7:5062") == 4
    assert trusted.find("192.0.2.7:5060") == 3
    assert trusted.find("192.0.2.8:5062") == 2
    assert trusted.find("198.51.100.1") == 1
    assert trusted.find("[2001:db8::]:5060") == 5
    assert trusted.find("[2001:db8::9]:5060") == 6
    assert trusted.find("[2001:db9::]:5060") is None


def test_an_ipv4_host_on_an_ipv6_socket_is_the_ipv4_host() -> None:
    trusted = TrustedAddresses([("192.0.2.7:5062", 1), ("::ffff:198.51.100.0/120", 2)])
    assert trusted.find("[::ffff:192.0.2.7]:5062") == 1
    assert trusted.find("198.51.100.9:5060") == 2


def test_of_equals_the_first_given_wins() -> None:
    assert TrustedAddresses([("192.0.2.0/24", 8), ("192.0.2.0/24", 3)]).find("192.0.2.1") == 8


@pytest.mark.parametrize("address", ["", "name:5060", "192.0.2.7:99999", "192.0.2.7:5060:1", "[::1", "\x00"])
def test_what_is_no_address_belongs_to_nobody(address: str) -> None:
    assert TrustedAddresses([("0.0.0.0/0", 1), ("::/0", 1)]).find(address) is None


# A small world, so that entries and addresses meet often.
_hosts = st.integers(0, 31).map(lambda n: f"192.0.2.{n}")
_ports = st.sampled_from([5060, 5062])
_networks = st.tuples(st.integers(24, 32), st.integers(0, 31)).map(
    lambda pair: f"192.0.2.{pair[1] >> (32 - pair[0]) << (32 - pair[0])}/{pair[0]}"
)
_entries = st.one_of(_hosts, st.tuples(_hosts, _ports).map(lambda pair: f"{pair[0]}:{pair[1]}"), _networks)


def _by_trying_all(entries: list[str], host: str, port: int) -> int | None:
    def fits(text: str) -> bool:
        entry = read_entry(text)
        return ip_address(host) in entry.network and entry.port in (ANY_PORT, port)

    def rank(place: int) -> tuple[bool, int, int]:
        entry = read_entry(entries[place])
        return entry.port != ANY_PORT, entry.network.prefixlen, -place

    return max((place for place, text in enumerate(entries) if fits(text)), key=rank, default=None)


@given(st.lists(_entries, max_size=12), _hosts, _ports)
def test_the_best_entry_is_found_as_by_trying_all(entries: list[str], host: str, port: int) -> None:
    trusted = TrustedAddresses((text, place) for place, text in enumerate(entries))
    assert trusted.find(f"{host}:{port}") == _by_trying_all(entries, host, port)
