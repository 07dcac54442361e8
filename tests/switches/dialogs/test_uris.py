"""SIP URIs and display names, good and bad."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.switches.dialogs.uris import address_of, display_name, user_of


@pytest.mark.parametrize(
    ("uri", "user", "address"),
    [
        ("sip:alice@192.0.2.7:5070", "alice", "192.0.2.7:5070"),
        ("sip:alice@192.0.2.7", "alice", "192.0.2.7:5060"),
        ("<sip:+442079460123;npdi@sip.example.net;user=phone?x=y>;tag=1", "+442079460123", "sip.example.net:5060"),
        ("SIPS:bob:secret@[2001:db8::1]:5061;transport=tls", "bob", "[2001:db8::1]:5061"),
        ("sip:bob@[2001:db8::1]", "bob", "[2001:db8::1]:5060"),
        ("sip:%61lice@example.org", "alice", "example.org:5060"),
        ("tel:+442079460123;phone-context=example.org", "+442079460123", ""),
        ("sip:example.org", "", "example.org:5060"),
        ("mailto:alice@example.org", "", ""),
        ("", "", ""),
    ],
)
def test_parts(uri: str, user: str, address: str) -> None:
    assert user_of(uri) == user
    assert address_of(uri) == address


@pytest.mark.parametrize(
    ("text", "name"),
    [('"alice"', "alice"), (r'"O\"Brien \\ Co"', r"O" + '"' + r"Brien \ Co"), ("alice", "alice"), ('"', '"'), ("", "")],
)
def test_display_names(text: str, name: str) -> None:
    assert display_name(text) == name


@given(st.text())
def test_nothing_is_raised(text: str) -> None:
    for uri in (text, f"sip:{text}", f"tel:{text}"):
        user_of(uri)
        address_of(uri)
    display_name(text)
