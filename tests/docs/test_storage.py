"""The reference of the storage is what the storage does."""

import re
from pathlib import Path

import pytest
from sqlalchemy import Table

from callboard.calls.causes import Reason
from callboard.calls.commands import Outcome
from callboard.calls.legs import Direction
from callboard.storage import schema
from callboard.storage.database import open_database

PAGE = Path("docs/reference/storage.md").read_text(encoding="utf-8")

TABLES = [schema.ended_calls, schema.commands, schema.batches, schema.audit]


def section(name: str) -> str:
    return PAGE.split(f"### {name}\n")[1].split("\n#")[0]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_of_the_journal_is_explained(table: Table) -> None:
    assert re.findall(r"^\| `(\w+)`", section(table.name), re.MULTILINE) == [column.name for column in table.columns]


def test_every_word_that_a_column_can_hold_is_told() -> None:
    words = set(re.findall(r"`(\w+)`", section("ended_calls"))), set(re.findall(r"`(\w+)`", section("commands")))
    assert {word.name.lower() for word in (*Direction, *Reason)} <= words[0]
    assert {word.name.lower() for word in Outcome} <= words[1]


@pytest.mark.parametrize("statement", re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL))
def test_the_examples_run(statement: str) -> None:
    with open_database(None) as database, database.view() as connection:
        assert connection.exec_driver_sql(statement).keys()
