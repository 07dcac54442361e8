"""Where webhooks may point."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.directory.addresses import AddressSet
from callboard.operations.targets import URL_PATTERN, address_fault, url_fault

NOBODY = AddressSet()

NEVER = (
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "168.63.129.16",
    "100.100.100.200",
    "64:ff9b::a83f:8110",
    "fd00:ec2::254",
)
PRIVATE = (
    "10.0.0.1",
    "172.16.3.4",
    "192.168.1.1",
    "100.64.0.1",
    "192.0.0.9",
    "fd00::9",
    "fec0::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
)
PUBLIC = ("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e")


@pytest.mark.parametrize("address", NEVER)
@pytest.mark.parametrize("operator", [True, False])
def test_this_machine_and_its_link_are_nobodys_to_reach(address: str, operator: bool) -> None:
    assert address_fault(address, NOBODY, operator=operator)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_networks_are_the_operators(address: str) -> None:
    assert address_fault(address, NOBODY, operator=True) is None
    assert "webhooks.allowed_targets" in str(address_fault(address, NOBODY, operator=False))


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_everybodys(address: str) -> None:
    assert address_fault(address, NOBODY, operator=False) is None


def test_the_settings_open_what_they_name() -> None:
    allowed = AddressSet(("127.0.0.0/8", "10.1.0.0/16"))
    assert address_fault("127.0.0.1", allowed, operator=False) is None
    assert address_fault("::ffff:10.1.2.3", allowed, operator=False) is None
    assert address_fault("10.2.0.1", allowed, operator=False)
    assert address_fault("::1", allowed, operator=True)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.com/", "must begin"),
        ("javascript:alert(1)", "must begin"),
        ("https://user:secret@example.com/", "no name and no password"),
        ("https://user@example.com/", "no name and no password"),
        ("https:///path", "names no host"),
        ("https://example.com:0/", "port 0"),
        ("https://example.com:99999/", "is no address"),
        ("https://[::1/", "is no address"),
        ("https://example.com/#part", "behind a #"),
        ("https://example.com/a b", "printable"),
        ("https://example.com/\r\nX: y", "printable"),
        ("https://exämple.com/", "printable"),
        (f"https://example.com/{'a' * 2_000}", "at most"),
        ("", "printable"),
    ],
)
def test_what_is_no_address_of_the_web_is_told(url: str, why: str) -> None:
    fault = url_fault(url)
    assert fault is not None
    assert why in fault
    assert "secret" not in fault


@given(st.from_regex(URL_PATTERN, fullmatch=True))
def test_what_the_document_promises_is_taken(url: str) -> None:
    assert re.fullmatch(URL_PATTERN, url)
    assert url_fault(url) is None
