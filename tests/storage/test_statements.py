"""Many rows in few statements."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from callboard.journal.shelves import AUDIT, BATCHES, CALLS, COMMANDS, Shelf
from callboard.storage.database import Database, open_database
from callboard.storage.errors import RowError
from callboard.storage.schema import audit
from callboard.storage.statements import GROUP, upsert, upsert_many


def row(number: int, words: str = "said") -> dict[str, Any]:
    """One line of the audit, with a name that wants care."""
    place: dict[str, Any] = dict.fromkeys(audit.columns.keys(), "")
    return {**place, "id": f"{number:06}", "at": 1e9 + number / 7, "customer": number % 3 or None, "words": words}


def kept(database: Database) -> list[dict[str, Any]]:
    """All lines, in order."""
    with database.view() as connection:
        return [dict(each) for each in connection.execute(select(audit).order_by(audit.c.id)).mappings()]


@pytest.mark.parametrize("count", [0, 1, GROUP - 1, GROUP, GROUP + 1, 3 * GROUP + 7])
def test_all_are_there_as_they_were(tmp_path: Path, count: int) -> None:
    rows = [row(number, f"\"'; ?\x00\n\N{SNOWMAN} {number}") for number in range(count)]
    with open_database(tmp_path / "callboard.db") as database:
        with database.change() as connection:
            upsert_many(connection, audit, rows)
        assert kept(database) == rows


def test_what_is_there_under_the_same_key_is_replaced(tmp_path: Path) -> None:
    with open_database(tmp_path / "callboard.db") as database:
        with database.change() as connection:
            connection.execute(upsert(audit), [row(number) for number in range(5)])
            upsert_many(connection, audit, [row(number, "anew") for number in range(3, GROUP + 3)])
        assert [each["words"] for each in kept(database)] == ["said"] * 3 + ["anew"] * GROUP


def test_one_that_is_refused_takes_all_back(tmp_path: Path) -> None:
    rows = [row(number) for number in range(2 * GROUP)]
    rows[GROUP + 1]["words"] = None
    with open_database(tmp_path / "callboard.db") as database:
        with pytest.raises(RowError), database.change() as connection:
            upsert_many(connection, audit, rows)
        with database.view() as connection:
            assert connection.scalar(select(func.count()).select_from(audit)) == 0


@pytest.mark.parametrize("shelf", [AUDIT, BATCHES, CALLS, COMMANDS], ids=lambda shelf: shelf.table.name)
def test_what_the_journal_keeps_is_texts_and_numbers(shelf: Shelf[Any]) -> None:
    assert {column.type.python_type for column in shelf.table.columns} <= {str, int, float}
