import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.directory.numbers import international, is_number


@pytest.mark.parametrize(
    ("written", "bare"),
    [
        ("442071234567", "442071234567"),
        ("+442071234567", "442071234567"),
        ("00442071234567", "442071234567"),
        ("+44 (20) 7123-4567", "442071234567"),
        ("+44.20.7123/4567", "442071234567"),
        ("0301234567", "0301234567"),
        ("801", "801"),
        ("", ""),
        ("alice", "alice"),
    ],
)
def test_separators_and_the_international_prefix_go(written: str, bare: str) -> None:
    assert international(written) == bare


@given(st.from_regex(r"[1-9][0-9]{0,20}", fullmatch=True))
def test_a_bare_number_and_its_other_spellings_are_the_same(number: str) -> None:
    assert international(number) == international(f"+{number}") == international(f"00{number}") == number


@pytest.mark.parametrize("text", ["", "12a", "+12", "１２", "²", "1 2"])
def test_only_ascii_digits_are_a_number(text: str) -> None:
    assert not is_number(text)
    assert is_number("12")
