"""The socket and its addresses."""

import pytest

from callboard.switches.b2bua.engine.network import Address, Network, parse_address
from tests.switches.b2bua.engine.harness import until


@pytest.mark.parametrize(
    ("text", "address"), [("127.0.0.1:5060", ("127.0.0.1", 5060)), ("[::1]:5060", ("[::1]", 5060))]
)
def test_addresses_are_read(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "localhost", ":5060", "a:", "a:b", "a:65536", "a:-1"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="is not host:port"):
        parse_address(text)


def receive(network: Network) -> tuple[bytes, Address]:
    """The next packet."""
    packets: list[tuple[bytes, Address]] = []

    def arrived() -> bool:
        packets.extend(network.receive(10))
        return bool(packets)

    assert until(arrived)
    return packets[0]


def test_packets_go_both_ways_and_names_are_looked_up() -> None:
    one, other = Network(("127.0.0.1", 0)), Network(("127.0.0.1", 0))
    try:
        one.send(b"hello", other.address)
        assert receive(other) == (b"hello", one.address)
        for _ in range(2):
            other.send(b"by name", ("localhost", one.address[1]))
            assert receive(one) == (b"by name", other.address)
    finally:
        one.close()
        other.close()


def test_what_cannot_be_sent_is_dropped() -> None:
    network = Network(("127.0.0.1", 0))
    try:
        for address in (("999.1.1.1", 5060), ("127.0.0.1", 99999), ("127.0.0.1", 0), ("[::1]", 5060)):
            network.send(b"x", address)
        network.send(b"x" * 70_000, network.address)
        assert list(network.receive(5)) == []
    finally:
        network.close()


def test_on_the_wildcard_address_we_are_who_the_far_end_sees() -> None:
    network = Network(("0.0.0.0", 0))
    try:
        assert network.towards(("127.0.0.9", 5060)).address == ("127.0.0.1", network.address[1])
        assert network.towards(("127.0.0.9", 5061)) is network.towards(("127.0.0.9", 5060))
    finally:
        network.close()


def test_over_ipv6() -> None:
    try:
        one = Network(("[::1]", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    other = Network(("[::1]", 0))
    try:
        one.send(b"hello", other.address)
        assert receive(other) == (b"hello", ("[::1]", one.address[1]))
    finally:
        one.close()
        other.close()
