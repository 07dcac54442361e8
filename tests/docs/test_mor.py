"""The page on the MOR dialect has every field, parameter and error text."""

import re
from pathlib import Path

from callboard.dialects.mor.faults import API_DISABLED, ARGUMENTS, FAULTS, GET_DISABLED
from callboard.dialects.mor.fields import CALLED_FIELDS, FIELDS
from callboard.dialects.mor.settings import MorSettings

PAGE = Path("docs/reference/mor.md").read_text(encoding="utf-8")


def first_column(heading: str) -> list[str]:
    """The code words in the first column of the table under a heading."""
    table = PAGE.split(f"| {heading} | ")[1].split("\n\n")[0]
    return [word for row in table.splitlines()[2:] for word in re.findall(r"`([^`]+)`", row.split(" | ")[0])]


def test_every_field_in_its_order() -> None:
    assert first_column("field") == [field.name for field in (*FIELDS, *CALLED_FIELDS)]


def test_every_parameter() -> None:
    assert set(first_column("parameter")) == {"u", "hash", "s_source", "s_destination", *ARGUMENTS}


def test_every_error_text_in_the_order_in_which_they_count() -> None:
    told = first_column("error")
    assert told[:2] == [API_DISABLED, GET_DISABLED]
    assert [text for text in told if text in ARGUMENTS.values()] == list(ARGUMENTS.values())
    assert {"Access Denied", "Incorrect hash", "You are not authorized to use this functionality"} <= set(told)
    assert {*told[2:5]} <= set(FAULTS.values())


def test_every_setting() -> None:
    assert set(re.findall(r"`dialects\.mor\.(\w+)`", PAGE)) == set(MorSettings.__struct_fields__)
