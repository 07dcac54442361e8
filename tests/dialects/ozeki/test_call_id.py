"""CallId: there and back, and nothing else back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.calls.refusals import CallNotFound
from callboard.dialects.ozeki.call_id import call_id, call_number

LARGEST = 2**63 - 1


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "00001"),
        (9, "00009"),
        (10, "0000A"),
        (35, "0000Z"),
        (36, "0000a"),
        (61, "0000z"),
        (62, "00010"),
        (960, "000FU"),
        (62**5 - 1, "zzzzz"),
        (62**5, "100000"),
        (LARGEST, "AzL8n0Y58m7"),
    ],
)
def test_base_62_with_zeros_up_to_five(number: int, text: str) -> None:
    assert call_id(number) == text
    assert call_number(text) == number


@pytest.mark.parametrize("text", ["1vQHKd", "1zS1b3", "uteom", "23Xdz7"])
def test_the_ids_that_the_vendor_prints_are_ids(text: str) -> None:
    assert call_id(call_number(text)) == text


@given(st.integers(0, LARGEST))
def test_every_number_has_an_id_of_its_own(number: int) -> None:
    text = call_id(number)
    assert 5 <= len(text) <= 11
    assert text.isascii()
    assert text.isalnum()
    assert call_number(text) == number


@given(st.text(max_size=12) | st.from_regex(r"[0-9A-Za-z]{1,12}", fullmatch=True))
def test_what_is_taken_is_exactly_what_was_given(text: str) -> None:
    try:
        number = call_number(text)
    except CallNotFound:
        return
    assert call_id(number) == text


@pytest.mark.parametrize(
    "text",
    ["", "FU", "00FU", "0000FU", "000FU ", "AzL8n0Y58m8", "zzzzzzzzzzz", "0" * 10_000, "000F\u00dc", "\u0660" * 5],
)
def test_what_is_no_id_is_no_call(text: str) -> None:
    with pytest.raises(CallNotFound):
        call_number(text)


def test_small_letters_are_other_digits() -> None:
    assert call_number("000fu") != call_number("000FU")
