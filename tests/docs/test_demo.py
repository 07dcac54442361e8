"""The page about the demo says what the demo is."""

import re
import tomllib
from pathlib import Path

import pytest

from callboard.demo import carrier

PAGE = Path("docs/reference/demo.md").read_text(encoding="utf-8")
DIRECTORY = tomllib.loads(Path("src/callboard/demo/directory.toml").read_text(encoding="utf-8"))


def table(header: str) -> list[list[str]]:
    """The rows of the table with this header line."""
    found = re.search(rf"^{re.escape(header)}\n[| -]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert found is not None, header
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in found[1].splitlines()]


def test_customers() -> None:
    assert table("| customer | name | parent |") == [
        [str(row["id"]), row["name"], str(row.get("parent", "-"))] for row in DIRECTORY["customers"]
    ]


def test_accounts() -> None:
    assert table("| account | SIP user | SIP password | customer |") == [
        [str(row["id"]), row["sip_user"], row["sip_password"], str(row["customer"])] for row in DIRECTORY["accounts"]
    ]


def test_logins() -> None:
    unsaid = "none: it signs its requests"
    assert table("| login | password | role | customer |") == [
        [row["name"], row.get("password", unsaid), row["role"], str(row["customer"])] for row in DIRECTORY["logins"]
    ]


def test_connections() -> None:
    vendors = {row["id"]: row["name"] for row in DIRECTORY["vendors"]}
    assert [row[:2] for row in table("| connection | vendor | numbers |")] == [
        [str(row["id"]), f"{row['vendor']}, {vendors[row['vendor']]}"] for row in DIRECTORY["connections"]
    ]


@pytest.mark.parametrize("row", table("| last two digits | what the far end does |"))
def test_the_numbers_are_those_of_the_carriers(row: list[str]) -> None:
    assert f"| {' | '.join(row)} |" in (carrier.__doc__ or "")


def test_every_ending_is_told() -> None:
    told = {row[0] for row in table("| last two digits | what the far end does |")}
    assert told == {*carrier.FarEnd, "all others"}
