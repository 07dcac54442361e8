"""Who is in an address list, against the standard library's own arithmetic."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.directory.addresses import AddressSet, read_host, read_network


@pytest.mark.parametrize(
    ("entries", "host", "expected"),
    [
        (["192.0.2.7"], "192.0.2.7", True),
        (["192.0.2.7"], "192.0.2.8", False),
        (["192.0.2.0/24"], "192.0.2.255", True),
        (["192.0.2.0/24"], "192.0.3.0", False),
        (["192.0.2.7"], "::ffff:192.0.2.7", True),
        (["::ffff:192.0.2.7"], "192.0.2.7", True),
        (["::ffff:192.0.2.0/120"], "192.0.2.9", True),
        (["2001:db8::/32"], "2001:db8:1::1", True),
        (["2001:db8::/32"], "2001:db9::1", False),
        (["::1"], "[::1]", True),
        (["fe80::1"], "fe80::1%eth0", True),
        (["0.0.0.0/0"], "198.51.100.1", True),
        (["0.0.0.0/0"], "::1", False),
        (["::/0"], "192.0.2.1", False),
        ([], "192.0.2.1", False),
        (["192.0.2.7"], "", False),
        (["192.0.2.7"], "phone.example", False),
    ],
)
def test_contains(entries: list[str], host: str, expected: bool) -> None:
    assert AddressSet(entries).contains(host) is expected


@pytest.mark.parametrize("entry", ["", "localhost", "192.0.2.256", "192.0.2.0/33", "192.0.2.7:5060", "::1/129", "/24"])
def test_what_is_no_address_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="is no IP address or network") as caught:
        AddressSet(["192.0.2.1", entry])
    assert repr(entry) in str(caught.value)


def test_a_host_with_a_network_length_is_told_the_network() -> None:
    with pytest.raises(ValueError, match=r"write 192\.0\.2\.0/24 to mean the whole network"):
        AddressSet(["192.0.2.7/24"])


def test_sets_are_values() -> None:
    one, same, other = AddressSet(["192.0.2.7"]), AddressSet(["192.0.2.7/32"]), AddressSet(["192.0.2.8"])
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert bool(one)
    assert not AddressSet()
    assert repr(one) == "AddressSet(['192.0.2.7/32'])"


_v4 = st.builds(
    lambda number, length: IPv4Network((number, length), strict=False), st.integers(0, 2**32 - 1), st.integers(0, 32)
)
_v6 = st.builds(
    lambda number, length: IPv6Network((number, length), strict=False), st.integers(0, 2**128 - 1), st.integers(0, 128)
)
_hosts = st.one_of(st.integers(0, 2**32 - 1).map(IPv4Address), st.integers(0, 2**128 - 1).map(IPv6Address))


@given(st.lists(st.one_of(_v4, _v6), max_size=8), _hosts, st.booleans())
def test_like_asking_each_network(
    networks: list[IPv4Network | IPv6Network], host: IPv4Address | IPv6Address, near: bool
) -> None:
    asked = networks[0].network_address if near and networks else host
    canonical = read_host(str(asked))
    expected = any(
        canonical.version == network.version and canonical in network
        for network in (read_network(str(network)) for network in networks)
    )
    assert AddressSet(map(str, networks)).contains(str(asked)) is expected


def test_what_a_set_was_asked_is_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callboard.directory.addresses._REMEMBERED", 4)
    some = AddressSet(["192.0.2.0/30", "2001:db8::/64"])
    hosts = [*(f"192.0.2.{last}" for last in range(10)), "2001:db8::1", "2001:db9::1", "nobody", "x" * 5_000]
    for _ in range(2):
        assert [some.contains(host) for host in hosts] == [True] * 4 + [False] * 6 + [True] + [False] * 3
        assert len(some._answers) <= 4
        assert max(map(len, some._answers)) < 50
