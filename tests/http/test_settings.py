"""Settings that cannot be are refused when they are read, each with its fix."""

import pytest

from callboard.http.settings import HttpSettings, split_listen


@pytest.mark.parametrize(
    "address", ["8080", ":8080", "::1:8080", "127.0.0.1:70000", "127.0.0.1:\N{SUPERSCRIPT TWO}", ""]
)
def test_an_address_to_listen_on_has_a_host_and_a_port(address: str) -> None:
    with pytest.raises(ValueError, match=r"write it like 127\.0\.0\.1:8080"):
        HttpSettings(listen=(address,))


@pytest.mark.parametrize("proxy", ["10.0.0.1/8", "*", "proxy.example.net"])
def test_a_proxy_is_an_address_or_a_network(proxy: str) -> None:
    with pytest.raises(ValueError, match=r"write it like 192\.0\.2\.7"):
        HttpSettings(proxies=("192.0.2.0/24", proxy))


@pytest.mark.parametrize(
    ("address", "split"),
    [("127.0.0.1:0", ("127.0.0.1", 0)), ("[::1]:8080", ("::1", 8080)), ("localhost:80", ("localhost", 80))],
)
def test_an_address_is_split(address: str, split: tuple[str, int]) -> None:
    assert split_listen(address) == split
