"""The envelope, read back by Python's own `json`."""

import json

from hypothesis import given
from hypothesis import strategies as st

from callboard.dialects.enswitch.envelope import data, listing, plain, without_data

any_text = st.text(st.characters(codec=None, exclude_categories=())) | st.text('\ud800\udfff"\\\x00\u2028é\U0001f600')


def test_the_layout_is_the_printed_one() -> None:
    assert b"".join(listing([])) == b'{"responses":[{"code":"200","key":"","message":"OK"}],"data":[]}'
    assert b"".join(listing([b"1,2", b",3"])).endswith(b'"data":[1,2,3]}')
    assert data({"count": 2}).endswith(b'"data":{"count":2}}')
    assert without_data("204", "", "OK") == b'{"responses":[{"code":"204","key":"","message":"OK"}]}'


@given(any_text, any_text)
def test_any_text_is_read_back(key: str, message: str) -> None:
    (response,) = json.loads(without_data("400", key, message))["responses"]
    assert (response["key"], response["message"]) == (plain(key), plain(message))


@given(any_text)
def test_only_what_utf_8_cannot_hold_is_left_out(text: str) -> None:
    assert plain(text) == text.encode("utf-8", "ignore").decode()
