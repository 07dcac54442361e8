"""The header Authorization, as clients write it and as they should not."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.http.credentials import read_authorization, read_basic


@given(st.text().filter(lambda name: ":" not in name), st.text())
def test_what_a_client_encodes_is_read_back(name: str, password: str) -> None:
    """RFC 7617 section 2: the name has no colon, the password may."""
    try:
        encoded = base64.b64encode(f"{name}:{password}".encode()).decode()
    except UnicodeEncodeError:
        return  # a lone surrogate, which no client can send
    scheme, credentials = read_authorization(f"bAsIc   {encoded} ")
    assert scheme == "basic"
    assert read_basic(credentials) == (name, password)


def words(credentials: str) -> str:
    """Why they cannot be read; empty if they can."""
    try:
        read_basic(credentials)
    except ValueError as error:
        return str(error)
    return ""


@given(st.text(max_size=40) | st.binary(max_size=40).map(lambda raw: base64.b64encode(raw).decode()))
def test_whatever_comes_is_read_or_refused_in_words(text: str) -> None:
    assert words(text) == "" or words(text).startswith("the Authorization header")


@pytest.mark.parametrize("wrong", ["", "!!!", "bm9jb2xvbg==", "/w=="])
def test_what_cannot_be_read_is_told(wrong: str) -> None:
    with pytest.raises(ValueError, match="the Authorization header"):
        read_basic(wrong)


def test_a_header_that_is_not_there_has_no_scheme() -> None:
    assert read_authorization("") == ("", "")
    assert read_authorization("Bearer") == ("bearer", "")
