"""What a principal may not read in full."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.access.masks import NO_MASKS, Mask, Masks, masked_call, masked_name, masked_number
from tests.house import House

NUMBERS = Masks(kinds=frozenset({Mask.NUMBERS}))
ALL = Masks(kinds=frozenset(Mask))


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("442079460000", "4420******00"),
        ("+442079460000", "+442*******00"),
        ("1234567", "1****67"),
        ("123456", "123456"),
        ("801", "801"),
        ("alice", "****e"),
        ("bob", "***"),
        ("", ""),
        ("Anonymous", "Anonymous"),
    ],
)
def test_a_number_shows_its_ends_only(number: str, shown: str) -> None:
    assert masked_number(number, NUMBERS) == shown
    assert masked_number(number, NO_MASKS) == number


@given(st.text(alphabet="0123456789", min_size=7, max_size=20), st.integers(0, 50), st.integers(0, 50))
def test_numbers_that_differ_in_what_is_hidden_look_the_same(number: str, first: int, last: int) -> None:
    masks = Masks(kinds=frozenset({Mask.NUMBERS}), first=first, last=last)
    shown = masked_number(number, masks)
    assert shown.count("*") >= 4
    turned = "".join("0" if mine == "*" else mine for mine in shown)
    assert masked_number(turned, masks) == shown


def test_a_name_that_is_a_number_is_masked_as_one() -> None:
    assert masked_name("+44 20 7946 0000", NUMBERS) == "+44 **********00"
    assert masked_name("Zoë Müller", NUMBERS) == "Zoë Müller"
    assert masked_name("Zoë Müller", ALL) == ""


def test_nothing_of_what_is_masked_is_left_anywhere_in_a_call() -> None:
    house = House()
    call = house.call(caller="442079460123", name="Zoë 442079460123", dialed="4930123456789")
    shown = repr(masked_call(call, ALL))
    for secret in ("442079460123", "4930123456789", "Zoë", "192.168.22.7", "192.168.22.54", "192.168.0.11"):
        assert secret in repr(call)
        assert secret not in shown
    assert masked_call(call, ALL).legs[0].id == call.legs[0].id
    assert masked_call(call, NO_MASKS) is call
